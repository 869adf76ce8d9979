//! What an owner may do, apart from how it is asked for: list the networks in sight, search for them again,
//! submit one, see the outcome, and forget what is stored.
//!
//! The setup page, the JSON interface, an application's WebSocket, a serial line, Bluetooth and a program in
//! C are front ends of these commands, and do nothing for an owner in any other way. Whether a client may
//! give them is decided before: a front end that strangers can reach brings its own guards, as
//! that of HTTP does with its CSRF token, its check of origins and its rate limit (`web/guard`). A cable needs
//! none.

use core::net::Ipv4Addr;
use core::time::Duration;

use embedded_storage::nor_flash::NorFlash;

use super::Portal;
use super::submission::{self, CheckedSubmission, Submission};
use crate::application::{Application, Kept};
use crate::credentials::Values;
use crate::pages::Notice;
use crate::provisioning::{Input, ProvisioningState};
use crate::{Entropy, Event, Instant, Problem, ResultDelivery, ScanRecord, Ssid};

/// The networks in sight, from [`Portal::networks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisibleNetworks<'a> {
    /// The networks that the last finished scan has found: one record a name and protection, the strongest first.
    /// Those with [`Security::Enterprise`](crate::Security::Enterprise) cannot be joined.
    pub records: &'a [ScanRecord],
    /// How many more access points were heard than the list holds. Those that it holds are the ones that are stored, that
    /// were asked for, that can be joined, and that are heard best.
    pub left_out: u16,
    /// Whether a scan is under way, so that there will be another list soon.
    pub scanning: bool,
}

/// How far the setup of the device has come, from [`Portal::status`].
///
/// ```
/// use vestibule_core::ProvisioningStatus;
/// use vestibule_core::provisioning::ProvisioningState;
///
/// /// The text of a display of two lines.
/// fn lines(status: &ProvisioningStatus) -> (String, String) {
///     match (status.state, status.address, status.notice) {
///         (ProvisioningState::Joining, ..) => ("joining".into(), status.ssid.to_string()),
///         (_, Some(address), _) => (status.ssid.to_string(), address.to_string()),
///         (_, None, Some(notice)) => (status.ssid.to_string(), notice.to_string()),
///         _ => ("not set up".into(), String::new()),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvisioningStatus {
    /// The state of the provisioning machine.
    pub state: ProvisioningState,
    /// The network that is joined, that is being tried, or that was tried and failed; empty if none was.
    pub ssid: Ssid,
    /// The device's address on the home network, once it has joined.
    pub address: Option<Ipv4Addr>,
    /// Whether the network that is joined is in flash, so that it is joined again after a power cut.
    pub remembered: bool,
    /// Whether the network that is joined answers with a sign-in page what the device asks for
    /// ([`Portal::handle_captive_home`]).
    pub captive: bool,
    /// Why the network that was submitted last was not joined; before one is, why the device knows nothing any more.
    pub notice: Option<Notice>,
}

/// The owner's commands.
///
/// A whole setup, as over a serial line:
///
/// ```
/// use vestibule_core::provisioning::ProvisioningState;
/// use vestibule_core::{
///     FieldValues, FrontEnd, Instant, JoinFailure, Problem, RadioEvent, ResultDelivery, Ssid, Submission,
/// };
/// # use core::net::Ipv4Addr;
/// # use vestibule_core::{Config, StationAddress, Portal, RadioCommand};
/// use vestibule_core::mock::{MockEntropy, MockFlash};
/// # let config = Config::new(Ssid::new(b"Lamp")?);
/// # let mut portal = Portal::new(config, MockFlash::<2>::new(), MockEntropy::new(4));
/// # let mut now = Instant::from_micros(0);
/// # portal.setup(now);
/// # portal.handle_radio(RadioEvent::ScanFinished, now);
/// # portal.handle_radio(RadioEvent::AccessPointUp, now);
/// # let gateway = Some(Ipv4Addr::new(10, 0, 0, 1));
/// # let link = StationAddress { address: Ipv4Addr::new(10, 0, 0, 7), prefix: 24, gateway };
///
/// portal.rescan(now);
/// assert!(portal.networks().scanning);
/// # portal.handle_radio(RadioEvent::ScanFinished, now);
///
/// let submit = Submission { ssid: Ssid::new(b"Home")?, passphrase: b"wrong", fields: FieldValues::NONE };
/// let problem = portal.submit(&submit, now).unwrap_err();
/// assert_eq!(problem.code(), "passphrase-too-short");
///
/// // A valid submission is tried. The outcome is in the status, and in the portal's events.
/// portal.submit(&Submission { passphrase: b"correct horse", ..submit }, now)?;
/// assert_eq!(portal.status().state, ProvisioningState::Joining);
/// # now = portal.poll_timeout().unwrap();
/// # portal.handle_timeout(now);
/// # while portal.poll_radio().is_some() {}
/// # portal.handle_radio(RadioEvent::ScanFinished, now);
/// # portal.handle_radio(RadioEvent::Joined(link), now);
/// assert_eq!(portal.status().address, Some(link.address));
///
/// // The line has printed the address, and somebody has read it: the access point closes.
/// portal.result_delivered(ResultDelivery { over: FrontEnd::Serial, interface: None }, now);
/// assert_eq!(portal.state(), ProvisioningState::Closing);
/// assert_eq!(portal.clear(now), Err(Problem::Joined));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// The networks in sight.
    pub fn networks(&self) -> VisibleNetworks<'_> {
        VisibleNetworks {
            records: self.networks.shown(),
            left_out: self.networks.left_out(),
            scanning: self.networks.scanning(),
        }
    }

    /// Searches for networks again, unless a search is under way. While the radio listens, clients on the
    /// access point may have to wait. A radio that cannot be access point and station at once does not
    /// search while the access point is up; the list stays as it was before.
    pub fn rescan(&mut self, now: Instant) {
        self.session.touch(now);
        self.scan(now);
    }

    /// Tries a network. The outcome is in [`Portal::status`] and in the [`Event`]s. A submission that repeats
    /// what is being tried changes nothing; any other replaces it.
    ///
    /// # Errors
    /// What is wrong with the submission; [`Problem::Joined`] when there is nothing to set up any more,
    /// [`Problem::Busy`] while a radio that cannot be both joins, and [`Problem::PortalClosed`] when the
    /// portal is not open ([`Portal::setup`]). Each is reported as
    /// [`Event::Rejected`], too.
    pub fn submit(&mut self, submission: &Submission<'_>, now: Instant) -> Result<(), Problem> {
        let checked = self.check(submission, true);
        self.submit_checked(checked, now)?;
        self.session.owner = None;
        Ok(())
    }

    /// The first half of [`Portal::submit`]. A submission whose bytes lie in one of the portal's own
    /// connections cannot be handed to a method that changes the portal.
    /// `own` is a submission by who has entered the values that are kept, or over a front end that strangers
    /// cannot reach.
    pub(super) fn check(&self, submission: &Submission<'_>, own: bool) -> Result<CheckedSubmission, Problem> {
        let kept = Kept { values: self.shown_values(own), own };
        submission::check(submission, &self.networks, self.application.fields(), kept)
    }

    /// The second half of [`Portal::submit`].
    pub(super) fn submit_checked(
        &mut self,
        checked: Result<CheckedSubmission, Problem>,
        now: Instant,
    ) -> Result<(), Problem> {
        self.session.touch(now);
        let outcome = checked.and_then(|checked| self.try_network(checked, now));
        if let Err(problem) = outcome {
            self.report(Event::Rejected(problem));
        }
        outcome
    }

    fn try_network(&mut self, submission: CheckedSubmission, now: Instant) -> Result<(), Problem> {
        if self.joining.state.is_joined() {
            return Err(Problem::Joined);
        }
        if self.joining.state.is_alone() {
            return Err(Problem::Busy);
        }
        if !self.joining.state.has_access_point() {
            return Err(Problem::PortalClosed);
        }
        if self.session.ends_at(&self.config).is_some_and(|end| end <= now) {
            return Err(Problem::PortalClosed);
        }
        if self.joining.is_trying(&submission) {
            return Ok(());
        }
        if self.asks_back(submission.credentials.ssid) {
            return Err(Problem::NetworkNameAlike);
        }
        let CheckedSubmission { credentials, values } = submission;
        self.connections.cut_pages_with_values(true);
        self.session.choose(credentials.ssid);
        self.report(Event::Submitted { ssid: credentials.ssid });
        self.joining.submitted = Some(credentials);
        self.application.on_submitted(&values);
        self.joining.submitted_values = Some(values);
        let beside = self.config.radio.concurrent;
        self.take(if beside { Input::Submitted } else { Input::SubmittedAlone }, now);
        Ok(())
    }

    /// Whether the owner is asked if this name is the one that was meant: once, as a hidden network may have it.
    fn asks_back(&mut self, ssid: Ssid) -> bool {
        let question = Some(Notice::Problem(Problem::NetworkNameAlike));
        let was_asked = self.session.notice == question && self.session.chosen_ssid == ssid;
        let asks = !was_asked && self.networks.alike(&ssid).is_some();
        if asks {
            self.session.choose(ssid);
            self.session.notice = question;
        }
        asks
    }

    /// The values that the application's fields are shown with: to the owner those that it submitted last, to
    /// everybody else those stored.
    pub(super) fn shown_values(&self, own: bool) -> &Values {
        self.joining.submitted_values.as_ref().filter(|_| own).unwrap_or(self.storage.values())
    }

    /// How far the setup has come.
    pub fn status(&self) -> ProvisioningStatus {
        let state = self.joining.state;
        let joined = self.home.joined.filter(|_| state.is_joined());
        // A question is none: its submission was answered with it.
        let is_told = |notice: &Notice| *notice != Notice::Problem(Problem::NetworkNameAlike);
        let notice = self.session.notice.filter(|notice| is_told(notice) && !state.is_joined());
        let ssid = match (joined, state) {
            (Some(joined), _) => joined.ssid,
            (None, ProvisioningState::Joining | ProvisioningState::JoiningAlone) => self.joining.ssid,
            (None, ProvisioningState::ClosingToJoin) => self.session.chosen_ssid,
            _ if notice.is_some() => self.session.chosen_ssid,
            _ => Ssid::EMPTY,
        };
        ProvisioningStatus {
            state,
            ssid,
            address: joined.map(|joined| joined.link.address),
            remembered: self.storage.remembered,
            captive: joined.is_some_and(|joined| joined.captive),
            notice,
        }
    }

    /// The owner has been handed the result: the home network's name and the device's address there, in
    /// full. The access point closes shortly, as it is not needed any more; without this command it stays
    /// for [`Config::result_timeout`](crate::Config::result_timeout). While no network is joined there is
    /// no result, and nothing happens.
    pub fn result_delivered(&mut self, delivery: ResultDelivery, now: Instant) {
        if !self.joining.state.is_joined() {
            return;
        }
        if self.session.result_delivered_at.replace(now).is_none() {
            self.report(Event::ResultDelivered(delivery));
            self.take(Input::ResultDelivered, now);
        }
    }

    /// The owner is still there, and this is called again within `timeout`. A portal that is used does not
    /// close by [`Config::idle_timeout`](crate::Config::idle_timeout). While the result is shown, the access
    /// point stays until the calls end, no shorter and no longer (a dead man's switch), but not beyond
    /// [`Config::absolute_timeout`](crate::Config::absolute_timeout).
    pub fn keep_alive(&mut self, timeout: Duration, now: Instant) {
        self.session.touch(now);
        if matches!(self.joining.state, ProvisioningState::ResultPending | ProvisioningState::Closing) {
            // A result that came late is shown as long as any other, and no longer.
            let latest = self.session.ends_at(&self.config).max(self.joining.timer);
            let timer = now + timeout;
            self.joining.timer = match self.config.absolute_timeout {
                Some(_) => latest.map(|latest| latest.min(timer)),
                None => Some(timer),
            };
        }
    }

    /// Forgets the stored networks and the application's values, within a setup: the portal stays open, so
    /// that the client is answered and its owner can submit another network.
    ///
    /// A device that has joined is not taken off its network like that, since everybody on its access point
    /// could do it: for that there is [`Portal::factory_reset`], which belongs on a button.
    ///
    /// # Errors
    /// [`Problem::Busy`] while a network is tried, [`Problem::Joined`] when one is joined or none is being
    /// set up, and [`Problem::Storage`] when the flash could not be wiped: what was stored may still be
    /// there.
    pub fn clear(&mut self, now: Instant) -> Result<(), Problem> {
        match self.joining.state {
            ProvisioningState::PortalOpen | ProvisioningState::Failed | ProvisioningState::RetryingStored => {
            }
            ProvisioningState::Joining | ProvisioningState::ClosingToJoin => return Err(Problem::Busy),
            state if state.is_alone() => return Err(Problem::Busy),
            state if state.is_joined() => return Err(Problem::Joined),
            _ => return Err(Problem::PortalClosed),
        }
        let wiped = self.wipe();
        // There is nothing left to join with.
        self.joining.timer = None;
        if self.joining.state == ProvisioningState::RetryingStored {
            self.take(Input::JoinFailed, now);
        }
        self.report_wiped(wiped).map_err(|_| Problem::Storage)
    }
}

//! Carries out the edges of the provisioning machine: joins, the access point, the timer of each state,
//! and what is stored. Which edge is taken when is [`crate::provisioning`].

use core::time::Duration;

use embedded_storage::nor_flash::NorFlash;

use super::joining::NameSearch;
use super::{Event, Interface, Portal, StorageFault, WhenJoinsFail, submission};
use crate::application::Application;
use crate::credentials::StoreError;
use crate::limits::{
    ALONE_INTERVAL, ALONE_TIMEOUT, ARRIVAL_TIME, CLOSE_DELAY, JOIN_DELAY, NAME_SCAN_PAUSE, NAME_SCAN_TIMEOUT,
    SCAN_TIMEOUT,
};
use crate::pages::Notice;
use crate::provisioning::{Action, Input, ProvisioningState, step};
use crate::radio::commands::Waiting;
use crate::time::earliest;
use crate::{Credentials, Entropy, Instant, JoinFailure, MayOpen, StationAddress, WhenLost, WithoutGateway};

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// Whether a network that was just joined is not to be kept: its owner has just entered it, it leads
    /// nowhere, and it should.
    pub(super) fn refuses(&self, link: StationAddress) -> bool {
        self.joining.state.tries_submitted()
            && link.gateway.is_none()
            && self.config.without_gateway == WithoutGateway::Refuse
            && self.config.home_address.is_none_or(|own| own.router.is_some())
    }

    pub(super) fn join_failed(&mut self, reason: JoinFailure, now: Instant) {
        self.report(Event::JoinFailed { ssid: self.joining.ssid, reason });
        if self.joining.state.tries_submitted() {
            let passphrase = self.joining.submitted.as_ref().map(|tried| tried.passphrase.expose());
            let may_be_misspelt = matches!(reason, JoinFailure::WrongPassphrase | JoinFailure::Unknown);
            // The method of slices takes four at a time, which is more code.
            let is_plain = passphrase.is_none_or(|text| text.iter().all(u8::is_ascii));
            let notice = if may_be_misspelt && !is_plain { Notice::NotAscii } else { Notice::Failed };
            self.session.notice = Some(notice(reason));
        }
        let mut input = self.joining.failed(self.storage.networks().len(), self.config.stored_attempts);
        if input == Input::LastJoinFailed {
            self.session.tries_failed(&self.config, now);
            if !self.opens_by_itself(now) {
                self.joining.go_on();
                self.report(Event::StaysClosed);
                input = Input::JoinFailed;
            }
        }
        self.take(input, now);
        if reason != JoinFailure::NotFound {
            self.return_to_channel();
        }
    }

    /// The radio has gone where the home network is, and that has come to nothing: the access point
    /// goes back to where phones look for it that have not followed.
    pub(super) fn return_to_channel(&mut self) {
        if self.joining.state.has_access_point()
            && self.networks.channel(Some(&self.joining.ssid), &self.config.radio)
                != Some(self.soft_ap.channel)
        {
            self.radio_commands.push(Waiting::RaiseAccessPoint);
        }
    }

    /// The device's address on the home network is another one, or none. A report about a network that is not joined any
    /// more, or that says nothing new, changes nothing.
    pub(super) fn address_changed(&mut self, link: Option<StationAddress>) {
        if self.joining.state.is_joined() && link != self.home.joined.map(|joined| joined.link) {
            match link {
                Some(link) => self.home.join(self.joining.ssid, link),
                None => self.home.leave(),
            }
            self.report(Event::AddressChanged { link });
        }
    }

    pub(super) fn take(&mut self, input: Input, now: Instant) {
        let Some(edge) = step(self.joining.state, input) else {
            return;
        };
        self.joining.state = edge.to;
        // Another edge is taken before the join of the one before has begun.
        self.joining.starts_at = None;
        self.joining.name_search = NameSearch::No;
        // One that was down for a join is the same opening, whose forms stay good.
        if !edge.from.has_access_point() && edge.to.has_access_point() && !edge.from.is_alone() {
            self.session.open(now);
            self.joining.is_unheard = false;
            self.joining.forget_submitted();
            self.guard.renew_csrf_token(&mut self.entropy);
            self.sealing.open(&mut self.entropy);
        }
        if !edge.to.has_access_point() && !edge.to.is_alone() {
            self.sealing.close();
        }
        self.report(Event::State { from: edge.from, on: input, to: edge.to });
        for action in edge.then {
            self.carry_out(*action, now);
        }
        self.set_timer(now);
    }

    /// The wait that belongs to the state begins. That of a join begins after the wait before it.
    fn set_timer(&mut self, now: Instant) {
        let begins = self.joining.starts_at.unwrap_or(now);
        self.joining.timer = self.state_timeout().map(|wait| begins + wait + self.jitter());
    }

    /// The wait that belongs to the state is over.
    pub(super) fn time_is_up(&mut self, now: Instant) {
        if self.joining.state.is_joining() {
            return self.join_failed(JoinFailure::Unknown, now);
        }
        let beside = matches!(self.joining.state, ProvisioningState::PortalOpen | ProvisioningState::Failed);
        match self.session.owner_stays_until().filter(|until| *until > now) {
            _ if !beside || self.config.radio.concurrent => self.take(Input::Timeout, now),
            Some(until) => self.joining.timer = Some(until),
            None => self.take(Input::RetryAlone, now),
        }
    }

    /// A phone was given an address on the access point. Its owner has a while to use the portal before a radio
    /// that cannot be both takes the access point down for a try.
    pub(super) fn phone_arrives(&mut self, now: Instant) {
        let is_open = matches!(self.joining.state, ProvisioningState::PortalOpen | ProvisioningState::Failed);
        if is_open && !self.config.radio.concurrent {
            self.joining.timer = self.joining.timer.map(|timer| timer.max(now + ARRIVAL_TIME));
        }
    }

    /// Whether the portal may open now without being asked to.
    pub(super) fn opens_by_itself(&self, now: Instant) -> bool {
        match self.config.may_open {
            MayOpen::Always => true,
            MayOpen::AfterPowerUp => !self.has_credentials() || self.session.is_in_window(now),
            MayOpen::OnceAfterPowerUp => !self.session.stays_closed,
            MayOpen::WhenAsked => false,
        }
    }

    /// When the portal closes because nobody uses it, because it has been open for so long, or because power came
    /// so long ago. Not while what the owner typed is tried or the result waits: these have ends of their own.
    pub(super) fn closes_at(&self) -> Option<Instant> {
        if !matches!(
            self.joining.state,
            ProvisioningState::PortalOpen | ProvisioningState::RetryingStored | ProvisioningState::Failed
        ) {
            return None;
        }
        let by_power = self.config.may_open == MayOpen::AfterPowerUp && !self.session.asked;
        let window = (by_power && self.has_credentials()).then(|| self.session.window_closes_at());
        earliest(window, self.session.closes_at(&self.config))
    }

    /// What the device does when it cannot rejoin the home network that it has lost.
    pub(super) fn when_lost(&self) -> WhenJoinsFail {
        match self.config.when_lost {
            WhenLost::Retry => WhenJoinsFail::GoOn,
            WhenLost::OpenAfter(rounds) => WhenJoinsFail::OpenAfter(rounds),
        }
    }

    /// Up to a quarter of a second more, at random: after a power cut in the house, its devices
    /// would otherwise all ask the router in the same moments.
    fn jitter(&mut self) -> Duration {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        Duration::from_millis(u64::from(byte[0]))
    }

    /// How long the device stays in this state by itself.
    fn state_timeout(&self) -> Option<Duration> {
        match self.joining.state {
            ProvisioningState::Idle | ProvisioningState::Connected => None,
            ProvisioningState::Connecting
            | ProvisioningState::RetryingStored
            | ProvisioningState::Joining => Some(self.config.join_timeout),
            ProvisioningState::JoiningAlone | ProvisioningState::RetryingAlone => {
                Some(self.config.join_timeout.min(ALONE_TIMEOUT))
            }
            ProvisioningState::ClosingToJoin => Some(CLOSE_DELAY),
            // A network that has not been tried in this round is tried at once.
            ProvisioningState::Backoff if self.turn() != 0 => Some(Duration::ZERO),
            ProvisioningState::Backoff => {
                let (first, longest) = (self.config.backoff, self.config.retry_interval);
                Some(self.joining.backoff(self.storage.networks().len(), first, longest))
            }
            ProvisioningState::ScanningStored | ProvisioningState::Scanning => Some(self.config.scan_timeout),
            ProvisioningState::PortalOpen | ProvisioningState::Failed => {
                let least = if self.config.radio.concurrent { Duration::ZERO } else { ALONE_INTERVAL };
                self.has_credentials().then_some(self.config.retry_interval.max(least))
            }
            ProvisioningState::ResultPending => Some(self.config.result_timeout),
            ProvisioningState::Closing => Some(self.config.ap_shutdown_delay),
        }
    }

    fn carry_out(&mut self, action: Action, now: Instant) {
        match action {
            Action::RaiseAccessPoint => {
                self.soft_ap.choose_address(self.config.address, self.home.last_link);
                self.soft_ap.channel = self.access_point_channel();
                self.soft_ap.dropped = false;
                self.radio_commands.push(Waiting::RaiseAccessPoint);
            }
            Action::DropAccessPoint => {
                self.connections.evict_all(Interface::AccessPoint);
                self.soft_ap.dropped = true;
                self.soft_ap.raised_again_at = None;
                self.radio_commands.push(Waiting::DropAccessPoint);
            }
            Action::Scan => self.scan(now),
            Action::JoinStored => {
                if let Some(ssid) = self.candidate().map(|stored| stored.ssid) {
                    self.joining.ssid = ssid;
                    self.joining.is_unheard = false;
                    self.radio_commands.push(Waiting::Join);
                }
            }
            Action::JoinSubmitted => {
                if let Some(submitted) = &self.joining.submitted {
                    self.joining.is_unheard &= self.joining.ssid == submitted.ssid;
                    self.joining.ssid = submitted.ssid;
                    if self.joining.state.has_access_point() {
                        // The answer to the owner's phone goes out first.
                        self.joining.starts_at = Some(now + JOIN_DELAY);
                    } else {
                        self.join_submitted(now);
                    }
                }
            }
            Action::Leave => {
                self.home.leave();
                self.radio_commands.push(Waiting::Leave);
            }
            Action::Commit => self.commit(),
        }
    }

    /// The wait before the join of what was submitted is over. A name that no scan has heard is scanned for first: a
    /// hidden network answers to nothing else, and what it is protected by says what can be joined and what a failure
    /// means.
    pub(super) fn join_submitted(&mut self, now: Instant) {
        let security = self.networks.security(&self.joining.ssid);
        let is_stuck = self.joining.name_search == NameSearch::Waits && self.networks.scanning();
        let is_known = security.is_some() || self.joining.is_unheard;
        if !is_known && self.joining.name_search != NameSearch::UnderWay && !is_stuck {
            return self.search_for_name(now);
        }
        let with_passphrase =
            self.joining.submitted.as_ref().is_some_and(|tried| !tried.passphrase.is_open());
        let was_searched = self.joining.name_search != NameSearch::No;
        if let Err(problem) = submission::suits(security, with_passphrase) {
            self.session.notice = Some(Notice::Problem(problem));
            self.report(Event::Rejected(problem));
            self.joining.submitted = None;
            return self.take(Input::JoinFailed, now);
        }
        self.radio_commands.push(Waiting::Join);
        if was_searched {
            // The time of the join begins here.
            self.joining.starts_at = None;
            self.set_timer(now);
        }
    }

    /// A scan is over while a join waits for one. A radio that does not hear the name looks for it once more when it
    /// joins: phones beside the owner's, which miss the device meanwhile, have a moment in between.
    pub(super) fn name_searched(&mut self, now: Instant) {
        let is_unheard = self.joining.name_search == NameSearch::UnderWay
            && self.networks.security(&self.joining.ssid).is_none();
        self.joining.is_unheard |= is_unheard;
        let has_others = self.config.radio.concurrent && self.soft_ap.dhcp.leases(now).nth(1).is_some();
        if is_unheard && has_others {
            self.joining.name_search = NameSearch::No;
            self.joining.starts_at = Some(now + NAME_SCAN_PAUSE);
            return self.set_timer(now);
        }
        self.join_submitted(now);
    }

    /// Scans for the name that was submitted, once the scan under way is over.
    fn search_for_name(&mut self, now: Instant) {
        if self.networks.scanning() {
            self.joining.name_search = NameSearch::Waits;
        } else {
            self.joining.name_search = NameSearch::UnderWay;
            self.session.scan_ends = now + NAME_SCAN_TIMEOUT;
            self.networks.begin_for_name();
            self.radio_commands.push(Waiting::Scan);
        }
        self.joining.starts_at = Some(now + NAME_SCAN_TIMEOUT);
        self.set_timer(now);
    }

    /// Starts a scan, unless one is under way or the radio cannot: one that cannot be both does not scan while
    /// its access point is up, and none while it joins what the owner submitted.
    pub(super) fn scan(&mut self, now: Instant) {
        let state = self.joining.state;
        let is_free = (self.config.radio.concurrent || !state.has_access_point()) && !state.awaits_result();
        // A radio that does not end one in a long time will not.
        let is_stuck = self.networks.scanning() && self.session.scan_ends <= now;
        if is_free && (!self.networks.scanning() || is_stuck) {
            self.session.scan_ends = now + SCAN_TIMEOUT;
            self.networks.begin();
            self.show_fresh();
            self.radio_commands.push(Waiting::Scan);
        }
    }

    /// Where the access point need not move when a network is joined: the channel of the stored
    /// network, or else of the strongest, which in a home is the owner's as a rule.
    fn access_point_channel(&self) -> u8 {
        let radio = &self.config.radio;
        let stored = || self.networks.channel(Some(&self.candidate()?.ssid), radio);
        let chosen = self.config.channel.filter(|channel| radio.may_use(*channel));
        let chosen = chosen.or_else(stored).or_else(|| self.networks.channel(None, radio));
        chosen.unwrap_or_else(|| radio.first_channel())
    }

    #[inline(never)]
    fn commit(&mut self) {
        let Some(submitted) = &self.joining.submitted else {
            return;
        };
        let ssid = submitted.ssid;
        self.connections.cut_pages_with_values(false);
        self.storage.remember(submitted.clone());
        if let Some(values) = &self.joining.submitted_values {
            self.storage.values_mut().copy_from(values);
            self.application.on_values(self.storage.values());
        }
        // Wiped in their place: what is taken out of it stays there.
        self.joining.forget_submitted();
        // If the flash does not hold it the device has joined all the same, and the result page warns that
        // it will not be remembered.
        if let Err(error) = self.storage.save(&mut self.entropy) {
            self.report_fault(error);
        }
        if self.storage.remembered {
            self.report(Event::Stored { ssid });
        }
    }

    /// Which of the stored networks has its turn.
    fn turn(&self) -> usize {
        self.joining.turn(self.storage.networks().len())
    }

    /// The stored network whose turn it is.
    fn candidate(&self) -> Option<&Credentials> {
        self.storage.candidate(self.turn(), &self.networks)
    }

    /// Shows the newest list and name, unless a page with the old ones is on its way.
    pub(super) fn show_fresh(&mut self) {
        if self.connections.old_pages_end().is_none() {
            self.networks.show_fresh();
            self.home.show_fresh_name();
        }
    }

    /// When what is newest is shown, if a page with what was before is on its way: once the first of them has had its
    /// time, so that slow readers, one after the other, do not keep everybody from it.
    pub(super) fn old_pages_end(&self) -> Option<Instant> {
        let waits = self.networks.is_waiting() || self.home.next_name.is_some();
        self.connections.old_pages_end().filter(|_| waits)
    }

    /// Somebody takes too long over a page with the old list.
    pub(super) fn end_old_pages(&mut self) {
        self.connections.cut_old_pages();
        self.show_fresh();
    }

    pub(super) fn report(&mut self, event: Event) {
        #[cfg(any(feature = "log", feature = "defmt"))]
        crate::log_event::log(&event);
        self.application.on_event(&event);
        if self.events.is_full() {
            self.events.pop_front();
        }
        // There is room now.
        let _ = self.events.push_back(event);
    }

    pub(super) fn report_fault(&mut self, error: StoreError) {
        self.report(Event::StorageFault(StorageFault::from(&error)));
    }
}

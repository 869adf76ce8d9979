//! The portal: owns the pieces, routes what happens to them and hands out what is to be done.
//!
//! No rule of provisioning, DHCP, DNS or HTTP stands here: those are [`crate::provisioning`],
//! [`crate::dhcp`], [`crate::dns`] and [`crate::http`].

mod commands;
mod connection_table;
mod connections;
mod datagrams;
mod home;
mod joining;
mod machine;
mod radio;
mod session;
mod slot;
mod sockets;
mod soft_ap;
mod storage;
mod submission;
#[cfg(test)]
mod tests;
mod web;

use core::net::Ipv4Addr;

use embedded_storage::nor_flash::NorFlash;
use heapless::Deque;

pub use commands::{ProvisioningStatus, VisibleNetworks};
use connection_table::ConnectionTable;
pub use datagrams::{Arrival, DHCP_PORT, DNS_PORT, Reply};
use home::Home;
use joining::{Joining, WhenJoinsFail};
use session::Session;
pub use slot::PortalSlot;
use soft_ap::SoftAp;
use storage::Storage;
pub use submission::{FieldValues, Submission};
use web::{Guard, Sealing, View};

use crate::application::Application;
use crate::credentials::Values;
use crate::event::{Event, StorageFault};
use crate::interface::Interface;
use crate::limits::{EVENTS, RAISE_INTERVAL};
use crate::mdns::HostName;
use crate::pages::Notice;
use crate::provisioning::{Input, ProvisioningState};
use crate::radio::commands::{RadioCommandQueue, Waiting};
use crate::scan_list::ScanList;
use crate::time::earliest;
use crate::{Config, ConnectionId, Entropy, Instant, JoinFailure, RadioEvent, Ssid, StationAddress, dhcp};

/// A setup portal. `F` is the flash partition that holds the credentials, `E` the source of random bytes,
/// `A` the [`Application`], if there is one. Everything that a driver has to do comes out of a
/// `poll_*`, what its radio is to do included.
///
/// # How a driver drives it
///
/// 1. Make one with [`Portal::new`], or on a board whose stack is short in a [`PortalSlot`], and start it
///    with [`Portal::connect_or_setup`].
/// 2. Tell it what happens, as it happens: [`Portal::handle_radio`], [`Portal::handle_datagram`],
///    [`Portal::handle_open`], [`Portal::handle_received`], [`Portal::handle_received_end`],
///    [`Portal::handle_closed`], and [`Portal::handle_timeout`] once [`Portal::poll_timeout`] has
///    come.
/// 3. **After each call, drain it**: [`Portal::poll_event`] until `None`, [`Portal::poll_radio`] until
///    `None`, [`Portal::poll_ready`] until `None` with [`Portal::poll_send`] of each connection that it
///    names, then take the new [`Portal::poll_timeout`].
///
/// [`Portal::poll_ready`] names a connection once. Its bytes are the driver's then: it calls
/// [`Portal::poll_send`] until that says [`Transfer::Idle`](crate::http::Transfer::Idle) or
/// [`Transfer::Close`](crate::http::Transfer::Close). If its socket is full before that, it leaves this
/// connection, goes on with the others, and continues as soon as the socket has room, without being told
/// again.
///
/// Every method takes the moment at which it is called; moments never go back. A power cut is the
/// portal dropped and a new one made on what the flash then holds.
///
/// # A phone's check, from the radio's first report to the last byte
///
/// The flash and the source of random bytes are the board's; here they are mocks.
///
/// ```
/// use vestibule_core::http::Transfer;
/// use vestibule_core::provisioning::ProvisioningState;
/// use vestibule_core::{
///     Answer, Config, ConnectionId, Event, Instant, Interface, Portal, RadioCommand, RadioEvent, Ssid,
/// };
/// use vestibule_core::mock::{MockEntropy, MockFlash};
///
/// let now = Instant::from_micros(0);
/// let config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// let mut portal = Portal::new(config, MockFlash::<2>::new(), MockEntropy::new(4));
/// assert_eq!((portal.state(), portal.has_credentials()), (ProvisioningState::Idle, false));
///
/// // Nothing is stored, so it listens for networks and then raises its access point.
/// portal.connect_or_setup(now);
/// assert_eq!(portal.state(), ProvisioningState::Scanning);
/// assert_eq!(portal.poll_radio(), Some(RadioCommand::Scan));
/// portal.handle_radio(RadioEvent::ScanFinished, now);
/// assert!(matches!(portal.poll_radio(), Some(RadioCommand::RaiseAccessPoint(_))));
/// portal.handle_radio(RadioEvent::AccessPointUp, now);
/// assert_eq!(portal.state(), ProvisioningState::PortalOpen);
/// while portal.poll_event().is_some() {}
///
/// // A phone on it asks whether it is on the Internet, on the connection that the driver calls 0.
/// let first = ConnectionId::new(0).unwrap();
/// portal.handle_open(first, Interface::AccessPoint, now);
/// let check = b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n";
/// assert_eq!(portal.handle_received(first, check, now), check.len());
///
/// let (mut answer, mut piece) = (Vec::new(), [0; 100]);
/// while let Some(ready) = portal.poll_ready() {
///     assert_eq!(ready, first);
///     while let Transfer::Bytes(length) = portal.poll_send(ready, &mut piece, now) {
///         answer.extend_from_slice(&piece[..length]);
///     }
/// }
/// let answer = String::from_utf8(answer).unwrap();
/// assert!(answer.starts_with("HTTP/1.1 302 Found\r\n"));
/// assert!(answer.contains("\r\nLocation: http://192.168.4.1/\r\n"));
/// assert!(matches!(portal.poll_event(), Some(Event::Answered { answer: Answer::Captured(_), .. })));
/// assert!(portal.deadline(first) > Some(now), "it is kept for the phone's next request");
///
/// // The phone has gone. Told to forget, the device does.
/// portal.handle_closed(first);
/// assert!(!portal.is_open(first));
/// assert_eq!(portal.factory_reset(now), Ok(()));
/// assert_eq!(portal.state(), ProvisioningState::Idle);
/// ```
pub struct Portal<F, E, A: Application = ()> {
    config: Config,
    entropy: E,
    application: A,
    /// The stored networks and values, in flash and as they were read from there.
    storage: Storage<F>,
    /// The state of the provisioning machine, and what is being joined.
    joining: Joining,
    /// This opening of the portal.
    session: Session,
    /// The networks in sight.
    networks: ScanList,
    /// The network that was joined.
    home: Home,
    /// The device's own access point.
    soft_ap: SoftAp,
    /// The guards of the HTTP front end.
    guard: Guard,
    /// What sealed forms are opened with.
    sealing: Sealing,
    connections: ConnectionTable<View<A::Page>>,
    radio_commands: RadioCommandQueue,
    events: Deque<Event, EVENTS>,
}

impl<F: NorFlash, E: Entropy> Portal<F, E> {
    /// A portal that does nothing yet. `flash` is the partition of the credentials, all of it.
    ///
    /// The flash is read now; one that cannot be read counts as empty and is reported as
    /// [`Event::StorageFault`]. The portal is large, and is moved out of here: where the stack is short it
    /// is made in a [`PortalSlot`].
    pub fn new(config: Config, flash: F, entropy: E) -> Self {
        Self::with_application(config, flash, entropy, ())
    }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// As [`Portal::new`], with an application.
    pub fn with_application(config: Config, flash: F, entropy: E, application: A) -> Self {
        let mut portal = Self::unread(config, flash, entropy, application);
        portal.read_flash();
        portal
    }

    /// A portal that is not ready: [`Self::read_flash`] follows before anything else. Private, so that
    /// nobody can forget that.
    #[inline(always)]
    fn unread(config: Config, flash: F, entropy: E, application: A) -> Self {
        let address = config.address;
        Self {
            config,
            entropy,
            application,
            storage: Storage::new(flash),
            joining: Joining::new(),
            session: Session::new(),
            networks: ScanList::new(),
            home: Home::new(),
            soft_ap: SoftAp::new(address),
            guard: Guard::new(),
            sealing: Sealing::new(),
            connections: ConnectionTable::new(),
            radio_commands: RadioCommandQueue::new(),
            events: Deque::new(),
        }
    }

    /// Whether it has read what is stored.
    fn is_read(&self) -> bool {
        self.connections.is_made()
    }

    /// Makes the connections and reads what is stored.
    fn read_flash(&mut self) {
        self.connections.make();
        if let Err(error) = self.storage.load(&mut self.entropy) {
            self.session.notice = Some(Notice::StoredUnreadable);
            self.report_fault(error);
        }
        if !self.storage.values().is_empty() {
            self.application.on_values(self.storage.values());
        }
        if let Err(error) = self.storage.repair(&mut self.entropy) {
            self.report_fault(error);
        }
    }

    // Lifecycle.

    /// Joins with what is stored; opens the portal if nothing is, or if that fails, as far as
    /// [`Config::may_open`] allows.
    pub fn connect_or_setup(&mut self, now: Instant) {
        let opens = self.has_credentials() || self.opens_by_itself(now);
        let attempts = self.config.stored_attempts;
        self.start(if opens { WhenJoinsFail::OpenAfter(attempts) } else { WhenJoinsFail::GoOn }, now);
    }

    /// Joins with what is stored, and opens no portal: if that fails the device is idle again.
    pub fn connect(&mut self, now: Instant) {
        self.start(WhenJoinsFail::Rest, now);
    }

    fn start(&mut self, when_joins_fail: WhenJoinsFail, now: Instant) {
        self.session.start(&self.config, now);
        self.session.asked = false;
        self.joining.begin_attempts(when_joins_fail);
        match (self.storage.networks().len(), when_joins_fail) {
            (0, WhenJoinsFail::OpenAfter(_)) => self.take(Input::StartEmpty, now),
            (0, _) => {}
            (1, _) => self.take(Input::StartStored, now),
            _ => self.take(Input::StartSeveral, now),
        }
    }

    /// Opens the portal, whatever is stored; the home network is left for it.
    pub fn setup(&mut self, now: Instant) {
        self.session.start(&self.config, now);
        self.session.asked = true;
        self.take(Input::Setup, now);
    }

    /// As [`Portal::setup`], for a device whose firmware has failed and restarted several times in a row: what is stored
    /// may be why, so it is not tried first, and the page says what happened.
    pub fn setup_after_restarts(&mut self, now: Instant) {
        self.handle_restarts();
        self.setup(now);
    }

    /// The firmware has failed and restarted several times in a row. The page says so whenever the portal opens, by itself or
    /// because somebody asked for it, until a network is chosen or joined. To be called before the portal is started.
    pub fn handle_restarts(&mut self) {
        self.session.notice = Some(Notice::Restarted);
    }

    /// Forgets everything that is stored, closes the portal and leaves the network, in any state. The device
    /// is idle then, whether or not the flash could be wiped. This is for the device's own button and for
    /// people who hold the device; owners clear it through a front end by [`Portal::clear`].
    ///
    /// # Errors
    /// [`StorageFault`] when the flash could not be wiped; what was stored may still be there.
    pub fn factory_reset(&mut self, now: Instant) -> Result<(), StorageFault> {
        let wiped = self.wipe();
        self.take(Input::Cleared, now);
        self.answer_waiting(now);
        self.report_wiped(wiped)
    }

    /// Forgets what is stored and what was entered.
    fn wipe(&mut self) -> Result<(), StorageFault> {
        self.connections.cut_pages_with_values(false);
        let wiped = self.storage.wipe();
        self.joining.forget_submitted();
        self.session.forget();
        // Whatever the flash holds, the application's own values are gone.
        self.application.on_values(self.storage.values());
        wiped
    }

    fn report_wiped(&mut self, wiped: Result<(), StorageFault>) -> Result<(), StorageFault> {
        self.report(match wiped {
            Ok(()) => Event::Forgotten,
            Err(fault) => Event::StorageFault(fault),
        });
        wiped
    }

    // Getters.

    /// Whether a network is stored.
    pub fn has_credentials(&self) -> bool {
        !self.storage.networks().is_empty()
    }

    /// The names of the stored networks, the one joined last first.
    pub fn stored_networks(&self) -> impl Iterator<Item = Ssid> {
        self.storage.networks().iter().map(|stored| stored.ssid)
    }

    /// The values of the application's fields.
    pub fn values(&self) -> &Values {
        self.storage.values()
    }

    /// The state of the device.
    pub fn state(&self) -> ProvisioningState {
        self.joining.state
    }

    /// The device's address on its access point: the configured one, unless the home network uses its
    /// subnet.
    pub fn access_point_address(&self) -> Ipv4Addr {
        self.soft_ap.address
    }

    /// The device's host name on the home network, once mDNS has one ([`Portal::handle_name`]).
    pub fn host_name(&self) -> Option<&HostName> {
        self.home.host_name.as_ref()
    }

    /// The device's address on the home network, while it has one.
    pub fn home(&self) -> Option<StationAddress> {
        self.home.joined.map(|joined| joined.link)
    }

    /// The addresses that clients of the access point have now. They are remembered while the
    /// device runs, also while the access point is down: phones keep theirs, too.
    pub fn leases(&self, now: Instant) -> impl Iterator<Item = &dhcp::Lease> {
        self.soft_ap.dhcp.leases(now)
    }

    /// The choices that it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The application.
    pub fn application(&self) -> &A {
        &self.application
    }

    /// The application, for what only its device knows.
    pub fn application_mut(&mut self) -> &mut A {
        &mut self.application
    }

    /// The source of random bytes, for other parts of the firmware.
    pub fn entropy_mut(&mut self) -> &mut E {
        &mut self.entropy
    }

    /// The flash.
    pub fn flash_mut(&mut self) -> &mut F {
        self.storage.flash_mut()
    }

    // What happened.

    /// The radio reports.
    pub fn handle_radio(&mut self, mut event: RadioEvent, now: Instant) {
        if matches!(event, RadioEvent::Joined(link) if self.refuses(link)) {
            event = RadioEvent::JoinFailed(JoinFailure::NoGateway);
        }
        if let RadioEvent::JoinAborted { reason, stage } = event {
            let security = self.networks.security(&self.joining.ssid);
            event = RadioEvent::JoinFailed(JoinFailure::from_reason(reason, stage, security));
        }
        match event {
            RadioEvent::NetworkFound(record) => {
                let (storage, chosen) = (&self.storage, self.session.chosen_ssid);
                let is_wanted = |ssid: &Ssid| *ssid == chosen || storage.credentials(*ssid).is_some();
                self.networks.add(record, is_wanted);
            }
            RadioEvent::ScanFinished => {
                self.networks.finish();
                self.show_fresh();
                self.take(Input::ScanFinished, now);
                if self.joining.waits_for_scan() {
                    self.name_searched(now);
                }
            }
            RadioEvent::Joined(link) if self.joining.is_under_way() => {
                let ssid = self.joining.ssid;
                self.home.join(ssid, link);
                self.session.joined();
                self.joining.succeeded();
                self.report(Event::Joined { ssid, link });
                self.take(Input::Joined, now);
            }
            RadioEvent::JoinFailed(reason) if self.joining.is_under_way() => self.join_failed(reason, now),
            RadioEvent::Disconnected if self.joining.state.is_joined() => {
                self.home.leave();
                self.joining.begin_attempts(self.when_lost());
                (self.session.asked, self.session.stays_closed) = (false, true);
                self.return_to_channel();
                self.take(Input::Disconnected, now);
            }
            RadioEvent::AddressChanged(link) => self.address_changed(Some(link)),
            RadioEvent::AddressLost => self.address_changed(None),
            // Reports of something given up meanwhile.
            RadioEvent::Joined(_)
            | RadioEvent::JoinFailed(_)
            | RadioEvent::JoinAborted { .. }
            | RadioEvent::Disconnected => {}
            RadioEvent::AccessPointUp => {
                self.soft_ap.raised_again_at = None;
                self.report(Event::AccessPoint { up: true });
            }
            RadioEvent::AccessPointDown => {
                self.connections.evict_all(Interface::AccessPoint);
                if !self.soft_ap.dropped {
                    self.soft_ap.raised_again_at = Some(now + RAISE_INTERVAL);
                }
                self.report(Event::AccessPoint { up: false });
            }
        }
        self.answer_waiting(now);
    }

    /// The device's host name on the home network from now on ([`crate::mdns`]): pages are served
    /// there for this name, in place of the configured one, which may be another device's.
    pub fn handle_name(&mut self, name: HostName) {
        self.home.next_name = Some(name);
        self.show_fresh();
    }

    /// A request of the device's own on the home network was answered by a sign-in page in place of whom it asked, as
    /// [`Reply::is_sign_in`](crate::webhook::Reply::is_sign_in) says of a webhook's; or its DHCP server has said that there is
    /// one ([`announces_captive_portal`](crate::dhcp::announces_captive_portal)). The network has a captive portal, at which a device cannot sign in: the pages and programs that ask from now on are told, and nothing else changes. The
    /// portal itself asks for nothing outside.
    pub fn handle_captive_home(&mut self) {
        if self.home.joined.as_mut().is_some_and(|joined| !core::mem::replace(&mut joined.captive, true)) {
            self.report(Event::CaptiveHome);
        }
    }

    /// The deadline that [`Portal::poll_timeout`] gave has come. Harmless when it has not.
    pub fn handle_timeout(&mut self, now: Instant) {
        for id in ConnectionId::ALL {
            if self.deadline(id).is_some_and(|deadline| deadline <= now) {
                self.socket_timeout(id, now);
                let connection = self.connections.get_mut(id);
                if let Some(connection) = connection.filter(|one| !one.is_upgraded()) {
                    connection.handle_timeout(now);
                }
            }
        }
        if self.soft_ap.raised_again_at.take_if(|at| *at <= now).is_some()
            && self.joining.state.has_access_point()
        {
            self.radio_commands.push(Waiting::RaiseAccessPoint);
        }
        if self.old_pages_end().is_some_and(|end| end <= now) {
            self.end_old_pages();
        }
        if self.scan_ends().is_some_and(|ends| ends <= now) {
            // It goes on for as long as the radio does, but nobody waits for it any more.
            self.networks.finish();
            self.show_fresh();
        }
        if self.joining.starts_at.take_if(|at| *at <= now).is_some() {
            self.join_submitted(now);
        }
        if self.closes_at().is_some_and(|closes| closes <= now) {
            self.take(Input::PortalTimeout, now);
            self.session.stays_closed = true;
            self.connect_or_setup(now);
        } else if self.joining.timer.is_some_and(|timer| timer <= now) {
            self.joining.timer = None;
            self.time_is_up(now);
        }
        self.answer_waiting(now);
    }

    /// When the scan that is under way is given up.
    fn scan_ends(&self) -> Option<Instant> {
        self.networks.scanning().then_some(self.session.scan_ends)
    }

    // What to do.

    /// The next event, for the application, a log or a trace.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Portal::handle_timeout`] is next due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let own = earliest(earliest(self.joining.timer, self.joining.starts_at), self.closes_at());
        let own = earliest(earliest(own, self.soft_ap.raised_again_at), self.scan_ends());
        self.connections.earliest_deadline(earliest(own, self.old_pages_end()))
    }
}

//! The portal: owns the pieces, routes what happens to them and hands out what is to be done.
//!
//! No rule of provisioning, DHCP, DNS or HTTP stands here: those are [`crate::provisioning`],
//! [`crate::dhcp`], [`crate::dns`] and [`crate::http`].

mod api;
mod connections;
mod data;
mod datagrams;
mod guard;
mod machine;
mod radio;
mod slot;
mod sockets;
mod submission;
#[cfg(test)]
mod tests;
mod view;
mod web;

use core::net::Ipv4Addr;

use embedded_storage::nor_flash::NorFlash;
use heapless::{Deque, Vec};

pub use datagrams::{Arrival, DHCP_PORT, DNS_PORT, Reply};
use guard::RateLimiter;
pub use slot::PortalSlot;
use view::View;

use crate::application::Application;
use crate::credentials::{Memory, Store, StoreError, Values};
use crate::event::{Answer, Event, StorageFault};
use crate::http::Connection;
use crate::interface::Interface;
use crate::limits::{CONNECTIONS, CSRF_TOKEN_BYTES, DEFAULT_CHANNEL, EVENTS};
use crate::mdns::HostName;
use crate::pages::{CsrfToken, Language, Notice};
use crate::provisioning::{Input, State};
use crate::radio::commands::RadioCommandQueue;
use crate::scan_list::ScanList;
use crate::time::earliest;
use crate::{
    Config, ConnectionId, Credentials, Entropy, Instant, JoinFailure, MayOpen, RadioEvent, Ssid,
    StationAddress, dhcp,
};

/// What the home network is called and what it gave.
#[derive(Clone, Copy, Debug)]
struct Home {
    ssid: Ssid,
    link: StationAddress,
}

/// What a connection is to the portal, beside its bytes.
#[derive(Clone, Copy, Debug)]
struct Visit {
    interface: Interface,
    /// The answer under way is the result, for a person: not for a phone's check, not for a HEAD.
    tells_result: bool,
    /// The request waits for an event.
    waits: bool,
    /// What the answer under way is written in.
    language: Language,
    /// The device was called something on the home network when the answer began: that must not change
    /// while it goes out.
    names_host: bool,
}

impl Visit {
    /// By somebody who has asked for nothing yet.
    const fn new(interface: Interface) -> Self {
        Self { interface, tells_result: false, waits: false, language: Language::ENGLISH, names_host: false }
    }
}

/// What becomes of joins of stored networks that fail, beside the portal being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhenJoinsFail {
    /// The portal opens when each has been tried so often.
    OpenAfter(u8),
    /// They are tried on and on.
    GoOn,
    /// The device is idle when each has been tried as often as is configured.
    Rest,
}

/// A setup portal. `F` is the flash partition that holds the credentials, `E` the source of random bytes,
/// `A` the [`Application`] beside it, if there is one. Everything that a driver has to do comes out of a
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
/// The flash and the source of random bytes are the board's; here they are left out.
///
/// ```
/// use vestibule_core::http::Transfer;
/// use vestibule_core::provisioning::State;
/// use vestibule_core::{
///     Answer, Config, ConnectionId, Event, Instant, Interface, Portal, RadioCommand, RadioEvent, Ssid,
///     StorageFault,
/// };
/// # use core::convert::Infallible;
/// # use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
/// # use vestibule_core::Entropy;
/// # struct Noise;
/// # impl Entropy for Noise {
/// #     fn fill(&mut self, bytes: &mut [u8]) { bytes.fill(4) }
/// # }
/// # struct Partition;
/// # impl ErrorType for Partition { type Error = Infallible; }
/// # impl ReadNorFlash for Partition {
/// #     const READ_SIZE: usize = 1;
/// #     fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), Infallible> { bytes.fill(0xff); Ok(()) }
/// #     fn capacity(&self) -> usize { 8192 }
/// # }
/// # impl NorFlash for Partition {
/// #     const WRITE_SIZE: usize = 4;
/// #     const ERASE_SIZE: usize = 4096;
/// #     fn erase(&mut self, _: u32, _: u32) -> Result<(), Infallible> { Ok(()) }
/// #     fn write(&mut self, _: u32, _: &[u8]) -> Result<(), Infallible> { Ok(()) }
/// # }
///
/// let now = Instant::from_micros(0);
/// let config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// let mut portal = Portal::new(config, Partition, Noise);
/// assert_eq!((portal.state(), portal.has_credentials()), (State::Idle, false));
///
/// // Nothing is stored, so it listens for networks and then raises its access point.
/// portal.connect_or_setup(now);
/// assert_eq!(portal.state(), State::Surveying);
/// assert_eq!(portal.poll_radio(), Some(RadioCommand::Scan));
/// portal.handle_radio(RadioEvent::ScanFinished, now);
/// assert!(matches!(portal.poll_radio(), Some(RadioCommand::RaiseAccessPoint(_))));
/// portal.handle_radio(RadioEvent::AccessPointUp, now);
/// assert_eq!(portal.state(), State::Open);
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
/// // The phone has gone. Told to forget, the device does; that this flash, which keeps nothing, does
/// // not hold what was written to it is reported.
/// portal.handle_closed(first);
/// assert!(!portal.is_open(first));
/// assert_eq!(portal.clear(now), Err(StorageFault::Flash));
/// assert_eq!(portal.state(), State::Idle);
/// ```
pub struct Portal<F, E, A: Application = ()> {
    config: Config,
    radio_commands: RadioCommandQueue,
    store: Store<F>,
    entropy: E,
    application: A,
    state: State,
    timer: Option<Instant>,
    memory: Memory,
    submitted: Option<Credentials>,
    /// When `submitted` is tried, if it waits for the answer to the owner to leave first.
    joins_at: Option<Instant>,
    /// What the owner entered into the application's fields, until it is in `memory`.
    submitted_values: Option<Values>,
    /// Joins of stored networks that have failed since the last start or success.
    attempts: u8,
    when_joins_fail: WhenJoinsFail,
    /// The portal may not open by itself any more, until power returns.
    shut: bool,
    opened: Instant,
    last_activity: Instant,
    joining: Ssid,
    home: Option<Home>,
    /// The home network that was last joined: the access point's subnet must not be its.
    last_link: Option<StationAddress>,
    /// The device's address on its access point, and the channel that it was raised on.
    address: Ipv4Addr,
    channel: u8,
    /// What it is called on the home network, once its driver has said so.
    called: Option<HostName>,
    notice: Option<Notice>,
    kept: Ssid,
    /// What was joined is in flash, or was before.
    remembered: bool,
    /// When the owner was handed the result, the last time.
    told_at: Option<Instant>,
    /// What the forms of this opening of the portal carry.
    csrf_token: CsrfToken,
    rate_limiter: RateLimiter,
    networks: ScanList,
    dhcp: dhcp::Server,
    /// All of them, once the flash was read: made where they stay, they need no room on the stack.
    connections: Vec<Connection<View<A::Page>>, CONNECTIONS>,
    visits: [Visit; CONNECTIONS],
    /// The connection that was last named as ready: the next one is looked for behind it.
    last_ready: ConnectionId,
    events: Deque<Event, EVENTS>,
}

impl<F: NorFlash, E: Entropy> Portal<F, E> {
    /// A portal that does nothing yet. `flash` is the partition of the credentials, all of it.
    ///
    /// What is stored is read now; a flash that cannot be read counts as empty and is reported as
    /// [`Event::StorageFault`]. The portal is large, and is moved out of here: where the stack is short it
    /// is made in a [`PortalSlot`].
    pub fn new(config: Config, flash: F, entropy: E) -> Self {
        Self::with_application(config, flash, entropy, ())
    }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// As [`Portal::new`], with an application beside it.
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
            radio_commands: RadioCommandQueue::new(),
            store: Store::new(flash),
            entropy,
            application,
            state: State::Idle,
            timer: None,
            memory: Memory::new(),
            submitted: None,
            joins_at: None,
            submitted_values: None,
            attempts: 0,
            when_joins_fail: WhenJoinsFail::Rest,
            shut: false,
            opened: Instant::from_micros(0),
            last_activity: Instant::from_micros(0),
            joining: Ssid::EMPTY,
            home: None,
            last_link: None,
            address,
            channel: DEFAULT_CHANNEL,
            called: None,
            notice: None,
            kept: Ssid::EMPTY,
            remembered: true,
            told_at: None,
            csrf_token: CsrfToken::new([0; CSRF_TOKEN_BYTES]),
            rate_limiter: RateLimiter::full(),
            networks: ScanList::new(),
            dhcp: dhcp::Server::new(),
            connections: Vec::new(),
            visits: [Visit::new(Interface::AccessPoint); CONNECTIONS],
            last_ready: ConnectionId::LAST,
            events: Deque::new(),
        }
    }

    /// Whether it has read what is stored.
    fn is_read(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Makes the connections and reads what is stored.
    fn read_flash(&mut self) {
        while self.connections.push(Connection::new()).is_ok() {}
        match self.store.load_into(&mut self.memory) {
            Err(error) => self.report_fault(error),
            Ok(()) if self.store.is_littered() == Ok(true) => self.report_fault(StoreError::Unreadable),
            Ok(()) => {}
        }
        if !self.memory.values.is_empty() {
            self.application.on_values(&self.memory.values);
        }
        if let Err(error) = self.store.repair() {
            self.report_fault(error);
        }
    }

    // Lifecycle.

    /// Joins with what is stored; opens the portal if nothing is, or if that fails, as far as
    /// [`Config::may_open`] allows.
    pub fn connect_or_setup(&mut self, now: Instant) {
        let may_open = self.config.may_open != MayOpen::WhenAsked && !self.shut;
        let attempts = self.config.stored_attempts;
        self.start(if may_open { WhenJoinsFail::OpenAfter(attempts) } else { WhenJoinsFail::GoOn }, now);
    }

    /// Joins with what is stored, and opens no portal: if that fails the device is idle again.
    pub fn connect(&mut self, now: Instant) {
        self.start(WhenJoinsFail::Rest, now);
    }

    fn start(&mut self, when_joins_fail: WhenJoinsFail, now: Instant) {
        self.when_joins_fail = when_joins_fail;
        self.attempts = 0;
        match (self.memory.networks().len(), when_joins_fail) {
            (0, WhenJoinsFail::OpenAfter(_)) => self.take(Input::StartEmpty, now),
            (0, _) => {}
            (1, _) => self.take(Input::StartStored, now),
            _ => self.take(Input::StartSeveral, now),
        }
    }

    /// Opens the portal, whatever is stored; the home network is left for it.
    pub fn setup(&mut self, now: Instant) {
        self.take(Input::Setup, now);
    }

    /// Forgets the network and leaves it. The device is idle then, whether or not the flash could
    /// be wiped.
    ///
    /// # Errors
    /// [`StorageFault`] when the flash could not be wiped; what was stored may still be there.
    pub fn clear(&mut self, now: Instant) -> Result<(), StorageFault> {
        let wiped = self.wipe();
        self.take(Input::Cleared, now);
        self.report(match wiped {
            Ok(()) => Event::Forgotten,
            Err(fault) => Event::StorageFault(fault),
        });
        wiped
    }

    /// Forgets what is stored and what was entered.
    fn wipe(&mut self) -> Result<(), StorageFault> {
        let wiped = self.store.clear().map_err(|error| StorageFault::from(&error));
        self.memory.clear();
        self.submitted = None;
        self.submitted_values = None;
        self.notice = None;
        self.kept = Ssid::EMPTY;
        wiped
    }

    // Getters.

    /// Whether a network is stored.
    pub fn has_credentials(&self) -> bool {
        !self.memory.networks().is_empty()
    }

    /// The names of the stored networks, the one joined last first.
    pub fn stored_networks(&self) -> impl Iterator<Item = Ssid> {
        self.memory.networks().iter().map(|stored| stored.ssid)
    }

    /// What the application's fields hold.
    pub fn values(&self) -> &Values {
        &self.memory.values
    }

    /// Where the device stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The device's address on its access point: the configured one, unless the home network uses its
    /// subnet.
    pub fn access_point_address(&self) -> Ipv4Addr {
        self.address
    }

    /// The device's address on the home network, while it has one.
    pub fn home(&self) -> Option<StationAddress> {
        self.home.map(|home| home.link)
    }

    /// The addresses that clients of the access point have now. They are remembered while the
    /// device runs, also while the access point is down: phones keep theirs, too.
    pub fn leases(&self, now: Instant) -> impl Iterator<Item = &dhcp::Lease> {
        self.dhcp.leases(now)
    }

    /// The choices that it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The application.
    pub fn application(&self) -> &A {
        &self.application
    }

    /// The application, to tell it what the device does.
    pub fn application_mut(&mut self) -> &mut A {
        &mut self.application
    }

    /// The source of random bytes, for what stands beside the portal.
    pub fn entropy_mut(&mut self) -> &mut E {
        &mut self.entropy
    }

    /// The flash.
    pub fn flash_mut(&mut self) -> &mut F {
        self.store.flash_mut()
    }

    // What happened.

    /// The radio reports.
    pub fn handle_radio(&mut self, mut event: RadioEvent, now: Instant) {
        if matches!(event, RadioEvent::Joined(link) if self.refuses(link)) {
            event = RadioEvent::JoinFailed(JoinFailure::NoGateway);
        }
        match event {
            RadioEvent::NetworkFound(record) => self.networks.add(record),
            RadioEvent::ScanFinished => {
                self.networks.finish();
                self.show_fresh_networks();
                self.take(Input::Surveyed, now);
            }
            RadioEvent::Joined(link) if self.is_joining() => {
                let ssid = self.joining;
                self.home = Some(Home { ssid, link });
                self.last_link = Some(link);
                self.told_at = None;
                self.notice = None;
                self.attempts = 0;
                self.report(Event::Joined { ssid, link });
                self.take(Input::Joined, now);
            }
            RadioEvent::JoinFailed(reason) if self.is_joining() => self.join_failed(reason, now),
            RadioEvent::Disconnected if self.state.is_joined() => {
                self.home = None;
                self.attempts = 0;
                self.when_joins_fail = self.when_lost();
                self.return_to_channel();
                self.take(Input::Lost, now);
            }
            // Reports of something given up meanwhile.
            RadioEvent::Joined(_) | RadioEvent::JoinFailed(_) | RadioEvent::Disconnected => {}
            RadioEvent::AccessPointUp => self.report(Event::AccessPoint { up: true }),
            RadioEvent::AccessPointDown => {
                self.close_all(Interface::AccessPoint);
                self.report(Event::AccessPoint { up: false });
            }
        }
    }

    /// What the device is called on the home network from now on ([`crate::mdns`]): pages are served
    /// there for this name, in place of the configured one, which may be another device's.
    pub fn handle_name(&mut self, name: HostName) {
        self.called = Some(name);
    }

    /// The deadline that [`Portal::poll_timeout`] gave has come. Harmless when it has not.
    pub fn handle_timeout(&mut self, now: Instant) {
        for id in ConnectionId::ALL {
            if self.deadline(id).is_some_and(|deadline| deadline <= now) {
                self.socket_timeout(id, now);
                let connection = self.connections.get_mut(id.index());
                if let Some(connection) = connection.filter(|one| !one.is_upgraded()) {
                    connection.handle_timeout(now);
                }
            }
        }
        if self.joins_at.take_if(|at| *at <= now).is_some() {
            self.join_submitted();
        }
        if self.closes_at().is_some_and(|closes| closes <= now) {
            self.take(Input::Expired, now);
            self.shut = self.config.may_open == MayOpen::OnceAfterPowerUp;
            self.connect_or_setup(now);
        } else if self.timer.is_some_and(|timer| timer <= now) {
            self.timer = None;
            if self.state.is_joining() {
                self.join_failed(JoinFailure::Unknown, now);
            } else {
                self.take(Input::TimeUp, now);
            }
        }
    }

    // What to do.

    /// What happened, for the application, a log or a trace.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Portal::handle_timeout`] is next due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let own = earliest(earliest(self.timer, self.joins_at), self.closes_at());
        self.connections.iter().fold(own, |soonest, connection| earliest(soonest, connection.deadline()))
    }
}

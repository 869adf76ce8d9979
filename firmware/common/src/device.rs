//! The portal, shared by the futures that drive it. After every call its events are logged, and the futures
//! that it has something for are woken.

use core::cell::{Cell, RefCell, RefMut};

use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Timer;
use embedded_storage::nor_flash::NorFlash;
use log::info;
use vestibule_core::application::Application;
use vestibule_core::http::Transfer;
#[cfg(feature = "improv")]
use vestibule_core::improv::{Improv, PACKET_BYTES};
use vestibule_core::limits::CONNECTIONS;
use vestibule_core::mdns::HostName;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{
    Arrival, Config, ConnectionId, Entropy, Event, Instant, Interface, Portal, PortalSlot, RadioCommand,
    RadioEvent, Reply, Ssid, StaticAddress, StationAddress, StorageFault,
};

use crate::limits::SOCKETS;

type Wakeup = Signal<NoopRawMutex, ()>;

/// Stands for no socket in place of a socket's number.
const NO_SOCKET: u8 = u8::MAX;

/// A device: the portal, and a signal for each future that waits for it.
///
/// It is shared within one executor, and every method returns at once. A method must not be called from
/// inside another one, because the portal is borrowed then. The observer and the application are called
/// from inside, and neither is given the device.
pub struct Device<F, E, A: Application = ()> {
    portal: RefCell<PortalSlot<F, E, A>>,
    observe: fn(&Event),
    /// The socket of each of the portal's connections; [`NO_SOCKET`] for those that are not in use.
    socket_of: Cell<[u8; CONNECTIONS]>,
    radio: Wakeup,
    timer: Wakeup,
    sockets: [Wakeup; SOCKETS],
    /// The device may have joined the home network or left it.
    home: Wakeup,
    /// How strongly the home network is heard.
    signal: Cell<Option<i8>>,
}

impl<F: NorFlash, E: Entropy, A: Application> Device<F, E, A> {
    /// A device that does nothing yet. What is stored is read when the portal is used for the first time.
    /// `flash` is the partition of the credentials, all of it. `observe` is called with every event, after
    /// it was logged. The `application` is `()` for none.
    ///
    /// A device is large. The compiler makes it at its final place only if this function is inlined there,
    /// hence the attribute.
    #[inline(always)]
    pub fn new(config: Config, flash: F, entropy: E, application: A, observe: fn(&Event)) -> Self {
        Self {
            portal: RefCell::new(PortalSlot::new(config, flash, entropy, application)),
            observe,
            socket_of: Cell::new([NO_SOCKET; CONNECTIONS]),
            radio: Wakeup::new(),
            timer: Wakeup::new(),
            sockets: [const { Wakeup::new() }; SOCKETS],
            home: Wakeup::new(),
            signal: Cell::new(None),
        }
    }

    /// See [`Portal::connect_or_setup`].
    pub fn connect_or_setup(&self) {
        self.update(|portal, now| {
            info!("networks stored: {}", portal.stored_networks().count());
            portal.connect_or_setup(now);
        });
    }

    /// See [`Portal::setup`].
    pub fn setup(&self) {
        self.update(|portal, now| portal.setup(now));
    }

    /// See [`Portal::handle_restarts`].
    pub(crate) fn handle_restarts(&self) {
        self.update(|portal, _| portal.handle_restarts());
    }

    /// See [`Portal::factory_reset`].
    ///
    /// # Errors
    /// [`StorageFault`] when the flash could not be wiped.
    pub fn factory_reset(&self) -> Result<(), StorageFault> {
        self.update(|portal, now| portal.factory_reset(now))
    }

    /// See [`Portal::handle_captive_home`]. To be called by whoever asks for something on the home network: embassy-net's DHCP
    /// client (0.9) neither asks for option 114 nor hands out what a server has sent, so that what the network itself says of a
    /// captive portal does not reach a board.
    pub fn handle_captive_home(&self) {
        self.update(|portal, _| portal.handle_captive_home());
    }

    /// The state of the device.
    pub fn state(&self) -> ProvisioningState {
        self.portal().state()
    }

    /// The device's address on the home network, while it has one.
    pub fn home(&self) -> Option<StationAddress> {
        self.portal().home()
    }

    /// How strongly the home network is heard, in dBm, while it is joined and the driver can say. Looked at every five
    /// seconds.
    pub fn signal(&self) -> Option<i8> {
        self.signal.get()
    }

    pub(crate) fn set_signal(&self, signal: Option<i8>) {
        self.signal.set(signal);
    }

    /// Calls the application, which must not call the device.
    pub fn with_application<T>(&self, act: impl FnOnce(&mut A) -> T) -> T {
        self.update(|portal, _| act(portal.application_mut()))
    }

    // For Improv.

    /// Calls the portal, and wakes whoever that concerns.
    #[cfg(feature = "improv")]
    pub(crate) fn with_portal<T>(&self, call: impl FnOnce(&mut Portal<F, E, A>, Instant) -> T) -> T {
        self.update(call)
    }

    /// The next packet that Improv has to send. Others are woken only if it had something to say or to wait for: it is
    /// asked many times a second.
    #[cfg(feature = "improv")]
    pub(crate) fn poll_improv(&self, improv: &mut Improv, packet: &mut [u8; PACKET_BYTES]) -> usize {
        let waits = improv.poll_timeout().is_some();
        let length = improv.poll_send(packet, &mut self.portal(), now());
        if waits || length > 0 {
            self.update(|_, _| ());
        }
        length
    }

    // For mDNS.

    /// The name of its access point.
    pub(crate) fn name(&self) -> Ssid {
        self.portal().config().name
    }

    /// Passes the device's name on the home network to the portal.
    pub(crate) fn set_host_name(&self, name: HostName) {
        self.portal().handle_name(name);
    }

    /// Lends the source of random bytes.
    pub(crate) fn with_entropy<T>(&self, act: impl FnOnce(&mut E) -> T) -> T {
        act(self.portal().entropy_mut())
    }

    /// Returns once the device may have joined the home network or left it.
    pub(crate) async fn home_changed(&self) {
        self.home.wait().await;
    }

    /// Its address on the home network, if its maker has chosen one in place of DHCP.
    pub(crate) fn home_address(&self) -> Option<StaticAddress> {
        self.portal().config().home_address
    }

    #[inline(never)]
    fn portal(&self) -> RefMut<'_, Portal<F, E, A>> {
        RefMut::map(self.portal.borrow_mut(), PortalSlot::portal)
    }

    /// Calls the portal, then logs its events and wakes the futures that it has something for.
    fn update<T>(&self, call: impl FnOnce(&mut Portal<F, E, A>, Instant) -> T) -> T {
        let result = call(&mut self.portal(), now());
        self.log_events();
        self.wake();
        result
    }

    fn wake(&self) {
        self.radio.signal(());
        self.timer.signal(());
        self.home.signal(());
        loop {
            // Not in the loop's condition, so that the portal is not borrowed for longer.
            let ready = self.portal().poll_ready();
            let Some(connection) = ready else { return };
            let socket = self.socket_of.get()[connection.index()];
            if let Some(socket) = self.sockets.get(usize::from(socket)) {
                socket.signal(());
            }
        }
    }

    fn log_events(&self) {
        loop {
            // Not in the loop's condition: the portal must not stay borrowed while it is observed.
            let Some(event) = self.portal().poll_event() else { return };
            info!("{event:?}");
            (self.observe)(&event);
        }
    }

    // For the datagrams.

    pub(crate) fn handle_datagram(
        &self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
    ) -> Option<Reply> {
        self.portal().handle_datagram(arrival, payload, reply, now())
    }

    // For the connections.

    /// Opens a connection that the socket has accepted, as soon as one is free.
    pub(crate) async fn open(&self, interface: Interface, socket: usize) -> ConnectionId {
        loop {
            if let Some(connection) = self.take_connection(socket) {
                self.update(|portal, now| portal.handle_open(connection, interface, now));
                return connection;
            }
            self.wait_for_portal(socket).await;
        }
    }

    /// Takes a free connection for this socket.
    fn take_connection(&self, socket: usize) -> Option<ConnectionId> {
        let mut socket_of = self.socket_of.get();
        let free = ConnectionId::new(socket_of.iter().position(|socket| *socket == NO_SOCKET)?)?;
        socket_of[free.index()] = socket as u8;
        self.socket_of.set(socket_of);
        Some(free)
    }

    pub(crate) fn received(&self, connection: ConnectionId, bytes: &[u8]) -> usize {
        self.update(|portal, now| portal.handle_received(connection, bytes, now))
    }

    pub(crate) fn received_end(&self, connection: ConnectionId) {
        self.update(|portal, now| portal.handle_received_end(connection, now));
    }

    pub(crate) fn closed(&self, connection: ConnectionId) {
        let mut socket_of = self.socket_of.get();
        socket_of[connection.index()] = NO_SOCKET;
        self.socket_of.set(socket_of);
        self.update(|portal, _| portal.handle_closed(connection));
        // Another socket may wait for a free connection.
        for socket in &self.sockets {
            socket.signal(());
        }
    }

    /// What the connection has to send. Other futures are woken only if there was something, because two of
    /// them would otherwise keep each other awake for ever.
    pub(crate) fn send(&self, connection: ConnectionId, room: &mut [u8]) -> Transfer {
        let transfer = self.portal().poll_send(connection, room, now());
        if transfer != Transfer::Idle {
            self.update(|_, _| ());
        }
        transfer
    }

    /// Returns once the portal may have something for this socket.
    pub(crate) async fn wait_for_portal(&self, socket: usize) {
        match self.sockets.get(socket) {
            Some(wakeup) => wakeup.wait().await,
            None => core::future::pending().await,
        }
    }

    // For the radio.

    pub(crate) fn handle_radio(&self, event: RadioEvent) {
        self.update(|portal, now| portal.handle_radio(event, now));
    }

    /// The next command for the radio, as soon as there is one.
    pub(crate) async fn command(&self) -> RadioCommand {
        self.command_from(Portal::poll_radio).await
    }

    /// The next command for the station, before any other that waits.
    pub(crate) async fn command_for_station(&self) -> RadioCommand {
        self.command_from(Portal::poll_radio_for_station).await
    }

    async fn command_from(&self, poll: fn(&mut Portal<F, E, A>) -> Option<RadioCommand>) -> RadioCommand {
        loop {
            // Not in the condition: see `log_events`.
            let command = poll(&mut self.portal());
            match command {
                Some(command) => return command,
                None => self.radio.wait().await,
            }
        }
    }

    // For the clock.

    /// Calls the portal when one of its deadlines has come. Never returns.
    pub(crate) async fn run_timer(&self) -> ! {
        loop {
            let due = self.portal().poll_timeout();
            let deadline = async {
                match due {
                    Some(due) => Timer::at(embassy_time::Instant::from_micros(due.as_micros())).await,
                    None => core::future::pending().await,
                }
            };
            if let Either::First(()) = select(deadline, self.timer.wait()).await {
                self.update(|portal, now| portal.handle_timeout(now));
            }
        }
    }
}

/// This moment, in microseconds since power-on.
pub(crate) fn now() -> Instant {
    Instant::from_micros(embassy_time::Instant::now().as_micros())
}

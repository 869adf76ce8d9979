//! The portal, shared by everything that drives it, and drained after every call as it asks for.

use core::cell::{Cell, RefCell, RefMut};
use core::future::poll_fn;
use core::task::Poll;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Timer;
use embedded_storage::nor_flash::NorFlash;
use log::info;
use vestibule_core::application::Application;
use vestibule_core::http::Transfer;
use vestibule_core::limits::CONNECTIONS;
use vestibule_core::mdns::HostName;
use vestibule_core::provisioning::State;
use vestibule_core::{
    Arrival, Config, ConnectionId, Entropy, Event, HomeLink, Instant, Interface, Portal, PortalSlot,
    RadioCommand, RadioEvent, Reply, Ssid, StaticAddress, StorageFault,
};

use crate::connections::SOCKETS;

type Wakeup = Signal<NoopRawMutex, ()>;

/// In place of a socket's number: none.
const NO_SOCKET: u8 = u8::MAX;

/// A device: the portal, and who is to be woken when it has something to do.
///
/// It is shared within one executor; every method returns at once. A method that was called from
/// inside another of them would find it borrowed; the observer is the only place where that could
/// be tried, and it is given nothing but the event.
pub struct Device<F, E, A: Application = ()> {
    portal: RefCell<PortalSlot<F, E, A>>,
    observe: fn(&Event),
    /// Which socket each of the portal's connections is on; [`NO_SOCKET`] for those that are not in use.
    on_socket: Cell<[u8; CONNECTIONS]>,
    radio: Wakeup,
    timer: Wakeup,
    sockets: [Wakeup; SOCKETS],
    /// The device has come to the home network or left it.
    at_home: Wakeup,
}

impl<F: NorFlash, E: Entropy, A: Application> Device<F, E, A> {
    /// A device that does nothing yet. What is stored is read when the portal is used for the first time.
    /// `flash` is the partition of the credentials, all of it. `observe` is told every event, after it
    /// is in the log. Without an application it is `()`.
    ///
    /// It is large, and made where it is to stay only if the compiler sees both at once: hence the
    /// attribute.
    #[inline(always)]
    pub fn new(config: Config, flash: F, entropy: E, application: A, observe: fn(&Event)) -> Self {
        Self {
            portal: RefCell::new(PortalSlot::new(config, flash, entropy, application)),
            observe,
            on_socket: Cell::new([NO_SOCKET; CONNECTIONS]),
            radio: Wakeup::new(),
            timer: Wakeup::new(),
            sockets: [const { Wakeup::new() }; SOCKETS],
            at_home: Wakeup::new(),
        }
    }

    /// See [`Portal::connect_or_setup`].
    pub fn connect_or_setup(&self) {
        self.tell(|portal, now| {
            info!("networks stored: {}", portal.stored_networks().count());
            portal.connect_or_setup(now);
        });
    }

    /// See [`Portal::setup`].
    pub fn setup(&self) {
        self.tell(|portal, now| portal.setup(now));
    }

    /// See [`Portal::factory_reset`].
    ///
    /// # Errors
    /// [`StorageFault`] when the flash could not be wiped.
    pub fn factory_reset(&self) -> Result<(), StorageFault> {
        self.tell(|portal, now| portal.factory_reset(now))
    }

    /// Where the device stands.
    pub fn state(&self) -> State {
        self.portal().state()
    }

    /// The device's address on the home network, while it has one.
    pub fn home(&self) -> Option<HomeLink> {
        self.portal().home()
    }

    /// Tells the application what the device does, or asks it. It must not call the device.
    pub fn with_application<T>(&self, act: impl FnOnce(&mut A) -> T) -> T {
        self.tell(|portal, _| act(portal.application_mut()))
    }

    // For its name.

    /// Its name, as its access point has it.
    pub(crate) fn name(&self) -> Ssid {
        self.portal().config().name
    }

    /// Tells the portal what the device is called on the home network.
    pub(crate) fn called(&self, name: HostName) {
        self.portal().handle_name(name);
    }

    /// Does something with random bytes.
    pub(crate) fn with_entropy<T>(&self, act: impl FnOnce(&mut E) -> T) -> T {
        act(self.portal().entropy_mut())
    }

    /// Returns once the device may have come to the home network or left it.
    pub(crate) async fn home_changed(&self) {
        self.at_home.wait().await;
    }

    /// The address that it is to have there, if it asks for none.
    pub(crate) fn home_address(&self) -> Option<StaticAddress> {
        self.portal().config().home_address
    }

    #[inline(never)]
    fn portal(&self) -> RefMut<'_, Portal<F, E, A>> {
        RefMut::map(self.portal.borrow_mut(), PortalSlot::portal)
    }

    /// Tells the portal what happened, says what came of it, and wakes whoever has to act.
    fn tell<T>(&self, call: impl FnOnce(&mut Portal<F, E, A>, Instant) -> T) -> T {
        let result = call(&mut self.portal(), now());
        self.say_events();
        self.wake();
        result
    }

    fn wake(&self) {
        self.radio.signal(());
        self.timer.signal(());
        self.at_home.signal(());
        loop {
            // Not in the loop's condition, so that the portal is not borrowed for longer.
            let ready = self.portal().poll_ready();
            let Some(connection) = ready else { return };
            let socket = self.on_socket.get()[connection.index()];
            if let Some(socket) = self.sockets.get(usize::from(socket)) {
                socket.signal(());
            }
        }
    }

    fn say_events(&self) {
        loop {
            // Not in the loop's condition: the portal must not stay borrowed while it is observed.
            let Some(event) = self.portal().poll_event() else { return };
            info!("{event:?}");
            (self.observe)(&event);
        }
    }

    // For the datagrams.

    pub(crate) fn datagram(&self, arrival: Arrival, payload: &[u8], reply: &mut [u8]) -> Option<Reply> {
        self.portal().handle_datagram(arrival, payload, reply, now())
    }

    // For the connections.

    /// Takes a free number for a connection that was accepted, as soon as there is one.
    pub(crate) async fn open(&self, interface: Interface, socket: usize) -> ConnectionId {
        loop {
            if let Some(connection) = self.take_number(socket) {
                self.tell(|portal, now| portal.handle_open(connection, interface, now));
                return connection;
            }
            self.woken(socket).await;
        }
    }

    /// Takes a free number for a connection on this socket.
    fn take_number(&self, socket: usize) -> Option<ConnectionId> {
        let mut on_socket = self.on_socket.get();
        let free = ConnectionId::new(on_socket.iter().position(|socket| *socket == NO_SOCKET)?)?;
        on_socket[free.index()] = socket as u8;
        self.on_socket.set(on_socket);
        Some(free)
    }

    pub(crate) fn received(&self, connection: ConnectionId, bytes: &[u8]) -> usize {
        self.tell(|portal, now| portal.handle_received(connection, bytes, now))
    }

    pub(crate) fn received_end(&self, connection: ConnectionId) {
        self.tell(|portal, now| portal.handle_received_end(connection, now));
    }

    pub(crate) fn closed(&self, connection: ConnectionId) {
        let mut on_socket = self.on_socket.get();
        on_socket[connection.index()] = NO_SOCKET;
        self.on_socket.set(on_socket);
        self.tell(|portal, _| portal.handle_closed(connection));
        // A client on another socket may wait for the number.
        for socket in &self.sockets {
            socket.signal(());
        }
    }

    /// What the connection is to send. Wakes others only if something came of it, or two of them
    /// would keep each other awake for ever.
    pub(crate) fn send(&self, connection: ConnectionId, room: &mut [u8]) -> Transfer {
        let transfer = self.portal().poll_send(connection, room, now());
        if transfer != Transfer::Idle {
            self.tell(|_, _| ());
        }
        transfer
    }

    /// Returns once the portal may have something for this socket.
    pub(crate) async fn woken(&self, socket: usize) {
        match self.sockets.get(socket) {
            Some(wakeup) => wakeup.wait().await,
            None => core::future::pending().await,
        }
    }

    // For the radio.

    pub(crate) fn report(&self, event: RadioEvent) {
        self.tell(|portal, now| portal.handle_radio(event, now));
    }

    /// The next command for the radio, as soon as there is one.
    pub(crate) async fn command(&self) -> RadioCommand {
        self.command_from(Portal::poll_radio).await
    }

    /// The next command for the station, past what else waits.
    pub(crate) async fn command_for_station(&self) -> RadioCommand {
        self.command_from(Portal::poll_radio_for_station).await
    }

    async fn command_from(&self, poll: fn(&mut Portal<F, E, A>) -> Option<RadioCommand>) -> RadioCommand {
        loop {
            // Not in the condition: see `say_events`.
            let command = poll(&mut self.portal());
            match command {
                Some(command) => return command,
                None => self.radio.wait().await,
            }
        }
    }

    // For the clock.

    /// Passes deadlines in as they come. Never returns.
    pub(crate) async fn keep_time(&self) -> ! {
        loop {
            let due = self.portal().poll_timeout();
            let due = due.map(|due| Timer::at(embassy_time::Instant::from_micros(due.as_micros())));
            let come = async {
                match due {
                    Some(timer) => timer.await,
                    None => poll_fn(|_| Poll::<()>::Pending).await,
                }
            };
            if let embassy_futures::select::Either::First(()) =
                embassy_futures::select::select(come, self.timer.wait()).await
            {
                self.tell(|portal, now| portal.handle_timeout(now));
            }
        }
    }
}

/// This moment, in microseconds since power-on.
pub(crate) fn now() -> Instant {
    Instant::from_micros(embassy_time::Instant::now().as_micros())
}

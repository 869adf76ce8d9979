//! The portal, shared by everything that drives it, and drained after every call as it asks for.

use core::cell::{Cell, RefCell};
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
    Arrival, Config, Entropy, Event, HomeLink, Instant, Interface, Portal, RadioEvent, Reply, Ssid,
    StaticAddress, StorageFault,
};

use crate::antenna::{Antenna, Command};
use crate::limits::SOCKETS;

type Wakeup = Signal<NoopRawMutex, ()>;

/// A device: the portal, and who is to be woken when it has something to do.
///
/// It is shared within one executor; every method returns at once. A method that was called from
/// inside another of them would find it borrowed; the observer is the only place where that could
/// be tried, and it is given nothing but the event.
pub struct Device<F, E, A: Application = ()> {
    portal: RefCell<Portal<Antenna, F, E, A>>,
    observe: fn(&Event),
    /// Which of the portal's numbers for connections are in use.
    taken: Cell<[bool; CONNECTIONS]>,
    radio: Wakeup,
    timer: Wakeup,
    sockets: [Wakeup; SOCKETS],
    /// The device has come to the home network or left it.
    at_home: Wakeup,
}

impl<F: NorFlash, E: Entropy, A: Application> Device<F, E, A> {
    /// A device that does nothing yet, to be put where it stays: [`Device::read_flash`] follows there.
    /// `flash` is the partition of the credentials, all of it. `observe` is told every event, after it
    /// is in the log. Without an application it is `()`.
    ///
    /// It is large, and made where it is to stay only if the compiler sees both at once: hence the
    /// attribute.
    #[inline(always)]
    pub fn new(config: Config, flash: F, entropy: E, application: A, observe: fn(&Event)) -> Self {
        Self {
            portal: RefCell::new(Portal::unread(config, Antenna::default(), flash, entropy, application)),
            observe,
            taken: Cell::default(),
            radio: Wakeup::new(),
            timer: Wakeup::new(),
            sockets: [const { Wakeup::new() }; SOCKETS],
            at_home: Wakeup::new(),
        }
    }

    /// See [`Portal::read_flash`]: to be called once, before anything else.
    pub fn read_flash(&self) {
        let known = self.tell(|portal, _| {
            portal.read_flash();
            portal.stored_networks().count()
        });
        info!("networks stored: {known}");
    }

    /// See [`Portal::connect_or_setup`].
    pub fn connect_or_setup(&self) {
        self.tell(|portal, now| portal.connect_or_setup(now));
    }

    /// See [`Portal::setup`].
    pub fn setup(&self) {
        self.tell(|portal, now| portal.setup(now));
    }

    /// See [`Portal::clear`].
    ///
    /// # Errors
    /// [`StorageFault`] when the flash could not be wiped.
    pub fn clear(&self) -> Result<(), StorageFault> {
        self.tell(|portal, now| portal.clear(now))
    }

    /// Where the device stands.
    pub fn state(&self) -> State {
        self.portal.borrow().state()
    }

    /// The device's address on the home network, while it has one.
    pub fn home(&self) -> Option<HomeLink> {
        self.portal.borrow().home()
    }

    /// Tells the application what the device does, or asks it. It must not call the device.
    pub fn with_application<T>(&self, act: impl FnOnce(&mut A) -> T) -> T {
        self.tell(|portal, _| act(portal.application_mut()))
    }

    // For its name.

    /// Its name, as its access point has it.
    pub(crate) fn name(&self) -> Ssid {
        self.portal.borrow().config().name
    }

    /// Tells the portal what the device is called on the home network.
    pub(crate) fn called(&self, name: HostName) {
        self.portal.borrow_mut().handle_name(name);
    }

    /// Does something with random bytes.
    pub(crate) fn with_entropy<T>(&self, act: impl FnOnce(&mut E) -> T) -> T {
        act(self.portal.borrow_mut().entropy_mut())
    }

    /// Returns once the device may have come to the home network or left it.
    pub(crate) async fn home_changed(&self) {
        self.at_home.wait().await;
    }

    /// The address that it is to have there, if it asks for none.
    pub(crate) fn home_address(&self) -> Option<StaticAddress> {
        self.portal.borrow().config().home_address
    }

    /// Tells the portal what happened, says what came of it, and wakes whoever may have to act.
    fn tell<T>(&self, call: impl FnOnce(&mut Portal<Antenna, F, E, A>, Instant) -> T) -> T {
        let result = call(&mut self.portal.borrow_mut(), now());
        self.say_events();
        self.radio.signal(());
        self.timer.signal(());
        self.at_home.signal(());
        for socket in &self.sockets {
            socket.signal(());
        }
        result
    }

    fn say_events(&self) {
        loop {
            // Not in the loop's condition: the portal must not stay borrowed while it is observed.
            let Some(event) = self.portal.borrow_mut().poll_event() else { return };
            info!("{event:?}");
            (self.observe)(&event);
        }
    }

    // For the datagrams.

    pub(crate) fn datagram(&self, arrival: Arrival, payload: &[u8], reply: &mut [u8]) -> Option<Reply> {
        self.portal.borrow_mut().handle_datagram(arrival, payload, reply, now())
    }

    // For the connections.

    /// Takes a free number for a connection that was accepted, as soon as there is one.
    pub(crate) async fn open(&self, interface: Interface, socket: usize) -> usize {
        loop {
            let mut taken = self.taken.get();
            if let Some(number) = taken.iter().position(|taken| !taken) {
                taken[number] = true;
                self.taken.set(taken);
                self.tell(|portal, now| portal.handle_open(number, interface, now));
                return number;
            }
            self.woken(socket).await;
        }
    }

    pub(crate) fn received(&self, number: usize, bytes: &[u8]) -> usize {
        self.tell(|portal, now| portal.handle_received(number, bytes, now))
    }

    pub(crate) fn received_end(&self, number: usize) {
        self.tell(|portal, now| portal.handle_received_end(number, now));
    }

    pub(crate) fn closed(&self, number: usize) {
        let mut taken = self.taken.get();
        taken[number] = false;
        self.taken.set(taken);
        self.tell(|portal, _| portal.handle_closed(number));
    }

    /// What the connection is to send. Wakes others only if something came of it, or two of them
    /// would keep each other awake for ever.
    pub(crate) fn send(&self, number: usize, room: &mut [u8]) -> Transfer {
        let transfer = self.portal.borrow_mut().poll_send(number, room, now());
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

    /// The oldest command that `wanted` wants, as soon as there is one.
    pub(crate) async fn command(&self, wanted: impl Fn(&Command) -> bool) -> Command {
        loop {
            // Not in the condition: see `say_events`.
            let command = self.portal.borrow_mut().radio_mut().take_if(&wanted);
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
            let due = self.portal.borrow().poll_timeout();
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

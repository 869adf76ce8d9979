//! The loopback driver: a world's bytes over real UDP and TCP sockets of this machine, in real time. Real
//! browsers, `dig` and `curl` can take part.
//!
//! On Linux every host has an address of its own in 127.0.0.0/8. On a machine that has only 127.0.0.1, all
//! hosts share it and are distinguished by ports. The device listens on free ports unless others are given;
//! the ports 53 and 80 that a phone means are mapped to those. No other host is ever contacted: what a phone
//! sends elsewhere is dropped.

mod browser;
mod connection;
mod device;
mod exchange;
mod home_services;
mod hosts;
mod request_redaction;
#[cfg(unix)]
mod serial;
mod slots;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{SocketAddr, SocketAddrV4};
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use vestibule_core::Instant;
use vestibule_core::limits::CONNECTIONS;

use super::{Effect, Kept, Layout, RunOutcome, World};
use crate::client::ClientCommand;
use crate::fault::Fault;
use crate::phone::ExchangeId;
use crate::radio::PhoneId;
use crate::sample_application::SampleApplication;
use crate::scenario::judge::{RunJudge, RunState};
use crate::scenario::{PhoneSpec, Scenario};
use crate::trace::{Record, What};
use hosts::Hosts;
pub(crate) use hosts::bind_device_sockets;
pub use hosts::{MAX_PHONES, Ports};
#[cfg(feature = "cli")]
pub(crate) use hosts::{Purpose, bind_tcp};
use slots::Slots;

/// Records that a slow follower may be behind before it loses some.
const FOLLOWERS_BEHIND: usize = 4096;

/// The name in the trace of a client that is not one of the world's phones: usually the reader's browser.
pub const YOU: &str = "you";

/// The device's name in the trace.
const DEVICE: &str = "device";

/// Why a world could not be put on this machine's sockets.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoopbackError {
    /// The scenario has a fault that real sockets and real time do not have.
    #[error("on loopback there is no such fault as \"{0}\"; use `--driver virtual`")]
    NoSuchFault(Fault),
    /// Another program listens there.
    #[error(
        "{address} ({what}) is taken by another program; choose another port with {option}, or 0 for a free one"
    )]
    Taken {
        /// What was to listen.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The option that chooses the port.
        option: &'static str,
    },
    /// Only privileged programs may use the port, because it is below 1024.
    #[error(
        "{address} ({what}) may not be used without privileges; choose a port above 1023 with {option}, or 0 for a free one, \
         or allow it: sudo setcap cap_net_bind_service,cap_net_raw=+ep \"$(command -v vestibule)\""
    )]
    NotAllowed {
        /// What was to listen.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The option that chooses the port.
        option: &'static str,
    },
    /// This machine does not have the address.
    #[error(
        "{address} ({what}) is no address of this machine; name one of this machine's (`ip -4 address` lists them)"
    )]
    NotOurs {
        /// What was to listen.
        what: &'static str,
        /// Where.
        address: SocketAddr,
    },
    /// There is no pseudo terminal for the device's serial line.
    #[error("no pseudo terminal can be had for the device's serial line: {0}")]
    NoSerialLine(std::io::Error),
    /// Any other error of the operating system.
    #[error("cannot listen on {address} ({what}): {source}")]
    Other {
        /// What was to listen.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
}

/// A world that lives on this machine's sockets, until it is dropped.
///
/// ```
/// use std::io::{Read, Write};
/// use vestibule::scenario::load;
/// use vestibule::world::loopback::{Loopback, Ports};
///
/// # let runtime = tokio::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let scenario = load::parse("name = \"a device alone\"", "alone.toml".as_ref())?;
/// let world = Loopback::start(&scenario, 1, Ports::default(), None).await?;
/// let mut records = world.follow();
/// world.power_on();
/// while !world.access_point_is_up() {
///     records.recv().await?;
/// }
///
/// let portal = world.portal();
/// let answer = tokio::task::spawn_blocking(move || {
///     let mut socket = std::net::TcpStream::connect(portal)?;
///     write!(socket, "GET /generate_204 HTTP/1.1\r\nHost: www.gstatic.com\r\nConnection: close\r\n\r\n")?;
///     let mut answer = String::new();
///     socket.read_to_string(&mut answer)?;
///     std::io::Result::Ok(answer)
/// });
/// assert!(answer.await??.starts_with("HTTP/1.1 302 "));
/// world.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Loopback {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// What the driver's tasks share.
struct Shared {
    world: Mutex<World>,
    hosts: Hosts,
    layout: Layout,
    began: std::time::Instant,
    /// Wakes the timer loop: something is due before its sleep ends.
    wake: Notify,
    /// Until when the timer loop sleeps; `None` for ever.
    sleeps_until: Mutex<Option<Instant>>,
    /// Wakes mDNS and the webhook after a deadline or a change of state: counts those.
    service_wake: watch::Sender<u64>,
    slots: Slots,
    /// Wakes the connection that has something to send, or is to be closed.
    ready: [Notify; CONNECTIONS],
    exchanges: Mutex<BTreeMap<(PhoneId, ExchangeId), AbortHandle>>,
    /// What the clients on phones are to do next.
    clients: Mutex<BTreeMap<(PhoneId, ExchangeId), mpsc::UnboundedSender<ClientCommand>>>,
    loads: Mutex<BTreeMap<PhoneId, AbortHandle>>,
    records: broadcast::Sender<Arc<Record>>,
    observer: OnceLock<SocketObserver>,
    /// Whether bytes are written into the trace.
    details: AtomicBool,
}

/// Something that happened on the sockets of the device's access point.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SocketEvent {
    /// A datagram came to one of the device's ports.
    Datagram(SocketAddrV4, u16, Vec<u8>),
    /// A connection of this number was opened.
    Opened(usize, SocketAddr),
    /// A client sent bytes on a connection.
    Received(usize, Vec<u8>),
    /// A client was sent bytes on a connection.
    Sent(usize, Vec<u8>),
    /// A connection is gone.
    Closed(usize),
}

/// Receives every [`SocketEvent`].
pub type SocketObserver = mpsc::UnboundedSender<SocketEvent>;

/// A lock is poisoned only if a task has panicked, which leaves the data consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Loopback {
    /// Opens the sockets and starts the world.
    ///
    /// # Errors
    /// [`LoopbackError`] when a socket cannot be had.
    pub async fn start(
        scenario: &Scenario,
        seed: u64,
        ports: Ports,
        kept: Option<Kept>,
    ) -> Result<Self, LoopbackError> {
        let strange = scenario.faults.iter().map(|fault| &fault.get_ref().fault);
        if let Some(fault) = strange.into_iter().find(|fault| !fault.can_be_on_loopback()) {
            return Err(LoopbackError::NoSuchFault(fault.clone()));
        }
        let (hosts, sockets) = Hosts::open(ports, scenario).await?;
        let layout = hosts.layout(scenario);
        let world = World::new(scenario, seed, &layout, kept);
        let (records, _) = broadcast::channel(FOLLOWERS_BEHIND);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            hosts,
            layout,
            began: std::time::Instant::now(),
            wake: Notify::new(),
            sleeps_until: Mutex::new(None),
            service_wake: watch::Sender::new(0),
            slots: Slots::new(),
            ready: std::array::from_fn(|_| Notify::new()),
            exchanges: Mutex::default(),
            clients: Mutex::default(),
            loads: Mutex::default(),
            records,
            observer: OnceLock::new(),
            details: AtomicBool::new(false),
        });
        let mut tasks = JoinSet::new();
        device::serve(&shared, sockets, &mut tasks);
        tasks.spawn(timer_loop(Arc::clone(&shared)));
        Ok(Self { shared, tasks })
    }

    /// Gives the device a serial line, on which it logs and speaks Improv: a pseudo terminal, whose other end is at the path that
    /// is returned. This comes before [`Loopback::power_on`].
    ///
    /// # Errors
    /// [`LoopbackError::NoSerialLine`] when the system has no more of them.
    #[cfg(unix)]
    pub fn open_serial_line(&mut self) -> Result<PathBuf, LoopbackError> {
        let line = serial::Line::open().map_err(LoopbackError::NoSerialLine)?;
        let path = line.path().to_owned();
        self.with(|world, _| world.device().enable_serial());
        self.tasks.spawn(serial::serve(Arc::clone(&self.shared), line));
        Ok(path)
    }

    /// Powers the device on. This is apart from [`Loopback::start`] so that a follower misses no record.
    pub fn power_on(&self) {
        self.shared.with(|world, now| world.start(now));
    }

    /// Records from now on the details that a picture of the world needs, and the bytes of the device's
    /// sockets, with what the owner typed redacted.
    pub fn record_details(&self) {
        self.shared.details.store(true, Ordering::Relaxed);
        self.shared.with(|world, _| world.trace().record_details());
    }

    /// Puts an application in the device. This comes before [`Loopback::power_on`].
    #[doc(hidden)]
    pub fn install(&self, application: SampleApplication) {
        self.with(|world, _| world.device().install(application));
    }

    /// How far the run has come.
    pub fn run_state(&self) -> RunState {
        self.with(|world, _| world.run_state())
    }

    /// Whether phones can join the device's access point.
    pub fn access_point_is_up(&self) -> bool {
        self.with(|world, _| world.air().access_point_is_up())
    }

    /// The records so far, the newest [`KEPT`](crate::trace::KEPT) of them.
    pub fn records(&self) -> Vec<Arc<Record>> {
        self.with(|world, _| world.trace().records().cloned().collect())
    }

    /// Keeps no records from now on: a benchmark measures the device alone.
    pub fn stop_recording(&self) {
        self.with(|world, _| world.trace().stop_recording());
    }

    /// Records from now on only what belongs to the story of the run, for those who [follow](Self::follow) it, and keeps
    /// nothing of it: a portal that serves for weeks need not remember each answer.
    pub fn tell_story_only(&self) {
        self.with(|world, _| world.trace().tell_story_only());
    }

    /// Calls `act` with the world and the current time, then performs the effects.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World, Instant) -> T) -> T {
        self.shared.with(act)
    }

    /// Adds a phone, whose owner looks for the device. `None` if there are [`MAX_PHONES`] already.
    pub fn add_phone(&self, spec: &PhoneSpec) -> Option<PhoneId> {
        self.with(|world, now| {
            let phone = world.phones().count();
            (phone < MAX_PHONES).then(|| world.add_phone(spec, now))
        })
    }

    /// Sends `observer` everything that happens on the sockets of the access point from now on. Only the
    /// first observer is kept.
    pub fn observe_sockets(&self, observer: SocketObserver) {
        let _ = self.shared.observer.set(observer);
    }

    /// The records from now on.
    pub fn follow(&self) -> broadcast::Receiver<Arc<Record>> {
        self.shared.records.subscribe()
    }

    /// The address of the device's portal on this machine.
    pub fn portal(&self) -> SocketAddr {
        self.shared.hosts.http
    }

    /// The address of the device's page on the home network on this machine.
    pub fn home(&self) -> SocketAddr {
        self.shared.hosts.home
    }

    /// The address of the device's mDNS on this machine, for unicast.
    pub fn mdns(&self) -> SocketAddr {
        self.shared.hosts.mdns
    }

    /// The address of the device's DNS on this machine.
    pub fn dns(&self) -> SocketAddr {
        self.shared.hosts.dns
    }

    /// The addresses of its hosts.
    pub(crate) fn layout(&self) -> &Layout {
        &self.shared.layout
    }

    /// Waits until everything holds that the scenario expects, or cannot any more.
    pub async fn judge(&self, scenario: &Scenario) -> RunOutcome {
        let (mut records, mut judge) = (self.follow(), RunJudge::default());
        loop {
            let (run_state, now) = self.with(|world, now| (world.run_state(), now));
            let took = now - Instant::from_micros(0);
            if judge.is_over(scenario, run_state, took) {
                return RunOutcome { unmet: judge.into_unmet(), took };
            }
            let wait = (scenario.expect.within - took).min(Duration::from_millis(200));
            // A receiver that lags loses records, which does not matter: the state is read from the world.
            let _ = tokio::time::timeout(wait, records.recv()).await;
        }
    }

    /// Ends every task and closes every socket.
    pub async fn stop(mut self) {
        self.shared.abort_tasks();
        self.tasks.shutdown().await;
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.shared.abort_tasks();
    }
}

/// Sleeps until the world has something due, and hands it the time, again and again.
async fn timer_loop(shared: Arc<Shared>) {
    loop {
        let due = shared.with(|world, now| {
            world.handle_timeout(now);
            let due = world.poll_timeout();
            *lock(&shared.sleeps_until) = due;
            due
        });
        match due {
            Some(due) => {
                let at = shared.began + Duration::from_micros(due.as_micros());
                tokio::select! {
                    () = tokio::time::sleep_until(at.into()) => {}
                    () = shared.wake.notified() => {}
                }
            }
            None => shared.wake.notified().await,
        }
    }
}

impl Shared {
    /// Notifies the observer of the sockets, if there is one.
    fn notify_observer(&self, event: impl FnOnce() -> SocketEvent) {
        if let Some(observer) = self.observer.get() {
            // It may be gone.
            let _ = observer.send(event());
        }
    }

    /// Records bytes that went through a socket of the device, if details are wanted.
    fn note_socket_bytes(
        &self,
        world: &mut World,
        client: SocketAddr,
        over: fmt::Arguments<'_>,
        sent: bool,
        bytes: &[u8],
        redacted: usize,
    ) {
        if bytes.is_empty() || !self.details.load(Ordering::Relaxed) {
            return;
        }
        let phone = world.phones().enumerate().find(|(id, _)| {
            let address = self.hosts.phone(*id);
            client.ip() == address && !address.eq(&std::net::Ipv4Addr::LOCALHOST)
        });
        let client = phone.map_or(YOU, |(_, phone)| phone.name()).to_owned();
        let (from, to) = if sent { (DEVICE.to_owned(), client) } else { (client, DEVICE.to_owned()) };
        let (over, bytes, now) = (over.to_string(), bytes.to_vec(), self.now());
        world.trace().add(now, &from.into(), What::SocketBytes { to, over, bytes, redacted });
    }

    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Calls `act` with the world and the current time, then hands out records, performs effects and wakes
    /// whatever has become due.
    fn with<T>(self: &Arc<Self>, act: impl FnOnce(&mut World, Instant) -> T) -> T {
        let mut world = lock(&self.world);
        let now = self.now();
        let done = act(&mut world, now);
        while let Some(record) = world.trace().poll() {
            // There may be no follower.
            let _ = self.records.send(record);
        }
        while let Some(effect) = world.poll_effect() {
            self.perform(effect, &mut world, now);
        }
        while let Some(connection) = world.poll_ready() {
            self.ready[connection.index()].notify_one();
        }
        let (due, wake_services) = (world.poll_timeout(), world.take_service_wake());
        drop(world);
        let sleeps_until = *lock(&self.sleeps_until);
        if due.is_some_and(|due| sleeps_until.is_none_or(|until| due < until)) {
            self.wake.notify_one();
        }
        if wake_services {
            self.service_wake.send_modify(|count| *count = count.wrapping_add(1));
        }
        done
    }

    fn perform(self: &Arc<Self>, effect: Effect, world: &mut World, now: Instant) {
        match effect {
            Effect::Open { phone, id, exchange } => {
                let task = tokio::spawn(exchange::run(Arc::clone(self), phone, id, exchange));
                lock(&self.exchanges).insert((phone, id), task.abort_handle());
            }
            Effect::Abandon { phone, id } => {
                if let Some(task) = lock(&self.exchanges).remove(&(phone, id)) {
                    task.abort();
                }
            }
            Effect::Load { phone, load } => {
                let task = tokio::spawn(browser::load(Arc::clone(self), phone, load));
                if let Some(older) = lock(&self.loads).insert(phone, task.abort_handle()) {
                    older.abort();
                }
            }
            // The network of this machine stands for every home network.
            Effect::LoadAtHome { phone, load, .. } => {
                let task = tokio::spawn(browser::load_at_home(Arc::clone(self), phone, load));
                if let Some(older) = lock(&self.loads).insert(phone, task.abort_handle()) {
                    older.abort();
                }
            }
            Effect::ClientCommand { phone, id, command } => self.client_command(phone, id, command),
            Effect::CloseSockets { phone } => self.close_sockets(phone),
            // There is no DHCP: what it would tell is told.
            Effect::Configure { phone } => {
                let api = world.captive_portal();
                world.phone_configured(phone, self.hosts.link(phone), api, now);
            }
        }
    }

    /// Passes a client's command on to the task that has its connection.
    fn client_command(self: &Arc<Self>, phone: PhoneId, id: ExchangeId, command: ClientCommand) {
        if let ClientCommand::Connect(to) = command {
            let (sender, commands) = mpsc::unbounded_channel();
            lock(&self.clients).insert((phone, id), sender);
            let task = tokio::spawn(exchange::run_client(Arc::clone(self), phone, id, to, commands));
            lock(&self.exchanges).insert((phone, id), task.abort_handle());
        } else if let Some(sender) = lock(&self.clients).get(&(phone, id)) {
            // Its connection may just have ended.
            let _ = sender.send(command);
        }
    }

    /// Closes every socket of a phone.
    fn close_sockets(&self, phone: PhoneId) {
        lock(&self.clients).retain(|(owner, _), _| *owner != phone);
        lock(&self.exchanges).retain(|(owner, _), task| {
            let cut = *owner == phone;
            if cut {
                task.abort();
            }
            !cut
        });
        if let Some(task) = lock(&self.loads).remove(&phone) {
            task.abort();
        }
    }

    fn abort_tasks(&self) {
        for task in lock(&self.exchanges).values().chain(lock(&self.loads).values()) {
            task.abort();
        }
    }
}

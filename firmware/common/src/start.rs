//! From power-on to a device that runs, the same on every board. A board gives its [`Parts`]; this module
//! counts panics, makes the network stacks and the device, and knows no chip.

use core::fmt;
use core::pin::pin;

use embassy_futures::join::{join, join4};
use embassy_net::driver::Driver;
use embassy_net::{Runner, Stack, StackResources};
use embassy_time::Duration;
use embedded_storage::nor_flash::NorFlash;
use log::warn;
use static_cell::{ConstStaticCell, StaticCell};
use vestibule_core::application::Application;
use vestibule_core::{Config, Entropy, Event};

use crate::device::Device;
use crate::flash::Partition;
use crate::limits::{ACCESS_POINT_STACK_SOCKETS, HOME_STACK_SOCKETS};
use crate::networks::{Networks, access_point_config, home_config};
use crate::panics::{Panics, SAFE_MODE_PANICS, forget_when_well, restart_delay};
use crate::reset_filter::ResetFilter;
use crate::run::{Buffers, run};
use crate::safe_mode::{Beginning, safe};
use crate::watchdog::{self, Watchdog};
use crate::wifi::WifiDriver;

/// The types of a board's parts.
pub trait Board: 'static {
    /// A network device: one is the access point's, the other the station's.
    type NetworkDevice: Driver;
    /// The flash chip that holds the partitions.
    type Flash: NorFlash;
    /// The source of random bytes.
    type Entropy: Entropy;
    /// The radio.
    type Wifi: WifiDriver;
}

/// The parts of a board.
pub struct Parts<B: Board> {
    /// The radio.
    pub wifi: B::Wifi,
    /// The network device of the access point.
    pub access_point: B::NetworkDevice,
    /// The network device of the station, which joins the home network.
    pub station: B::NetworkDevice,
    /// Random bytes.
    pub entropy: B::Entropy,
    /// The partition of the credentials: two sectors or more.
    pub credentials: Partition<B::Flash>,
    /// The partition in which panics are counted: one sector.
    pub panics: Partition<B::Flash>,
    /// Whether the firmware has panicked before this start and the panic handler could not count it.
    pub has_panicked: bool,
    /// The chip's watchdog, which has been started.
    pub watchdog: Option<&'static mut dyn Watchdog>,
}

/// The settings that the maker of a device chooses.
pub struct Settings<A> {
    /// The portal's configuration.
    pub config: Config,
    /// The application whose pages the device serves; `()` for none.
    pub application: A,
    /// Called with every event, after it is in the log.
    pub observe: fn(&Event),
}

impl<A> Settings<A> {
    /// Settings with which nobody observes the events.
    pub fn new(config: Config, application: A) -> Self {
        Self { config, application, observe: |_| {} }
    }
}

/// The device of a board.
pub type BoardDevice<B, A> = Device<Partition<<B as Board>::Flash>, <B as Board>::Entropy, A>;

/// The memory of a device and its network stacks. It is large: a static.
pub struct Memory<B: Board, A: Application = ()> {
    device: StaticCell<BoardDevice<B, A>>,
    access_point: StaticCell<StackResources<ACCESS_POINT_STACK_SOCKETS>>,
    home: StaticCell<StackResources<HOME_STACK_SOCKETS>>,
    buffers: ConstStaticCell<Buffers>,
}

impl<B: Board, A: Application> Memory<B, A> {
    /// Memory with nothing in it.
    #[expect(clippy::new_without_default, reason = "it is made once, for a static")]
    pub const fn new() -> Self {
        Self {
            device: StaticCell::new(),
            access_point: StaticCell::new(),
            home: StaticCell::new(),
            buffers: ConstStaticCell::new(Buffers::new()),
        }
    }
}

/// The runners of the stacks of the access point and of the home network.
type Runners<B> = [Runner<'static, ResetFilter<<B as Board>::NetworkDevice>>; 2];

/// A device that joins a network or opens its portal as soon as its parts are run ([`Started::split`]).
pub struct Started<B: Board, A: Application = ()> {
    device: &'static BoardDevice<B, A>,
    wifi: B::Wifi,
    networks: Networks<'static>,
    runners: Runners<B>,
    buffers: &'static mut Buffers,
    panics: Panics<Partition<B::Flash>>,
    beginning: Beginning,
    watchdog: Option<&'static mut dyn Watchdog>,
}

impl<B: Board, A: Application> Started<B, A> {
    /// The device, for what else goes on in the same executor.
    pub fn device(&self) -> &'static BoardDevice<B, A> {
        self.device
    }

    /// The home network's stack, for an application that does more there than serve pages. It has an
    /// address while the device is on the home network.
    pub fn home(&self) -> Stack<'static> {
        self.networks.home
    }

    /// What has to run for the device to do anything: two futures, in two tasks of one executor. In one task they would
    /// keep it awake for ever, because a socket that is looked at wakes its stack.
    pub fn split(self) -> (Portal<B, A>, Stacks<B>) {
        let Self { device, wifi, networks, runners, buffers, panics, beginning, watchdog } = self;
        (Portal { device, wifi, networks, buffers, panics, beginning, watchdog }, Stacks { runners })
    }
}

/// The portal of a device that was started: its sockets, its radio, its deadlines.
pub struct Portal<B: Board, A: Application = ()> {
    device: &'static BoardDevice<B, A>,
    wifi: B::Wifi,
    networks: Networks<'static>,
    buffers: &'static mut Buffers,
    panics: Panics<Partition<B::Flash>>,
    beginning: Beginning,
    watchdog: Option<&'static mut dyn Watchdog>,
}

impl<B: Board, A: Application> Portal<B, A> {
    /// Drives the portal, the application's pages and the radio. Never returns.
    pub async fn run(self) -> ! {
        let Self { device, mut wifi, networks, buffers, panics, beginning, watchdog } = self;
        let delay = beginning.delay;
        // Pinned where it is made: a large future that is awaited by value is copied through the stack.
        let running = pin!(run(device, &mut wifi, networks, buffers));
        let watchdog = watchdog::feed(watchdog);
        join4(running, forget_when_well(panics, delay), beginning.begin(device), watchdog).await.0
    }
}

/// The network stacks of a device that was started.
pub struct Stacks<B: Board> {
    runners: Runners<B>,
}

impl<B: Board> Stacks<B> {
    /// Drives the stacks. Never returns.
    pub async fn run(self) -> ! {
        let [mut access_point, mut home] = self.runners;
        join(access_point.run(), home.run()).await.0
    }
}

/// The radio cannot protect its access point as [`Config::access_point_security`] wants. The device does not start, because
/// an access point with less would be weaker than the maker of the device chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedSetting;

impl fmt::Display for UnsupportedSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the radio cannot protect its access point as the configuration wants")
    }
}

impl core::error::Error for UnsupportedSetting {}

/// Starts the device: once it is run it joins with what is stored, or opens the portal. After a panic it waits before
/// that, after too many in a row it is in safe mode ([`panics`](crate::panics)).
///
/// # Errors
/// [`UnsupportedSetting`] when the radio cannot do what is configured.
///
/// # Panics
/// When `memory` is in use.
pub fn start<B: Board, A: Application>(
    memory: &'static Memory<B, A>,
    parts: Parts<B>,
    settings: Settings<A>,
) -> Result<Started<B, A>, UnsupportedSetting> {
    let Parts { wifi, access_point, station, mut entropy, credentials, panics, has_panicked, watchdog } =
        parts;
    let Settings { config, application, observe } = settings;
    if !wifi.can_protect(&config.access_point_security) {
        return Err(UnsupportedSetting);
    }
    let mut panics = Panics::new(panics);
    if has_panicked && !panics.add() {
        warn!("the panic could not be counted");
    }
    let in_a_row = panics.count();
    let mut config = if in_a_row >= SAFE_MODE_PANICS { safe(&config) } else { config };
    config.radio = wifi.capabilities();
    if has_panicked {
        // Power did not come: who can make the firmware panic opens nothing by that.
        config.opening_window = core::time::Duration::ZERO;
    }
    // Whoever unplugs the device and plugs it in again does not wait.
    let delay = if has_panicked { restart_delay(in_a_row) } else { Duration::MIN };
    let beginning = Beginning { in_a_row, has_panicked, may_open: config.may_open, delay };

    let (networks, runners) = make_networks(memory, [access_point, station], &config, &mut entropy);
    let device = make_device(memory, config, credentials, entropy, application, observe);
    let buffers = memory.buffers.take();
    Ok(Started { device, wifi, networks, runners, buffers, panics, beginning, watchdog })
}

/// Makes the two stacks, on these network devices. A function of its own, as [`make_device`] is.
#[inline(never)]
fn make_networks<B: Board, A: Application>(
    memory: &'static Memory<B, A>,
    [access_point, station]: [B::NetworkDevice; 2],
    config: &Config,
    entropy: &mut B::Entropy,
) -> (Networks<'static>, Runners<B>) {
    let (http_port, home_port) = (config.http_port, config.home_port);
    let (access_point, access_point_runner) = embassy_net::new(
        ResetFilter::new(access_point, http_port),
        access_point_config(config),
        memory.access_point.init_with(StackResources::new),
        random_seed(entropy),
    );
    let (home, home_runner) = embassy_net::new(
        ResetFilter::new(station, home_port),
        home_config(),
        memory.home.init_with(StackResources::new),
        random_seed(entropy),
    );
    let networks = Networks { access_point, home, home_page: Some(home_port), http_port };
    (networks, [access_point_runner, home_runner])
}

/// Makes the device where it stays. A function of its own, because it would deepen the stack of its caller
/// for good.
#[inline(never)]
fn make_device<B: Board, A: Application>(
    memory: &'static Memory<B, A>,
    config: Config,
    credentials: Partition<B::Flash>,
    entropy: B::Entropy,
    application: A,
    observe: fn(&Event),
) -> &'static BoardDevice<B, A> {
    memory.device.init_with(|| Device::new(config, credentials, entropy, application, observe))
}

/// A seed for a stack's first sequence numbers and ports.
fn random_seed(entropy: &mut impl Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

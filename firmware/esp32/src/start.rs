//! From power-on to a device that runs: the chip's parts put together.

use core::fmt;

use embassy_executor::{SpawnError, SpawnToken, Spawner};
use embassy_futures::join::{join, join3};
use embassy_net::{Runner, Stack, StackResources};
use embassy_time::Timer;
use esp_hal::gpio::AnyPin;
use esp_hal::peripherals::{FLASH, FROM_CPU_INTR0, TIMG0, WIFI};
use esp_hal::rng::Rng;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::{Interface, WifiController, WifiError};
use log::{error, warn};
use static_cell::{ConstStaticCell, StaticCell};
use vestibule_core::application::Application;
use vestibule_core::limits::CONNECTIONS;
use vestibule_core::{Config, Event, Ssid};
use vestibule_firmware::panics::{IN_A_ROW, Panics, WELL_AFTER};
use vestibule_firmware::{
    Buffers, Device, HOME_SOCKETS, Networks, Partition, ResetFilter, access_point_config, home_config, run,
};

use crate::entropy::Hardware;
use crate::flash::{self, Flash, Partitions};
use crate::panic;
use crate::radio::EspRadio;

/// The device on this chip, with its application.
pub(crate) type OnChip<A> = Device<Partition<Flash>, Hardware, A>;

/// Where a device and its application stay. It is large: a static.
pub struct Place<A: Application>(StaticCell<OnChip<A>>);

impl<A: Application> Place<A> {
    /// With nothing in it.
    #[expect(clippy::new_without_default, reason = "it is made once, for a static")]
    pub const fn new() -> Self {
        Self(StaticCell::new())
    }
}

/// Sockets of the home network that an application may have, beside the portal's.
const APPLICATION_SOCKETS: usize = 4;

/// What the portal needs of the chip; everything else is the application's.
pub struct Parts {
    /// The scheduler's timer.
    pub timer: TIMG0<'static>,
    /// The scheduler's interrupt.
    pub interrupt: FROM_CPU_INTR0<'static>,
    /// The flash that holds the partitions of `partitions.csv`.
    pub flash: FLASH<'static>,
    /// The radio.
    pub wifi: WIFI<'static>,
    /// The boot button.
    pub button: AnyPin<'static>,
    /// The status LED.
    #[cfg(feature = "status-led")]
    pub led: AnyPin<'static>,
}

/// The radio could not be started, so there is neither a portal nor a home network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadioFailed(WifiError);

impl fmt::Display for RadioFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the radio could not be started: {:?}", self.0)
    }
}

/// A device that has been started, and waits to be run.
pub struct Running<A: Application> {
    /// The home network's stack, for what an application does there beside its pages; it has an address
    /// while the device is on the home network.
    pub home: Stack<'static>,
    device: &'static OnChip<A>,
    radio: EspRadio,
    networks: Networks<'static>,
    panics: Panics<Partition<Flash>>,
    button: AnyPin<'static>,
    #[cfg(feature = "status-led")]
    led: AnyPin<'static>,
}

impl<A: Application> Running<A> {
    /// Has something done with the application, beside the portal that it lives in.
    pub fn with_application<T>(&self, act: impl FnOnce(&mut A) -> T) -> T {
        self.device.with_application(act)
    }

    /// Drives everything: the portal and the application's pages, the radio, the button. Never returns.
    pub async fn run(self) -> ! {
        static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
        let Self { device, mut radio, networks, panics, button, .. } = self;
        #[cfg(feature = "status-led")]
        let led = crate::led::show_state(self.led, device);
        #[cfg(not(feature = "status-led"))]
        let led = core::future::pending::<()>();
        let beside = join3(recover(panics), crate::button::reset_by_button(button, device), led);
        join(run(device, &mut radio, networks, BUFFERS.take()), beside).await.0
    }
}

/// A device's name: `prefix` and the end of the chip's hardware address, as `Lamp-4F2A`.
pub fn name(prefix: &str) -> Ssid {
    let address = esp_hal::efuse::base_mac_address();
    let mut name = [0; Ssid::MAX];
    let mut length = 0;
    let [.., high, low] = *address.as_bytes() else { return Ssid::EMPTY };
    let digits =
        [high >> 4, high & 15, low >> 4, low & 15].map(|digit| b"0123456789ABCDEF"[usize::from(digit)]);
    // What is too long for a name is cut off.
    for (place, byte) in name.iter_mut().zip(prefix.bytes().take(Ssid::MAX - 5).chain([b'-']).chain(digits)) {
        *place = byte;
        length += 1;
    }
    Ssid::new(&name[..length]).unwrap_or(Ssid::EMPTY)
}

/// Joins with what is stored, or opens the portal; [`Running::run`] does what follows from it.
/// `place` is where the device stays with its `application`, whose pages it serves (`()` for none). Log to
/// `esp_println` is the application's to start, and so is the heap: 96 KiB of it.
///
/// # Errors
/// [`RadioFailed`], and then nothing goes on.
pub fn connect_or_setup<A: Application>(
    spawner: Spawner,
    parts: Parts,
    config: Config,
    host_name: &'static str,
    place: &'static Place<A>,
    application: A,
) -> Result<Running<A>, RadioFailed> {
    esp_rtos::start(TimerGroup::new(parts.timer).timer0, parts.interrupt);
    let random = Rng::new();
    let Partitions { credentials, panics } = flash::find(parts.flash);
    let mut panics = Panics::new(panics);
    if panic::take_note() && !panics.add() {
        warn!("the panic could not be counted");
    }
    let fell = panics.count();
    // The defaults of the firmware, not what was chosen: that may be what it dies of.
    let config = if fell >= IN_A_ROW { Config::new(config.name) } else { config };

    let controller = WifiController::new(parts.wifi, Default::default()).map_err(RadioFailed)?;
    static ACCESS_POINT: StaticCell<StackResources<{ CONNECTIONS + 3 }>> = StaticCell::new();
    static HOME: StaticCell<StackResources<{ HOME_SOCKETS + 4 + APPLICATION_SOCKETS }>> = StaticCell::new();
    let (access_point, for_access_point) = embassy_net::new(
        ResetFilter::new(Interface::access_point(), config.http_port),
        access_point_config(&config),
        ACCESS_POINT.init(StackResources::new()),
        seed(&random),
    );
    let (home, for_home) = embassy_net::new(
        ResetFilter::new(Interface::station(), config.home_port),
        home_config(),
        HOME.init(StackResources::new()),
        seed(&random),
    );
    let home_page = Some(config.home_port);
    let networks = Networks { access_point, home, home_page, http_port: config.http_port, host_name };

    let device = make(place, config, credentials, Hardware(random), application);
    if fell >= IN_A_ROW {
        warn!("{fell} panics in a row: the portal opens, with defaults");
        device.setup();
    } else {
        device.connect_or_setup();
    }
    spawn(spawner, carry(for_access_point));
    spawn(spawner, carry(for_home));
    Ok(Running {
        home,
        device,
        radio: EspRadio::new(controller),
        networks,
        panics,
        button: parts.button,
        #[cfg(feature = "status-led")]
        led: parts.led,
    })
}

/// Makes the device where it stays. Apart from its caller, whose stack it would deepen.
#[inline(never)]
fn make<A: Application>(
    place: &'static Place<A>,
    config: Config,
    credentials: Partition<Flash>,
    random: Hardware,
    application: A,
) -> &'static OnChip<A> {
    // The log has every event; an application is told them.
    place.0.init_with(|| Device::new(config, credentials, random, application, |_: &Event| {}))
}

fn spawn<S>(spawner: Spawner, token: Result<SpawnToken<S>, SpawnError>) {
    match token {
        Ok(token) => spawner.spawn(token),
        // Cannot be: there is room for each, and this is called once.
        Err(error) => error!("a task could not be made: {error:?}"),
    }
}

fn seed(random: &Rng) -> u64 {
    (u64::from(random.random()) << 32) | u64::from(random.random())
}

#[embassy_executor::task(pool_size = 2)]
async fn carry(mut runner: Runner<'static, ResetFilter<Interface>>) -> ! {
    runner.run().await
}

/// Forgets the panics before once it has run well for a while.
async fn recover(mut panics: Panics<Partition<Flash>>) {
    Timer::after(WELL_AFTER).await;
    if !panics.forget() {
        warn!("the count of panics could not be erased");
    }
}

//! The board: the chip's peripherals as the parts of a device.

use cyw43::{A4, Aligned, NetDriver, Runner, SpiBus, State};
use cyw43_pio::PioSpi;
use embassy_executor::Spawner;
use embassy_rp::gpio::{Level, Output};
use embassy_rp::peripherals::{DMA_CH0, FLASH, PIN_23, PIN_24, PIN_25, PIN_29, PIO0, WATCHDOG};
use embassy_rp::pio::Pio;
use embassy_rp::watchdog::Watchdog;
use embassy_rp::{Peri, bind_interrupts, dma, pio};
use embassy_time::Duration;
use log::{error, info};
use static_cell::StaticCell;
use vestibule_core::MacAddress;
use vestibule_firmware::{Board, OneRole, Parts, RadioFailed, ResetMemory as _, RoleDevice};

use crate::entropy::{HardwareEntropy, RandomSource};
use crate::flash::{self, Flash};
use crate::memory::Scratch;
use crate::radio::PicoRadio;

/// A Pico W or a Pico 2 W.
pub struct PicoW;

impl Board for PicoW {
    type NetworkDevice = RoleDevice<NetDriver<'static>>;
    type Flash = Flash;
    type Entropy = HardwareEntropy;
    type Wifi = PicoRadio;
}

/// What the radio is wired to on both boards.
pub struct RadioPins {
    /// Its power.
    pub power: Peri<'static, PIN_23>,
    /// Its data.
    pub data: Peri<'static, PIN_24>,
    /// Its selection.
    pub select: Peri<'static, PIN_25>,
    /// Its clock.
    pub clock: Peri<'static, PIN_29>,
    /// What speaks with it.
    pub pio: Peri<'static, PIO0>,
    /// What carries its data.
    pub dma: Peri<'static, DMA_CH0>,
}

/// The radio's own program and the data of its board, which the radio is loaded with at each start.
pub struct RadioFiles {
    /// Its program.
    pub firmware: &'static Aligned<A4, [u8]>,
    /// Its countries.
    pub countries: &'static [u8],
    /// What it has to know of the board, `nvram_rp2040.bin`.
    pub board: &'static Aligned<A4, [u8]>,
}

bind_interrupts!(struct Irqs {
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>;
});

type Bus = SpiBus<Output<'static>, PioSpi<'static, PIO0, 0>>;

#[embassy_executor::task]
async fn run_radio(runner: Runner<'static, Bus>) -> ! {
    runner.run().await
}

/// The longest that this watchdog waits, nearly.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The watchdog.
struct BoardWatchdog(Watchdog);

impl vestibule_firmware::watchdog::Watchdog for BoardWatchdog {
    fn feed(&mut self) {
        self.0.feed(TIMEOUT);
    }
}

/// Starts the watchdog and the radio, and a task that drives it. The address is the radio's, for the device's name.
///
/// # Errors
/// [`RadioFailed`] when the radio has not started too often. The watchdog is stopped then: nothing more happens until power comes
/// again.
pub async fn parts(
    spawner: Spawner,
    pins: RadioPins,
    files: RadioFiles,
    flash: Peri<'static, FLASH>,
    watchdog: Peri<'static, WATCHDOG>,
    random: RandomSource,
) -> Result<(Parts<PicoW>, MacAddress), RadioFailed> {
    static GUARD: StaticCell<BoardWatchdog> = StaticCell::new();
    let guard = GUARD.init(BoardWatchdog(Watchdog::new(watchdog)));
    if !Scratch.may_start_radio() {
        guard.0.stop();
        return Err(RadioFailed);
    }
    guard.0.start(TIMEOUT);
    // A radio that never comes back is known by this line's being the last.
    info!("the radio starts");
    let RadioPins { power, data, select, clock, pio, dma } = pins;
    let Pio { mut common, irq0, sm0, .. } = Pio::new(pio, Irqs);
    let [power, select] = [(power.into(), Level::Low), (select.into(), Level::High)]
        .map(|(pin, level): (Peri<'static, embassy_rp::gpio::AnyPin>, _)| Output::new(pin, level));
    // The slowest of the driver's clocks suits both boards.
    let divider = cyw43_pio::RM2_CLOCK_DIVIDER;
    let dma = dma::Channel::new(dma, Irqs);
    let spi = PioSpi::new(&mut common, sm0, divider, irq0, select, data, clock, dma);
    static STATE: StaticCell<State> = StaticCell::new();
    let state = STATE.init_with(State::new);
    let (device, mut control, runner) = cyw43::new(state, power, spi, files.firmware, files.board).await;
    match run_radio(runner) {
        Ok(task) => spawner.spawn(task),
        Err(error) => error!("the radio's task could not be made: {error:?}"),
    }
    control.init(files.countries).await;
    let address = MacAddress(control.address().await);
    Scratch.radio_runs();

    static NETWORK: StaticCell<OneRole<NetDriver<'static>>> = StaticCell::new();
    let network: &'static OneRole<_> = NETWORK.init_with(|| OneRole::new(device));
    let [access_point, station] = network.split();
    let [credentials, panics] = flash::partitions(flash);
    let parts = Parts {
        wifi: PicoRadio { control, network, is_raised: false },
        access_point,
        station,
        entropy: HardwareEntropy::new(random),
        credentials,
        panics,
        has_panicked: Scratch.take_panic(),
        watchdog: Some(guard),
    };
    Ok((parts, address))
}

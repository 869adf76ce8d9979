//! The board: the chip's peripherals as the parts of a device.

use core::fmt;

use esp_hal::peripherals::{FLASH, FROM_CPU_INTR0, TIMG0, WIFI};
use esp_hal::rng::Rng;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::{Interface, WifiController, WifiError};
use vestibule_core::MacAddress;
use vestibule_firmware::{Board, Parts};

use crate::entropy::HardwareEntropy;
use crate::flash::{self, Flash, Partitions};
use crate::panic;
use crate::radio::EspRadio;

/// A board with one of Espressif's chips.
pub struct Esp32;

impl Board for Esp32 {
    type NetworkDevice = Interface;
    type Flash = Flash;
    type Entropy = HardwareEntropy;
    type Wifi = EspRadio;
}

/// The peripherals that the portal needs; all others are the application's.
pub struct Peripherals {
    /// The scheduler's timer.
    pub timer: TIMG0<'static>,
    /// The scheduler's interrupt.
    pub interrupt: FROM_CPU_INTR0<'static>,
    /// The flash that holds the partitions of `partitions.csv`.
    pub flash: FLASH<'static>,
    /// The radio.
    pub wifi: WIFI<'static>,
}

/// The radio could not be started, so there is neither a portal nor a home network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadioFailed(WifiError);

impl fmt::Display for RadioFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the radio could not be started: {:?}", self.0)
    }
}

impl core::error::Error for RadioFailed {}

/// Starts the scheduler and the radio. The application starts the logger of `esp_println` and the heap
/// before: 96 KiB of it.
///
/// # Errors
/// [`RadioFailed`] when the radio does not start.
pub fn parts(peripherals: Peripherals) -> Result<Parts<Esp32>, RadioFailed> {
    esp_rtos::start(TimerGroup::new(peripherals.timer).timer0, peripherals.interrupt);
    let Partitions { credentials, panics } = flash::find(peripherals.flash);
    let controller = WifiController::new(peripherals.wifi, Default::default()).map_err(RadioFailed)?;
    Ok(Parts {
        wifi: EspRadio::new(controller),
        access_point: Interface::access_point(),
        station: Interface::station(),
        entropy: HardwareEntropy(Rng::new()),
        credentials,
        panics,
        has_panicked: panic::take_note(),
    })
}

/// The chip's hardware address, for the device's name.
pub fn mac_address() -> MacAddress {
    let mut bytes = [0; 6];
    // A MAC address of six bytes; the chips that have longer ones give the first six here.
    for (byte, read) in bytes.iter_mut().zip(esp_hal::efuse::base_mac_address().as_bytes()) {
        *byte = *read;
    }
    MacAddress(bytes)
}

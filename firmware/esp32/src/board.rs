//! The board: the chip's peripherals as the parts of a device.

use esp_hal::peripherals::{FLASH, FROM_CPU_INTR0, TIMG0, WIFI};
use esp_hal::rng::Rng;
use esp_hal::rtc_cntl::Rwdt;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::Interface;
use log::{error, info};
use vestibule_core::{MacAddress, WithDeviceKey};
use vestibule_firmware::{Board, Parts, RadioFailed, ResetMemory as _};

use crate::entropy::HardwareEntropy;
use crate::flash::{self, Flash, Partitions};
use crate::key::ChipKey;
use crate::memory::Kept;
use crate::radio::EspRadio;
use crate::radio_settings::RadioSettings;
use crate::watchdog::ChipWatchdog;

/// A board with one of Espressif's chips.
pub struct Esp32;

impl Board for Esp32 {
    type NetworkDevice = Interface;
    type Flash = Flash;
    type Entropy = WithDeviceKey<HardwareEntropy, Option<ChipKey>>;
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
    /// The watchdog of the real-time clock (`esp_hal::rtc_cntl::Rtc::rwdt`).
    pub watchdog: Rwdt,
    /// What is chosen about the radio.
    pub radio: RadioSettings,
    /// The source of the key with which what is stored is sealed; `None` stores in clear. A chip in which no key was burned
    /// does so, too.
    pub key: Option<ChipKey>,
}

/// Starts the scheduler, the watchdog and the radio. The application starts the logger of `esp_println` and the heap
/// before: 96 KiB of it. A radio that does not start resets the chip.
///
/// # Errors
/// [`RadioFailed`] when the radio has not started too often.
pub fn parts(peripherals: Peripherals) -> Result<Parts<Esp32>, RadioFailed> {
    esp_rtos::start(TimerGroup::new(peripherals.timer).timer0, peripherals.interrupt);
    let watchdog = ChipWatchdog::start(peripherals.watchdog);
    let Partitions { credentials, panics } = flash::find(peripherals.flash);
    if !Kept.may_start_radio() {
        watchdog.stop();
        return Err(RadioFailed);
    }
    // A radio that never comes back is known by this line's being the last.
    info!("the radio starts");
    let radio = match EspRadio::new(peripherals.wifi, peripherals.radio) {
        Ok(radio) => radio,
        Err(error) => {
            error!("the radio could not be started: {error:?}");
            esp_hal::system::software_reset()
        }
    };
    Kept.radio_runs();
    Ok(Parts {
        wifi: radio,
        access_point: Interface::access_point(),
        station: Interface::station(),
        entropy: WithDeviceKey { entropy: HardwareEntropy(Rng::new()), key: peripherals.key },
        credentials,
        panics,
        has_panicked: Kept.take_panic(),
        watchdog: Some(watchdog),
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

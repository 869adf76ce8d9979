//! An application: a lamp that joins its owner's network by the portal, and is then switched from a
//! page of its own there.
#![no_std]
#![no_main]

use core::fmt::{self, Write as _};
use core::pin::pin;

use embassy_executor::Spawner;
use embassy_futures::join::join4;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{AnyPin, Input, InputConfig, Pull};
use esp_hal::ram;
use esp_hal::rtc_cntl::Rtc;
use log::{LevelFilter, error, info};
use vestibule_core::application::{Application, Call, Route};
use vestibule_core::http::{Response, Status};
use vestibule_core::pages::document;
use vestibule_core::{ByteWindow, Config, Interface, Ssid};
#[cfg(not(any(feature = "esp32", feature = "esp32c5", feature = "esp32c61")))]
use vestibule_esp32::ChipKey;
use vestibule_esp32::{Esp32, Peripherals, RadioSettings, mac_address, parts};
use vestibule_firmware::{Memory, Settings, Stacks, start, watch_button};

esp_bootloader_esp_idf::esp_app_desc!();

#[derive(Default)]
struct Lamp {
    is_on: bool,
}

impl Lamp {
    fn switch(&mut self, call: &Call<'_>) -> Response<bool> {
        self.is_on = call.field("on").is_some_and(|value| value.is("1"));
        info!("the lamp is {}", if self.is_on { "on" } else { "off" });
        Response::see_other("/")
    }
}

impl Application for Lamp {
    type Page = bool;

    fn routes(&self) -> &'static [Route<Self>] {
        const {
            &[
                Route::get("/", |lamp: &mut Self, _| Response::page(Status::Ok, lamp.is_on))
                    .on(Interface::Home),
                Route::post("/", Self::switch).on(Interface::Home),
            ]
        }
    }

    fn write_page(&self, is_on: &bool, out: &mut ByteWindow<'_>) -> fmt::Result {
        document(out, "Lamp", |out| {
            let (state, other) = if *is_on { ("on", '0') } else { ("off", '1') };
            write!(
                out,
                "<p>It is {state}.</p><form method=\"post\"><button name=\"on\" value=\"{other}\">Switch</button></form>"
            )
        })
    }
}

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    esp_println::logger::init_logger(LevelFilter::Info);
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // The radio's heap: what the bootloader no longer needs, and some more.
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 32 * 1024);
    // The pin that chooses the boot mode (esptool's documentation, "Boot Mode Selection").
    #[cfg(any(feature = "esp32c3", feature = "esp32c6", feature = "esp32c61"))]
    let button: AnyPin<'static> = chip.GPIO9.into();
    #[cfg(feature = "esp32c5")]
    let button: AnyPin<'static> = chip.GPIO28.into();
    #[cfg(any(feature = "esp32", feature = "esp32s2", feature = "esp32s3"))]
    let button: AnyPin<'static> = chip.GPIO0.into();
    // A chip without a key in its eFuses stores in clear, as before (`burn-key`).
    #[cfg(not(any(feature = "esp32", feature = "esp32c5", feature = "esp32c61")))]
    let key = Some(ChipKey::new(chip.HMAC));
    #[cfg(any(feature = "esp32", feature = "esp32c5", feature = "esp32c61"))]
    let key = None;
    let (timer, interrupt, flash, wifi) = (chip.TIMG0, chip.FROM_CPU_INTR0, chip.FLASH, chip.WIFI);
    let watchdog = Rtc::new(chip.RTC_TIMER).rwdt;
    let radio = RadioSettings::DEFAULT;
    let parts = match parts(Peripherals { timer, interrupt, flash, wifi, radio, watchdog, key }) {
        Ok(parts) => parts,
        Err(failed) => {
            error!("{failed}");
            #[cfg(feature = "status-led")]
            led::show_failure(chip.GPIO8.into()).await;
            #[cfg(not(feature = "status-led"))]
            return;
        }
    };

    static MEMORY: Memory<Esp32, Lamp> = Memory::new();
    let config = Config::new(Ssid::of_device(b"Lamp", mac_address()));
    let started = match start(&MEMORY, parts, Settings::new(config, Lamp::default())) {
        Ok(started) => started,
        Err(unsupported) => return error!("{unsupported}"),
    };
    let device = started.device();
    // The button connects its pin to ground.
    let button = Input::new(button, InputConfig::default().with_pull(Pull::Up));
    let button = watch_button(device, || button.is_low());
    #[cfg(feature = "status-led")]
    let light = led::show(chip.GPIO8.into(), device);
    #[cfg(not(feature = "status-led"))]
    let light = core::future::pending::<()>();
    // Chips with USB of their own take Improv over it, from a web page that has just flashed them, say.
    #[cfg(not(any(feature = "esp32", feature = "esp32s2")))]
    let cable = usb::speak(chip.USB_DEVICE, device);
    #[cfg(any(feature = "esp32", feature = "esp32s2"))]
    let cable = core::future::pending::<()>();
    let (portal, stacks) = started.split();
    match run_stacks(stacks) {
        Ok(task) => spawner.spawn(task),
        Err(error) => return error!("the network stacks' task could not be made: {error:?}"),
    }
    // Pinned where it is made: a large future that is awaited by value is copied through the stack.
    let running = pin!(portal.run());
    join4(running, button, light, cable).await;
}

#[embassy_executor::task]
async fn run_stacks(stacks: Stacks<Esp32>) -> ! {
    stacks.run().await
}

/// The chip's own USB as a serial line, which is the log's too.
#[cfg(not(any(feature = "esp32", feature = "esp32s2")))]
mod usb {
    use esp_hal::peripherals::USB_DEVICE;
    use esp_hal::usb::usb_serial_jtag::UsbSerialJtag;
    use esp_println::Printer;
    use vestibule_core::improv::DeviceInformation;
    use vestibule_esp32::Esp32;
    use vestibule_firmware::{BoardDevice, speak_improv};

    // As programs that flash call them.
    const HARDWARE: &str = if cfg!(feature = "esp32c3") {
        "ESP32-C3"
    } else if cfg!(feature = "esp32c5") {
        "ESP32-C5"
    } else if cfg!(feature = "esp32c6") {
        "ESP32-C6"
    } else if cfg!(feature = "esp32c61") {
        "ESP32-C61"
    } else {
        "ESP32-S3"
    };
    const INFORMATION: DeviceInformation =
        DeviceInformation { firmware: "lamp", version: env!("CARGO_PKG_VERSION"), hardware: HARDWARE };

    pub(super) async fn speak(usb: USB_DEVICE<'static>, device: &BoardDevice<Esp32, super::Lamp>) -> ! {
        let (mut line, _) = UsbSerialJtag::new(usb).split();
        // As the log writes its lines, each in one go.
        speak_improv(device, INFORMATION, |room| line.drain_rx_fifo(room), Printer::write_bytes).await
    }
}

/// A plain LED between the pin and 3.3 V, which is on while the pin is low. A coloured LED with a data line
/// is not one. Look up the pin of your board: none was tried.
#[cfg(feature = "status-led")]
mod led {
    use embassy_time::{Duration, Timer};
    use esp_hal::gpio::{AnyPin, Level, Output, OutputConfig};
    use vestibule_esp32::Esp32;
    use vestibule_firmware::{BoardDevice, show_state};

    /// Three flashes and a pause, for ever: the radio does not start.
    pub(super) async fn show_failure(pin: AnyPin<'static>) -> ! {
        let mut led = Output::new(pin, Level::High, OutputConfig::default());
        loop {
            for level in [Level::Low, Level::High].into_iter().cycle().take(6) {
                led.set_level(level);
                Timer::after(Duration::from_millis(200)).await;
            }
            Timer::after(Duration::from_secs(1)).await;
        }
    }

    pub(super) async fn show(pin: AnyPin<'static>, device: &BoardDevice<Esp32, super::Lamp>) -> ! {
        let mut led = Output::new(pin, Level::High, OutputConfig::default());
        show_state(device, |is_on| led.set_level(if is_on { Level::Low } else { Level::High })).await
    }
}

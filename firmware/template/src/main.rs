//! A lamp that joins its owner's network by a setup portal, and is then switched from a page of its own there.
#![no_std]
#![no_main]

use core::fmt::{self, Write as _};
use core::pin::pin;

use embassy_executor::Spawner;
use embassy_futures::join::join;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Input, InputConfig, Pull};
use esp_hal::ram;
use esp_hal::rtc_cntl::Rtc;
use log::{LevelFilter, error, info};
use vestibule_core::application::{Application, Call, Route};
use vestibule_core::http::{Response, Status};
use vestibule_core::pages::document;
use vestibule_core::{ByteWindow, Config, Interface, Ssid};
use vestibule_esp32::{ChipKey, Esp32, Peripherals, RadioSettings, mac_address, parts};
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

    /// Pages on the home network. The setup page is the portal's own.
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
    let parts = match parts(Peripherals {
        timer: chip.TIMG0,
        interrupt: chip.FROM_CPU_INTR0,
        flash: chip.FLASH,
        wifi: chip.WIFI,
        watchdog: Rtc::new(chip.RTC_TIMER).rwdt,
        // The country, the transmit power.
        radio: RadioSettings::DEFAULT,
        // A chip without a key in its eFuses stores in clear (`burn-key`).
        key: Some(ChipKey::new(chip.HMAC)),
    }) {
        Ok(parts) => parts,
        Err(failed) => return error!("{failed}"),
    };

    static MEMORY: Memory<Esp32, Lamp> = Memory::new();
    // How its access point is protected, when the portal may open, and the rest: `Config`'s documentation.
    let config = Config::new(Ssid::of_device(b"{{project-name}}", mac_address()));
    let started = match start(&MEMORY, parts, Settings::new(config, Lamp::default())) {
        Ok(started) => started,
        Err(unsupported) => return error!("{unsupported}"),
    };
    // The boot button, which connects its pin to ground: pressed, the portal opens; held, the networks are forgotten.
    let button = Input::new(chip.GPIO9, InputConfig::default().with_pull(Pull::Up));
    let button = watch_button(started.device(), || button.is_low());
    let (portal, stacks) = started.split();
    match run_stacks(stacks) {
        Ok(task) => spawner.spawn(task),
        Err(error) => return error!("the network stacks' task could not be made: {error:?}"),
    }
    // Pinned where it is made: a large future that is awaited by value is copied through the stack.
    let running = pin!(portal.run());
    join(running, button).await;
}

#[embassy_executor::task]
async fn run_stacks(stacks: Stacks<Esp32>) -> ! {
    stacks.run().await
}

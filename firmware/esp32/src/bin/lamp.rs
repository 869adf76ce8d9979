//! An application: a lamp that joins its owner's network by the portal, and is then switched from a
//! page of its own there.
#![no_std]
#![no_main]

use core::fmt::{self, Write as _};

use embassy_executor::Spawner;
use esp_hal::clock::CpuClock;
use esp_hal::ram;
use log::{LevelFilter, error, info};
use vestibule_core::application::{Application, Call, Route};
use vestibule_core::http::{Response, Status};
use vestibule_core::pages::document;
use vestibule_core::{Config, Interface, Window};
use vestibule_esp32::{Parts, Place, connect_or_setup, name};

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

    fn write_page(&self, is_on: &bool, out: &mut Window<'_>) -> fmt::Result {
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
    // The radio's: what the bootloader no longer needs, and some more.
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 32 * 1024);
    let parts = Parts {
        timer: chip.TIMG0,
        interrupt: chip.FROM_CPU_INTR0,
        flash: chip.FLASH,
        wifi: chip.WIFI,
        // The pin that chooses the boot mode (esptool's documentation, "Boot Mode Selection").
        #[cfg(any(feature = "esp32c3", feature = "esp32c6"))]
        button: chip.GPIO9.into(),
        #[cfg(any(feature = "esp32", feature = "esp32s2", feature = "esp32s3"))]
        button: chip.GPIO0.into(),
        #[cfg(feature = "status-led")]
        led: chip.GPIO8.into(),
    };
    static PLACE: Place<Lamp> = Place::new();
    match connect_or_setup(spawner, parts, Config::new(name("Lamp")), "lamp", &PLACE, Lamp::default()) {
        Ok(device) => device.run().await,
        Err(failed) => error!("{failed}"),
    }
}

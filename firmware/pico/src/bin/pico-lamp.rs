//! An application: a lamp that joins its owner's network by the portal, and is then switched from a page of its own there.
//! `../../../esp32/src/bin/lamp.rs` is the same lamp on another chip.
#![no_std]
#![no_main]

use core::fmt::{self, Write as _};
use core::pin::pin;

use cyw43::{A4, Aligned};
use embassy_executor::Spawner;
use embassy_futures::join::join;
use embassy_rp::gpio::{Input, Pull};
use log::{error, info};
use vestibule_core::application::{Application, Call, Route};
use vestibule_core::http::{Response, Status};
use vestibule_core::pages::document;
use vestibule_core::{ByteWindow, Config, Interface, Ssid};
use vestibule_firmware::{Memory, Settings, Stacks, start, watch_button};
use vestibule_pico::{PicoW, RadioFiles, RadioPins, parts, start_log};

/// The radio's program, of which the licence says that it runs on Raspberry Pi's chips alone.
static FIRMWARE: Aligned<A4, [u8; 231_077]> = Aligned(*cyw43_firmware::CYW43_43439A0);

/// What the radio has to know of the board.
static BOARD: &Aligned<A4, [u8]> = &Aligned(*include_bytes!(env!(
    "PICO_NVRAM",
    "set it to the path of nvram_rp2040.bin, from the folder cyw43-firmware of github.com/embassy-rs/embassy"
)));

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

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let chip = embassy_rp::init(Default::default());
    start_log(chip.UART0, chip.PIN_0);
    let pins = RadioPins {
        power: chip.PIN_23,
        data: chip.PIN_24,
        select: chip.PIN_25,
        clock: chip.PIN_29,
        pio: chip.PIO0,
        dma: chip.DMA_CH0,
    };
    let files =
        RadioFiles { firmware: &FIRMWARE, countries: cyw43_firmware::CYW43_43439A0_CLM, board: BOARD };
    #[cfg(feature = "pico-w")]
    let random = embassy_rp::clocks::RoscRng;
    #[cfg(not(feature = "pico-w"))]
    let random = chip.TRNG;
    let (parts, address) = match parts(spawner, pins, files, chip.FLASH, chip.WATCHDOG, random).await {
        Ok(parts) => parts,
        Err(failed) => return error!("{failed}"),
    };

    static MEMORY: Memory<PicoW, Lamp> = Memory::new();
    let config = Config::new(Ssid::of_device(b"Lamp", address));
    let started = match start(&MEMORY, parts, Settings::new(config, Lamp::default())) {
        Ok(started) => started,
        Err(unsupported) => return error!("{unsupported}"),
    };
    // A button that connects the pin to ground. The boards have none that both chips can read while they run.
    let button = Input::new(chip.PIN_22, Pull::Up);
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
async fn run_stacks(stacks: Stacks<PicoW>) -> ! {
    stacks.run().await
}

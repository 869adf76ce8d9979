//! The portal on Raspberry Pi's Pico W and Pico 2 W: their peripherals as the [`Parts`](vestibule_firmware::Parts) of a
//! device, and nothing else. `src/bin/pico-lamp.rs` is an application that uses it.
//!
//! It links, and no board has run it yet. Its radio is access point or station, never both: the setup page says that the
//! phone loses it while it tries a network, and on failure it comes back and says why.
//!
//! The radio's own program is no free software: it may be used and passed on with Raspberry Pi's chips alone
//! (the licence of the crate `cyw43-firmware`).
#![no_std]

mod board;
mod entropy;
mod flash;
mod log;
mod memory;
mod panic;
mod radio;

pub use board::{PicoW, RadioFiles, RadioPins, parts};
pub use entropy::RandomSource;
pub use flash::Flash;
pub use log::start as start_log;
pub use radio::PicoRadio;

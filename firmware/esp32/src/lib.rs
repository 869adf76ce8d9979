//! The portal on Espressif's chips: their peripherals as the [`Parts`](vestibule_firmware::Parts) of a
//! device, and nothing else. `src/bin/lamp.rs` is an application that uses it.
//!
//! It links, its image is verified, and no board has run it yet.
#![no_std]

mod board;
mod entropy;
mod flash;
mod panic;
mod radio;
mod reasons;

pub use board::{Esp32, Peripherals, RadioFailed, mac_address, parts};

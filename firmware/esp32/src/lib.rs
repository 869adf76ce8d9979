//! The portal on Espressif's chips: their peripherals as the [`Parts`](vestibule_firmware::Parts) of a
//! device, and nothing else. `src/bin/lamp.rs` is an application that uses it.
//!
//! It links, its image is verified, and no board has run it yet.
//!
//! An application in a folder of its own sets `ESP_RADIO_CONFIG_EVENT_CHANNEL_CAPACITY = "16"` in the `[env]` of its
//! `.cargo/config.toml`, as `firmware/.cargo/config.toml` does: esp-radio drops the reports that its queue has no room for. What is
//! dropped all the same is asked for, some seconds later.
#![no_std]

mod board;
mod entropy;
mod flash;
#[cfg_attr(any(feature = "esp32", feature = "esp32c5", feature = "esp32c61"), path = "no_key.rs")]
mod key;
mod memory;
mod panic;
mod radio;
mod radio_settings;
mod reasons;
mod watchdog;

pub use board::{Esp32, Peripherals, mac_address, parts};
pub use key::ChipKey;
pub use radio_settings::RadioSettings;

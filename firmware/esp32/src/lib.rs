//! The portal on Espressif's chips: what their crates offer, mapped to the seams of
//! [`vestibule_firmware`], and nothing else. [`connect_or_setup`] is where an application begins;
//! `src/bin/lamp.rs` is one.
//!
//! It links, its image is verified, and no board has run it yet.
#![no_std]

mod button;
mod entropy;
mod flash;
#[cfg(feature = "status-led")]
mod led;
mod panic;
mod radio;
mod reasons;
mod start;

pub use start::{Parts, Place, RadioFailed, Running, connect_or_setup, name};

//! The firmware's machine on a laptop: QEMU started and killed, its control channel, its networks.
//!
//! This is the smallest host for [`vestibule_device_protocol`]: no air, only what a test answers. It needs
//! `qemu-system-riscv32` and the firmware's file, whose name is in the environment variable
//! `VESTIBULE_DEVICE`.

mod control;
mod image;
mod machine;
pub mod rig;

pub use control::Control;
pub use image::{FlashImage, erased, filled};
pub use machine::{AccessPointLink, Machine, Ports};

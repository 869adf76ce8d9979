//! The boards' layer on a computer: [`vestibule_firmware`] as it is flashed, over a radio that may fail and a home
//! network, in virtual time. No phone is here and no air: those are the simulator's.
//!
//! A [`Bench`] is a device with all this around it. Its tests say what the layer between the core and a chip's driver
//! must bear: a driver that fails, hangs, reports late, twice or not at all, and a router whose addresses change.
//!
//! [`virtual_device`] is the same layer under the simulator's air, as a program that the simulator starts.

mod bench;
mod clock;
mod flash;
mod home_network;
mod network_device;
mod radio;
mod records;
pub mod virtual_device;
mod visitor;
mod world_flash;
mod world_radio;

pub use bench::{Bench, HOME, HostBoard, PASSPHRASE, Power, home, knowing_nothing, remembering};
pub use clock::Tasks;
pub use flash::SharedMemory;
pub use home_network::{Addresses, ROUTER};
pub use radio::{Call, Chip, ChipHandle, Fault, SIGNAL};

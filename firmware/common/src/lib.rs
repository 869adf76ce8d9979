//! What every board shares: it drives the core's [`Portal`](vestibule_core::Portal) over two
//! `embassy-net` stacks, with a radio, a clock and a log.
//!
//! ```text
//!   access point's stack ─┐                     ┌─ WifiDriver (a board's: esp-radio, or the simulator's air)
//!   home network's stack ─┼─ run ─► Device ─────┼─ NOR flash (a board's)
//!   embassy-time ─────────┘       (the Portal)  └─ random bytes (a board's)
//! ```
//!
//! Nothing is decided here that the simulator does not decide as well: datagrams, bytes, moments
//! and reports are carried to the core, and what it says is carried out.
//!
//! A board makes a [`Device`] and the two stacks, and awaits [`run`]. An application does the rest
//! of its work beside it, in the same executor.
#![no_std]

#[cfg(test)]
extern crate std;

mod connections;
mod datagrams;
mod device;
mod flash;
mod mdns;
mod networks;
pub mod panics;
mod reset_filter;
mod run;
pub mod webhook;
mod wifi;

pub use connections::{HOME_SOCKETS, SOCKETS, TCP_BUFFER};
pub use device::Device;
pub use flash::{Partition, PartitionError};
pub use networks::{access_point_config, home_config};
pub use reset_filter::ResetFilter;
pub use run::{Buffers, Networks, run};
pub use wifi::{ADDRESS_PATIENCE, Link, WifiDriver};

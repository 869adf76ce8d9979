//! What every board shares: it drives the core's [`Portal`](vestibule_core::Portal) over two
//! `embassy-net` stacks, with a radio, a clock and a log.
//!
//! ```text
//!   access point's stack ─┐                     ┌─ WifiDriver (a board's: esp-radio, or the simulator's air)
//!   home network's stack ─┼─ run ─► Device ─────┼─ NOR flash (a board's)
//!   embassy-time ─────────┘       (the Portal)  └─ random bytes (a board's)
//! ```
//!
//! This crate decides nothing that the simulator does not decide as well: it passes datagrams, bytes,
//! moments and the radio's reports to the core, and does what the core returns.
//!
//! A board fills in [`Parts`]; [`start`] makes the stacks and the device of them, and [`Started::run`]
//! drives both. An application does the rest of its work in other tasks of the same executor.
#![no_std]

#[cfg(test)]
extern crate std;

mod button;
mod connections;
mod datagrams;
mod device;
mod flash;
pub mod limits;
mod mdns;
mod networks;
pub mod panics;
mod reset_filter;
mod run;
mod start;
mod status_light;
pub mod webhook;
mod wifi;

pub use button::reset_by_button;
pub use device::Device;
pub use flash::{Partition, PartitionError, SharedFlash};
pub use networks::{Networks, access_point_config, home_config};
pub use reset_filter::ResetFilter;
pub use run::{Buffers, run};
pub use start::{Board, BoardDevice, Memory, Parts, Settings, Started, start};
pub use status_light::show_state;
pub use wifi::{Association, DHCP_TIMEOUT, JoinError, WifiDriver};

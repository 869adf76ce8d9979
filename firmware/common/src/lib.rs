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
//! A board fills in [`Parts`]; [`start`] makes the stacks and the device of them, and what
//! [`Started::split`] returns drives both. An application does the rest of its work in other tasks of the same executor.
#![no_std]

#[cfg(test)]
extern crate std;

mod button;
mod connections;
mod datagrams;
mod device;
mod driver_health;
mod flash;
#[cfg(feature = "improv")]
mod improv;
pub mod limits;
mod mdns;
mod networks;
mod one_role;
pub mod panics;
mod radio;
mod reset_filter;
mod reset_memory;
mod run;
mod safe_mode;
mod start;
mod station;
mod status_light;
pub mod watchdog;
pub mod webhook;
mod wifi;

pub use button::watch_button;
pub use device::Device;
pub use flash::{Partition, PartitionError, SharedFlash};
#[cfg(feature = "improv")]
pub use improv::speak_improv;
pub use networks::{Networks, access_point_config, home_config};
pub use one_role::{Frame, OneRole, Role, RoleDevice, Room};
pub use reset_filter::ResetFilter;
pub use reset_memory::{ResetMemory, ResetWord};
pub use run::{Buffers, run};
pub use start::{
    Board, BoardDevice, Memory, Parts, Portal, Settings, Stacks, Started, UnsupportedSetting, start,
};
pub use station::DHCP_TIMEOUT;
pub use status_light::show_state;
pub use wifi::{Association, DriverFailed, JoinError, RadioFailed, WifiDriver};

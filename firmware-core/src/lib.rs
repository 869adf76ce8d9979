//! The logic of a Wi-Fi setup portal for a device without a screen.
//!
//! `no_std`, no allocator, no I/O, no clock, no unsafe code: bytes and moments go in, bytes and
//! deadlines come out, so the same code runs on a chip, over sockets on a laptop and in
//! simulated time.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod config;
pub mod credentials;
pub mod detection;
pub mod dhcp;
pub mod dns;
pub mod http;
pub mod limits;
mod networks;
pub mod pages;
mod portal;
pub mod provisioning;
mod radio;
mod time;
mod window;

pub use config::Config;
pub use portal::{Answer, Arrival, DHCP_PORT, DNS_PORT, Event, Interface, Portal, Reply, StorageFault};
pub use radio::{
    AccessPoint, BadPassphrase, Credentials, Entropy, HomeLink, JoinFailure, MacAddress, Passphrase, Radio,
    RadioEvent, ScanRecord, Security, Ssid, SsidTooLong,
};
pub use time::Instant;
pub use window::Window;

//! The logic of a Wi-Fi setup portal for a device without a screen: what is flashed.
//!
//! `no_std`, no allocator, no I/O, no clock, no unsafe code. Bytes and moments go in, bytes and
//! deadlines come out, so the same code runs on a chip, over sockets on a laptop and in simulated
//! time. Nothing in it grows: every limit stands in [`limits`].
//!
//! ```text
//!                    handle_*                                  poll_*
//!  datagrams ───────────────► ┌──────── Portal ────────┐ ───────────────► datagrams
//!  bytes of connections ────► │ dns   http ─► pages    │ ───────────────► bytes, closings
//!  the radio's reports ─────► │        │   detection   │ ───────────────► events
//!  deadlines ───────────────► │ provisioning           │ ───────────────► the next deadline
//!                             └──┬─────────┬─────────┬─┘
//!                              Radio   credentials  Entropy      what the device owns
//!                                          │
//!                                     NOR flash (embedded-storage)
//! ```
//!
//! Start at [`Portal`]: its documentation says in which order a driver calls it. The rules that
//! hold whatever happens are in [`provisioning::EDGES`], a table.
//!
//! ```
//! use vestibule_core::{Config, Ssid};
//!
//! // What an application decides; everything else has a default.
//! let mut config = Config::new(Ssid::new(b"Lamp-4F2A")?);
//! config.channel = Some(6);
//! # Ok::<(), vestibule_core::SsidTooLong>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod application;
mod config;
pub mod credentials;
pub mod detection;
pub mod dhcp;
pub mod dns;
pub mod http;
pub mod json;
pub mod label;
pub mod limits;
#[cfg(any(feature = "log", feature = "defmt"))]
mod lines;
pub mod mdns;
mod networks;
pub mod pages;
mod plain;
mod portal;
pub mod provisioning;
mod radio;
mod reason;
pub mod schedule;
mod security;
mod time;
pub mod webhook;
pub mod websocket;
mod window;

pub use config::{Config, MayOpen, StaticAddress, WhenLost};
pub use portal::{Answer, Arrival, DHCP_PORT, DNS_PORT, Event, Interface, Portal, Reply, StorageFault};
pub use radio::{
    AccessPoint, BadPassphrase, Credentials, Entropy, HomeLink, JoinFailure, MacAddress, Passphrase, Radio,
    RadioEvent, ScanRecord, Security, Ssid, SsidTooLong,
};
pub use reason::JoinStage;
pub use security::{AccessPointSecurity, BadOwnPassphrase, OwnPassphrase};
pub use time::Instant;
pub use window::Window;

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
//!  the radio's reports ─────► │        │   detection   │ ───────────────► commands for the radio
//!  deadlines ───────────────► │ provisioning           │ ───────────────► events, the next deadline
//!                             └─────┬────────────┬─────┘
//!                               credentials   Entropy      what the device owns
//!                                   │
//!                              NOR flash (embedded-storage)
//! ```
//!
//! Start at [`Portal`]: its documentation says in which order a driver calls it. The rules that
//! hold whatever happens are in [`provisioning::EDGES`], a table. What an owner may do needs no HTTP: the
//! page and the JSON interface give the same commands as a serial line or Bluetooth can ([`Portal::networks`],
//! [`Portal::rescan`], [`Portal::submit`], [`Portal::status`], [`Portal::result_delivered`], [`Portal::clear`]).
//!
//! This is what an application writes. A driver carries the bytes; `firmware/common` is the one for `embassy-net`:
//!
//! ```
//! use vestibule_core::{Config, Event, Instant, Portal, Ssid};
//! # use vestibule_core::MacAddress;
//! use vestibule_core::mock::{MockEntropy, MockFlash};
//! # let (flash, noise, mac) = (MockFlash::<2>::new(), MockEntropy::new(4), MacAddress([2, 0, 0, 0xab, 0xcd, 0xef]));
//! # let now = Instant::from_micros(0);
//!
//! // Everything that is not chosen has a default.
//! let mut config = Config::new(Ssid::of_device(b"Lamp", mac));
//! config.stored_attempts = 3;
//! let mut portal = Portal::new(config, flash, noise);
//! portal.connect_or_setup(now);
//! while let Some(event) = portal.poll_event() {
//!     if let Event::Joined { link, .. } = event {
//!         // It is on the network, at `link.address`.
//! #         let _ = link;
//!     }
//! }
//! # assert!(!portal.has_credentials() && portal.poll_timeout().is_some());
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

#[cfg(all(feature = "defmt", feature = "log"))]
compile_error!(
    "the features `defmt` and `log` of vestibule-core exclude each other: a device has one log, so choose one of them"
);

mod access_point;
pub mod application;
mod branding;
mod byte_window;
mod config;
mod connection_id;
pub mod credentials;
mod csrf_token;
pub mod detection;
#[cfg(feature = "sealed-at-rest")]
mod device_key;
pub mod dhcp;
pub mod dns;
mod entropy;
mod escape;
mod event;
mod fields;
#[cfg(feature = "sealed-at-rest")]
mod flash_key;
pub mod http;
#[cfg(feature = "improv")]
pub mod improv;
mod interface;
mod join_failure;
pub mod json;
pub mod label;
pub mod limits;
#[cfg(any(feature = "log", feature = "defmt"))]
mod log_event;
mod mac_address;
pub mod mdns;
#[cfg(feature = "mock")]
pub mod mock;
mod network_credentials;
mod own_passphrase;
pub mod pages;
mod passphrase;
mod portal;
mod problem;
pub mod provisioning;
mod radio;
mod radio_capabilities;
mod result_delivery;
mod scan_list;
mod scan_record;
pub mod schedule;
#[cfg(feature = "sealed")]
mod sealed;
mod setup_form;
mod ssid;
mod station_address;
mod text;
mod time;
pub mod webhook;
pub mod websocket;

pub use access_point::{AccessPoint, AccessPointSecurity};
pub use byte_window::ByteWindow;
#[cfg(feature = "sealed")]
pub use config::ClearForms;
pub use config::{Config, MayOpen, StaticAddress, WhenLost, WithoutGateway};
pub use connection_id::ConnectionId;
#[cfg(feature = "sealed-at-rest")]
pub use device_key::{DERIVED_KEY_BYTES, DeviceKey, NoDeviceKey};
pub use entropy::Entropy;
#[cfg(feature = "sealed-at-rest")]
pub use entropy::WithDeviceKey;
pub use event::{Answer, Event, StorageFault};
#[cfg(feature = "sealed-at-rest")]
pub use flash_key::FlashKey;
pub use interface::Interface;
pub use join_failure::{JoinFailure, JoinStage};
pub use mac_address::MacAddress;
pub use network_credentials::Credentials;
pub use own_passphrase::{BadOwnPassphrase, OwnPassphrase};
pub use passphrase::{BadPassphrase, Passphrase};
pub use portal::{
    Arrival, DHCP_PORT, DNS_PORT, FieldValues, Portal, PortalSlot, ProvisioningStatus, Reply, Submission,
    VisibleNetworks,
};
pub use problem::Problem;
pub use radio::{Radio, RadioCommand, RadioEvent};
pub use radio_capabilities::{Channels, Country, RadioCapabilities};
pub use result_delivery::{FrontEnd, ResultDelivery};
pub use scan_record::{ScanRecord, Security};
pub use ssid::{Ssid, SsidTooLong};
pub use station_address::StationAddress;
pub use time::Instant;

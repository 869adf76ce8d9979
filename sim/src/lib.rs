//! The host side: radios, flash, phones and owners, simulated around the very core that is
//! flashed, and the command `vestibule`.
//!
//! What is public is this list; everything else may change at any time and is private.
//!
//! | module | what it is for |
//! |---|---|
//! | [`scenario`] | scenarios in TOML: loaded, checked for contradictions, judged |
//! | [`world`] | a scenario run: in virtual time ([`world::virtual_time`]), on sockets of this machine ([`world::loopback`]), around the firmware on an emulated chip or any program ([`world::external`]) |
//! | [`campaign`], [`report`] | a scenario under many seeds with generated faults, a failure made small, and the results as HTML and JUnit |
//! | [`check`], [`profile`] | every phone against one portal, whosesoever it is; portals of others as files, and stand-ins that answer like them |
//! | [`journey`] | a whole setup on any portal, by an owner who fills its form in |
//! | [`phone`] | operating systems' connectivity checks, sans-IO, each rule with its source and its explanation |
//! | [`owner`] | the person who holds the phone, and what a browser makes of a portal's page |
//! | [`capture`] | recorded traffic: imported, recorded, replayed against a portal |
//! | [`trace`], [`export`] | the one record of a run, and how it is told: timeline, pcapng, HAR, SVG |
//! | [`flash`] | NOR flash in memory that loses its power in the middle of a write, for tests of one's own device |
//!
//! These modules are supported: a release that breaks a caller raises the minor version (the major one from 1.0 on),
//! and CHANGELOG.md says what to change. Enums that will grow are `#[non_exhaustive]`, and each error is a
//! [`std::error::Error`] that is `Send`, `Sync` and a sentence. What a run records and how phones decide follows the
//! phones: it may change with any release.
#![warn(unnameable_types)]
#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "what of a world only the command and its dashboard ask")
)]

pub mod campaign;
pub mod capture;
pub mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod client;
mod coverage;
#[cfg(feature = "cli")]
mod dashboard;
#[cfg(feature = "cli")]
mod demo;
mod device;
mod dns;
#[cfg(feature = "cli")]
mod engine;
mod event_queue;
pub mod export;
mod fault;
pub mod flash;
mod frame_link;
mod host;
mod invariant;
pub mod journey;
#[cfg(feature = "cli")]
mod label;
mod linked_host;
mod markup;
pub mod owner;
pub mod phone;
pub mod profile;
mod radio;
mod random_streams;
pub mod report;
mod sample_application;
pub mod scenario;
mod socket_exchange;
mod text;
mod tls;
pub mod trace;
mod webhook;
pub mod world;

/// For this repository's own tests of the core: a device without a world, the application in it, the receiver of
/// its webhooks. It is no part of what is supported.
#[doc(hidden)]
pub mod internal {
    pub use crate::device::{Device, SeededEntropy, SimulatedKey, SimulatedPortal};
    pub use crate::dns::{ask_address, read_address};
    pub use crate::sample_application::{
        BROKER, Lamp, LampPage, NoteRequest, STYLE, STYLE_GZIP, SampleApplication, WATCHERS, Watchers,
    };
    pub use crate::webhook::{BEGINNING, Receiver, SECRET, TOLERANCE};
}

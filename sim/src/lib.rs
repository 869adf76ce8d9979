//! The host side: radios, flash, phones and owners, simulated around the very core that is
//! flashed, and the command `vestibule`.
//!
//! | module | holds |
//! |---|---|
//! | [`world`] | one world and the drivers that carry its bytes: [`world::loopback`], [`world::virtual_time`] |
//! | [`device`], [`radio`], [`flash`] | the device: the core on simulated peripherals |
//! | [`sample_application`] | an application beside the portal, for tests |
//! | [`phone`] | operating systems' connectivity checks, each rule with its source |
//! | [`client`] | what is neither a check nor an owner's page, and misbehaves |
//! | [`owner`] | the person who holds the phone, and what a browser makes of a page |
//! | [`scenario`] | scenarios in TOML: read, checked, judged |
//! | [`text`] | names, times and positions, as files write them |
//! | [`trace`], [`export`] | the one record of a run, and how it is told |
//! | [`capture`] | recorded traffic and its replay |
//! | [`label`] | the device's label, printed |
//! | [`campaign`], [`coverage`] | a scenario under many seeds, and where its runs have been |
//! | [`report`] | what runs and campaigns came to, as HTML and JUnit |
//! | [`check`] | every phone against one portal, whosesoever it is, and the matrix of all of them |
//! | [`profile`] | how other portals answer, and stand-ins that answer so |
//! | [`dashboard`], [`demo`], [`cli`] | what people see |

pub mod campaign;
pub mod capture;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
pub mod coverage;
#[cfg(feature = "cli")]
pub mod dashboard;
#[cfg(feature = "cli")]
pub mod demo;
pub mod device;
pub mod dns;
mod event_queue;
pub mod export;
pub mod fault;
pub mod flash;
pub mod invariant;
#[cfg(feature = "cli")]
pub mod label;
mod markup;
pub mod owner;
pub mod phone;
pub mod profile;
pub mod radio;
mod random_streams;
pub mod report;
pub mod sample_application;
pub mod scenario;
mod socket_exchange;
pub mod text;
pub mod trace;
pub mod webhook;
pub mod world;

//! The control channel between a device under test and its host: lines of text, one message each.
//!
//! The device runs the real firmware but has no radio. It asks its host for one, and reports what its
//! portal does; the host plays the air, in which the device scans and joins, and the power supply. The channel is any
//! serial line: the machine under QEMU has it on a virtual console (`virtconsole`), a program a TCP connection. Frames
//! do not pass here: they have network devices of their own. This crate knows neither the simulator nor a board, so
//! that both can depend on it.
//!
//! ```text
//! device                                       host
//! ready VERSION portal                 ──►     once, when the device has booted
//!                                      ◄──     redirect-host NAME                if the portal has one
//!                                      ◄──     captive-portal URL                if DHCP is to name one
//!                                      ◄──     webhook PORT SECONDS              if the device is to post
//!                                      ◄──     label-code CODE                   if its label has one
//!                                      ◄──     device-key SECRET                 if the device's chip has one
//!                                      ◄──     start SEED NAME ADDRESS ...       makes the portal
//! event state Idle StartEmpty ...      ──►     every event of the portal
//! scan | scan-for NAME                 ──►
//!                                      ◄──     network-found NAME BSSID CHANNEL SIGNAL SECURITY
//!                                      ◄──     scan-finished
//! raise-access-point NAME CHANNEL ...  ──►
//!                                      ◄──     access-point-up
//! join ATTEMPT NAME PASSPHRASE         ──►
//!                                      ◄──     associated ATTEMPT
//!                                              | joined ATTEMPT ADDRESS PREFIX GATEWAY
//!                                              | join-failed ATTEMPT REASON
//!                                      ◄──     disconnected ATTEMPT              at any later time
//! leave                                ──►     not answered
//! drop-access-point                    ──►
//!                                      ◄──     access-point-down
//! ```
//!
//! A device whose portal is not this project's says `frames` or `sockets` in place of `portal` ([`Mode`]). It is
//! answered `welcome VERSION`, gets no configuration, and reports no events.
//!
//! A line's first word is the name of its message in [`FromDevice`] or [`FromHost`], in kebab case; for
//! [`FromHost::Station`] it is that of its [`StationEvent`]. Commands to the radio, its reports and the
//! portal's events have the core's names. Fields are separated by one space, a line ends with one line feed and has at
//! most [`LINE_BYTES`]. Names and passphrases are their bytes in lower-case hexadecimal digits, `-` for
//! none; enumerations are the names of their variants in the core. A line that cannot be read is ignored,
//! so that either side can be newer than the other; [`VERSION`] says when it no longer can.
//!
//! Rules:
//! - Of `raise-access-point`, `drop-access-point`, `scan`, `scan-for` and `join` the device has one under way at a
//!   time, and sends the next one after the answer. The host answers each, and the device waits without a
//!   limit.
//! - `leave` or another `join` may follow a `join` that was not answered: that join is given up. An answer
//!   to it that is still on its way has an earlier number, and the device ignores it.
//! - `associated` means that the device gets its address from the home network's own DHCP server, by frames
//!   on the home network; `joined` means that the host has decided on the address.
//! - `join` holds the passphrase of the home network; `raise-access-point` and `start` hold that of the
//!   access point, `label-code` the code on its label, `device-key` the chip's secret. Never log these lines. No other line holds a secret.
//! - A device in virtual time has the same messages in records of another kind: [`lockstep`].
//! - [`flash_image`] says what the flash image of the machine under QEMU looks like.
#![no_std]

#[cfg(test)]
extern crate std;

mod driver_fault;
mod event;
pub mod flash_image;
mod from_device;
mod from_host;
pub mod lockstep;
mod names;
#[cfg(test)]
mod tests;
mod text;

pub use driver_fault::{DriverCall, DriverFault, DriverFaultKind};
pub use from_device::{FromDevice, Mode, Transport};
pub use from_host::{DeviceSecret, FromHost, HOST_BYTES, Start, StationEvent, URL_BYTES};

/// The version of this protocol, which [`FromDevice::Ready`] states. It changes with everything that an older
/// side would misunderstand.
pub const VERSION: u32 = 9;

/// The key with which the device signs its webhooks. It is public and protects nothing.
pub const WEBHOOK_SECRET: &[u8] = b"a secret of the simulated receiver";

/// The most bytes of a line, its line feed included.
pub const LINE_BYTES: usize = 512;

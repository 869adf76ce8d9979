//! The control channel between the firmware under QEMU and its host: lines of text, one message
//! each, over a serial device of its own (QEMU's `virtconsole`).
//!
//! The host is the world: the air that scans and joins, the hand that cuts the power. Frames do
//! not pass here; they have network devices of their own.
//!
//! ```text
//! guest                                        host
//! ready 4                              ──►     once, when the guest has booted
//!                                      ◄──     redirect NAME                     if it has one
//!                                      ◄──     webhook PORT SECONDS              if it is to post
//!                                      ◄──     start SEED NAME ADDRESS ...       makes its portal
//! event state Idle StartEmpty ...      ──►     every event of the portal
//! scan                                 ──►
//!                                      ◄──     found NAME BSSID CHANNEL SIGNAL SECURITY
//!                                      ◄──     scanned
//! raise NAME CHANNEL ADDRESS PASSPHRASE──►
//!                                      ◄──     up
//! join ATTEMPT NAME PASSPHRASE         ──►
//!                                      ◄──     joined ATTEMPT ADDRESS | associated ATTEMPT
//!                                                                     | failed ATTEMPT REASON
//!                                      ◄──     lost ATTEMPT                      at any later time
//! leave                                ──►     not answered
//! drop                                 ──►
//!                                      ◄──     down
//! ```
//!
//! Fields are separated by one space, a line ends with one line feed and has at most
//! [`LINE_BYTES`]. Names and passphrases are their bytes in lower-case hexadecimal digits, `-` for
//! none; enumerations are called as in the core. A line that cannot be read is ignored, so that
//! either side may learn a message first.
//!
//! Rules beyond the lines:
//! - The guest has one command of `raise`, `drop`, `scan`, `join` under way at a time and sends
//!   the next after its answer, except that `leave` or `join` may follow a `join` that was not
//!   answered: that join is given up, and an answer to it that is still on its way is ignored,
//!   for it has an earlier number.
//!   So the host answers each of the others, in time that the guest waits for without limit.
//! - `associated` means that an address is to be had from the home network's own DHCP server, on
//!   the home network's frames; `joined` that the host has decided on it.
//! - A `join` line holds the passphrase: never log what crosses. Nothing else does, beside `raise`
//!   and `start` for an access point that has one.
//! - [`flash`] says what the flash image looks like.
#![no_std]

#[cfg(test)]
extern crate std;

mod event;
pub mod flash;
mod guest;
mod host;
mod names;
#[cfg(test)]
mod tests;
mod text;

pub use guest::FromGuest;
pub use host::{FromHost, HOST_BYTES, Outcome, Start};

/// What [`FromGuest::Ready`] says: changed with everything that an older side would misunderstand.
pub const VERSION: u32 = 5;

/// What the guest signs its webhooks with. Public: it protects nothing.
pub const WEBHOOK_SECRET: &[u8] = b"a secret of the simulated receiver";

/// Most bytes of a line, its line feed included.
pub const LINE_BYTES: usize = 512;

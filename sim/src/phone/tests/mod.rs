//! The phones against portals that are closures, in virtual time: no socket, no clock.

mod android;
mod android_sheet;
mod apple;
mod catalogue;
mod conversation;
mod desktops;
mod dns;
mod every_model;
mod explained;
mod leaving;
mod newcomers;
mod random;
mod readers;
mod recognised;
mod recordings;
mod requests;
mod settings;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use super::Link;
use vestibule_core::Instant;

/// The device's address.
const AP: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

const LINK: Link =
    Link { address: Ipv4Addr::new(192, 168, 4, 2), router: AP, resolver: SocketAddrV4::new(AP, 53) };

fn at(seconds: f64) -> Instant {
    Instant::from_micros(0) + Duration::from_secs_f64(seconds)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many questions go on like `prefix` after their identifier.
fn by_prefix(datagrams: &[(Instant, Vec<u8>)], prefix: &str) -> usize {
    datagrams.iter().filter(|(_, payload)| hex(&payload[2..]).starts_with(prefix)).count()
}

//! Multicast DNS on the home network: the device is found there as `<name>.local`, and as a web
//! server by those who browse for one (RFC 6762, RFC 6763).
//!
//! It looks nothing up and answers for nobody but the device. It must not be served on the access
//! point, where the catch-all of [`crate::dns`] answers.
//!
//! | record | name | lives |
//! |---|---|---|
//! | A | `<name>.local` | 120 s |
//! | SRV | `<name>._http._tcp.local` | 120 s |
//! | TXT | `<name>._http._tcp.local` | 75 min |
//! | PTR | `_http._tcp.local` | 75 min |
//! | PTR | `_services._dns-sd._udp.local` | 75 min |
//! | NSEC | for types that the first two names do not have | 120 s |
//!
//! A name is the device's own only after nobody on the network has objected ([`Responder`] asks three
//! times); if somebody does, now or later, it becomes `<name>-2`, and so on.
//!
//! | what | where |
//! |---|---|
//! | names, ours and those on the wire | `name` |
//! | the device's records, and those of others | `record` |
//! | which of two devices that want one name gets it | `tie` |
//! | what a query is answered | `query` |
//! | all of it in order, deadlines, conflicts | `responder` |
//!
//! Not done: IPv6, reverse names, subtypes, and the suppression of answers that another host gives in
//! the same moment (RFC 6762 section 7.4), which for records of one device saves nothing.

use core::net::{Ipv4Addr, SocketAddrV4};

mod name;
mod query;
mod record;
mod responder;
mod tie;

pub use name::{BadHostName, HostName};
pub use responder::{Responder, Service, TextTooLong, Transmit};

/// The port that both ends use.
pub const MDNS_PORT: u16 = 5353;

/// Where queries and most answers go. The driver joins this group on the home network's interface
/// and sends with a time to live of 255 (RFC 6762 section 11).
pub const MDNS_GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 251), MDNS_PORT);

#[cfg(test)]
mod tests;

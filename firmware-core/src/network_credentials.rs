//! The name and passphrase with which a network is joined. [`crate::credentials`] stores them.

use crate::passphrase::Passphrase;
use crate::ssid::Ssid;

/// A network and what it is joined with.
///
/// ```
/// use vestibule_core::{Credentials, Passphrase, Ssid};
///
/// let cafe = Credentials { ssid: Ssid::new(b"Cafe").unwrap(), passphrase: Passphrase::open() };
/// assert_eq!(format!("{cafe:?}"), r#"Credentials { ssid: "Cafe", passphrase: Passphrase(none) }"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The network's name, at least one byte.
    pub ssid: Ssid,
    /// Its passphrase; [`Passphrase::open`] for an open network.
    pub passphrase: Passphrase,
}

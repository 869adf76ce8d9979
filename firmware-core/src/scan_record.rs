//! One network as one scan found it. Which of them an owner is shown is decided in the scan list.

use crate::mac_address::MacAddress;
use crate::ssid::Ssid;

/// One network as one scan heard it.
///
/// ```
/// use vestibule_core::{MacAddress, RadioEvent, ScanRecord, Security, Ssid};
///
/// // A driver makes this of its own record and hands it to `Portal::handle_radio`.
/// let heard = ScanRecord {
///     ssid: Ssid::new(b"Home").unwrap(),
///     bssid: MacAddress([2, 0, 0, 0, 0, 1]),
///     channel: 6,
///     signal: -50,
///     security: Security::Wpa2Wpa3,
/// };
/// assert!(matches!(RadioEvent::NetworkFound(heard), RadioEvent::NetworkFound(ScanRecord { channel: 6, .. })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRecord {
    /// Its name; empty for a hidden network.
    pub ssid: Ssid,
    /// The access point's hardware address.
    pub bssid: MacAddress,
    /// Its channel, 1 to 14.
    pub channel: u8,
    /// How strong it is here, in dBm: -30 is next to it, -90 is hardly there.
    pub signal: i8,
    /// How it is protected.
    pub security: Security,
}

impl ScanRecord {
    /// Whether the device can join it.
    pub(crate) fn can_be_joined(&self) -> bool {
        !matches!(self.security, Security::Enterprise | Security::Unsupported)
    }
}

/// How a network is protected, as far as joining depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Security {
    /// None: no passphrase is asked for.
    Open,
    /// WPA or WPA2 with a passphrase.
    Wpa2,
    /// WPA2 and WPA3 at once.
    Wpa2Wpa3,
    /// WPA3 only.
    Wpa3,
    /// A user name or a certificate is asked for; such networks cannot be set up here.
    Enterprise,
    /// Another protection, which the radio or this device does not have: WEP and WPA's ancestors, OWE ("Enhanced Open").
    /// Such networks cannot be set up either.
    Unsupported,
}

//! A network other than the device's own: a home router's or a neighbour's.

use std::net::Ipv4Addr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vestibule_core::{Credentials, Instant, MacAddress, Passphrase, ScanRecord, Security, Ssid};

use super::passphrase::is_same_psk;
use super::{JoinEnd, Subnet};

/// An access point of a router's network. Several may have one name.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// Its name.
    pub ssid: Ssid,
    /// Its access point's hardware address.
    pub bssid: MacAddress,
    /// How it is protected.
    pub security: Security,
    /// What it is joined with.
    pub passphrase: Passphrase,
    /// Its channel.
    pub channel: u8,
    /// How strong the device hears it, in dBm, while nothing is in the way.
    pub signal: i8,
    /// Whether it is on the air now.
    pub on_air: bool,
    /// How long its router takes to boot before it is on the air.
    pub boots_in: Duration,
    /// When in each [`super::BEACON_INTERVAL`] it sends its beacon.
    pub beacon_phase: Duration,
    /// Whether it hides its name in beacons. A station that knows the name can join it.
    pub hidden: bool,
    /// What is behind its access point.
    pub subnet: Subnet,
    /// The address that it gives the device without being asked, where the driver has no routers.
    pub address: Option<Ipv4Addr>,
    /// Whether it is on 5 GHz alone, where the device does not listen.
    pub five_ghz: bool,
    /// Whether its only key management is that of fast transition (IEEE 802.11r), which the device's station
    /// does not speak.
    pub only_fast_transition: bool,
    /// How it ends joins, if it does.
    pub ends_join: Option<JoinEnd>,
    /// What happens to it.
    pub presence: Presence,
}

/// What happens to a network as time passes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presence {
    /// Since when it is on the air.
    pub(super) since: Instant,
    /// How much weaker it is than its signal, in dB.
    pub(super) fade: u8,
    /// How often it was switched on or off: what belongs to an earlier time is void.
    pub(super) switched: u64,
}

impl Network {
    /// How strong the device hears it now, in dBm.
    pub(crate) fn strength(&self) -> i8 {
        self.signal.saturating_sub_unsigned(self.presence.fade)
    }

    /// How the device hears it in a scan.
    pub(crate) fn scan_record(&self) -> ScanRecord {
        ScanRecord {
            ssid: if self.hidden { Ssid::EMPTY } else { self.ssid },
            bssid: self.bssid,
            channel: self.channel,
            signal: self.strength(),
            security: self.security,
        }
    }

    /// Whether its security is one that a station with these credentials joins: with a passphrase
    /// nothing open (ESP-IDF's threshold), without one nothing else, and nothing that asks for a
    /// user name.
    pub(super) fn suits(&self, credentials: &Credentials) -> bool {
        match self.security {
            Security::Enterprise | Security::Unsupported => false,
            Security::Open => credentials.passphrase.is_open(),
            Security::Wpa2 | Security::Wpa2Wpa3 | Security::Wpa3 => {
                !credentials.passphrase.is_open() && !self.only_fast_transition
            }
        }
    }

    /// Whether a station with this passphrase knows what the network is joined with. By SAE it is the text that
    /// both sides know; without it the key that is made of it.
    pub(super) fn is_opened_by(&self, passphrase: &Passphrase) -> bool {
        match self.security {
            Security::Open => true,
            Security::Wpa2 => is_same_psk(&self.passphrase, passphrase, &self.ssid),
            Security::Wpa2Wpa3 | Security::Wpa3 | Security::Enterprise => self.passphrase == *passphrase,
            Security::Unsupported => false,
        }
    }

    /// Whether a station that can both authenticates by SAE.
    pub(super) fn speaks_sae(&self) -> bool {
        matches!(self.security, Security::Wpa3 | Security::Wpa2Wpa3)
    }
}

/// A network's security, as scenarios write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SecurityKind {
    /// No passphrase.
    Open,
    /// WPA2.
    Wpa2,
    /// WPA2 and WPA3.
    Wpa2Wpa3,
    /// WPA3 only.
    Wpa3,
    /// WPA2 with fast transition (IEEE 802.11r) and nothing else, as some routers of a mesh are set. A scan
    /// hears it as WPA2.
    FtPsk,
    /// User name or certificate.
    Enterprise,
    /// A protection that the device does not have: WEP, say, or OWE.
    Unsupported,
}

impl From<SecurityKind> for Security {
    fn from(kind: SecurityKind) -> Self {
        match kind {
            SecurityKind::Open => Self::Open,
            SecurityKind::Wpa2 | SecurityKind::FtPsk => Self::Wpa2,
            SecurityKind::Wpa2Wpa3 => Self::Wpa2Wpa3,
            SecurityKind::Wpa3 => Self::Wpa3,
            SecurityKind::Enterprise => Self::Enterprise,
            SecurityKind::Unsupported => Self::Unsupported,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A network that is near, joined with `passphrase`.
    pub(in crate::radio) fn network(name: &str) -> Network {
        Network {
            ssid: Ssid::new(name.as_bytes()).unwrap(),
            bssid: MacAddress([2, 0, 0, 0, 0, 1]),
            security: Security::Wpa2,
            passphrase: Passphrase::new(b"passphrase").unwrap(),
            channel: 6,
            signal: -50,
            on_air: true,
            boots_in: Duration::ZERO,
            beacon_phase: Duration::ZERO,
            hidden: false,
            subnet: Subnet::new(None, None, None),
            address: Some(Ipv4Addr::new(192, 168, 1, 77)),
            five_ghz: false,
            only_fast_transition: false,
            ends_join: None,
            presence: Presence::default(),
        }
    }
}

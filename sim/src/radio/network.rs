//! A network other than the device's own: a home router's or a neighbour's.

use std::net::Ipv4Addr;

use serde::Deserialize;
use vestibule_core::{MacAddress, Passphrase, ScanRecord, Security, Ssid};

use super::Lan;

/// A router's network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its name; empty for one that hides it.
    pub ssid: Ssid,
    /// Its access point's hardware address.
    pub bssid: MacAddress,
    /// How it is protected.
    pub security: Security,
    /// What it is joined with.
    pub passphrase: Passphrase,
    /// Its channel.
    pub channel: u8,
    /// How strong the device hears it, in dBm.
    pub signal: i8,
    /// Whether it is on the air now.
    pub on_air: bool,
    /// Whether it hides its name in beacons. It can be joined by whoever knows it.
    pub hidden: bool,
    /// What is behind its access point.
    pub lan: Lan,
    /// The address that it gives the device without being asked, where the driver has no routers.
    pub address: Option<Ipv4Addr>,
}

impl Network {
    /// How the device hears it in a scan.
    pub fn as_heard(&self) -> ScanRecord {
        ScanRecord {
            ssid: if self.hidden { Ssid::EMPTY } else { self.ssid },
            bssid: self.bssid,
            channel: self.channel,
            signal: self.signal,
            security: self.security,
        }
    }
}

/// A network's security, as scenarios write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecurityKind {
    /// No passphrase.
    Open,
    /// WPA2.
    Wpa2,
    /// WPA2 and WPA3.
    Wpa2Wpa3,
    /// WPA3 only.
    Wpa3,
    /// User name or certificate.
    Enterprise,
}

impl From<SecurityKind> for Security {
    fn from(kind: SecurityKind) -> Self {
        match kind {
            SecurityKind::Open => Self::Open,
            SecurityKind::Wpa2 => Self::Wpa2,
            SecurityKind::Wpa2Wpa3 => Self::Wpa2Wpa3,
            SecurityKind::Wpa3 => Self::Wpa3,
            SecurityKind::Enterprise => Self::Enterprise,
        }
    }
}

//! Snapshots of what only a picture of a world needs: the networks around it, and its flash. A trace has them
//! where that was asked for ([`crate::trace::Trace::record_details`]), and only when they have changed. Of the
//! flash they say where it changed and never what it holds, because that may be a passphrase.

use vestibule_core::{AccessPointSecurity, Config, Security};

use super::virtual_time::DEVICE_MAC;
use crate::flash::{Flash, SECTOR};
use crate::radio::{Air, Network};
use crate::trace::What;

/// The last snapshots.
#[derive(Default)]
pub(super) struct Snapshots {
    networks: Vec<What>,
    /// The device's own network.
    access_point: Option<What>,
    flash: Vec<u8>,
    /// The flash's version at its last snapshot.
    flash_version: Option<u64>,
}

impl Snapshots {
    /// Snapshots of the networks that have changed.
    pub(super) fn changed_networks(&mut self, networks: &[Network]) -> Vec<What> {
        let last = std::mem::take(&mut self.networks);
        self.networks = networks.iter().map(of_network).collect();
        let is_changed = |(number, snapshot): &(usize, &What)| last.get(*number) != Some(*snapshot);
        let changed = self.networks.iter().enumerate().filter(is_changed);
        changed.map(|(_, snapshot)| snapshot.clone()).collect()
    }

    /// A snapshot of the device's access point if that has changed. The device does not receive it itself.
    pub(super) fn changed_access_point(&mut self, config: &Config, air: &Air) -> Option<What> {
        let security = match config.access_point_security {
            AccessPointSecurity::Open => Security::Open,
            AccessPointSecurity::Wpa2(_) => Security::Wpa2,
            AccessPointSecurity::Wpa2Wpa3(_) => Security::Wpa2Wpa3,
            AccessPointSecurity::Wpa3(_) => Security::Wpa3,
        };
        let snapshot = What::Network {
            ssid: config.name.to_string(),
            bssid: DEVICE_MAC.to_string(),
            channel: air.channel(),
            signal: 0,
            security: security_name(security).into(),
            hidden: false,
            on_air: air.access_point_is_up(),
        };
        let is_changed = self.access_point.as_ref() != Some(&snapshot);
        is_changed.then(|| self.access_point.insert(snapshot).clone())
    }

    /// Snapshots of the flash sectors that have changed. The first time, that is all of them.
    pub(super) fn changed_sectors(&mut self, flash: &Flash) -> Vec<What> {
        let version = Some(flash.version());
        if std::mem::replace(&mut self.flash_version, version) == version {
            return Vec::new();
        }
        let last = std::mem::replace(&mut self.flash, flash.bytes());
        let sectors = self.flash.chunks(SECTOR).zip(flash.wear()).enumerate();
        let snapshots = sectors.filter_map(|(sector, (bytes, wear))| {
            let used = bytes.iter().filter(|byte| **byte != 0xff).count();
            let old = last.get(sector * SECTOR..).and_then(|rest| rest.get(..SECTOR));
            let (at, changed) = match old {
                None => (0, 0),
                Some(old) => changed_bytes(old, bytes)?,
            };
            Some(What::Flash { sector, wear, used, at, changed })
        });
        snapshots.collect()
    }
}

/// Where the first changed byte of a sector is, and how many bytes there are from there to the last one.
fn changed_bytes(old: &[u8], new: &[u8]) -> Option<(usize, usize)> {
    let is_changed = |at: &usize| old.get(*at) != new.get(*at);
    let first = (0..SECTOR).find(is_changed)?;
    let last = (first..SECTOR).rfind(is_changed).unwrap_or(first);
    Some((first, last - first + 1))
}

fn of_network(network: &Network) -> What {
    What::Network {
        ssid: network.ssid.to_string(),
        bssid: network.bssid.to_string(),
        channel: network.channel,
        signal: network.strength(),
        security: security_name(network.security).into(),
        hidden: network.hidden,
        on_air: network.on_air,
    }
}

/// As routers' labels and phones' settings call it.
pub(crate) fn security_name(security: Security) -> &'static str {
    match security {
        Security::Open => "open",
        Security::Wpa2 => "WPA2",
        Security::Wpa2Wpa3 => "WPA2/WPA3",
        Security::Wpa3 => "WPA3",
        Security::Enterprise => "Enterprise",
        Security::Unsupported => "another protection",
    }
}

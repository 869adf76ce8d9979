//! What only a picture of a world needs: how the networks around it stand and what has moved in its
//! flash. Written into the trace where that was asked for ([`crate::trace::Trace::record_details`]), and
//! only when it has changed. Of the flash it tells where, never what: that may be a passphrase.

use vestibule_core::{AccessPointSecurity, Instant, Security};

use super::World;
use super::virtual_time::DEVICE_MAC;
use crate::flash::SECTOR;
use crate::radio::Network;
use crate::trace::What;

/// What was last written down.
#[derive(Default)]
pub(super) struct Snapshots {
    networks: Vec<What>,
    /// The device's own.
    access_point: Option<What>,
    flash: Vec<u8>,
    /// The flash's version then.
    version: Option<u64>,
}

impl World {
    /// Writes down what has changed since the last time, if details are wanted.
    pub(super) fn record_snapshots(&mut self, now: Instant) {
        if !self.trace.has_details() {
            return;
        }
        let changed: Vec<(usize, What)> = (0..)
            .zip(self.air.networks())
            .map(|(number, network)| (number, of_network(network)))
            .filter(|(number, stands)| self.snapshots.networks.get(*number) != Some(stands))
            .collect();
        for (number, stands) in changed {
            if number < self.snapshots.networks.len() {
                self.snapshots.networks[number] = stands.clone();
            } else {
                self.snapshots.networks.push(stands.clone());
            }
            self.note_world(now, stands);
        }
        let own = self.own_network();
        if self.snapshots.access_point.as_ref() != Some(&own) {
            self.snapshots.access_point = Some(own.clone());
            self.note_device(now, own);
        }
        let version = Some(self.flash.version());
        if self.snapshots.version != version {
            self.snapshots.version = version;
            self.note_flash(now);
        }
    }

    /// The device's access point, which it does not hear itself.
    fn own_network(&mut self) -> What {
        let config = self.device.config();
        let (name, security) = (
            config.name,
            match config.access_point_security {
                AccessPointSecurity::Open => Security::Open,
                AccessPointSecurity::Wpa2(_) => Security::Wpa2,
                AccessPointSecurity::Wpa2Wpa3(_) => Security::Wpa2Wpa3,
                AccessPointSecurity::Wpa3(_) => Security::Wpa3,
            },
        );
        What::Network {
            ssid: name.to_string(),
            bssid: DEVICE_MAC.to_string(),
            channel: self.air.channel(),
            signal: 0,
            security: security_name(security).into(),
            hidden: false,
            on_air: self.air.access_point_is_up(),
        }
    }

    fn note_flash(&mut self, now: Instant) {
        let (bytes, wear) = (self.flash.bytes(), self.flash.wear());
        let before = std::mem::replace(&mut self.snapshots.flash, bytes);
        let sectors = self.snapshots.flash.chunks(SECTOR).zip(wear).enumerate();
        let mut changes = Vec::new();
        for (sector, (holds, wear)) in sectors {
            let used = holds.iter().filter(|byte| **byte != 0xff).count();
            let old = before.get(sector * SECTOR..).and_then(|rest| rest.get(..SECTOR));
            let (at, changed) = match old {
                None => (0, 0),
                Some(old) => {
                    let differs = |at: &usize| old.get(*at) != holds.get(*at);
                    let Some(first) = (0..SECTOR).find(differs) else { continue };
                    let last = (first..SECTOR).rfind(differs).unwrap_or(first);
                    (first, last - first + 1)
                }
            };
            changes.push(What::Flash { sector, wear, used, at, changed });
        }
        changes.into_iter().for_each(|what| self.note_device(now, what));
    }
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
pub fn security_name(security: Security) -> &'static str {
    match security {
        Security::Open => "open",
        Security::Wpa2 => "WPA2",
        Security::Wpa2Wpa3 => "WPA2/WPA3",
        Security::Wpa3 => "WPA3",
        Security::Enterprise => "Enterprise",
    }
}

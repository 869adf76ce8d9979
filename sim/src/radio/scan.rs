//! Scans: on which channel the radio is at which time, and which networks it receives there.
//!
//! # How faithfully
//!
//! As ESP-IDF's scan with its defaults (`esp_wifi_set_scan_parameters` names them): on channels
//! 1 to 11 it asks (a probe request) and listens for 120 ms, on 12 to 14 it only listens, for
//! 360 ms, and between two channels it is back on its own for 30 ms so that the access point is not
//! lost. A network is heard when its beacon fell into the dwell or it answered a probe. Beacons
//! come every 102.4 ms (100 time units, IEEE 802.11-2020 section 9.4.1.3), at a phase of each
//! network's own. A hidden network leaves its name out of beacons and answers only probes for
//! that name. A scan for one name reports the networks of that name alone (ESP-IDF, `wifi_scan_config_t`, `ssid`).
//! Simplified: a network that overlaps from the next channel is not heard, and what a
//! network was at the end of a dwell it was throughout.

use std::time::Duration;

use vestibule_core::{Instant, Ssid};

use super::network::Network;
use super::packet_loss::PacketLoss;

/// The time between two beacons.
pub(crate) const BEACON_INTERVAL: Duration = Duration::from_micros(102_400);
/// The channels, 2.4 GHz.
const CHANNELS: u8 = 14;
/// The last channel on which the radio may transmit before it has received anything there: ESP-IDF's
/// default country, "world safe".
const LAST_ACTIVE: u8 = 11;
/// Time on a channel where it asks.
const ACTIVE_DWELL: Duration = Duration::from_millis(120);
/// Time on a channel where it only listens.
const PASSIVE_DWELL: Duration = Duration::from_millis(360);
/// Time back on its own channel between two others.
const HOME_DWELL: Duration = Duration::from_millis(30);

/// A round through channels, from its beginning on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    began: Instant,
    first: u8,
    last: u8,
    asked: Option<Ssid>,
}

/// A stay on one channel, called a dwell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dwell {
    pub(super) channel: u8,
    pub(super) from: Instant,
    pub(super) to: Instant,
}

impl Scan {
    /// Through all channels.
    pub(super) fn of_all(began: Instant) -> Self {
        Self { began, first: 1, last: CHANNELS, asked: None }
    }

    /// On one channel.
    pub(super) fn of_one(channel: u8, began: Instant) -> Self {
        Self { began, first: channel, last: channel, asked: None }
    }

    /// For one name, or for every one.
    pub(super) fn asking(self, asked: Option<Ssid>) -> Self {
        Self { asked, ..self }
    }

    /// The name that it asks for.
    pub(super) fn asked(&self) -> Option<Ssid> {
        self.asked
    }

    pub(super) fn is_of_one(&self) -> bool {
        self.first == self.last
    }

    /// Its stays, in order.
    pub(super) fn dwells(&self) -> impl Iterator<Item = Dwell> {
        let mut next = self.began;
        (self.first..=self.last).map(move |channel| {
            let from = next;
            let to = from + if channel <= LAST_ACTIVE { ACTIVE_DWELL } else { PASSIVE_DWELL };
            next = to + HOME_DWELL;
            Dwell { channel, from, to }
        })
    }

    /// The first stay that is over after that moment.
    pub(super) fn dwell_after(&self, now: Instant) -> Option<Dwell> {
        self.dwells().find(|dwell| dwell.to > now)
    }

    /// The stay that ends at that moment.
    pub(super) fn dwell_until(&self, now: Instant) -> Option<Dwell> {
        self.dwells().find(|dwell| dwell.to == now)
    }

    /// The channel that it listens on at that moment; `None` while it is back on its own.
    pub(super) fn channel_at(&self, now: Instant) -> Option<u8> {
        let dwell = self.dwell_after(now)?;
        (dwell.from <= now).then_some(dwell.channel)
    }
}

impl Dwell {
    /// Whether a network is received in this dwell, by its beacon or by its answer to a probe for the name
    /// `asked`, or for any name.
    pub(super) fn receives(
        &self,
        network: &Network,
        asked: Option<&Ssid>,
        packet_loss: &mut PacketLoss,
    ) -> bool {
        if !network.on_air || network.five_ghz || network.channel != self.channel {
            return false;
        }
        let signal = network.strength();
        let beacon = self.beacons(network).any(|_| packet_loss.broadcast(signal));
        // The beacon is enough unless the scan is for a name that the beacon does not have.
        if beacon && (asked.is_none() || !network.hidden) {
            return true;
        }
        let is_meant = asked.map_or(!network.hidden, |asked| *asked == network.ssid);
        let may_ask = self.channel <= LAST_ACTIVE || beacon;
        may_ask && is_meant && packet_loss.broadcast(signal) && packet_loss.unicast(signal)
    }

    /// How many beacons of the network fall into it.
    fn beacons(&self, network: &Network) -> impl Iterator<Item = u64> + use<> {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (interval, phase) = (micros(BEACON_INTERVAL), micros(network.beacon_phase));
        let from = self.from.max(network.presence.since).as_micros();
        let before = |moment: u64| (moment + interval - 1).saturating_sub(phase) / interval;
        before(from)..before(self.to.as_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radio::network::tests::network;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn a_scan_is_off_its_own_channel_for_its_dwells_and_back_between() {
        let scan = Scan::of_all(at(1000));
        let dwells: Vec<Dwell> = scan.dwells().collect();
        assert_eq!(dwells.len(), 14);
        assert_eq!(dwells[1], Dwell { channel: 2, from: at(1150), to: at(1270) });
        assert_eq!(dwells[13], Dwell { channel: 14, from: at(3430), to: at(3790) });
        for (millis, channel) in
            [(999, None), (1000, Some(1)), (1119, Some(1)), (1120, None), (1150, Some(2)), (3790, None)]
        {
            assert_eq!(scan.channel_at(at(millis)), channel, "{millis}");
        }
        assert_eq!(scan.dwell_until(at(1270)).map(|dwell| dwell.channel), Some(2));
    }

    #[test]
    fn beacons_come_at_the_networks_own_phase() {
        let mut network = network("Home");
        network.beacon_phase = Duration::from_millis(50);
        let beacons = |from, to| {
            let (from, to) = (Instant::from_micros(from), Instant::from_micros(to));
            Dwell { channel: 6, from, to }.beacons(&network).count()
        };
        assert_eq!(beacons(0, 50_000), 0);
        assert_eq!(beacons(0, 50_001), 1);
        assert_eq!(beacons(50_000, 152_400), 1);
        assert_eq!(beacons(50_001, 152_401), 1);
        assert_eq!(beacons(0, 1_024_000), 10);
    }

    #[test]
    fn a_hidden_network_is_received_without_a_name_and_found_by_a_probe_for_its_name() {
        let mut packet_loss = PacketLoss::new(1);
        let mut network = network("Home");
        let dwell = Dwell { channel: 6, from: at(0), to: at(120) };
        let (home, away) = (network.ssid, Ssid::new(b"Away").unwrap());
        assert!(dwell.receives(&network, None, &mut packet_loss));
        network.hidden = true;
        assert!(dwell.receives(&network, None, &mut packet_loss) && network.scan_record().ssid.is_empty());
        assert!(dwell.receives(&network, Some(&home), &mut packet_loss));
        assert!(!dwell.receives(&network, Some(&away), &mut packet_loss));
        // A stay too short for a beacon, on a channel where the radio may not ask first.
        network.channel = 13;
        network.beacon_phase = Duration::from_millis(90);
        let short = Dwell { channel: 13, from: at(0), to: at(80) };
        assert!(!short.receives(&network, Some(&home), &mut packet_loss));
        assert!(Dwell { to: at(100), ..short }.receives(&network, Some(&home), &mut packet_loss));
        network.on_air = false;
        assert!(!dwell.receives(&network, None, &mut packet_loss));
    }
}

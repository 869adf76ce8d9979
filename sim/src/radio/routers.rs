//! What happens to networks: they boot, go off the air, fade, change their passphrase or channel;
//! and how the device learns that the one it is on is gone.
//!
//! # How faithfully
//!
//! A router that goes off the air says nothing: Espressif's driver notices after [`BEACON_TIMEOUT`]
//! without a beacon (`esp_wifi_set_inactive_time`: the default of a station is 6 s) and reports 200. One
//! that is back before does not know the station and says so (reason 7). One that gets another
//! passphrase restarts and says goodbye (reason 3). One that changes its channel announces that
//! in [`SWITCH_BEACONS`] beacons; a station that hears one of them follows. Access points of one
//! name are changed together.

use std::time::Duration;

use vestibule_core::{Instant, JoinFailure, Passphrase, RadioEvent, Security, Ssid};

use super::packet_loss::{CLEAR, delivered_per_mille};
use super::reason::{BEACONS_LOST, LEAVING, NOT_ASSOCIATED};
use super::{Air, BEACON_INTERVAL, Due, JoinEnd, Message, Network, Report, Sender, Station};

/// After how long without a beacon a station gives its network up.
const BEACON_TIMEOUT: Duration = Duration::from_secs(6);
/// Beacons in which a router announces that it changes its channel. Chosen: routers differ.
const SWITCH_BEACONS: u32 = 5;
/// How long that takes.
pub(crate) const SWITCH_COUNTDOWN: Duration =
    Duration::from_micros(BEACON_INTERVAL.as_micros() as u64 * SWITCH_BEACONS as u64);

impl Air {
    fn named(&self, ssid: &[u8]) -> Vec<usize> {
        let named = self.networks.iter().enumerate().filter(|(_, network)| network.ssid.as_bytes() == ssid);
        named.map(|(number, _)| number).collect()
    }

    /// Whether a device that knows the passphrase of the first network of that name gets onto a
    /// network of that name now, for certain: the strongest decides, as for a station, and what leads
    /// nowhere may be refused.
    pub(crate) fn can_be_joined(&self, ssid: &Ssid) -> bool {
        let mut named = self.networks.iter().filter(|network| network.ssid == *ssid);
        let Some(known) = named.next().map(|network| (&network.passphrase, network.passphrase.is_open()))
        else {
            return false;
        };
        let audible = |network: &&Network| {
            network.ssid == *ssid
                && network.on_air
                && !network.five_ghz
                && self.capabilities.may_use(network.channel)
                && !matches!(network.security, Security::Enterprise | Security::Unsupported)
                && network.passphrase.is_open() == known.1
                && network.strength() >= CLEAR
        };
        let numbered = self.networks.iter().enumerate().filter(|(_, network)| audible(network));
        let strongest = numbered.max_by_key(|(_, network)| network.strength());
        strongest.is_some_and(|(number, network)| {
            let leads_on = network.subnet.gateway.answers();
            let ends = |end: JoinEnd| end.goes_on() && (!end.stale_pmksa || self.has_stale_pmksa(number));
            let lets_on = !network.ends_join.is_some_and(ends) && !network.only_fast_transition;
            network.subnet.offers_in_time() && leads_on && lets_on && network.is_opened_by(known.0)
        })
    }

    /// Routers that are switched on boot, each for as long as it takes; or they go off the air.
    pub(crate) fn set_on_air(&mut self, ssid: &[u8], on_air: bool, now: Instant) {
        for number in self.named(ssid) {
            let network = &mut self.networks[number];
            network.presence.switched += 1;
            if on_air {
                let (after, switched) = (network.boots_in, network.presence.switched);
                self.enter(now + after, Due::RouterUp { network: number, switched });
            } else {
                self.goes_off(number, now);
            }
        }
    }

    /// Networks go off the air for that long, whatever their routers' boots take.
    pub(crate) fn interrupt(&mut self, ssid: &[u8], lasts: Duration, now: Instant) {
        for number in self.named(ssid) {
            // A network that the script has switched off stays off.
            if self.networks[number].on_air {
                self.networks[number].presence.switched += 1;
                let switched = self.networks[number].presence.switched;
                self.goes_off(number, now);
                self.enter(now + lasts, Due::RouterUp { network: number, switched });
            }
        }
    }

    fn goes_off(&mut self, number: usize, now: Instant) {
        self.networks[number].on_air = false;
        self.schedule_link_check(number, now);
    }

    pub(super) fn router_is_up(&mut self, number: usize, switched: u64, now: Instant) {
        let network = &mut self.networks[number];
        if network.presence.switched != switched || network.on_air {
            return;
        }
        network.on_air = true;
        network.presence.since = now;
        if self.is_on(number) {
            self.router_transmits(number, Message::Deauthentication(NOT_ASSOCIATED), false);
            self.lose_link(NOT_ASSOCIATED);
        }
    }

    /// Routers get another passphrase and restart: a device on one loses it.
    pub(crate) fn set_passphrase(&mut self, ssid: &[u8], passphrase: &Passphrase) {
        for number in self.named(ssid) {
            self.networks[number].passphrase = passphrase.clone();
            if self.is_on(number) {
                self.router_transmits(number, Message::Deauthentication(LEAVING), false);
                self.lose_link(LEAVING);
            }
        }
    }

    /// Networks are heard that strong from now on, in dBm.
    pub(crate) fn set_signal(&mut self, ssid: &[u8], signal: i8, now: Instant) {
        for number in self.named(ssid) {
            self.networks[number].signal = signal;
            self.schedule_link_check(number, now);
        }
    }

    /// Routers lend addresses for so long.
    pub(crate) fn lend_for(&mut self, ssid: &[u8], lease: Duration) {
        for number in self.named(ssid) {
            self.networks[number].subnet.lease = lease;
        }
    }

    /// Routers keep another address for the device.
    pub(crate) fn keep_another_address(&mut self, ssid: &[u8]) {
        for number in self.named(ssid) {
            self.networks[number].subnet.keep_another_address();
        }
    }

    /// Networks are heard so many dB weaker for that long.
    pub(crate) fn fade(&mut self, ssid: &[u8], by: u8, lasts: Duration, now: Instant) {
        for number in self.named(ssid) {
            let presence = &mut self.networks[number].presence;
            let by = by.min(u8::MAX - presence.fade);
            presence.fade += by;
            self.enter(now + lasts, Due::FadeOver { network: number, by });
            self.schedule_link_check(number, now);
        }
    }

    pub(super) fn fade_is_over(&mut self, number: usize, by: u8) {
        self.networks[number].presence.fade -= by;
    }

    /// Routers announce that they move to another channel, and do so.
    pub(crate) fn move_network(&mut self, ssid: &[u8], to: u8, now: Instant) {
        for number in self.named(ssid) {
            self.enter(now + SWITCH_COUNTDOWN, Due::RouterMoves { network: number, to });
            if self.is_on(number) && self.networks[number].on_air {
                self.router_transmits(number, Message::ChannelSwitch(to), false);
            }
        }
    }

    pub(super) fn router_moves(&mut self, number: usize, to: u8, now: Instant) {
        self.networks[number].channel = to;
        if !self.is_on(number) {
            return;
        }
        let (on_air, signal) = (self.networks[number].on_air, self.networks[number].strength());
        let heard = on_air
            && self.capabilities.may_use(to)
            && (0..SWITCH_BEACONS).any(|_| self.packet_loss.broadcast(signal));
        if heard { self.move_to(to) } else { self.schedule_link_check(number, now) }
    }

    fn is_on(&self, number: usize) -> bool {
        self.association().is_some_and(|association| association.network == number)
    }

    /// Whether anything of the network reaches the station at all.
    fn is_within_reach(&self, number: usize) -> bool {
        let network = &self.networks[number];
        network.on_air && network.channel == self.channel && delivered_per_mille(network.strength()) > 0
    }

    /// Schedules the check whether the station's network is still received, if it is not received now.
    fn schedule_link_check(&mut self, number: usize, now: Instant) {
        if self.is_on(number) && !self.is_within_reach(number) {
            self.enter(now + BEACON_TIMEOUT, Due::LinkCheck { attempt: self.attempts, network: number });
        }
    }

    pub(super) fn check_link(&mut self, attempt: u64, number: usize) {
        if attempt == self.attempts && self.is_on(number) && !self.is_within_reach(number) {
            self.lose_link(BEACONS_LOST);
        }
    }

    pub(super) fn lose_link(&mut self, reason: u16) {
        let asked = matches!(std::mem::take(&mut self.station), Station::AwaitingAddress { .. });
        self.reports.push_back(Report::LinkLost { reason });
        // Without an address yet, the join has failed.
        let unknown = RadioEvent::JoinFailed(JoinFailure::Unknown);
        self.reports.push_back(Report::Device(if asked { unknown } else { RadioEvent::Disconnected }));
    }

    /// The router ends what has just been joined.
    pub(super) fn is_dismissed(&mut self, attempt: u64, number: usize, reason: u16) {
        if attempt == self.attempts && self.is_on(number) {
            self.router_transmits(number, Message::Deauthentication(reason), false);
            self.lose_link(reason);
        }
    }

    pub(super) fn router_transmits(&mut self, number: usize, message: Message, lost: bool) {
        self.reports.push_back(Report::Message { network: number, sender: Sender::Router, message, lost });
    }
}

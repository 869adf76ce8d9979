//! Path loss (how strong a network is at the device) and packet loss (how many of its frames are received there).
//!
//! Distance: the site-general indoor model of Recommendation ITU-R P.1238 for homes, without floors or
//! single walls, as the network simulator ns-3 has it (`itu-r-1238-propagation-loss-model.cc`; the
//! Recommendation's newer editions have another form). Loss: a chosen curve. Fading, interference and
//! the place of furniture are not modelled; a scenario that needs them says a signal, or changes it
//! with time.
//!
//! Unverified is the curve between [`SILENT`] and [`CLEAR`]. It decides how often a network
//! in that band is received and joined, and has no effect on stronger networks. A campaign's verdict on
//! the portal depends on it only through which joins fail, and all kinds of failures come up in scripts
//! and faults as well.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::random_streams::{RandomStream, stream};

/// What a router radiates, in dBm: the most that European rules allow at 2.4 GHz (wireless-regdb, 100 mW
/// for the countries under ETSI's rules).
const RADIATED: f64 = 20.0;
/// Loss over the first metre: 20 log10 f - 28 with f = 2437 MHz, channel 6 (ITU-R P.1238, as above).
const FIRST_METRE: f64 = 39.7;
/// Loss for each tenfold distance in a home (the same, coefficient N for residential buildings).
const TENFOLD: f64 = 28.0;

/// From this signal on nothing is lost, in dBm. Chosen.
pub(super) const CLEAR: i8 = -80;
/// Up to this signal nothing is heard, in dBm: the sensitivity of an ESP32 at 1 Mbit/s, the rate of
/// beacons, as articles on its receiver in Espressif's forum state it (esp32.com, topic 3096).
const SILENT: i8 = -97;

/// How often a frame to one station is sent until its acknowledgement comes: the long-standing
/// default of dot11ShortRetryLimit (IEEE 802.11-2020 annex C).
const TRIES: u32 = 7;

/// How strong a router is so many metres away, in dBm.
pub(crate) fn signal_at(metres: f64) -> i8 {
    let loss = FIRST_METRE + TENFOLD * metres.max(1.0).log10();
    // From 20 dBm down, so it fits; what is below -100 cannot be heard anyway.
    (RADIATED - loss).round().max(-120.0) as i8
}

/// How many of a thousand frames of that signal are received at the first try: a straight line
/// between [`SILENT`] and [`CLEAR`].
pub(super) fn delivered_per_mille(signal: i8) -> u32 {
    let above = i32::from(signal) - i32::from(SILENT);
    let whole = i32::from(CLEAR) - i32::from(SILENT);
    (above * 1000 / whole).clamp(0, 1000).unsigned_abs()
}

/// Packet loss on the air. It has one random stream of its own, and only frames that may be lost draw from it.
#[derive(Debug)]
pub(super) struct PacketLoss(ChaCha8Rng);

impl PacketLoss {
    pub(super) fn new(seed: u64) -> Self {
        Self(stream(seed, RandomStream::Radio, 0))
    }

    /// Whether a frame to everybody is heard: it is sent once.
    pub(super) fn broadcast(&mut self, signal: i8) -> bool {
        match delivered_per_mille(signal) {
            0 => false,
            1000 => true,
            share => self.0.next_u32() % 1000 < share,
        }
    }

    /// Whether a frame to one station is heard: it is repeated until it is acknowledged.
    pub(super) fn unicast(&mut self, signal: i8) -> bool {
        (0..TRIES).any(|_| self.broadcast(signal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_falls_with_distance_as_the_recommendation_says() {
        let signals = [0.1, 1.0, 10.0, 20.0, 50.0, 100.0, 1e9].map(signal_at);
        assert_eq!(signals, [-20, -20, -48, -56, -67, -76, -120]);
    }

    #[test]
    fn strong_signals_lose_nothing_and_draw_nothing_and_weak_ones_lose_more() {
        assert_eq!([-30, -80, -89, -97, -128].map(delivered_per_mille), [1000, 1000, 470, 0, 0]);
        let mut packet_loss = PacketLoss::new(1);
        assert!(
            (0..1000).all(|_| packet_loss.broadcast(CLEAR))
                && (0..1000).all(|_| !packet_loss.unicast(SILENT))
        );
        assert_eq!(
            packet_loss.0.next_u32(),
            PacketLoss::new(1).0.next_u32(),
            "what is certain draws nothing"
        );
        let heard = (0..1000).filter(|_| packet_loss.broadcast(-89)).count();
        assert!((420..520).contains(&heard), "{heard}");
        let repeated = (0..1000).filter(|_| packet_loss.unicast(-94)).count();
        // 1 - (1 - 0.176) ^ 7
        assert!((690..790).contains(&repeated), "{repeated}");
    }
}

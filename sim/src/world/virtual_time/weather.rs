//! What the air does to a frame besides carrying it: loses it, delays it, doubles it, spoils it.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vestibule_core::Instant;

/// How likely what is to befall a frame, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// It is lost.
    pub lost: u16,
    /// It arrives twice.
    pub doubled: u16,
    /// It arrives with a bit turned.
    pub spoiled: u16,
    /// It arrives later by up to this much, so that others may overtake it.
    pub jitter: Duration,
}

/// The air's temper.
pub(super) struct Weather {
    random: ChaCha8Rng,
    fate: Fate,
}

impl Weather {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), fate: Fate::default() }
    }

    /// The frames that come of one frame, each with the delay that is added to its way.
    pub(super) fn pass(&mut self, frame: Vec<u8>, _now: Instant) -> Vec<(Duration, Vec<u8>)> {
        let fate = self.fate;
        if self.happens(fate.lost) {
            return Vec::new();
        }
        let mut passed = Vec::with_capacity(1);
        if self.happens(fate.doubled) {
            passed.push((self.delay(), frame.clone()));
        }
        let mut frame = frame;
        if self.happens(fate.spoiled) {
            self.spoil(&mut frame);
        }
        passed.push((self.delay(), frame));
        passed
    }

    fn happens(&mut self, thousandths: u16) -> bool {
        thousandths > 0 && self.random.next_u32() % 1000 < u32::from(thousandths)
    }

    fn delay(&mut self) -> Duration {
        let most = u64::try_from(self.fate.jitter.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(if most == 0 { 0 } else { self.random.next_u64() % (most + 1) })
    }

    /// Turns a bit behind the Ethernet header: the checksums of IP and what it carries notice.
    fn spoil(&mut self, frame: &mut [u8]) {
        const HEADER: usize = 14;
        let at = self.random.next_u32() as usize;
        if let Some(bytes) = frame.get_mut(HEADER..).filter(|bytes| !bytes.is_empty()) {
            let length = bytes.len();
            bytes[at % length] ^= 1 << (at >> 24 & 7);
        }
    }
}

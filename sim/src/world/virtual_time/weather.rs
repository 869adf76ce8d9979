//! What the air does to a frame besides carrying it: loses it, delays it, doubles it, spoils it,
//! as long as the scenario's faults last.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use vestibule_core::Instant;

use crate::fault::{Fault, Side, Timed};

/// A fault of frames and when it rages.
struct Spell {
    from: Instant,
    until: Instant,
    fault: Fault,
    /// Of bursts: whether the air is in its bad state.
    bad: bool,
}

/// The air's temper.
pub(super) struct Weather {
    random: ChaCha8Rng,
    spells: Vec<Spell>,
}

/// What befalls one frame.
#[derive(Default)]
struct Fate {
    lost: bool,
    doubled: bool,
    spoiled: bool,
    delay: Duration,
}

impl Weather {
    pub(super) fn new<'a>(random: ChaCha8Rng, faults: impl Iterator<Item = &'a Timed>) -> Self {
        let begin = Instant::from_micros(0);
        let spells = faults
            .filter(|timed| timed.fault.is_of_frames())
            .map(|timed| {
                let until = match &timed.fault {
                    // Until the last frame sets out, not until it is there.
                    Fault::Delay { lasts, .. }
                    | Fault::Jitter { lasts, .. }
                    | Fault::Reorder { lasts, .. } => timed.at + *lasts,
                    _ => timed.ends(),
                };
                Spell { from: begin + timed.at, until: begin + until, fault: timed.fault.clone(), bad: false }
            })
            .collect();
        Self { random, spells }
    }

    /// The frames that come of one frame of `sender`, each with the delay that is added to its way.
    pub(super) fn pass(&mut self, frame: Vec<u8>, sender: Side, now: Instant) -> Vec<(Duration, Vec<u8>)> {
        let mut fate = Fate::default();
        for spell in &mut self.spells {
            if (spell.from..spell.until).contains(&now) {
                spell.befall(&mut fate, sender, &mut self.random);
            }
        }
        if fate.lost {
            return Vec::new();
        }
        let mut passed = Vec::with_capacity(1);
        if fate.doubled {
            passed.push((fate.delay, frame.clone()));
        }
        let mut frame = frame;
        if fate.spoiled {
            spoil(&mut frame, &mut self.random);
        }
        passed.push((fate.delay, frame));
        passed
    }
}

impl Spell {
    fn befall(&mut self, fate: &mut Fate, sender: Side, random: &mut ChaCha8Rng) {
        match &self.fault {
            Fault::Loss { percent, .. } => fate.lost |= happens(*percent, random),
            Fault::Bursts { percent, length, .. } => {
                self.bad = next_state(self.bad, *percent, *length, random);
                fate.lost |= self.bad;
            }
            Fault::Delay { by, .. } => fate.delay += *by,
            Fault::Jitter { by, .. } => {
                let most = u64::try_from(by.as_micros()).unwrap_or(u64::MAX - 1);
                fate.delay += Duration::from_micros(random.next_u64() % (most + 1));
            }
            Fault::Reorder { percent, by, .. } if happens(*percent, random) => fate.delay += *by,
            Fault::Duplicate { percent, .. } => fate.doubled |= happens(*percent, random),
            Fault::Corrupt { percent, .. } => fate.spoiled |= happens(*percent, random),
            Fault::OneWay { from, .. } => fate.lost |= *from == sender,
            _ => {}
        }
    }
}

fn happens(percent: u8, random: &mut ChaCha8Rng) -> bool {
    random.next_u32() % 100 < u32::from(percent)
}

/// A step of the Gilbert-Elliott chain with a mean share and a mean length of bursts: out of the
/// bad state with 1 / length, into it with (share / (1 - share)) / length. Where that is more than
/// certain, bursts are longer than asked for.
fn next_state(bad: bool, percent: u8, length: u8, random: &mut ChaCha8Rng) -> bool {
    const CERTAIN: u32 = 1_000_000;
    let share = u32::from(percent) * CERTAIN / (100 - u32::from(percent));
    let length = u32::from(length).max(share.div_ceil(CERTAIN));
    let draw = random.next_u32() % CERTAIN;
    if bad { draw >= CERTAIN / length } else { draw < share / length }
}

/// Turns a bit behind the Ethernet header: the checksums of IP and what it carries notice.
fn spoil(frame: &mut [u8], random: &mut ChaCha8Rng) {
    const HEADER: usize = 14;
    let at = random.next_u32() as usize;
    if let Some(bytes) = frame.get_mut(HEADER..).filter(|bytes| !bytes.is_empty()) {
        let length = bytes.len();
        bytes[at % length] ^= 1 << (at >> 24 & 7);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random_streams::{RandomStream, stream};

    const SECOND: Duration = Duration::from_secs(1);

    /// What becomes of a thousand frames that set out in the second of the fault.
    fn thousand(fault: Fault) -> Vec<Vec<(Duration, Vec<u8>)>> {
        let timed = Timed { at: SECOND, fault };
        let mut weather = Weather::new(stream(1, RandomStream::Impairment, 0), [&timed].into_iter());
        let before = weather.pass(vec![7; 60], Side::Device, Instant::from_micros(999_999));
        let after = weather.pass(vec![7; 60], Side::Device, Instant::from_micros(2_000_000));
        assert_eq!((before.len(), after.len()), (1, 1), "it rages outside its time");
        (0..1000).map(|_| weather.pass(vec![7; 60], Side::Device, Instant::from_micros(1_500_000))).collect()
    }

    #[test]
    fn every_fault_of_frames_does_what_it_says() {
        let (by, lasts) = (SECOND / 10, SECOND);
        let lost = |fault| thousand(fault).iter().filter(|frames| frames.is_empty()).count();
        assert!((250..350).contains(&lost(Fault::Loss { percent: 30, lasts })));
        assert!((200..400).contains(&lost(Fault::Bursts { percent: 30, length: 5, lasts })));
        assert_eq!(lost(Fault::OneWay { from: Side::Device, lasts }), 1000);
        assert_eq!(lost(Fault::OneWay { from: Side::Phones, lasts }), 0);
        let delayed =
            |fault| thousand(fault).into_iter().flatten().filter(|(delay, _)| !delay.is_zero()).count();
        assert_eq!(delayed(Fault::Delay { by, lasts }), 1000);
        assert!(delayed(Fault::Jitter { by, lasts }) > 990);
        assert!((250..350).contains(&delayed(Fault::Reorder { percent: 30, by, lasts })));
        let doubled = thousand(Fault::Duplicate { percent: 30, lasts });
        assert!((250..350).contains(&doubled.iter().filter(|frames| frames.len() == 2).count()));
        let spoiled = thousand(Fault::Corrupt { percent: 30, lasts });
        let spoiled = spoiled.iter().flatten().filter(|(_, frame)| frame.iter().any(|byte| *byte != 7));
        assert!((250..350).contains(&spoiled.count()));
    }

    #[test]
    fn bursts_are_as_long_as_they_say() {
        let frames = thousand(Fault::Bursts { percent: 30, length: 10, lasts: SECOND });
        let lost: Vec<bool> = frames.iter().map(Vec::is_empty).collect();
        let bursts = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        let length = lost.iter().filter(|lost| **lost).count() / bursts.max(1);
        assert!((6..=14).contains(&length), "{length} frames a burst");
    }
}

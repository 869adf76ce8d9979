//! Impairments of a link: packet loss, delay, jitter, reordering, duplication and corruption of frames, as
//! the scenario's faults say and for as long as they last. This module decides what happens to one frame at
//! a time; it does not know who sends it to whom, and changes nothing but the copy that arrives.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use vestibule_core::Instant;

use crate::fault::{Fault, Side, Timed};

/// A fault of frames and the time in which it is active.
struct ActiveFault {
    from: Instant,
    until: Instant,
    fault: Fault,
    /// Of [`Fault::Bursts`]: whether the Gilbert-Elliott chain is in its bad state.
    in_burst: bool,
}

/// The impairments of one link. Each link draws from a random stream of its own.
pub(in crate::world) struct Impairment {
    random: ChaCha8Rng,
    faults: Vec<ActiveFault>,
}

/// What happens to one frame.
#[derive(Default)]
struct FrameOutcome {
    lost: bool,
    duplicated: bool,
    corrupted: bool,
    delay: Duration,
}

impl Impairment {
    pub(in crate::world) fn new<'a>(random: ChaCha8Rng, faults: impl Iterator<Item = &'a Timed>) -> Self {
        let begin = Instant::from_micros(0);
        let faults = faults
            .filter(|timed| timed.fault.is_of_frames())
            .map(|timed| {
                let until = match &timed.fault {
                    // Until the last frame is sent, not until it has arrived.
                    Fault::Delay { lasts, .. }
                    | Fault::Jitter { lasts, .. }
                    | Fault::Reorder { lasts, .. } => timed.at + *lasts,
                    _ => timed.ends(),
                };
                let (from, until) = (begin + timed.at, begin + until);
                ActiveFault { from, until, fault: timed.fault.clone(), in_burst: false }
            })
            .collect();
        Self { random, faults }
    }

    /// The frames that arrive for one frame of `sender`, each with its additional delay: none after packet
    /// loss, two after duplication.
    pub(in crate::world) fn apply(
        &mut self,
        frame: Vec<u8>,
        sender: Side,
        now: Instant,
    ) -> Vec<(Duration, Vec<u8>)> {
        let mut outcome = FrameOutcome::default();
        for fault in &mut self.faults {
            if (fault.from..fault.until).contains(&now) {
                fault.inject(&mut outcome, sender, &mut self.random);
            }
        }
        if outcome.lost {
            return Vec::new();
        }
        let mut arriving = Vec::with_capacity(1);
        if outcome.duplicated {
            arriving.push((outcome.delay, frame.clone()));
        }
        let mut frame = frame;
        if outcome.corrupted {
            corrupt(&mut frame, &mut self.random);
        }
        arriving.push((outcome.delay, frame));
        arriving
    }
}

impl ActiveFault {
    /// Adds this fault to what happens to a frame.
    fn inject(&mut self, outcome: &mut FrameOutcome, sender: Side, random: &mut ChaCha8Rng) {
        match &self.fault {
            // Packet loss, each frame by itself.
            Fault::Loss { percent, .. } => outcome.lost |= happens(*percent, random),
            // Packet loss in bursts.
            Fault::Bursts { percent, length, .. } => {
                self.in_burst = next_burst_state(self.in_burst, *percent, *length, random);
                outcome.lost |= self.in_burst;
            }
            // Packet loss in one direction.
            Fault::OneWay { from, .. } => outcome.lost |= *from == sender,
            Fault::Delay { by, .. } => outcome.delay += *by,
            Fault::Jitter { by, .. } => {
                let most = u64::try_from(by.as_micros()).unwrap_or(u64::MAX - 1);
                outcome.delay += Duration::from_micros(random.next_u64() % (most + 1));
            }
            // Reordering: a delayed frame arrives behind frames that were sent after it.
            Fault::Reorder { percent, by, .. } if happens(*percent, random) => outcome.delay += *by,
            // Duplication.
            Fault::Duplicate { percent, .. } => outcome.duplicated |= happens(*percent, random),
            // Corruption.
            Fault::Corrupt { percent, .. } => outcome.corrupted |= happens(*percent, random),
            _ => {}
        }
    }
}

fn happens(percent: u8, random: &mut ChaCha8Rng) -> bool {
    random.next_u32() % 100 < u32::from(percent)
}

/// A step of the Gilbert-Elliott chain with a mean share and a mean length of bursts. It leaves the bad
/// state with the probability 1 / length and enters it with (share / (1 - share)) / length. Where the second
/// would be above 1, bursts are longer than asked for.
fn next_burst_state(in_burst: bool, percent: u8, length: u8, random: &mut ChaCha8Rng) -> bool {
    const CERTAIN: u32 = 1_000_000;
    let share = u32::from(percent) * CERTAIN / (100 - u32::from(percent));
    let length = u32::from(length).max(share.div_ceil(CERTAIN));
    let draw = random.next_u32() % CERTAIN;
    if in_burst { draw >= CERTAIN / length } else { draw < share / length }
}

/// Inverts a bit behind the Ethernet header, so that the checksum of IP, UDP or TCP is wrong.
fn corrupt(frame: &mut [u8], random: &mut ChaCha8Rng) {
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

    /// What arrives of a thousand frames that are sent in the second of the fault.
    fn thousand(fault: Fault) -> Vec<Vec<(Duration, Vec<u8>)>> {
        let timed = Timed { at: SECOND, fault };
        let mut impairment = Impairment::new(stream(1, RandomStream::Impairment, 0), [&timed].into_iter());
        let before = impairment.apply(vec![7; 60], Side::Device, Instant::from_micros(999_999));
        let after = impairment.apply(vec![7; 60], Side::Device, Instant::from_micros(2_000_000));
        assert_eq!((before.len(), after.len()), (1, 1), "it is active outside its time");
        (0..1000)
            .map(|_| impairment.apply(vec![7; 60], Side::Device, Instant::from_micros(1_500_000)))
            .collect()
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
        let duplicated = thousand(Fault::Duplicate { percent: 30, lasts });
        assert!((250..350).contains(&duplicated.iter().filter(|frames| frames.len() == 2).count()));
        let corrupted = thousand(Fault::Corrupt { percent: 30, lasts });
        let corrupted = corrupted.iter().flatten().filter(|(_, frame)| frame.iter().any(|byte| *byte != 7));
        assert!((250..350).contains(&corrupted.count()));
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

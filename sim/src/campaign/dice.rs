//! What campaigns draw with: numbers, times, one of several. What they draw is decided elsewhere.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::random_streams::{RandomStream, stream};

/// A stream of a campaign's own under a seed.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, of: RandomStream, number: u64) -> Self {
        Self(stream(seed, of, number))
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        // The bias of the remainder is below one in 2^50 here.
        self.0.next_u64() % end.max(1)
    }

    /// Any number of 32 bits.
    pub(super) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A whole number of milliseconds, at least one and at most `most`.
    pub(super) fn time(&mut self, most: Duration) -> Duration {
        Duration::from_millis(1 + self.below(u64::try_from(most.as_millis()).unwrap_or(u64::MAX)))
    }

    /// One of them.
    pub(super) fn one<T: Copy, const N: usize>(&mut self, of: &[T; N]) -> T {
        of[self.below(N as u64) as usize]
    }

    /// One of them; `None` where there is none.
    pub(super) fn any<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len() as u64) as usize).copied()
    }
}

//! Random bytes that the host's seed decides.

use vestibule_core::Entropy;

/// A stream of random bytes. Not for secrets, and on this machine there are none to make.
pub struct Seeded(fastrand::Rng);

impl Seeded {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A number for a network stack's first sequence numbers.
    pub fn number(&mut self) -> u64 {
        self.0.u64(..)
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

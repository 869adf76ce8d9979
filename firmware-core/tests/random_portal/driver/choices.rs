//! Where the driver's choices come from: a seed in a test, the fuzzer's input in a fuzz target.

/// What decides.
pub(crate) trait Choices {
    /// A number below `end`, which is at least 1.
    fn below(&mut self, end: u32) -> u32;

    /// Whether there is nothing more to decide by.
    fn are_used_up(&self) -> bool;

    /// One of these.
    fn one<T: Copy>(&mut self, of: &[T]) -> T
    where
        Self: Sized,
    {
        of[self.below(of.len() as u32) as usize]
    }

    /// True once in so many times.
    fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }
}

/// Numbers that a seed decides: xorshift64*.
pub(crate) struct Dice(u64);

impl Dice {
    /// Those of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        // No seed may be zero, and seeds that are alike must not begin alike.
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..5 {
            dice.below(2);
        }
        dice
    }
}

impl Choices for Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as u32 % end
    }

    fn are_used_up(&self) -> bool {
        false
    }
}

/// The bytes of an input: one for a small number, two for a larger one.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Choices for Bytes<'_> {
    fn below(&mut self, end: u32) -> u32 {
        let mut next = || match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                u32::from(*first)
            }
            None => 0,
        };
        let number = if end > 256 { next() << 8 | next() } else { next() };
        number % end
    }

    fn are_used_up(&self) -> bool {
        self.0.is_empty()
    }
}

//! What a reset does not clear and the loss of power does: that the firmware has panicked, and how often a start of the radio
//! has led nowhere. Where a chip has such memory, its board says.
//!
//! A start of the radio may fail and may never return; then the watchdog resets the chip. After three times it is left alone
//! until it loses its power, so that it says what is wrong in place of starting for ever.

/// So many starts of the radio that led nowhere are enough.
const MOST_STARTS: u32 = 3;

/// The firmware panicked: a value that memory does not hold by chance after power-on.
const PANICKED: u32 = 0x7061_6e63;

/// What the upper bits hold once starts are counted, likewise.
const COUNTED: u32 = 0x7261_6400;

/// What is kept, each in a word of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetWord {
    /// Whether the firmware has panicked.
    Panic,
    /// The starts of the radio.
    RadioStarts,
}

/// Memory that a reset does not clear. It holds anything after power-on.
pub trait ResetMemory {
    /// What the word holds.
    fn read(&self, word: ResetWord) -> u32;

    /// Changes it.
    fn write(&self, word: ResetWord, value: u32);

    /// The firmware panics. It is counted in flash at the next start and not now, because the panic may have come from within a
    /// flash operation.
    fn note_panic(&self) {
        self.write(ResetWord::Panic, PANICKED);
    }

    /// Whether the firmware panicked before this start ([`Parts::has_panicked`](crate::Parts::has_panicked)); `true` once for
    /// each panic.
    fn take_panic(&self) -> bool {
        let has_panicked = self.read(ResetWord::Panic) == PANICKED;
        self.write(ResetWord::Panic, 0);
        has_panicked
    }

    /// The radio is about to be started. `false` if that has led nowhere too often since power came: a board stops its
    /// watchdog then, and returns [`RadioFailed`](crate::RadioFailed).
    fn may_start_radio(&self) -> bool {
        let before = self.read(ResetWord::RadioStarts);
        let failed = if before & !0xff == COUNTED { before & 0xff } else { 0 };
        self.write(ResetWord::RadioStarts, COUNTED | (failed + 1).min(MOST_STARTS));
        failed < MOST_STARTS
    }

    /// It has come back from its start, and runs.
    fn radio_runs(&self) {
        self.write(ResetWord::RadioStarts, COUNTED);
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::*;

    struct Words([Cell<u32>; 2]);

    impl ResetMemory for Words {
        fn read(&self, word: ResetWord) -> u32 {
            self.0[word as usize].get()
        }

        fn write(&self, word: ResetWord, value: u32) {
            self.0[word as usize].set(value);
        }
    }

    /// Memory after power-on.
    fn holding(value: u32) -> Words {
        Words([Cell::new(value), Cell::new(value)])
    }

    #[test]
    fn a_radio_that_does_not_start_is_tried_three_times_until_power_comes_again() {
        for by_chance in [0, 1, 0xff, 0x5555_5555, u32::MAX] {
            let memory = holding(by_chance);
            let may_start = [(); 5].map(|()| memory.may_start_radio());
            assert_eq!(may_start, [true, true, true, false, false], "{by_chance:x}");
        }
    }

    #[test]
    fn a_start_that_succeeds_counts_for_all_before_it() {
        let memory = holding(0);
        for _ in 0..10 {
            assert!(memory.may_start_radio() && memory.may_start_radio());
            memory.radio_runs();
        }
    }

    #[test]
    fn a_panic_is_taken_once_and_is_none_of_what_memory_holds_by_chance() {
        for by_chance in [0, 1, 0x5555_5555, u32::MAX] {
            let memory = holding(by_chance);
            assert!(!memory.take_panic(), "{by_chance:x}");
            memory.note_panic();
            assert!(memory.may_start_radio(), "each has its own word");
            assert!(memory.take_panic());
            assert!(!memory.take_panic());
        }
    }
}

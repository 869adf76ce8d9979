//! What a reset does not clear: words of the watchdog, which are zero after power came. The chips' boot loaders use the
//! upper four of them, this crate two of the lower.

use embassy_rp::pac::WATCHDOG;
use vestibule_firmware::{ResetMemory, ResetWord};

/// These words.
pub(crate) struct Scratch;

impl ResetMemory for Scratch {
    fn read(&self, word: ResetWord) -> u32 {
        match word {
            ResetWord::Panic => WATCHDOG.scratch0().read(),
            ResetWord::RadioStarts => WATCHDOG.scratch1().read(),
        }
    }

    fn write(&self, word: ResetWord, value: u32) {
        match word {
            ResetWord::Panic => WATCHDOG.scratch0().write_value(value),
            ResetWord::RadioStarts => WATCHDOG.scratch1().write_value(value),
        }
    }
}

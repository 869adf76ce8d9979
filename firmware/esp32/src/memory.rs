//! What a reset does not clear: two words of the real-time clock's memory, which are kept while the chip has power.

use core::sync::atomic::Ordering;

use esp_hal::ram;
use portable_atomic::AtomicU32;
use vestibule_firmware::{ResetMemory, ResetWord};

#[ram(unstable(rtc_fast, persistent))]
static PANIC: AtomicU32 = AtomicU32::new(0);

#[ram(unstable(rtc_fast, persistent))]
static RADIO_STARTS: AtomicU32 = AtomicU32::new(0);

/// These words.
pub(crate) struct Kept;

impl Kept {
    fn word(word: ResetWord) -> &'static AtomicU32 {
        match word {
            ResetWord::Panic => &PANIC,
            ResetWord::RadioStarts => &RADIO_STARTS,
        }
    }
}

impl ResetMemory for Kept {
    fn read(&self, word: ResetWord) -> u32 {
        Self::word(word).load(Ordering::Relaxed)
    }

    fn write(&self, word: ResetWord, value: u32) {
        Self::word(word).store(value, Ordering::Relaxed);
    }
}

//! The start of the radio, which may fail and may never return: counted in memory that a reset does not clear. After three
//! times a chip is left alone until it loses its power, so that it says what is wrong in place of starting for ever.

use core::sync::atomic::Ordering;

use esp_hal::ram;

/// So many starts that led nowhere are enough.
const MOST: u32 = 3;

/// What the upper bits hold once starts are counted: memory does not hold it by chance after power-on.
const MARK: u32 = 0x7261_6400;

/// Kept while the chip has power.
#[ram(unstable(rtc_fast, persistent))]
static STARTS: portable_atomic::AtomicU32 = portable_atomic::AtomicU32::new(0);

/// The radio is about to be started. `false` if that has led nowhere too often since power came.
pub(crate) fn may_start() -> bool {
    let before = STARTS.load(Ordering::Relaxed);
    let failed = if before & !0xff == MARK { before & 0xff } else { 0 };
    STARTS.store(MARK | (failed + 1).min(MOST), Ordering::Relaxed);
    failed < MOST
}

/// It has come back, and the radio runs.
pub(crate) fn succeeded() {
    STARTS.store(MARK, Ordering::Relaxed);
}

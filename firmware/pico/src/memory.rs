//! What a reset does not clear: words of the watchdog, which are zero after power came. The chips' boot loaders use the
//! upper four of them, this crate two of the lower.

use embassy_rp::pac::WATCHDOG;

/// The firmware panicked.
const PANICKED: u32 = 0x7061_6e63;

/// So many starts of the radio that led nowhere are enough.
const MOST_STARTS: u32 = 3;

pub(crate) fn note_panic() {
    WATCHDOG.scratch0().write_value(PANICKED);
}

/// Whether the firmware panicked before this start; `true` once for each panic.
pub(crate) fn take_panic() -> bool {
    let note = WATCHDOG.scratch0().read();
    WATCHDOG.scratch0().write_value(0);
    note == PANICKED
}

/// The radio is about to be started. `false` if that has led nowhere too often since power came.
pub(crate) fn may_start_radio() -> bool {
    let failed = WATCHDOG.scratch1().read();
    WATCHDOG.scratch1().write_value(failed + 1);
    failed < MOST_STARTS
}

/// The radio runs.
pub(crate) fn radio_runs() {
    WATCHDOG.scratch1().write_value(0);
}

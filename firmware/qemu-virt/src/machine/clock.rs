//! The clock: 10 MHz since the machine was switched on, and one alarm.

/// The core-local interruptor's registers.
const MTIME: usize = 0x0200_bff8;
const MTIMECMP: usize = 0x0200_4000;

/// Ticks since the machine was switched on.
pub fn ticks() -> u64 {
    // SAFETY: the two halves of a register that only counts.
    let half = |offset| unsafe { super::read::<u32>(MTIME + offset) };
    loop {
        let (high, low) = (half(4), half(0));
        if high == half(4) {
            return (u64::from(high) << 32) | u64::from(low);
        }
    }
}

/// Lets the alarm ring from that tick on, and not before.
pub fn set_alarm(at: u64) {
    // SAFETY: the alarm only wakes the hart. The high half is at its end meanwhile, so that it does
    // not ring between the two writes.
    unsafe {
        super::write(MTIMECMP + 4, u32::MAX);
        super::write(MTIMECMP, at as u32);
        super::write(MTIMECMP + 4, (at >> 32) as u32);
    }
}

//! The hart itself: its sleep and its count of instructions.

use core::arch::asm;

/// Lets the alarm and the devices end the hart's sleep. They do not interrupt it: interrupts stay off, and
/// the caller of [`sleep`] finds out which of them it was.
pub fn init() {
    // SAFETY: interrupts are off in `mstatus` after a reset and nobody turns them on.
    unsafe {
        riscv::register::mie::set_mext();
        riscv::register::mie::set_mtimer();
    }
}

/// Sleeps until the alarm rings or a device has something; returns at once if so already.
pub fn sleep() {
    riscv::asm::wfi();
}

/// Instructions executed since the machine was switched on. Only with QEMU's `-icount shift=0`;
/// it counts the machine's ticks otherwise.
pub fn instructions() -> u64 {
    loop {
        let (high, low, again): (u32, u32, u32);
        // SAFETY: reads counters.
        unsafe {
            asm!("csrr {0}, minstreth", "csrr {1}, minstret", "csrr {2}, minstreth",
                out(reg) high, out(reg) low, out(reg) again, options(nomem, nostack));
        }
        if high == again {
            return (u64::from(high) << 32) | u64::from(low);
        }
    }
}

//! How deep the stack has been: its unused part is painted, and later looked at.

use core::arch::asm;

/// Bytes of the stack that are painted: more than it ever needs, which [`deepest`] would show.
pub const PAINTED: usize = 256 * 1024;

const PAINT: u32 = 0x5afe_c0de;

/// Kept clear of the paint: what the painter itself uses.
const CLEAR: usize = 512;

unsafe extern "C" {
    /// The stack's first byte that is not its own: it grows down from here. From riscv-rt's linker script.
    static _stack_start: u32;
}

fn top() -> usize {
    &raw const _stack_start as usize
}

fn pointer() -> usize {
    let pointer;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}

/// Paints what is not in use now. What was measured before is forgotten.
#[inline(never)]
pub fn paint() {
    let mut at = top() - PAINTED;
    while at < pointer() - CLEAR {
        // SAFETY: below the stack pointer, and far above what is linked: memory.x has 16 MiB.
        unsafe { super::write(at, PAINT) };
        at += 4;
    }
}

/// How many bytes below its beginning the stack has reached since it was painted.
#[inline(never)]
pub fn deepest() -> usize {
    let mut at = top() - PAINTED;
    // SAFETY: between the painted end and the stack's beginning.
    while at < top() && unsafe { super::read::<u32>(at) } == PAINT {
        at += 4;
    }
    top() - at
}

/// How many bytes below its beginning the stack is now.
pub fn now() -> usize {
    top() - pointer()
}

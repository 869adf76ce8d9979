//! Memory for what the machine's devices need. The portal needs none of it.

use core::mem::MaybeUninit;

use embedded_alloc::LlffHeap;

const BYTES: usize = 256 * 1024;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

static mut MEMORY: MaybeUninit<[u8; BYTES]> = MaybeUninit::uninit();

/// Makes the heap usable. To be called once, first of all.
pub fn init() {
    // SAFETY: called once, before anything is allocated, and nobody else touches MEMORY.
    unsafe { HEAP.init(&raw mut MEMORY as usize, BYTES) }
}

/// Bytes of the heap in use.
pub fn used() -> usize {
    HEAP.used()
}

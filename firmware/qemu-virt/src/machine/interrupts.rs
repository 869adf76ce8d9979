//! The platform's interrupt controller: which of the virtio devices has something.

use super::virtio::{SLOTS, acknowledge};

/// Registers of the interrupt controller, for the hart's machine mode.
const PRIORITY: usize = 0x0c00_0000;
const ENABLE: usize = 0x0c00_2000;
const THRESHOLD: usize = 0x0c20_0000;
const CLAIM: usize = 0x0c20_0004;

/// Lets the interrupts of the virtio devices through.
pub fn init() {
    // SAFETY: only decides which devices end the hart's sleep. Slot n is interrupt n + 1.
    unsafe {
        for slot in 0..SLOTS {
            super::write(PRIORITY + 4 * (slot + 1), 1_u32);
        }
        super::write(ENABLE, ((1_u32 << SLOTS) - 1) << 1);
        super::write(THRESHOLD, 0_u32);
    }
}

/// The slot of a device whose interrupt is pending; the interrupt is acknowledged.
pub fn take() -> Option<usize> {
    // SAFETY: takes the interrupt, and gives it back once the device has withdrawn it.
    let number = unsafe { super::read::<u32>(CLAIM) };
    let slot = (number as usize).checked_sub(1)?;
    if slot < SLOTS {
        acknowledge(slot);
    }
    // SAFETY: as above.
    unsafe { super::write(CLAIM, number) };
    Some(slot)
}

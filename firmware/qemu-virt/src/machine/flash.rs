//! The flash chip: CFI with Intel's commands, two chips of 16 bits side by side, `pflash` unit 1.

use vestibule_device_protocol::flash_image::{BLOCK_BYTES, IMAGE_BYTES};

const BASE: usize = 0x2200_0000;

/// Commands, for both chips at once (Intel's basic command set).
const READ_ARRAY: u32 = 0x00ff_00ff;
const QUERY: u32 = 0x0098_0098;
const PROGRAM: u32 = 0x0040_0040;
const ERASE: u32 = 0x0020_0020;
const CONFIRM: u32 = 0x00d0_00d0;
const CLEAR_STATUS: u32 = 0x0050_0050;

/// Of the status: both chips are ready; either has failed.
const READY: u32 = 0x0080_0080;
const FAILED: u32 = 0x0030_0030;

fn get(offset: usize) -> u32 {
    assert!(offset < IMAGE_BYTES && offset.is_multiple_of(4), "inside the flash");
    // SAFETY: a word of the flash.
    unsafe { super::read(BASE + offset) }
}

fn put(offset: usize, value: u32) {
    assert!(offset < IMAGE_BYTES && offset.is_multiple_of(4), "inside the flash");
    // SAFETY: a word of the flash, which holds nothing that Rust knows of.
    unsafe { super::write(BASE + offset, value) }
}

/// Whether there is a flash chip that answers a query as CFI wants it.
pub fn is_present() -> bool {
    put(0, QUERY);
    let answer = [get(0x40), get(0x44), get(0x48)].map(|word| word as u8);
    put(0, READ_ARRAY);
    answer == *b"QRY"
}

/// A word of the flash.
pub fn word(offset: usize) -> u32 {
    get(offset)
}

/// Programs a word to exactly `value`: this machine's chip does not know that bits can only be
/// cleared. `false` if it failed.
pub fn program(offset: usize, value: u32) -> bool {
    put(offset, PROGRAM);
    put(offset, value);
    done(offset)
}

/// Erases the block that begins at `offset`. `false` if it failed.
pub fn erase(offset: usize) -> bool {
    assert!(offset.is_multiple_of(BLOCK_BYTES), "the beginning of a block");
    put(offset, ERASE);
    put(offset, CONFIRM);
    done(offset)
}

/// Waits until the chip is ready, and lets it be read again.
fn done(offset: usize) -> bool {
    let status = loop {
        let status = get(offset);
        if status & READY == READY {
            break status;
        }
    };
    put(offset, CLEAR_STATUS);
    put(offset, READ_ARRAY);
    status & FAILED == 0
}

//! The flash as the core wants it: sectors of 4 KiB, words whose bits can only be cleared.
//!
//! The machine's chip has larger blocks and sets bits without an erasure; both are put right here,
//! so that the core meets what a real chip would do. A power cut can be asked for: see
//! [`FromHost::PowerCutAt`](vestibule_device_protocol::FromHost::PowerCutAt).

use core::ops::Range;

use alloc::vec::Vec;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use vestibule_device_protocol::FromDevice;
use vestibule_device_protocol::flash_image::{
    BLOCK_BYTES, CREDENTIALS_SECTORS, IMAGE_BYTES, PANIC_SECTORS, POWER_CUT_SECTOR, SECTOR_BYTES, WORD_BYTES,
};
use vestibule_firmware::Partition;

use crate::{control, machine};

/// The chip. There is one, and whoever uses it does so at once.
#[derive(Clone, Copy, Debug)]
pub struct Flash;

/// The credentials' partition.
pub fn credentials() -> Partition<Flash> {
    partition(CREDENTIALS_SECTORS)
}

/// The partition in which panics are counted.
pub fn panics() -> Partition<Flash> {
    partition(PANIC_SECTORS)
}

fn partition(sectors: Range<usize>) -> Partition<Flash> {
    if !machine::flash::is_present() {
        return Partition::Missing;
    }
    let bytes = |sectors: usize| (sectors * SECTOR_BYTES) as u32;
    Partition::At { flash: Flash, offset: bytes(sectors.start), length: bytes(sectors.len()) }
}

/// The word that counts the operations until the power is cut: 0, or erased, if it is not to be.
const UNTIL_CUT: usize = POWER_CUT_SECTOR * BLOCK_BYTES;

/// The word with the bits that the operation that is cut does not reach.
const UNDONE: usize = UNTIL_CUT + WORD_BYTES;

/// Has the power cut in the middle of this operation from now, counted from 1, before it has
/// changed these bits of a word. 0 takes it back.
pub fn cut_at(operation: u32, undone: u32) {
    if machine::flash::is_present() {
        machine::flash::program(UNDONE, undone);
        machine::flash::program(UNTIL_CUT, operation);
    }
}

/// What this operation leaves undone, if it is the one to be cut.
fn cut() -> Option<u32> {
    let left = match machine::flash::word(UNTIL_CUT) {
        0 | u32::MAX => return None,
        left => left,
    };
    // This chip takes any value in place of another, without an erasure.
    machine::flash::program(UNTIL_CUT, left - 1);
    (left == 1).then(|| machine::flash::word(UNDONE))
}

/// Says so, and does nothing any more.
fn hang() -> ! {
    control::say(&FromDevice::PowerCut);
    loop {
        machine::hart::sleep();
    }
}

/// Where a byte of a sector is in the chip.
fn in_chip(offset: usize) -> usize {
    offset / SECTOR_BYTES * BLOCK_BYTES + offset % SECTOR_BYTES
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = WORD_BYTES;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        let (words, _) = bytes.as_chunks_mut::<WORD_BYTES>();
        for (index, word) in words.iter_mut().enumerate() {
            *word = machine::flash::word(in_chip(offset as usize + index * WORD_BYTES)).to_le_bytes();
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        IMAGE_BYTES / BLOCK_BYTES * SECTOR_BYTES
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD_BYTES;
    const ERASE_SIZE: usize = SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        for sector in (from as usize..to as usize).step_by(SECTOR_BYTES) {
            if let Some(undone) = cut() {
                erase_partly(sector, undone);
                hang();
            }
            succeeded(machine::flash::erase(in_chip(sector)))?;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let (words, _) = bytes.as_chunks::<WORD_BYTES>();
        for (index, word) in words.iter().enumerate() {
            let at = in_chip(offset as usize + index * WORD_BYTES);
            let after = machine::flash::word(at) & u32::from_le_bytes(*word);
            if let Some(undone) = cut() {
                machine::flash::program(at, machine::flash::word(at) & (after | undone));
                hang();
            }
            succeeded(machine::flash::program(at, after))?;
        }
        Ok(())
    }
}

fn succeeded(chip_says: bool) -> Result<(), NorFlashErrorKind> {
    if chip_says { Ok(()) } else { Err(NorFlashErrorKind::Other) }
}

/// Erases a sector but for these bits of each word.
fn erase_partly(sector: usize, undone: u32) {
    let words = (0..SECTOR_BYTES).step_by(WORD_BYTES).map(|byte| in_chip(sector + byte));
    let kept: Vec<u32> = words.clone().map(machine::flash::word).collect();
    machine::flash::erase(in_chip(sector));
    for (at, word) in words.zip(kept) {
        machine::flash::program(at, word | !undone);
    }
}

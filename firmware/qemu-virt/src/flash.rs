//! The flash as the core wants it: sectors of 4 KiB, words whose bits can only be cleared.
//!
//! The machine's chip has larger blocks and sets bits without an erasure; both are put right here,
//! so that the core meets what a real chip would do. The host can ask for a power cut: see
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

/// The chip. There is one, and each use of it ends before the next begins.
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

/// The word that counts the operations until the power is cut: 0, or erased, without a request.
const OPERATIONS_LEFT: usize = POWER_CUT_SECTOR * BLOCK_BYTES;

/// The word with the bits that the operation that is cut does not reach.
const UNDONE: usize = OPERATIONS_LEFT + WORD_BYTES;

/// Asks for a power cut in the middle of this operation from now, counted from 1, before it has changed
/// the bits `undone` of a word. 0 takes the request back.
pub fn request_power_cut(operation: u32, undone: u32) {
    if machine::flash::is_present() {
        machine::flash::program(UNDONE, undone);
        machine::flash::program(OPERATIONS_LEFT, operation);
    }
}

/// Counts this operation. The bits that it leaves undone, if it is the one that is cut.
fn power_cut() -> Option<u32> {
    let left = match machine::flash::word(OPERATIONS_LEFT) {
        0 | u32::MAX => return None,
        left => left,
    };
    // This chip takes any value in place of another, without an erasure.
    machine::flash::program(OPERATIONS_LEFT, left - 1);
    (left == 1).then(|| machine::flash::word(UNDONE))
}

/// Tells the host that the power is cut, and does nothing any more.
fn hang() -> ! {
    control::send(&FromDevice::PowerCut);
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
            if let Some(undone) = power_cut() {
                erase_partly(sector, undone);
                hang();
            }
            check(machine::flash::erase(in_chip(sector)))?;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let (words, _) = bytes.as_chunks::<WORD_BYTES>();
        for (index, word) in words.iter().enumerate() {
            let at = in_chip(offset as usize + index * WORD_BYTES);
            let after = machine::flash::word(at) & u32::from_le_bytes(*word);
            if let Some(undone) = power_cut() {
                machine::flash::program(at, machine::flash::word(at) & (after | undone));
                hang();
            }
            check(machine::flash::program(at, after))?;
        }
        Ok(())
    }
}

fn check(has_succeeded: bool) -> Result<(), NorFlashErrorKind> {
    if has_succeeded { Ok(()) } else { Err(NorFlashErrorKind::Other) }
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

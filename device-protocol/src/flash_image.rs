//! What the flash image of the machine under QEMU looks like: `-drive if=pflash,unit=1`, CFI, 32 MiB. Its
//! blocks are larger than the sectors of a device's flash chip.
//!
//! The firmware sees sectors of [`SECTOR_BYTES`], each at the beginning of a block of [`BLOCK_BYTES`]
//! whose rest is not used. So sector `n` is in the image at `n * BLOCK_BYTES`, and a fresh image is
//! [`IMAGE_BYTES`] of 0xff.

use core::ops::Range;

/// Bytes of the whole image.
pub const IMAGE_BYTES: usize = 32 * 1024 * 1024;

/// Bytes that the machine erases at once.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// Bytes of a sector as the firmware sees it.
pub const SECTOR_BYTES: usize = 4096;

/// Bytes that are programmed at once. Programming only clears bits.
pub const WORD_BYTES: usize = 4;

/// The sectors of the credentials' partition.
pub const CREDENTIALS_SECTORS: Range<usize> = 0..2;

/// The sector in which panics are counted.
pub const PANIC_SECTORS: Range<usize> = 2..3;

/// A sector that the firmware does not see. A power cut that was asked for and has not come yet is kept
/// there, because it outlives a restart.
pub const POWER_CUT_SECTOR: usize = IMAGE_BYTES / BLOCK_BYTES - 1;

//! What the flash image of the machine is like: `-drive if=pflash,unit=1`, CFI, 32 MiB, whose
//! blocks are larger than a chip's sectors.
//!
//! The guest sees sectors of [`SECTOR_BYTES`], each at the beginning of a block of [`BLOCK_BYTES`]
//! whose rest is not used. So sector `n` is in the image at `n * BLOCK_BYTES`, and a fresh image is
//! [`IMAGE_BYTES`] of 0xff.

/// Bytes of the whole image.
pub const IMAGE_BYTES: usize = 32 * 1024 * 1024;

/// Bytes that the machine erases at once.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// Bytes of a sector as the guest sees it.
pub const SECTOR_BYTES: usize = 4096;

/// Bytes that are programmed at once. Programming only clears bits.
pub const WORD_BYTES: usize = 4;

/// The sectors of the credentials' partition.
pub const CREDENTIALS: core::ops::Range<usize> = 0..2;

/// The sector that is not the device's: a power cut that was asked for and has not come yet is kept
/// there, as it outlives a restart.
pub const CUT: usize = IMAGE_BYTES / BLOCK_BYTES - 1;

/// The sector in which panics are counted.
pub const PANICS: core::ops::Range<usize> = 2..3;

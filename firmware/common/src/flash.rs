//! A part of a flash chip that is a flash of its own, or the lack of one.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// A partition. [`Partition::Missing`] has no sectors: the core says that it is too small, and the
/// device works without remembering.
#[derive(Debug)]
pub enum Partition<F> {
    /// Sectors of a chip.
    At {
        /// The chip.
        flash: F,
        /// Where the partition begins, in bytes: at a sector.
        offset: u32,
        /// How long it is, in bytes: whole sectors.
        length: u32,
    },
    /// There is none.
    Missing,
}

/// Why a partition could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionError<E> {
    /// The chip failed.
    Chip(E),
    /// The address is outside the partition or not at a word or a sector.
    Outside(NorFlashErrorKind),
}

impl<E: NorFlashError> NorFlashError for PartitionError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Chip(error) => error.kind(),
            Self::Outside(kind) => *kind,
        }
    }
}

impl<F: ErrorType> ErrorType for Partition<F> {
    type Error = PartitionError<F::Error>;
}

impl<F: ReadNorFlash> ReadNorFlash for Partition<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len()).map_err(PartitionError::Outside)?;
        let (flash, start) = self.chip()?;
        flash.read(start + offset, bytes).map_err(PartitionError::Chip)
    }

    fn capacity(&self) -> usize {
        match self {
            Self::At { length, .. } => *length as usize,
            Self::Missing => 0,
        }
    }
}

impl<F: NorFlash> NorFlash for Partition<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to).map_err(PartitionError::Outside)?;
        let (flash, start) = self.chip()?;
        flash.erase(start + from, start + to).map_err(PartitionError::Chip)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len()).map_err(PartitionError::Outside)?;
        let (flash, start) = self.chip()?;
        flash.write(start + offset, bytes).map_err(PartitionError::Chip)
    }
}

impl<F: ErrorType> Partition<F> {
    fn chip(&mut self) -> Result<(&mut F, u32), PartitionError<F::Error>> {
        match self {
            Self::At { flash, offset, .. } => Ok((flash, *offset)),
            Self::Missing => Err(PartitionError::Outside(NorFlashErrorKind::OutOfBounds)),
        }
    }
}

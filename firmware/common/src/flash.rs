//! A part of a flash chip that is a flash of its own, or the lack of one; and a chip that several parts
//! share.

use core::cell::RefCell;
use core::fmt;

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// A partition. [`Partition::Missing`] has no sectors: the core reports that it is too small, and the
/// device works but remembers nothing.
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

impl<E: NorFlashError> fmt::Display for PartitionError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chip(error) => write!(f, "the flash chip failed: {}", error.kind()),
            Self::Outside(kind) => write!(f, "the access does not fit the flash partition: {kind}"),
        }
    }
}

impl<E: NorFlashError> core::error::Error for PartitionError<E> {}

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

/// A chip that several partitions share. Each of them has it for one call at a time.
#[derive(Debug)]
pub struct SharedFlash<F: 'static>(pub &'static RefCell<F>);

impl<F> Clone for SharedFlash<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for SharedFlash<F> {}

impl<F: ErrorType> ErrorType for SharedFlash<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for SharedFlash<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.borrow().capacity()
    }
}

impl<F: NorFlash> NorFlash for SharedFlash<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.borrow_mut().erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().write(offset, bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use vestibule_core::provisioning::ProvisioningState;
    use vestibule_core::{Config, Entropy, Event, Instant, Portal, RadioEvent, Ssid, StorageFault};

    use super::*;

    /// A chip that cannot be reached.
    struct NoChip;

    impl ErrorType for NoChip {
        type Error = NorFlashErrorKind;
    }

    impl ReadNorFlash for NoChip {
        const READ_SIZE: usize = 4;

        fn read(&mut self, _: u32, _: &mut [u8]) -> Result<(), NorFlashErrorKind> {
            Err(NorFlashErrorKind::Other)
        }

        fn capacity(&self) -> usize {
            1 << 20
        }
    }

    impl NorFlash for NoChip {
        const WRITE_SIZE: usize = 4;
        const ERASE_SIZE: usize = 4096;

        fn erase(&mut self, _: u32, _: u32) -> Result<(), NorFlashErrorKind> {
            Err(NorFlashErrorKind::Other)
        }

        fn write(&mut self, _: u32, _: &[u8]) -> Result<(), NorFlashErrorKind> {
            Err(NorFlashErrorKind::Other)
        }
    }

    struct Zero;

    impl Entropy for Zero {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn first_event(flash: Partition<NoChip>) -> Option<Event> {
        let now = Instant::from_micros(0);
        let mut portal = Portal::new(Config::new(Ssid::EMPTY), flash, Zero);
        let event = portal.poll_event();
        portal.connect_or_setup(now);
        portal.handle_radio(RadioEvent::ScanFinished, now);
        assert_eq!(portal.state(), ProvisioningState::PortalOpen, "the portal opens all the same");
        event
    }

    #[test]
    fn what_a_partition_fails_with_is_an_error_with_a_sentence() {
        fn is_error<E: core::error::Error + 'static>() {}
        is_error::<PartitionError<NorFlashErrorKind>>();

        let error =
            Partition::At { flash: NoChip, offset: 4096, length: 8192 }.read(0, &mut [0; 4]).unwrap_err();
        assert!(error.to_string().starts_with("the flash chip failed: "), "{error}");
        let error = Partition::<NoChip>::Missing.read(0, &mut [0; 4]).unwrap_err();
        assert!(error.to_string().starts_with("the access does not fit the flash partition: "), "{error}");
    }

    #[test]
    fn a_device_without_its_partition_says_so_and_opens_the_portal() {
        assert_eq!(first_event(Partition::Missing), Some(Event::StorageFault(StorageFault::TooSmall)));
        let unreachable = Partition::At { flash: NoChip, offset: 4096, length: 8192 };
        assert_eq!(first_event(unreachable), Some(Event::StorageFault(StorageFault::Flash)));
    }
}

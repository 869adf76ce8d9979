//! The flash of a device in the simulator's world: each access is the world's, which may cut the power in it.

use std::cell::Cell;
use std::rc::Rc;

use embassy_time::Duration;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use vestibule_device_protocol::lockstep::Kind;

use crate::clock::hold_up;
use crate::records;

/// Bytes of a sector.
pub(crate) const SECTOR: u32 = 4096;

/// Two sectors for the credentials, and one for the panics.
const SECTORS: u32 = 3;

/// The chip. Each clone is the same one.
#[derive(Clone, Default)]
pub(crate) struct WorldFlash {
    /// How long the processor is held up by each operation.
    pub(crate) takes: Rc<Cell<Option<Duration>>>,
}

impl WorldFlash {
    fn ask(&self, kind: Kind, parts: &[&[u8]]) -> Result<Vec<u8>, NorFlashErrorKind> {
        records::write(kind, parts).map_err(|_| NorFlashErrorKind::Other)?;
        match records::read() {
            Ok((Kind::FlashDone, bytes)) => Ok(bytes),
            _ => Err(NorFlashErrorKind::Other),
        }
    }

    fn change(&self, kind: Kind, parts: &[&[u8]]) -> Result<(), NorFlashErrorKind> {
        if let Some(takes) = self.takes.get() {
            hold_up(takes);
        }
        self.ask(kind, parts).map(|_| ())
    }
}

impl ErrorType for WorldFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for WorldFlash {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let length = u32::try_from(bytes.len()).map_err(|_| NorFlashErrorKind::OutOfBounds)?;
        let found = self.ask(Kind::FlashRead, &[&offset.to_le_bytes(), &length.to_le_bytes()])?;
        if found.len() != bytes.len() {
            return Err(NorFlashErrorKind::Other);
        }
        bytes.copy_from_slice(&found);
        Ok(())
    }

    fn capacity(&self) -> usize {
        (SECTORS * SECTOR) as usize
    }
}

impl NorFlash for WorldFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR as usize;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.change(Kind::FlashErase, &[&from.to_le_bytes(), &to.to_le_bytes()])
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.change(Kind::FlashWrite, &[&offset.to_le_bytes(), bytes])
    }
}

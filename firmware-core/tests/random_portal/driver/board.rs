//! The board that the portal runs on: a radio that does what it is told or not, and a flash that fails now and then.

use std::cell::RefCell;
use std::rc::Rc;

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use vestibule_core::{Credentials, Radio, RadioCapabilities, RadioCommand};

const SECTOR: usize = 4096;

/// What the radio was told and has not done yet.
#[derive(Default)]
pub(crate) struct Air {
    pub(crate) concurrent: bool,
    /// Whether the access point is up or is to be.
    pub(crate) up: bool,
    /// The access point went down by itself, and was not raised since.
    pub(crate) fell: bool,
    pub(crate) scanning: bool,
    pub(crate) joining: Option<Credentials>,
    pub(crate) joined: Option<Credentials>,
    /// What was joined with since the last look.
    pub(crate) asked: Vec<Credentials>,
    /// What it was told and cannot do.
    pub(crate) wrong: Option<&'static str>,
}

impl Radio for Air {
    fn capabilities(&self) -> RadioCapabilities {
        RadioCapabilities { concurrent: self.concurrent, ..RadioCapabilities::DEFAULT }
    }

    fn command(&mut self, command: RadioCommand) {
        match command {
            RadioCommand::RaiseAccessPoint(_) => (self.up, self.fell) = (true, false),
            RadioCommand::DropAccessPoint => (self.up, self.fell) = (false, false),
            RadioCommand::Scan | RadioCommand::ScanFor(_) => self.scanning = true,
            RadioCommand::Join(credentials) => {
                self.asked.push(credentials.clone());
                (self.joining, self.joined) = (Some(credentials), None);
            }
            RadioCommand::Leave => (self.joining, self.joined) = (None, None),
        }
        let joins = self.joining.is_some() || self.joined.is_some();
        if !self.concurrent && self.up && joins {
            self.wrong = Some("an access point and a join at once");
        }
    }
}

/// A flash of two sectors that everybody who has a copy shares.
#[derive(Clone)]
pub(crate) struct Chip(Rc<RefCell<Cells>>);

struct Cells {
    bytes: Vec<u8>,
    /// How often it was changed.
    changes: u64,
    /// The next erasure or word fails when this is 1; never when it is 0.
    fails_in: u32,
}

impl Chip {
    pub(crate) fn new() -> Self {
        Self(Rc::new(RefCell::new(Cells { bytes: vec![0xff; 2 * SECTOR], changes: 0, fails_in: 0 })))
    }

    /// One operation fails, after so many.
    pub(crate) fn fail_after(&self, operations: u32) {
        self.0.borrow_mut().fails_in = operations + 1;
    }

    /// No operation fails any more.
    pub(crate) fn spare(&self) {
        self.0.borrow_mut().fails_in = 0;
    }

    /// How often it was changed.
    pub(crate) fn changes(&self) -> u64 {
        self.0.borrow().changes
    }

    /// Whether these bytes are anywhere in it.
    pub(crate) fn holds(&self, secret: &[u8]) -> bool {
        self.0.borrow().bytes.windows(secret.len()).any(|window| window == secret)
    }

    fn fails(&self) -> Result<(), NorFlashErrorKind> {
        let mut cells = self.0.borrow_mut();
        cells.changes += 1;
        let fails = cells.fails_in == 1;
        cells.fails_in = cells.fails_in.saturating_sub(1);
        if fails { Err(NorFlashErrorKind::Other) } else { Ok(()) }
    }
}

impl ErrorType for Chip {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(&self.0.borrow().bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        2 * SECTOR
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        self.fails()?;
        self.0.borrow_mut().bytes[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        self.fails()?;
        let mut cells = self.0.borrow_mut();
        let held = &mut cells.bytes[offset as usize..][..bytes.len()];
        held.iter_mut().zip(bytes).for_each(|(held, byte)| *held &= byte);
        Ok(())
    }
}

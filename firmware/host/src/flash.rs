//! Flash that outlives a device: what a restart finds is what was written before it.

use std::cell::RefCell;
use std::rc::Rc;

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use vestibule_core::mock::MockFlash;

/// A chip of three sectors: two for the credentials and one for the panics.
#[derive(Clone, Default)]
pub struct SharedMemory(Rc<RefCell<MockFlash<3>>>);

impl ErrorType for SharedMemory {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for SharedMemory {
    const READ_SIZE: usize = MockFlash::<3>::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.borrow().capacity()
    }
}

impl NorFlash for SharedMemory {
    const WRITE_SIZE: usize = MockFlash::<3>::WRITE_SIZE;
    const ERASE_SIZE: usize = MockFlash::<3>::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.borrow_mut().erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().write(offset, bytes)
    }
}

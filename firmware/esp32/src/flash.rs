//! The chip's flash: the partitions that are ours, found by their names in the partition table.

use core::cell::RefCell;

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use esp_bootloader_esp_idf::partitions::{PARTITION_TABLE_MAX_LEN, read_partition_table};
use esp_hal::peripherals::FLASH;
use esp_storage::FlashStorage;
use log::error;
use static_cell::StaticCell;
use vestibule_firmware::Partition;

/// The flash, shared by its partitions: each uses it for one call.
#[derive(Clone, Copy)]
pub(crate) struct Flash(&'static RefCell<FlashStorage<'static>>);

impl ErrorType for Flash {
    type Error = <FlashStorage<'static> as ErrorType>::Error;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = <FlashStorage<'static> as ReadNorFlash>::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        ReadNorFlash::read(&mut *self.0.borrow_mut(), offset, bytes)
    }

    fn capacity(&self) -> usize {
        ReadNorFlash::capacity(&*self.0.borrow())
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = <FlashStorage<'static> as NorFlash>::WRITE_SIZE;
    const ERASE_SIZE: usize = <FlashStorage<'static> as NorFlash>::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        NorFlash::erase(&mut *self.0.borrow_mut(), from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        NorFlash::write(&mut *self.0.borrow_mut(), offset, bytes)
    }
}

/// Our partitions.
pub(crate) struct Partitions {
    pub(crate) credentials: Partition<Flash>,
    pub(crate) panics: Partition<Flash>,
}

/// Finds the partitions. One that is missing is told in the log; the device does without it.
pub(crate) fn find(peripheral: FLASH<'static>) -> Partitions {
    static FLASH: StaticCell<RefCell<FlashStorage<'static>>> = StaticCell::new();
    let flash = Flash(FLASH.init(RefCell::new(FlashStorage::new(peripheral))));
    Partitions { credentials: partition(flash, "credentials"), panics: partition(flash, "panics") }
}

fn partition(flash: Flash, name: &str) -> Partition<Flash> {
    let mut table = [0; PARTITION_TABLE_MAX_LEN];
    let entry = match read_partition_table(&mut flash.0.borrow_mut(), &mut table) {
        Ok(table) => table.iter().find(|entry| label(entry.label()) == name.as_bytes()),
        Err(error) => {
            error!("the partition table cannot be read: {error:?}");
            return Partition::Missing;
        }
    };
    match entry {
        Some(entry) => Partition::At { flash, offset: entry.offset(), length: entry.len() },
        None => {
            error!("no flash partition is called {name:?}: see partitions.csv");
            Partition::Missing
        }
    }
}

/// A partition's name, which ends at its first zero.
fn label(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

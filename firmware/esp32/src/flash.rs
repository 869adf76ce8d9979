//! The flash partitions of the firmware, found by their names in the chip's partition table.

use core::cell::RefCell;

use esp_bootloader_esp_idf::partitions::{PARTITION_TABLE_MAX_LEN, read_partition_table};
use esp_hal::peripherals::FLASH;
use esp_storage::FlashStorage;
use log::error;
use static_cell::StaticCell;
use vestibule_firmware::{Partition, SharedFlash};

/// The chip's flash.
pub(crate) type Flash = SharedFlash<FlashStorage<'static>>;

/// Bytes of a sector.
const SECTOR: u32 = FlashStorage::ERASE_SIZE as u32;

/// The partitions of `partitions.csv` that the firmware writes.
pub(crate) struct Partitions {
    pub(crate) credentials: Partition<Flash>,
    pub(crate) panics: Partition<Flash>,
}

/// Finds the partitions. One that is missing is an error in the log, and the device works without it.
pub(crate) fn find(peripheral: FLASH<'static>) -> Partitions {
    static FLASH: StaticCell<RefCell<FlashStorage<'static>>> = StaticCell::new();
    let flash = SharedFlash(&*FLASH.init(RefCell::new(FlashStorage::new(peripheral))));
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
    let Some(entry) = entry else {
        error!("no flash partition is called {name:?}: see partitions.csv");
        return Partition::Missing;
    };
    let (offset, length) = (entry.offset(), entry.len());
    let chip = flash.0.borrow().capacity() as u64;
    let is_whole = offset.is_multiple_of(SECTOR) && length.is_multiple_of(SECTOR) && length > 0;
    if !is_whole {
        error!("the flash partition {name:?} does not begin and end at a sector: see partitions.csv");
    } else if u64::from(offset) + u64::from(length) > chip {
        error!(
            "the flash partition {name:?} ends behind the chip, which has {chip} bytes: see partitions.csv"
        );
    } else if entry.is_encrypted() {
        error!(
            "the flash partition {name:?} is encrypted by the chip, which is not supported: see partitions.csv"
        );
    } else {
        return Partition::At { flash, offset, length };
    }
    Partition::Missing
}

/// A partition's name, which ends at its first zero.
fn label(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

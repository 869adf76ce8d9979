//! The flash partitions of the firmware: the last three sectors, which `build.rs` keeps the program out of. Neither board has
//! a partition table.

use core::cell::RefCell;

use embassy_rp::Peri;
use embassy_rp::flash::{Blocking, ERASE_SIZE, Flash as Chip};
use embassy_rp::peripherals::FLASH;
use static_cell::StaticCell;
use vestibule_firmware::{Partition, SharedFlash};

/// The chip's bytes.
const BYTES: usize = if cfg!(feature = "pico-w") { 2 << 20 } else { 4 << 20 };

/// The board's flash.
pub type Flash = SharedFlash<Chip<'static, FLASH, Blocking, BYTES>>;

/// The partitions of the credentials, two sectors, and of the panics, one.
pub(crate) fn partitions(peripheral: Peri<'static, FLASH>) -> [Partition<Flash>; 2] {
    static CHIP: StaticCell<RefCell<Chip<'static, FLASH, Blocking, BYTES>>> = StaticCell::new();
    let flash = SharedFlash(&*CHIP.init(RefCell::new(Chip::new_blocking(peripheral))));
    let sectors = |from_end: usize, count: usize| Partition::At {
        flash,
        offset: (BYTES - from_end * ERASE_SIZE) as u32,
        length: (count * ERASE_SIZE) as u32,
    };
    [sectors(3, 2), sectors(1, 1)]
}

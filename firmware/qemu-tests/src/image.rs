//! The file that is the machine's flash. It outlives the machine, as flash does.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use tempfile::TempDir;
use vestibule_device_protocol::flash_image::{BLOCK_BYTES, IMAGE_BYTES};

/// A flash image in a folder of its own, which is removed with it.
pub struct FlashImage {
    folder: TempDir,
    locked: bool,
}

impl FlashImage {
    /// The image's file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("flash.img")
    }
}

impl FlashImage {
    /// The same, but the chip refuses to erase and to program.
    #[must_use]
    pub fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    /// The drive as a value of QEMU's option `-drive`.
    pub(crate) fn drive(&self) -> String {
        let locked = if self.locked { "on" } else { "off" };
        format!("if=pflash,unit=1,format=raw,readonly={locked},file={}", self.path().display())
    }

    /// Puts bytes at the beginning of a sector.
    pub fn put(&self, sector: usize, bytes: &[u8]) {
        let mut file = OpenOptions::new().write(true).open(self.path()).expect("the image is there");
        file.seek(SeekFrom::Start((sector * BLOCK_BYTES) as u64)).expect("inside the image");
        file.write_all(bytes).expect("room for the flash");
    }
}

/// A flash as it comes from the factory.
pub fn erased() -> FlashImage {
    filled(0xff)
}

/// A flash full of one byte.
pub fn filled(byte: u8) -> FlashImage {
    let image = FlashImage { folder: TempDir::new().expect("a folder for the flash"), locked: false };
    let mut file = std::fs::File::create(image.path()).expect("a file for the flash");
    file.write_all(&vec![byte; IMAGE_BYTES]).expect("room for the flash");
    image
}

//! The file that is the machine's flash. It outlives the machine, as flash does.

use std::io::Write as _;
use std::path::PathBuf;

use tempfile::TempDir;
use vestibule_wire::flash::IMAGE_BYTES;

/// A flash image in a folder of its own, which goes with it.
pub struct FlashImage {
    folder: TempDir,
}

impl FlashImage {
    /// The image's file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("flash.img")
    }
}

/// A flash as it comes from the factory.
pub fn erased() -> FlashImage {
    filled(0xff)
}

/// A flash full of one byte.
pub fn filled(byte: u8) -> FlashImage {
    let image = FlashImage { folder: TempDir::new().expect("a folder for the flash") };
    let mut file = std::fs::File::create(image.path()).expect("a file for the flash");
    file.write_all(&vec![byte; IMAGE_BYTES]).expect("room for the flash");
    image
}

//! The machine's flash as a file: made from what the world's flash holds, and read back while the
//! machine runs. Where the sectors are is [`vestibule_device_protocol::flash_image`]'s business.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use vestibule_device_protocol::flash_image::{BLOCK_BYTES, CREDENTIALS_SECTORS, IMAGE_BYTES, SECTOR_BYTES};

use crate::flash::Flash;

/// Writes an image whose credentials' sectors are those of `flash` and which is erased otherwise.
pub(super) fn write(path: &Path, flash: &Flash) -> io::Result<()> {
    let mut image = vec![0xff; IMAGE_BYTES];
    for (sector, bytes) in CREDENTIALS_SECTORS.zip(flash.bytes().chunks(SECTOR_BYTES)) {
        image[sector * BLOCK_BYTES..][..bytes.len()].copy_from_slice(bytes);
    }
    File::create(path)?.write_all(&image)
}

/// Has `flash` hold what the image's credentials' sectors hold now.
pub(super) fn read(path: &Path, flash: &Flash) -> io::Result<()> {
    let mut image = File::open(path)?;
    let mut bytes = vec![0; CREDENTIALS_SECTORS.len() * SECTOR_BYTES];
    for (sector, bytes) in CREDENTIALS_SECTORS.zip(bytes.chunks_mut(SECTOR_BYTES)) {
        image.seek(SeekFrom::Start((sector * BLOCK_BYTES) as u64))?;
        image.read_exact(bytes)?;
    }
    flash.mirror(&bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use embedded_storage::nor_flash::NorFlash as _;

    use super::*;
    use crate::world::FLASH_SECTORS;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("flash.img");
        let mut flash = Flash::in_memory(FLASH_SECTORS);
        flash.write(0, b"one.").unwrap();
        flash.write(SECTOR_BYTES as u32, b"two.").unwrap();
        write(&path, &flash).unwrap();
        let image = std::fs::read(&path).unwrap();
        assert_eq!(image.len(), IMAGE_BYTES);
        assert_eq!(&image[BLOCK_BYTES..][..5], b"two.\xff", "each sector begins a block");
        let other = Flash::in_memory(FLASH_SECTORS);
        let before = other.version();
        read(&path, &other).unwrap();
        assert_eq!(other.bytes(), flash.bytes());
        assert_ne!(other.version(), before, "whoever has read it before reads it anew");
    }
}

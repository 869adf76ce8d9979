//! Damaged flash: what is read from it was once saved, and what is saved on it is there afterwards,
//! until it is cleared.
#![no_main]

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use libfuzzer_sys::fuzz_target;
use vestibule_core::credentials::{Memory, Store};
use vestibule_core::{Credentials, Passphrase, Ssid};

const SECTOR: usize = 4096;

/// Two sectors in memory, in which writing only clears bits.
struct Flash([u8; 2 * SECTOR]);

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        for (place, byte) in self.0[offset as usize..][..bytes.len()].iter_mut().zip(bytes) {
            *place &= byte;
        }
        Ok(())
    }
}

/// A memory that knows this network besides those that another one knows.
fn with(mut memory: Memory, ssid: &[u8]) -> Memory {
    let ssid = Ssid::new(ssid).expect("short");
    memory.remember(Credentials { ssid, passphrase: Passphrase::new(b"correct horse").expect("long") });
    memory
}

// The input is the damage, three bytes each: where, and which bits. What two saves left is damaged.
fuzz_target!(|damage: &[u8]| {
    let first = with(Memory::new(), b"first");
    let second = with(first.clone(), b"second");
    let mut store = Store::new(Flash([0xff; 2 * SECTOR]));
    assert_eq!(store.save(&first), Ok(()));
    assert_eq!(store.save(&second), Ok(()));
    for bytes in damage.chunks_exact(3) {
        let place = usize::from(u16::from_be_bytes([bytes[0], bytes[1]])) % (2 * SECTOR);
        store.flash_mut().0[place] ^= bytes[2];
    }
    if let Ok(found) = store.load() {
        assert!(found == second || found == Memory::new(), "{found:?}");
        assert_eq!(store.repair(), Ok(()));
        assert_eq!(store.load(), Ok(found));
    }
    let third = with(first, b"third");
    assert_eq!(store.save(&third), Ok(()));
    assert_eq!(store.load(), Ok(third));
    assert_eq!(store.clear(), Ok(()));
    assert_eq!(store.load(), Ok(Memory::new()));
});

//! Damaged flash: what is read from it was once saved, and what is saved on it is there afterwards,
//! until it is cleared.
#![no_main]

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use libfuzzer_sys::fuzz_target;
use vestibule_core::credentials::Store;
use vestibule_core::{Credentials, Passphrase, Ssid};

const SECTOR: usize = 256;

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

fn credentials(ssid: &[u8]) -> Credentials {
    Credentials {
        ssid: Ssid::new(ssid).expect("short"),
        passphrase: Passphrase::new(b"correct horse").expect("long"),
    }
}

// The input is the damage: what differs from flash on which two networks were saved.
fuzz_target!(|damage: &[u8]| {
    let mut store = Store::new(Flash([0xff; 2 * SECTOR]));
    assert_eq!(store.save(&credentials(b"first")), Ok(()));
    assert_eq!(store.save(&credentials(b"second")), Ok(()));
    for (place, byte) in store.flash_mut().0.iter_mut().zip(damage) {
        *place ^= byte;
    }
    if let Ok(Some(found)) = store.load() {
        assert!(found == credentials(b"first") || found == credentials(b"second"), "{found:?}");
    }
    let third = credentials(b"third");
    if store.save(&third).is_ok() {
        assert_eq!(store.load(), Ok(Some(third)));
        assert_eq!(store.clear(), Ok(()));
        assert_eq!(store.load(), Ok(None));
    }
});

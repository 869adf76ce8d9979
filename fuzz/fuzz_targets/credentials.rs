//! Damaged flash: what is read from it was once saved, and what is saved on it is there afterwards,
//! until it is cleared. In clear and sealed, by this chip's key and by another's.
#![no_main]

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use libfuzzer_sys::fuzz_target;
use vestibule_core::credentials::{Memory, Store, StoreError};
use vestibule_core::mock::{MockDeviceKey, MockEntropy};
use vestibule_core::{Credentials, FlashKey, Passphrase, Ssid};

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

/// The store on this flash, in clear or sealed with the key of a chip.
fn store(flash: &mut Flash, chip: Option<u64>) -> Store<&mut Flash> {
    Store::new(flash).sealed(chip.and_then(|seed| FlashKey::derive(&mut MockDeviceKey::new(seed)).ok()))
}

// The input is the damage, three bytes each: where, and which bits. What two saves left is damaged. Its first bits, if there
// are some left over, say which of the saves were sealed: none by default, the second (an update), both, and whether
// the chip is another one then.
fuzz_target!(|input: &[u8]| {
    let (damage, rest) = input.as_chunks::<3>();
    let choice = rest.first().copied().unwrap_or(0);
    let chips = [(choice & 1 != 0).then_some(1), (choice & 2 != 0).then_some(1)];
    let reader = if choice & 4 == 0 { chips[1] } else { Some(2) };
    let mut random = MockEntropy::new(u64::from(choice));
    let first = with(Memory::new(), b"first");
    let second = with(first.clone(), b"second");
    let mut flash = Flash([0xff; 2 * SECTOR]);
    for (memory, chip) in [&first, &second].into_iter().zip(chips) {
        assert_eq!(store(&mut flash, chip).save(memory, &mut random), Ok(()));
    }
    for [high, low, bits] in damage {
        let place = usize::from(u16::from_be_bytes([*high, *low])) % (2 * SECTOR);
        flash.0[place] ^= bits;
    }
    let mut store = store(&mut flash, reader);
    match store.load() {
        Ok(found) => {
            let is_right = reader == chips[1] || chips[1].is_none();
            assert!(found == Memory::new() || (found == second && is_right), "{found:?}");
            assert_eq!(store.repair(&mut random), Ok(()));
            assert_eq!(store.load(), Ok(found));
        }
        Err(unreadable) => {
            // Damage alone is noticed by the checksum, and then there is no record.
            assert_eq!((unreadable, chips[1]), (StoreError::Unreadable, Some(1)));
            assert_eq!(store.repair(&mut random), Ok(()));
            assert_eq!(store.load(), Err(StoreError::Unreadable), "it is not erased");
        }
    }
    let third = with(first, b"third");
    assert_eq!(store.save(&third, &mut random), Ok(()));
    assert_eq!(store.load(), Ok(third));
    assert_eq!(store.clear(), Ok(()));
    assert_eq!(store.load(), Ok(Memory::new()));
});

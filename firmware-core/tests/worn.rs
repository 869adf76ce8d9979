//! A flash of which one sector is worn: what is saved goes where it holds.

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use vestibule_core::credentials::{Memory, Store};
use vestibule_core::mock::MockFlash;
use vestibule_core::{Credentials, Passphrase, Ssid};

const SECTOR: u32 = 4096;

/// One bit of a sector does not take what is written.
#[derive(Clone)]
struct Worn<const SECTORS: usize> {
    flash: MockFlash<SECTORS>,
    sector: u32,
}

impl<const SECTORS: usize> ErrorType for Worn<SECTORS> {
    type Error = NorFlashErrorKind;
}

impl<const SECTORS: usize> ReadNorFlash for Worn<SECTORS> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<const SECTORS: usize> NorFlash for Worn<SECTORS> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.flash.erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let mut bytes = bytes.to_vec();
        if offset / SECTOR == self.sector {
            // A bit of the sequence number, which is 0 there as it is in every record of these tests.
            bytes[7] |= 0x80;
        }
        self.flash.write(offset, &bytes)
    }
}

fn memory(number: usize) -> Memory {
    let mut memory = Memory::new();
    let ssid = Ssid::new(format!("Home {number}").as_bytes()).unwrap();
    memory.remember(Credentials { ssid, passphrase: Passphrase::new(b"correct horse").unwrap() });
    memory
}

#[test]
fn of_three_sectors_each_may_be_worn_and_everything_is_remembered() {
    for sector in 0..3 {
        let mut store = Store::new(Worn { flash: MockFlash::<3>::new(), sector });
        for number in 0..9 {
            // That a copy is missing is told, and nothing else is.
            let _ = store.save(&memory(number));
            assert_eq!(store.load().unwrap(), memory(number), "sector {sector} is worn");
        }
    }
}

#[test]
fn of_two_sectors_the_whole_one_keeps_what_it_has_and_that_is_told() {
    for sector in 0..2 {
        let mut store = Store::new(Worn { flash: MockFlash::<2>::new(), sector });
        assert!(store.save(&memory(0)).is_err(), "there is no copy");
        assert_eq!(store.load().unwrap(), memory(0));
        for number in 1..4 {
            assert!(store.save(&memory(number)).is_err(), "the one record that counts is not risked");
            assert_eq!(store.load().unwrap(), memory(0), "sector {sector} is worn");
        }
    }
}

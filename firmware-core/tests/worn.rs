//! A flash of which one sector is worn: what is saved goes where it holds.

use std::net::Ipv4Addr;

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use vestibule_core::credentials::{Memory, Store};
use vestibule_core::mock::{MockEntropy, MockFlash};
use vestibule_core::{
    Config, Credentials, FieldValues, Instant, Passphrase, Portal, RadioEvent, Ssid, StationAddress,
    Submission,
};

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

/// Power fails after so many erasures and writes.
struct Cut<F> {
    flash: F,
    left: usize,
}

impl<F> Cut<F> {
    fn goes_on(&mut self) -> Result<(), NorFlashErrorKind> {
        self.left = self.left.checked_sub(1).ok_or(NorFlashErrorKind::Other)?;
        Ok(())
    }
}

impl<F> ErrorType for Cut<F> {
    type Error = NorFlashErrorKind;
}

impl<F: ReadNorFlash<Error = NorFlashErrorKind>> ReadNorFlash for Cut<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash<Error = NorFlashErrorKind>> NorFlash for Cut<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.goes_on()?;
        self.flash.erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.goes_on()?;
        self.flash.write(offset, bytes)
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
            let _ = store.save(&memory(number), &mut MockEntropy::new(1));
            assert_eq!(store.load().unwrap(), memory(number), "sector {sector} is worn");
        }
    }
}

#[test]
fn of_two_sectors_the_whole_one_keeps_what_it_has_and_that_is_told() {
    for sector in 0..2 {
        let mut store = Store::new(Worn { flash: MockFlash::<2>::new(), sector });
        assert!(store.save(&memory(0), &mut MockEntropy::new(1)).is_err(), "there is no copy");
        assert_eq!(store.load().unwrap(), memory(0));
        for number in 1..4 {
            assert!(
                store.save(&memory(number), &mut MockEntropy::new(1)).is_err(),
                "the one record that counts is not risked"
            );
            assert_eq!(store.load().unwrap(), memory(0), "sector {sector} is worn");
        }
    }
}

/// An owner whose network the flash does not take is told so: a power cut takes it away.
#[test]
fn what_the_flash_does_not_take_is_not_said_to_be_remembered() {
    for worn in [false, true] {
        let mut flash = Worn { flash: MockFlash::<2>::new(), sector: if worn { 1 } else { u32::MAX } };
        let _ = Store::new(&mut flash).save(&memory(0), &mut MockEntropy::new(1));
        let (mut now, config) = (Instant::from_micros(0), Config::new(Ssid::new(b"Lamp").unwrap()));
        let mut portal = Portal::new(config, flash, MockEntropy::new(1));
        portal.setup(now);
        portal.handle_radio(RadioEvent::ScanFinished, now);
        portal.handle_radio(RadioEvent::AccessPointUp, now);
        let (ssid, fields) = (Ssid::new(b"Home 1").unwrap(), FieldValues::NONE);
        portal.submit(&Submission { ssid, passphrase: b"correct horse", fields }, now).unwrap();
        now = portal.poll_timeout().unwrap();
        portal.handle_timeout(now);
        while portal.poll_radio().is_some() {}
        // Nothing answers to the name, which is joined all the same.
        portal.handle_radio(RadioEvent::ScanFinished, now);
        let gateway = Some(Ipv4Addr::new(10, 0, 0, 1));
        let link = StationAddress { address: Ipv4Addr::new(10, 0, 0, 7), prefix: 24, gateway };
        portal.handle_radio(RadioEvent::Joined(link), now);
        let status = portal.status();
        assert_eq!((status.address, status.remembered), (Some(link.address), !worn));
        let kept = Store::new(portal.flash_mut()).load().unwrap();
        assert_eq!(kept.networks()[0].ssid.as_bytes(), if worn { b"Home 0" } else { b"Home 1" });
    }
}

/// A cut between the two copies leaves two whole records of different times. The later one counts, wherever it stands.
#[test]
fn of_two_whole_records_the_later_one_counts_wherever_it_stands() {
    let mut flash = MockFlash::<2>::new();
    for number in 0..5 {
        Store::new(&mut flash).save(&memory(number), &mut MockEntropy::new(1)).unwrap();
        let mut before = [0; SECTOR as usize];
        flash.read(0, &mut before).unwrap();
        Store::new(&mut flash).save(&memory(number + 1), &mut MockEntropy::new(1)).unwrap();
        for sector in [0, SECTOR] {
            let mut cut = flash.clone();
            cut.erase(sector, sector + SECTOR).unwrap();
            cut.write(sector, &before).unwrap();
            assert_eq!(Store::new(cut).load().unwrap(), memory(number + 1), "the earlier one is at {sector}");
        }
    }
}

/// Who gives a device away has it forget, on flash that is worn too: nothing stays, and nothing comes back.
fn clears<const SECTORS: usize>(sector: u32) {
    let mut flash = Worn { flash: MockFlash::<SECTORS>::new(), sector };
    for number in 0..3 {
        let _ = Store::new(&mut flash).save(&memory(number), &mut MockEntropy::new(1));
    }
    let before = Store::new(&mut flash).load().unwrap();
    assert!(!before.networks().is_empty());
    let mut forgot = false;
    for left in 0..12 {
        let mut cut = Cut { flash: flash.clone(), left };
        let outcome = Store::new(&mut cut).clear();
        let is_whole = cut.left > 0;
        assert!(!is_whole || outcome.is_ok(), "sector {sector} of {SECTORS} is worn: {outcome:?}");
        let mut after = Store::new(cut.flash);
        let kept = after.load().unwrap();
        assert!(kept == Memory::new() || (kept == before && !forgot), "after {left} operations: {kept:?}");
        forgot |= kept == Memory::new();
        let mut held = vec![0; SECTORS * SECTOR as usize];
        after.flash_mut().read(0, &mut held).unwrap();
        assert!(!is_whole || !held.windows(4).any(|bytes| bytes == b"Home"), "nothing of it is left");
    }
    assert!(forgot);
}

#[test]
fn worn_flash_forgets_too() {
    (0..2).for_each(clears::<2>);
    (0..3).for_each(clears::<3>);
    clears::<2>(u32::MAX);
}

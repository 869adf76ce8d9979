//! What the device remembers: the flash partition, and what was read from it. What flash holds and how a
//! power cut leaves it is [`crate::credentials`].

use core::cmp::Reverse;

use embedded_storage::nor_flash::NorFlash;

use super::StorageFault;
use crate::credentials::{Memory, Store, StoreError, Values};
use crate::scan_list::ScanList;
use crate::{Credentials, Entropy, Ssid};

pub(super) struct Storage<F> {
    flash: F,
    memory: Memory,
    /// The network that was joined is in flash, or was before.
    pub(super) remembered: bool,
}

impl<F: NorFlash> Storage<F> {
    #[inline(always)]
    pub(super) fn new(flash: F) -> Self {
        Self { flash, memory: Memory::new(), remembered: true }
    }

    /// Reads what is stored. After an error the flash counts as empty.
    pub(super) fn load(&mut self, chip: &mut impl Entropy) -> Result<(), StoreError> {
        let mut store = store(&mut self.flash, chip);
        store.load_into(&mut self.memory)?;
        if store.is_littered() == Ok(true) { Err(StoreError::Unreadable) } else { Ok(()) }
    }

    /// Completes a write that a power cut has cut short, and seals what is in clear where there is a key.
    pub(super) fn repair(&mut self, chip: &mut impl Entropy) -> Result<(), StoreError> {
        store(&mut self.flash, chip).repair(chip)
    }

    /// The stored networks, the one joined last first.
    pub(super) fn networks(&self) -> &[Credentials] {
        self.memory.networks()
    }

    /// The values of the application's fields.
    pub(super) fn values(&self) -> &Values {
        &self.memory.values
    }

    /// The credentials of the stored network of that name.
    pub(super) fn credentials(&self, ssid: Ssid) -> Option<&Credentials> {
        self.networks().iter().find(|stored| stored.ssid == ssid)
    }

    /// The stored network to try at this turn. Those that the last scan found come first, the strongest of
    /// them before the others; those that it did not find come after them, as they may be hidden.
    pub(super) fn candidate(&self, turn: usize, found: &ScanList) -> Option<&Credentials> {
        let stored = self.networks();
        let order = |place: usize| {
            let signal = stored.get(place).and_then(|stored| found.signal(&stored.ssid));
            (Reverse(signal), place)
        };
        let before = |place| (0..stored.len()).filter(|other| order(*other) < order(place)).count();
        stored.get((0..stored.len()).find(|place| before(*place) == turn)?)
    }

    /// The same, to be replaced.
    pub(super) fn values_mut(&mut self) -> &mut Values {
        &mut self.memory.values
    }

    /// The network was joined with these: they are remembered, and written with [`Storage::save`].
    pub(super) fn remember(&mut self, credentials: Credentials) {
        self.memory.remember(credentials);
    }

    /// Writes what is remembered. Of the two copies one may fail: that is an error, though `remembered` is
    /// true then, as the network is in flash.
    pub(super) fn save(&mut self, chip: &mut impl Entropy) -> Result<(), StoreError> {
        let mut store = store(&mut self.flash, chip);
        let saved = store.save(&self.memory, chip);
        self.remembered = saved.is_ok() || store.keeps(&self.memory);
        saved
    }

    /// Forgets everything.
    pub(super) fn wipe(&mut self) -> Result<(), StorageFault> {
        let wiped = Store::new(&mut self.flash).clear().map_err(|error| StorageFault::from(&error));
        self.memory.clear();
        wiped
    }

    pub(super) fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }
}

/// The store on this flash, with the key that this chip has now and that is wiped with the store.
#[cfg(feature = "sealed-at-rest")]
fn store<'a, F: NorFlash>(flash: &'a mut F, chip: &mut impl Entropy) -> Store<&'a mut F> {
    Store::new(flash).sealed(chip.flash_key())
}

#[cfg(not(feature = "sealed-at-rest"))]
fn store<'a, F: NorFlash>(flash: &'a mut F, _: &mut impl Entropy) -> Store<&'a mut F> {
    Store::new(flash)
}

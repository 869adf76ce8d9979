//! Keeps what the device remembers in flash: a power cut at any moment leaves the old or the new, and what was
//! cleared never returns.
//!
//! Each sector of the flash holds at most one record, at its start, and of all whole records the
//! one with the highest sequence number counts. Saving erases a *different* sector than the one
//! that counts and programs the next record there; until its last bit is in place its checksum
//! is wrong and the old record counts. Then every other sector gets the same record, so that a
//! worn cell destroys only one copy, and nothing is left of the old record.
//!
//! ```text
//!                 sector 0          sector 1
//! save A          1: A              1: A
//! save B          1: A              2: B          a cut before the last bit leaves A
//!                 2: B              2: B          a cut before this leaves B; the copy is made at
//!                                                 the next start
//! clear           2: B              3: cleared    ... leaves B
//!                 3: cleared        3: cleared    ... leaves "cleared"
//! ```
//!
//! As the contract of [`NorFlash::erase`] demands, nothing is assumed about a sector whose erasure was cut: it
//! may hold its old record, which has a lower number than the one that counts, or bytes whose checksum is
//! wrong. A store that finds the newest entry by the state of its sectors would not do, because a half-erased
//! sector can look like the current one. The price is two erasures a save, and an owner saves a few times in
//! a device's life.
//!
//! Where the device has a key of its own (feature `sealed-at-rest`), a record is sealed before it is written, and its
//! checksum is over what was sealed: nothing above depends on what is inside. A record in clear from before is sealed by
//! an ordinary save at the next start. One that this key does not open is unreadable, which is not empty: it stays as it
//! is until another is saved in its place.
//!
//! This module must not decide *when* credentials are worth keeping, nor know about networks.

mod memory;
mod record;
#[cfg(feature = "sealed-at-rest")]
mod seal;
mod values;

use core::fmt;

use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind};
use zeroize::Zeroize;

use crate::entropy::Entropy;
#[cfg(feature = "sealed-at-rest")]
use crate::flash_key::FlashKey;
use crate::limits::CREDENTIAL_SECTORS;
pub use memory::Memory;
use record::{BLOCK, RECORD_BYTES, Record};
pub use values::{Values, ValuesFull};

/// Keeps a [`Memory`] in a flash partition, all of which it owns.
///
/// Every method reads the flash; nothing is cached and no secret stays in RAM. After any error the same
/// methods may be called again.
///
/// ```
/// use embedded_storage::nor_flash::NorFlash;
/// use vestibule_core::credentials::{Store, StoreError};
/// use vestibule_core::{Credentials, Entropy, Passphrase, Ssid};
///
/// fn remember(partition: impl NorFlash, entropy: &mut impl Entropy) -> Result<(), StoreError> {
///     let mut store = Store::new(partition);
///     let mut memory = store.load()?;
///     if memory.networks().is_empty() {
///         let ssid = Ssid::new(b"Home").expect("4 bytes");
///         let passphrase = Passphrase::new(b"correct horse").expect("13 bytes");
///         memory.remember(Credentials { ssid, passphrase });
///         store.save(&memory, entropy)?;
///     }
///     Ok(())
/// }
/// ```
pub struct Store<F> {
    flash: F,
    /// What records are sealed with, if this device has it.
    #[cfg(feature = "sealed-at-rest")]
    key: Option<FlashKey>,
}

/// Where the record that counts is, and its number.
struct Newest {
    sector: usize,
    sequence: u64,
}

impl<F: NorFlash> Store<F> {
    /// Checked when a store on `F` is compiled: a block is a whole number of words, and a sector
    /// has room for a record.
    const FITS: () = assert!(
        BLOCK.is_multiple_of(F::READ_SIZE)
            && BLOCK.is_multiple_of(F::WRITE_SIZE)
            && F::ERASE_SIZE.is_multiple_of(BLOCK)
            && F::ERASE_SIZE >= RECORD_BYTES,
        "flash words are at most 64 bytes, and sectors have room for a record"
    );

    /// A store on all of `flash`: a partition of at least [`CREDENTIAL_SECTORS`] sectors. Does
    /// not touch it yet.
    pub fn new(flash: F) -> Self {
        let () = Self::FITS;
        Self {
            flash,
            #[cfg(feature = "sealed-at-rest")]
            key: None,
        }
    }

    /// Seals with this key from now on, and reads what was sealed with it. Without one, what was sealed is
    /// [`StoreError::Unreadable`] and what is saved is in clear.
    ///
    /// ```
    /// use vestibule_core::credentials::{Memory, Store, StoreError};
    /// use vestibule_core::mock::{MockDeviceKey, MockEntropy, MockFlash};
    /// use vestibule_core::{Credentials, FlashKey, NoDeviceKey, Passphrase, Ssid};
    ///
    /// let mut memory = Memory::new();
    /// let ssid = Ssid::new(b"Home").expect("4 bytes");
    /// memory.remember(Credentials { ssid, passphrase: Passphrase::open() });
    /// let mut flash = MockFlash::<2>::new();
    /// let mut store = Store::new(&mut flash).sealed(FlashKey::derive(&mut MockDeviceKey::new(1)).ok());
    /// assert_eq!(store.save(&memory, &mut MockEntropy::new(1)), Ok(()));
    /// assert_eq!(store.load(), Ok(memory));
    ///
    /// // The flash in another device, whose key is another.
    /// let mut store = Store::new(&mut flash).sealed(FlashKey::derive(&mut MockDeviceKey::new(2)).ok());
    /// assert_eq!(store.load(), Err(StoreError::Unreadable));
    /// ```
    #[cfg(feature = "sealed-at-rest")]
    #[must_use]
    pub fn sealed(self, key: Option<FlashKey>) -> Self {
        Self { key, ..self }
    }

    /// What was last saved. Empty if nothing was, if it was cleared, or if the flash holds nothing that this
    /// store wrote. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for a record of a firmware that came later, and for one that is sealed with another
    /// key than this device has. It can be replaced or cleared.
    pub fn load(&mut self) -> Result<Memory, StoreError> {
        let mut memory = Memory::new();
        self.load_into(&mut memory).map(|()| memory)
    }

    /// As [`Store::load`], but into memory that is there already, because it is large.
    pub(crate) fn load_into(&mut self, memory: &mut Memory) -> Result<(), StoreError> {
        let mut record = Record::BLANK;
        memory.clear();
        match self.newest(&mut record)? {
            Some(_) => {
                #[cfg(feature = "sealed-at-rest")]
                if let Some(key) = &self.key {
                    record.open(key);
                }
                record.read_into(memory)
            }
            None => Ok(()),
        }
    }

    /// Whether the flash holds bytes but no valid record: those of another program, or of a first save that was
    /// cut.
    pub(crate) fn is_littered(&mut self) -> Result<bool, StoreError> {
        let mut record = Record::BLANK;
        if self.newest(&mut record)?.is_some() {
            return Ok(false);
        }
        record = Record::BLANK;
        for sector in 0..self.sectors()? {
            if !self.holds(sector, &record, F::ERASE_SIZE)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether flash holds exactly this.
    #[inline(never)]
    pub(crate) fn keeps(&mut self, memory: &Memory) -> bool {
        self.load().is_ok_and(|kept| kept == *memory)
    }

    /// Makes every sector hold the record that counts and nothing else: finishes a save or a wipe
    /// that was cut, and replaces a copy that a worn cell has corrupted. To be called at each start; it
    /// writes only what has to change. A record in clear is sealed, as [`Store::save`] would, if the store has a key.
    ///
    /// # Errors
    /// As [`Store::save`]; what counted before counts all the same.
    pub fn repair(&mut self, entropy: &mut impl Entropy) -> Result<(), StoreError> {
        let mut record = Record::BLANK;
        let Some(newest) = self.newest(&mut record)? else { return Ok(()) };
        #[cfg(not(feature = "sealed-at-rest"))]
        let _ = entropy;
        #[cfg(feature = "sealed-at-rest")]
        if self.key.is_some() && record.is_in_clear() {
            // As it is: what is in it need not be known.
            record.set_sequence(newest.sequence.saturating_add(1));
            self.seal(&mut record, entropy);
            return self.replace(Some(newest.sector), &record);
        }
        self.copy(newest.sector, &record)
    }

    /// Makes every sector but this one hold the record and nothing else.
    fn copy(&mut self, from: usize, record: &Record) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for sector in (0..self.sectors()?).filter(|sector| *sector != from) {
            // One that is worn is left out, and told.
            if !self.holds(sector, record, F::ERASE_SIZE)?
                && let Err(error) = self.write(sector, record)
            {
                outcome = Err(error);
            }
        }
        outcome
    }

    /// Saves `memory` in place of what was saved before, of which nothing is left. When power fails
    /// before it returns, the old or the new is kept.
    ///
    /// # Errors
    /// [`StoreError::NotKept`] if the flash holds something else than was written, as worn flash
    /// does. Worn sectors are left out as long as another is there beside the one with the record from before;
    /// [`Store::load`] says which of the two is kept.
    pub fn save(&mut self, memory: &Memory, entropy: &mut impl Entropy) -> Result<(), StoreError> {
        let mut record = Record::BLANK;
        let newest = self.fill(&mut record, memory)?;
        self.seal(&mut record, entropy);
        self.replace(newest, &record)
    }

    /// Makes the record, in clear, that comes after the one that counts, and says where that one is.
    fn fill(&mut self, record: &mut Record, memory: &Memory) -> Result<Option<usize>, StoreError> {
        let newest = self.newest(record)?;
        record.fill(newest.as_ref().map_or(1, |newest| newest.sequence.saturating_add(1)), memory);
        Ok(newest.map(|newest| newest.sector))
    }

    /// Seals a record that is in clear, if there is a key to do it with.
    fn seal(&self, record: &mut Record, entropy: &mut impl Entropy) {
        #[cfg(not(feature = "sealed-at-rest"))]
        let _ = (record, entropy);
        #[cfg(feature = "sealed-at-rest")]
        if let Some(key) = &self.key {
            let mut random = [0; seal::NONCE_BYTES];
            entropy.fill(&mut random);
            record.seal(key, random);
        }
    }

    /// Writes the record in place of the one that counts, which is in the sector `newest`.
    fn replace(&mut self, newest: Option<usize>, record: &Record) -> Result<(), StoreError> {
        let sectors = self.sectors()?;
        // The next sector or, where that is worn, one after it, but never the one whose record counts so far.
        let first = newest.map_or(0, |sector| sector + 1);
        let mut written = Err(StoreError::NotKept);
        for sector in (first..first + sectors).map(|next| next % sectors) {
            if written.is_err() && newest != Some(sector) {
                written = self.write(sector, record).map(|()| sector);
            }
        }
        self.copy(written?, record)
    }

    /// Wipes everything from flash. When power fails before it returns, either all of it is still there or
    /// nothing; an earlier record never comes back. Where worn flash does not keep the record that says so, nothing at all is
    /// left in it.
    ///
    /// # Errors
    /// As [`Store::save`]; [`StoreError::NotKept`] only where a worn sector goes on holding what it held.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        let mut record = Record::BLANK;
        let cleared = match self.newest(&mut record)? {
            Some(newest) if record.is_cleared() => self.copy(newest.sector, &record),
            _ => {
                // There is nothing in it to seal, and every firmware reads it.
                let newest = self.fill(&mut record, &Memory::new())?;
                self.replace(newest, &record)
            }
        };
        match cleared {
            Err(StoreError::NotKept) => self.erase_all(),
            done => done,
        }
    }

    /// Erases every sector, the one whose record counts last: when power fails meanwhile, no earlier one comes back.
    fn erase_all(&mut self) -> Result<(), StoreError> {
        let mut record = Record::BLANK;
        let newest = self.newest(&mut record)?.map(|newest| newest.sector);
        let others = (0..self.sectors()?).filter(|sector| Some(*sector) != newest);
        for sector in others.chain(newest) {
            self.erase(sector)?;
            self.read(sector, &mut record)?;
            if record.sequence().is_some() {
                return Err(StoreError::NotKept);
            }
        }
        Ok(())
    }

    /// The flash, for callers that need its own methods. The store does not answer for what they write.
    pub fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    /// Replaces what a sector holds by a record, and reads it back.
    fn write(&mut self, sector: usize, record: &Record) -> Result<(), StoreError> {
        self.erase(sector)?;
        self.flash.write(Self::address(sector), record.bytes()).map_err(StoreError::flash)?;
        if self.holds(sector, record, record.bytes().len())? { Ok(()) } else { Err(StoreError::NotKept) }
    }

    /// Finds the record that counts, and leaves it in `record`.
    fn newest(&mut self, record: &mut Record) -> Result<Option<Newest>, StoreError> {
        let mut newest: Option<Newest> = None;
        for sector in 0..self.sectors()? {
            self.read(sector, record)?;
            let Some(sequence) = record.sequence() else { continue };
            if newest.as_ref().is_none_or(|newest| newest.sequence < sequence) {
                newest = Some(Newest { sector, sequence });
            }
        }
        if let Some(newest) = &newest {
            self.read(newest.sector, record)?;
        }
        Ok(newest)
    }

    fn sectors(&self) -> Result<usize, StoreError> {
        let sectors = self.flash.capacity() / F::ERASE_SIZE;
        if sectors < CREDENTIAL_SECTORS { Err(StoreError::TooSmall { sectors }) } else { Ok(sectors) }
    }

    fn address(sector: usize) -> u32 {
        (sector * F::ERASE_SIZE) as u32
    }

    /// Reads into the caller's record, so that a secret is never in a copy that nobody wipes.
    fn read(&mut self, sector: usize, record: &mut Record) -> Result<(), StoreError> {
        self.flash.read(Self::address(sector), record.room_mut()).map_err(StoreError::flash)
    }

    /// Whether a sector holds this record and is blank from there up to `end`.
    fn holds(&mut self, sector: usize, record: &Record, end: usize) -> Result<bool, StoreError> {
        let mut part = [0; BLOCK];
        let mut blocks = record.bytes().chunks(BLOCK);
        for offset in (0..end).step_by(BLOCK) {
            let address = Self::address(sector) + offset as u32;
            self.flash.read(address, &mut part).map_err(StoreError::flash)?;
            let same = part == *blocks.next().unwrap_or(&[0xff; BLOCK]);
            part.zeroize();
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn erase(&mut self, sector: usize) -> Result<(), StoreError> {
        self.flash.erase(Self::address(sector), Self::address(sector + 1)).map_err(StoreError::flash)
    }
}

/// Why memory could not be loaded, saved or cleared.
///
/// ```
/// use vestibule_core::credentials::{Store, StoreError};
/// use vestibule_core::mock::MockFlash;
///
/// assert_eq!(Store::new(MockFlash::<1>::new()).load().unwrap_err(), StoreError::TooSmall { sectors: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The partition has too few sectors to keep old credentials while new ones are written.
    TooSmall {
        /// How many it has.
        sectors: usize,
    },
    /// The flash failed or has lost power.
    Flash(NorFlashErrorKind),
    /// The record is whole, but this firmware does not know its version or content, or it is sealed with a key that this
    /// device does not have.
    Unreadable,
    /// The flash holds something else than was just written to it.
    NotKept,
}

impl StoreError {
    fn flash(error: impl NorFlashError) -> Self {
        Self::Flash(error.kind())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSmall { sectors } => {
                write!(f, "credentials need {CREDENTIAL_SECTORS} flash sectors, this partition has {sectors}")
            }
            Self::Flash(kind) => write!(f, "the flash failed: {kind}"),
            Self::Unreadable => f.write_str(
                "the stored credentials are of a version unknown here, or sealed with the key of another device",
            ),
            Self::NotKept => f.write_str("the flash did not keep what was written to it"),
        }
    }
}

impl core::error::Error for StoreError {}

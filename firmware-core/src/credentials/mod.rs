//! What the device remembers: one network and its passphrase, kept so that a power cut at any
//! moment leaves the old ones or the new ones, and cleared so that nothing brings them back.
//!
//! Each sector of the flash holds at most one record, at its start, and of all whole records the
//! one with the highest sequence number counts. Saving erases a *different* sector than the one
//! that counts and programs the next record there; until its last bit is in place its checksum
//! is wrong and the old record counts.
//!
//! ```text
//!              sector 0          sector 1
//! save A       1: A              erased
//! save B       1: A              2: B             a cut before the last bit leaves A
//! clear        3: cleared        2: B             ... leaves B
//!              3: cleared        erased           a cut here leaves "cleared"; B is wiped at
//!                                                 the next start
//! ```
//!
//! Nothing is assumed of a sector whose erasure was cut, in keeping with the contract of
//! [`NorFlash::erase`]: it may hold its old record, which has a lower number than the one that
//! counts, or bytes whose checksum is wrong. That rules out stores that look for the newest
//! entry by the state of their sectors: a half-erased sector can look like the current one. The
//! price is an erasure a save, which is cheap: an owner saves a few times in a device's life.
//!
//! This module must not decide *when* credentials are worth keeping, nor know about networks.

mod record;
mod values;

use core::fmt;

use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind};

use crate::Credentials;
use crate::limits::CREDENTIAL_SECTORS;
use record::{RECORD_BYTES, Record};
pub use values::{Values, ValuesFull};

/// The credentials in a flash partition, all of which it owns.
///
/// Every method reads the flash anew; nothing is cached and no secret stays in memory. After an
/// error, whatever it was, the same methods may be called again.
///
/// ```
/// use embedded_storage::nor_flash::NorFlash;
/// use vestibule_core::credentials::{Store, StoreError};
/// use vestibule_core::{Credentials, Passphrase, Ssid};
///
/// fn remember(partition: impl NorFlash) -> Result<(), StoreError> {
///     let mut store = Store::new(partition);
///     if store.load()?.is_none() {
///         let ssid = Ssid::new(b"Home").expect("4 bytes");
///         let passphrase = Passphrase::new(b"correct horse").expect("13 bytes");
///         store.save(&Credentials { ssid, passphrase })?;
///     }
///     Ok(())
/// }
/// ```
pub struct Store<F> {
    flash: F,
}

/// Where the record that counts is, and its number.
struct Newest {
    sector: usize,
    sequence: u64,
}

impl<F: NorFlash> Store<F> {
    /// Checked when a store on `F` is compiled: a record is a whole number of words, and a
    /// sector a whole number of records.
    const FITS: () = assert!(
        RECORD_BYTES.is_multiple_of(F::READ_SIZE)
            && RECORD_BYTES.is_multiple_of(F::WRITE_SIZE)
            && F::ERASE_SIZE.is_multiple_of(RECORD_BYTES),
        "flash words are at most 128 bytes, and sectors at least"
    );

    /// A store on all of `flash`: a partition of at least [`CREDENTIAL_SECTORS`] sectors. Does
    /// not touch it yet.
    pub fn new(flash: F) -> Self {
        let () = Self::FITS;
        Self { flash }
    }

    /// The credentials last saved, or `None` if there are none: never saved, cleared, or the
    /// flash holds nothing that this store wrote. Finishes the wipe of a [`Store::clear`] that
    /// was cut.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] for a record of a firmware that came later. It can be replaced
    /// or cleared.
    pub fn load(&mut self) -> Result<Option<Credentials>, StoreError> {
        let mut record = Record::BLANK;
        let Some(newest) = self.newest(&mut record)? else { return Ok(None) };
        let credentials = record.credentials()?;
        if credentials.is_none() {
            self.wipe_except(newest.sector)?;
        }
        Ok(credentials)
    }

    /// Keeps `credentials` in place of any before. When it returns `Ok` they have been read back
    /// from flash; when power fails before that, the old or the new ones are kept.
    ///
    /// The ones before remain in flash, unused, until a later save needs their sector or until
    /// [`Store::clear`].
    ///
    /// # Errors
    /// [`StoreError::NoName`] for an empty SSID, [`StoreError::NotKept`] if the flash holds
    /// something else than was written, as worn flash does.
    pub fn save(&mut self, credentials: &Credentials) -> Result<(), StoreError> {
        if credentials.ssid.is_empty() {
            return Err(StoreError::NoName);
        }
        self.append(Some(credentials))?;
        Ok(())
    }

    /// Forgets the credentials, and wipes these and all earlier ones from flash. When power fails
    /// before it returns, the credentials are kept or there are none; earlier ones never return.
    ///
    /// # Errors
    /// As [`Store::save`].
    pub fn clear(&mut self) -> Result<(), StoreError> {
        let mut record = Record::BLANK;
        let cleared = match self.newest(&mut record)? {
            Some(newest) if record.is_cleared() => newest.sector,
            _ => self.append(None)?,
        };
        self.wipe_except(cleared)
    }

    /// The flash, for whoever needs its own methods. What is written to it is no longer this
    /// store's responsibility.
    pub fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    /// Writes the next record into the sector after the one that counts, which stays untouched.
    /// Returns the sector.
    fn append(&mut self, credentials: Option<&Credentials>) -> Result<usize, StoreError> {
        let sectors = self.sectors()?;
        let mut record = Record::BLANK;
        let (sector, sequence) = match self.newest(&mut record)? {
            Some(newest) => ((newest.sector + 1) % sectors, newest.sequence.saturating_add(1)),
            None => (0, 1),
        };
        record.fill(sequence, credentials);
        self.erase(sector)?;
        self.flash.write(Self::address(sector), record.bytes()).map_err(StoreError::flash)?;
        let mut kept = Record::BLANK;
        self.read(sector, &mut kept)?;
        if kept.bytes() == record.bytes() { Ok(sector) } else { Err(StoreError::NotKept) }
    }

    /// Erases every other sector that is not blank from its first byte to its last.
    fn wipe_except(&mut self, kept: usize) -> Result<(), StoreError> {
        for sector in (0..self.sectors()?).filter(|sector| *sector != kept) {
            if !self.is_blank(sector)? {
                self.erase(sector)?;
            }
        }
        Ok(())
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
        self.flash.read(Self::address(sector), record.bytes_mut()).map_err(StoreError::flash)
    }

    fn is_blank(&mut self, sector: usize) -> Result<bool, StoreError> {
        let mut part = Record::BLANK;
        for offset in (0..F::ERASE_SIZE).step_by(RECORD_BYTES) {
            let address = Self::address(sector) + offset as u32;
            self.flash.read(address, part.bytes_mut()).map_err(StoreError::flash)?;
            if part.bytes() != Record::BLANK.bytes() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn erase(&mut self, sector: usize) -> Result<(), StoreError> {
        self.flash.erase(Self::address(sector), Self::address(sector + 1)).map_err(StoreError::flash)
    }
}

/// Why credentials could not be loaded, saved or cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The partition has too few sectors to keep old credentials while new ones are written.
    TooSmall {
        /// How many it has.
        sectors: usize,
    },
    /// The flash failed or has lost power.
    Flash(NorFlashErrorKind),
    /// The record is whole, but this firmware does not know its version or content.
    Unreadable,
    /// A network's name has at least one byte.
    NoName,
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
            Self::Unreadable => f.write_str("the stored credentials are of a version unknown here"),
            Self::NoName => f.write_str("credentials without a network name cannot be stored"),
            Self::NotKept => f.write_str("the flash did not keep what was written to it"),
        }
    }
}

impl core::error::Error for StoreError {}

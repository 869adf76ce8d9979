//! NOR flash, simulated: words that only lose bits, sectors that are erased whole, power that
//! fails in the middle of either, and wear.
//!
//! What is simulated is the contract of `embedded_storage`'s NOR traits and what a serial flash
//! chip does behind them, as far as software can see it:
//!
//! - A program operation turns ones into zeros within one word of [`WORD`] bytes. Asking for a
//!   zero to become a one is refused with the address, where a real chip would silently keep the
//!   zero: it is always a mistake of the software under test.
//! - An erase operation turns one sector of [`SECTOR`] bytes into ones and wears it. Wear is
//!   counted; a worn sector never fails here.
//! - Alignment and bounds are checked before anything changes.
//! - A power cut stops an operation half-way ([`Flash::cut_power_after`]). What a half-done
//!   operation leaves is undefined by the contract, so the test chooses it: a [`Tear`].
//!
//! Not simulated: time, read disturb, bits that read differently each time after a torn
//! operation, and pages. A chip programs up to 256 bytes in one operation of which any bits may
//! be done when power fails; here words are programmed one by one in rising order, each torn as
//! chosen.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase,
    check_read, check_write,
};
use rand_chacha::rand_core::Rng as _;

use crate::random_streams::{RandomStream, stream};

/// Bytes that one operation programs.
pub const WORD: usize = 4;

/// Bytes that one operation erases.
pub const SECTOR: usize = 4096;

/// A flash chip. Clones are handles on the same chip, so that a device that holds one can be
/// dropped at a power cut and another be booted on what the chip then holds.
/// [`Flash::copy`] makes a second chip.
///
/// ```
/// use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
/// use vestibule::flash::{Flash, FlashError, Tear};
///
/// let mut flash = Flash::in_memory(2);
/// flash.cut_power_after(1, Tear::NOTHING_DONE);
/// let cut = flash.write(0, b"2 words.");
/// assert!(matches!(cut, Err(FlashError::PowerCut)));
///
/// flash.power_on();
/// let mut kept = [0; 8];
/// flash.read(0, &mut kept).unwrap();
/// assert_eq!(&kept, b"2 wo\xff\xff\xff\xff");
/// ```
#[derive(Clone)]
pub struct Flash {
    chip: Arc<Mutex<Chip>>,
}

/// Shows the chip and not what it holds, which may be somebody's passphrase.
impl fmt::Debug for Flash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chip = self.lock();
        f.debug_struct("Flash")
            .field("sectors", &chip.wear.len())
            .field("powered", &chip.powered)
            .field("operations", &chip.operations)
            .finish_non_exhaustive()
    }
}

/// What a power cut leaves of the operation that it interrupts.
///
/// ```
/// use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
/// use vestibule::flash::{Flash, FlashError, Tear, TornSector};
///
/// let mut flash = Flash::in_memory(1);
/// // Of the second word, two bits have not arrived when power goes.
/// flash.cut_power_after(1, Tear { word: 0b11, sector: TornSector::Zeroed });
/// assert!(matches!(flash.write(0, &[0; 8]), Err(FlashError::PowerCut)));
/// assert!(!flash.is_powered());
///
/// flash.power_on();
/// let mut words = [0; 8];
/// flash.read(0, &mut words)?;
/// assert_eq!(words, [0, 0, 0, 0, 0b11, 0, 0, 0]);
/// # Ok::<(), FlashError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tear {
    /// Of a word that was being programmed from `old` to `new`: it holds `old & (new | mask)`.
    /// Where a bit of the mask is one, the zero has not arrived. The first byte of the word is
    /// the lowest of the mask.
    pub word: u32,
    /// Of a sector that was being erased.
    pub sector: TornSector,
}

impl Tear {
    /// The cut came before the operation began.
    pub const NOTHING_DONE: Self = Self { word: u32::MAX, sector: TornSector::Raised(0) };

    /// The cut came after the operation was done and before the software heard of it.
    pub const ALL_DONE: Self = Self { word: 0, sector: TornSector::Raised(u32::MAX) };
}

/// What a power cut leaves of a sector that was being erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TornSector {
    /// Each word holds `old | mask`: the cells rise at their own pace. `0` is a sector as it
    /// was, `u32::MAX` an erased one.
    Raised(u32),
    /// The first so many words are erased, the others as they were.
    First(usize),
    /// The last so many words are erased, the others as they were.
    Last(usize),
    /// Every bit is zero: many chips program a sector to zeros before they erase it.
    Zeroed,
    /// Anything, decided by this seed, as the contract of `NorFlash::erase` allows.
    Undefined(u64),
}

/// Why the flash did not do as asked.
///
/// ```
/// use embedded_storage::nor_flash::NorFlash;
/// use vestibule::flash::{Flash, FlashError};
///
/// let mut flash = Flash::in_memory(1);
/// flash.write(0, &[0; 4])?;
/// assert!(matches!(flash.write(0, &[0xff; 4]), Err(FlashError::SetsBits { address: 0 })));
/// assert!(matches!(flash.write(2, &[0; 4]), Err(FlashError::NotAligned { .. })));
/// # Ok::<(), FlashError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlashError {
    /// Address or length is not a multiple of a word (of a sector, for an erasure).
    #[error("flash access at {address:#x} of {length} bytes is not aligned")]
    NotAligned {
        /// Where the access began.
        address: u32,
        /// How many bytes it was for.
        length: usize,
    },
    /// The access reaches past the end of the chip, or ends before it begins.
    #[error("flash access at {address:#x} of {length} bytes is out of bounds")]
    OutOfBounds {
        /// Where the access began.
        address: u32,
        /// How many bytes it was for.
        length: usize,
    },
    /// The word is not erased where the new one has ones.
    #[error("the flash word at {address:#x} would need a bit set; only an erasure sets bits")]
    SetsBits {
        /// The word's address.
        address: u32,
    },
    /// Power failed during this operation, or is off since an earlier one.
    #[error("the flash has no power")]
    PowerCut,
    /// The file that holds the flash has another size than the flash.
    #[error("{} holds {found} bytes, but this flash has {expected}; use another file, or delete this one to start erased", path.display())]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        found: u64,
        /// The size of the flash in bytes.
        expected: u64,
    },
    /// The file that holds the flash could not be opened, read or written.
    #[error("the flash file {} failed", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned { .. } => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds { .. } => NorFlashErrorKind::OutOfBounds,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl Flash {
    /// An erased chip of so many sectors, forgotten with its last handle.
    #[must_use]
    pub fn in_memory(sectors: usize) -> Self {
        Self::holding(vec![0xff; sectors * SECTOR])
    }

    /// A chip in memory that already holds `bytes`: an image, or garbage.
    ///
    /// # Panics
    /// If `bytes` is not a whole number of sectors.
    #[must_use]
    pub fn holding(bytes: Vec<u8>) -> Self {
        assert!(bytes.len().is_multiple_of(SECTOR), "a flash has whole sectors");
        Self::with(Chip::new(bytes, None))
    }

    /// A chip whose contents live in a file and outlast the process: every operation is written
    /// to it at once. Created erased if there is no such file. Wear is counted anew each time.
    ///
    /// # Errors
    /// [`FlashError::WrongSize`] if the file does not hold exactly so many sectors, and
    /// [`FlashError::File`] if it cannot be used.
    pub fn in_file(path: impl AsRef<Path>, sectors: usize) -> Result<Self, FlashError> {
        let (file, bytes) = Backing::open(path.as_ref(), sectors * SECTOR)?;
        Ok(Self::with(Chip::new(bytes, Some(file))))
    }

    fn with(chip: Chip) -> Self {
        Self { chip: Arc::new(Mutex::new(chip)) }
    }

    /// Another chip, in memory, that holds the same bytes. It has power and no wear.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::holding(self.bytes())
    }

    /// Everything that the chip holds, read past power and locks, as a laboratory would.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// Lets so many more operations succeed; the one after them is torn and fails, and so does
    /// every call from then on until [`Flash::power_on`]. An operation is one word programmed or
    /// one sector erased. Replaces a cut scheduled earlier.
    pub fn cut_power_after(&self, operations: u64, tear: Tear) {
        self.lock().cut = Some((operations, tear));
    }

    /// Takes back a cut that was scheduled and has not come.
    pub fn spare_power(&self) {
        self.lock().cut = None;
    }

    /// A bit turns, as charge leaks or a neighbour is read too often. Bits are counted from the
    /// lowest of the first byte; beyond the end they begin anew.
    pub fn rot(&self, bit: u32) {
        let mut chip = self.lock();
        let at = bit as usize / 8 % chip.bytes.len();
        chip.bytes[at] ^= 1 << (bit % 8);
        chip.rotten += 1;
        let word = at / WORD * WORD;
        // A file that cannot be written is noticed at the next operation.
        let _ = chip.end(word, WORD, None);
    }

    /// The chip holds these bytes from now on, as another one does whose picture it is.
    ///
    /// # Panics
    /// If there are more or fewer bytes than it has.
    pub(crate) fn mirror(&self, bytes: &[u8]) {
        let mut chip = self.lock();
        if chip.bytes != bytes {
            chip.bytes.copy_from_slice(bytes);
            chip.operations += 1;
        }
    }

    /// Changes when what the chip holds may have changed.
    #[must_use]
    pub(crate) fn version(&self) -> u64 {
        let chip = self.lock();
        chip.operations + chip.rotten
    }

    /// Cuts power now, between operations.
    pub fn cut_power(&self) {
        self.lock().powered = false;
    }

    /// Power is back. A scheduled cut that has not come yet still will.
    pub fn power_on(&self) {
        self.lock().powered = true;
    }

    /// Whether the chip has power.
    #[must_use]
    pub fn is_powered(&self) -> bool {
        self.lock().powered
    }

    /// How many operations have begun, torn ones included.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// How often each sector's erasure has begun.
    #[must_use]
    pub fn wear(&self) -> Vec<u32> {
        self.lock().wear.clone()
    }

    /// A panic elsewhere leaves the chip as a power cut would: between two operations.
    fn lock(&self) -> MutexGuard<'_, Chip> {
        self.chip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the checks of `embedded_storage` found, with the place.
    fn located(
        checked: Result<(), NorFlashErrorKind>,
        address: u32,
        length: usize,
    ) -> Result<(), FlashError> {
        checked.map_err(|kind| match kind {
            NorFlashErrorKind::NotAligned => FlashError::NotAligned { address, length },
            _ => FlashError::OutOfBounds { address, length },
        })
    }
}

impl ErrorType for Flash {
    type Error = FlashError;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        Self::located(check_read(self, offset, bytes.len()), offset, bytes.len())?;
        let chip = self.lock();
        chip.check_power()?;
        bytes.copy_from_slice(&chip.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.lock().bytes.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        Self::located(check_erase(self, from, to), from, to.saturating_sub(from) as usize)?;
        let mut chip = self.lock();
        chip.check_power()?;
        (from as usize..to as usize).step_by(SECTOR).try_for_each(|at| chip.erase_sector(at))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        Self::located(check_write(self, offset, bytes.len()), offset, bytes.len())?;
        let mut chip = self.lock();
        let words = || (offset as usize..).step_by(WORD).zip(bytes.as_chunks::<WORD>().0);
        chip.check_power()?;
        for (at, word) in words() {
            chip.check_program(at, *word)?;
        }
        words().try_for_each(|(at, word)| chip.program_word(at, *word))
    }
}

/// A word may be programmed again as long as it only loses bits.
impl MultiwriteNorFlash for Flash {}

/// The chip itself. Addresses are aligned and in bounds by the time they come here.
struct Chip {
    bytes: Vec<u8>,
    backing: Option<Backing>,
    wear: Vec<u32>,
    powered: bool,
    operations: u64,
    /// How often a bit has turned by itself.
    rotten: u64,
    /// Operations that still succeed, and what the next one leaves.
    cut: Option<(u64, Tear)>,
}

impl Chip {
    fn new(bytes: Vec<u8>, backing: Option<Backing>) -> Self {
        let wear = vec![0; bytes.len() / SECTOR];
        Self { bytes, backing, wear, powered: true, operations: 0, rotten: 0, cut: None }
    }

    fn check_power(&self) -> Result<(), FlashError> {
        if self.powered { Ok(()) } else { Err(FlashError::PowerCut) }
    }

    fn word(&self, at: usize) -> u32 {
        let mut word = [0; WORD];
        word.copy_from_slice(&self.bytes[at..][..WORD]);
        u32::from_le_bytes(word)
    }

    fn check_program(&self, at: usize, word: [u8; WORD]) -> Result<(), FlashError> {
        if u32::from_le_bytes(word) & !self.word(at) == 0 {
            Ok(())
        } else {
            Err(FlashError::SetsBits { address: at as u32 })
        }
    }

    /// Begins an operation: `Some` if power fails during it.
    fn begin(&mut self) -> Result<Option<Tear>, FlashError> {
        self.check_power()?;
        self.operations += 1;
        match &mut self.cut {
            Some((0, tear)) => {
                let tear = *tear;
                self.cut = None;
                self.powered = false;
                Ok(Some(tear))
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Ends an operation that began with `tear`.
    fn end(&mut self, at: usize, length: usize, tear: Option<Tear>) -> Result<(), FlashError> {
        if let Some(backing) = &mut self.backing {
            backing.store(at, &self.bytes[at..at + length])?;
        }
        if tear.is_some() { Err(FlashError::PowerCut) } else { Ok(()) }
    }

    fn program_word(&mut self, at: usize, word: [u8; WORD]) -> Result<(), FlashError> {
        let tear = self.begin()?;
        let unprogrammed = tear.map_or(0, |tear| tear.word);
        let kept = self.word(at) & (u32::from_le_bytes(word) | unprogrammed);
        self.bytes[at..][..WORD].copy_from_slice(&kept.to_le_bytes());
        self.end(at, WORD, tear)
    }

    fn erase_sector(&mut self, at: usize) -> Result<(), FlashError> {
        let tear = self.begin()?;
        self.wear[at / SECTOR] += 1;
        let sector = &mut self.bytes[at..][..SECTOR];
        tear.unwrap_or(Tear::ALL_DONE).sector.erase(sector);
        self.end(at, SECTOR, tear)
    }
}

impl TornSector {
    /// Does to a sector as much as an erasure did before power failed.
    fn erase(self, sector: &mut [u8]) {
        match self {
            Self::Raised(mask) => {
                for (byte, raised) in sector.iter_mut().zip(mask.to_le_bytes().into_iter().cycle()) {
                    *byte |= raised;
                }
            }
            Self::First(words) => {
                let end = (words * WORD).min(SECTOR);
                sector[..end].fill(0xff);
            }
            Self::Last(words) => {
                let end = (words * WORD).min(SECTOR);
                sector[SECTOR - end..].fill(0xff);
            }
            Self::Zeroed => sector.fill(0),
            Self::Undefined(seed) => stream(seed, RandomStream::Erasure, 0).fill_bytes(sector),
        }
    }
}

/// The file behind a chip.
struct Backing {
    path: PathBuf,
    file: File,
}

impl Backing {
    /// Opens or creates the file and returns what it holds.
    fn open(path: &Path, size: usize) -> Result<(Self, Vec<u8>), FlashError> {
        let failed = |source| FlashError::File { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut backing = Self { path: path.to_owned(), file: file.map_err(failed)? };
        let found = backing.file.metadata().map_err(failed)?.len();
        if found == 0 {
            let erased = vec![0xff; size];
            backing.store(0, &erased)?;
            return Ok((backing, erased));
        }
        if found != size as u64 {
            return Err(FlashError::WrongSize { path: path.to_owned(), found, expected: size as u64 });
        }
        let mut bytes = Vec::with_capacity(size);
        backing.file.read_to_end(&mut bytes).map_err(failed)?;
        Ok((backing, bytes))
    }

    fn store(&mut self, at: usize, bytes: &[u8]) -> Result<(), FlashError> {
        let written = self.file.seek(SeekFrom::Start(at as u64)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|source| FlashError::File { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests;

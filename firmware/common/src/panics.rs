//! How often the firmware has panicked in a row, kept in a flash sector of its own.
//!
//! A panic programs one more word of the sector; the count is how many are programmed. A device
//! that has run well for [`FORGET_DELAY`] erases them. After each panic it waits longer before it does anything
//! ([`restart_delay`]). After [`SAFE_MODE_PANICS`] panics it does not use what is stored where its portal may open
//! instead, so that nothing that was stored can keep it from being set up again.

use embassy_time::{Duration, Timer};
use embedded_storage::nor_flash::NorFlash;
use log::warn;

/// After this many panics in a row a device is in safe mode.
pub const SAFE_MODE_PANICS: u32 = 3;

/// Panics that are counted: after so many the wait is the longest.
const MOST_PANICS: u32 = 11;

/// The longest wait after a panic. Chosen: a device that panics all the time disturbs nobody's network much, and is back
/// within ten minutes of what made it panic.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// How long a device does nothing after so many panics in a row: a second, doubled with each.
pub fn restart_delay(in_a_row: u32) -> Duration {
    let Some(doublings) = in_a_row.checked_sub(1) else { return Duration::MIN };
    Duration::from_secs(1 << doublings.min(MOST_PANICS)).min(LONGEST_DELAY)
}

/// A device that has run for this long has not panicked "in a row".
pub const FORGET_DELAY: Duration = Duration::from_secs(60);

/// A mark. It is not zero, because a flash that was never erased may be full of zeros.
const MARK: [u8; 4] = *b"fell";

/// No mark.
const BLANK: [u8; 4] = [0xff; MARK.len()];

/// The marks in a flash partition: its first sector, of which only the beginning is used.
pub struct Panics<F> {
    flash: F,
}

impl<F: NorFlash> Panics<F> {
    /// Checked when this is compiled for a flash.
    const FITS: () =
        assert!(MARK.len().is_multiple_of(F::READ_SIZE) && MARK.len().is_multiple_of(F::WRITE_SIZE));

    /// The marks in `flash`, which is not touched yet.
    pub fn new(flash: F) -> Self {
        let () = Self::FITS;
        Self { flash }
    }

    /// Panics since the device last ran well, as far as they are counted: eleven. A sector that holds something
    /// else counts as none, and so does a flash that fails: that is not why the firmware has panicked.
    pub fn count(&mut self) -> u32 {
        let mut count = 0;
        while count < MOST_PANICS {
            match self.read(count) {
                Some(MARK) => count += 1,
                Some(BLANK) => return count,
                _ => return 0,
            }
        }
        count
    }

    /// One more panic. `false` if the flash could not keep it.
    pub fn add(&mut self) -> bool {
        let count = self.count();
        if count == MOST_PANICS {
            return true;
        }
        if count == 0 && self.read(0) != Some(BLANK) && !self.forget() {
            return false;
        }
        self.flash.write(count * MARK.len() as u32, &MARK).is_ok()
    }

    /// The device runs well. `false` if the flash could not be erased.
    pub fn forget(&mut self) -> bool {
        self.read(0) == Some(BLANK) || self.flash.erase(0, F::ERASE_SIZE as u32).is_ok()
    }

    fn read(&mut self, mark: u32) -> Option<[u8; MARK.len()]> {
        let mut bytes = [0; MARK.len()];
        self.flash.read(mark * MARK.len() as u32, &mut bytes).ok()?;
        Some(bytes)
    }
}

/// Forgets the panics once the device has run well for [`FORGET_DELAY`], after it has waited for so long.
pub(crate) async fn forget_when_well<F: NorFlash>(mut panics: Panics<F>, delay: Duration) {
    Timer::after(delay + FORGET_DELAY).await;
    if !panics.forget() {
        warn!("the count of panics could not be erased");
    }
}

#[cfg(test)]
mod tests {
    use embedded_storage::nor_flash::{ErrorType, NorFlashErrorKind, ReadNorFlash};

    use super::*;
    use crate::flash::Partition;

    /// Two sectors whose words only clear bits.
    struct Memory([u8; 128]);

    impl ErrorType for Memory {
        type Error = NorFlashErrorKind;
    }

    impl ReadNorFlash for Memory {
        const READ_SIZE: usize = 4;

        fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
            bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
            Ok(())
        }

        fn capacity(&self) -> usize {
            self.0.len()
        }
    }

    impl NorFlash for Memory {
        const WRITE_SIZE: usize = 4;
        const ERASE_SIZE: usize = 64;

        fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
            self.0[from as usize..to as usize].fill(0xff);
            Ok(())
        }

        fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
            for (old, new) in self.0[offset as usize..].iter_mut().zip(bytes) {
                *old &= new;
            }
            Ok(())
        }
    }

    fn second_sector(filled: u8) -> Panics<Partition<Memory>> {
        Panics::new(Partition::At { flash: Memory([filled; 128]), offset: 64, length: 64 })
    }

    #[test]
    fn eleven_in_a_row_and_well_again() {
        let mut panics = second_sector(0xff);
        for expected in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11] {
            assert_eq!(panics.count(), expected);
            assert!(panics.add());
        }
        assert!(panics.forget());
        assert_eq!(panics.count(), 0);
    }

    #[test]
    fn the_wait_doubles_up_to_ten_minutes() {
        let waits = [0, 1, 2, 3, 10, 11, u32::MAX].map(|count| restart_delay(count).as_secs());
        assert_eq!(waits, [0, 1, 2, 4, 512, 600, 600]);
    }

    #[test]
    fn garbage_counts_as_none_and_does_not_stay() {
        for garbage in [0x55, 0x0f, 0] {
            let mut panics = second_sector(garbage);
            assert_eq!(panics.count(), 0);
            assert!(panics.add());
            assert_eq!(panics.count(), 1);
            let Partition::At { flash, .. } = panics.flash else { unreachable!() };
            assert_eq!(flash.0[..64], [garbage; 64], "the neighbouring partition");
        }
    }

    #[test]
    fn without_a_partition_nothing_is_counted() {
        let mut panics = Panics::new(Partition::<Memory>::Missing);
        assert_eq!(panics.count(), 0);
        assert!(!panics.add());
    }
}

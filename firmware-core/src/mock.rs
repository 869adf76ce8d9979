//! A board in memory, for tests and for the examples of this documentation: flash, random bytes and a radio.
//!
//! Nothing goes wrong in it, and nothing takes time. The crate `vestibule` simulates the flash that tears, the radio that
//! loses frames, and the phones; a device has hardware in place of all this, so the feature `mock` is not for one.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use heapless::Deque;

use crate::{Entropy, Radio, RadioCapabilities, RadioCommand};

/// Bytes of a sector, as most chips have them.
const SECTOR_BYTES: usize = 4096;

/// How many commands a [`MockRadio`] remembers.
const COMMANDS: usize = 8;

/// A flash of some sectors, erased at first. Writing clears bits, as in the real one.
///
/// ```
/// use embedded_storage::nor_flash::{NorFlash, NorFlashErrorKind, ReadNorFlash};
/// use vestibule_core::mock::MockFlash;
///
/// let mut flash = MockFlash::<2>::new();
/// flash.write(4096, &[0xf0, 1, 2, 3])?;
/// flash.write(4096, &[0x0f, 1, 2, 3])?;
/// let mut bytes = [0; 4];
/// flash.read(4096, &mut bytes)?;
/// assert_eq!(bytes, [0, 1, 2, 3]);
/// assert_eq!(flash.erase(0, 5), Err(NorFlashErrorKind::NotAligned));
/// # Ok::<(), NorFlashErrorKind>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockFlash<const SECTORS: usize = 2>([[u8; SECTOR_BYTES]; SECTORS]);

impl<const SECTORS: usize> MockFlash<SECTORS> {
    /// One that holds nothing.
    pub const fn new() -> Self {
        Self([[0xff; SECTOR_BYTES]; SECTORS])
    }

    /// All its bytes from there on.
    fn bytes_from(&mut self, offset: u32) -> &mut [u8] {
        self.0.as_flattened_mut().get_mut(offset as usize..).unwrap_or_default()
    }
}

impl<const SECTORS: usize> Default for MockFlash<SECTORS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SECTORS: usize> ErrorType for MockFlash<SECTORS> {
    type Error = NorFlashErrorKind;
}

impl<const SECTORS: usize> ReadNorFlash for MockFlash<SECTORS> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        bytes.iter_mut().zip(self.bytes_from(offset)).for_each(|(byte, held)| *byte = *held);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SECTORS * SECTOR_BYTES
    }
}

impl<const SECTORS: usize> NorFlash for MockFlash<SECTORS> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        self.bytes_from(from).iter_mut().take((to - from) as usize).for_each(|held| *held = 0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        self.bytes_from(offset).iter_mut().zip(bytes).for_each(|(held, byte)| *held &= byte);
        Ok(())
    }
}

/// Bytes that look random and are the same on every run: SplitMix64. Never on a device.
///
/// ```
/// use vestibule_core::Entropy;
/// use vestibule_core::mock::MockEntropy;
///
/// let draw = |seed| {
///     let mut bytes = [0; 12];
///     MockEntropy::new(seed).fill(&mut bytes);
///     bytes
/// };
/// assert_eq!(draw(1), draw(1));
/// assert_ne!(draw(1), draw(2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MockEntropy(u64);

impl MockEntropy {
    /// The bytes of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Entropy for MockEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            piece.iter_mut().zip(mixed.to_le_bytes()).for_each(|(byte, drawn)| *byte = drawn);
        }
    }
}

/// The secret of a device that has no chip: HMAC-SHA256 with these bytes as its key.
///
/// ```
/// use vestibule_core::DeviceKey;
/// use vestibule_core::mock::MockDeviceKey;
///
/// let derive = |seed, purpose: &[u8]| {
///     let mut key = [0; 32];
///     MockDeviceKey::new(seed).derive(purpose, &mut key).map(|()| key)
/// };
/// assert_eq!(derive(1, b"flash"), derive(1, b"flash"));
/// assert_ne!(derive(1, b"flash"), derive(2, b"flash"));
/// assert_ne!(derive(1, b"flash"), derive(1, b"another"));
/// ```
#[cfg(feature = "sealed-at-rest")]
#[derive(Clone, Debug)]
pub struct MockDeviceKey([u8; 32]);

#[cfg(feature = "sealed-at-rest")]
impl MockDeviceKey {
    /// The secret of this seed.
    pub fn new(seed: u64) -> Self {
        let mut secret = [0; 32];
        MockEntropy::new(seed).fill(&mut secret);
        Self(secret)
    }
}

#[cfg(feature = "sealed-at-rest")]
impl crate::DeviceKey for MockDeviceKey {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; 32]) -> Result<(), crate::NoDeviceKey> {
        use hmac::{Hmac, KeyInit, Mac};

        let mac = Hmac::<sha2::Sha256>::new_from_slice(&self.0).map_err(|_| crate::NoDeviceKey)?;
        key.copy_from_slice(&mac.chain_update(purpose).finalize().into_bytes());
        Ok(())
    }
}

/// A radio that remembers what it was told, the last eight commands of it. Their results are
/// reported by the test, through [`Portal::handle_radio`](crate::Portal::handle_radio).
///
/// ```
/// use vestibule_core::mock::{MockEntropy, MockFlash, MockRadio};
/// use vestibule_core::{Config, Instant, Portal, RadioCommand, Ssid};
///
/// let config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// let mut portal = Portal::new(config, MockFlash::<2>::new(), MockEntropy::new(1));
/// let mut radio = MockRadio::default();
/// portal.connect_or_setup(Instant::from_micros(0));
/// portal.drive_radio(&mut radio);
/// assert_eq!(radio.take(), Some(RadioCommand::Scan));
/// assert_eq!(radio.take(), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MockRadio(Deque<RadioCommand, COMMANDS>);

impl MockRadio {
    /// The oldest command that was not taken yet.
    pub fn take(&mut self) -> Option<RadioCommand> {
        self.0.pop_front()
    }
}

impl Radio for MockRadio {
    fn capabilities(&self) -> RadioCapabilities {
        RadioCapabilities::DEFAULT
    }

    fn command(&mut self, command: RadioCommand) {
        if self.0.is_full() {
            self.0.pop_front();
        }
        // There is room: it was made above.
        let _ = self.0.push_back(command);
    }
}

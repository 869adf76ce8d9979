//! What the device has: flash and random bytes, behind callbacks of the C program's.

use core::ffi::c_void;

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use vestibule_core::{DERIVED_KEY_BYTES, DeviceKey, Entropy, FlashKey, NoDeviceKey};

use crate::error::Error;

/// Bytes of a sector: what is erased at once.
pub const VESTIBULE_SECTOR_BYTES: u32 = 4096;

/// Offsets and lengths of what is read and written are multiples of this.
pub const VESTIBULE_WORD_BYTES: u32 = 4;

/// Fewest sectors in which nothing is lost when power fails.
pub const VESTIBULE_LEAST_SECTORS: u32 = 2;

const _: () = assert!(VESTIBULE_LEAST_SECTORS as usize == vestibule_core::limits::CREDENTIAL_SECTORS);

/// The partition of NOR flash that the portal keeps networks and values in, all of it.
///
/// The callbacks return 0 when they have done it, and anything else when they have not. They are called from within other
/// calls, and must not call the portal. Offsets are from the beginning of the partition. Bits are cleared by writing and
/// set by erasing whole sectors.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Flash {
    /// Handed to each callback.
    pub context: *mut c_void,
    /// How many sectors of VESTIBULE_SECTOR_BYTES: VESTIBULE_LEAST_SECTORS or more.
    pub sectors: u32,
    /// Reads so many bytes.
    pub read:
        Option<unsafe extern "C" fn(context: *mut c_void, offset: u32, bytes: *mut u8, length: usize) -> i32>,
    /// Writes so many bytes.
    pub write: Option<
        unsafe extern "C" fn(context: *mut c_void, offset: u32, bytes: *const u8, length: usize) -> i32,
    >,
    /// Erases the sectors from one offset up to another.
    pub erase: Option<unsafe extern "C" fn(context: *mut c_void, from: u32, to: u32) -> i32>,
}

/// Where random bytes come from, and the chip's own key if it has one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RandomBytes {
    /// Handed to each callback.
    pub context: *mut c_void,
    /// Fills the bytes from a source that nobody can predict: tokens and seals are made of them. It cannot fail; one that
    /// would have to is to restart the device instead.
    pub fill: Option<unsafe extern "C" fn(context: *mut c_void, bytes: *mut u8, length: usize)>,
    /// Derives the key of 32 bytes that what is stored is sealed with, from a secret of the chip's own and the purpose, and
    /// returns 0; or returns anything else, and what is stored is in clear. Null is a chip without a secret.
    pub derive_key: Option<
        unsafe extern "C" fn(context: *mut c_void, purpose: *const u8, length: usize, key: *mut u8) -> i32,
    >,
}

/// The flash, with all its callbacks.
pub(crate) struct CFlash(Flash);

impl CFlash {
    pub(crate) fn new(flash: Flash) -> Result<Self, Error> {
        if flash.read.is_none() || flash.write.is_none() || flash.erase.is_none() {
            return Err(Error::Callback);
        }
        let most = u32::MAX / VESTIBULE_SECTOR_BYTES;
        if flash.sectors < VESTIBULE_LEAST_SECTORS || flash.sectors > most {
            return Err(Error::Number);
        }
        Ok(Self(flash))
    }
}

fn done(result: Option<i32>) -> Result<(), NorFlashErrorKind> {
    if result == Some(0) { Ok(()) } else { Err(NorFlashErrorKind::Other) }
}

impl ErrorType for CFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for CFlash {
    const READ_SIZE: usize = VESTIBULE_WORD_BYTES as usize;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        // SAFETY: a function of the C program's with its own context, as the header asks for; the bytes are ours, as many as
        // we say, and are used by nobody else before it returns.
        done(self.0.read.map(|read| unsafe { read(self.0.context, offset, bytes.as_mut_ptr(), bytes.len()) }))
    }

    fn capacity(&self) -> usize {
        (self.0.sectors * VESTIBULE_SECTOR_BYTES) as usize
    }
}

impl NorFlash for CFlash {
    const WRITE_SIZE: usize = VESTIBULE_WORD_BYTES as usize;
    const ERASE_SIZE: usize = VESTIBULE_SECTOR_BYTES as usize;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        // SAFETY: a function of the C program's with its own context.
        done(self.0.erase.map(|erase| unsafe { erase(self.0.context, from, to) }))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        // SAFETY: a function of the C program's with its own context; the bytes are ours and stay until it returns.
        done(self.0.write.map(|write| unsafe { write(self.0.context, offset, bytes.as_ptr(), bytes.len()) }))
    }
}

/// The source of random bytes, with what it must have.
pub(crate) struct CRandomBytes(RandomBytes);

impl CRandomBytes {
    pub(crate) fn new(entropy: RandomBytes) -> Result<Self, Error> {
        if entropy.fill.is_none() { Err(Error::Callback) } else { Ok(Self(entropy)) }
    }
}

impl Entropy for CRandomBytes {
    fn fill(&mut self, bytes: &mut [u8]) {
        if let Some(fill) = self.0.fill {
            // SAFETY: a function of the C program's with its own context; the bytes are ours, as many as we say.
            unsafe { fill(self.0.context, bytes.as_mut_ptr(), bytes.len()) };
        }
    }

    fn flash_key(&mut self) -> Option<FlashKey> {
        FlashKey::derive(self).ok()
    }
}

impl DeviceKey for CRandomBytes {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; DERIVED_KEY_BYTES]) -> Result<(), NoDeviceKey> {
        let derive = self.0.derive_key.ok_or(NoDeviceKey)?;
        // SAFETY: a function of the C program's with its own context; the purpose stays until it returns, and the key is
        // ours, of the 32 bytes that the header says.
        let result = unsafe { derive(self.0.context, purpose.as_ptr(), purpose.len(), key.as_mut_ptr()) };
        if result == 0 { Ok(()) } else { Err(NoDeviceKey) }
    }
}

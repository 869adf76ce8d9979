//! A secret that belongs to one chip: a board derives keys from it, and no program reads the secret itself. What a
//! derived key is for is decided elsewhere.

use core::fmt;

/// Bytes of a derived key.
pub const DERIVED_KEY_BYTES: usize = 32;

/// Derives keys from a secret of the chip. On an ESP32-C3, its HMAC peripheral with a key in eFuses, which only the
/// hardware can read; in the simulator, a file.
///
/// The same device derives the same key for the same purpose, after each start and after an update. No other device
/// derives it, and nobody tells from one purpose's key what another's is: HMAC-SHA256 (RFC 2104) of the purpose, with
/// the secret as its key, is such a function.
///
/// ```
/// use vestibule_core::mock::MockDeviceKey;
/// use vestibule_core::{DeviceKey, FlashKey, NoDeviceKey};
///
/// /// A chip in which no key was burned.
/// struct Blank;
///
/// impl DeviceKey for Blank {
///     fn derive(&mut self, _: &[u8], _: &mut [u8; 32]) -> Result<(), NoDeviceKey> {
///         Err(NoDeviceKey)
///     }
/// }
///
/// assert!(FlashKey::derive(&mut Blank).is_err());
/// assert!(FlashKey::derive(&mut MockDeviceKey::new(4)).is_ok());
/// ```
pub trait DeviceKey {
    /// Fills `key` with this device's key for that purpose.
    ///
    /// # Errors
    /// [`NoDeviceKey`] if the device has no secret. What `key` holds then is not used.
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; DERIVED_KEY_BYTES]) -> Result<(), NoDeviceKey>;
}

/// A chip that has a secret or not.
impl<K: DeviceKey> DeviceKey for Option<K> {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; DERIVED_KEY_BYTES]) -> Result<(), NoDeviceKey> {
        self.as_mut().ok_or(NoDeviceKey)?.derive(purpose, key)
    }
}

/// The device has no secret of its own: none was burned, or its chip has no room for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDeviceKey;

impl fmt::Display for NoDeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the chip has no key of its own")
    }
}

impl core::error::Error for NoDeviceKey {}

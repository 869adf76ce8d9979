//! The key that a device's records in flash are sealed with. What a sealed record looks like is
//! [`crate::credentials`]'s business.

use core::fmt;

use zeroize::Zeroize;

use crate::device_key::{DERIVED_KEY_BYTES, DeviceKey, NoDeviceKey};

/// Names what the key is for and the version of what is sealed with it, so that no other use of the chip's secret
/// makes the same key.
const PURPOSE: &[u8] = b"vestibule flash 1";

/// A key for what the flash holds. It is wiped when it is dropped, and nothing shows it.
///
/// ```
/// use vestibule_core::FlashKey;
/// use vestibule_core::mock::MockDeviceKey;
///
/// let key = FlashKey::derive(&mut MockDeviceKey::new(4)).unwrap();
/// assert_eq!(format!("{key:?}"), "FlashKey { .. }");
/// ```
#[derive(Clone)]
pub struct FlashKey([u8; DERIVED_KEY_BYTES]);

impl FlashKey {
    /// This device's.
    ///
    /// # Errors
    /// [`NoDeviceKey`] if the device has no secret to derive it from.
    pub fn derive(device: &mut impl DeviceKey) -> Result<Self, NoDeviceKey> {
        let mut key = Self([0; DERIVED_KEY_BYTES]);
        device.derive(PURPOSE, &mut key.0)?;
        Ok(key)
    }

    /// The key, for the cipher alone.
    pub(crate) const fn expose(&self) -> &[u8; DERIVED_KEY_BYTES] {
        &self.0
    }
}

impl Drop for FlashKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FlashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashKey").finish_non_exhaustive()
    }
}

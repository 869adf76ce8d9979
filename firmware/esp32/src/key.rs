//! The chip's own key: an eFuse block that no program can read, and the HMAC peripheral that can. What is derived from it
//! is decided elsewhere; `burn-key` beside this crate burns it, and nothing here ever does.

use esp_hal::hmac::{Hmac, HmacPurpose, KeyId};
use esp_hal::peripherals::HMAC;
use vestibule_core::{DeviceKey, NoDeviceKey};

/// The block that `burn-key` burns. It cannot hold a key of flash encryption (a fault of the hardware, says `espefuse`), so
/// that nothing else is kept from it.
const BLOCK: KeyId = KeyId::Key5;

/// The key in an eFuse block whose purpose is `HMAC_UP`: HMAC-SHA256 for programs (ESP32-C3 Technical Reference Manual,
/// "HMAC Accelerator").
pub struct ChipKey(Hmac<'static>);

impl ChipKey {
    /// The chip's.
    pub fn new(peripheral: HMAC<'static>) -> Self {
        Self(Hmac::new(peripheral))
    }
}

impl DeviceKey for ChipKey {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; 32]) -> Result<(), NoDeviceKey> {
        self.0.init();
        // A block without a key has another purpose.
        self.0.configure(HmacPurpose::ToUser, BLOCK).map_err(|_| NoDeviceKey)?;
        let mut rest = purpose;
        while !rest.is_empty() {
            // It says that it is busy, and nothing else.
            rest = self.0.update(rest).unwrap_or(rest);
        }
        while self.0.finalize(key).is_err() {}
        Ok(())
    }
}

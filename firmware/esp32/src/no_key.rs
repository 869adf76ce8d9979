//! A chip without a key of its own that programs cannot read, so it stores in clear: the first generation has no HMAC
//! peripheral, and esp-hal has no driver of one for ESP32-C5 and ESP32-C61.

use vestibule_core::{DeviceKey, NoDeviceKey};

/// There is none.
pub enum ChipKey {}

impl DeviceKey for ChipKey {
    fn derive(&mut self, _: &[u8], _: &mut [u8; 32]) -> Result<(), NoDeviceKey> {
        match *self {}
    }
}

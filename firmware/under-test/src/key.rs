//! The secret of a chip, which on this machine the host hands out.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use vestibule_core::{DeviceKey, NoDeviceKey};
use vestibule_device_protocol::DeviceSecret;

/// The secret that the host has handed out.
pub struct HostKey(pub DeviceSecret);

impl DeviceKey for HostKey {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; 32]) -> Result<(), NoDeviceKey> {
        let Self(DeviceSecret(secret)) = self;
        let mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| NoDeviceKey)?;
        key.copy_from_slice(&mac.chain_update(purpose).finalize().into_bytes());
        Ok(())
    }
}

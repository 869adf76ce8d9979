//! The secret of a simulated chip, from which its device derives the key that its flash is sealed with: a seed's, or a
//! file's. And records as a device without a secret writes them.

use std::fmt;
use std::io;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_chacha::rand_core::Rng as _;
use sha2::Sha256;
use vestibule_core::credentials::{Memory, Store, StoreError};
use vestibule_core::{DeviceKey, Entropy, FlashKey, NoDeviceKey};

use crate::flash::Flash;
use crate::random_streams::{RandomStream, stream};

/// Bytes of a chip's secret: as many as an eFuse block of an ESP32-C3 has.
const SECRET_BYTES: usize = 32;

/// A chip's secret. A real chip shows it to nobody; this one has it in memory.
#[derive(Clone)]
pub struct SimulatedKey([u8; SECRET_BYTES]);

impl SimulatedKey {
    /// The secret of the device of this seed; of another number, that of another device.
    pub(crate) fn of_seed(seed: u64, device: u64) -> Self {
        let mut secret = [0; SECRET_BYTES];
        stream(seed, RandomStream::DeviceKey, device).fill_bytes(&mut secret);
        Self(secret)
    }

    /// The secret that a file holds: 32 bytes.
    ///
    /// # Errors
    /// When the file cannot be read, or has another length.
    pub fn in_file(path: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(path)?;
        let found = bytes.len();
        bytes.try_into().map(Self).map_err(|_| {
            let message = format!("it holds {found} bytes, and a chip's secret has {SECRET_BYTES}");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }

    /// The secret, to be handed to a device outside this process.
    pub(crate) fn expose(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The key that the device's flash is sealed with.
    pub fn flash_key(&self) -> Option<FlashKey> {
        FlashKey::derive(&mut self.clone()).ok()
    }
}

impl fmt::Debug for SimulatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedKey").finish_non_exhaustive()
    }
}

impl DeviceKey for SimulatedKey {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; 32]) -> Result<(), NoDeviceKey> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| NoDeviceKey)?;
        key.copy_from_slice(&mac.chain_update(purpose).finalize().into_bytes());
        Ok(())
    }
}

/// What is written in clear takes no random bytes.
struct NotNeeded;

impl Entropy for NotNeeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Stores as a device does that has no key: in clear.
///
/// # Errors
/// Those of the store.
pub(crate) fn store_in_clear(flash: &Flash, memory: &Memory) -> Result<(), StoreError> {
    Store::new(flash.clone()).save(memory, &mut NotNeeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_its_files_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, [7; 31]).unwrap();
        let refused = SimulatedKey::in_file(&path).unwrap_err().to_string();
        assert_eq!(refused, "it holds 31 bytes, and a chip's secret has 32");
        std::fs::write(&path, [7; SECRET_BYTES]).unwrap();
        let key = SimulatedKey::in_file(&path).unwrap();
        assert_eq!(key.expose(), &[7; SECRET_BYTES]);
        assert_eq!(format!("{key:?}"), "SimulatedKey { .. }");
        let [first, second] = [0, 1].map(|device| *SimulatedKey::of_seed(1, device).expose());
        assert_ne!(first, second);
    }
}

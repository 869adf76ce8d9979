//! What a flash holds, read as the device would read it.

use vestibule_core::Credentials;
use vestibule_core::credentials::{Memory, Store};

use crate::device::SimulatedKey;
use crate::flash::Flash;

/// What the device's flash holds. It is read anew only when the flash has changed.
#[derive(Default)]
pub(super) struct StoredCredentials {
    /// The flash's version when it was last read.
    version: Option<u64>,
    memory: Option<Memory>,
}

impl StoredCredentials {
    /// Reads it. Returns whether it was read anew.
    pub(super) fn read(&mut self, flash: &Flash, key: Option<&SimulatedKey>) -> bool {
        let version = Some(flash.version());
        let changed = self.version != version;
        if changed {
            *self = Self { version, memory: stored_memory(flash, key) };
        }
        changed
    }

    /// The networks, the one joined last first.
    pub(super) fn networks(&self) -> &[Credentials] {
        self.memory.as_ref().map(Memory::networks).unwrap_or_default()
    }

    /// The values of the application's fields.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.memory.iter().flat_map(|memory| memory.values.iter())
    }
}

/// What a flash holds, as a device with that secret reads it: from a copy, because reading may finish a wipe that was
/// interrupted, and that is the device's to do.
pub(in crate::world) fn stored_memory(flash: &Flash, key: Option<&SimulatedKey>) -> Option<Memory> {
    Store::new(flash.copy()).sealed(key.and_then(SimulatedKey::flash_key)).load().ok()
}

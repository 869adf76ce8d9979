//! The credentials that a flash holds, read as the device would read them.

use vestibule_core::Credentials;
use vestibule_core::credentials::Store;

use crate::flash::Flash;

/// What the device's flash holds. It is read anew only when the flash has changed.
#[derive(Default)]
pub(super) struct StoredCredentials {
    /// The flash's version when it was last read.
    version: Option<u64>,
    credentials: Option<Credentials>,
}

impl StoredCredentials {
    pub(super) fn read(&mut self, flash: &Flash) -> Option<&Credentials> {
        let version = Some(flash.version());
        if self.version != version {
            *self = Self { version, credentials: stored_credentials(flash) };
        }
        self.last_read()
    }

    pub(super) fn last_read(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

/// The credentials that a flash holds. They are read from a copy, because reading may finish a wipe that was
/// interrupted, and that is the device's to do.
pub(in crate::world) fn stored_credentials(flash: &Flash) -> Option<Credentials> {
    let memory = Store::new(flash.copy()).load().ok()?;
    memory.networks().first().cloned()
}

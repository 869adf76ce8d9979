//! What a device's label tells the owners of phones.

use vestibule_core::mdns::HostName;
use vestibule_core::{Config, Passphrase};

pub(in crate::world) struct Label {
    /// The passphrase of its access point.
    pub(super) passphrase: Passphrase,
    /// Its name on the home network.
    pub(super) name: HostName,
}

impl Label {
    pub(in crate::world) fn of(config: &Config) -> Self {
        let passphrase = config.access_point_security.passphrase();
        Self { passphrase, name: HostName::of(&config.name) }
    }
}

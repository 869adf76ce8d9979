//! What a device's label tells the owners of phones.

use vestibule_core::mdns::HostName;
use vestibule_core::{Config, Passphrase};

use crate::scenario::Mutant;

pub(in crate::world) struct Label {
    /// The passphrase of its access point.
    pub(super) passphrase: Passphrase,
    /// Its name on the home network.
    pub(super) name: HostName,
    /// Whether it says to open the Wi-Fi settings where no page opens.
    pub(super) says_what_to_open: bool,
}

impl Label {
    pub(in crate::world) fn of(config: &Config, mutant: Option<Mutant>) -> Self {
        let passphrase = config.access_point_security.passphrase();
        let says_what_to_open = mutant != Some(Mutant::SilentLabel);
        Self { passphrase, name: HostName::of(&config.name), says_what_to_open }
    }
}

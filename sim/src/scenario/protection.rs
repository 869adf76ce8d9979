//! How the device's own access point is protected, as a scenario says it or a seed makes it up.

use rand_chacha::rand_core::Rng;
use vestibule_core::{AccessPointSecurity, MacAddress, OwnPassphrase};

use super::{DeviceSpec, PhoneSpec, Try};
use crate::radio::SecurityKind;
use crate::random_streams::{RandomStream, stream};

/// Whose passphrase is derived: which device it is does not matter, the seed tells them apart.
const HARDWARE: MacAddress = MacAddress([0x02, 0x76, 0x65, 0x73, 0x01, 0x00]);

impl DeviceSpec {
    /// The protection of its access point. Where no passphrase is given it is made as a maker would,
    /// from a secret that the run's seed stands for.
    pub(crate) fn protection(&self, seed: u64) -> AccessPointSecurity {
        let own = match &self.passphrase {
            Some(given) => OwnPassphrase::new(given.get_ref().0.expose(), &self.name.get_ref().0),
            None => {
                let mut secret = [0; 32];
                stream(seed, RandomStream::Label, 0).fill_bytes(&mut secret);
                OwnPassphrase::derive(&secret, HARDWARE)
            }
        };
        // `check` has refused one that cannot be taken.
        let Ok(own) = own else { return AccessPointSecurity::Open };
        match self.security.get_ref() {
            SecurityKind::Wpa2 => AccessPointSecurity::Wpa2(own),
            SecurityKind::Wpa2Wpa3 => AccessPointSecurity::Wpa2Wpa3(own),
            SecurityKind::Wpa3 => AccessPointSecurity::Wpa3(own),
            SecurityKind::Open
            | SecurityKind::Enterprise
            | SecurityKind::FtPsk
            | SecurityKind::Unsupported => AccessPointSecurity::Open,
        }
    }

    /// The code on the label of an open one. It is never given back, as what is printed on a device stays.
    pub(crate) fn code_of_open(&self) -> Option<&'static OwnPassphrase> {
        let given = self.label_code.as_ref()?;
        let own = OwnPassphrase::new(given.get_ref().0.expose(), &self.name.get_ref().0).ok()?;
        Some(Box::leak(Box::new(own)))
    }

    /// Whether it comes to that for a phone that tries to join its access point.
    pub(crate) fn lets_on(&self, phone: &PhoneSpec) -> bool {
        !self.is_protected() || phone.label_tries.contains(&Try::Right)
    }

    pub(super) fn is_protected(&self) -> bool {
        *self.security.get_ref() != SecurityKind::Open
    }
}

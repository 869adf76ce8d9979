//! The device's own access point: name, protection, channel and address. What each protection is good for is said
//! in `SECURITY.md`.

use core::net::Ipv4Addr;

use crate::own_passphrase::OwnPassphrase;
use crate::passphrase::Passphrase;
use crate::ssid::Ssid;

/// The access point that the device raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// Its name.
    pub ssid: Ssid,
    /// How it is protected, and by which passphrase.
    pub security: AccessPointSecurity,
    /// The channel to start on, 1 to 14.
    pub channel: u8,
    /// The device's address on it.
    pub address: Ipv4Addr,
}

/// How the access point is protected. A radio that cannot do what is asked for must raise none rather
/// than a weaker one, so this enum is exhaustive on purpose: a board must decide about every value.
///
/// ```
/// use vestibule_core::{AccessPointSecurity, Config, OwnPassphrase, Ssid};
///
/// let mut config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// assert!(config.access_point_security.passphrase().is_open());
/// let own = OwnPassphrase::new(b"green lantern 7 oak", &config.name).unwrap();
/// config.access_point_security = AccessPointSecurity::Wpa2Wpa3(own);
/// assert_eq!(config.access_point_security.passphrase().expose(), b"green lantern 7 oak");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessPointSecurity {
    /// Not at all: everybody in range can join, and read what the owner types.
    Open,
    /// WPA2: an attacker who knows the passphrase and recorded how a phone joined can read what it sends.
    Wpa2(OwnPassphrase),
    /// WPA2 and WPA3 at once, for phones of any age. A phone that joins by WPA2 has no more than WPA2.
    Wpa2Wpa3(OwnPassphrase),
    /// WPA3 alone: even with the passphrase nobody reads what another phone sends. Older phones cannot join.
    Wpa3(OwnPassphrase),
}

impl AccessPointSecurity {
    /// The passphrase, or none for an open access point.
    pub fn passphrase(&self) -> Passphrase {
        match self {
            Self::Open => Passphrase::open(),
            Self::Wpa2(own) | Self::Wpa2Wpa3(own) | Self::Wpa3(own) => own.0.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_gives_its_passphrase() {
        let name = Ssid::new(b"Lamp-4F2A").unwrap();
        let own = OwnPassphrase::new(b"correct horse", &name).unwrap();
        assert!(AccessPointSecurity::Open.passphrase().is_open());
        for choice in [
            AccessPointSecurity::Wpa2(own.clone()),
            AccessPointSecurity::Wpa2Wpa3(own.clone()),
            AccessPointSecurity::Wpa3(own),
        ] {
            assert_eq!(choice.passphrase().expose(), b"correct horse");
            assert!(!std::format!("{choice:?}").contains("horse"));
        }
    }
}

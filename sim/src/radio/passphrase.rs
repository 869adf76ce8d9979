//! The passphrase of a network that is given none, and the key that a passphrase is on a WPA2 network.

use pbkdf2::pbkdf2_hmac;
use rand_chacha::rand_core::Rng;
use sha1::Sha1;
use vestibule_core::{Passphrase, Ssid};

use crate::random_streams::{RandomStream, stream};
use crate::text::{from_hex, to_hex};

/// A passphrase that the seed makes up for a network: letters and digits, sixteen of them.
pub(crate) fn made_up_passphrase(seed: u64, network: usize) -> Passphrase {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut secret = [0; 16];
    stream(seed, RandomStream::Passphrase, network as u64).fill_bytes(&mut secret);
    for byte in &mut secret {
        *byte = LETTERS[usize::from(*byte) % LETTERS.len()];
    }
    Passphrase::new(&secret).unwrap_or(Passphrase::open())
}

/// The 64 digits that may be typed in place of a passphrase, on a WPA2 network of this name.
pub(crate) fn key_of(passphrase: &Passphrase, ssid: &Ssid) -> Passphrase {
    Passphrase::new(to_hex(&psk(passphrase, ssid)).as_bytes()).unwrap_or(Passphrase::open())
}

/// Whether both are the same key on a WPA2 network of this name.
pub(super) fn is_same_psk(one: &Passphrase, other: &Passphrase, ssid: &Ssid) -> bool {
    // Two passphrases have two keys, so there is nothing to compute unless one of them is a key.
    one == other || ((is_key(one) || is_key(other)) && psk(one, ssid) == psk(other, ssid))
}

/// IEEE 802.11-2020 annex J.4: 64 digits are the key, a passphrase is made into one.
fn psk(passphrase: &Passphrase, ssid: &Ssid) -> [u8; 32] {
    let digits = Some(passphrase).filter(|passphrase| is_key(passphrase));
    let digits = digits.and_then(|key| from_hex(std::str::from_utf8(key.expose()).ok()?)?.try_into().ok());
    digits.unwrap_or_else(|| {
        let mut key = [0; 32];
        pbkdf2_hmac::<Sha1>(passphrase.expose(), ssid.as_bytes(), 4096, &mut key);
        key
    })
}

fn is_key(passphrase: &Passphrase) -> bool {
    passphrase.expose().len() == Passphrase::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_the_same_one_in_each_run_of_a_seed() {
        assert_eq!(made_up_passphrase(7, 0), made_up_passphrase(7, 0));
        assert_ne!(made_up_passphrase(7, 0), made_up_passphrase(7, 1));
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.as_bytes()).unwrap()
    }

    /// The vectors of IEEE 802.11-2020 annex J.4.2.
    #[test]
    fn the_key_of_a_passphrase_is_the_standards() {
        for (text, name, key) in [
            ("password", "IEEE", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
            (
                "ThisIsAPassword",
                "ThisIsASSID",
                "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af",
            ),
        ] {
            let ssid = Ssid::new(name.as_bytes()).unwrap();
            assert_eq!(key_of(&passphrase(text), &ssid), passphrase(key));
            let other = Ssid::new(b"Other").unwrap();
            for typed in [key.to_owned(), key.to_uppercase()] {
                assert!(is_same_psk(&passphrase(text), &passphrase(&typed), &ssid), "{typed}");
                assert!(is_same_psk(&passphrase(&typed), &passphrase(text), &ssid), "{typed}");
                assert!(!is_same_psk(&passphrase(text), &passphrase(&typed), &other), "{typed}");
            }
        }
        let ssid = Ssid::new(b"IEEE").unwrap();
        assert!(!is_same_psk(&passphrase("password"), &passphrase("passphrase"), &ssid));
    }
}

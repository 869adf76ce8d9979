//! The passphrase of the device's own access point: this device's alone, and none that an attacker knows.
//!
//! It decides nothing about networks that are joined.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::mac_address::MacAddress;
use crate::passphrase::{BadPassphrase, Passphrase};
use crate::ssid::Ssid;

/// A passphrase for the device's own access point. There is none that other devices are known to have,
/// or that a build forgot to replace: those are refused.
///
/// ```
/// use vestibule_core::{BadOwnPassphrase, MacAddress, OwnPassphrase, Ssid};
///
/// let name = Ssid::new(b"Lamp-4F2A").unwrap();
/// assert!(OwnPassphrase::new(b"green lantern 7 oak", &name).is_ok());
/// assert_eq!(OwnPassphrase::new(b"12345678", &name), Err(BadOwnPassphrase::Placeholder));
///
/// // Or made for this device, the same each time, from a secret of the maker's.
/// let own = OwnPassphrase::derive(b"32 random bytes of this product..", MacAddress([2, 0, 0, 0, 0, 1])).unwrap();
/// assert_eq!(own.expose().len(), 14);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPassphrase(pub(crate) Passphrase);

/// Passphrases that firmware is known to be shipped with (docs/field-failures.md#shared-default-passphrase),
/// and placeholders that were meant to be replaced. Compared without case, spaces and
/// punctuation.
const PLACEHOLDERS: &[&str] = &[
    "password",
    "passw0rd",
    "passphrase",
    "password1",
    "password123",
    "esp32pwd",
    "esp8266pwd",
    "wled1234",
    "wifimanager",
    "mypassword",
    "mypassphrase",
    "yourpassword",
    "yourpassphrase",
    "wifipassword",
    "changeme",
    "changethis",
    "changemenow",
    "replaceme",
    "adminadmin",
    "admin123",
    "admin1234",
    "defaultpassword",
    "testtest",
    "test1234",
    "secretsecret",
    "letmein1",
    "iloveyou",
    "qwertyui",
    "qwertyuiop",
    "qwerty123",
    "asdfghjk",
    "abcd1234",
    "abc12345",
    "1q2w3e4r",
    "todotodo",
];

/// Readable in print and easy to type: no character that looks like another.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

impl OwnPassphrase {
    /// Fewest bytes of the secret that passphrases are derived from.
    pub const SECRET_MIN: usize = 16;

    /// Takes a passphrase of 8 to 63 bytes, or a key of 64 hexadecimal digits, for the device of this
    /// name.
    ///
    /// # Errors
    /// [`BadOwnPassphrase`] says which rule was broken, and nothing of what was given.
    pub fn new(secret: &[u8], device_name: &Ssid) -> Result<Self, BadOwnPassphrase> {
        let passphrase = Passphrase::new(secret).map_err(BadOwnPassphrase::Rule)?;
        if secret.is_empty() {
            return Err(BadOwnPassphrase::Empty);
        }
        let is_known = PLACEHOLDERS.iter().any(|known| letters(secret).eq(known.bytes()));
        // Signs between them make it no harder to guess.
        let plain = secret.iter().copied();
        let has_letters = letters(secret).count() >= Passphrase::MIN;
        let is_guessed = is_a_run(plain.clone())
            || repeats(plain)
            || has_letters && (is_a_run(letters(secret)) || repeats(letters(secret)));
        if is_known || is_guessed {
            return Err(BadOwnPassphrase::Placeholder);
        }
        // A name is sent to everybody; it is no less known with a few characters more.
        let name = || letters(device_name.as_bytes());
        if name().next().is_some()
            && starts_with(letters(secret), name())
            && letters(secret).count() < name().count() + 8
        {
            return Err(BadOwnPassphrase::Name);
        }
        Ok(Self(passphrase))
    }

    /// The passphrase of the device with this hardware address: twelve characters in three groups, 59
    /// bits of HMAC-SHA256 under a secret that a maker has for all its devices, so that labels can be
    /// printed without reading each device. An attacker who reads the secret out of one
    /// device knows the passphrases of all.
    ///
    /// # Errors
    /// [`BadOwnPassphrase::SecretTooShort`].
    pub fn derive(secret: &[u8], hardware: MacAddress) -> Result<Self, BadOwnPassphrase> {
        if secret.len() < Self::SECRET_MIN {
            return Err(BadOwnPassphrase::SecretTooShort);
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| BadOwnPassphrase::SecretTooShort)?;
        mac.update(b"vestibule access point 1");
        mac.update(&hardware.0);
        let mut code: [u8; 32] = mac.finalize().into_bytes().into();
        let mut text = *b"????-????-????";
        for (place, byte) in text.iter_mut().filter(|place| **place != b'-').zip(code) {
            // The first 8 of the 31 come a little more often: 9 of 256 instead of 8.
            *place = ALPHABET[usize::from(byte) % ALPHABET.len()];
        }
        code.zeroize();
        let own = Passphrase::new(&text).map(Self).map_err(BadOwnPassphrase::Rule);
        text.zeroize();
        own
    }

    /// The secret itself, for the radio and the label. Never log it.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

/// Letters and digits alone, in lower case.
fn letters(text: &[u8]) -> impl Iterator<Item = u8> + Clone {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).map(u8::to_ascii_lowercase)
}

fn starts_with(mut text: impl Iterator<Item = u8>, start: impl Iterator<Item = u8>) -> bool {
    let mut start = start;
    start.all(|byte| text.next() == Some(byte))
}

/// Whether each character follows the one before it, up or down, or is the same: `12345678`,
/// `34567890`, `87654321`, `abcdefgh`, `aaaaaaaa`.
fn is_a_run(text: impl Iterator<Item = u8> + Clone) -> bool {
    let step = |a: u8, b: u8| match (a, b) {
        (b'9', b'0') => 1,
        (b'0', b'9') => -1,
        _ => i16::from(b) - i16::from(a),
    };
    let mut steps = text.clone().zip(text.skip(1)).map(|(a, b)| step(a, b));
    let first = steps.next().unwrap_or(0);
    (-1..=1).contains(&first) && steps.all(|next| next == first)
}

/// Whether it is a piece of up to four characters over and over: `12121212`, `abcdabcd`.
fn repeats(text: impl Iterator<Item = u8> + Clone) -> bool {
    (1..=4).any(|length| text.clone().zip(text.clone().skip(length)).all(|(a, b)| a == b))
}

/// Why bytes are no passphrase for a device's own access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadOwnPassphrase {
    /// There is none.
    Empty,
    /// It breaks a rule of Wi-Fi.
    Rule(BadPassphrase),
    /// It is one that everybody knows, or that stands where another was meant to.
    Placeholder,
    /// It is the device's name, which the access point tells everybody.
    Name,
    /// Too few bytes to derive a passphrase from.
    SecretTooShort,
}

impl fmt::Display for BadOwnPassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a protected access point needs a passphrase"),
            Self::Rule(rule) => fmt::Display::fmt(rule, f),
            Self::Placeholder => f.write_str("this passphrase is one that everybody knows"),
            Self::Name => f.write_str("the passphrase is the access point's name, which everybody sees"),
            Self::SecretTooShort => f.write_str("a passphrase is derived from a secret of at least 16 bytes"),
        }
    }
}

impl core::error::Error for BadOwnPassphrase {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::format;

    use super::*;

    fn new(secret: &str) -> Result<OwnPassphrase, BadOwnPassphrase> {
        OwnPassphrase::new(secret.as_bytes(), &Ssid::new(b"Lamp-4F2A").unwrap())
    }

    #[test]
    fn what_everybody_knows_is_refused() {
        for known in PLACEHOLDERS {
            assert_eq!(new(known), Err(BadOwnPassphrase::Placeholder), "{known}");
        }
        for known in [
            "12345678",
            "123456789",
            "1234567890",
            "34567890",
            "87654321",
            "0987654321",
            "abcdefgh",
            "aaaaaaaa",
            "00000000",
            "        ",
            "12121212",
            "abcabcabc",
            "abcdabcd",
            "PassWord",
            "change-me!",
            "My Password",
            "WLED-1234",
            "________",
            "1234-5678",
            "1234 5678",
            "abcd-efgh",
            "aaaa aaaa",
            "12.12.12.12",
        ] {
            assert_eq!(new(known), Err(BadOwnPassphrase::Placeholder), "{known}");
        }
        for name in ["Lamp-4F2A", "lamp4f2a", "LAMP 4F2A!", "lamp-4f2a-123"] {
            assert_eq!(new(name), Err(BadOwnPassphrase::Name), "{name}");
        }
        assert_eq!(new(""), Err(BadOwnPassphrase::Empty));
        assert_eq!(new("seven77"), Err(BadOwnPassphrase::Rule(BadPassphrase::TooShort)));
        for good in ["correct horse", "12345679", "k3vp-9mtr-h2xw", "123-oak-789", "lamp-4f2a green oak 77"] {
            assert!(new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn each_device_has_its_own_and_always_the_same() {
        const SECRET: &[u8] = b"0123456789abcdef";
        let of = |last| OwnPassphrase::derive(SECRET, MacAddress([2, 0, 0, 0, 0, last])).unwrap();
        let texts: BTreeSet<_> = (0..=u8::MAX).map(|last| of(last).expose().to_vec()).collect();
        assert_eq!(texts.len(), 256);
        for text in &texts {
            assert!(text.iter().all(|byte| *byte == b'-' || ALPHABET.contains(byte)));
            assert!(OwnPassphrase::new(text, &Ssid::EMPTY).is_ok());
        }
        let used: BTreeSet<_> = texts.iter().flatten().collect();
        assert_eq!(used.len(), 32, "31 characters and the hyphen");
        // Reckoned with Python's hmac module.
        assert_eq!(core::str::from_utf8(of(1).expose()), Ok("dbeq-t9gw-gbrn"));
        assert_ne!(
            OwnPassphrase::derive(b"0123456789abcdeg", MacAddress([2, 0, 0, 0, 0, 1])).unwrap(),
            of(1)
        );
        let short = OwnPassphrase::derive(&SECRET[..15], MacAddress([0; 6]));
        assert_eq!(short, Err(BadOwnPassphrase::SecretTooShort));
        assert_eq!(format!("{:?}", of(1)), "OwnPassphrase(Passphrase(hidden))");
    }
}

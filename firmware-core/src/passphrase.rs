//! A Wi-Fi passphrase: which ones there are, hidden and wiped. Where it is stored is not known here.

use core::fmt;

use zeroize::Zeroize;

/// What a network is joined with. Never shown: `Debug` hides it, and it is wiped when dropped.
///
/// ```
/// use vestibule_core::Passphrase;
///
/// let passphrase = Passphrase::new(b"correct horse").unwrap();
/// assert_eq!(format!("{passphrase:?}"), "Passphrase(hidden)");
/// assert_eq!(passphrase.expose(), b"correct horse");
/// assert!(Passphrase::open().is_open() && Passphrase::open().expose().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase {
    len: u8,
    bytes: [u8; Self::MAX],
}

impl Passphrase {
    /// Most bytes: 64 hexadecimal digits, which are the key itself.
    pub const MAX: usize = 64;

    /// Fewest bytes of a passphrase.
    pub const MIN: usize = 8;

    /// No passphrase: an open network.
    pub const fn open() -> Self {
        Self { len: 0, bytes: [0; Self::MAX] }
    }

    /// Takes 8 to 63 bytes, or 64 hexadecimal digits, or nothing for an open network
    /// (IEEE 802.11-2020 annex J.4). A radio's driver may end a text at a NUL, so control characters are refused; bytes
    /// beyond ASCII, which routers take, are not.
    ///
    /// # Errors
    /// [`BadPassphrase`] says which rule was broken, and nothing of what was given.
    ///
    /// ```
    /// use vestibule_core::{BadPassphrase, Passphrase};
    ///
    /// assert!(Passphrase::new(b"correct horse").is_ok());
    /// assert!(Passphrase::new(b"").unwrap().is_open());
    /// assert_eq!(Passphrase::new(b"seven77"), Err(BadPassphrase::TooShort));
    /// assert_eq!(Passphrase::new(&[b'z'; 64]), Err(BadPassphrase::NotHex));
    /// assert_eq!(Passphrase::new(b"12345678\0abc"), Err(BadPassphrase::Control));
    /// ```
    pub fn new(secret: &[u8]) -> Result<Self, BadPassphrase> {
        match secret.len() {
            0 => {}
            1..Self::MIN => return Err(BadPassphrase::TooShort),
            Self::MAX if secret.iter().all(u8::is_ascii_hexdigit) => {}
            Self::MAX => return Err(BadPassphrase::NotHex),
            len if len > Self::MAX => return Err(BadPassphrase::TooLong),
            _ if secret.iter().any(u8::is_ascii_control) => return Err(BadPassphrase::Control),
            _ => {}
        }
        let mut passphrase = Self::open();
        passphrase.bytes[..secret.len()].copy_from_slice(secret);
        passphrase.len = secret.len() as u8;
        Ok(passphrase)
    }

    /// The secret itself, for the radio and for flash. Never log it.
    pub fn expose(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether there is none, as for an open network.
    pub const fn is_open(&self) -> bool {
        self.len == 0
    }
}

impl Drop for Passphrase {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_open() { "Passphrase(none)" } else { "Passphrase(hidden)" })
    }
}

/// Why bytes are no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPassphrase {
    /// Fewer than 8 bytes.
    TooShort,
    /// More than 64 bytes.
    TooLong,
    /// 64 bytes, which must be hexadecimal digits.
    NotHex,
    /// A control character, NUL among them.
    Control,
}

impl fmt::Display for BadPassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "a Wi-Fi passphrase has at least 8 characters",
            Self::TooLong => "a Wi-Fi passphrase has at most 63 characters",
            Self::Control => "a Wi-Fi passphrase has no control characters",
            Self::NotHex => "64 characters are a key, and may only be 0-9 and a-f",
        })
    }
}

impl core::error::Error for BadPassphrase {}

//! Sealed forms: what an owner sends over an access point that does not encrypt, so that whoever listens reads
//! nothing of it. `docs/sealed.md` has the format, for other implementations, and `SECURITY.md` says what it
//! protects from and what not.
//!
//! Bytes in, bytes out: what a request is and which token is the right one is decided in `portal/web`. Nothing
//! here is written by this project that is cryptography: X25519, HKDF and ChaCha20-Poly1305 are libraries.
//!
//! | file | is |
//! |---|---|
//! | `key_pair` | the device's key pair, of one opening of the portal |
//! | `key` | from both public keys, the shared secret, the token and the label's code to the key of one form |
//! | `form` | a sealed form, opened where it lies |
//! | `opened` | which forms were opened already |

mod form;
mod key;
mod key_pair;
mod opened;
#[cfg(test)]
pub(crate) mod tests;

use core::fmt;

pub(crate) use key_pair::KeyPair;

/// Why a sealed form was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// It is none, or not for this device and this token, or not as it was sealed.
    Broken,
    /// The same, of one that was sealed with a label's code: most likely with another one.
    OtherCode,
    /// It was opened before.
    SentBefore,
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "it was sealed for another device or token, or was changed on its way",
            Self::OtherCode => "it was sealed with another code, or for another device or token",
            Self::SentBefore => "it was opened before",
        })
    }
}

impl core::error::Error for NotOpened {}

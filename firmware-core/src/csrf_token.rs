//! The CSRF token: by which the portal knows that a form comes from one of its own pages.
//!
//! When it is drawn and where it is checked is the portal's business.

use core::fmt;

use crate::limits::CSRF_TOKEN_BYTES;
use crate::text::{Hex, digit};

/// The CSRF token: a random number that the portal draws each time it opens and writes into its forms. A page of
/// another site can make a browser send a form here, but cannot read this.
///
/// ```
/// use vestibule_core::pages::CsrfToken;
///
/// let token = CsrfToken::new([0xab; 16]);
/// assert!(token.is("ab".repeat(16).as_bytes()) && !token.is(b"ab"));
/// assert_eq!(format!("{token} {token:?}"), format!("{} CsrfToken(hidden)", "ab".repeat(16)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CsrfToken([u8; CSRF_TOKEN_BYTES]);

impl CsrfToken {
    /// A token of these bytes, which must be random.
    pub const fn new(bytes: [u8; CSRF_TOKEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub(crate) const fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether these are its digits. All of them are compared, wherever they differ, so that the time
    /// that it takes tells nothing.
    pub fn is(&self, sent: &[u8]) -> bool {
        let mut digits = [0; 2 * CSRF_TOKEN_BYTES];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [digit(byte >> 4), digit(byte & 0xf)];
        }
        let differing = digits.iter().zip(sent).fold(0, |differing, (a, b)| differing | (a ^ b));
        sent.len() == digits.len() && core::hint::black_box(differing) == 0
    }
}

/// As its digits, as forms carry it.
impl fmt::Display for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

/// Shows nothing of it.
impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_token_is_known_by_all_its_digits() {
        let token = CsrfToken::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff]);
        let digits = token.to_string();
        assert_eq!(digits, "000102030405060708090a0b0c0d0eff");
        assert!(token.is(digits.as_bytes()));
        for at in 0..digits.len() {
            let mut other = digits.clone().into_bytes();
            other[at] ^= 1;
            assert!(!token.is(&other), "{at}");
            assert!(!token.is(&digits.as_bytes()[..at]), "{at}");
        }
        assert!(!token.is(format!("{digits}0").as_bytes()));
        assert_eq!(format!("{token:?}"), "CsrfToken(hidden)");
    }
}

//! The CSRF token: by which the portal knows that a form comes from one of its own pages, and which client that
//! page was given to.
//!
//! When it is drawn and where it is checked is the portal's business.

use core::fmt;

use crate::limits::{CLIENT_ID_BYTES, CSRF_TOKEN_BYTES, TOKEN_BYTES};
use crate::text::Hex;

/// Which client a page was given to: a random number that is drawn for each. Whoever submits a network is from then
/// on known by it as the owner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientId(pub(crate) [u8; CLIENT_ID_BYTES]);

impl ClientId {
    /// The client whose digits these are: alone, or at the end of its token.
    pub(crate) fn read(digits: &[u8]) -> Option<Self> {
        let (_, client) = digits.split_at_checked(digits.len().checked_sub(2 * CLIENT_ID_BYTES)?)?;
        decode(client).map(Self)
    }
}

/// Shows nothing of it.
impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientId(hidden)")
    }
}

/// The CSRF token: a random number that the portal draws each time it opens and writes into its forms, and one that
/// it draws for each client. A page of another site can make a browser send a form here, but cannot read this.
///
/// ```
/// use vestibule_core::pages::CsrfToken;
///
/// let token = CsrfToken::new([0xab; 16]);
/// let digits = "ab".repeat(16) + &"00".repeat(4);
/// assert!(token.is(digits.as_bytes()) && !token.is(b"ab"));
/// assert_eq!(format!("{token} {token:?}"), format!("{digits} CsrfToken(hidden)"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CsrfToken {
    opening: [u8; CSRF_TOKEN_BYTES],
    client: ClientId,
}

impl CsrfToken {
    /// A token of these bytes, which must be random.
    pub const fn new(bytes: [u8; CSRF_TOKEN_BYTES]) -> Self {
        Self { opening: bytes, client: ClientId([0; CLIENT_ID_BYTES]) }
    }

    /// The same, in a page of this client.
    pub(crate) const fn of(self, client: ClientId) -> Self {
        Self { client, ..self }
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> [u8; TOKEN_BYTES] {
        let mut bytes = [0; TOKEN_BYTES];
        let (opening, client) = bytes.split_at_mut(CSRF_TOKEN_BYTES);
        opening.copy_from_slice(&self.opening);
        client.copy_from_slice(&self.client.0);
        bytes
    }

    /// Whether these are its digits, whichever client's.
    pub fn is(&self, sent: &[u8]) -> bool {
        self.client(sent).is_some()
    }

    /// The client whose page carried these digits, if they are this token's. All digits of the opening are compared,
    /// wherever they differ, so that the time that it takes tells nothing.
    pub(crate) fn client(&self, sent: &[u8]) -> Option<ClientId> {
        let (opening, client) = sent.split_at_checked(2 * CSRF_TOKEN_BYTES)?;
        let opening = decode::<CSRF_TOKEN_BYTES>(opening)?;
        let differing = self.opening.iter().zip(opening).fold(0, |differing, (a, b)| differing | (a ^ b));
        decode(client).filter(|_| core::hint::black_box(differing) == 0).map(ClientId)
    }
}

/// The bytes that digits stand for, if they are as many.
fn decode<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(high)? << 4 | value(low)?;
    }
    (pairs.len() == N).then_some(bytes)
}

/// The value of a digit as this token is written.
const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// As its digits, as forms carry it.
impl fmt::Display for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.bytes()), f)
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
        assert_eq!(digits, "000102030405060708090a0b0c0d0eff00000000");
        assert!(token.is(digits.as_bytes()));
        for at in 0..digits.len() {
            let mut other = digits.clone().into_bytes();
            other[at] ^= 1;
            assert_eq!(token.is(&other), at >= 2 * CSRF_TOKEN_BYTES, "{at}");
            assert!(!token.is(&digits.as_bytes()[..at]), "{at}");
        }
        assert!(!token.is(digits.to_uppercase().as_bytes()));
        let client = ClientId([0, 1, 0x23, 0xfe]);
        assert_eq!(token.client(token.of(client).to_string().as_bytes()), Some(client));
        assert_eq!(ClientId::read(token.of(client).to_string().as_bytes()), Some(client));
        assert_eq!((ClientId::read(b"000123fe"), ClientId::read(b"00123fe")), (Some(client), None));
        assert!(!token.is(format!("{digits}0").as_bytes()));
        assert_eq!(format!("{token:?}"), "CsrfToken(hidden)");
    }
}

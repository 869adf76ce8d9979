//! The signature: HMAC-SHA256 (RFC 2104, FIPS 180-4) over the timestamp, a full stop and the body.

use core::fmt;
use core::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::limits::WEBHOOK_KEY_BYTES;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Vestibule-Signature";

/// Bytes of an HMAC-SHA256.
const CODE_BYTES: usize = 32;

/// The secret that device and receiver share. Never shown: `Debug` hides it, and it is wiped when
/// dropped.
///
/// ```
/// use core::time::Duration;
/// use vestibule_core::webhook::{BadKey, Key, Rejected};
///
/// let key = Key::new(b"a secret of both, 16 bytes or more")?;
/// let header = key.sign(1_790_000_000, b"{}").to_string();
/// let check = |body, now| key.verify(header.as_bytes(), body, now, Duration::from_secs(300));
/// assert_eq!(check(b"{}", 1_790_000_010), Ok(()));
/// assert_eq!(check(b"[]", 1_790_000_010), Err(Rejected::Forged));
/// assert_eq!(check(b"{}", 1_790_000_999), Err(Rejected::Old));
/// assert_eq!(Key::new(b"short").unwrap_err(), BadKey::TooShort);
/// assert_eq!(format!("{key:?}"), "Key(hidden)");
/// # Ok::<(), BadKey>(())
/// ```
#[derive(Clone)]
pub struct Key {
    /// Padded with zeros to a block of the hash, as HMAC itself would (RFC 2104 section 2).
    bytes: [u8; WEBHOOK_KEY_BYTES],
}

impl Key {
    /// Fewest bytes of a key.
    pub const MIN: usize = 16;

    /// Takes 16 to 64 bytes. They should be random: no slow function stands between a guess and its
    /// check.
    ///
    /// # Errors
    /// [`BadKey`] says which rule was broken, and nothing of what was given.
    pub fn new(secret: &[u8]) -> Result<Self, BadKey> {
        if secret.len() < Self::MIN {
            return Err(BadKey::TooShort);
        }
        let mut key = Self { bytes: [0; WEBHOOK_KEY_BYTES] };
        key.bytes.get_mut(..secret.len()).ok_or(BadKey::TooLong)?.copy_from_slice(secret);
        Ok(key)
    }

    /// Signs a body at a time of day, in seconds since 1970.
    pub fn sign(&self, timestamp: u64, body: &[u8]) -> Signature {
        let mut digits = [0; DECIMAL_BYTES];
        let code = self.mac(decimal(timestamp, &mut digits), body).finalize().into_bytes().into();
        Signature { timestamp, code }
    }

    /// Checks the value of the [`SIGNATURE_HEADER`] that came with a body: the receiver's part.
    ///
    /// `now` is the receiver's time of day in seconds since 1970; a timestamp may differ from it by
    /// `tolerance`, either way, in whole seconds. The code is compared in constant time, and before
    /// the age, so that nobody without the key learns the receiver's time.
    ///
    /// Of the fields `t=` and `v1=` there must be one each, in any order; others are passed over, so
    /// that a later scheme can be sent along with this one.
    ///
    /// # Errors
    /// [`Rejected`]; the body is then not to be used.
    pub fn verify(&self, header: &[u8], body: &[u8], now: u64, tolerance: Duration) -> Result<(), Rejected> {
        let timestamp = field(header, b"t")?;
        let code = read_code(field(header, b"v1")?).ok_or(Rejected::Malformed)?;
        let sent = read_timestamp(timestamp).ok_or(Rejected::Malformed)?;
        self.mac(timestamp, body).verify_slice(&code).map_err(|_| Rejected::Forged)?;
        if now.abs_diff(sent) > tolerance.as_secs() {
            return Err(if sent < now { Rejected::Old } else { Rejected::Early });
        }
        Ok(())
    }

    fn mac(&self, timestamp: &[u8], body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.bytes.into());
        mac.update(timestamp);
        mac.update(b".");
        mac.update(body);
        mac
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// Why bytes are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadKey {
    /// Fewer than [`Key::MIN`] bytes.
    TooShort,
    /// More than [`WEBHOOK_KEY_BYTES`].
    TooLong,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "a webhook key has at least 16 bytes",
            Self::TooLong => "a webhook key has at most 64 bytes",
        })
    }
}

impl core::error::Error for BadKey {}

/// A signature. `Display` writes it as the header's value: `t=1790000000,v1=` and 64 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    timestamp: u64,
    code: [u8; CODE_BYTES],
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t={},v1=", self.timestamp)?;
        self.code.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// The header is not one timestamp and one code.
    Malformed,
    /// The code does not belong to this timestamp and body under this key.
    Forged,
    /// It is genuine, and older than the tolerance.
    Old,
    /// It is genuine, and from further in the future than the tolerance: a clock is wrong.
    Early,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the signature is malformed",
            Self::Forged => "the signature does not belong to this body",
            Self::Old => "the signature is too old",
            Self::Early => "the signature is from the future",
        })
    }
}

impl core::error::Error for Rejected {}

/// The value of the one field of this name.
fn field<'a>(header: &'a [u8], name: &[u8]) -> Result<&'a [u8], Rejected> {
    let mut values = header
        .split(|&byte| byte == b',')
        .filter_map(|field| field.trim_ascii().strip_prefix(name)?.strip_prefix(b"="));
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Rejected::Malformed),
    }
}

/// Digits and nothing else: not even the plus that `parse` would take.
fn read_timestamp(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(text).ok()?.parse().ok()
}

fn read_code(text: &[u8]) -> Option<[u8; CODE_BYTES]> {
    let digits: &[u8; 2 * CODE_BYTES] = text.try_into().ok()?;
    let mut code = [0; CODE_BYTES];
    for (place, pair) in code.iter_mut().zip(digits.chunks_exact(2)) {
        *place = pair
            .iter()
            .try_fold(0, |number: u32, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
            .and_then(|number| u8::try_from(number).ok())?;
    }
    Some(code)
}

/// `u64::MAX` has 20 digits.
const DECIMAL_BYTES: usize = 20;

/// A number in decimal digits, without a formatter.
fn decimal(number: u64, digits: &mut [u8; DECIMAL_BYTES]) -> &[u8] {
    let mut rest = number;
    let mut start = DECIMAL_BYTES;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        start -= 1;
        if rest == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

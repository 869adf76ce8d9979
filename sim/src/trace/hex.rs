//! Bytes in a trace: pairs of hexadecimal digits.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;

use crate::scenario::from_hex;

pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits: String = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect();
    serializer.serialize_str(&digits)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(deserializer)?;
    from_hex(&digits).ok_or_else(|| D::Error::custom("expected pairs of hexadecimal digits in `bytes`"))
}

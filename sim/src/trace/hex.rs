//! Bytes in a trace: pairs of hexadecimal digits.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;

use crate::text::{from_hex, to_hex};

pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_hex(bytes))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(deserializer)?;
    from_hex(&digits).ok_or_else(|| D::Error::custom("expected pairs of hexadecimal digits in `bytes`"))
}

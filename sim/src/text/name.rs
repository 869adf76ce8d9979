//! Names and passphrases: text, or `{ hex = "…" }` for bytes that are none. Errors carry their place,
//! because they are raised while the value is read.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use vestibule_core::{Passphrase, Ssid};

use super::hex::{from_hex, to_hex};

/// A network's or device's name: text, or `{ hex = "ff00" }` for bytes that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub Ssid);

impl Name {
    /// A name of at most 32 bytes of text; a longer text is cut.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(Ssid::new(&text.as_bytes()[..text.len().min(Ssid::MAX)]).unwrap_or(Ssid::EMPTY))
    }
}

/// A network's passphrase. `Debug` hides it, and no error repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret(pub Passphrase);

/// Reads bytes written as text or as `{ hex = "…" }`.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, or { hex = \"…\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        Ok(text.as_bytes().to_vec())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<u8>, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((key, digits)) if key == "hex" => {
                from_hex(&digits).ok_or_else(|| A::Error::custom("expected pairs of hexadecimal digits"))
            }
            _ => Err(A::Error::custom("expected text, or { hex = \"…\" }")),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_any(Bytes)?;
        match Ssid::new(&bytes) {
            Ok(ssid) if !ssid.is_empty() => Ok(Self(ssid)),
            Ok(_) => Err(D::Error::custom("a network name has at least one byte")),
            Err(error) => Err(D::Error::custom(error)),
        }
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.as_bytes();
        if let Ok(text) = std::str::from_utf8(bytes) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("hex", &to_hex(bytes))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_any(Bytes)?;
        Passphrase::new(&bytes).map(Self).map_err(D::Error::custom)
    }
}

/// Bytes as text of this length, or in hexadecimal.
fn bytes_schema(shortest: usize, longest: usize) -> Schema {
    json_schema!({ "oneOf": [
        { "type": "string", "minLength": shortest, "maxLength": longest },
        {
            "type": "object", "additionalProperties": false, "required": ["hex"],
            "properties": { "hex": { "type": "string", "pattern": "^([0-9a-fA-F]{2})*$" } },
        },
    ] })
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        bytes_schema(1, Ssid::MAX)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Passphrase".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Eight characters of four bytes are too many for none.
        json_schema!({ "oneOf": [
            bytes_schema(0, 63),
            { "type": "string", "pattern": "^[0-9a-fA-F]{64}$" },
        ] })
    }
}

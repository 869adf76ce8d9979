//! How names, passphrases and times are written in a file. Errors made here carry their place,
//! because they are raised while the value is read.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use smoltcp::wire::Ipv4Cidr;
use toml::Spanned;
use vestibule_core::dhcp::CaptivePortalUrl;
use vestibule_core::{Passphrase, Ssid};

use super::Joins;

/// A network's or device's name: text, or `{ hex = "ff00" }` for bytes that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub Ssid);

impl Name {
    /// A name of at most 32 bytes of text; a longer text is cut.
    pub(super) fn from_text(text: &str) -> Self {
        Self(Ssid::new(&text.as_bytes()[..text.len().min(Ssid::MAX)]).unwrap_or(Ssid::EMPTY))
    }
}

/// A network's passphrase. `Debug` hides it, and no error repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret(pub Passphrase);

/// The address of a captive portal API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api(pub CaptivePortalUrl);

impl<'de> Deserialize<'de> for Api {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A device's configuration is part of its program, so what a file says is kept as long.
        let text: &'static str = String::deserialize(deserializer)?.leak();
        CaptivePortalUrl::new(text).map(Self).map_err(D::Error::custom)
    }
}

impl Serialize for Api {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

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

/// The bytes that pairs of hexadecimal digits write.
pub(crate) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
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
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("hex", &digits)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_any(Bytes)?;
        Passphrase::new(&bytes).map(Self).map_err(D::Error::custom)
    }
}

/// The longest time that a file may name: more than any run takes, and far below what a clock of
/// microseconds holds, so that sums of times stay exact.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads a time such as `1500ms`, `20s` or `2min`.
///
/// # Errors
/// What is wrong with the text, and what was expected.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time <= LONGEST => Ok(time),
        Ok(_) => Err(format!("\"{text}\" is too long: expected a year at most")),
        Err(humantime::DurationError::NumberOverflow) => {
            Err(format!("\"{text}\" is too long: expected a year at most"))
        }
        Err(_) if text.trim_start().starts_with('-') => {
            Err(format!("\"{text}\" is before zero: expected a time such as \"1500ms\" or \"20s\""))
        }
        Err(error) => Err(format!("\"{text}\" is no time such as \"1500ms\" or \"20s\": {error}")),
    }
}

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    time(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A subnet such as `192.168.4.0/24`.
pub(super) fn optional_subnet<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Spanned<Ipv4Cidr>>, D::Error> {
    let text = Spanned::<String>::deserialize(deserializer)?;
    match text.get_ref().parse::<Ipv4Cidr>() {
        Ok(subnet) if subnet == subnet.network() && (8..=30).contains(&subnet.prefix_len()) => {
            Ok(Some(Spanned::new(text.span(), subnet)))
        }
        _ => Err(D::Error::custom(format!(
            "\"{}\" is no subnet such as \"192.168.4.0/24\", from /8 to /30",
            text.get_ref()
        ))),
    }
}

/// When an owner joins: a time, or `when-told`.
pub(super) fn joins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Joins, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "when-told" {
        return Ok(Joins::WhenTold);
    }
    time(&text).map(Joins::After).map_err(|why| D::Error::custom(format!("{why}, or \"when-told\"")))
}

pub(super) fn optional_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
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

impl JsonSchema for Api {
    fn schema_name() -> Cow<'static, str> {
        "CaptivePortalApi".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^https://[!-~]+$", "maxLength": CaptivePortalUrl::MAX })
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Passphrase".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Eight characters of four bytes are too many for none.
        bytes_schema(0, 63)
    }
}

/// The schema of a time: [`time`] reads it.
pub(crate) struct TimeText;

/// The schema of a time or `when-told`.
pub(super) struct JoinsText;

/// The schema of a subnet.
pub(super) struct SubnetText;

/// The schema of a phone's model: the ids that there are.
pub(super) struct ModelText;

/// A number and a unit, once or more often, as `humantime` reads them; its units are not listed.
const TIME: &str = r"^\s*[0-9.]+\s*[A-Za-zµ]+(\s*[0-9.]+\s*[A-Za-zµ]+)*\s*$|^0$";

/// A text that is checked by a pattern.
macro_rules! text_schema {
    ($($type:ident, $name:literal, $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

text_schema! {
    TimeText, "Time", json_schema!({
        "type": "string", "pattern": TIME, "examples": ["1500ms", "20s", "2min"],
    });
    JoinsText, "Joins", json_schema!({
        "anyOf": [{ "const": "when-told" }, { "type": "string", "pattern": TIME }],
    });
    SubnetText, "Subnet", json_schema!({
        "type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+/\d+$", "examples": ["192.168.4.0/24"],
    });
    ModelText, "Model", json_schema!({
        "enum": crate::phone::models().iter().map(|model| model.id).collect::<Vec<_>>(),
    });
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::load;

    fn joins(line: &str) -> Result<Joins, String> {
        let text = format!("name = \"x\"\n[[phone]]\nmodel = \"ios-17\"\n{line}");
        let scenario = load::parse(&text, Path::new("x.toml")).map_err(|error| error.to_string())?;
        Ok(scenario.phones[0].joins)
    }

    #[test]
    fn an_owner_joins_at_a_time_or_when_told() {
        assert_eq!(joins(""), Ok(Joins::After(Duration::ZERO)));
        assert_eq!(joins("joins = \"2s\""), Ok(Joins::After(Duration::from_secs(2))));
        assert_eq!(joins("joins = \"when-told\""), Ok(Joins::WhenTold));
        let refused = joins("joins = \"later\"").unwrap_err();
        assert!(refused.starts_with("x.toml:4:9: \"later\" is no time"), "{refused}");
        assert!(refused.ends_with(", or \"when-told\""), "{refused}");
    }
}

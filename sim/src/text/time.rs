//! Times such as `1500ms`, `20s` or `2min`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

/// The longest time that a file may name: more than any run takes, and far below what a clock of
/// microseconds holds, so that sums of times stay exact.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads a time such as `1500ms`, `20s` or `2min`.
///
/// # Errors
/// What is wrong with the text, and what was expected.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
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

/// Reads a time of a file, for `serde(with)` and `deserialize_with`.
///
/// # Errors
/// As [`parse`].
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct TimeVisitor;
    impl Visitor<'_> for TimeVisitor {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a time such as \"1500ms\" or \"20s\", in quotes and with its unit")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).map_err(E::custom)
        }
    }
    deserializer.deserialize_str(TimeVisitor)
}

/// The same where a file may say none.
///
/// # Errors
/// As [`parse`].
pub(crate) fn deserialize_optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    deserialize(deserializer).map(Some)
}

/// Writes a time as [`parse`] reads it, for `serde(with)`.
pub(crate) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*time))
}

/// The schema of a time: [`parse`] reads it.
pub(crate) struct TimeText;

/// A number and a unit, once or more often, as `humantime` reads them; its units are not listed.
pub(crate) const PATTERN: &str = r"^\s*[0-9.]+\s*[A-Za-zµ]+(\s*[0-9.]+\s*[A-Za-zµ]+)*\s*$|^0$";

impl JsonSchema for TimeText {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN, "examples": ["1500ms", "20s", "2min"] })
    }
}

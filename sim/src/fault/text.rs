//! How a fault is written in a file: its moment `at`, its `kind`, and what belongs to that kind.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, Error};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::{Fault, Timed};
use crate::text::{TimeText, time};

/// The key of the moment.
const AT: &str = "at";

impl<'de> Deserialize<'de> for Timed {
    /// Goes through a table, so that a key that no fault has is refused: serde cannot do that for
    /// flattened structures.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let at = match table.remove(AT) {
            Some(toml::Value::String(text)) => time::parse(&text).map_err(D::Error::custom)?,
            _ => return Err(D::Error::custom("expected `at`, a time such as \"3s\"")),
        };
        let fault = Fault::deserialize(toml::Value::Table(table))
            .map_err(|error| D::Error::custom(error.message().trim_end()))?;
        Ok(Self { at, fault })
    }
}

/// Whether a fault has this kind.
pub(crate) fn is_fault(kind: &str) -> bool {
    let table = toml::Table::from_iter([("kind".to_owned(), toml::Value::String(kind.to_owned()))]);
    // A fault of a known kind may lack keys of its own.
    Fault::deserialize(toml::Value::Table(table))
        .map_or_else(|error| !error.message().starts_with("unknown variant"), |_| true)
}

impl Serialize for Timed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fault = toml::Table::try_from(&self.fault).map_err(serde::ser::Error::custom)?;
        let mut map = serializer.serialize_map(Some(fault.len() + 1))?;
        map.serialize_entry(AT, &humantime::format_duration(self.at).to_string())?;
        for (key, value) in &fault {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl JsonSchema for Timed {
    fn schema_name() -> Cow<'static, str> {
        "TimedFault".into()
    }

    /// That of the fault, with the moment added to every kind.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let at = generator.subschema_for::<TimeText>().to_value();
        let mut schema = Fault::json_schema(generator);
        let kinds = schema.get_mut("oneOf").and_then(serde_json::Value::as_array_mut);
        for kind in kinds.into_iter().flatten() {
            kind["properties"][AT] = at.clone();
            if let Some(required) = kind["required"].as_array_mut() {
                required.push(AT.into());
            }
        }
        schema
    }
}

//! How a scenario file writes what no other file has: when an owner joins, a subnet, a phone's model.
//! Errors made here carry their place, because they are raised while the value is read.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use smoltcp::wire::Ipv4Cidr;
use toml::Spanned;

use crate::text::time;

/// When an owner first joins the device's access point: a time, or `"when-told"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Joins {
    /// This long after the beginning; if there is no access point then, as soon as there is one.
    After(Duration),
    /// When a step says so, and not before.
    WhenTold,
}

impl Default for Joins {
    fn default() -> Self {
        Self::After(Duration::ZERO)
    }
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
    time::parse(&text).map(Joins::After).map_err(|why| D::Error::custom(format!("{why}, or \"when-told\"")))
}

/// The schema of a time or `when-told`.
pub(super) struct JoinsText;

/// The schema of a subnet.
pub(super) struct SubnetText;

/// The schema of a phone's model: the ids that there are.
pub(super) struct ModelText;

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
    JoinsText, "Joins", json_schema!({
        "anyOf": [{ "const": "when-told" }, { "type": "string", "pattern": time::PATTERN }],
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

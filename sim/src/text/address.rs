//! The address of a captive portal API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use vestibule_core::dhcp::CaptivePortalUrl;

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

impl JsonSchema for Api {
    fn schema_name() -> Cow<'static, str> {
        "CaptivePortalApi".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^https://[!-~]+$", "maxLength": CaptivePortalUrl::MAX })
    }
}

//! What a scenario says of the device's radio.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::Spanned;
use vestibule_core::{Channels, Country, RadioCapabilities};

/// What the device's radio can do.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RadioSpec {
    /// Whether it can be access point and station at once. Without this the access point closes while a
    /// network is tried.
    #[schemars(with = "bool")]
    pub concurrent: Spanned<bool>,
    /// The channels that it has, of 2.4 GHz: all of them, unless said otherwise.
    #[schemars(with = "Option<Vec<u8>>")]
    pub channels: Option<Spanned<Vec<u8>>>,
    /// The country whose rules hold for it, by its two letters. Without one its channels alone decide.
    #[schemars(with = "Option<CountryText>")]
    pub country: Option<Spanned<CountryText>>,
    /// Whether its driver says how far a join had come that failed. Espressif's does not.
    pub tells_stage: bool,
}

impl Default for RadioSpec {
    fn default() -> Self {
        Self { concurrent: Spanned::new(0..0, true), channels: None, country: None, tells_stage: false }
    }
}

impl RadioSpec {
    /// What it means.
    pub fn capabilities(&self) -> RadioCapabilities {
        RadioCapabilities {
            concurrent: *self.concurrent.get_ref(),
            channels: match &self.channels {
                Some(channels) => Channels::of(channels.get_ref()),
                None => Channels::TWO_POINT_FOUR_GHZ,
            },
            country: self.country.as_ref().map(|country| country.get_ref().0),
        }
    }
}

/// A country by its two letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountryText(pub Country);

impl<'de> Deserialize<'de> for CountryText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let country = text.as_bytes().try_into().ok().and_then(Country::new);
        let message = || format!("\"{text}\" is no country such as \"DE\": two capital letters");
        country.map(Self).ok_or_else(|| D::Error::custom(message()))
    }
}

impl JsonSchema for CountryText {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z]{2}$", "examples": ["DE", "US", "JP"] })
    }
}

//! The files in `fixtures/agreement`.

use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(rename = "about")]
    _about: serde_json::Value,
    pub(crate) cases: Vec<Case>,
}

/// A device's way with names and replies, and what was concluded from it. The words are explained in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) names: Vec<Named>,
    #[serde(default)]
    pub(crate) addresses: Vec<std::net::Ipv4Addr>,
    pub(crate) other_types: Option<Named>,
    reply: Option<String>,
    reply_hex: Option<String>,
    pub(crate) then: Then,
    #[serde(default)]
    pub(crate) delay: u64,
    pub(crate) fallback_reply: Option<String>,
    /// The reply to what a redirect led to.
    pub(crate) led_to: Option<String>,
    #[serde(default)]
    pub(crate) https: Https,
    #[serde(rename = "source")]
    _source: Option<String>,
    pub(crate) concluded: Vec<Conclusion>,
    #[serde(default)]
    pub(crate) differs: Vec<Differs>,
}

/// What a question for a name gets.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Named {
    Portal,
    Nxdomain,
    Servfail,
    Refused,
    Empty,
    Silent,
}

/// What follows the reply on port 80.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Then {
    Close,
    Open,
    Rst,
    Silent,
    Refused,
}

/// What port 443 does.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Https {
    #[default]
    Refused,
    Silent,
    Success,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Conclusion {
    pub(crate) by: Vec<String>,
    pub(crate) verdict: String,
    pub(crate) url: Option<String>,
    pub(crate) seconds: Option<f64>,
    #[serde(default)]
    pub(crate) drawn: bool,
}

/// A disagreement that is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Differs {
    pub(crate) by: Vec<String>,
    #[serde(rename = "why")]
    _why: String,
    #[serde(rename = "since")]
    _since: String,
}

impl File {
    pub(crate) fn load(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/agreement").join(name);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Case {
    pub(crate) fn reply(&self) -> Vec<u8> {
        match (&self.reply, &self.reply_hex) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(hex)) => {
                let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                (0..hex.len()).step_by(2).map(digits).collect()
            }
            (None, None) => Vec::new(),
        }
    }
}

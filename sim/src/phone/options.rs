//! What an owner or a maker may have switched on or off.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// Behaviour that some phones of a model have and others have not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Android 11 and later: a private address of the probe's host means no internet. Off by
    /// default; some makers are said to switch it on.
    pub private_address_is_no_internet: bool,
    /// The phone leaves a network on which it has not come to believe in the internet this long
    /// after joining, whatever is open. Never by default: no source gives a time for any system
    /// (unverified, so an option); Apple's sheet is known to end in leaving when it times out
    /// (decompiled), after a time that is not known.
    pub leaves_without_internet: Option<Duration>,
    /// How the phone comes onto its networks.
    pub joins_by: JoinsBy,
    /// Android 9 and later: how it asks for names, apart from those of its check.
    pub private_dns: PrivateDns,
    /// Android 12 and later: a Custom Tab of the default browser takes the place of the sheet.
    pub custom_tabs: bool,
    /// A VPN is always on, and what does not go through it may not leave. Without internet it does not come up.
    pub vpn: bool,
    /// The system's proxy is set. On a network without internet it is not there.
    pub proxy: bool,
}

/// Android's setting "Private DNS": DNS over TLS (RFC 7858).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum PrivateDns {
    /// Names are asked for in the clear.
    #[default]
    Off,
    /// The network's resolver is tried over TLS, and asked in the clear where it has none.
    Automatic,
    /// This provider is asked over TLS, and nobody else ("strict").
    Provider(String),
}

impl PrivateDns {
    /// The provider without which no name is found.
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Provider(host) => Some(host),
            _ => None,
        }
    }
}

impl TryFrom<String> for PrivateDns {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "off" => Ok(Self::Off),
            "automatic" => Ok(Self::Automatic),
            host if host.contains('.') && url::Host::parse(host).is_ok_and(is_domain) => {
                Ok(Self::Provider(text))
            }
            _ => Err(format!(
                "\"{text}\" is neither \"off\" nor \"automatic\" nor the host name of a provider"
            )),
        }
    }
}

fn is_domain(host: url::Host) -> bool {
    matches!(host, url::Host::Domain(_))
}

impl JsonSchema for PrivateDns {
    fn schema_name() -> Cow<'static, str> {
        "PrivateDns".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "\"off\", \"automatic\", or the host name of a provider.",
            "anyOf": [
                { "enum": ["off", "automatic"] },
                { "type": "string", "pattern": r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", "examples": ["dns.example"] },
            ],
        })
    }
}

/// How a phone comes onto a network, which says what its owner has in front at that moment. Apple's sheet
/// waits for Wi-Fi settings or a networking app; nobody else's is known to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum JoinsBy {
    /// The owner picks it in the Wi-Fi settings, and has these in front.
    #[default]
    Settings,
    /// The camera reads the code on the label, and the camera is in front.
    Camera,
    /// By itself, because it knows the network; anything may be in front, or nothing.
    Automatically,
}

//! What the device behind a portal does beside answering, as its profile says it: the form by which it is set up, how
//! much it takes, and what becomes of its access point.
//!
//! Facts only; how a stand-in acts on them is in `device_setup`.

use serde::Deserialize;
use toml::Spanned;

use super::Known;
use crate::owner::Hints;

/// The form by which the device is set up. `{form}` in the body of a reply stands for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormSpec {
    /// The path that it is sent to.
    pub action: Spanned<String>,
    /// How.
    #[serde(default)]
    pub method: FormMethod,
    /// The field of the network's name.
    pub network: String,
    /// The field of the passphrase.
    pub passphrase: String,
    /// The button that sends it, by its name, its `id` or what is written on it; for `journey --profile`.
    pub button: Option<String>,
    /// Words of a page that says that the device has joined.
    pub joined: Option<String>,
    /// Words of one that says that it could not.
    pub failed: Option<String>,
    /// How the page offers the networks that the device hears.
    #[serde(default)]
    pub list: NetworkList,
    /// Where the links to the networks lead, each with the network in its query (`list = "links"`).
    pub page: Option<Spanned<String>>,
    /// A script makes the form, and sends it.
    #[serde(default)]
    pub script: bool,
    /// In which form a script sends what was typed.
    #[serde(default)]
    pub sent: Encoding,
    /// How the device reads it.
    #[serde(default)]
    pub reads: FormReading,
    /// Whether names of networks are escaped in the page.
    #[serde(default = "super::yes")]
    pub escapes: bool,
    /// The path that a script loads after the form, for its result.
    pub result: Option<Spanned<String>>,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
}

impl FormSpec {
    /// What it tells an owner who cannot understand the page.
    pub fn hints(&self) -> Hints {
        let Self { network, passphrase, button, joined, failed, .. } = self;
        Hints {
            network: network.clone(),
            passphrase: passphrase.clone(),
            button: button.clone(),
            joined: joined.clone(),
            failed: failed.clone(),
        }
    }
}

/// How a form is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FormMethod {
    /// In the address.
    Get,
    /// In the body.
    #[default]
    Post,
    /// In the body, by a script.
    Put,
}

impl FormMethod {
    /// As a request begins with it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// How a page offers networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NetworkList {
    /// Not at all: the name is typed.
    #[default]
    Typed,
    /// As radio buttons.
    Radio,
    /// As a select.
    Select,
    /// As links that a script turns into what was typed; without it the name is typed.
    Script,
    /// As links to a page with the passphrase alone. `{networks}` in the body of a reply stands for them.
    Links,
}

/// In which form the fields are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// As a browser sends a form.
    #[default]
    Form,
    /// As an object of JSON.
    Json,
    /// As lines of the request's head.
    Headers,
}

/// How the device reads what a form sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FormReading {
    /// As it was typed.
    #[default]
    Rightly,
    /// Escapes stay as they were sent, `%26` say.
    Undecoded,
    /// Only the escapes of `?` and `!` are undone, and `+` is none.
    Partly,
    /// Escapes are undone before the fields are parted, so that an `&` ends a field.
    DecodedFirst,
    /// Escapes are undone twice, so that a `%` is lost.
    DecodedTwice,
}

/// How much it takes. What is not said has no limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request's head; a longer one is answered 431.
    pub head: Option<usize>,
    /// Connections that it serves at once.
    pub connections: Option<u8>,
    /// Seconds that a connection which is kept may say nothing; then it is closed.
    pub idle: Option<u32>,
    /// Whether it takes what the first segment brings for the whole request.
    #[serde(default)]
    pub first_segment: bool,
    /// Bytes of a network's name.
    pub name: Option<usize>,
    /// Bytes of a passphrase.
    pub passphrase: Option<usize>,
    /// What becomes of a longer one.
    #[serde(default)]
    pub longer: Longer,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
}

/// What becomes of a name or a passphrase that is longer than a device takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Longer {
    /// The form is answered 400.
    #[default]
    Refused,
    /// Its end is lost.
    Cut,
}

/// What becomes of its access point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Radio {
    /// Seconds that a join takes.
    #[serde(default = "join_seconds")]
    pub join: u32,
    /// Whether the form is answered only when the join is over.
    #[serde(default)]
    pub answers_after_join: bool,
    /// What becomes of the access point when the device joins.
    #[serde(default)]
    pub at_join: AtJoin,
    /// How many seconds after a good join the access point closes (`at_join = "closes"`).
    #[serde(default)]
    pub closes_after: u32,
    /// When its one radio is on other channels to scan.
    pub scans: Option<Absence>,
    /// When its access point restarts by itself.
    pub restarts: Option<Absence>,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
}

/// What becomes of an access point when its device joins another network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AtJoin {
    /// It stays.
    #[default]
    Stays,
    /// It stays for the try, and closes after a good join.
    Closes,
    /// It is gone as soon as the form has come, before any answer.
    GoesAtOnce,
    /// The form is answered, then it is gone for the try, and comes back if the join fails.
    GoesForTry,
}

/// Times at which nobody is there, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Seconds from one beginning to the next.
    pub every: u32,
    /// Seconds that each lasts.
    pub lasts: u32,
}

impl Absence {
    /// Whether one is under way, so many seconds after the device came up.
    pub(super) fn is_now(self, seconds: f64) -> bool {
        let every = f64::from(self.every.max(1));
        let into = seconds % every;
        // The first comes at the end of a period: a device is there when it is met.
        into >= every - f64::from(self.lasts)
    }
}

/// Chosen: phones and chips need a few seconds.
fn join_seconds() -> u32 {
    3
}

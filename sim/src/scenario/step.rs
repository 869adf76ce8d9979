//! A step of a scenario's script: when it comes, what it is called in a file, and which [`Action`] that is.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Value, json};
use toml::Spanned;
use vestibule_core::Ssid;

use super::{Action, StateName};
use crate::client::Misbehaviour;
use crate::fault::is_fault;
use crate::radio::PhoneId;
use crate::text::{Name, TimeText, meant, time};

/// A step of the script. It waits for `at` (from the beginning) or for `after` (the device
/// reaches that state, counted from the step before), and then for `wait`; with neither, only for
/// `wait` from the step before.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// When, from the beginning.
    #[serde(default, deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub at: Option<Duration>,
    /// After the device has reached this state.
    #[serde(default)]
    #[schemars(with = "Option<StateName>")]
    pub after: Option<Spanned<StateName>>,
    /// How long after that.
    #[serde(default, deserialize_with = "time::deserialize")]
    #[schemars(with = "TimeText")]
    pub wait: Duration,
    /// What happens.
    #[serde(rename = "do")]
    #[schemars(with = "ActionName")]
    pub does: Spanned<ActionName>,
    /// To which network.
    #[serde(default)]
    #[schemars(with = "Option<Name>")]
    pub network: Option<Spanned<Name>>,
    /// To which phone: its place in the file, from 1 on.
    #[serde(default)]
    #[schemars(with = "Option<usize>")]
    pub phone: Option<Spanned<usize>>,
    /// To which channel.
    #[serde(default)]
    #[schemars(with = "Option<u8>")]
    pub channel: Option<Spanned<u8>>,
    /// To which signal, in dBm.
    #[serde(default)]
    #[schemars(with = "Option<i8>")]
    pub signal: Option<Spanned<i8>>,
    /// How many clients do it at once, each on a connection of its own: 1 unless said otherwise.
    #[serde(default)]
    #[schemars(with = "Option<usize>")]
    pub count: Option<Spanned<usize>>,
}

impl StepSpec {
    /// What the step does; `None` when it lacks what it acts on or by, which [`super::load`] refuses.
    pub fn action(&self) -> Option<Action> {
        (self.does.get_ref().action)(self)
    }

    /// What stands beside `do` and says to whom or by how much: each key, and its place if it is there.
    pub(super) fn arguments(&self) -> [(&'static str, Option<Range<usize>>); 5] {
        [
            ("network", self.network.as_ref().map(Spanned::span)),
            ("channel", self.channel.as_ref().map(Spanned::span)),
            ("signal", self.signal.as_ref().map(Spanned::span)),
            (COUNT, self.count.as_ref().map(Spanned::span)),
            ("phone", self.phone.as_ref().map(Spanned::span)),
        ]
    }

    fn network(&self) -> Option<Ssid> {
        self.network.as_ref().map(|name| name.get_ref().0)
    }

    fn phone(&self) -> Option<PhoneId> {
        self.phone.as_ref()?.get_ref().checked_sub(1)
    }

    fn misbehave(&self, misbehaviour: Misbehaviour) -> Option<Action> {
        let count = self.count.as_ref().map_or(1, |count| *count.get_ref());
        Some(Action::Misbehave(self.phone()?, misbehaviour, count))
    }
}

/// The key that has a default.
const COUNT: &str = "count";

/// What a file calls an action, and which keys stand beside it.
#[derive(Clone, Copy)]
pub struct ActionName {
    name: &'static str,
    about: &'static str,
    takes: &'static [&'static str],
    action: fn(&StepSpec) -> Option<Action>,
}

impl ActionName {
    /// Whether this key may stand beside it.
    pub(super) fn takes(&self, key: &str) -> bool {
        self.takes.contains(&key)
    }

    /// Whether this key must stand beside it.
    pub(super) fn needs(&self, key: &str) -> bool {
        self.takes(key) && key != COUNT
    }
}

impl fmt::Debug for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const fn row(
    name: &'static str,
    about: &'static str,
    takes: &'static [&'static str],
    action: fn(&StepSpec) -> Option<Action>,
) -> ActionName {
    ActionName { name, about, takes, action }
}

const NETWORK: &[&str] = &["network"];
const PHONE: &[&str] = &["phone"];
const CLIENTS: &[&str] = &["phone", COUNT];

/// Every action that a file can name.
const ACTIONS: [ActionName; 20] = [
    row("restart", "The device loses its power and gets it back at once.", &[], |_| Some(Action::Restart)),
    row("power-off", "The device loses its power.", &[], |_| Some(Action::PowerOff)),
    row("power-on", "The device gets its power back.", &[], |_| Some(Action::PowerOn)),
    row("clear", "The device is told to forget its network, and opens its portal.", &[], |_| {
        Some(Action::Clear)
    }),
    row("setup", "The device's button is pressed: it opens its portal, whatever is stored.", &[], |_| {
        Some(Action::Setup)
    }),
    row("network-on", "`network` comes onto the air.", NETWORK, |step| {
        Some(Action::NetworkOn(step.network()?))
    }),
    row("network-off", "`network` goes off the air.", NETWORK, |step| {
        Some(Action::NetworkOff(step.network()?))
    }),
    row("new-passphrase", "`network` gets another passphrase.", NETWORK, |step| {
        Some(Action::NewPassphrase(step.network()?))
    }),
    row(
        "channel-move",
        "`network` moves to `channel` and announces that.",
        &["network", "channel"],
        |step| Some(Action::ChannelMove(step.network()?, *step.channel.as_ref()?.get_ref())),
    ),
    row("signal", "`network` is heard at `signal` from now on.", &["network", "signal"], |step| {
        Some(Action::Signal(step.network()?, *step.signal.as_ref()?.get_ref()))
    }),
    row("phone-joins", "The owner of `phone` joins the device's access point.", PHONE, |step| {
        Some(Action::PhoneJoins(step.phone()?))
    }),
    row("phone-leaves", "`phone` leaves the device's access point.", PHONE, |step| {
        Some(Action::PhoneLeaves(step.phone()?))
    }),
    row(
        "silent-sockets",
        "On `phone`, `count` clients connect to the device and say nothing. This and what follows begins when \
         the phone has an address, if it has none yet.",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::SilentSockets),
    ),
    row(
        "slow-requests",
        "On `phone`, `count` clients send a byte of a request every second.",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::SlowRequests),
    ),
    row(
        "half-posts",
        "On `phone`, `count` clients stop in the middle of a POST: one says no more, the next shuts its side of \
         the connection, the third resets it.",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::HalfPosts),
    ),
    row(
        "split-posts",
        "On `phone`, `count` clients send a POST in two pieces, cut in turn after each of its bytes.",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::SplitPosts),
    ),
    row(
        "probe-storm",
        "On `phone`, `count` clients ask for what systems and browsers ask for by themselves: checks, proxy \
         settings, icons.",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::ProbeStorm),
    ),
    row(
        "cross-site-requests",
        "On `phone`, `count` pages of another site send the device forms and requests of their own, which are to \
         be refused. They name an open network, \"Free Wi-Fi\".",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::CrossSiteRequests),
    ),
    row(
        "clear-requests",
        "On `phone`, `count` clients ask the device to forget its networks, as a program may.",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::ClearRequests),
    ),
    row(
        "https-requests",
        "On `phone`, `count` clients ask for a page over HTTPS, which is to be refused within a second.",
        CLIENTS,
        |step| step.misbehave(Misbehaviour::HttpsRequests),
    ),
];

impl<'de> Deserialize<'de> for ActionName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        ACTIONS.into_iter().find(|action| action.name == text).ok_or_else(|| {
            let names = ACTIONS.map(|action| action.name);
            let expected = match (meant(&text, &names), is_fault(&text)) {
                (_, true) => format!("that is a fault: write a [[fault]] with kind = \"{text}\""),
                (Some(near), false) => format!("did you mean \"{near}\"?"),
                (None, false) => format!("expected one of {}", names.join(", ")),
            };
            D::Error::custom(format!("nothing that is done is called \"{text}\": {expected}"))
        })
    }
}

impl JsonSchema for ActionName {
    fn schema_name() -> Cow<'static, str> {
        "Action".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |action: ActionName| json!({ "type": "string", "const": action.name, "description": action.about });
        let all: Vec<Value> = ACTIONS.into_iter().map(one).collect();
        json_schema!({ "oneOf": all })
    }
}

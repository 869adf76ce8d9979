//! What a scenario file says of a phone and its owner, and what is expected of them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use vestibule_core::Ssid;

use super::text::Joins;
use super::{ChannelSwitch, JoinsBy, Name, PrivateDns, Secret, text};
use crate::owner::{Habits, Opens};
use crate::text::{TimeText, time};

/// A phone and its owner.
///
/// ```
/// use vestibule::scenario::PhoneSpec;
/// use vestibule_core::Ssid;
///
/// let hurried = PhoneSpec::in_a_hurry("android-14", Ssid::new(b"Home").unwrap());
/// assert!(hurried.wants.is_some());
/// assert!(PhoneSpec::who_only_looks("ios-17").wants.is_none());
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneSpec {
    /// Which phone: an id of `vestibule phones`.
    #[schemars(with = "text::ModelText")]
    pub model: Spanned<String>,
    /// When its owner joins the device's access point.
    #[serde(default, deserialize_with = "text::joins")]
    #[schemars(with = "text::JoinsText")]
    pub joins: Joins,
    /// How the phone comes onto it, whenever it does: Apple's sheet waits where that is not in the Wi-Fi
    /// settings, until the owner opens them.
    #[serde(default = "by_settings")]
    #[schemars(with = "JoinsBy")]
    pub joins_by: Spanned<JoinsBy>,
    /// Its hardware address: of virtual time and QEMU, as loopback has none.
    #[serde(default)]
    pub hardware_address: HardwareAddress,
    /// The network that the owner wants the device on. Without one the owner only looks.
    #[serde(default)]
    #[schemars(with = "Option<Name>")]
    pub wants: Option<Spanned<Name>>,
    /// What the owner types for that name, in place of choosing it, until the page asks whether another was meant.
    #[serde(default)]
    #[schemars(with = "Option<Name>")]
    pub types_name: Option<Spanned<Name>>,
    /// The passphrases that the owner types, one after another until one works.
    #[serde(default = "the_right_one")]
    pub tries: Vec<Try>,
    /// The passphrases that the owner types where the device's access point asks for one, one after
    /// another until the phone is let on: by default the one on the label.
    #[serde(default = "the_right_one")]
    pub label_tries: Vec<Try>,
    /// What it does when the device's access point moves to another channel.
    #[serde(default)]
    pub channel_switch: ChannelSwitch,
    /// After how long its owner looks for the device again when the phone has lost it or left it.
    #[serde(default = "two_seconds", deserialize_with = "time::deserialize")]
    #[schemars(with = "TimeText")]
    pub returns: Duration,
    /// Whether it has mobile data. Its check and its sheet are bound to the Wi-Fi and do not care
    /// (Android: source code; Apple: decompiled); an ordinary browser goes by mobile data until the
    /// Wi-Fi is taken for one with internet, and so does not reach the device (Android: reports;
    /// Apple: decompiled).
    #[serde(default)]
    pub mobile_data: bool,
    /// Whether a Custom Tab of Chrome takes the place of Android's sheet: a flag that is off by default.
    #[serde(default = "unset")]
    #[schemars(with = "bool")]
    pub custom_tabs: Spanned<bool>,
    /// Android's setting "Private DNS": `off`, `automatic`, or the provider's host name. Check and sheet ask past it;
    /// its ordinary browser finds no name while a provider cannot be reached.
    #[serde(default = "off")]
    #[schemars(with = "PrivateDns")]
    pub private_dns: Spanned<PrivateDns>,
    /// Whether a VPN is always on, and nothing may leave past it: the setting of Android, or a managed iPhone's or
    /// iPad's profile. Without internet it does not come up.
    #[serde(default = "unset")]
    #[schemars(with = "bool")]
    pub vpn: Spanned<bool>,
    /// Whether the system's proxy is set, as on managed phones. Without internet it is not there.
    #[serde(default = "unset")]
    #[schemars(with = "bool")]
    pub proxy: Spanned<bool>,
    /// Whether its browsers run the scripts of pages. Those that do seal the form where the page can.
    #[serde(default = "super::yes")]
    pub scripts: bool,
    /// What its owner types where the page asks for the code on the device's label. Nothing, unless said.
    #[serde(default)]
    pub types_code: Option<Try>,
    /// Whether it has joined an access point of the device's name in place of the device's, which relays everything and
    /// swaps the key that forms are sealed for.
    #[serde(default)]
    pub in_between: bool,
    /// After how long on a network without internet it leaves. Never, unless said: no source gives
    /// a time for any system, so what is said here is chosen.
    #[serde(default, deserialize_with = "time::deserialize_optional")]
    #[schemars(with = "Option<TimeText>")]
    pub leaves_without_internet: Option<Duration>,
    /// A network that it has joined before: it goes there whenever it is off the device's access
    /// point and that network is on the air, until its owner brings it back.
    #[serde(default)]
    #[schemars(with = "Option<Name>")]
    pub knows: Option<Spanned<Name>>,
    /// Where its owner opens the portal.
    #[serde(default)]
    pub opens: Opens,
    /// Whether its owner, once told, opens the device's page from the home network.
    #[serde(default)]
    pub visits: bool,
    /// Whether that is at the device's name, and not at the address that it was told.
    #[serde(default)]
    pub by_name: bool,
    /// How its owner goes about it.
    #[serde(default)]
    pub habits: Haste,
    /// What must come of it for this phone.
    #[serde(default)]
    pub expect: PhoneExpectSpec,
}

impl PhoneSpec {
    /// A phone of this model whose owner wants the device on no network.
    pub fn who_only_looks(model: &str) -> Self {
        Self {
            model: Spanned::new(0..0, model.into()),
            joins: Joins::WhenTold,
            joins_by: by_settings(),
            hardware_address: HardwareAddress::default(),
            wants: None,
            types_name: None,
            tries: Vec::new(),
            label_tries: the_right_one(),
            channel_switch: ChannelSwitch::default(),
            returns: two_seconds(),
            mobile_data: false,
            custom_tabs: unset(),
            private_dns: off(),
            vpn: unset(),
            proxy: unset(),
            scripts: true,
            types_code: None,
            in_between: false,
            leaves_without_internet: None,
            knows: None,
            opens: Opens::default(),
            visits: false,
            by_name: false,
            habits: Haste::Hurried,
            expect: PhoneExpectSpec::default(),
        }
    }

    /// A phone of this model whose owner is in a hurry to get the device onto `wants`, and knows
    /// its passphrase.
    pub fn in_a_hurry(model: &str, wants: Ssid) -> Self {
        Self {
            wants: Some(Spanned::new(0..0, Name(wants))),
            tries: the_right_one(),
            ..Self::who_only_looks(model)
        }
    }
}

/// The hardware address with which a phone joins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HardwareAddress {
    /// The same each time, as private addresses are for one network.
    #[default]
    Stays,
    /// Another one each time.
    Rotates,
}

/// How an owner goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Haste {
    /// Neither hasty nor slow.
    #[default]
    Calm,
    /// Reads at a glance and types at once: for runs in real time.
    Hurried,
    /// Takes minutes.
    Slow,
}

impl Haste {
    /// From joining to opening the Wi-Fi settings, of an owner who waits for a page and whom the label tells to.
    /// Chosen, no source: the one owner who was watched was not told, and took 145 s.
    pub fn opening_settings(self) -> Duration {
        Duration::from_secs(match self {
            Self::Calm => 15,
            Self::Hurried => 2,
            Self::Slow => 120,
        })
    }

    /// The times that it means.
    pub fn habits(self) -> Habits {
        match self {
            Self::Calm => Habits::default(),
            Self::Hurried => Habits::hurried(),
            Self::Slow => Habits::slow(),
        }
    }
}

fn off() -> Spanned<PrivateDns> {
    Spanned::new(0..0, PrivateDns::Off)
}

fn unset() -> Spanned<bool> {
    Spanned::new(0..0, false)
}

fn by_settings() -> Spanned<JoinsBy> {
    Spanned::new(0..0, JoinsBy::Settings)
}

fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

fn the_right_one() -> Vec<Try> {
    vec![Try::Right]
}

/// A passphrase that somebody tries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Try {
    /// The network's own.
    Right,
    /// One that is not the network's, eight characters or more.
    Wrong,
    /// One of seven characters, which cannot be tried.
    TooShort,
    /// The 64 digits that the passphrase is on a WPA2 network, in its place.
    Key,
    /// This, whatever the network's is.
    Text(Secret),
}

impl Try {
    /// Whether it may be what the network is joined with.
    pub(crate) fn may_be_right(&self) -> bool {
        matches!(self, Self::Right | Self::Key | Self::Text(_))
    }
}

/// What must come of it for one phone. What is not said is not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PhoneExpectSpec {
    /// Whether its sign-in sheet has opened.
    pub sheet: Option<bool>,
    /// Whether its owner has learned that the device is set up: its new address, or, where its radio is not
    /// concurrent, that its access point stays away.
    pub told: Option<bool>,
    /// Whether its owner has seen the device's page from the home network. Needs `visits`.
    pub visited: Option<bool>,
    /// Whether a page of the device's has told its owner that the passphrase is wrong.
    pub passphrase_blamed: Option<bool>,
    /// Whether a page of the device's has told its owner that the home network answers with a sign-in page.
    pub sign_in_told: Option<bool>,
    /// Whether its browser has loaded an address with a passphrase in it.
    pub passphrase_in_address: Option<bool>,
    /// Whether its browser has sent a form with a passphrase in it that was not sealed: who listens reads it, unless
    /// the access point encrypts.
    pub passphrase_in_clear: Option<bool>,
    /// Whether who is `in_between` has read a passphrase.
    pub read_in_between: Option<bool>,
    /// Its first conclusion: `portal`, `online`, `no-internet`, ...
    pub first_verdict: Option<String>,
    /// Its last conclusion.
    pub last_verdict: Option<String>,
    /// How many faults it found with what the portal said.
    pub findings: Option<usize>,
    /// Whether the clients on it that want answers have all been answered, each in time and as it
    /// should be. Needs a step with such clients.
    pub served: Option<bool>,
    /// How many bytes each of those answers has at most, its head included.
    pub longest_answer: Option<usize>,
}

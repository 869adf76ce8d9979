//! What an owner or a maker may have switched on or off.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// Behaviour that some phones of a model have and others have not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

//! Deviations of an owner from the setup, each made once: what people do to any page, and what a portal must
//! survive.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that an owner does once, on the first page on which it can be done.
///
/// The *form* is the page that asks for a network and its passphrase; the *answer* is the first
/// page after the form was sent, as long as it does not tell the result; the *result* is the page
/// that names the device's new address, before the owner has read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Deviation {
    /// Closes the sheet over the form, and comes back.
    CloseForm,
    /// Closes the sheet over the answer, and comes back.
    CloseAnswer,
    /// Closes the sheet over the result, and comes back.
    CloseResult,
    /// Loads the form again.
    ReloadForm,
    /// Loads the answer again. Where it is the reply to the form itself and not to a redirect, the
    /// browser sends the form again.
    ReloadAnswer,
    /// Loads the result again.
    ReloadResult,
    /// Taps the form's button twice. The browser gives the first load up for the second, and the
    /// device may have taken the first form by then.
    SubmitTwice,
    /// Goes back from the answer to the form, which the browser still has as it was, corrects a
    /// mistake that was typed, if there was one, and sends it again.
    GoBack,
}

/// The page over which a deviation is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Form,
    Answer,
    Result,
}

impl Deviation {
    /// Every deviation.
    pub const ALL: [Self; 8] = [
        Self::CloseForm,
        Self::CloseAnswer,
        Self::CloseResult,
        Self::ReloadForm,
        Self::ReloadAnswer,
        Self::ReloadResult,
        Self::SubmitTwice,
        Self::GoBack,
    ];

    /// The page over which it is done; none for what is done while the form is being sent.
    pub(super) fn moment(self) -> Option<Moment> {
        match self {
            Self::CloseForm | Self::ReloadForm => Some(Moment::Form),
            Self::CloseAnswer | Self::ReloadAnswer | Self::GoBack => Some(Moment::Answer),
            Self::CloseResult | Self::ReloadResult => Some(Moment::Result),
            Self::SubmitTwice => None,
        }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CloseForm => "closes the page over the form",
            Self::CloseAnswer => "closes the page that came of the form",
            Self::CloseResult => "closes the result before reading it",
            Self::ReloadForm => "loads the form again",
            Self::ReloadAnswer => "loads again what came of the form",
            Self::ReloadResult => "loads the result again",
            Self::SubmitTwice => "taps the form's button twice",
            Self::GoBack => "goes back to the form",
        })
    }
}

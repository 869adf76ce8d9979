//! What the browser of a sign-in page can do and what it cannot, as far as anybody has said.

use super::rule::{Grade, Rule};

/// A feature of a sign-in page's browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Which.
    pub what: &'static str,
    /// Whether it is there.
    pub is_there: bool,
    /// Where that is known from.
    pub rule: &'static Rule,
}

impl Feature {
    pub(super) const fn has(what: &'static str, rule: &'static Rule) -> Self {
        Self { what, is_there: true, rule }
    }

    pub(super) const fn lacks(what: &'static str, rule: &'static Rule) -> Self {
        Self { what, is_there: false, rule }
    }
}

static BROWSER: Rule = Rule {
    id: "browser.whole",
    says: "the page opens in an ordinary browser, which lacks nothing",
    source: "unverified: follows from its being the default browser",
    grade: Grade::E,
};

pub(super) static WHOLE_BROWSER: &[Feature] = &[
    Feature::has("JavaScript", &BROWSER),
    Feature::has("file upload", &BROWSER),
    Feature::has("WebSocket", &BROWSER),
    Feature::has("pop-ups and dialogs", &BROWSER),
];
pub(super) static NO_BROWSER: &[Feature] = &[];

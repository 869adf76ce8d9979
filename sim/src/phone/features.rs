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

pub(super) static HTTPS_FIRST: Rule = Rule {
    id: "browser.https-first",
    says: "Chrome from 115 on tries HTTPS before HTTP wherever a name can have a certificate: not at an address, a name \
           of one word or one under no public suffix, and not in a sign-in page. A failure falls back at once, silence \
           after 3 s; that host is then asked over HTTP for a week",
    source: "Chromium, chrome/browser/ssl/https_upgrades_interceptor.cc and https_upgrades_navigation_throttle.cc",
    grade: Grade::A,
};

/// What a page's browser has that shows a page over HTTPS whatever the certificate.
pub(super) const ANY_CERTIFICATE: &str = "HTTPS whatever the certificate";

pub(super) static WHOLE_BROWSER: &[Feature] = &[
    Feature::has("JavaScript", &BROWSER),
    Feature::has("file upload", &BROWSER),
    Feature::has("WebSocket", &BROWSER),
    Feature::has("pop-ups and dialogs", &BROWSER),
];
pub(super) static NO_BROWSER: &[Feature] = &[];

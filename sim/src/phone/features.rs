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

const LOGIN: &str = "LineageOS CaptivePortalLogin lineage-18.1, CaptivePortalLoginActivity.java";

static ANDROID_HAS: Rule = Rule {
    id: "android.browser.has",
    says: "the sheet's WebView has JavaScript, DOM storage, third-party cookies and mixed content switched on",
    source: LOGIN,
    grade: Grade::A,
};
static ANDROID_NO_UPLOAD: Rule = Rule {
    id: "android.browser.no-upload",
    says: "the sheet has no file chooser: an input of type file is dead",
    source: LOGIN,
    grade: Grade::A,
};
static ANDROID_CACHE: Rule = Rule {
    id: "android.browser.cache",
    says: "the sheet's cache is cleared before it opens",
    source: LOGIN,
    grade: Grade::A,
};
static APPLE_NO_UPLOAD: Rule = Rule {
    id: "apple.browser.no-upload",
    says: "the sheet uploads no files and opens no WebSocket",
    source: "luc-github/ESP3D-WEBUI#52, packetfence#7874, ElegantOTA#94",
    grade: Grade::D,
};
static APPLE_STORAGE: Rule = Rule {
    id: "apple.browser.storage",
    says: "what a page stores is lost with the sheet, and links to other sites are blocked",
    source: "luc-github/ESP3D-WEBUI#52, packetfence#7874, ElegantOTA#94",
    grade: Grade::D,
};
static APPLE_JAVASCRIPT: Rule = Rule {
    id: "apple.browser.javascript",
    says: "JavaScript and cookies work in the sheet; the one report that they do not contradicts ordinary portals",
    source: "unverified: CDFER/Captive-Portal-ESP32 says otherwise",
    grade: Grade::E,
};
static MACOS_DIALOGS: Rule = Rule {
    id: "macos.browser.dialogs",
    says: "alert() and confirm() are dead in the sheet of macOS, a window of 900 by 572",
    source: "wireless-broadband-alliance/captive-behavior, macos.md",
    grade: Grade::D,
};
static BROWSER: Rule = Rule {
    id: "browser.whole",
    says: "the page opens in an ordinary browser, which lacks nothing",
    source: "unverified: follows from its being the default browser",
    grade: Grade::E,
};

const fn has(what: &'static str, rule: &'static Rule) -> Feature {
    Feature { what, is_there: true, rule }
}

const fn lacks(what: &'static str, rule: &'static Rule) -> Feature {
    Feature { what, is_there: false, rule }
}

pub(super) static ANDROID: &[Feature] = &[
    has("JavaScript", &ANDROID_HAS),
    has("DOM storage", &ANDROID_HAS),
    has("third-party cookies", &ANDROID_HAS),
    has("mixed content", &ANDROID_HAS),
    lacks("file upload", &ANDROID_NO_UPLOAD),
    lacks("pages cached before", &ANDROID_CACHE),
];
pub(super) static APPLE: &[Feature] = &[
    has("JavaScript", &APPLE_JAVASCRIPT),
    has("cookies", &APPLE_JAVASCRIPT),
    lacks("file upload", &APPLE_NO_UPLOAD),
    lacks("WebSocket", &APPLE_NO_UPLOAD),
    lacks("lasting storage", &APPLE_STORAGE),
    lacks("links to other sites", &APPLE_STORAGE),
];
pub(super) static MACOS: &[Feature] = &[
    has("JavaScript", &APPLE_JAVASCRIPT),
    has("cookies", &APPLE_JAVASCRIPT),
    lacks("file upload", &APPLE_NO_UPLOAD),
    lacks("WebSocket", &APPLE_NO_UPLOAD),
    lacks("lasting storage", &APPLE_STORAGE),
    lacks("links to other sites", &APPLE_STORAGE),
    lacks("alert() and confirm()", &MACOS_DIALOGS),
];
pub(super) static WHOLE_BROWSER: &[Feature] = &[
    has("JavaScript", &BROWSER),
    has("file upload", &BROWSER),
    has("WebSocket", &BROWSER),
    has("pop-ups and dialogs", &BROWSER),
];
pub(super) static NO_BROWSER: &[Feature] = &[];

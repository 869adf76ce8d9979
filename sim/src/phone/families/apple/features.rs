//! What the browsers of Apple's sheets can do and what they cannot.

use crate::phone::features::Feature;
use crate::phone::rule::{Grade, Rule};

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
pub(super) static SHEET: &[Feature] = &[
    Feature::has("JavaScript", &APPLE_JAVASCRIPT),
    Feature::has("cookies", &APPLE_JAVASCRIPT),
    Feature::lacks("file upload", &APPLE_NO_UPLOAD),
    Feature::lacks("WebSocket", &APPLE_NO_UPLOAD),
    Feature::lacks("lasting storage", &APPLE_STORAGE),
    Feature::lacks("links to other sites", &APPLE_STORAGE),
];
pub(super) static MACOS_SHEET: &[Feature] = &[
    Feature::has("JavaScript", &APPLE_JAVASCRIPT),
    Feature::has("cookies", &APPLE_JAVASCRIPT),
    Feature::lacks("file upload", &APPLE_NO_UPLOAD),
    Feature::lacks("WebSocket", &APPLE_NO_UPLOAD),
    Feature::lacks("lasting storage", &APPLE_STORAGE),
    Feature::lacks("links to other sites", &APPLE_STORAGE),
    Feature::lacks("alert() and confirm()", &MACOS_DIALOGS),
];

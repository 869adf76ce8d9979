//! What the browser of Android's sheet can do and what it cannot.

use crate::phone::features::Feature;
use crate::phone::rule::{Grade, Rule};

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
pub(super) static SHEET: &[Feature] = &[
    Feature::has("JavaScript", &ANDROID_HAS),
    Feature::has("DOM storage", &ANDROID_HAS),
    Feature::has("third-party cookies", &ANDROID_HAS),
    Feature::has("mixed content", &ANDROID_HAS),
    Feature::lacks("file upload", &ANDROID_NO_UPLOAD),
    Feature::lacks("pages cached before", &ANDROID_CACHE),
];

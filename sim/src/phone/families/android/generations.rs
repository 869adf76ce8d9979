//! AOSP's Android, version by version. A generation of Android is added here: a [`Generation`] that says
//! what differs from the version before it, and a line in [`MODELS`].

use super::generation::{Generation, PrivateAddress};
use super::request::{self, CHROME_52, CHROME_60, RequestShape};
use super::{features, rules, transitions};
use crate::phone::judge::android::Release;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::Rule;

const GSTATIC: &str = "http://connectivitycheck.gstatic.com/generate_204";
const GSTATIC_SECURE: &str = "https://connectivitycheck.gstatic.com/generate_204";
const GOOGLE_SECURE: &str = "https://www.google.com/generate_204";
pub(super) const FALLBACKS: &[&str] =
    &["http://www.google.com/gen_204", "http://play.googleapis.com/generate_204"];

macro_rules! webview {
    ($version:literal) => {
        concat!(
            "Mozilla/5.0 (Linux; Android ",
            $version,
            "; Pixel; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/60.0.3112.32 Mobile \
             Safari/537.36"
        )
    };
}
pub(super) use webview;

/// The device is that of a recording.
macro_rules! dalvik {
    ($version:literal) => {
        concat!("Dalvik/2.1.0 (Linux; U; Android ", $version, "; Nexus 7 Build/MOB30X)")
    };
}

const FROM_11: &[&[&Rule]] = &[
    rules::FROM_10,
    rules::FROM_9,
    rules::FROM_8,
    rules::FROM_7_1,
    rules::WITH_HTTPS,
    rules::COMMON,
    rules::FROM_11,
];
/// Of 10 itself.
pub(super) const OF_10: &[&[&Rule]] = &[
    rules::FROM_10,
    rules::FROM_9,
    rules::FROM_8,
    rules::FROM_7_1,
    rules::WITH_HTTPS,
    rules::COMMON,
    rules::UP_TO_10,
];
const BEFORE_10: &[&[&Rule]] = &[
    rules::BEFORE_10,
    rules::FROM_8,
    rules::FROM_7_1,
    rules::WITH_HTTPS,
    rules::HTTPS_DECIDES,
    rules::COMMON,
    rules::UP_TO_10,
];

/// From 11 on.
pub(super) const fn modern(major: u8, browser: &'static str) -> Generation {
    Generation {
        release: Release::new(major, 0),
        http: GSTATIC,
        https: Some(GOOGLE_SECURE),
        fallbacks: FALLBACKS,
        shape: RequestShape::Closing,
        agent: CHROME_60,
        http_client: &request::PROBE_CLIENT,
        further_client: &request::HTTP_CLIENT,
        looks_up_first: false,
        fallback_counts: false,
        private_address: PrivateAddress::ByOption,
        asks_api: true,
        behaviour: transitions::from_11(browser),
        facts: FROM_11,
        own_facts: &[],
    }
}

const fn before_10(major: u8, minor: u8, browser: &'static str) -> Generation {
    Generation {
        release: Release::new(major, minor),
        shape: RequestShape::KeepingAlive,
        private_address: PrivateAddress::Ignored,
        asks_api: false,
        behaviour: transitions::from_7_to_10(browser),
        facts: BEFORE_10,
        ..modern(major, browser)
    }
}

const fn before_7(major: u8, agent: &'static str, browser: &'static str) -> Generation {
    Generation {
        http: GSTATIC,
        https: None,
        fallbacks: &[],
        agent,
        http_client: &request::HTTP_CLIENT_BEFORE_8,
        further_client: &request::HTTP_CLIENT_BEFORE_8,
        behaviour: transitions::of_6(browser),
        ..before_10(major, 0, browser)
    }
}

static V5: Generation = Generation {
    http: "http://clients3.google.com/generate_204",
    http_client: &request::HTTP_CLIENT_OF_5,
    further_client: &request::HTTP_CLIENT_OF_5,
    behaviour: transitions::of_5(webview!("5.1.1")),
    facts: &[
        rules::BEFORE_8,
        rules::BEFORE_10,
        rules::COMMON,
        rules::UP_TO_10,
        &[&rules::AGENT_7_0, &rules::HOST_5, &rules::HTTP_ONLY_BEFORE_7, &rules::ENGINE_5],
    ],
    ..before_7(5, dalvik!("5.1.1"), webview!("5.1.1"))
};
static V6: Generation = Generation {
    facts: &[
        rules::BEFORE_8,
        rules::BEFORE_10,
        rules::COMMON,
        rules::UP_TO_10,
        &[&rules::AGENT_7_0, &rules::HOST_6, &rules::HTTP_ONLY_BEFORE_7, &rules::ENGINE],
    ],
    ..WATCHED_6
};
/// What Samsung's watchdog runs beside.
pub(super) const WATCHED_6: Generation = before_7(6, dalvik!("6.0.1"), webview!("6.0.1"));
static V7_0: Generation = Generation {
    https: Some(GSTATIC_SECURE),
    fallbacks: &[],
    agent: dalvik!("7.0"),
    http_client: &request::HTTP_CLIENT_BEFORE_8,
    further_client: &request::HTTP_CLIENT_BEFORE_8,
    looks_up_first: true,
    facts: &[
        rules::BEFORE_8,
        rules::BEFORE_10,
        rules::WITH_HTTPS,
        rules::HTTPS_DECIDES,
        rules::COMMON,
        rules::UP_TO_10,
        &[&rules::AGENT_7_0, &rules::BOTH_7_0, &rules::LOOKUP_7, &rules::ENGINE],
    ],
    ..before_10(7, 0, webview!("7.0"))
};
static V7_1: Generation = Generation {
    agent: CHROME_52,
    http_client: &request::HTTP_CLIENT_BEFORE_8,
    further_client: &request::HTTP_CLIENT_BEFORE_8,
    looks_up_first: true,
    facts: &[
        rules::BEFORE_8,
        rules::BEFORE_10,
        rules::FROM_7_1,
        rules::WITH_HTTPS,
        rules::HTTPS_DECIDES,
        rules::COMMON,
        rules::UP_TO_10,
        &[&rules::AGENT_7_1, &rules::FALLBACK_7_1, &rules::LOOKUP_7, &rules::ENGINE],
    ],
    ..before_10(7, 1, webview!("7.1.1"))
};
static V7_1_2: Generation = Generation {
    release: Release::patched(7, 1, 2),
    own_facts: &[&rules::LIKE_8, &rules::LIKE_8_EVERYWHERE],
    ..before_10(7, 1, webview!("7.1.2"))
};
static V8: Generation = before_10(8, 0, webview!("8"));
static V9: Generation = Generation { own_facts: rules::FROM_9, ..before_10(9, 0, webview!("9")) };
static V10: Generation = Generation {
    behaviour: transitions::from_7_to_10(webview!("10")),
    private_address: PrivateAddress::Ignored,
    asks_api: false,
    fallback_counts: true,
    facts: OF_10,
    own_facts: &[&rules::FALLBACK_PARTIAL],
    ..modern(10, "")
};
static V11: Generation = Generation {
    fallback_counts: true,
    own_facts: &[&rules::FALLBACK_PARTIAL],
    ..modern(11, webview!("11"))
};
// With the system module of April 2021.
static V10_2021: Generation = Generation { fallback_counts: false, own_facts: &[&rules::MODULE_2021], ..V10 };
static V11_2021: Generation = Generation { fallback_counts: false, own_facts: &[&rules::MODULE_2021], ..V11 };
static V12: Generation = modern(12, webview!("12"));
static V13: Generation = modern(13, webview!("13"));
static V14: Generation = modern(14, webview!("14"));
static V15: Generation = modern(15, webview!("15"));
// Their sources end in March 2025.
static V16: Generation = Generation { own_facts: &[&rules::CARRIED_OVER], ..modern(16, webview!("16")) };
static V17: Generation = Generation { own_facts: &[&rules::CARRIED_OVER], ..modern(17, webview!("17")) };

pub(super) const fn model(
    id: &'static str,
    name: &'static str,
    versions: &'static str,
    generation: &'static Generation,
) -> Model {
    Model {
        id,
        name,
        versions,
        family: Family::Android,
        system: generation,
        presents: Presents::SheetOnTap,
        need: None,
        features: features::SHEET,
    }
}

pub(super) static MODELS: [Model; 17] = [
    model("android-5", "Android 5", "5.0 and 5.1", &V5),
    model("android-6", "Android 6", "6.0", &V6),
    model("android-7.0", "Android 7.0", "7.0", &V7_0),
    model("android-7.1", "Android 7.1", "7.1.0 and 7.1.1", &V7_1),
    model("android-7.1.2", "Android 7.1.2", "7.1.2", &V7_1_2),
    model("android-8", "Android 8", "8.0 and 8.1", &V8),
    model("android-9", "Android 9", "9", &V9),
    model("android-10", "Android 10", "10 as released", &V10),
    model("android-10-2021", "Android 10, updated", "10 since April 2021", &V10_2021),
    model("android-11", "Android 11", "11 as released", &V11),
    model("android-11-2021", "Android 11, updated", "11 since April 2021", &V11_2021),
    model("android-12", "Android 12", "12 and 12L", &V12),
    model("android-13", "Android 13", "13", &V13),
    model("android-14", "Android 14", "14", &V14),
    model("android-15", "Android 15", "15", &V15),
    model("android-16", "Android 16", "16", &V16),
    model("android-17", "Android 17", "17", &V17),
];

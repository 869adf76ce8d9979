//! Samsung: the watchdog of Android 5 and 6, and later phones. What either makes of a private address is disputed
//! (`disputes`), so both readings are models.

use super::generation::{Generation, PrivateAddress};
use super::generations::{self, WATCHED_6, modern, webview};
use super::request::WATCHDOG_HTTP_CLIENT;
use super::{rules, transitions};
use crate::phone::judge::android::{PRIVATE_ADDRESS_WATCHDOG, Release};
use crate::phone::model::{Model, Need};
use crate::phone::rule::Rule;

static WATCHDOG_FACTS: &[&Rule] = &[
    &rules::WATCHDOG_HOST,
    &rules::WATCHDOG_REQUEST,
    &rules::WATCHDOG_STATUS,
    &rules::WATCHDOG_SCREEN,
    &rules::HTTP_ONLY_BEFORE_7,
];

const WATCHDOG: Generation = Generation {
    release: Release::new(6, 0),
    http: "http://connectivitycheck.android.com/generate_204",
    agent: "Dalvik/2.1.0 (Linux; U; Android 6.0.1; SM-N910F Build/MMB29M)",
    http_client: &WATCHDOG_HTTP_CLIENT,
    further_client: &WATCHDOG_HTTP_CLIENT,
    behaviour: transitions::watchdog(webview!("6.0.1")),
    ..WATCHED_6
};
static GOES_ON: Generation = Generation {
    facts: &[rules::COMMON, rules::UP_TO_10, WATCHDOG_FACTS, &[&rules::WATCHDOG_PRIVATE_GOES_ON]],
    ..WATCHDOG
};
static FAILS: Generation = Generation {
    facts: &[rules::COMMON, rules::UP_TO_10, WATCHDOG_FACTS],
    private_address: PrivateAddress::NoInternet,
    ..WATCHDOG
};
static MODERN: Generation = Generation {
    private_address: PrivateAddress::Ignored,
    own_facts: &[&rules::PRIVATE_OFF],
    ..modern(14, webview!("14"))
};
static MODERN_PRIVATE: Generation = Generation {
    private_address: PrivateAddress::NoInternet,
    own_facts: &[&rules::PRIVATE_SAMSUNG],
    ..MODERN
};
static ONE_UI_8: Generation = Generation {
    private_address: PrivateAddress::Ignored,
    own_facts: &[&rules::CARRIED_OVER, &rules::ONE_UI_8],
    ..modern(16, webview!("16"))
};
static ONE_UI_8_PRIVATE: Generation = Generation {
    private_address: PrivateAddress::NoInternet,
    own_facts: &[&rules::CARRIED_OVER, &rules::PRIVATE_ONE_UI_8],
    ..ONE_UI_8
};

const fn needs_public(rule: &'static Rule) -> Need {
    Need { what: "a portal on a public address", otherwise: "no-internet", rule }
}
static WATCHDOG_NEEDS_PUBLIC: Need = needs_public(&PRIVATE_ADDRESS_WATCHDOG);
static MODERN_NEEDS_PUBLIC: Need = needs_public(&rules::PRIVATE_SAMSUNG);
static ONE_UI_8_NEEDS_PUBLIC: Need = needs_public(&rules::PRIVATE_ONE_UI_8);

const fn model(
    id: &'static str,
    name: &'static str,
    versions: &'static str,
    generation: &'static Generation,
    need: Option<&'static Need>,
) -> Model {
    Model { need, ..generations::model(id, name, versions, generation) }
}

pub(super) static MODELS: [Model; 6] = [
    model("samsung-6", "Samsung watchdog", "Note 4 era", &GOES_ON, None),
    model(
        "samsung-6-private",
        "Samsung watchdog, strict",
        "Note 4 era",
        &FAILS,
        Some(&WATCHDOG_NEEDS_PUBLIC),
    ),
    model("samsung-14", "Samsung", "11 to 15", &MODERN, None),
    model(
        "samsung-14-private",
        "Samsung, private rule",
        "11 to 15",
        &MODERN_PRIVATE,
        Some(&MODERN_NEEDS_PUBLIC),
    ),
    model("samsung-16", "Samsung One UI 8", "16", &ONE_UI_8, None),
    model(
        "samsung-16-private",
        "Samsung One UI 8, private rule",
        "16",
        &ONE_UI_8_PRIVATE,
        Some(&ONE_UI_8_NEEDS_PUBLIC),
    ),
];

//! Samsung: the watchdog of Android 5 and 6, and the private-address rule of later years. What the
//! watchdog makes of a private address was not read, so both readings are models.

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
    private_address: PrivateAddress::NoInternet,
    own_facts: &[&rules::PRIVATE_SAMSUNG],
    ..modern(14, webview!("14"))
};

static ONE_UI_8: Generation = Generation {
    private_address: PrivateAddress::Ignored,
    own_facts: &[&rules::CARRIED_OVER, &rules::ONE_UI_8],
    ..modern(16, webview!("16"))
};

static NEEDS_PUBLIC: Need =
    Need { what: "a portal on a public address", otherwise: "no-internet", rule: &rules::PRIVATE_SAMSUNG };
static WATCHDOG_NEEDS_PUBLIC: Need =
    Need { what: "a portal on a public address", otherwise: "no-internet", rule: &PRIVATE_ADDRESS_WATCHDOG };

const fn model(
    id: &'static str,
    name: &'static str,
    versions: &'static str,
    generation: &'static Generation,
    need: Option<&'static Need>,
) -> Model {
    Model { need, ..generations::model(id, name, versions, generation) }
}

pub(super) static MODELS: [Model; 4] = [
    model("samsung-6", "Samsung watchdog", "Note 4 era", &GOES_ON, None),
    model(
        "samsung-6-private",
        "Samsung watchdog, strict",
        "Note 4 era",
        &FAILS,
        Some(&WATCHDOG_NEEDS_PUBLIC),
    ),
    model("samsung-14", "Samsung, private rule", "recent", &MODERN, Some(&NEEDS_PUBLIC)),
    model("samsung-16", "Samsung One UI 8", "16", &ONE_UI_8, None),
];

//! Makers of Androids of their own. Of those that ask hosts of their own, only the hosts are known.

use super::generation::{Generation, PrivateAddress};
use super::generations::{self, FALLBACKS, OF_10, modern, webview};
use super::{rules, transitions};
use crate::phone::model::Model;
use crate::phone::rule::Rule;

const FACTS: &[&Rule] = &[&rules::MAKER_HOSTS, &rules::MAKER_REST];

const fn maker(http: &'static str, https: Option<&'static str>) -> Generation {
    Generation {
        http,
        https,
        private_address: PrivateAddress::Ignored,
        own_facts: FACTS,
        ..modern(12, webview!("12"))
    }
}

static XIAOMI: Generation =
    maker("http://connect.rom.miui.com/generate_204", Some("https://connect.rom.miui.com/generate_204"));
static HUAWEI: Generation = maker(
    "http://connectivitycheck.platform.hicloud.com/generate_204",
    Some("https://connectivitycheck.platform.hicloud.com/generate_204"),
);
static HONOR: Generation = maker(
    "http://connectivitycheck.platform.hihonorcloud.com/generate_204",
    Some("https://connectivitycheck.platform.hihonorcloud.com/generate_204"),
);
static ALLAWNOS: Generation = Generation {
    facts: OF_10,
    own_facts: &[&rules::MAKER_HOST_OPPO, &rules::MAKER_REST_10],
    behaviour: transitions::from_7_to_10(webview!("10")),
    asks_api: false,
    fallbacks: FALLBACKS,
    ..old("http://conn-service-eu-04.allawnos.com/generate204")
};
static FIRE_OS: Generation = Generation {
    own_facts: &[&rules::FIRE_OS_HOST, &rules::MAKER_REST],
    ..maker("http://fireoscaptiveportal.com/generate_204", Some("https://www.google.com/generate_204"))
};

static GRAPHENEOS: Generation = Generation {
    own_facts: &[&rules::GRAPHENEOS_HOSTS, &rules::GRAPHENEOS_REST],
    http: "http://connectivitycheck.grapheneos.network/generate_204",
    https: Some("https://connectivitycheck.grapheneos.network/generate_204"),
    fallbacks: &["http://grapheneos.online/generate_204"],
    ..modern(16, webview!("16"))
};
static LINEAGEOS: Generation =
    Generation { own_facts: &[&rules::LINEAGEOS_REST], ..modern(15, webview!("15")) };

const OWN_HOST_FACTS: &[&Rule] = &[&rules::OWN_HOST];

static OWN_HOST: Generation = Generation {
    own_facts: OWN_HOST_FACTS,
    http: "http://check.example/generate_204",
    https: Some("https://check.example/generate_204"),
    ..modern(15, webview!("15"))
};

/// An Android whose owner or maker has its check ask this URL, of http. It lives as long as the program, like the others.
pub(super) fn own_host(host: &str, http: &str) -> &'static Model {
    let kept = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let generation = Generation {
        own_facts: OWN_HOST_FACTS,
        http: kept(http.to_owned()),
        https: Some(kept(http.replacen("http:", "https:", 1))),
        ..modern(15, webview!("15"))
    };
    let id = kept(format!("android@{host}"));
    Box::leak(Box::new(model(id, kept(format!("Android that asks {host}")), Box::leak(Box::new(generation)))))
}

/// As Android 10.
const fn old(http: &'static str) -> Generation {
    Generation { http, private_address: PrivateAddress::Ignored, ..modern(10, "") }
}

const fn model(id: &'static str, name: &'static str, generation: &'static Generation) -> Model {
    generations::model(id, name, "not known", generation)
}

pub(super) static MODELS: [Model; 8] = [
    model("xiaomi", "Xiaomi MIUI, HyperOS", &XIAOMI),
    model("huawei", "Huawei EMUI, HarmonyOS", &HUAWEI),
    model("honor", "Honor MagicOS", &HONOR),
    model("allawnos", "maker behind allawnos.com", &ALLAWNOS),
    model("fire-os", "Amazon Fire OS", &FIRE_OS),
    model("grapheneos", "GrapheneOS", &GRAPHENEOS),
    model("lineageos", "LineageOS", &LINEAGEOS),
    model("android-own-host", "Android, a host of its owner's", &OWN_HOST),
];

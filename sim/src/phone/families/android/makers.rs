//! Makers of Androids of their own. Of those that ask hosts of their own, only the hosts are known.

use super::generation::{Generation, PrivateAddress};
use super::generations::{FALLBACKS, modern, webview};
use super::{features, rules, transitions};
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::Rule;

const FACTS: &[&[&Rule]] = &[
    rules::FROM_10,
    rules::FROM_8,
    rules::FROM_7_1,
    rules::WITH_HTTPS,
    rules::COMMON,
    rules::FROM_11,
    &[&rules::MAKER_HOSTS, &rules::MAKER_REST],
];

const fn maker(http: &'static str, https: Option<&'static str>) -> Generation {
    Generation {
        http,
        https,
        private_address: PrivateAddress::Ignored,
        facts: FACTS,
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
    facts: &[
        rules::FROM_10,
        rules::FROM_8,
        rules::FROM_7_1,
        rules::WITH_HTTPS,
        rules::COMMON,
        rules::UP_TO_10,
        &[&rules::MAKER_HOST_OPPO, &rules::MAKER_REST_10],
    ],
    behaviour: transitions::from_7_to_10(webview!("10")),
    asks_api: false,
    fallbacks: FALLBACKS,
    ..old("http://conn-service-eu-04.allawnos.com/generate204")
};
static FIRE_OS: Generation = Generation {
    facts: &[
        rules::FROM_10,
        rules::FROM_8,
        rules::FROM_7_1,
        rules::WITH_HTTPS,
        rules::COMMON,
        rules::FROM_11,
        &[&rules::FIRE_OS_HOST, &rules::MAKER_REST],
    ],
    ..maker("http://fireoscaptiveportal.com/generate_204", Some("https://www.google.com/generate_204"))
};

static GRAPHENEOS: Generation = Generation {
    facts: &[
        rules::FROM_10,
        rules::FROM_8,
        rules::FROM_7_1,
        rules::WITH_HTTPS,
        rules::COMMON,
        rules::FROM_11,
        &[&rules::GRAPHENEOS_HOSTS, &rules::GRAPHENEOS_REST],
    ],
    http: "http://connectivitycheck.grapheneos.network/generate_204",
    https: Some("https://connectivitycheck.grapheneos.network/generate_204"),
    fallbacks: &["http://grapheneos.online/generate_204"],
    ..modern(16, webview!("16"))
};
static LINEAGEOS: Generation = Generation {
    facts: &[
        rules::FROM_10,
        rules::FROM_8,
        rules::FROM_7_1,
        rules::WITH_HTTPS,
        rules::COMMON,
        rules::FROM_11,
        &[&rules::LINEAGEOS_REST],
    ],
    ..modern(15, webview!("15"))
};

/// As Android 10.
const fn old(http: &'static str) -> Generation {
    Generation { http, private_address: PrivateAddress::Ignored, ..modern(10, "") }
}

const fn model(id: &'static str, name: &'static str, generation: &'static Generation) -> Model {
    Model {
        id,
        name,
        versions: "not known",
        family: Family::Android,
        system: generation,
        presents: Presents::SheetOnTap,
        need: None,
        features: features::SHEET,
    }
}

pub(super) static MODELS: [Model; 7] = [
    model("xiaomi", "Xiaomi MIUI, HyperOS", &XIAOMI),
    model("huawei", "Huawei EMUI, HarmonyOS", &HUAWEI),
    model("honor", "Honor MagicOS", &HONOR),
    model("allawnos", "maker behind allawnos.com", &ALLAWNOS),
    model("fire-os", "Amazon Fire OS", &FIRE_OS),
    model("grapheneos", "GrapheneOS", &GRAPHENEOS),
    model("lineageos", "LineageOS", &LINEAGEOS),
];

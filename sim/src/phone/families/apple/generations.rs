//! Apple's systems, version by version. A generation of iOS, iPadOS or macOS is added here: a [`Generation`]
//! and a line in [`MODELS`].

use super::generation::{Generation, Probes, RequestShape, SheetPage};
use super::{features, rules, transitions};
use crate::phone::features::Feature;
use crate::phone::model::{Family, Model, Need, Presents};
use crate::phone::rule::Rule;

const HOTSPOT_DETECT: &str = "http://captive.apple.com/hotspot-detect.html";
const SUCCESS: &str = "http://www.apple.com/library/test/success.html";
const POOL: &[&str] = &[
    "http://www.appleiphonecell.com/",
    "http://www.airport.us/",
    "http://www.ibook.info/",
    "http://www.itools.info/",
    "http://www.thinkdifferent.us/",
];

macro_rules! iphone {
    ($system:literal) => {
        concat!(
            "Mozilla/5.0 (iPhone; CPU iPhone OS ",
            $system,
            " like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
        )
    };
}

macro_rules! wispr {
    ($version:literal) => {
        concat!("CaptiveNetworkSupport-", $version, " wispr")
    };
}

const MACINTOSH: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";

const LOADS_REDIRECT: SheetPage = SheetPage::Redirect(&rules::SHEET_REDIRECT_URL);
const LOADS_REDIRECT_PERHAPS: SheetPage = SheetPage::Redirect(&rules::SHEET_URL_UNVERIFIED);

/// A generation that asks captive.apple.com and knows the captive portal API.
const fn modern(
    agent: &'static str,
    browser: &'static str,
    sheet: SheetPage,
    facts: &'static [&'static [&'static Rule]],
) -> Generation {
    Generation {
        probes: Probes::Always(HOTSPOT_DETECT),
        agent,
        shape: RequestShape::AgentLast,
        service_question: false,
        sheet,
        asks_api: true,
        minds_port_443: false,
        behaviour: transitions::behaviour(browser),
        facts,
    }
}

static IOS_4: Generation = Generation {
    probes: Probes::Always(SUCCESS),
    shape: RequestShape::ConnectionLast,
    asks_api: false,
    ..modern(
        "CaptiveNetworkSupport/1.0 wispr",
        iphone!("4_0"),
        SheetPage::Probe(&rules::SHEET_4),
        &[rules::COMMON, &[&rules::AGENT_IOS_4, &rules::LOGIC_BEFORE_18]],
    )
};
static IOS_7: Generation = Generation {
    probes: Probes::RandomPath(POOL),
    asks_api: false,
    ..modern(
        wispr!("346.50.1"),
        iphone!("7_0"),
        SheetPage::Probe(&rules::SHEET_4),
        &[rules::COMMON, &[&rules::RANDOM_PATH, &rules::AGENT_IOS_7, &rules::LOGIC_BEFORE_18]],
    )
};
static IOS_10: Generation = Generation {
    probes: Probes::Then(HOTSPOT_DETECT, SUCCESS),
    asks_api: false,
    ..modern(
        wispr!("346.50.1"),
        "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3_1 like Mac OS X) AppleWebKit/603.1.30 (KHTML, like Gecko) \
         Mobile/14E304",
        SheetPage::Fixed("http://www.apple.com/", &rules::SHEET_10),
        &[rules::COMMON, &[&rules::AGENT_IOS_10, &rules::LOGIC_BEFORE_18]],
    )
};
static IOS_13: Generation = Generation {
    asks_api: false,
    ..modern(
        wispr!("390.60.1"),
        iphone!("13_0"),
        SheetPage::Probe(&rules::SHEET_13),
        &[rules::COMMON, &[&rules::AGENT_2020, &rules::LOGIC_BEFORE_18]],
    )
};
static IOS_14: Generation = modern(
    wispr!("407.40.1"),
    iphone!("14_0"),
    SheetPage::Probe(&rules::SHEET_PROBE_URL),
    &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_IOS_14, &rules::LOGIC_BEFORE_18]],
);
static IOS_15: Generation = modern(
    wispr!("428.120.3"),
    iphone!("15_0"),
    LOADS_REDIRECT_PERHAPS,
    &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_UNVERIFIED, &rules::LOGIC_BEFORE_18]],
);
static IOS_16: Generation = modern(
    wispr!("443.120.3"),
    iphone!("16_0"),
    LOADS_REDIRECT_PERHAPS,
    &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_UNVERIFIED, &rules::LOGIC_BEFORE_18]],
);
static IOS_17: Generation = Generation {
    service_question: true,
    ..modern(
        wispr!("461.80.2"),
        iphone!("17_0"),
        LOADS_REDIRECT_PERHAPS,
        &[
            rules::COMMON,
            rules::WITH_API,
            &[&rules::AGENT_UNVERIFIED, &rules::SERVICE_QUESTION, &rules::LOGIC_BEFORE_18],
        ],
    )
};
const FROM_18: &[&[&Rule]] =
    &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_IOS_18, &rules::SERVICE_QUESTION]];
static IOS_18: Generation = Generation {
    service_question: true,
    ..modern(wispr!("480.60.4"), iphone!("18_3"), LOADS_REDIRECT, FROM_18)
};
static IOS_18_4: Generation = Generation {
    service_question: true,
    ..modern(wispr!("491.100.3"), iphone!("18_4"), LOADS_REDIRECT, FROM_18)
};
const FACTS_26: &[&[&Rule]] =
    &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_IOS_26, &rules::SERVICE_QUESTION, &rules::LOGIC_26]];
const IOS_26_PLAIN: Generation = Generation {
    service_question: true,
    ..modern(wispr!("514.120.2"), iphone!("26_0"), LOADS_REDIRECT, FACTS_26)
};
static IOS_26: Generation = IOS_26_PLAIN;
static IOS_26_443: Generation = Generation {
    minds_port_443: true,
    facts: &[
        rules::MINDS_443,
        rules::WITH_API,
        &[&rules::AGENT_IOS_26, &rules::SERVICE_QUESTION, &rules::LOGIC_26],
    ],
    ..IOS_26_PLAIN
};
static IOS_26_6: Generation = Generation {
    agent: wispr!("514.160.1.0.1"),
    behaviour: transitions::behaviour(iphone!("26_6")),
    facts: &[
        rules::COMMON,
        rules::WITH_API,
        &[&rules::AGENT_IOS_26_6, &rules::SERVICE_QUESTION, &rules::LOGIC_26],
    ],
    ..IOS_26_PLAIN
};
const FACTS_27: &[&[&Rule]] =
    &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_27, &rules::SERVICE_QUESTION, &rules::LOGIC_27]];
const IOS_27_PLAIN: Generation =
    Generation { service_question: true, ..modern(wispr!("539"), iphone!("27_0"), LOADS_REDIRECT, FACTS_27) };
static IOS_27: Generation = IOS_27_PLAIN;
static IPADOS_18: Generation = Generation {
    service_question: true,
    ..modern(
        wispr!("480.60.4"),
        iphone!("18_3"),
        LOADS_REDIRECT,
        &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_IOS_18, &rules::SERVICE_QUESTION, &rules::IPADOS]],
    )
};
static IPADOS_26: Generation = Generation {
    facts: &[
        rules::COMMON,
        rules::WITH_API,
        &[&rules::AGENT_IOS_26, &rules::SERVICE_QUESTION, &rules::LOGIC_26, &rules::IPADOS],
    ],
    ..IOS_26_PLAIN
};
static IPADOS_27: Generation = Generation {
    facts: &[
        rules::COMMON,
        rules::WITH_API,
        &[&rules::AGENT_27, &rules::SERVICE_QUESTION, &rules::LOGIC_27, &rules::IPADOS],
    ],
    ..IOS_27_PLAIN
};
static MACOS_11: Generation = modern(
    wispr!("407.40.1"),
    MACINTOSH,
    SheetPage::Probe(&rules::SHEET_MACOS_11),
    &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_MACOS_11, &rules::LOGIC_BEFORE_18]],
);
static MACOS_15: Generation = Generation {
    service_question: true,
    ..modern(
        wispr!("480.60.4"),
        MACINTOSH,
        LOADS_REDIRECT,
        &[rules::COMMON, rules::WITH_API, &[&rules::AGENT_MACOS_15, &rules::SERVICE_QUESTION]],
    )
};
static MACOS_26: Generation = Generation {
    agent: wispr!("514.80.3"),
    behaviour: transitions::behaviour(MACINTOSH),
    facts: &[
        rules::COMMON,
        rules::WITH_API,
        &[&rules::AGENT_MACOS_26, &rules::SERVICE_QUESTION, &rules::LOGIC_26],
    ],
    ..IOS_26_PLAIN
};
static MACOS_27: Generation = Generation { behaviour: transitions::behaviour(MACINTOSH), ..IOS_27_PLAIN };

static NEEDS_SILENCE: Need = Need {
    what: "a port 443 that does not refuse",
    otherwise: "not-captive",
    rule: &rules::PORT_443_REFUSED,
};

const fn model(
    id: &'static str,
    name: &'static str,
    versions: &'static str,
    generation: &'static Generation,
) -> Model {
    model_with(id, name, versions, generation, None, features::SHEET)
}

const fn model_with(
    id: &'static str,
    name: &'static str,
    versions: &'static str,
    generation: &'static Generation,
    need: Option<&'static Need>,
    features: &'static [Feature],
) -> Model {
    let (family, presents) = (Family::Apple, Presents::Sheet);
    Model { id, name, versions, family, system: generation, presents, need, features }
}

pub(super) static MODELS: [Model; 21] = [
    model("ios-4", "iOS 4", "4", &IOS_4),
    model("ios-7", "iOS 7", "7 and 8", &IOS_7),
    model("ios-10", "iOS 10", "10", &IOS_10),
    model("ios-13", "iOS 13", "13", &IOS_13),
    model("ios-14", "iOS 14", "14", &IOS_14),
    model("ios-15", "iOS 15", "15", &IOS_15),
    model("ios-16", "iOS 16", "16", &IOS_16),
    model("ios-17", "iOS 17", "17", &IOS_17),
    model("ios-18", "iOS 18.3", "18.0 to 18.3", &IOS_18),
    model("ios-18.4", "iOS 18.4", "18.4 and later", &IOS_18_4),
    model("ios-26", "iOS 26.5", "26.0 to 26.5", &IOS_26),
    model_with(
        "ios-26-443",
        "iOS 26, minding port 443",
        "26",
        &IOS_26_443,
        Some(&NEEDS_SILENCE),
        features::SHEET,
    ),
    model("ios-26.6", "iOS 26.6", "26.6 and later", &IOS_26_6),
    model("ios-27", "iOS 27", "27", &IOS_27),
    model("ipados-18", "iPadOS 18", "18.0 to 18.3", &IPADOS_18),
    model("ipados-26", "iPadOS 26", "26", &IPADOS_26),
    model("ipados-27", "iPadOS 27", "27", &IPADOS_27),
    model_with("macos-11", "macOS 11", "11", &MACOS_11, None, features::MACOS_SHEET),
    model_with("macos-15", "macOS 15", "15.0 to 15.3", &MACOS_15, None, features::MACOS_SHEET),
    model_with("macos-26", "macOS 26", "26", &MACOS_26, None, features::MACOS_SHEET),
    model_with("macos-27", "macOS 27", "27", &MACOS_27, None, features::MACOS_SHEET),
];

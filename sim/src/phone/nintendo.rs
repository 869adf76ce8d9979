//! Nintendo's consoles: a connection test that fails at a portal. Nothing is known of PlayStation,
//! Xbox and Steam Deck, so they are no models.

use std::time::Duration;

use url::Url;

use super::features;
use super::fetch::{Manner, Reads};
use super::judge::Client;
use super::judge::case::{Case, Table, Then, When};
use super::lookup::Plan as Questions;
use super::machine::table::{Behaviour, Step};
use super::model::{Family, Model, Presents, System};
use super::plain::Plan;
use super::rule::{Grade, Rule};
use super::steps;

const TEST: &str = "a server's regression test";

macro_rules! rule {
    ($name:ident, $id:literal, $says:literal, $source:expr, $grade:ident) => {
        static $name: Rule = Rule { id: $id, says: $says, source: $source, grade: Grade::$grade };
    };
}

rule!(REQUEST, "nintendo.request", "conntest.nintendowifi.net/; the header lines were not seen", TEST, D);
rule!(
    SUCCESS,
    "nintendo.probe.success",
    "X-Organization: Nintendo with the test page is the internet's answer",
    TEST,
    D
);
rule!(
    FAILS,
    "nintendo.probe.fails",
    "with any other reply the connection test fails, and no page opens",
    TEST,
    D
);
rule!(NO_REPLY, "nintendo.probe.no-reply", "without a reply the connection test fails", "unverified", E);
rule!(ONLINE, "nintendo.online", "the network is used", TEST, D);
rule!(
    PATIENCE,
    "nintendo.patience",
    "a name is waited for 10 s, a connection or a reply 10 s; it does not ask again",
    "unverified: chosen",
    E
);
rule!(
    SWITCH,
    "nintendo.switch",
    "the Switch asks ctest.cdn.nintendo.net and wants X-Organization: Nintendo",
    "unverified: the name alone is known, from lists",
    E
);
rule!(
    SWITCH_FAILS,
    "nintendo.switch.fails",
    "at a portal its test fails and nothing opens",
    "unverified: assumed as of older consoles",
    E
);

static CASES: [Case; 3] = [
    Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
    Case {
        when: &[
            When::Status(200, 200),
            When::Header("X-Organization", "Nintendo"),
            When::BodyHas("This is test.html page"),
        ],
        then: Then::Online,
        rule: &SUCCESS,
    },
    Case { when: &[], then: Then::NoInternet, rule: &FAILS },
];
static SWITCH_CASES: [Case; 3] = [
    Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
    Case {
        when: &[When::Status(200, 200), When::Header("X-Organization", "Nintendo")],
        then: Then::Online,
        rule: &SWITCH,
    },
    Case { when: &[], then: Then::NoInternet, rule: &SWITCH_FAILS },
];
static TABLE: Table = Table { client: "Nintendo", cases: &CASES };
static SWITCH_TABLE: Table = Table { client: "Nintendo Switch", cases: &SWITCH_CASES };

fn request(url: &Url) -> Vec<u8> {
    format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", url.path(), url.host_str().unwrap_or_default())
        .into_bytes()
}

static MANNER: Manner = Manner {
    lookup: &Questions {
        repeats: &[Duration::from_secs(5)],
        give_up: Some(Duration::from_secs(10)),
        service_first: false,
    },
    connect: Some(Duration::from_secs(10)),
    silence: Some(Duration::from_secs(10)),
    reads: Reads::Everything { at_most: 65_536 },
};

static STEPS: [Step; 2] = [steps::online(&ONLINE), steps::failed(&FAILS)];
static SWITCH_STEPS: [Step; 2] = [steps::online(&SWITCH), steps::failed(&SWITCH_FAILS)];

const fn plan(
    asks: &'static [&'static str],
    table: &'static Table,
    steps: &'static [Step],
    facts: &'static [&'static Rule],
) -> Plan {
    Plan {
        name: None,
        asks,
        secure: None,
        beside: &[],
        request,
        manner: &MANNER,
        patience: Duration::from_secs(30),
        tries: 1,
        client: Client::Other(table),
        behaviour: Behaviour { steps, waits: &[], dialog: None, ignored_attempts: 0, browser: "" },
        facts,
    }
}

static DS: Plan = plan(&["http://conntest.nintendowifi.net/"], &TABLE, &STEPS, &[&REQUEST, &PATIENCE]);
static THE_SWITCH: Plan =
    plan(&["http://ctest.cdn.nintendo.net/"], &SWITCH_TABLE, &SWITCH_STEPS, &[&SWITCH, &PATIENCE]);

const fn model(id: &'static str, name: &'static str, versions: &'static str, plan: &'static Plan) -> Model {
    Model {
        id,
        name,
        versions,
        family: Family::Nintendo,
        system: System::Plain(plan),
        presents: Presents::Nothing,
        need: None,
        features: features::NO_BROWSER,
    }
}

static MODELS: [Model; 2] = [
    model("nintendo-ds", "Nintendo DS, Wii, 3DS", "legacy", &DS),
    model("nintendo-switch", "Nintendo Switch", "not known", &THE_SWITCH),
];

pub(super) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

//! Nintendo's consoles: a connection test that fails at a portal. Of the Switch 2 a host is known that it must reach
//! (kinnay/NintendoClients#186) and not what it asks there, of PlayStation and Xbox at most names, so they are no models.

use crate::phone::judge::case::{Case, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::{Rule, rule};
use crate::phone::table::{Behaviour, Transition};
use crate::phone::url_probe::ProbePlan;
use crate::phone::{features, transitions};

const TEST: &str = "a server's regression test";

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
    TIMEOUTS,
    "nintendo.timeout",
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

static TRANSITIONS: [Transition; 2] = [transitions::online(&ONLINE), transitions::failed(&FAILS)];
static SWITCH_TRANSITIONS: [Transition; 2] =
    [transitions::online(&SWITCH), transitions::failed(&SWITCH_FAILS)];

const fn plan(
    asks: &'static [&'static str],
    table: &'static Table,
    transitions: &'static [Transition],
    facts: &'static [&'static Rule],
) -> ProbePlan {
    ProbePlan::one_page(asks, Client::Other(table), Behaviour::new(transitions, &[], ""), facts)
}

static DS: ProbePlan =
    plan(&["http://conntest.nintendowifi.net/"], &TABLE, &TRANSITIONS, &[&REQUEST, &TIMEOUTS]);
static THE_SWITCH: ProbePlan =
    plan(&["http://ctest.cdn.nintendo.net/"], &SWITCH_TABLE, &SWITCH_TRANSITIONS, &[&SWITCH, &TIMEOUTS]);

const fn model(
    id: &'static str,
    name: &'static str,
    versions: &'static str,
    plan: &'static ProbePlan,
) -> Model {
    Model {
        id,
        name,
        versions,
        family: Family::Nintendo,
        system: plan,
        presents: Presents::Nothing,
        need: None,
        features: features::NO_BROWSER,
    }
}

static MODELS: [Model; 2] = [
    model("nintendo-ds", "Nintendo DS, Wii, 3DS", "legacy", &DS),
    model("nintendo-switch", "Nintendo Switch", "not known", &THE_SWITCH),
];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

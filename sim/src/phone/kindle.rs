//! Kindle's readers: ask a page of their own, and open their browser on anything else.

use std::time::Duration;

use url::Url;

use super::features;
use super::fetch::{Manner, Reads};
use super::judge::Client;
use super::judge::case::{Case, Page, Table, Then, When};
use super::lookup::Plan as Questions;
use super::machine::table::{Behaviour, Deed, Step};
use super::model::{Family, Model, Presents, System};
use super::plain::Plan;
use super::rule::{Grade, Rule};
use super::steps;

const REPORT: &str = "fakeinternet's CGI; gist zhangyoufu";

macro_rules! rule {
    ($name:ident, $id:literal, $says:literal, $source:expr, $grade:ident) => {
        static $name: Rule = Rule { id: $id, says: $says, source: $source, grade: Grade::$grade };
    };
}

rule!(
    REQUEST,
    "kindle.request",
    "spectrum.s3.amazonaws.com/kindle-wifi/wifistub.html; the header lines were not seen",
    REPORT,
    D
);
rule!(
    SUCCESS,
    "kindle.probe.success",
    "the title of the probe page with its UUID is the internet's answer",
    REPORT,
    D
);
rule!(PORTAL, "kindle.probe.portal", "any other reply opens the browser on wifiredirect.html", REPORT, D);
rule!(NO_REPLY, "kindle.probe.no-reply", "no reply is no internet", "unverified", E);
rule!(ONLINE, "kindle.online", "the network is used", REPORT, D);
rule!(FAILED, "kindle.failed", "the network is not used", "unverified", E);
rule!(AGENT, "kindle.browser.agent", "its browser's user agent is a placeholder", "unverified", E);
rule!(
    PATIENCE,
    "kindle.patience",
    "a name is waited for 10 s, a connection or a reply 10 s; it does not ask again",
    "unverified: chosen",
    E
);

const BROWSER: &str = "http://spectrum.s3.amazonaws.com/kindle-wifi/wifiredirect.html";

static CASES: [Case; 3] = [
    Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
    Case {
        when: &[
            When::Status(200, 200),
            When::Title("Kindle Reachability Probe Page"),
            When::BodyHas("81ce4465-7167-4dcb-835b-dcc9e44c112a"),
        ],
        then: Then::Online,
        rule: &SUCCESS,
    },
    Case { when: &[], then: Then::Portal(Page::Fixed(BROWSER)), rule: &PORTAL },
];

static TABLE: Table = Table { client: "Kindle", cases: &CASES };

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

static STEPS: [Step; 4] = [
    steps::portal(&[Deed::OpenPage], &PORTAL),
    steps::online(&ONLINE),
    steps::failed(&FAILED),
    steps::CLOSE_TAB,
];

static PLAN: Plan = Plan {
    name: None,
    asks: &["http://spectrum.s3.amazonaws.com/kindle-wifi/wifistub.html"],
    secure: None,
    beside: &[],
    request,
    manner: &MANNER,
    patience: Duration::from_secs(30),
    tries: 1,
    client: Client::Other(&TABLE),
    behaviour: Behaviour {
        steps: &STEPS,
        waits: &[],
        dialog: None,
        ignored_attempts: 0,
        browser: "Mozilla/5.0 (Linux) AppleWebKit (KHTML, like Gecko) Kindle",
    },
    facts: &[&REQUEST, &PATIENCE, &AGENT],
};

static MODELS: [Model; 1] = [Model {
    id: "kindle",
    name: "Kindle reader",
    versions: "not known",
    family: Family::Kindle,
    system: System::Plain(&PLAN),
    presents: Presents::Browser,
    need: None,
    features: features::NO_BROWSER,
}];

pub(super) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

//! Kindle's readers: ask a page of their own, and open their browser on anything else.

use crate::phone::judge::case::{Case, PortalPage, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::rule;
use crate::phone::table::{Behaviour, PhoneAction, Transition};
use crate::phone::url_probe::ProbePlan;
use crate::phone::{features, transitions};

const REPORT: &str = "fakeinternet's CGI; gist zhangyoufu";

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
    TIMEOUTS,
    "kindle.timeout",
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
    Case { when: &[], then: Then::Portal(PortalPage::Fixed(BROWSER)), rule: &PORTAL },
];

static TABLE: Table = Table { client: "Kindle", cases: &CASES };

static TRANSITIONS: [Transition; 4] = [
    transitions::portal(&[PhoneAction::OpenPage], &PORTAL),
    transitions::online(&ONLINE),
    transitions::failed(&FAILED),
    transitions::CLOSE_TAB,
];

static PLAN: ProbePlan = ProbePlan::one_page(
    &["http://spectrum.s3.amazonaws.com/kindle-wifi/wifistub.html"],
    Client::Other(&TABLE),
    Behaviour::new(&TRANSITIONS, &[], "Mozilla/5.0 (Linux) AppleWebKit (KHTML, like Gecko) Kindle"),
    &[&REQUEST, &TIMEOUTS, &AGENT],
);

static MODELS: [Model; 1] = [Model {
    id: "kindle",
    name: "Kindle reader",
    versions: "not known",
    family: Family::Kindle,
    system: &PLAN,
    presents: Presents::Browser,
    need: None,
    features: features::NO_BROWSER,
}];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

//! Firefox: asks a page of its own; other content brings a bar that opens a tab.

use std::time::Duration;

use url::{Position, Url};

use crate::phone::engines;
use crate::phone::fetch::{Addresses, HttpClient, Reads};
use crate::phone::judge::case::{Case, PortalPage, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::{Rule, rule};
use crate::phone::side_request::SideRequest;
use crate::phone::table::{Behaviour, PhoneAction, PhoneState, Recheck, RecheckDelay, Transition};
use crate::phone::url_probe::ProbePlan;
use crate::phone::{features, transitions};

const DETECTOR: &str =
    "CaptiveDetect.sys.mjs of Firefox 153.7.0esr (Debian's), and what that one does: ci/interop.sh";

const DETECTOR_155: &str = "CaptiveDetect.sys.mjs of Firefox 155.2.0, mozilla/enterprise-firefox @23ac53f0";

const SERVICE: &str =
    "mozilla netwerk/base/CaptivePortalService.cpp @61f7867c; CaptiveDetect.sys.mjs; all.js";

rule!(
    REQUEST,
    "firefox.request",
    "detectportal.firefox.com, without cache and cookies, its connection kept",
    "recorded of Firefox 153.7.0esr (Debian's), in the namespaces of ci/interop.sh",
    C
);
rule!(SUCCESS, "firefox.probe.success", "the expected body to the byte is the internet's answer", SERVICE, A);
rule!(
    PORTAL,
    "firefox.probe.portal",
    "another 200, an empty one too, and a redirect, which is not followed, are a portal's",
    DETECTOR,
    A
);
rule!(
    OTHER_SUCCESS,
    "firefox.probe.other-2xx",
    "any status from 200 to 299 other than the expected 200 is a portal's",
    DETECTOR_155,
    A
);
rule!(
    REQUEST_155,
    "firefox.request-155",
    "the request is that of 153, but for the version",
    "unverified: assumed",
    E
);
rule!(REQUIRED, "firefox.probe.511", "511 is a portal's", DETECTOR, A);
rule!(
    ERROR,
    "firefox.probe.error",
    "any other status is asked again at once, six times in all, and then nothing is concluded",
    DETECTOR,
    A
);
rule!(
    NO_REPLY,
    "firefox.probe.no-reply",
    "without a reply in 5 s it asks again, six times in all, and then nothing is concluded",
    DETECTOR,
    A
);
rule!(
    UNDECODABLE,
    "firefox.probe.undecodable",
    "a body that is not the gzip it is said to be is an error, as no reply is",
    DETECTOR,
    A
);
rule!(
    NOWHERE,
    "firefox.probe.nowhere",
    "a redirect to what is no URL is an error, as no reply is",
    "Firefox 153.8.0esr (Debian's), run over the replies of fixtures/agreement/firefox.json",
    A
);
rule!(BAR, "firefox.bar", "a portal brings a bar whose button opens the probe's URL in a tab", SERVICE, A);
rule!(QUIET, "firefox.quiet", "without a portal nothing is shown", SERVICE, A);
rule!(
    RECHECKED,
    "firefox.again",
    "it asks again after 60 s, five times as long every ten checks, 25 min at most",
    SERVICE,
    A
);
rule!(
    BESIDE,
    "firefox.beside",
    "the connectivity service asks /success.txt?ipv4 and the name example.org",
    SERVICE,
    A
);
rule!(
    OLDER,
    "firefox.older",
    "older releases detect portals by /success.txt",
    "all.js copies; pastebin daBXVg6a",
    D
);

const CANONICAL: &str =
    r#"<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>"#;

const fn cases(success: &'static [When]) -> [Case; 8] {
    [
        Case { when: &[When::NoReply], then: Then::Inconclusive, rule: &NO_REPLY },
        Case { when: &[When::Undecodable], then: Then::Inconclusive, rule: &UNDECODABLE },
        Case { when: &[When::Status(300, 399), When::BadLocation], then: Then::Inconclusive, rule: &NOWHERE },
        Case { when: success, then: Then::Online, rule: &SUCCESS },
        Case { when: &[When::Status(200, 200)], then: Then::Portal(PortalPage::Probe), rule: &PORTAL },
        Case { when: &[When::Status(300, 399)], then: Then::Portal(PortalPage::Probe), rule: &PORTAL },
        Case { when: &[When::Status(511, 511)], then: Then::Portal(PortalPage::Probe), rule: &REQUIRED },
        Case { when: &[], then: Then::Inconclusive, rule: &ERROR },
    ]
}

const CANONICAL_ANSWER: &[When] = &[When::Status(200, 200), When::Body(CANONICAL)];

static CASES: [Case; 8] = cases(CANONICAL_ANSWER);
static CASES_155: [Case; 9] = {
    let [no_reply, broken, nowhere, success, page, redirect, required, error] = cases(CANONICAL_ANSWER);
    let other =
        Case { when: &[When::Status(200, 299)], then: Then::Portal(PortalPage::Probe), rule: &OTHER_SUCCESS };
    [no_reply, broken, nowhere, success, page, other, redirect, required, error]
};
static OLDER_CASES: [Case; 8] = cases(&[When::Status(200, 200), When::Body("success\n")]);
static TABLE: Table = Table { client: "Firefox", cases: &CASES };
static TABLE_155: Table = Table { client: "Firefox 155", cases: &CASES_155 };
static OLDER_TABLE: Table = Table { client: "Firefox (success.txt)", cases: &OLDER_CASES };

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const AGENT_155: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:155.0) Gecko/20100101 Firefox/155.0";

fn request(url: &Url) -> Vec<u8> {
    request_by(AGENT, url)
}

fn request_155(url: &Url) -> Vec<u8> {
    request_by(AGENT_155, url)
}

fn request_by(agent: &str, url: &Url) -> Vec<u8> {
    let (path, host) = (&url[Position::BeforePath..Position::AfterQuery], url.host_str().unwrap_or_default());
    // The connectivity service, which asks with a query, sets its lines in another order.
    let after = match url.query() {
        None => "Cache-Control: no-cache\r\nPragma: no-cache\r\nConnection: keep-alive",
        Some(_) => "Connection: keep-alive\r\nPriority: u=4\r\nPragma: no-cache\r\nCache-Control: no-cache",
    };
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nAccept-Language: \
         en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n{after}\r\n\r\n"
    )
    .into_bytes()
}

static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: &[Duration::from_secs(1), Duration::from_secs(3)],
        timeout: None,
        service_first: false,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: None,
    idle_timeout: None,
    reads: Reads::Everything { at_most: 65_536 },
    reader: &engines::NECKO,
    addresses: Addresses::Nearest,
    verifies: true,
};

static TRANSITIONS: [Transition; 6] = [
    transitions::still_portal(&BAR),
    transitions::portal(&[PhoneAction::Notify], &BAR),
    transitions::online(&QUIET),
    transitions::failed(&QUIET),
    transitions::tap(&BAR),
    transitions::CLOSE_TAB,
];

const RECHECK_DELAY: RecheckDelay = RecheckDelay::Growing {
    first: Duration::from_secs(60),
    times: 5,
    checks: 10,
    longest: Duration::from_secs(25 * 60),
};

static RECHECKS: [Recheck; 3] = [
    Recheck { state: PhoneState::Portal, after: RECHECK_DELAY, rule: &RECHECKED },
    Recheck { state: PhoneState::Online, after: RECHECK_DELAY, rule: &RECHECKED },
    Recheck { state: PhoneState::Failed, after: RECHECK_DELAY, rule: &RECHECKED },
];

const fn plan(
    asks: &'static [&'static str],
    table: &'static Table,
    agent: &'static str,
    facts: &'static [&'static Rule],
) -> ProbePlan {
    ProbePlan {
        request,
        http_client: &HTTP_CLIENT,
        timeout: Duration::from_secs(5),
        tries: 6,
        ..ProbePlan::one_page(
            asks,
            Client::Other(table),
            Behaviour::new(&TRANSITIONS, &RECHECKS, agent),
            facts,
        )
    }
}

const CANONICAL_PAGE: &[&str] = &["http://detectportal.firefox.com/canonical.html"];
const BESIDE_IT: &[SideRequest] = &[
    SideRequest::Page("http://detectportal.firefox.com/success.txt?ipv4"),
    SideRequest::Name("example.org"),
];

static FIREFOX: ProbePlan =
    ProbePlan { side_requests: BESIDE_IT, ..plan(CANONICAL_PAGE, &TABLE, AGENT, &[&REQUEST, &BESIDE]) };
static FIREFOX_155: ProbePlan = ProbePlan {
    side_requests: BESIDE_IT,
    request: request_155,
    ..plan(CANONICAL_PAGE, &TABLE_155, AGENT_155, &[&REQUEST, &REQUEST_155, &BESIDE])
};
static OLDER_FIREFOX: ProbePlan =
    plan(&["http://detectportal.firefox.com/success.txt"], &OLDER_TABLE, AGENT, &[&REQUEST, &OLDER]);

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
        family: Family::Firefox,
        system: plan,
        presents: Presents::BrowserOnTap,
        need: None,
        features: features::WHOLE_BROWSER,
    }
}

static MODELS: [Model; 3] = [
    model("firefox-older", "Firefox, older", "before canonical", &OLDER_FIREFOX),
    model("firefox", "Firefox", "up to 153, and its ESR", &FIREFOX),
    model("firefox-155", "Firefox 155", "155 and newer", &FIREFOX_155),
];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

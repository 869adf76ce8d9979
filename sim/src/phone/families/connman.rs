//! ConnMan, of cars, set-top boxes and Sailfish: it asks one page after joining and asks its agent to open a browser at
//! a portal.
//!
//! Before 1.44 a connection that ends without a header line had its agent asked for a browser (@127dfea5).
//!
//! Not modelled: WISPr's own login, the check over IPv6, and the growing pauses between checks that failed.

use std::time::Duration;

use url::{Position, Url};

use crate::phone::engines::GWEB as GWEB_READER;
use crate::phone::fetch::{HttpClient, Reads};
use crate::phone::judge::case::{Case, PortalPage, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::judge::failure::Failure;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::rule;
use crate::phone::table::{Behaviour, PhoneAction, Transition};
use crate::phone::url_probe::ProbePlan;
use crate::phone::{features, transitions};

const WISPR: &str = "connman src/wispr.c in chewitt/connman @019c4ba8, wispr_portal_web_result";
const GWEB: &str = "connman gweb/gweb.c in chewitt/connman @127dfea5";

rule!(
    REQUEST,
    "connman.request",
    "GET ipv4.connman.net/online/status.html with Host, User-Agent: ConnMan/VERSION wispr and Connection: close, in this \
     order",
    GWEB,
    A
);
rule!(
    ONLINE_HEADER,
    "connman.probe.header",
    "a 200 with an X-ConnMan-Status header, whatever it says, is the internet's answer",
    WISPR,
    A
);
rule!(PAGE, "connman.probe.page", "any other 200 is a portal's: its agent is asked for a browser", WISPR, A);
rule!(
    FOLLOWS,
    "connman.probe.follows",
    "300 to 303, 307 and 308 with an absolute Location are followed, in the same way",
    WISPR,
    A
);
rule!(
    NOWHERE,
    "connman.probe.no-location",
    "the same without a Location, a 505, or header lines without a status line ask for a browser on the check's own URL",
    WISPR,
    A
);
rule!(
    LOGIN,
    "connman.probe.wispr",
    "a page with WISPr's parameters begins its own login: its agent is asked for a name and a password, and for no \
     browser",
    "connman 1.44 src/wispr.c, wispr_manage_message; 1.44-3 of Debian 13, run",
    A
);
rule!(
    FAILED,
    "connman.probe.failed",
    "400, 404, 408, a refused or reset connection, one that ends before any header line and a name without an address \
     are a failed check",
    "connman 1.44 src/wispr.c, wispr_portal_web_result_failure, and gweb/gweb.c, received_data_finalize; 1.44-3 of \
     Debian 13, run",
    A
);
rule!(SILENT, "connman.probe.other", "any other status, 204 and 5xx included, concludes nothing", WISPR, A);
rule!(
    RELATIVE,
    "connman.probe.relative",
    "a redirect to a Location that is no absolute address ends its daemon, which its system starts anew: nothing is \
     concluded",
    "connman 1.44-3 of Debian 13, run: Location: / is a segmentation fault, for gweb/gweb.c finds no host in it",
    A
);
rule!(
    COLON,
    "connman.probe.colon",
    "a redirect to an address with a colon in its path or query, and no port before it, is not followed, and nothing is \
     concluded: what follows the colon is taken for the port",
    "connman gweb/gweb.c in chewitt/connman @127dfea5, parse_url_host and parse_url_port; seen with 1.44 of Debian 13",
    A
);
rule!(
    LIMIT,
    "connman.probe.redirects",
    "so many redirects are followed, and no more",
    "unverified: the code has no limit; 20 is this model's",
    E
);
rule!(
    WAITS,
    "connman.waits",
    "a reply is whole once the connection is closed, whatever length is announced, and is waited for without end: \
     until then nothing is concluded",
    "connman gweb/gweb.c in chewitt/connman @127dfea5, received_data; seen with 1.44",
    A
);
rule!(
    NAMES,
    "connman.names",
    "a name is asked for once, for 5 s",
    "connman gweb/gresolv.c in chewitt/connman @86e00473, add_query and query_timeout",
    A
);
rule!(
    TIMES,
    "connman.timeout",
    "after 20 s this model says so",
    "unverified: the code sets no time unless it is configured, and a connection that is not answered fails when the \
     system gives it up; 20 s is this model's",
    E
);
rule!(
    AGENT_OPENS,
    "connman.agent",
    "its agent opens a browser, on the redirect's URL or the check's",
    "unverified: connman asks its agent for that; which agent a system has, and what it opens where no redirect named a \
     page, was not read",
    E
);
rule!(BROWSER_AGENT, "connman.browser.agent", "the browser's user agent is a placeholder", "unverified", E);

const REDIRECT: When = When::StatusIn(&[300, 301, 302, 303, 307, 308]);
const BROWSER: Then = Then::Portal(PortalPage::LastRedirect);

static CASES: [Case; 14] = [
    Case { when: &[When::Failed(&[Failure::Timeout])], then: Then::Inconclusive, rule: &WAITS },
    Case { when: &[When::NoReply], then: Then::NoInternet, rule: &FAILED },
    Case { when: &[When::BodyHas("<WISPAccessGatewayParam")], then: Then::Inconclusive, rule: &LOGIN },
    Case { when: &[When::Status(0, 0)], then: Then::Portal(PortalPage::Probe), rule: &NOWHERE },
    Case {
        when: &[When::Status(200, 200), When::HasHeader("X-ConnMan-Status")],
        then: Then::Online,
        rule: &ONLINE_HEADER,
    },
    Case { when: &[When::Status(200, 200)], then: BROWSER, rule: &PAGE },
    Case { when: &[REDIRECT, When::ColonWithoutPort], then: Then::Inconclusive, rule: &COLON },
    Case { when: &[REDIRECT, When::Absolute, When::RedirectsBelow(20)], then: Then::Follow, rule: &FOLLOWS },
    Case { when: &[REDIRECT, When::Absolute], then: Then::Inconclusive, rule: &LIMIT },
    Case { when: &[REDIRECT, When::HasHeader("Location")], then: Then::Inconclusive, rule: &RELATIVE },
    Case { when: &[REDIRECT], then: Then::Portal(PortalPage::Probe), rule: &NOWHERE },
    Case { when: &[When::StatusIn(&[505])], then: Then::Portal(PortalPage::Probe), rule: &NOWHERE },
    Case { when: &[When::StatusIn(&[400, 404, 408])], then: Then::NoInternet, rule: &FAILED },
    Case { when: &[], then: Then::Inconclusive, rule: &SILENT },
];
static TABLE: Table = Table { client: "ConnMan", cases: &CASES };

fn request(url: &Url) -> Vec<u8> {
    let (path, host) = (&url[Position::BeforePath..Position::AfterQuery], url.host_str().unwrap_or_default());
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: ConnMan/1.44 wispr\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver { timeout: Some(Duration::from_secs(5)), ..Resolver::ONE_LOOKUP },
    connect_timeout: Some(Duration::from_secs(20)),
    idle_timeout: Some(Duration::from_secs(20)),
    reads: Reads::UntilClosed,
    reader: &GWEB_READER,
    ..HttpClient::TOLERANT
};

static TRANSITIONS: [Transition; 5] = [
    transitions::portal_again(&AGENT_OPENS),
    transitions::portal(&[PhoneAction::OpenPage], &AGENT_OPENS),
    transitions::online(&ONLINE_HEADER),
    transitions::failed(&FAILED),
    transitions::CLOSE_TAB,
];

static PLAN: ProbePlan = ProbePlan {
    request,
    http_client: &HTTP_CLIENT,
    ..ProbePlan::one_page(
        &["http://ipv4.connman.net/online/status.html"],
        Client::Other(&TABLE),
        Behaviour::new(
            &TRANSITIONS,
            &[],
            "Mozilla/5.0 (X11; Linux) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        ),
        &[&REQUEST, &NAMES, &TIMES, &BROWSER_AGENT],
    )
};

static MODELS: [Model; 1] = [Model {
    id: "connman",
    name: "ConnMan",
    versions: "1.44 and newer",
    family: Family::ConnMan,
    system: &PLAN,
    presents: Presents::Browser,
    need: None,
    features: features::NO_BROWSER,
}];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

//! ChromeOS: shill asks HTTP beside HTTPS, and other hosts when it asks again.
//!
//! Not modelled: that a URL which found a portal is asked again instead of the next one.

use std::time::Duration;

use url::Url;

use crate::phone::engines;
use crate::phone::fetch::{Addresses, HttpClient, Reads};
use crate::phone::judge::case::{Case, PortalPage, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::judge::failure::Failure;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::rule;
use crate::phone::table::{Behaviour, PhoneAction, PhoneState, Recheck, RecheckDelay, Transition};
use crate::phone::url_probe::{HttpsProbe, ProbePlan};
use crate::phone::{features, transitions};

const SHILL: &str = "chromiumos platform2 @1ac3e3df, shill/network/portal_detector.cc";
const MONITOR: &str = "chromiumos platform2 @017c158a, shill/network/network_monitor.cc, ShouldSendNewResult";

rule!(
    ORDER,
    "chromeos.order",
    "the default pair is asked first, then the others in their order, then random ones",
    SHILL,
    A
);
rule!(
    REQUEST,
    "chromeos.request",
    "the URL and the user agent; the milestone is a placeholder, the rest is what curl adds",
    "unverified: shill gives URL and user agent, the order is inferred",
    E
);
rule!(
    SUCCESS,
    "chromeos.probe.success",
    "204, or 200 whose Content-Length is 0 or 1, or without one no more than one byte, is the internet's answer",
    SHILL,
    A
);
rule!(
    REDIRECT,
    "chromeos.probe.redirect",
    "302 and 307 with a Location that is a URL are a portal's",
    SHILL,
    A
);
rule!(
    INVALID,
    "chromeos.probe.invalid-redirect",
    "302 and 307 without such a Location are an invalid redirect, which is no portal",
    SHILL,
    A
);
rule!(
    SUSPECTED,
    "chromeos.probe.suspected",
    "200 with more than one byte is suspected to be a portal's; Content-Length is looked at before the bytes",
    SHILL,
    A
);
rule!(
    BAD_LENGTH,
    "chromeos.probe.bad-length",
    "200 with a Content-Length that is no number is a failure",
    SHILL,
    A
);
rule!(FAILURE, "chromeos.probe.failure", "any other status is a failure", SHILL, A);
rule!(NO_REPLY, "chromeos.probe.no-reply", "no reply is a failure", SHILL, A);
rule!(
    HTTPS,
    "chromeos.https",
    "any reply over HTTPS is a success; the network is online only if HTTP and HTTPS both succeed",
    SHILL,
    A
);
rule!(
    HTTPS_MISSING,
    "chromeos.https-missing",
    "HTTP that succeeds while HTTPS fails is no connectivity, and so is HTTPS alone",
    SHILL,
    A
);
rule!(
    API,
    "chromeos.capport",
    "a captive portal API over https that the network announces is asked beside the probes and outranks them, and its \
     page must be https as well; here the probes wait for it",
    MONITOR,
    A
);
rule!(
    TIMEOUTS,
    "chromeos.timeout",
    "a name is waited for 10 s, a connection or a reply 10 s",
    "unverified: chosen",
    E
);
rule!(
    NOTIFIES,
    "chromeos.notifies",
    "a portal brings a notification, a tap opens a page on the probe's URL or the redirect's",
    "unverified: what the desktop shows was not read",
    E
);
rule!(ONLINE, "chromeos.online", "the network is used", SHILL, A);
rule!(FAILED, "chromeos.failed", "the network is shown as without internet", "unverified", E);
rule!(
    RECHECKED,
    "chromeos.again",
    "it asks again after 3 s, later after twice as long, 60 s at most; here counted from the end of a check",
    "chromiumos platform2 @30c73130, shill/network/trial_scheduler.cc",
    A
);

const PORTAL_STATUSES: &[u16] = &[302, 307];

static CASES: [Case; 10] = [
    Case { when: &[When::Failed(&[Failure::NameUnresolved])], then: Then::NoInternet, rule: &NO_REPLY },
    Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
    Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &SUCCESS },
    Case { when: &[When::Status(200, 200), When::BadLength], then: Then::NoInternet, rule: &BAD_LENGTH },
    Case { when: &[When::Status(200, 200), When::Length(0, 1)], then: Then::Online, rule: &SUCCESS },
    Case {
        when: &[When::Status(200, 200), When::NoLength, When::Bytes(0, 1)],
        then: Then::Online,
        rule: &SUCCESS,
    },
    Case {
        when: &[When::StatusIn(PORTAL_STATUSES), When::Absolute],
        then: Then::Portal(PortalPage::Location),
        rule: &REDIRECT,
    },
    Case { when: &[When::StatusIn(PORTAL_STATUSES)], then: Then::NoInternet, rule: &INVALID },
    Case { when: &[When::Status(200, 200)], then: Then::Portal(PortalPage::Probe), rule: &SUSPECTED },
    Case { when: &[], then: Then::NoInternet, rule: &FAILURE },
];

static TABLE: Table = Table { client: "ChromeOS", cases: &CASES };

fn request(url: &Url) -> Vec<u8> {
    let host = url.host_str().unwrap_or_default();
    format!("GET {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\n\r\n", url.path()).into_bytes()
}

/// The milestone is a placeholder.
const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";

static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: &[Duration::from_secs(2), Duration::from_secs(5)],
        timeout: Some(Duration::from_secs(10)),
        service_first: false,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: Some(Duration::from_secs(10)),
    idle_timeout: Some(Duration::from_secs(10)),
    reads: Reads::Everything { at_most: 4096 },
    reader: &engines::LIBCURL_OF_CHROMEOS,
    addresses: Addresses::Nearest,
    verifies: true,
};

static TRANSITIONS: [Transition; 6] = [
    transitions::still_portal(&NOTIFIES),
    transitions::portal(&[PhoneAction::Notify], &NOTIFIES),
    transitions::online(&ONLINE),
    transitions::failed(&FAILED),
    transitions::tap(&NOTIFIES),
    transitions::CLOSE_TAB,
];

const RECHECK_DELAY: RecheckDelay =
    RecheckDelay::Doubling { first: Duration::from_secs(3), longest: Duration::from_secs(60) };

static RECHECKS: [Recheck; 2] = [
    Recheck { state: PhoneState::Portal, after: RECHECK_DELAY, rule: &RECHECKED },
    Recheck { state: PhoneState::Failed, after: RECHECK_DELAY, rule: &RECHECKED },
];

static PLAN: ProbePlan = ProbePlan {
    https: Some(HttpsProbe {
        asks: &[
            "https://www.google.com/generate_204",
            "https://www.gstatic.com/generate_204",
            "https://accounts.google.com/generate_204",
            "https://www.googleapis.com/generate_204",
        ],
        both: &HTTPS,
        missing: &HTTPS_MISSING,
    }),
    api: Some(&API),
    request,
    http_client: &HTTP_CLIENT,
    ..ProbePlan::one_page(
        &[
            "http://connectivitycheck.gstatic.com/generate_204",
            "http://www.play.googleapis.com/generate_204",
            "http://www.gstatic.com/generate_204",
            "http://safebrowsing.google.com/generate_204",
            "http://www.googleapis.com/generate_204",
        ],
        Client::Other(&TABLE),
        Behaviour::new(&TRANSITIONS, &RECHECKS, AGENT),
        &[&ORDER, &REQUEST, &TIMEOUTS],
    )
};

static MODELS: [Model; 1] = [Model {
    id: "chromeos",
    name: "ChromeOS",
    versions: "as its source",
    family: Family::ChromeOs,
    system: &PLAN,
    presents: Presents::BrowserOnTap,
    need: None,
    features: features::WHOLE_BROWSER,
}];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

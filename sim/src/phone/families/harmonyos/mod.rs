//! HarmonyOS NEXT, as OpenHarmony's source says: HTTP and HTTPS on two hosts at once, and all of them once
//! more without the system's proxy where the first round concludes nothing.
//!
//! Not modelled: that the random number of the path is drawn once for a network, not for a check;
//! the longer wait with the screen off.

mod check;

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use crate::phone::check::{Check, Situation};
use crate::phone::engines;
use crate::phone::fetch::{Addresses, HttpClient, Reads};
use crate::phone::judge::case::{Case, PortalPage, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::{Rule, rule};
use crate::phone::system::{System, requests_for};
use crate::phone::table::{Behaviour, PhoneAction, PhoneState, Recheck, RecheckDelay, Transition};
use crate::phone::wire::Wire;
use crate::phone::{features, transitions};
use check::HarmonyCheck;

const PROBE: &str = "openharmony/communication_netmanager_base @63890e2f, net_http_probe.cpp";
const MONITOR: &str = "openharmony/communication_netmanager_base @63890e2f, net_monitor.cpp";

rule!(
    REQUEST,
    "harmonyos.request",
    "Host, Connection: close, the user agent of Android's checks and Accept-Encoding: gzip; libcurl's order",
    PROBE,
    A
);
rule!(
    HOSTS,
    "harmonyos.hosts",
    "/generate_204 with _ and a random number on connectivitycheck.platform.hicloud.com, without it on \
     connectivitycheck.cbg-app.huawei.com, HTTP and HTTPS at once",
    "openharmony/communication_netmanager_base, netdetectionurl.conf @11dcfb65, detectionconfig.conf @6e055e6b",
    A
);
rule!(NO_REPLY, "harmonyos.probe.no-reply", "no reply in 10 s is a failure", PROBE, A);
rule!(
    SHORT,
    "harmonyos.probe.short",
    "200 with a Content-Length of less than 5 is a failure; without one it is a portal's",
    PROBE,
    A
);
rule!(
    CLOSES,
    "harmonyos.probe.closes",
    "200 with Connection: close is a failure on the first host, not on the second",
    PROBE,
    A
);
rule!(
    SUCCESS,
    "harmonyos.probe.success",
    "204 with an X-Hwcloud-ReqId of 32 characters is the internet's answer",
    PROBE,
    A
);
rule!(FOREIGN_204, "harmonyos.probe.foreign-204", "any other 204 is a failure", PROBE, A);
rule!(
    PORTAL,
    "harmonyos.probe.portal",
    "any other status from 200 to 399 is a portal's; Location is taken relative to the URL that was asked",
    PROBE,
    A
);
rule!(
    CUT,
    "harmonyos.probe.cut",
    "a reply that breaks off, or whose body has not ended after 10 s, is judged by its status and by the header lines \
     that came; Location counts only of a whole one",
    PROBE,
    A
);
rule!(
    SPELLED,
    "harmonyos.probe.spelled",
    "Content-Length, Connection and X-Hwcloud-ReqId count only if they are spelled like this",
    PROBE,
    A
);
rule!(OTHER, "harmonyos.probe.other-status", "any other status is a failure", PROBE, A);
rule!(
    HTTPS,
    "harmonyos.https",
    "204 over HTTPS, whatever the certificate, is online, unless HTTP found a portal",
    MONITOR,
    A
);
rule!(BOTH, "harmonyos.both", "without HTTPS a success over HTTP on both hosts is online", MONITOR, A);
rule!(ONE, "harmonyos.one", "a success over HTTP on one host alone is nothing", MONITOR, A);
rule!(
    ROUNDS,
    "harmonyos.rounds",
    "a portal, or a success over HTTPS, ends the check at once; after 3 s without it all is asked again \
     without the proxy, for 10 s",
    MONITOR,
    A
);
rule!(
    NOTIFIES,
    "harmonyos.notifies",
    "a portal brings a notification, a tap starts the browser",
    "openharmony/communication_wifi, wifi_notification_util.cpp and StartPortalCertification",
    A
);
rule!(ONLINE, "harmonyos.online", "the network is used and not checked any more", MONITOR, A);
rule!(FAILED, "harmonyos.failed", "the network is one without internet", MONITOR, A);
rule!(PORTAL_AGAIN, "harmonyos.again.portal", "a portal is checked again after 15 s", MONITOR, A);
rule!(
    FAILED_AGAIN,
    "harmonyos.again",
    "after a failure 1 s, twice as long each time, 10 min at most",
    MONITOR,
    A
);
rule!(
    NAMES,
    "harmonyos.names",
    "a name is asked for twice within 10 s",
    "unverified: chosen, the resolver was not read",
    E
);
rule!(BROWSER_AGENT, "harmonyos.browser.agent", "the browser's user agent is a placeholder", "unverified", E);

const FIRST_HOST: &str = "connectivitycheck.platform.hicloud.com";
const SECOND_HOST: &str = "connectivitycheck.cbg-app.huawei.com";
const SECOND_PAGE: &str = "http://connectivitycheck.cbg-app.huawei.com/generate_204";
const PATH: &str = "/generate_204";

const OK: When = When::Status(200, 200);
const NO_REPLY_CASE: Case = Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY };
const SHORT_CASE: Case = Case { when: &[OK, When::Length(0, 4)], then: Then::NoInternet, rule: &SHORT };
const CLOSES_CASE: Case =
    Case { when: &[OK, When::Header("Connection", "close")], then: Then::NoInternet, rule: &CLOSES };
const SUCCESS_CASE: Case = Case {
    when: &[When::Status(204, 204), When::HeaderLength("X-Hwcloud-ReqId", 32)],
    then: Then::Online,
    rule: &SUCCESS,
};
const FOREIGN_CASE: Case =
    Case { when: &[When::Status(204, 204)], then: Then::NoInternet, rule: &FOREIGN_204 };
const WHOLE_CASE: Case = Case {
    when: &[When::Status(200, 399), When::Complete],
    then: Then::Portal(PortalPage::Resolved),
    rule: &PORTAL,
};
const PORTAL_CASE: Case =
    Case { when: &[When::Status(200, 399)], then: Then::Portal(PortalPage::Probe), rule: &PORTAL };
const OTHER_CASE: Case = Case { when: &[], then: Then::NoInternet, rule: &OTHER };

static FIRST_CASES: [Case; 8] =
    [NO_REPLY_CASE, SHORT_CASE, CLOSES_CASE, SUCCESS_CASE, FOREIGN_CASE, WHOLE_CASE, PORTAL_CASE, OTHER_CASE];
static SECOND_CASES: [Case; 7] =
    [NO_REPLY_CASE, SHORT_CASE, SUCCESS_CASE, FOREIGN_CASE, WHOLE_CASE, PORTAL_CASE, OTHER_CASE];

static TABLE: Table = Table { client: "HarmonyOS NEXT", cases: &FIRST_CASES };

/// Word for word that of Android's checks.
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36";
const BROWSER: &str = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) \
                       Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile";

fn request(url: &Url) -> Vec<u8> {
    let host = url.host_str().unwrap_or_default();
    format!(
        "GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nUser-Agent: {AGENT}\r\nAccept-Encoding: \
         gzip\r\n\r\n",
        url.path()
    )
    .into_bytes()
}

static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: &[Duration::from_secs(5)],
        timeout: Some(Duration::from_secs(10)),
        service_first: false,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: Some(Duration::from_secs(10)),
    idle_timeout: Some(Duration::from_secs(10)),
    reads: Reads::WhatCame,
    reader: &engines::LIBCURL_OF_HARMONYOS,
    addresses: Addresses::Nearest,
    verifies: false,
};

static TRANSITIONS: [Transition; 6] = [
    transitions::still_portal(&NOTIFIES),
    transitions::portal(&[PhoneAction::Notify], &NOTIFIES),
    transitions::online(&ONLINE),
    transitions::failed(&FAILED),
    transitions::tap(&NOTIFIES),
    transitions::CLOSE_TAB,
];

static RECHECKS: [Recheck; 2] = [
    Recheck {
        state: PhoneState::Portal,
        after: RecheckDelay::Always(Duration::from_secs(15)),
        rule: &PORTAL_AGAIN,
    },
    Recheck {
        state: PhoneState::Failed,
        after: RecheckDelay::Doubling { first: Duration::from_secs(1), longest: Duration::from_secs(600) },
        rule: &FAILED_AGAIN,
    },
];

struct HarmonyOs;

impl System for HarmonyOs {
    fn behaviour(&self) -> Behaviour {
        Behaviour::new(&TRANSITIONS, &RECHECKS, BROWSER)
    }

    fn start(&'static self, wire: &mut Wire, situation: &Situation, now: Instant) -> Box<dyn Check> {
        Box::new(HarmonyCheck::start(wire, situation.link, now))
    }

    fn client(&self) -> Client {
        Client::Other(&TABLE)
    }

    fn facts(&self) -> Vec<&'static Rule> {
        let own = [&REQUEST, &HOSTS, &CUT, &SPELLED, &HTTPS, &BOTH, &ONE, &ROUNDS, &NAMES, &BROWSER_AGENT];
        own.into_iter().chain(HTTP_CLIENT.reader.rules.iter().copied()).collect()
    }

    fn asks(&self) -> Vec<(&'static str, String)> {
        let first = format!("{FIRST_HOST}{PATH}");
        vec![
            ("a page", format!("http://{first}_<random>")),
            ("beside it", format!("https://{first}")),
            ("beside it", SECOND_PAGE.to_owned()),
            ("beside it", format!("https://{SECOND_HOST}{PATH}")),
        ]
    }

    fn requests(&self) -> Vec<(Url, Vec<u8>)> {
        requests_for([SECOND_PAGE], request)
    }

    fn further_names(&self) -> Vec<String> {
        vec![FIRST_HOST.to_owned()]
    }

    fn asks_for_page(&self, _method: &str, host: &str, path: &str) -> bool {
        let number = path.strip_prefix(PATH).and_then(|rest| rest.strip_prefix('_'));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (host == FIRST_HOST && number.is_some_and(is_number)) || (host == SECOND_HOST && path == PATH)
    }
}

static MODELS: [Model; 1] = [Model {
    id: "harmonyos-next",
    name: "HarmonyOS NEXT",
    versions: "5 and newer",
    family: Family::HarmonyOs,
    system: &HarmonyOs,
    presents: Presents::BrowserOnTap,
    need: None,
    features: features::WHOLE_BROWSER,
}];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

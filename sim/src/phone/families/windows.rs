//! Windows: NCSI asks one page over HTTP; a hotspot opens the default browser, not a sheet.
//!
//! Not modelled: the probe over IPv6, the passive probe, proxies.

use std::net::Ipv4Addr;
use std::time::Duration;

use url::Url;

use crate::phone::fetch::{HttpClient, Reads};
use crate::phone::judge::client::Client;
use crate::phone::judge::windows::Expected;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::{Rule, rule};
use crate::phone::side_request::SideRequest;
use crate::phone::table::{Behaviour, PhoneAction, PhoneState, Recheck, RecheckDelay, Transition};
use crate::phone::url_probe::{NameProbe, ProbePlan};
use crate::phone::{features, transitions};

const DOCUMENT: &str =
    "MicrosoftDocs windowsserverdocs, ncsi-overview.md and ncsi-frequently-asked-questions.md";

rule!(
    REQUEST,
    "windows.request",
    "GET with Connection: Close, User-Agent: Microsoft NCSI and Host, in this order",
    "recordings of Windows 7 and 10",
    C
);
rule!(
    REQUEST_11,
    "windows.request-11",
    "newer Windows 11 sends Cache-Control and Pragma: no-cache, User-Agent and Host; the order is uncertain",
    "logs of 2025 and 2026",
    C
);
rule!(
    TIMES,
    "windows.timeout",
    "a name is asked for three times within 10 s, a connection or a reply waited for 10 s",
    "unverified: chosen, the document gives no times",
    E
);
rule!(
    OPENS,
    "windows.browser.opens",
    "a hotspot opens the default browser by itself, once for a network",
    "MicrosoftDocs, KB 4494446; that it is once is assumed",
    B
);
rule!(
    ROUTE,
    "windows.browser.route",
    "only the check is bound to the Wi-Fi: with a cable or another network the browser lands on Microsoft's page",
    "reports: ESP32Async/ESPAsyncWebServer#284, nodogsplash/nodogsplash#642",
    D
);
rule!(INTERNET, "windows.internet", "the network is used", DOCUMENT, B);
rule!(
    NO_INTERNET,
    "windows.no-internet",
    "the network is shown as without internet, and no browser opens, even if the name was found",
    DOCUMENT,
    B
);
rule!(
    POLLS,
    "windows.hotspot.polls",
    "a hotspot is probed again after 60 s",
    "MicrosoftDocs ncsi-frequently-asked-questions.md: hotspot polls, default 60; the unit is assumed",
    B
);
rule!(
    PASSIVE,
    "windows.passive",
    "without internet it looks again when traffic arrives or an interface changes; here every 60 s",
    "unverified: the passive probe runs every 15 s, but over traffic that is not modelled",
    E
);
rule!(
    NO_NAME_PROBE,
    "windows.dns.not-wireless",
    "on wireless networks the DNS probe is not used; Windows 11 never uses it",
    DOCUMENT,
    B
);
rule!(
    NAME_PROBE,
    "windows.dns.probe",
    "before Windows 11, off wireless, dns.msftncsi.com at 131.107.255.255 means internet",
    DOCUMENT,
    B
);
rule!(
    NAME_SINCE_VISTA,
    "windows.dns.since-vista",
    "Vista to 8.1 ask for dns.msftncsi.com too; nothing is said of wireless networks, and nothing follows here",
    "Microsoft TechNet ee126135, Appendix H: Network Connectivity Status Indicator (Windows 7)",
    B
);
rule!(
    NAME_PROBE_FIRST,
    "windows.dns.first",
    "the DNS probe comes before the one over HTTP, which any other address leads to",
    "unverified: which comes first is not documented",
    E
);
rule!(
    WPAD,
    "windows.wpad",
    "the name wpad is asked for beside the probe",
    "espressif/arduino-esp32#6645, tzapu/WiFiManager#926",
    D
);
rule!(
    BROWSER_AGENT,
    "windows.browser.agent",
    "the default browser is a Chromium whose versions are placeholders",
    "unverified",
    E
);

rule!(
    NEWEST,
    "windows.11.newest",
    "24H2 and 25H2 check as every Windows 11: the documents make no difference, and nothing else was found",
    DOCUMENT,
    B
);

fn request(url: &Url) -> Vec<u8> {
    let host = url.host_str().unwrap_or_default();
    format!(
        "GET {} HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\nHost: {host}\r\n\r\n",
        url.path()
    )
    .into_bytes()
}

fn request_11(url: &Url) -> Vec<u8> {
    let host = url.host_str().unwrap_or_default();
    format!(
        "GET {} HTTP/1.1\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nUser-Agent: Microsoft NCSI\r\nHost: \
         {host}\r\n\r\n",
        url.path()
    )
    .into_bytes()
}

static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: &[Duration::from_secs(1), Duration::from_secs(3)],
        timeout: Some(Duration::from_secs(10)),
        service_first: false,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: Some(Duration::from_secs(10)),
    idle_timeout: Some(Duration::from_secs(10)),
    reads: Reads::Everything { at_most: 4096 },
    ..HttpClient::TOLERANT
};

static TRANSITIONS: [Transition; 5] = [
    transitions::portal_again(&OPENS),
    transitions::portal(&[PhoneAction::OpenPage], &OPENS),
    transitions::online(&INTERNET),
    transitions::failed(&NO_INTERNET),
    transitions::CLOSE_TAB,
];

const MINUTE: Duration = Duration::from_secs(60);

static RECHECKS: [Recheck; 2] = [
    Recheck { state: PhoneState::Portal, after: RecheckDelay::Always(MINUTE), rule: &POLLS },
    Recheck { state: PhoneState::Failed, after: RecheckDelay::Always(MINUTE), rule: &PASSIVE },
];

const fn plan(
    asks: &'static [&'static str],
    request: fn(&Url) -> Vec<u8>,
    expects: Expected,
    facts: &'static [&'static Rule],
) -> ProbePlan {
    ProbePlan {
        side_requests: &[SideRequest::Name("wpad")],
        request,
        http_client: &HTTP_CLIENT,
        ..ProbePlan::one_page(
            asks,
            Client::Windows { expects },
            Behaviour {
                transitions: &TRANSITIONS,
                rechecks: &RECHECKS,
                dialog: None,
                ignored_attempts: 0,
                browser: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
            },
            facts,
        )
    }
}

const CONNECT_TEST: &[&str] = &["http://www.msftconnecttest.com/connecttest.txt"];

static WINDOWS_7: ProbePlan = ProbePlan {
    side_requests: &[SideRequest::Name("wpad"), SideRequest::Name("dns.msftncsi.com")],
    ..plan(
        &["http://www.msftncsi.com/ncsi.txt"],
        request,
        Expected::Ncsi,
        &[&REQUEST, &TIMES, &NAME_SINCE_VISTA, &WPAD, &ROUTE, &BROWSER_AGENT],
    )
};
static WINDOWS_10: ProbePlan = plan(
    CONNECT_TEST,
    request,
    Expected::ConnectTest,
    &[&REQUEST, &TIMES, &NO_NAME_PROBE, &WPAD, &ROUTE, &BROWSER_AGENT],
);
static WINDOWS_10_WIRED: ProbePlan = ProbePlan {
    name: Some(NameProbe {
        name: "dns.msftncsi.com",
        expected: Ipv4Addr::new(131, 107, 255, 255),
        rule: &NAME_PROBE,
    }),
    ..plan(
        CONNECT_TEST,
        request,
        Expected::ConnectTest,
        &[&REQUEST, &TIMES, &NAME_PROBE_FIRST, &WPAD, &ROUTE, &BROWSER_AGENT],
    )
};
static WINDOWS_11: ProbePlan = plan(
    CONNECT_TEST,
    request_11,
    Expected::ConnectTest,
    &[&REQUEST_11, &NEWEST, &TIMES, &NO_NAME_PROBE, &WPAD, &ROUTE, &BROWSER_AGENT],
);

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
        family: Family::Windows,
        system: plan,
        presents: Presents::Browser,
        need: None,
        features: features::WHOLE_BROWSER,
    }
}

static MODELS: [Model; 4] = [
    model("windows-7", "Windows 7", "Vista to 10 1511", &WINDOWS_7),
    model("windows-10", "Windows 10", "10 from 1607 on", &WINDOWS_10),
    model("windows-10-wired", "Windows 10, not wireless", "10 from 1607 on", &WINDOWS_10_WIRED),
    model("windows-11", "Windows 11", "11 to 25H2", &WINDOWS_11),
];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

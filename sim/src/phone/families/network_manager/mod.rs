//! NetworkManager on Linux: one page, at an address that the distribution chose. It only says what
//! it found; what the desktops make of that is in `desktops`.
//!
//! Not modelled: the check over IPv6, that a desktop asks for the state of the whole computer, which is that
//! of its best connection.

mod desktops;

use std::time::Duration;

use url::Url;

use crate::phone::engines;
use crate::phone::fetch::{Addresses, HttpClient, Reads};
use crate::phone::judge::case::{Case, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model};
use crate::phone::rule::{Rule, rule};
use crate::phone::table::{Behaviour, PhoneState, Recheck, RecheckDelay};
use crate::phone::url_probe::ProbePlan;
use desktops::Desktop;

const SOURCE: &str = "NetworkManager src/core/nm-connectivity.c @124e0853";

rule!(
    REQUEST,
    "nm.request",
    "a GET of libcurl with Host, Accept and Connection: close, and no user agent",
    "recorded of NetworkManager 1.42.4 (Debian's), in the namespaces of ci/interop.sh",
    C
);
rule!(
    HEADER,
    "nm.probe.header",
    "the header line X-NetworkManager-Status: online is the internet's, whatever the rest",
    SOURCE,
    A
);
rule!(
    SUCCESS,
    "nm.probe.success",
    "a body that begins as expected is the internet's answer, whatever the status",
    "NetworkManager src/core/nm-connectivity.c @355bc90299",
    A
);
rule!(
    EMPTY,
    "nm.probe.empty",
    "where nothing is expected, 204 or an empty 200 is the internet's answer",
    SOURCE,
    A
);
rule!(PORTAL, "nm.probe.portal", "any other reply is a portal's; redirects are not followed", SOURCE, A);
rule!(LIMITED, "nm.probe.limited", "an error, or 20 s without a reply, is limited connectivity", SOURCE, A);
rule!(
    USUAL_DESKTOP,
    "nm.desktop",
    "the distribution is taken with its usual desktop, in the version that came out with it",
    "unverified: assumed",
    E
);
rule!(
    UNLIKE,
    "nm.probe.unlike",
    "the first byte that is not the expected body's ends the check, whatever becomes of the rest",
    "NetworkManager src/core/nm-connectivity.c @355bc90299, easy_write_cb, transliterated and run over libcurl 8.23.0",
    A
);
rule!(
    NAMES,
    "nm.names",
    "where systemd-resolved is not there, a name is asked for twice, 5 s apart, 10 s in all, and again at once after \
     SERVFAIL; of several addresses that of the own network is asked first",
    "glibc 2.36's getaddrinfo, run under libcurl over fixtures/agreement/networkmanager.json",
    C
);
rule!(FULL, "nm.full", "the network is used", SOURCE, A);
rule!(NOT_FULL, "nm.not-full", "the network is said to be limited", SOURCE, A);
rule!(RECHECKED, "nm.again", "it is asked again every 300 s, which is the default", SOURCE, A);
rule!(
    ADDRESS_GNOME,
    "nm.address.gnome",
    "the default of GNOME is nmcheck.gnome.org/check_network_status.txt",
    "lists of addresses",
    D
);
rule!(
    ADDRESS_FEDORA,
    "nm.address.fedora",
    "Fedora asks fedoraproject.org/static/hotspot.txt and expects OK",
    "NetworkManager contrib/fedora/rpm/20-connectivity-fedora.conf",
    A
);
rule!(
    ADDRESS_UBUNTU,
    "nm.address.ubuntu",
    "Ubuntu asks connectivity-check.ubuntu.com and expects nothing",
    "ubuntu.com/core network-manager documentation",
    B
);
rule!(
    ADDRESS_DEBIAN,
    "nm.address.debian",
    "Debian asks network-test.debian.org/nm",
    "LGiki servers.json; gist zhangyoufu",
    D
);
rule!(
    ADDRESS_ARCH,
    "nm.address.arch",
    "Arch asks ping.archlinux.org/nm-check.txt",
    "LGiki servers.json; gist zhangyoufu",
    D
);
rule!(
    ADDRESS_MANJARO,
    "nm.address.manjaro",
    "Manjaro asks ping.manjaro.org/check_network_status.txt",
    "LGiki servers.json",
    D
);

const LIMITED_CASE: Case = Case { when: &[When::NoReply], then: Then::NoInternet, rule: &LIMITED };
const HEADER_CASE: Case =
    Case { when: &[When::Header("X-NetworkManager-Status", "online")], then: Then::Online, rule: &HEADER };
/// The table of a distribution, which expects the one body, with the page of a desktop.
const fn expecting(success: &'static [When], desktop: Desktop) -> [Case; 4] {
    [
        LIMITED_CASE,
        HEADER_CASE,
        Case { when: success, then: Then::Online, rule: &SUCCESS },
        Case { when: &[], then: Then::Portal(desktop.page), rule: &PORTAL },
    ]
}

/// The same for one that expects nothing.
const fn expecting_nothing(desktop: Desktop) -> [Case; 5] {
    [
        LIMITED_CASE,
        HEADER_CASE,
        Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &EMPTY },
        Case { when: &[When::Status(200, 200), When::Bytes(0, 0)], then: Then::Online, rule: &EMPTY },
        Case { when: &[], then: Then::Portal(desktop.page), rule: &PORTAL },
    ]
}

const DEFAULT_BODY: &str = "NetworkManager is online";
const FEDORA_BODY: &str = "OK";
const DEFAULT: &[When] = &[When::BodyStarts(DEFAULT_BODY)];
const FEDORA: &[When] = &[When::BodyStarts(FEDORA_BODY)];

static GNOME_CASES: [Case; 4] = expecting(DEFAULT, desktops::GNOME);
static GNOME: Table = Table { client: "NetworkManager", cases: &GNOME_CASES };
static KDE_CASES: [Case; 4] = expecting(DEFAULT, desktops::KDE);
static KDE: Table = Table { client: "NetworkManager (KDE)", cases: &KDE_CASES };
static PHOSH_CASES: [Case; 4] = expecting(DEFAULT, desktops::PHOSH);
static PHOSH: Table = Table { client: "NetworkManager (Phosh)", cases: &PHOSH_CASES };
static FEDORA_CASES: [Case; 4] = expecting(FEDORA, desktops::GNOME);
static FEDORA_GNOME: Table = Table { client: "NetworkManager (Fedora)", cases: &FEDORA_CASES };
static FEDORA_KDE_CASES: [Case; 4] = expecting(FEDORA, desktops::KDE);
static FEDORA_KDE: Table = Table { client: "NetworkManager (Fedora, KDE)", cases: &FEDORA_KDE_CASES };
static UBUNTU_CASES: [Case; 5] = expecting_nothing(desktops::GNOME);
static UBUNTU: Table = Table { client: "NetworkManager (Ubuntu)", cases: &UBUNTU_CASES };
static ELEMENTARY_CASES: [Case; 5] = expecting_nothing(desktops::ELEMENTARY);
static ELEMENTARY: Table = Table { client: "NetworkManager (elementary)", cases: &ELEMENTARY_CASES };

fn request(url: &Url) -> Vec<u8> {
    let host = url.host_str().unwrap_or_default();
    format!("GET {} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n", url.path())
        .into_bytes()
}

static RESOLVER: Resolver = Resolver {
    retry_delays: &[Duration::from_secs(5)],
    timeout: Some(Duration::from_secs(10)),
    asks_again_at_once: true,
    ..Resolver::ONE_LOOKUP
};

const fn client(reads: Reads) -> HttpClient {
    HttpClient {
        resolver: &RESOLVER,
        connect_timeout: None,
        idle_timeout: None,
        reads,
        reader: &engines::LIBCURL,
        addresses: Addresses::Nearest,
        verifies: true,
    }
}

static DEFAULT_CLIENT: HttpClient = client(Reads::WhileLike(DEFAULT_BODY));
static FEDORA_CLIENT: HttpClient = client(Reads::WhileLike(FEDORA_BODY));
/// It reads on for as long as nothing was to come.
static EMPTY_CLIENT: HttpClient = client(Reads::Everything { at_most: 100 * 1024 });

const RECHECK_DELAY: RecheckDelay = RecheckDelay::Always(Duration::from_secs(300));

static RECHECKS: [Recheck; 3] = [
    Recheck { state: PhoneState::Portal, after: RECHECK_DELAY, rule: &RECHECKED },
    Recheck { state: PhoneState::Online, after: RECHECK_DELAY, rule: &RECHECKED },
    Recheck { state: PhoneState::Failed, after: RECHECK_DELAY, rule: &RECHECKED },
];

const fn plan(
    asks: &'static [&'static str],
    table: &'static Table,
    http_client: &'static HttpClient,
    desktop: Desktop,
    facts: &'static [&'static Rule],
) -> ProbePlan {
    ProbePlan {
        request,
        http_client,
        timeout: Duration::from_secs(20),
        ..ProbePlan::one_page(
            asks,
            Client::Other(table),
            Behaviour::new(desktop.transitions, &RECHECKS, desktop.browser),
            facts,
        )
    }
}

const ASKS_GNOME: &[&str] = &["http://nmcheck.gnome.org/check_network_status.txt"];
const ASKS_FEDORA: &[&str] = &["http://fedoraproject.org/static/hotspot.txt"];
const ASKS_UBUNTU: &[&str] = &["http://connectivity-check.ubuntu.com/"];
const ASKS_DEBIAN: &[&str] = &["http://network-test.debian.org/nm"];
const ASKS_ARCH: &[&str] = &["http://ping.archlinux.org/nm-check.txt"];
const ASKS_MANJARO: &[&str] = &["http://ping.manjaro.org/check_network_status.txt"];

static GNOME_PLAN: ProbePlan = plan(
    ASKS_GNOME,
    &GNOME,
    &DEFAULT_CLIENT,
    desktops::GNOME,
    &[&REQUEST, &UNLIKE, &NAMES, &ADDRESS_GNOME, &desktops::GNOME_PAGE, &desktops::HELPER_AGENT],
);
static GNOME_46_PLAN: ProbePlan = plan(
    ASKS_GNOME,
    &GNOME,
    &DEFAULT_CLIENT,
    desktops::GNOME_46,
    &[&REQUEST, &UNLIKE, &NAMES, &ADDRESS_GNOME, &desktops::GNOME_PAGE, &desktops::HELPER_AGENT],
);
static FEDORA_PLAN: ProbePlan = plan(
    ASKS_FEDORA,
    &FEDORA_GNOME,
    &FEDORA_CLIENT,
    desktops::GNOME,
    &[
        &REQUEST,
        &UNLIKE,
        &NAMES,
        &ADDRESS_FEDORA,
        &USUAL_DESKTOP,
        &desktops::GNOME_PAGE,
        &desktops::HELPER_AGENT,
    ],
);
static FEDORA_KDE_PLAN: ProbePlan = plan(
    ASKS_FEDORA,
    &FEDORA_KDE,
    &FEDORA_CLIENT,
    desktops::KDE,
    &[&REQUEST, &UNLIKE, &NAMES, &ADDRESS_FEDORA, &USUAL_DESKTOP, &desktops::BROWSER_AGENT],
);
static UBUNTU_24_04_PLAN: ProbePlan = plan(
    ASKS_UBUNTU,
    &UBUNTU,
    &EMPTY_CLIENT,
    desktops::GNOME_46,
    &[
        &REQUEST,
        &UNLIKE,
        &NAMES,
        &ADDRESS_UBUNTU,
        &USUAL_DESKTOP,
        &desktops::GNOME_PAGE,
        &desktops::HELPER_AGENT,
    ],
);
static UBUNTU_PLAN: ProbePlan = plan(
    ASKS_UBUNTU,
    &UBUNTU,
    &EMPTY_CLIENT,
    desktops::GNOME,
    &[
        &REQUEST,
        &UNLIKE,
        &NAMES,
        &ADDRESS_UBUNTU,
        &USUAL_DESKTOP,
        &desktops::GNOME_PAGE,
        &desktops::HELPER_AGENT,
    ],
);
static DEBIAN_PLAN: ProbePlan = plan(
    ASKS_DEBIAN,
    &GNOME,
    &DEFAULT_CLIENT,
    desktops::GNOME_WITHOUT_HELPER,
    &[&REQUEST, &UNLIKE, &NAMES, &ADDRESS_DEBIAN, &desktops::BROWSER_AGENT],
);
static PHOSH_PLAN: ProbePlan = plan(
    ASKS_DEBIAN,
    &PHOSH,
    &DEFAULT_CLIENT,
    desktops::PHOSH,
    &[&REQUEST, &UNLIKE, &NAMES, &ADDRESS_DEBIAN, &USUAL_DESKTOP, &desktops::BROWSER_AGENT],
);
static ARCH_PLAN: ProbePlan = plan(
    ASKS_ARCH,
    &GNOME,
    &DEFAULT_CLIENT,
    desktops::GNOME,
    &[
        &REQUEST,
        &UNLIKE,
        &NAMES,
        &ADDRESS_ARCH,
        &USUAL_DESKTOP,
        &desktops::GNOME_PAGE,
        &desktops::HELPER_AGENT,
    ],
);
static MANJARO_PLAN: ProbePlan = plan(
    ASKS_MANJARO,
    &KDE,
    &DEFAULT_CLIENT,
    desktops::KDE,
    &[&REQUEST, &UNLIKE, &NAMES, &ADDRESS_MANJARO, &USUAL_DESKTOP, &desktops::BROWSER_AGENT],
);
static ELEMENTARY_PLAN: ProbePlan = plan(
    ASKS_UBUNTU,
    &ELEMENTARY,
    &EMPTY_CLIENT,
    desktops::ELEMENTARY,
    &[
        &REQUEST,
        &UNLIKE,
        &NAMES,
        &ADDRESS_UBUNTU,
        &USUAL_DESKTOP,
        &desktops::ELEMENTARY_PAGE,
        &desktops::BROWSER_AGENT,
    ],
);

const fn model(
    id: &'static str,
    name: &'static str,
    versions: &'static str,
    plan: &'static ProbePlan,
    desktop: Desktop,
) -> Model {
    Model {
        id,
        name,
        versions,
        family: Family::NetworkManager,
        system: plan,
        presents: desktop.presents,
        need: None,
        features: desktop.features,
    }
}

static MODELS: [Model; 11] = [
    model("nm-gnome-46", "NetworkManager, GNOME 46", "43 to 46", &GNOME_46_PLAN, desktops::GNOME_46),
    model("nm-gnome", "NetworkManager, GNOME", "47 and newer", &GNOME_PLAN, desktops::GNOME),
    model("nm-fedora", "NetworkManager, Fedora", "41 and newer, GNOME", &FEDORA_PLAN, desktops::GNOME),
    model("nm-fedora-kde", "NetworkManager, Fedora KDE", "Plasma 5 and 6", &FEDORA_KDE_PLAN, desktops::KDE),
    model(
        "nm-ubuntu-24.04",
        "NetworkManager, Ubuntu 24.04",
        "22.10 to 24.04, GNOME",
        &UBUNTU_24_04_PLAN,
        desktops::GNOME_46,
    ),
    model("nm-ubuntu", "NetworkManager, Ubuntu", "24.10 and newer, GNOME", &UBUNTU_PLAN, desktops::GNOME),
    model(
        "nm-debian",
        "NetworkManager, Debian",
        "13 and newer, GNOME",
        &DEBIAN_PLAN,
        desktops::GNOME_WITHOUT_HELPER,
    ),
    model("nm-arch", "NetworkManager, Arch", "2024 and newer, GNOME", &ARCH_PLAN, desktops::GNOME),
    model("nm-manjaro", "NetworkManager, Manjaro", "Plasma", &MANJARO_PLAN, desktops::KDE),
    model("nm-phosh", "NetworkManager, Phosh", "Mobian's", &PHOSH_PLAN, desktops::PHOSH),
    model(
        "nm-elementary",
        "NetworkManager, elementary",
        "8 and its like",
        &ELEMENTARY_PLAN,
        desktops::ELEMENTARY,
    ),
];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

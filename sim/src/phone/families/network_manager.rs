//! NetworkManager on Linux: one page, at an address that the distribution chose. It only says what
//! it found; what a desktop makes of that is not modelled.

use std::time::Duration;

use url::Url;

use crate::phone::fetch::{HttpClient, Reads};
use crate::phone::judge::case::{Case, PortalPage, Table, Then, When};
use crate::phone::judge::client::Client;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::{Rule, rule};
use crate::phone::table::{Behaviour, PhoneState, Recheck, RecheckDelay, Transition};
use crate::phone::url_probe::ProbePlan;
use crate::phone::{features, transitions};

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
rule!(SUCCESS, "nm.probe.success", "a body that begins as expected is the internet's answer", SOURCE, A);
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
    SAYS,
    "nm.says",
    "NetworkManager itself opens nothing and notifies nobody; what the desktop does is not known here",
    "unverified: the desktops were not read",
    E
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
const PORTAL_CASE: Case = Case { when: &[], then: Then::Portal(PortalPage::Probe), rule: &PORTAL };

const fn expecting(success: &'static [When]) -> [Case; 4] {
    [LIMITED_CASE, HEADER_CASE, Case { when: success, then: Then::Online, rule: &SUCCESS }, PORTAL_CASE]
}

static DEFAULT_CASES: [Case; 4] =
    expecting(&[When::Status(200, 200), When::BodyStarts("NetworkManager is online")]);
static FEDORA_CASES: [Case; 4] = expecting(&[When::Status(200, 200), When::BodyStarts("OK")]);
static EMPTY_CASES: [Case; 5] = [
    LIMITED_CASE,
    HEADER_CASE,
    Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &EMPTY },
    Case { when: &[When::Status(200, 200), When::Bytes(0, 0)], then: Then::Online, rule: &EMPTY },
    PORTAL_CASE,
];
static DEFAULT: Table = Table { client: "NetworkManager", cases: &DEFAULT_CASES };
static FEDORA: Table = Table { client: "NetworkManager (Fedora)", cases: &FEDORA_CASES };
static UBUNTU: Table = Table { client: "NetworkManager (Ubuntu)", cases: &EMPTY_CASES };

fn request(url: &Url) -> Vec<u8> {
    let host = url.host_str().unwrap_or_default();
    format!("GET {} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n", url.path())
        .into_bytes()
}

static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: &[Duration::from_secs(5), Duration::from_secs(10)],
        timeout: None,
        service_first: false,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: None,
    idle_timeout: None,
    reads: Reads::Everything { at_most: 65_536 },
    ..HttpClient::TOLERANT
};

static TRANSITIONS: [Transition; 3] =
    [transitions::portal(&[], &SAYS), transitions::online(&FULL), transitions::failed(&NOT_FULL)];

const RECHECK_DELAY: RecheckDelay = RecheckDelay::Always(Duration::from_secs(300));

static RECHECKS: [Recheck; 3] = [
    Recheck { state: PhoneState::Portal, after: RECHECK_DELAY, rule: &RECHECKED },
    Recheck { state: PhoneState::Online, after: RECHECK_DELAY, rule: &RECHECKED },
    Recheck { state: PhoneState::Failed, after: RECHECK_DELAY, rule: &RECHECKED },
];

const fn plan(
    asks: &'static [&'static str],
    table: &'static Table,
    facts: &'static [&'static Rule],
) -> ProbePlan {
    ProbePlan {
        request,
        http_client: &HTTP_CLIENT,
        timeout: Duration::from_secs(20),
        ..ProbePlan::one_page(asks, Client::Other(table), Behaviour::new(&TRANSITIONS, &RECHECKS, ""), facts)
    }
}

static GNOME_PLAN: ProbePlan =
    plan(&["http://nmcheck.gnome.org/check_network_status.txt"], &DEFAULT, &[&REQUEST, &ADDRESS_GNOME]);
static FEDORA_PLAN: ProbePlan =
    plan(&["http://fedoraproject.org/static/hotspot.txt"], &FEDORA, &[&REQUEST, &ADDRESS_FEDORA]);
static UBUNTU_PLAN: ProbePlan =
    plan(&["http://connectivity-check.ubuntu.com/"], &UBUNTU, &[&REQUEST, &ADDRESS_UBUNTU]);
static DEBIAN_PLAN: ProbePlan =
    plan(&["http://network-test.debian.org/nm"], &DEFAULT, &[&REQUEST, &ADDRESS_DEBIAN]);
static ARCH_PLAN: ProbePlan =
    plan(&["http://ping.archlinux.org/nm-check.txt"], &DEFAULT, &[&REQUEST, &ADDRESS_ARCH]);
static MANJARO_PLAN: ProbePlan =
    plan(&["http://ping.manjaro.org/check_network_status.txt"], &DEFAULT, &[&REQUEST, &ADDRESS_MANJARO]);

const fn model(id: &'static str, name: &'static str, plan: &'static ProbePlan) -> Model {
    Model {
        id,
        name,
        versions: "1.x",
        family: Family::NetworkManager,
        system: plan,
        presents: Presents::Nothing,
        need: None,
        features: features::NO_BROWSER,
    }
}

static MODELS: [Model; 6] = [
    model("nm-gnome", "NetworkManager, GNOME", &GNOME_PLAN),
    model("nm-fedora", "NetworkManager, Fedora", &FEDORA_PLAN),
    model("nm-ubuntu", "NetworkManager, Ubuntu", &UBUNTU_PLAN),
    model("nm-debian", "NetworkManager, Debian", &DEBIAN_PLAN),
    model("nm-arch", "NetworkManager, Arch", &ARCH_PLAN),
    model("nm-manjaro", "NetworkManager, Manjaro", &MANJARO_PLAN),
];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

//! Chromium: its own portal detector, and the check whether random names lead somewhere.

use std::time::Duration;

use url::{Position, Url};
use vestibule_core::Instant;

use crate::phone::check::{Check, Conclusion, Situation};
use crate::phone::engines;
use crate::phone::exchange::{ExchangeId, Link, Progress};
use crate::phone::fetch::{Addresses, Fetch, FetchOutcome, HttpClient, Reads};
use crate::phone::judge::case::{Case, PortalPage, ProbeStep, Table, Then, Trail, When, probe_step};
use crate::phone::judge::client::Client;
use crate::phone::lookup::Resolver;
use crate::phone::model::{Family, Model, Presents};
use crate::phone::rule::{Rule, rule};
use crate::phone::system::System;
use crate::phone::table::{Behaviour, Event, PhoneAction, PhoneState, Recheck, RecheckDelay, Transition};
use crate::phone::url_probe::ProbePlan;
use crate::phone::verdict::Verdict;
use crate::phone::wire::Wire;
use crate::phone::{features, transitions};

const DETECTOR: &str = "chromium components/captive_portal/core/captive_portal_detector.cc @0307e728";
const REDIRECTS: &str = "chromium chrome/browser/intranet_redirect_detector.cc @02e49e58";

rule!(
    REQUEST,
    "chromium.request",
    "connectivitycheck.gstatic.com/generate_204, without cache and credentials; older ones ask www.gstatic.com",
    "chromium components/captive_portal/core/captive_portal_detector.cc @0307e728, kDefaultURL and \
     kCaptivePortalUpdatedOrigin; the order of its header lines was recorded of Chromium 156.0.8078.79 (Debian's), in \
     the namespaces of ci/interop.sh, where it calls itself HeadlessChrome without a window",
    A
);
rule!(
    FOLLOWS,
    "chromium.probe.follows",
    "redirects are followed; that twenty are the most is Chromium's habit elsewhere",
    DETECTOR,
    A
);
rule!(
    UNFOLLOWED,
    "chromium.probe.unfollowed",
    "a redirect that cannot be followed, and one more than are followed, are an error, which is no result",
    DETECTOR,
    A
);
rule!(
    UNDECODABLE,
    "chromium.probe.undecodable",
    "a body that is not the gzip it is said to be is an error, which is no result",
    DETECTOR,
    A
);
rule!(REQUIRED, "chromium.probe.511", "511 is a portal's", DETECTOR, A);
rule!(
    SUCCESS,
    "chromium.probe.success",
    "204, or 200 with no more than one byte, is the internet's answer",
    DETECTOR,
    A
);
rule!(
    PORTAL,
    "chromium.probe.portal",
    "any other status from 200 to 399 at the end of the redirects is a portal's",
    DETECTOR,
    A
);
rule!(NO_RESULT, "chromium.probe.no-result", "other statuses and failures are no result", DETECTOR, A);
rule!(
    WHEN,
    "chromium.when",
    "it asks when a page loads slowly or has a TLS error; here on joining",
    "unverified: that it happens on joining is this model's simplification",
    E
);
rule!(
    TAB,
    "chromium.tab",
    "a portal opens a tab on the probe's URL",
    "unverified: the page of the tab was not read",
    E
);
rule!(QUIET, "chromium.quiet", "without a portal nothing is shown", DETECTOR, A);
rule!(
    RECHECKED,
    "chromium.again",
    "it asks again 600 s later, or 20 s after a portal",
    "chromium chrome/browser/captive_portal/captive_portal_service.cc @0307e728",
    A
);
rule!(
    TIMEOUTS,
    "chromium.timeout",
    "a name is waited for 10 s, a connection or a reply 10 s",
    "unverified: chosen",
    E
);
rule!(
    NAMES,
    "chromium.names",
    "three names of 7 to 15 small letters are asked for HEAD /, 1 s after the network changed",
    REDIRECTS,
    A
);
rule!(
    NAMES_HIJACKED,
    "chromium.names.redirected",
    "two of them that lead to the same host mean that the network makes names up",
    REDIRECTS,
    A
);
rule!(NAMES_FAIL, "chromium.names.fail", "names that fail are as they should be", REDIRECTS, A);
rule!(
    NAMES_REQUEST,
    "chromium.names.request",
    "the header lines other than Host are not known",
    "unverified",
    E
);

/// A reply that sends the client elsewhere.
const REDIRECT: When = When::StatusIn(&[301, 302, 303, 307, 308]);

static CASES: [Case; 9] = [
    Case { when: &[When::NoReply], then: Then::Inconclusive, rule: &NO_RESULT },
    Case {
        when: &[REDIRECT, When::Followable, When::RedirectsBelow(20)],
        then: Then::Follow,
        rule: &FOLLOWS,
    },
    Case { when: &[REDIRECT, When::HasLocation], then: Then::Inconclusive, rule: &UNFOLLOWED },
    Case { when: &[When::Undecodable], then: Then::Inconclusive, rule: &UNDECODABLE },
    Case { when: &[When::Status(511, 511)], then: Then::Portal(PortalPage::Probe), rule: &REQUIRED },
    Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &SUCCESS },
    Case { when: &[When::Status(200, 200), When::Bytes(0, 1)], then: Then::Online, rule: &SUCCESS },
    Case { when: &[When::Status(200, 399)], then: Then::Portal(PortalPage::Probe), rule: &PORTAL },
    Case { when: &[], then: Then::Inconclusive, rule: &NO_RESULT },
];

static TABLE: Table = Table { client: "Chromium", cases: &CASES };

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

fn request(url: &Url) -> Vec<u8> {
    let (path, host) = (&url[Position::BeforePath..Position::AfterQuery], url.host_str().unwrap_or_default());
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\nPragma: no-cache\r\nCache-Control: \
         no-cache\r\nUser-Agent: {AGENT}\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: \
         en-US,en;q=0.9\r\n\r\n"
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
    reads: Reads::Everything { at_most: 65_536 },
    reader: &engines::CHROMIUM,
    addresses: Addresses::Nearest,
    verifies: true,
};

static HEAD_HTTP_CLIENT: HttpClient = HttpClient {
    resolver: HTTP_CLIENT.resolver,
    connect_timeout: HTTP_CLIENT.connect_timeout,
    idle_timeout: HTTP_CLIENT.idle_timeout,
    reads: Reads::Head,
    reader: &engines::CHROMIUM,
    addresses: Addresses::Nearest,
    verifies: true,
};

static TRANSITIONS: [Transition; 5] = [
    transitions::portal_again(&TAB),
    transitions::portal(&[PhoneAction::OpenPage], &TAB),
    transitions::online(&QUIET),
    transitions::failed(&QUIET),
    transitions::CLOSE_TAB,
];

const TEN_MINUTES: RecheckDelay = RecheckDelay::Always(Duration::from_secs(600));

static RECHECKS: [Recheck; 3] = [
    Recheck {
        state: PhoneState::Portal,
        after: RecheckDelay::Always(Duration::from_secs(20)),
        rule: &RECHECKED,
    },
    Recheck { state: PhoneState::Online, after: TEN_MINUTES, rule: &RECHECKED },
    Recheck { state: PhoneState::Failed, after: TEN_MINUTES, rule: &RECHECKED },
];

static DETECTS: ProbePlan = ProbePlan {
    request,
    http_client: &HTTP_CLIENT,
    ..ProbePlan::one_page(
        &["http://connectivitycheck.gstatic.com/generate_204"],
        Client::Other(&TABLE),
        Behaviour::new(&TRANSITIONS, &RECHECKS, AGENT),
        &[&REQUEST, &WHEN, &TIMEOUTS],
    )
};

/// The check of random names.
struct RandomNames {
    client: Client,
    behaviour: Behaviour,
    facts: &'static [&'static Rule],
}

static NAME_TRANSITIONS: [Transition; 2] = [
    Transition {
        state: &[],
        sheet: &[],
        on: &[Event::NamesRedirected],
        to: Some(PhoneState::Failed),
        actions: &[],
        rule: &NAMES_HIJACKED,
    },
    Transition {
        state: &[],
        sheet: &[],
        on: &[Event::Online],
        to: Some(PhoneState::Online),
        actions: &[],
        rule: &NAMES_FAIL,
    },
];

static RANDOM_NAMES: RandomNames = RandomNames {
    client: Client::Other(&TABLE),
    behaviour: Behaviour::new(&NAME_TRANSITIONS, &[], AGENT),
    facts: &[&NAMES, &NAMES_REQUEST, &FOLLOWS, &TIMEOUTS],
};

/// How many names are asked for.
const HOW_MANY: usize = 3;

/// How long after the network changed they are asked for.
const DELAY_AFTER_CHANGE: Duration = Duration::from_secs(1);

struct NamesCheck {
    link: Link,
    begins: Option<Instant>,
    asked: Vec<PendingName>,
    ended: Vec<Option<String>>,
}

struct PendingName {
    fetch: Fetch,
    trail: Trail,
    at: String,
}

impl System for RandomNames {
    fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    fn start(&'static self, _: &mut Wire, situation: &Situation, now: Instant) -> Box<dyn Check> {
        let begins = Some(now + DELAY_AFTER_CHANGE);
        Box::new(NamesCheck { link: situation.link, begins, asked: Vec::new(), ended: Vec::new() })
    }

    fn client(&self) -> Client {
        self.client
    }

    /// It judges no single reply.
    fn cases(&self) -> Vec<&'static Case> {
        Vec::new()
    }

    fn facts(&self) -> Vec<&'static Rule> {
        self.facts.to_vec()
    }

    fn concludes_at_a_portal(&self) -> &'static str {
        "names-redirected"
    }

    fn asks(&self) -> Vec<(&'static str, String)> {
        vec![("three times", "HEAD http://<7 to 15 random letters>/".to_owned())]
    }

    fn requests(&self) -> Vec<(Url, Vec<u8>)> {
        Vec::new()
    }

    fn asks_for_name(&self, name: &str) -> bool {
        (7..=15).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase())
    }

    fn asks_for_page(&self, method: &str, host: &str, path: &str) -> bool {
        method == "HEAD" && path == "/" && self.asks_for_name(host)
    }
}

impl NamesCheck {
    fn ask(&mut self, wire: &mut Wire, trail: Trail, at: &str, now: Instant) {
        let fetch = Url::parse(at).ok().and_then(|url| {
            let (path, host) = (
                &url[Position::BeforePath..Position::AfterQuery],
                &url[Position::BeforeHost..Position::AfterPort],
            );
            let payload =
                format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\n\r\n").into_bytes();
            Fetch::start(wire, self.link, &url, payload, &HEAD_HTTP_CLIENT, false, now).ok()
        });
        match fetch {
            Some(fetch) => self.asked.push(PendingName { fetch, trail, at: at.to_owned() }),
            None => self.ended.push(None),
        }
    }

    fn request_finished(
        &mut self,
        wire: &mut Wire,
        asked: PendingName,
        outcome: &FetchOutcome,
        now: Instant,
    ) {
        let PendingName { mut trail, at, .. } = asked;
        match probe_step(&CASES, &trail, outcome) {
            ProbeStep::Follow { location } => {
                trail.follow(&location);
                self.ask(wire, trail, &location, now);
            }
            ProbeStep::Concluded(judgement) => {
                let host = Url::parse(&at).ok().and_then(|url| url.host_str().map(str::to_owned));
                let has_arrived = outcome.is_ok() && judgement.rule.id != UNFOLLOWED.id;
                self.ended.push(host.filter(|_| has_arrived));
            }
        }
    }
}

impl Check for NamesCheck {
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        let Some(place) = self.asked.iter().position(|asked| asked.fetch.owns(id)) else { return };
        let mut asked = self.asked.remove(place);
        match asked.fetch.exchange(wire, id, progress, now) {
            Some(outcome) => self.request_finished(wire, asked, &outcome, now),
            None => self.asked.insert(place, asked),
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        if self.begins.take_if(|at| now >= *at).is_some() {
            for _ in 0..HOW_MANY {
                let url = format!("http://{}/", wire.word(7, 15));
                self.ask(wire, Trail::new(&url), &url, now);
            }
        }
        for mut asked in std::mem::take(&mut self.asked) {
            match asked.fetch.due(wire, now) {
                Some(outcome) => self.request_finished(wire, asked, &outcome, now),
                None => self.asked.push(asked),
            }
        }
    }

    fn advance(&mut self, _: &mut Wire, _: Instant) -> Option<Conclusion> {
        if self.begins.is_some() || !self.asked.is_empty() {
            return None;
        }
        let hosts: Vec<&String> = self.ended.iter().flatten().collect();
        let same = |host: &&&String| hosts.iter().filter(|other| **other == **host).count() >= 2;
        let is_redirected = hosts.iter().any(|host| same(&host));
        let (verdict, rule) = match is_redirected {
            true => (Verdict::NamesRedirected, &NAMES_HIJACKED),
            false => (Verdict::Online, &NAMES_FAIL),
        };
        Some(Conclusion::new(verdict, rule))
    }

    fn timeout(&self) -> Option<Instant> {
        self.asked.iter().filter_map(|asked| asked.fetch.timeout()).chain(self.begins).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        self.asked.into_iter().for_each(|asked| asked.fetch.abandon(wire));
    }
}

static MODELS: [Model; 2] = [
    Model {
        id: "chromium",
        name: "Chromium, Chrome",
        versions: "as its source",
        family: Family::Chromium,
        system: &DETECTS,
        presents: Presents::Browser,
        need: None,
        features: features::WHOLE_BROWSER,
    },
    Model {
        id: "chromium-names",
        name: "Chromium's random names",
        versions: "as its source",
        family: Family::Chromium,
        system: &RANDOM_NAMES,
        presents: Presents::Nothing,
        need: None,
        features: features::NO_BROWSER,
    },
];

pub(in crate::phone) fn models() -> std::slice::Iter<'static, Model> {
    MODELS.iter()
}

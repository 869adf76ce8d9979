//! The check of clients that ask one question at a time: a URL, tried so often, for so long, and
//! judged by a table. What differs between them is a [`ProbePlan`].

use std::net::Ipv4Addr;
use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::capport::{self, Answer};
use super::check::{Check, Conclusion, Situation};
use super::exchange::{ExchangeId, Link, Progress};
use super::fetch::{Fetch, FetchOutcome, HttpClient, Reads};
use super::judge::case::{ProbeStep, Trail, probe_step};
use super::judge::client::Client;
use super::judge::failure::Failure;
use super::judge::judgement::Judgement;
use super::lookup::{Lookup, Resolver};
use super::rule::Rule;
use super::side_request::{SideRequest, SideRequests};
use super::system::{System, hosts_of, requests_for};
use super::table::Behaviour;
use super::verdict::Verdict;
use super::wire::Wire;

/// What a client asks, how long it waits, and what it does with the answer.
#[derive(Debug)]
pub(super) struct ProbePlan {
    /// A name that is asked before anything else, where the client does that.
    pub(super) name: Option<NameProbe>,
    /// What is asked: by the first check the first, by the next ones the others in their order,
    /// then a random one.
    pub(super) asks: &'static [&'static str],
    /// What is asked over HTTPS at the same time. Any reply is a success.
    pub(super) https: Option<HttpsProbe>,
    /// Why a captive portal API that the network announces decides, where the client asks it. It is asked at the
    /// same time, and waited for.
    pub(super) api: Option<&'static Rule>,
    /// What is asked at the same time without a bearing on the conclusion.
    pub(super) side_requests: &'static [SideRequest],
    pub(super) request: fn(&Url) -> Vec<u8>,
    pub(super) http_client: &'static HttpClient,
    /// How long one try may take, redirects included.
    pub(super) timeout: Duration,
    /// How often it is tried where nothing can be concluded.
    pub(super) tries: u32,
    pub(super) client: Client,
    pub(super) behaviour: Behaviour,
    /// Rules that no table has: requests, timeouts, what is assumed.
    pub(super) facts: &'static [&'static Rule],
}

impl ProbePlan {
    /// A client that asks one page, once a check, and of whose request and times nothing is known. Families
    /// replace what they know better.
    pub(super) const fn one_page(
        asks: &'static [&'static str],
        client: Client,
        behaviour: Behaviour,
        facts: &'static [&'static Rule],
    ) -> Self {
        Self {
            name: None,
            asks,
            https: None,
            api: None,
            side_requests: &[],
            request: plain_request,
            http_client: &TEN_SECONDS,
            timeout: Duration::from_secs(30),
            tries: 1,
            client,
            behaviour,
            facts,
        }
    }
}

/// A request of which no more than its host is known.
fn plain_request(url: &Url) -> Vec<u8> {
    format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", url.path(), url.host_str().unwrap_or_default())
        .into_bytes()
}

/// A client whose times are not known: chosen.
static TEN_SECONDS: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: &[Duration::from_secs(5)],
        timeout: Some(Duration::from_secs(10)),
        service_first: false,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: Some(Duration::from_secs(10)),
    idle_timeout: Some(Duration::from_secs(10)),
    reads: Reads::Everything { at_most: 65_536 },
    ..HttpClient::TOLERANT
};

/// A name whose address is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameProbe {
    pub(super) name: &'static str,
    pub(super) expected: Ipv4Addr,
    /// Why that address means internet, and any other that more has to be asked.
    pub(super) rule: &'static Rule,
}

/// The probe over HTTPS at the same time as that over HTTP.
#[derive(Clone, Copy, Debug)]
pub(super) struct HttpsProbe {
    pub(super) asks: &'static [&'static str],
    /// HTTP and HTTPS succeeded, which alone is online.
    pub(super) both: &'static Rule,
    /// HTTP succeeded and HTTPS did not, which is no internet.
    pub(super) missing: &'static Rule,
}

static NAME_RESOLVER: Resolver = Resolver { timeout: Some(Duration::from_secs(5)), ..Resolver::ONE_LOOKUP };

struct ProbeCheck {
    plan: &'static ProbePlan,
    link: Link,
    trail: Trail,
    target: String,
    tries: u32,
    until: Instant,
    state: ProbeState,
    https: Option<Box<Fetch>>,
    /// Whether HTTPS succeeded, once that is known.
    https_succeeded: Option<bool>,
    api: Option<Box<Fetch>>,
    /// What the captive portal API says, where that can be used.
    api_says: Option<Verdict>,
    judged: Option<Judgement>,
    beside: SideRequests,
}

enum ProbeState {
    Resolving(Box<Lookup>),
    Running(Box<Fetch>),
    Over,
}

impl System for ProbePlan {
    fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    fn start(&'static self, wire: &mut Wire, situation: &Situation, now: Instant) -> Box<dyn Check> {
        ProbeCheck::start(self, wire, situation, now)
    }

    fn client(&self) -> Client {
        self.client
    }

    fn facts(&self) -> Vec<&'static Rule> {
        let https = self.https.map(|https| [https.both, https.missing]);
        let name = self.name.map(|name| name.rule);
        let reading = self.http_client.reader.rules.iter().copied();
        let others = self.facts.iter().copied().chain(https.into_iter().flatten());
        others.chain(name).chain(self.api).chain(reading).collect()
    }

    fn asks(&self) -> Vec<(&'static str, String)> {
        let mut asks = Vec::new();
        asks.extend(self.name.map(|probe| ("first", format!("the name {}", probe.name))));
        asks.extend(self.asks.iter().map(|url| ("a page", (*url).to_owned())));
        let https = self.https.map_or(&[][..], |https| https.asks);
        asks.extend(https.iter().map(|url| ("beside it", (*url).to_owned())));
        let api = "the captive portal API (DHCP option 114)";
        asks.extend(self.api.map(|_| ("beside it, if announced", api.to_owned())));
        asks.extend(self.side_requests.iter().map(|request| ("without consequence", request.to_string())));
        asks
    }

    fn requests(&self) -> Vec<(Url, Vec<u8>)> {
        requests_for(self.asks.iter().copied().chain(self.side_pages()), self.request)
    }

    /// A computer opens its page in an ordinary browser.
    fn page_is_bound(&self) -> bool {
        false
    }

    fn side_pages(&self) -> Vec<&'static str> {
        self.side_requests.iter().filter_map(SideRequest::page).collect()
    }

    fn further_names(&self) -> Vec<String> {
        let https = self.https.map_or(&[][..], |https| https.asks);
        let mut names = hosts_of(https.iter().copied());
        names.extend(self.name.map(|probe| probe.name.to_owned()));
        names.extend(self.side_requests.iter().filter_map(SideRequest::name).map(str::to_owned));
        names
    }
}

impl ProbeCheck {
    fn start(
        plan: &'static ProbePlan,
        wire: &mut Wire,
        situation: &Situation,
        now: Instant,
    ) -> Box<dyn Check> {
        let link = situation.link;
        let number = usize::try_from(situation.checks_before).unwrap_or(usize::MAX);
        let url = turn(wire, plan.asks, number).unwrap_or_default();
        let mut check = Self {
            plan,
            link,
            trail: Trail::new(url),
            target: url.to_owned(),
            tries: 0,
            until: now + plan.timeout,
            state: ProbeState::Over,
            https: None,
            https_succeeded: None,
            api: None,
            api_says: None,
            judged: None,
            beside: SideRequests::default(),
        };
        check.begin(wire, now);
        if let Some(https) = plan.https.and_then(|https| turn(wire, https.asks, number)) {
            let fetch = Url::parse(https).map_err(|_| Failure::NameUnresolved);
            let fetch = fetch.and_then(|url| {
                Fetch::start(wire, link, &url, (plan.request)(&url), plan.http_client, false, now)
            });
            match fetch {
                Ok(fetch) => check.https = Some(Box::new(fetch)),
                Err(_) => check.https_succeeded = Some(false),
            }
        }
        let announced = situation.captive_portal_api.as_deref().filter(|_| plan.api.is_some());
        let api = announced.and_then(capport::usable).map(|url| capport::ask(wire, link, &url, now));
        check.api = api.and_then(Result::ok).map(Box::new);
        check.beside =
            SideRequests::begin(plan.side_requests, plan.request, plan.http_client, link, wire, now);
        Box::new(check)
    }

    fn begin(&mut self, wire: &mut Wire, now: Instant) {
        let lookup =
            self.plan.name.map(|probe| Lookup::start(wire, self.link, probe.name, &NAME_RESOLVER, now));
        match lookup {
            Some(Ok((lookup, _))) => self.state = ProbeState::Resolving(Box::new(lookup)),
            _ => self.ask(wire, now),
        }
    }

    fn ask(&mut self, wire: &mut Wire, now: Instant) {
        let fetch = Url::parse(&self.target).map_err(|_| Failure::NameUnresolved).and_then(|url| {
            let payload = (self.plan.request)(&url);
            Fetch::start(wire, self.link, &url, payload, self.plan.http_client, false, now)
        });
        match fetch {
            Ok(fetch) => self.state = ProbeState::Running(Box::new(fetch)),
            Err(failure) => self.handle_outcome(wire, Err(failure), now),
        }
    }

    fn handle_outcome(&mut self, wire: &mut Wire, outcome: FetchOutcome, now: Instant) {
        match probe_step(self.plan.client.cases(), &self.trail, &outcome) {
            ProbeStep::Concluded(Judgement { verdict: Verdict::Inconclusive, .. })
                if self.tries + 1 < self.plan.tries =>
            {
                self.tries += 1;
                self.trail = Trail::new(self.trail.original());
                self.target = self.trail.original().to_owned();
                self.try_again(wire, now);
            }
            ProbeStep::Concluded(judgement) => {
                self.state = ProbeState::Over;
                self.judged = Some(judgement);
            }
            ProbeStep::Follow { location } => {
                self.trail.follow(&location);
                self.target = location;
                self.ask(wire, now);
            }
        }
    }

    fn try_again(&mut self, wire: &mut Wire, now: Instant) {
        self.until = now + self.plan.timeout;
        self.ask(wire, now);
    }

    fn name_resolved(&mut self, wire: &mut Wire, address: Option<Ipv4Addr>, now: Instant) {
        match self.plan.name.filter(|probe| Some(probe.expected) == address) {
            Some(probe) => {
                self.state = ProbeState::Over;
                self.judged = Some(Judgement { verdict: Verdict::Online, rule: probe.rule });
            }
            None => self.try_again(wire, now),
        }
    }

    fn https_finished(&mut self, outcome: &FetchOutcome) {
        self.https = None;
        self.https_succeeded = Some(outcome.is_ok());
    }

    /// Takes the answer of the captive portal API. A page over HTTP makes it none.
    fn api_answered(&mut self, outcome: &FetchOutcome) {
        self.api = None;
        self.api_says = match capport::parse(outcome) {
            Answer::Captive(url) if url.starts_with("https://") => Some(Verdict::Portal { url }),
            Answer::NotCaptive => Some(Verdict::Online),
            Answer::Captive(_) | Answer::Useless => None,
        };
    }

    /// The conclusion from HTTP and HTTPS together.
    fn with_https(&self, https: HttpsProbe) -> Option<Conclusion> {
        let judged = self.judged.as_ref()?;
        if judged.verdict.is_portal() {
            return Some(conclusion(judged));
        }
        let succeeded = self.https_succeeded?;
        Some(match (&judged.verdict, succeeded) {
            (Verdict::Online, true) => Conclusion::new(Verdict::Online, https.both),
            (Verdict::Online, false) => Conclusion::new(Verdict::NoInternet, https.missing),
            _ => conclusion(judged),
        })
    }
}

fn conclusion(judged: &Judgement) -> Conclusion {
    Conclusion::new(judged.verdict.clone(), judged.rule)
}

/// The one whose turn it is: in their order, then at random.
fn turn(wire: &mut Wire, of: &[&'static str], number: usize) -> Option<&'static str> {
    match of.get(number) {
        Some(next) => Some(next),
        None => of.get(wire.choose(of.len())).copied(),
    }
}

impl Check for ProbeCheck {
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        self.beside.exchange(wire, id, progress, now);
        if let Some(fetch) = self.https.as_mut().filter(|fetch| fetch.owns(id)) {
            if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                self.https_finished(&outcome);
            }
            return;
        }
        if let Some(fetch) = self.api.as_mut().filter(|fetch| fetch.owns(id)) {
            if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                self.api_answered(&outcome);
            }
            return;
        }
        match &mut self.state {
            ProbeState::Resolving(lookup) if lookup.owns(id) => {
                if let Some(found) = lookup.exchange(wire, id, progress, now) {
                    let first = found.ok().and_then(|addresses| addresses.first().copied());
                    self.name_resolved(wire, first, now);
                }
            }
            ProbeState::Running(fetch) if fetch.owns(id) => {
                if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                    self.handle_outcome(wire, outcome, now);
                }
            }
            _ => {}
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        self.beside.due(wire, now);
        if let Some(outcome) = self.https.as_mut().and_then(|fetch| fetch.due(wire, now)) {
            self.https_finished(&outcome);
        }
        if let Some(outcome) = self.api.as_mut().and_then(|fetch| fetch.due(wire, now)) {
            self.api_answered(&outcome);
        }
        match &mut self.state {
            ProbeState::Resolving(lookup) => {
                if lookup.due(wire, now).is_some() {
                    self.name_resolved(wire, None, now);
                }
            }
            ProbeState::Running(_) if now >= self.until => {
                if let ProbeState::Running(fetch) = std::mem::replace(&mut self.state, ProbeState::Over) {
                    fetch.expire(wire);
                }
                self.handle_outcome(wire, Err(Failure::Timeout), now);
            }
            ProbeState::Running(fetch) => {
                if let Some(outcome) = fetch.due(wire, now) {
                    self.handle_outcome(wire, outcome, now);
                }
            }
            ProbeState::Over if self.judged.is_none() && now >= self.until => self.try_again(wire, now),
            ProbeState::Over => {}
        }
    }

    fn advance(&mut self, _: &mut Wire, _: Instant) -> Option<Conclusion> {
        if self.api.is_some() {
            return None;
        }
        if let (Some(verdict), Some(rule)) = (&self.api_says, self.plan.api) {
            return Some(Conclusion::new(verdict.clone(), rule));
        }
        match self.plan.https {
            Some(https) => self.with_https(https),
            None => self.judged.as_ref().map(conclusion),
        }
    }

    fn timeout(&self) -> Option<Instant> {
        let own = match &self.state {
            ProbeState::Resolving(lookup) => lookup.timeout(),
            ProbeState::Running(fetch) => {
                Some(fetch.timeout().map_or(self.until, |next| next.min(self.until)))
            }
            ProbeState::Over => self.judged.is_none().then_some(self.until),
        };
        let secure = [&self.https, &self.api].into_iter().flatten().filter_map(|fetch| fetch.timeout());
        own.into_iter().chain(secure).chain(self.beside.timeout()).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        self.ended(wire).abandon(wire);
    }

    fn ended(self: Box<Self>, wire: &mut Wire) -> SideRequests {
        match self.state {
            ProbeState::Resolving(lookup) => lookup.abandon(wire),
            ProbeState::Running(fetch) => fetch.abandon(wire),
            ProbeState::Over => {}
        }
        self.https.into_iter().chain(self.api).for_each(|fetch| fetch.abandon(wire));
        self.beside
    }
}

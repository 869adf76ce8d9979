//! One probe: the request, its retries, the redirects it follows, and its 40 seconds.

use std::time::Duration;

use url::{Position, Url};
use vestibule_core::Instant;

use super::generation::{Generation, Probes, RequestShape, SheetPage};
use super::rules;
use crate::phone::capport::{self, Answer};
use crate::phone::check::{Check, Conclusion, Situation};
use crate::phone::engines;
use crate::phone::exchange::{ExchangeId, Link, Progress};
use crate::phone::fetch::{Fetch, FetchOutcome, HttpClient, Reads};
use crate::phone::judge::apple::{LONGEST_BODY, judge_step};
use crate::phone::judge::case::{ProbeStep, Trail};
use crate::phone::judge::failure::Failure;
use crate::phone::judge::judgement::Judgement;
use crate::phone::lookup::Resolver;
use crate::phone::rule::Rule;
use crate::phone::verdict::Verdict;
use crate::phone::wire::Wire;

const PROBE_TIMEOUT: Duration = Duration::from_secs(40);

/// How long the model that minds port 443 waits for an answer there before it opens the sheet. Chosen.
const PORT_443_TIMEOUT: Duration = Duration::from_secs(1);

/// What that model asks there. Which name it is, is not known.
const SECURE_URL: &str = "https://captive.apple.com/";

const RETRY_DELAYS: [Duration; 10] = {
    let tenths = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8];
    let mut delays = [Duration::ZERO; 10];
    let mut index = 0;
    while index < tenths.len() {
        delays[index] = Duration::from_millis(100 * tenths[index]);
        index += 1;
    }
    delays
};

const QUESTION_RETRY_DELAYS: &[Duration] = &[
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(7),
    Duration::from_secs(15),
    Duration::from_secs(31),
];

static HTTP_CLIENT: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: QUESTION_RETRY_DELAYS,
        timeout: None,
        service_first: false,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: None,
    idle_timeout: None,
    reads: Reads::Everything { at_most: LONGEST_BODY },
    reader: &engines::CFNETWORK,
    ..HttpClient::TOLERANT
};

static HTTP_CLIENT_WITH_SERVICE_QUESTION: HttpClient = HttpClient {
    resolver: &Resolver {
        retry_delays: QUESTION_RETRY_DELAYS,
        timeout: None,
        service_first: true,
        ..Resolver::ONE_LOOKUP
    },
    connect_timeout: None,
    idle_timeout: None,
    reads: Reads::Everything { at_most: LONGEST_BODY },
    reader: &engines::CFNETWORK,
    ..HttpClient::TOLERANT
};

/// The request for `url`.
pub(in crate::phone) fn request(url: &Url, shape: RequestShape, agent: &str) -> Vec<u8> {
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let (connection, agent) = ("Connection: close\r\n", format!("User-Agent: {agent}\r\n"));
    let (first, last) = match shape {
        RequestShape::AgentLast => (connection, agent.as_str()),
        RequestShape::ConnectionLast => (agent.as_str(), connection),
    };
    format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n{first}{last}\r\n").into_bytes()
}

/// The URL that this probe asks.
fn target(wire: &mut Wire, situation: &Situation, probes: Probes) -> String {
    match probes {
        Probes::Then(_, later) if situation.page_was_open => later.to_owned(),
        Probes::Always(url) | Probes::Then(url, _) => url.to_owned(),
        Probes::RandomPath(hosts) => {
            let host = hosts.get(wire.choose(hosts.len())).copied().unwrap_or_default();
            let [first, second, third] = std::array::from_fn(|_| wire.word(8, 8));
            format!("{host}{first}/{second}/{third}.html")
        }
    }
}

pub(super) struct Probe {
    link: Link,
    generation: &'static Generation,
    trail: Trail,
    target: String,
    retries: usize,
    deadline: Instant,
    state: ProbeState,
    /// The attempt on port 443, and its deadline.
    port_443: Option<(Box<Fetch>, Instant)>,
    port_443_refused: bool,
    concluded: Option<Judgement>,
}

enum ProbeState {
    AskingApi(Box<Fetch>),
    Running(Box<Fetch>),
    Retrying { at: Instant },
    Over,
}

impl Probe {
    pub(super) fn start(
        wire: &mut Wire,
        situation: &Situation,
        generation: &'static Generation,
        now: Instant,
    ) -> Self {
        let target = target(wire, situation, generation.probes);
        let mut probe = Self {
            link: situation.link,
            generation,
            trail: Trail::new(&target),
            target,
            retries: 0,
            deadline: now + PROBE_TIMEOUT,
            state: ProbeState::Retrying { at: now },
            port_443: None,
            port_443_refused: false,
            concluded: None,
        };
        let announced = situation.captive_portal_api.as_deref().filter(|_| generation.asks_api);
        match announced.and_then(capport::usable).map(|url| capport::ask(wire, situation.link, &url, now)) {
            Some(Ok(fetch)) => probe.state = ProbeState::AskingApi(Box::new(fetch)),
            Some(Err(failure)) => probe.api_answered(&Err(failure)),
            None => probe.ask(wire, now),
        }
        if generation.minds_port_443 && !situation.page_was_open {
            probe.try_443(wire, now);
        }
        probe
    }

    fn try_443(&mut self, wire: &mut Wire, now: Instant) {
        let Ok(url) = Url::parse(SECURE_URL) else { return };
        let payload = request(&url, self.generation.shape, self.generation.agent);
        let fetch = Fetch::start(wire, self.link, &url, payload, &HTTP_CLIENT, false, now);
        self.port_443 = fetch.ok().map(|fetch| (Box::new(fetch), now + PORT_443_TIMEOUT));
    }

    fn ask(&mut self, wire: &mut Wire, now: Instant) {
        let client = match self.generation.service_question {
            true => &HTTP_CLIENT_WITH_SERVICE_QUESTION,
            false => &HTTP_CLIENT,
        };
        let fetch = Url::parse(&self.target).map_err(|_| Failure::NameUnresolved).and_then(|url| {
            let payload = request(&url, self.generation.shape, self.generation.agent);
            Fetch::start(wire, self.link, &url, payload, client, false, now)
        });
        match fetch {
            Ok(fetch) => self.state = ProbeState::Running(Box::new(fetch)),
            Err(failure) => self.handle_outcome(wire, Err(failure), now),
        }
    }

    fn handle_outcome(&mut self, wire: &mut Wire, outcome: FetchOutcome, now: Instant) {
        if let Err(Failure::NameUnresolved | Failure::Lost | Failure::Ended | Failure::Unreachable) = outcome
            && let Some(&delay) = RETRY_DELAYS.get(self.retries)
        {
            self.retries += 1;
            self.state = ProbeState::Retrying { at: now + delay };
            return;
        }
        match judge_step(&self.trail, &outcome) {
            ProbeStep::Concluded(judgement) => self.conclude(judgement),
            ProbeStep::Follow { location } => {
                self.trail.follow(&location);
                self.target = location;
                self.ask(wire, now);
            }
        }
    }

    fn conclude(&mut self, judgement: Judgement) {
        self.state = ProbeState::Over;
        self.concluded = Some(judgement);
    }

    fn api_answered(&mut self, outcome: &FetchOutcome) {
        let (verdict, rule): (_, &'static Rule) = match (capport::parse(outcome), outcome) {
            (Answer::Captive(url), _) => (Verdict::Portal { url }, &rules::API),
            (Answer::NotCaptive, _) => (Verdict::Online, &rules::API),
            (Answer::Useless, _) => (Verdict::Inconclusive, &rules::API_USELESS),
        };
        self.conclude(Judgement { verdict, rule });
    }

    fn port_443_answered(&mut self, outcome: &FetchOutcome) {
        self.port_443 = None;
        self.port_443_refused = matches!(outcome, Err(Failure::Refused | Failure::Lost | Failure::Ended));
    }

    /// The verdict with the page that this generation's sheet loads.
    fn with_page(&self, judgement: Judgement) -> Conclusion {
        let Judgement { mut verdict, rule } = judgement;
        let is_from_api = rule.id == rules::API.id;
        let sheet = self.generation.sheet;
        let mut page_rule = None;
        if let Verdict::Portal { url } = &mut verdict
            && !is_from_api
        {
            page_rule = Some(sheet.rule());
            match sheet {
                SheetPage::Probe(_) => self.trail.original().clone_into(url),
                SheetPage::Fixed(page, _) => page.clone_into(url),
                SheetPage::Redirect(_) => {}
            }
        }
        Conclusion { verdict, rule, page_rule }
    }
}

impl Check for Probe {
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        if let Some((fetch, _)) = self.port_443.as_mut().filter(|(fetch, _)| fetch.owns(id)) {
            if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                self.port_443_answered(&outcome);
            }
            return;
        }
        match &mut self.state {
            ProbeState::AskingApi(fetch) if fetch.owns(id) => {
                if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                    self.api_answered(&outcome);
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
        if let Some((fetch, until)) = &mut self.port_443 {
            let is_late = now >= *until;
            match fetch.due(wire, now) {
                Some(outcome) => self.port_443_answered(&outcome),
                None if is_late => {
                    if let Some((fetch, _)) = self.port_443.take() {
                        fetch.abandon(wire);
                    }
                }
                None => {}
            }
        }
        if now >= self.deadline && !matches!(self.state, ProbeState::Over) {
            let over = std::mem::replace(&mut self.state, ProbeState::Over);
            if let ProbeState::Running(fetch) | ProbeState::AskingApi(fetch) = over {
                fetch.expire(wire);
            }
            return self.handle_outcome(wire, Err(Failure::Timeout), now);
        }
        match &mut self.state {
            ProbeState::AskingApi(fetch) => {
                if let Some(outcome) = fetch.due(wire, now) {
                    self.api_answered(&outcome);
                }
            }
            ProbeState::Running(fetch) => {
                if let Some(outcome) = fetch.due(wire, now) {
                    self.handle_outcome(wire, outcome, now);
                }
            }
            ProbeState::Retrying { at } if now >= *at => self.ask(wire, now),
            ProbeState::Retrying { .. } | ProbeState::Over => {}
        }
    }

    fn advance(&mut self, _: &mut Wire, _: Instant) -> Option<Conclusion> {
        let would_show = self.concluded.as_ref()?.verdict.is_portal();
        if would_show && self.port_443.is_some() {
            return None;
        }
        let judgement = self.concluded.take()?;
        if would_show && self.port_443_refused {
            let verdict = Verdict::NotCaptive;
            return Some(Conclusion { verdict, rule: &rules::PORT_443_REFUSED, page_rule: None });
        }
        Some(self.with_page(judgement))
    }

    fn timeout(&self) -> Option<Instant> {
        let next = match &self.state {
            ProbeState::Running(fetch) | ProbeState::AskingApi(fetch) => fetch.timeout(),
            ProbeState::Retrying { at } => Some(*at),
            ProbeState::Over => None,
        };
        let deadline = (!matches!(self.state, ProbeState::Over)).then_some(self.deadline);
        let port_443 = self.port_443.as_ref().map(|(fetch, until)| match fetch.timeout() {
            Some(next) => next.min(*until),
            None => *until,
        });
        next.into_iter().chain(deadline).chain(port_443).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        if let Some((fetch, _)) = self.port_443 {
            fetch.abandon(wire);
        }
        if let ProbeState::Running(fetch) | ProbeState::AskingApi(fetch) = self.state {
            fetch.abandon(wire);
        }
    }
}

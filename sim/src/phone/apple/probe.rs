//! One probe: the request, its retries, the redirects it follows, and its 40 seconds.

use std::time::Duration;

use url::{Position, Url};
use vestibule_core::Instant;

use super::{Generation, Probes, Shape, SheetPage, rules};
use crate::phone::capport::{self, Answer};
use crate::phone::fetch::{Fetch, Manner, Outcome, Reads};
use crate::phone::judge::apple::{LONGEST_BODY, Step, Trail, step};
use crate::phone::judge::{Failure, Judgement};
use crate::phone::lookup::Plan;
use crate::phone::machine::{Check, Conclusion, Situation};
use crate::phone::wire::Wire;
use crate::phone::{ExchangeId, Link, Progress, Rule, Verdict};

const OVERALL: Duration = Duration::from_secs(40);

/// How long the model that minds port 443 waits for its word before the sheet. Chosen.
const WAIT_FOR_443: Duration = Duration::from_secs(1);

/// What that model asks there. Which name it is, is not known.
const SECURE_URL: &str = "https://captive.apple.com/";

const RETRY_AFTER: [Duration; 10] = {
    let tenths = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8];
    let mut delays = [Duration::ZERO; 10];
    let mut index = 0;
    while index < tenths.len() {
        delays[index] = Duration::from_millis(100 * tenths[index]);
        index += 1;
    }
    delays
};

const QUESTION_REPEATS: &[Duration] = &[
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(7),
    Duration::from_secs(15),
    Duration::from_secs(31),
];

static MANNER: Manner = Manner {
    lookup: &Plan { repeats: QUESTION_REPEATS, give_up: None, service_first: false },
    connect: None,
    silence: None,
    reads: Reads::Everything { at_most: LONGEST_BODY },
};

static MANNER_WITH_SERVICE_QUESTION: Manner = Manner {
    lookup: &Plan { repeats: QUESTION_REPEATS, give_up: None, service_first: true },
    connect: None,
    silence: None,
    reads: Reads::Everything { at_most: LONGEST_BODY },
};

/// The request for `url`.
pub(in crate::phone) fn request(url: &Url, shape: Shape, agent: &str) -> Vec<u8> {
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let (connection, agent) = ("Connection: close\r\n", format!("User-Agent: {agent}\r\n"));
    let (first, last) = match shape {
        Shape::AgentLast => (connection, agent.as_str()),
        Shape::ConnectionLast => (agent.as_str(), connection),
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
    state: State,
    /// The attempt on port 443, and until when it is waited for.
    secure: Option<(Box<Fetch>, Instant)>,
    secure_refused: bool,
    concluded: Option<Judgement>,
}

enum State {
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
            deadline: now + OVERALL,
            state: State::Retrying { at: now },
            secure: None,
            secure_refused: false,
            concluded: None,
        };
        let announced = situation.captive_portal_api.as_deref().filter(|_| generation.asks_api);
        match announced.and_then(capport::usable).map(|url| capport::ask(wire, situation.link, &url, now)) {
            Some(Ok(fetch)) => probe.state = State::AskingApi(Box::new(fetch)),
            Some(Err(failure)) => probe.hear_api(&Err(failure)),
            None => probe.ask(wire, now),
        }
        if generation.minds_port_443 && !situation.page_was_open {
            probe.try_443(wire, now);
        }
        probe
    }

    fn try_443(&mut self, wire: &mut Wire, now: Instant) {
        let Ok(url) = Url::parse(SECURE_URL) else { return };
        let fetch = Fetch::start(wire, self.link, &url, Vec::new(), &MANNER, false, now);
        self.secure = fetch.ok().map(|fetch| (Box::new(fetch), now + WAIT_FOR_443));
    }

    fn ask(&mut self, wire: &mut Wire, now: Instant) {
        let manner = if self.generation.service_question { &MANNER_WITH_SERVICE_QUESTION } else { &MANNER };
        let fetch = Url::parse(&self.target).map_err(|_| Failure::NameUnresolved).and_then(|url| {
            let payload = request(&url, self.generation.shape, self.generation.agent);
            Fetch::start(wire, self.link, &url, payload, manner, false, now)
        });
        match fetch {
            Ok(fetch) => self.state = State::Running(Box::new(fetch)),
            Err(failure) => self.take(wire, Err(failure), now),
        }
    }

    fn take(&mut self, wire: &mut Wire, outcome: Outcome, now: Instant) {
        if let Err(Failure::NameUnresolved | Failure::Lost | Failure::Unreachable) = outcome
            && let Some(&delay) = RETRY_AFTER.get(self.retries)
        {
            self.retries += 1;
            self.state = State::Retrying { at: now + delay };
            return;
        }
        match step(&self.trail, &outcome) {
            Step::Concluded(judgement) => self.conclude(judgement),
            Step::Follow { location } => {
                self.trail.follow(&location);
                self.target = location;
                self.ask(wire, now);
            }
        }
    }

    fn conclude(&mut self, judgement: Judgement) {
        self.state = State::Over;
        self.concluded = Some(judgement);
    }

    fn hear_api(&mut self, outcome: &Outcome) {
        let (verdict, rule): (_, &'static Rule) = match (capport::read(outcome), outcome) {
            (Answer::Captive(url), _) => (Verdict::Portal { url }, &rules::API),
            (Answer::NotCaptive, _) => (Verdict::Online, &rules::API),
            (Answer::Useless, _) => (Verdict::Inconclusive, &rules::API_USELESS),
        };
        self.conclude(Judgement { verdict, rule });
    }

    fn hear_443(&mut self, outcome: &Outcome) {
        self.secure = None;
        self.secure_refused = matches!(outcome, Err(Failure::Refused | Failure::Lost));
    }

    /// The verdict with the page that this generation's sheet loads.
    fn with_page(&self, judgement: Judgement) -> Conclusion {
        let Judgement { mut verdict, rule } = judgement;
        let is_told_by_api = rule.id == rules::API.id;
        let sheet = self.generation.sheet;
        let mut page_rule = None;
        if let Verdict::Portal { url } = &mut verdict
            && !is_told_by_api
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
        if let Some((fetch, _)) = self.secure.as_mut().filter(|(fetch, _)| fetch.owns(id)) {
            if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                self.hear_443(&outcome);
            }
            return;
        }
        match &mut self.state {
            State::AskingApi(fetch) if fetch.owns(id) => {
                if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                    self.hear_api(&outcome);
                }
            }
            State::Running(fetch) if fetch.owns(id) => {
                if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                    self.take(wire, outcome, now);
                }
            }
            _ => {}
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        if let Some((fetch, until)) = &mut self.secure {
            let is_late = now >= *until;
            match fetch.due(wire, now) {
                Some(outcome) => self.hear_443(&outcome),
                None if is_late => {
                    if let Some((fetch, _)) = self.secure.take() {
                        fetch.abandon(wire);
                    }
                }
                None => {}
            }
        }
        if now >= self.deadline && !matches!(self.state, State::Over) {
            let over = std::mem::replace(&mut self.state, State::Over);
            if let State::Running(fetch) | State::AskingApi(fetch) = over {
                fetch.expire(wire);
            }
            return self.take(wire, Err(Failure::Timeout), now);
        }
        match &mut self.state {
            State::AskingApi(fetch) => {
                if let Some(outcome) = fetch.due(wire, now) {
                    self.hear_api(&outcome);
                }
            }
            State::Running(fetch) => {
                if let Some(outcome) = fetch.due(wire, now) {
                    self.take(wire, outcome, now);
                }
            }
            State::Retrying { at } if now >= *at => self.ask(wire, now),
            State::Retrying { .. } | State::Over => {}
        }
    }

    fn advance(&mut self, _: &mut Wire, _: Instant) -> Option<Conclusion> {
        let would_show = self.concluded.as_ref()?.verdict.is_portal();
        if would_show && self.secure.is_some() {
            return None;
        }
        let judgement = self.concluded.take()?;
        if would_show && self.secure_refused {
            let verdict = Verdict::NotCaptive;
            return Some(Conclusion { verdict, rule: &rules::PORT_443_REFUSED, page_rule: None });
        }
        Some(self.with_page(judgement))
    }

    fn timeout(&self) -> Option<Instant> {
        let next = match &self.state {
            State::Running(fetch) | State::AskingApi(fetch) => fetch.timeout(),
            State::Retrying { at } => Some(*at),
            State::Over => None,
        };
        let deadline = (!matches!(self.state, State::Over)).then_some(self.deadline);
        let secure = self.secure.as_ref().map(|(fetch, until)| match fetch.timeout() {
            Some(next) => next.min(*until),
            None => *until,
        });
        next.into_iter().chain(deadline).chain(secure).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        if let Some((fetch, _)) = self.secure {
            fetch.abandon(wire);
        }
        if let State::Running(fetch) | State::AskingApi(fetch) = self.state {
            fetch.abandon(wire);
        }
    }
}

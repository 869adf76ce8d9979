//! The check of clients that ask one question at a time: an URL, tried so often, for so long, and
//! judged by a table. What differs between them is a [`Plan`].

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::fetch::{Fetch, Manner, Outcome};
use super::judge::case::{Step, Trail, step};
use super::judge::{Client, Failure, Judgement};
use super::lookup::{Lookup, Plan as Questions};
use super::machine::table::Behaviour;
use super::machine::{Check, Conclusion, Situation};
use super::rule::Rule;
use super::wire::Wire;
use super::{ExchangeId, Link, Progress, Verdict};

/// What a client asks, how patiently, and what it does with the answer.
#[derive(Debug)]
pub(super) struct Plan {
    /// A name that is asked before anything else, where the client does that.
    pub(super) name: Option<NameProbe>,
    /// What is asked: by the first check the first, by the next ones the others in their order,
    /// then a random one.
    pub(super) asks: &'static [&'static str],
    /// The like over HTTPS, beside it. Any reply is a success.
    pub(super) secure: Option<Secure>,
    /// What is asked beside it without a bearing on the conclusion.
    pub(super) beside: &'static [Beside],
    pub(super) request: fn(&Url) -> Vec<u8>,
    pub(super) manner: &'static Manner,
    /// How long one try may take, redirects included.
    pub(super) patience: Duration,
    /// How often it is tried where nothing can be concluded.
    pub(super) tries: u32,
    pub(super) client: Client,
    pub(super) behaviour: Behaviour,
    /// Rules that no table has: requests, patience, what is assumed.
    pub(super) facts: &'static [&'static Rule],
}

/// A name whose address is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameProbe {
    pub(super) name: &'static str,
    pub(super) expected: Ipv4Addr,
    /// Why that address means internet, and any other that more has to be asked.
    pub(super) rule: &'static Rule,
}

/// HTTPS beside HTTP.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secure {
    pub(super) asks: &'static [&'static str],
    /// HTTPS succeeded.
    pub(super) alone: &'static Rule,
    /// HTTP succeeded and HTTPS did not.
    pub(super) missing: &'static Rule,
}

/// Something asked beside the check.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beside {
    Name(&'static str),
    Page(&'static str),
}

impl Beside {
    pub(super) fn page(&self) -> Option<&'static str> {
        match self {
            Self::Page(url) => Some(url),
            Self::Name(_) => None,
        }
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Page(_) => None,
        }
    }
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "the name {name}"),
            Self::Page(url) => f.write_str(url),
        }
    }
}

static BESIDE: Questions =
    Questions { repeats: &[], give_up: Some(Duration::from_secs(5)), service_first: false };

pub(super) struct Asking {
    plan: &'static Plan,
    link: Link,
    trail: Trail,
    target: String,
    tries: u32,
    until: Instant,
    state: State,
    secure: Option<Box<Fetch>>,
    /// Whether HTTPS succeeded, once that is known.
    secure_succeeded: Option<bool>,
    judged: Option<Judgement>,
    pages: Vec<Fetch>,
    names: Vec<Lookup>,
}

enum State {
    Naming(Lookup),
    Running(Box<Fetch>),
    Over,
}

impl Asking {
    pub(super) fn start(
        plan: &'static Plan,
        wire: &mut Wire,
        situation: &Situation,
        now: Instant,
    ) -> Box<dyn Check> {
        let link = situation.link;
        let number = usize::try_from(situation.checks_before).unwrap_or(usize::MAX);
        let url = turn(wire, plan.asks, number).unwrap_or_default();
        let mut asking = Self {
            plan,
            link,
            trail: Trail::new(url),
            target: url.to_owned(),
            tries: 0,
            until: now + plan.patience,
            state: State::Over,
            secure: None,
            secure_succeeded: None,
            judged: None,
            pages: Vec::new(),
            names: Vec::new(),
        };
        asking.begin(wire, now);
        if let Some(secure) = plan.secure.and_then(|secure| turn(wire, secure.asks, number)) {
            let fetch = Url::parse(secure).map_err(|_| Failure::NameUnresolved);
            match fetch.and_then(|url| Fetch::start(wire, link, &url, Vec::new(), plan.manner, false, now)) {
                Ok(fetch) => asking.secure = Some(Box::new(fetch)),
                Err(_) => asking.secure_succeeded = Some(false),
            }
        }
        asking.begin_beside(wire, now);
        Box::new(asking)
    }

    fn begin(&mut self, wire: &mut Wire, now: Instant) {
        let naming = self.plan.name.map(|probe| Lookup::start(wire, self.link, probe.name, &BESIDE, now));
        match naming {
            Some(Ok((lookup, _))) => self.state = State::Naming(lookup),
            _ => self.ask(wire, now),
        }
    }

    fn begin_beside(&mut self, wire: &mut Wire, now: Instant) {
        for beside in self.plan.beside {
            match beside {
                Beside::Name(name) => {
                    let lookup = Lookup::start(wire, self.link, name, &BESIDE, now);
                    self.names.extend(lookup.ok().map(|(lookup, _)| lookup));
                }
                Beside::Page(url) => {
                    let Ok(url) = Url::parse(url) else { continue };
                    let payload = (self.plan.request)(&url);
                    let fetch = Fetch::start(wire, self.link, &url, payload, self.plan.manner, false, now);
                    self.pages.extend(fetch.ok());
                }
            }
        }
    }

    fn ask(&mut self, wire: &mut Wire, now: Instant) {
        let fetch = Url::parse(&self.target).map_err(|_| Failure::NameUnresolved).and_then(|url| {
            let payload = (self.plan.request)(&url);
            Fetch::start(wire, self.link, &url, payload, self.plan.manner, false, now)
        });
        match fetch {
            Ok(fetch) => self.state = State::Running(Box::new(fetch)),
            Err(failure) => self.take(wire, Err(failure), now),
        }
    }

    fn take(&mut self, wire: &mut Wire, outcome: Outcome, now: Instant) {
        match step(self.plan.client.cases(), &self.trail, &outcome) {
            Step::Concluded(Judgement { verdict: Verdict::Inconclusive, .. })
                if self.tries + 1 < self.plan.tries =>
            {
                self.tries += 1;
                self.trail = Trail::new(self.trail.original());
                self.target = self.trail.original().to_owned();
                self.try_again(wire, now);
            }
            Step::Concluded(judgement) => {
                self.state = State::Over;
                self.judged = Some(judgement);
            }
            Step::Follow { location } => {
                self.trail.follow(&location);
                self.target = location;
                self.ask(wire, now);
            }
        }
    }

    fn try_again(&mut self, wire: &mut Wire, now: Instant) {
        self.until = now + self.plan.patience;
        self.ask(wire, now);
    }

    fn hear_name(&mut self, wire: &mut Wire, address: Option<Ipv4Addr>, now: Instant) {
        match self.plan.name.filter(|probe| Some(probe.expected) == address) {
            Some(probe) => {
                self.state = State::Over;
                self.judged = Some(Judgement { verdict: Verdict::Online, rule: probe.rule });
            }
            None => self.try_again(wire, now),
        }
    }

    fn hear_secure(&mut self, outcome: &Outcome) {
        self.secure = None;
        self.secure_succeeded = Some(outcome.is_ok());
    }

    /// HTTP and HTTPS together.
    fn together(&self, secure: Secure) -> Option<Conclusion> {
        let judged = self.judged.as_ref()?;
        if judged.verdict.is_portal() {
            return Some(conclusion(judged));
        }
        let succeeded = self.secure_succeeded?;
        Some(match &judged.verdict {
            _ if succeeded => Conclusion { verdict: Verdict::Online, rule: secure.alone, page_rule: None },
            Verdict::Online => {
                Conclusion { verdict: Verdict::Partial, rule: secure.missing, page_rule: None }
            }
            _ => conclusion(judged),
        })
    }
}

fn conclusion(judged: &Judgement) -> Conclusion {
    Conclusion { verdict: judged.verdict.clone(), rule: judged.rule, page_rule: None }
}

/// The one whose turn it is: in their order, then at random.
fn turn(wire: &mut Wire, of: &[&'static str], number: usize) -> Option<&'static str> {
    match of.get(number) {
        Some(next) => Some(next),
        None => of.get(wire.choose(of.len())).copied(),
    }
}

impl Check for Asking {
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        self.names.retain_mut(|lookup| !lookup.owns(id) || lookup.exchange(wire, id, progress).is_none());
        self.pages.retain_mut(|page| !page.owns(id) || page.exchange(wire, id, progress, now).is_none());
        if let Some(fetch) = self.secure.as_mut().filter(|fetch| fetch.owns(id)) {
            if let Some(outcome) = fetch.exchange(wire, id, progress, now) {
                self.hear_secure(&outcome);
            }
            return;
        }
        match &mut self.state {
            State::Naming(lookup) if lookup.owns(id) => {
                if let Some(found) = lookup.exchange(wire, id, progress) {
                    self.hear_name(wire, found.ok(), now);
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
        self.names.retain_mut(|lookup| lookup.due(wire, now).is_none());
        self.pages.retain_mut(|page| page.due(wire, now).is_none());
        if let Some(outcome) = self.secure.as_mut().and_then(|fetch| fetch.due(wire, now)) {
            self.hear_secure(&outcome);
        }
        match &mut self.state {
            State::Naming(lookup) => {
                if lookup.due(wire, now).is_some() {
                    self.hear_name(wire, None, now);
                }
            }
            State::Running(_) if now >= self.until => {
                if let State::Running(fetch) = std::mem::replace(&mut self.state, State::Over) {
                    fetch.expire(wire);
                }
                self.take(wire, Err(Failure::Timeout), now);
            }
            State::Running(fetch) => {
                if let Some(outcome) = fetch.due(wire, now) {
                    self.take(wire, outcome, now);
                }
            }
            State::Over if self.judged.is_none() && now >= self.until => self.try_again(wire, now),
            State::Over => {}
        }
    }

    fn advance(&mut self, _: &mut Wire, _: Instant) -> Option<Conclusion> {
        match self.plan.secure {
            Some(secure) => self.together(secure),
            None => self.judged.as_ref().map(conclusion),
        }
    }

    fn timeout(&self) -> Option<Instant> {
        let own = match &self.state {
            State::Naming(lookup) => lookup.timeout(),
            State::Running(fetch) => Some(fetch.timeout().map_or(self.until, |next| next.min(self.until))),
            State::Over => self.judged.is_none().then_some(self.until),
        };
        let secure = self.secure.as_ref().and_then(|fetch| fetch.timeout());
        let pages = self.pages.iter().filter_map(Fetch::timeout);
        let names = self.names.iter().filter_map(Lookup::timeout);
        own.into_iter().chain(secure).chain(pages).chain(names).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        match self.state {
            State::Naming(lookup) => lookup.abandon(wire),
            State::Running(fetch) => fetch.abandon(wire),
            State::Over => {}
        }
        self.names.iter().for_each(|lookup| lookup.abandon(wire));
        self.secure.into_iter().for_each(|fetch| fetch.abandon(wire));
        self.pages.into_iter().for_each(|fetch| fetch.abandon(wire));
    }
}

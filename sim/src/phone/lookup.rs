//! Finding a host's IPv4 address: asks, asks again when nothing comes, gives up.

use std::net::Ipv4Addr;
use std::time::Duration;

use hickory_proto::rr::RecordType;
use vestibule_core::Instant;

use super::judge::Failure;
use super::question::{Question, Reading};
use super::wire::Wire;
use super::{Exchange, ExchangeId, Link, Output, Progress};

/// How patiently an operating system asks.
#[derive(Debug)]
pub(super) struct Plan {
    /// How long after the first question it is repeated, ascending.
    pub(super) repeats: &'static [Duration],
    /// When the lookup fails; `None` leaves that to whoever asked.
    pub(super) give_up: Option<Duration>,
    /// Asks for the HTTPS record (type 65) just before the address.
    pub(super) service_first: bool,
}

pub(super) struct Lookup {
    question: Question,
    payload: Vec<u8>,
    link: Link,
    plan: &'static Plan,
    started: Instant,
    asked: Vec<ExchangeId>,
}

/// The HTTPS question that newer Apple systems ask beside the address. Its answer changes
/// nothing; what is odd about it, silence included, is reported.
pub(super) struct ServiceQuestion {
    question: Question,
    id: ExchangeId,
}

impl Lookup {
    /// Asks for `host`. The second value is the question beside it, if the plan has one.
    pub(super) fn start(
        wire: &mut Wire,
        link: Link,
        host: &str,
        plan: &'static Plan,
        now: Instant,
    ) -> Result<(Self, Option<ServiceQuestion>), Failure> {
        let service = if plan.service_first { ServiceQuestion::ask(wire, link, host) } else { None };
        let question =
            Question::new(wire.identifier(), host, RecordType::A).map_err(|_| Failure::NameUnresolved)?;
        let payload = question.to_bytes().map_err(|_| Failure::NameUnresolved)?;
        let mut lookup = Self { question, payload, link, plan, started: now, asked: Vec::new() };
        lookup.ask(wire);
        Ok((lookup, service))
    }

    /// The same bytes again from a new socket: whether a phone draws a new identifier for a
    /// repeat is not known.
    fn ask(&mut self, wire: &mut Wire) {
        let exchange = Exchange::Datagram { to: self.link.resolver, payload: self.payload.clone() };
        self.asked.push(wire.open(exchange));
    }

    pub(super) fn owns(&self, id: ExchangeId) -> bool {
        self.asked.contains(&id)
    }

    /// `None` while it goes on.
    pub(super) fn exchange(
        &mut self,
        wire: &mut Wire,
        id: ExchangeId,
        progress: Progress<'_>,
    ) -> Option<Result<Ipv4Addr, Failure>> {
        let outcome = match progress {
            Progress::Connected => return None,
            Progress::Received(datagram) => match self.question.read(datagram) {
                Reading::Foreign(finding) => {
                    wire.report(Output::Finding(finding));
                    return None;
                }
                Reading::Answer { addresses, findings } => {
                    findings.into_iter().for_each(|finding| wire.report(Output::Finding(finding)));
                    addresses.first().copied().ok_or(Failure::NameUnresolved)
                }
            },
            // Nobody answers questions there; asking again would not help.
            Progress::Refused | Progress::Unreachable | Progress::Reset | Progress::Ended => {
                self.asked.retain(|&asked| asked != id);
                Err(Failure::NameUnresolved)
            }
        };
        self.abandon(wire);
        Some(outcome)
    }

    /// Repeats the question, or gives up, as far as `now` asks for it.
    pub(super) fn due(&mut self, wire: &mut Wire, now: Instant) -> Option<Failure> {
        if self.plan.give_up.is_some_and(|wait| now >= self.started + wait) {
            wire.report(Output::Finding(self.question.unanswered()));
            self.abandon(wire);
            return Some(Failure::NameUnresolved);
        }
        while self.next_repeat().is_some_and(|at| now >= at) {
            self.ask(wire);
        }
        None
    }

    fn next_repeat(&self) -> Option<Instant> {
        self.plan.repeats.get(self.asked.len().saturating_sub(1)).map(|&wait| self.started + wait)
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        let give_up = self.plan.give_up.map(|wait| self.started + wait);
        self.next_repeat().into_iter().chain(give_up).min()
    }

    pub(super) fn unanswered(&self, wire: &mut Wire) {
        wire.report(Output::Finding(self.question.unanswered()));
    }

    pub(super) fn abandon(&self, wire: &mut Wire) {
        self.asked.iter().for_each(|&id| wire.abandon(id));
    }
}

impl ServiceQuestion {
    fn ask(wire: &mut Wire, link: Link, host: &str) -> Option<Self> {
        let question = Question::new(wire.identifier(), host, RecordType::HTTPS).ok()?;
        let payload = question.to_bytes().ok()?;
        let id = wire.open(Exchange::Datagram { to: link.resolver, payload });
        Some(Self { question, id })
    }

    pub(super) fn owns(&self, id: ExchangeId) -> bool {
        self.id == id
    }

    /// Whether the question is settled.
    pub(super) fn exchange(&self, wire: &mut Wire, progress: Progress<'_>) -> bool {
        let (findings, settled) = match progress {
            Progress::Received(datagram) => match self.question.read(datagram) {
                Reading::Foreign(finding) => (vec![finding], false),
                Reading::Answer { findings, .. } => {
                    wire.abandon(self.id);
                    (findings, true)
                }
            },
            Progress::Connected => (Vec::new(), false),
            _ => (vec![self.question.unanswered()], true),
        };
        findings.into_iter().for_each(|finding| wire.report(Output::Finding(finding)));
        settled
    }

    /// The check that asked is over.
    pub(super) fn finish(&self, wire: &mut Wire, report: bool) {
        if report {
            wire.report(Output::Finding(self.question.unanswered()));
        }
        wire.abandon(self.id);
    }
}

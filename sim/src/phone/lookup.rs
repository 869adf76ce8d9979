//! Finding a host's IPv4 address: asks, asks again when nothing comes, gives up.

use std::net::Ipv4Addr;
use std::time::Duration;

use hickory_proto::rr::RecordType;
use vestibule_core::Instant;

use super::exchange::{Exchange, ExchangeId, Link, Progress};
use super::judge::failure::Failure;
use super::question::{Question, Reading};
use super::service_question::ServiceQuestion;
use super::wire::Wire;

/// How often an operating system's resolver asks, and how long it waits.
#[derive(Debug)]
pub(super) struct Resolver {
    /// How long after the first question it is repeated, ascending.
    pub(super) retry_delays: &'static [Duration],
    /// After how long the lookup fails; `None` where the check that asked has a timeout instead.
    pub(super) timeout: Option<Duration>,
    /// Asks for the HTTPS record (type 65) just before the address.
    pub(super) service_first: bool,
}

pub(super) struct Lookup {
    question: Question,
    payload: Vec<u8>,
    link: Link,
    resolver: &'static Resolver,
    started: Instant,
    asked: Vec<ExchangeId>,
}

impl Lookup {
    /// Asks for `host`. The second value is the service question, if the resolver asks one.
    pub(super) fn start(
        wire: &mut Wire,
        link: Link,
        host: &str,
        resolver: &'static Resolver,
        now: Instant,
    ) -> Result<(Self, Option<ServiceQuestion>), Failure> {
        let service = if resolver.service_first { ask_service(wire, link, host) } else { None };
        let question =
            Question::new(wire.identifier(), host, RecordType::A).map_err(|_| Failure::NameUnresolved)?;
        let payload = question.to_bytes().map_err(|_| Failure::NameUnresolved)?;
        let mut lookup = Self { question, payload, link, resolver, started: now, asked: Vec::new() };
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
                    wire.report_finding(finding);
                    return None;
                }
                Reading::Answer { addresses, findings } => {
                    findings.into_iter().for_each(|finding| wire.report_finding(finding));
                    addresses.first().copied().ok_or(Failure::NameUnresolved)
                }
            },
            // No DNS server is there; asking again would not help.
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
        if self.resolver.timeout.is_some_and(|wait| now >= self.started + wait) {
            wire.report_finding(self.question.unanswered());
            self.abandon(wire);
            return Some(Failure::NameUnresolved);
        }
        while self.next_retry().is_some_and(|at| now >= at) {
            self.ask(wire);
        }
        None
    }

    fn next_retry(&self) -> Option<Instant> {
        self.resolver.retry_delays.get(self.asked.len().saturating_sub(1)).map(|&wait| self.started + wait)
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        let timeout = self.resolver.timeout.map(|wait| self.started + wait);
        self.next_retry().into_iter().chain(timeout).min()
    }

    pub(super) fn unanswered(&self, wire: &mut Wire) {
        wire.report_finding(self.question.unanswered());
    }

    pub(super) fn abandon(&self, wire: &mut Wire) {
        self.asked.iter().for_each(|&id| wire.abandon(id));
    }
}

/// Asks for the HTTPS record of a host.
fn ask_service(wire: &mut Wire, link: Link, host: &str) -> Option<ServiceQuestion> {
    let question = Question::new(wire.identifier(), host, RecordType::HTTPS).ok()?;
    let payload = question.to_bytes().ok()?;
    let id = wire.open(Exchange::Datagram { to: link.resolver, payload });
    Some(ServiceQuestion::new(question, id))
}

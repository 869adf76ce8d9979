//! Finding a host's IPv4 address: asks, asks again when nothing comes, gives up.

use std::net::Ipv4Addr;
use std::time::Duration;

use hickory_proto::rr::RecordType;
use vestibule_core::Instant;

use super::exchange::{Exchange, ExchangeId, Link, Progress};
use super::judge::failure::Failure;
use super::question::{Question, Reading, Remedy};
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
    /// How often the whole lookup is made again when it fails.
    pub(super) further_lookups: u8,
    /// Asks again at once when the server could not answer or would not.
    pub(super) asks_again_at_once: bool,
}

impl Resolver {
    /// What most say of themselves: one lookup, and any answer ends it.
    pub(super) const ONE_LOOKUP: Self = Self {
        retry_delays: &[],
        timeout: None,
        service_first: false,
        further_lookups: 0,
        asks_again_at_once: false,
    };
}

pub(super) struct Lookup {
    question: Question,
    payload: Vec<u8>,
    link: Link,
    resolver: &'static Resolver,
    started: Instant,
    /// How much earlier than planned the next question is due, because an answer made waiting needless.
    ahead: Duration,
    /// How many lookups have failed.
    failed: u8,
    asked: Vec<ExchangeId>,
    /// The same over TCP, once an answer was truncated, and what has come of the answer.
    stream: Option<(ExchangeId, Vec<u8>)>,
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
        let mut lookup = Self {
            question,
            payload,
            link,
            resolver,
            started: now,
            ahead: Duration::ZERO,
            failed: 0,
            asked: Vec::new(),
            stream: None,
        };
        lookup.ask(wire);
        Ok((lookup, service))
    }

    /// The same bytes again from a new socket: whether a phone draws a new identifier for a
    /// repeat is not known.
    fn ask(&mut self, wire: &mut Wire) {
        let exchange = Exchange::Datagram { to: self.link.resolver, payload: self.payload.clone() };
        self.asked.push(wire.open(exchange));
    }

    /// Asks once more over TCP, and no other way any more.
    fn ask_over_tcp(&mut self, wire: &mut Wire) {
        wire.report_finding(self.question.truncated());
        self.abandon(wire);
        self.asked.clear();
        let length = u16::try_from(self.payload.len()).unwrap_or(u16::MAX);
        let payload = [&length.to_be_bytes(), self.payload.as_slice()].concat();
        self.stream = Some((wire.open(Exchange::Stream { to: self.link.resolver, payload }), Vec::new()));
    }

    /// The message that `bytes` are, or complete on the stream; `None` while it is not whole.
    fn message(&mut self, id: ExchangeId, bytes: &[u8]) -> Option<Vec<u8>> {
        let Some((_, came)) = self.stream.as_mut().filter(|(stream, _)| *stream == id) else {
            return Some(bytes.to_vec());
        };
        came.extend_from_slice(bytes);
        let (length, rest) = came.split_first_chunk()?;
        rest.get(..usize::from(u16::from_be_bytes(*length))).map(<[u8]>::to_vec)
    }

    fn is_stream(&self, id: ExchangeId) -> bool {
        self.stream.as_ref().is_some_and(|(stream, _)| *stream == id)
    }

    pub(super) fn owns(&self, id: ExchangeId) -> bool {
        self.asked.contains(&id) || self.is_stream(id)
    }

    /// `None` while it goes on.
    pub(super) fn exchange(
        &mut self,
        wire: &mut Wire,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
    ) -> Option<Result<Vec<Ipv4Addr>, Failure>> {
        let message = match progress {
            Progress::Received(bytes) => self.message(id, bytes)?,
            _ => Vec::new(),
        };
        let outcome = match progress {
            Progress::Connected => return None,
            Progress::Received(_) => match self.question.read(&message) {
                Reading::Answer { remedy: Remedy::OverTcp, .. } if self.stream.is_none() => {
                    self.ask_over_tcp(wire);
                    return None;
                }
                Reading::Foreign(finding) => {
                    wire.report_finding(finding);
                    return None;
                }
                Reading::Answer { addresses, findings, remedy } => {
                    if self.failed == 0 {
                        findings.into_iter().for_each(|finding| wire.report_finding(finding));
                    }
                    if addresses.is_empty() && self.tries_again(wire, remedy, now) {
                        return None;
                    }
                    if addresses.is_empty() { Err(Failure::NameUnresolved) } else { Ok(addresses) }
                }
            },
            // One connection a lookup, whatever becomes of it.
            _ if self.is_stream(id) => {
                self.stream = None;
                if self.begins_again(wire, now) {
                    return None;
                }
                Err(Failure::NameUnresolved)
            }
            // No DNS server is there; asking again would not help.
            Progress::Refused
            | Progress::Unreachable
            | Progress::Reset
            | Progress::Ended
            | Progress::HandshakeFailed(_) => {
                self.asked.retain(|&asked| asked != id);
                Err(Failure::NameUnresolved)
            }
        };
        self.abandon(wire);
        Some(outcome)
    }

    /// Repeats the question, or gives up, as far as `now` asks for it.
    pub(super) fn due(&mut self, wire: &mut Wire, now: Instant) -> Option<Failure> {
        if self.end().is_some_and(|end| now >= end) {
            if self.begins_again(wire, now) {
                return None;
            }
            wire.report_finding(self.question.unanswered());
            self.abandon(wire);
            return Some(Failure::NameUnresolved);
        }
        while self.next_retry().is_some_and(|at| now >= at) {
            self.ask(wire);
        }
        None
    }

    /// Does what the resolver does about an answer without an address; `false` if nothing is left to do.
    fn tries_again(&mut self, wire: &mut Wire, remedy: Remedy, now: Instant) -> bool {
        if remedy == Remedy::AskAgain
            && self.resolver.asks_again_at_once
            && let Some(planned) = self.next_retry()
        {
            self.ahead += planned - now;
            self.ask(wire);
            return true;
        }
        remedy != Remedy::Keep && self.begins_again(wire, now)
    }

    /// Makes the whole lookup again, as often as the resolver does.
    fn begins_again(&mut self, wire: &mut Wire, now: Instant) -> bool {
        if self.failed >= self.resolver.further_lookups {
            return false;
        }
        self.abandon(wire);
        self.asked.clear();
        self.stream = None;
        self.failed += 1;
        self.started = now;
        self.ahead = Duration::ZERO;
        self.ask(wire);
        true
    }

    /// Whether no lookup has failed so far.
    pub(super) fn is_first(&self) -> bool {
        self.failed == 0
    }

    fn next_retry(&self) -> Option<Instant> {
        if self.stream.is_some() {
            return None;
        }
        let wait = self.resolver.retry_delays.get(self.asked.len().saturating_sub(1))?;
        Some(self.started + wait.saturating_sub(self.ahead))
    }

    fn end(&self) -> Option<Instant> {
        self.resolver.timeout.map(|wait| self.started + wait.saturating_sub(self.ahead))
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        self.next_retry().into_iter().chain(self.end()).min()
    }

    pub(super) fn unanswered(&self, wire: &mut Wire) {
        wire.report_finding(self.question.unanswered());
    }

    pub(super) fn abandon(&self, wire: &mut Wire) {
        let stream = self.stream.iter().map(|(id, _)| *id);
        self.asked.iter().copied().chain(stream).for_each(|id| wire.abandon(id));
    }
}

/// Asks for the HTTPS record of a host.
fn ask_service(wire: &mut Wire, link: Link, host: &str) -> Option<ServiceQuestion> {
    let question = Question::new(wire.identifier(), host, RecordType::HTTPS).ok()?;
    let payload = question.to_bytes().ok()?;
    let id = wire.open(Exchange::Datagram { to: link.resolver, payload });
    Some(ServiceQuestion::new(question, id))
}

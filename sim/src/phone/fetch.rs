//! One request of a check, from the name to the reply.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use url::{Host, Url};
use vestibule_core::Instant;

use super::exchange::{Exchange, ExchangeId, Link, Progress};
use super::finding::Finding;
use super::judge::failure::Failure;
use super::lookup::{Lookup, Resolver};
use super::reader_rules::ReaderRules;
use super::reply::{BadReply, Ending, Reader, Reply};
use super::service_question::ServiceQuestion;
use super::wire::Wire;

/// How an operating system's HTTP client behaves.
#[derive(Debug)]
pub(super) struct HttpClient {
    pub(super) resolver: &'static Resolver,
    /// How long a connection may take to be established.
    pub(super) connect_timeout: Option<Duration>,
    /// How long an established connection may be silent.
    pub(super) idle_timeout: Option<Duration>,
    pub(super) reads: Reads,
    /// How it reads the edges of a reply.
    pub(super) reader: &'static ReaderRules,
    /// Which of a name's addresses it asks.
    pub(super) addresses: Addresses,
    /// Whether it minds whose certificate it is shown.
    pub(super) verifies: bool,
}

impl HttpClient {
    /// What is said of clients whose engine was not read.
    pub(super) const TOLERANT: Self = Self {
        resolver: &Resolver::ONE_LOOKUP,
        connect_timeout: None,
        idle_timeout: None,
        reads: Reads::Head,
        reader: &ReaderRules::TOLERANT,
        addresses: Addresses::First,
        verifies: true,
    };
}

/// Which of several addresses of a name are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    /// The first.
    First,
    /// One after the other, until one can be connected to.
    All,
    /// One after the other, the one that is most like the phone's own first (RFC 6724 section 5, rule 9).
    Nearest,
    /// One that is drawn.
    Drawn,
}

/// How much of a reply the client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// The head alone, as of a reply to HEAD.
    Head,
    /// The head; of a 200 without a length also the first byte of its body. A failure after the
    /// head leaves the reply as it is.
    HeadAndFirstByte,
    /// Everything, up to so many bytes of body.
    Everything { at_most: u64 },
    /// The body, until it is not like this one any more, or is all of it.
    WhileLike(&'static str),
    /// Everything; after a failure counts what came since the status line.
    WhatCame,
    /// Whatever comes until the peer closes the connection in an orderly way, however long a body is announced to be.
    UntilClosed,
}

pub(super) struct Fetch {
    host: String,
    port: u16,
    secure: bool,
    payload: Vec<u8>,
    client: &'static HttpClient,
    refuse_private: bool,
    /// The phone's own address.
    own: Ipv4Addr,
    /// Addresses that are left to try, the next one last.
    further: Vec<Ipv4Addr>,
    service: Option<ServiceQuestion>,
    stage: FetchStage,
}

enum FetchStage {
    Looking(Lookup),
    Connecting { id: ExchangeId, until: Option<Instant> },
    Reading { id: ExchangeId, until: Option<Instant>, reader: Reader },
    Over,
}

pub(super) type FetchOutcome = Result<Reply, Failure>;

impl Fetch {
    /// Begins to ask `url` with `payload`. `refuse_private`: an address of a private network
    /// ends the fetch before anything is sent.
    pub(super) fn start(
        wire: &mut Wire,
        link: Link,
        url: &Url,
        payload: Vec<u8>,
        client: &'static HttpClient,
        refuse_private: bool,
        now: Instant,
    ) -> Result<Self, Failure> {
        let mut fetch = Self {
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            secure: url.scheme() == "https",
            payload,
            client,
            refuse_private,
            own: link.address,
            further: Vec::new(),
            service: None,
            stage: FetchStage::Over,
        };
        match url.host() {
            Some(Host::Ipv4(address)) => fetch.connect(wire, address, now),
            Some(Host::Domain(name)) => {
                let (lookup, service) = Lookup::start(wire, link, name, client.resolver, now)?;
                fetch.service = service;
                fetch.stage = FetchStage::Looking(lookup);
            }
            // The link has no IPv6.
            Some(Host::Ipv6(_)) => return Err(Failure::Unreachable),
            None => return Err(Failure::NameUnresolved),
        }
        Ok(fetch)
    }

    /// Keeps the addresses that this client asks.
    fn choose(&mut self, wire: &mut Wire, mut addresses: Vec<Ipv4Addr>) {
        match self.client.addresses {
            Addresses::First => addresses.truncate(1),
            Addresses::All => addresses.reverse(),
            Addresses::Nearest => {
                addresses.reverse();
                addresses.sort_by_key(|address| common_prefix(*address, self.own));
            }
            // A draw only where there is one, so that others do not depend on it.
            Addresses::Drawn if addresses.len() > 1 => {
                let drawn = wire.choose(addresses.len());
                addresses = vec![addresses[drawn]];
            }
            Addresses::Drawn => {}
        }
        self.further = addresses;
    }

    fn connect_next(&mut self, wire: &mut Wire, now: Instant) -> bool {
        let Some(address) = self.further.pop() else { return false };
        self.connect(wire, address, now);
        true
    }

    /// Whether the address of the host is still looked up, for the first time if `first` says so.
    pub(super) fn is_looking_up(&self, first: bool) -> bool {
        matches!(&self.stage, FetchStage::Looking(lookup) if lookup.is_first() || !first)
    }

    fn connect(&mut self, wire: &mut Wire, address: Ipv4Addr, now: Instant) {
        let to = SocketAddrV4::new(address, self.port);
        let exchange = if self.secure {
            Exchange::Tls {
                to,
                server_name: self.host.clone(),
                payload: self.payload.clone(),
                verifies: self.client.verifies,
            }
        } else {
            Exchange::Stream { to, payload: self.payload.clone() }
        };
        let id = wire.open(exchange);
        self.stage = FetchStage::Connecting { id, until: self.client.connect_timeout.map(|wait| now + wait) };
    }

    pub(super) fn owns(&self, id: ExchangeId) -> bool {
        self.service.as_ref().is_some_and(|service| service.id() == id)
            || match &self.stage {
                FetchStage::Looking(lookup) => lookup.owns(id),
                FetchStage::Connecting { id: own, .. } | FetchStage::Reading { id: own, .. } => *own == id,
                FetchStage::Over => false,
            }
    }

    /// Whether this is the exchange with the server itself, and no question for its name.
    pub(super) fn is_with_server(&self, id: ExchangeId) -> bool {
        matches!(&self.stage, FetchStage::Connecting { id: own, .. } if *own == id)
    }

    /// Takes the progress of an exchange that it [owns](Self::owns); `None` while it goes on.
    pub(super) fn exchange(
        &mut self,
        wire: &mut Wire,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
    ) -> Option<FetchOutcome> {
        if let Some(service) = self.service.take_if(|service| service.id() == id) {
            self.service = wire.service_exchange(service, progress);
            return None;
        }
        let outcome = match &mut self.stage {
            FetchStage::Looking(lookup) => match lookup.exchange(wire, id, progress, now)? {
                Ok(addresses) if self.refuse_private && addresses.iter().copied().any(is_private) => {
                    Err(Failure::PrivateAddress)
                }
                Ok(addresses) => {
                    self.choose(wire, addresses);
                    if self.connect_next(wire, now) {
                        return None;
                    }
                    Err(Failure::NameUnresolved)
                }
                Err(failure) => Err(failure),
            },
            FetchStage::Over => return None,
            FetchStage::Connecting { .. } | FetchStage::Reading { .. } => {
                let outcome = self.stream(wire, id, progress, now)?;
                let cannot_connect = matches!(outcome, Err(Failure::Refused | Failure::Unreachable));
                if cannot_connect && self.connect_next(wire, now) {
                    return None;
                }
                outcome
            }
        };
        self.finish(wire, now);
        Some(outcome)
    }

    fn stream(
        &mut self,
        wire: &mut Wire,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
    ) -> Option<FetchOutcome> {
        let peer_is_gone = !matches!(progress, Progress::Connected | Progress::Received(_));
        let outcome = match progress {
            Progress::Connected => {
                self.restart_idle_timeout(id, now);
                None
            }
            Progress::Received(bytes) => {
                self.restart_idle_timeout(id, now);
                self.read(wire, bytes)
            }
            Progress::HandshakeFailed(_) => Some(Err(Failure::Untrusted)),
            Progress::Ended => Some(self.end(wire)),
            Progress::Reset => Some(self.break_off(Failure::Lost)),
            Progress::Refused => Some(Err(Failure::Refused)),
            Progress::Unreachable => Some(Err(Failure::Unreachable)),
        };
        if outcome.is_some() && !peer_is_gone {
            wire.abandon(id);
        }
        if outcome.is_some() {
            self.stage = FetchStage::Over;
        }
        outcome
    }

    /// The peer gave a sign of life.
    fn restart_idle_timeout(&mut self, id: ExchangeId, now: Instant) {
        let next = self.client.idle_timeout.map(|wait| now + wait);
        match &mut self.stage {
            FetchStage::Reading { until, .. } => *until = next,
            _ => self.stage = FetchStage::Reading { id, until: next, reader: Reader::of(self.client.reader) },
        }
    }

    fn read(&mut self, wire: &mut Wire, bytes: &[u8]) -> Option<FetchOutcome> {
        let FetchStage::Reading { reader, .. } = &mut self.stage else { return None };
        let problem = reader.push(bytes).err();
        let enough = reader.head().is_some_and(|reply| self.client.reads.has_enough(reply));
        let has_judged_before = enough && matches!(self.client.reads, Reads::WhileLike(_));
        if let Some(problem) = problem.filter(|_| !has_judged_before) {
            return Some(self.unreadable(wire, problem));
        }
        enough.then(|| Ok(self.take_reader().into_reply()))
    }

    fn end(&mut self, wire: &mut Wire) -> FetchOutcome {
        let FetchStage::Reading { reader, .. } = &mut self.stage else { return Err(Failure::Lost) };
        match reader.end() {
            Ok(()) => Ok(self.take_reader().into_reply()),
            Err(problem) => {
                wire.report_finding(Finding::UnreadableReply { host: self.host.clone(), problem });
                self.break_off(Failure::Ended)
            }
        }
    }

    fn unreadable(&mut self, wire: &mut Wire, problem: BadReply) -> FetchOutcome {
        wire.report_finding(Finding::UnreadableReply { host: self.host.clone(), problem });
        self.break_off(Failure::NotHttp)
    }

    /// The reply so far, if a failure after its head does not matter to this client.
    fn break_off(&mut self, failure: Failure) -> FetchOutcome {
        let mut reader = self.take_reader();
        let suffices = match self.client.reads {
            Reads::Head | Reads::HeadAndFirstByte => reader.head().is_some(),
            Reads::Everything { .. } | Reads::WhileLike(_) | Reads::UntilClosed => false,
            Reads::WhatCame => reader.has_status(),
        };
        if suffices {
            reader.cut();
            return Ok(reader.into_reply());
        }
        Err(failure)
    }

    fn take_reader(&mut self) -> Reader {
        match std::mem::replace(&mut self.stage, FetchStage::Over) {
            FetchStage::Reading { reader, .. } => reader,
            _ => Reader::new(),
        }
    }

    /// Does what `now` asks for.
    pub(super) fn due(&mut self, wire: &mut Wire, now: Instant) -> Option<FetchOutcome> {
        let outcome = match &mut self.stage {
            FetchStage::Looking(lookup) => Err(lookup.due(wire, now)?),
            FetchStage::Connecting { id, until } if until.is_some_and(|until| now >= until) => {
                wire.abandon(*id);
                if self.connect_next(wire, now) {
                    return None;
                }
                Err(Failure::Timeout)
            }
            FetchStage::Reading { id, until, .. } if until.is_some_and(|until| now >= until) => {
                wire.abandon(*id);
                self.break_off(Failure::Timeout)
            }
            _ => return None,
        };
        self.finish(wire, now);
        Some(outcome)
    }

    fn finish(&mut self, wire: &mut Wire, now: Instant) {
        if let Some(service) = self.service.take() {
            wire.wait_for(service, now);
        }
        self.stage = FetchStage::Over;
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match &self.stage {
            FetchStage::Looking(lookup) => lookup.timeout(),
            FetchStage::Connecting { until, .. } | FetchStage::Reading { until, .. } => *until,
            FetchStage::Over => None,
        }
    }

    /// Ends it because the check that asked has reached its timeout: what went unanswered is reported.
    pub(super) fn expire(mut self, wire: &mut Wire) {
        if let FetchStage::Looking(lookup) = &self.stage {
            lookup.unanswered(wire);
        }
        if let Some(service) = self.service.take() {
            wire.service_timeout(&service);
        }
        self.abandon(wire);
    }

    /// Ends it because the result does not matter any more.
    pub(super) fn abandon(mut self, wire: &mut Wire) {
        if let Some(service) = self.service.take() {
            wire.abandon(service.id());
        }
        match &self.stage {
            FetchStage::Looking(lookup) => lookup.abandon(wire),
            FetchStage::Connecting { id, .. } | FetchStage::Reading { id, .. } => wire.abandon(*id),
            FetchStage::Over => {}
        }
    }
}

impl Reads {
    /// Whether a reply, whose head is whole, has come far enough.
    fn has_enough(self, reply: &Reply) -> bool {
        let is_over = reply.ending != Ending::Open;
        match self {
            Self::Head => true,
            Self::HeadAndFirstByte => {
                is_over
                    || reply.status != 200
                    || reply.content_length().is_some()
                    || reply.has_negative_length()
                    || reply.body_bytes > 0
            }
            Self::Everything { at_most } => is_over || reply.body_bytes > at_most,
            Self::WhileLike(expected) => {
                let is_like =
                    reply.body.iter().zip(expected.as_bytes()).all(|(got, expected)| got == expected);
                is_over || !is_like || reply.body.len() >= expected.len()
            }
            Self::WhatCame => is_over,
            Self::UntilClosed => false,
        }
    }
}

/// How many leading bits two addresses share.
fn common_prefix(one: Ipv4Addr, other: Ipv4Addr) -> u32 {
    (u32::from(one) ^ u32::from(other)).leading_zeros()
}

/// Link-local and RFC 1918 addresses, as the private-address rule of Android counts them.
/// Loopback addresses count as private: on them a device stands in for one on a network of its own.
fn is_private(address: Ipv4Addr) -> bool {
    address.is_private() || address.is_link_local() || address.is_loopback()
}

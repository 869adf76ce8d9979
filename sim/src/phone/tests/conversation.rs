//! Plays a portal to one phone and writes down what the phone does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vestibule_core::Instant;

use super::super::{
    Checker, Exchange, ExchangeId, Finding, HandshakeProblem, Input, Options, Output, OwnerAction, Progress,
    Rule, Verdict, by_id,
};
use super::dns::{Dns, answer, over_tcp};
use super::{AP, LINK, at};

/// How long one step of an exchange takes.
const STEP: Duration = Duration::from_millis(2);

/// How a portal treats one request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Served {
    /// These bytes, then an orderly end.
    Reply(Vec<u8>),
    /// These bytes, then nothing for ever.
    ReplyAndHang(Vec<u8>),
    /// These bytes, then a reset.
    ReplyAndReset(Vec<u8>),
    /// Accepted, then silence.
    Silence,
    /// No answer to the connection attempt.
    NoConnection,
    Refused,
    Unreachable,
    Reset,
    /// A handshake with a certificate that the phone does not trust.
    Untrusted,
}

pub(super) fn reply(text: &str) -> Served {
    Served::Reply(text.as_bytes().to_vec())
}

/// A device: how it answers names, requests on port 80, and connections to port 443.
pub(super) struct Portal {
    pub(super) dns: Dns,
    pub(super) http: Box<dyn FnMut(&str) -> Served>,
    pub(super) tls: Served,
}

impl Portal {
    /// Answers every request alike.
    pub(super) fn always(served: Served) -> Self {
        Self::by_request(move |_| served.clone())
    }

    pub(super) fn by_request(http: impl FnMut(&str) -> Served + 'static) -> Self {
        Self { dns: Dns::Wildcard(AP), http: Box::new(http), tls: Served::Refused }
    }

    pub(super) fn with_dns(self, dns: Dns) -> Self {
        Self { dns, ..self }
    }

    pub(super) fn with_tls(self, tls: Served) -> Self {
        Self { tls, ..self }
    }

    /// What an exchange leads to, piece by piece.
    fn serve(&mut self, exchange: &Exchange) -> Vec<Event> {
        let served = match exchange {
            Exchange::Datagram { payload, .. } => {
                return answer(self.dns, payload).into_iter().map(Event::Received).collect();
            }
            Exchange::Stream { to, payload } if to.port() == 53 => {
                let Some(answer) = over_tcp(self.dns, payload) else { return vec![Event::Refused] };
                return vec![Event::Connected, Event::Received(answer)];
            }
            Exchange::Stream { payload, .. } => (self.http)(&String::from_utf8_lossy(payload)),
            Exchange::Tls { .. } => self.tls.clone(),
        };
        match served {
            Served::Reply(bytes) => vec![Event::Connected, Event::Received(bytes), Event::Ended],
            Served::ReplyAndHang(bytes) => vec![Event::Connected, Event::Received(bytes)],
            Served::ReplyAndReset(bytes) => vec![Event::Connected, Event::Received(bytes), Event::Reset],
            Served::Silence => vec![Event::Connected],
            Served::NoConnection => Vec::new(),
            Served::Refused => vec![Event::Refused],
            Served::Unreachable => vec![Event::Unreachable],
            Served::Reset => vec![Event::Connected, Event::Reset],
            Served::Untrusted => vec![Event::HandshakeFailed],
        }
    }
}

#[derive(Clone, Debug)]
enum Event {
    Connected,
    HandshakeFailed,
    Received(Vec<u8>),
    Ended,
    Reset,
    Refused,
    Unreachable,
}

impl Event {
    fn progress(&self) -> Progress<'_> {
        match self {
            Self::Connected => Progress::Connected,
            Self::HandshakeFailed => Progress::HandshakeFailed(HandshakeProblem::UnknownIssuer),
            Self::Received(bytes) => Progress::Received(bytes),
            Self::Ended => Progress::Ended,
            Self::Reset => Progress::Reset,
            Self::Refused => Progress::Refused,
            Self::Unreachable => Progress::Unreachable,
        }
    }
}

/// One phone on one portal's network.
pub(super) struct Conversation {
    pub(super) phone: Box<dyn Checker>,
    pub(super) portal: Portal,
    pub(super) now: Instant,
    pub(super) seen: Vec<(Instant, Output)>,
    underway: BTreeMap<(Instant, u64), (ExchangeId, Event)>,
    over: BTreeSet<ExchangeId>,
    sequence: u64,
}

impl Conversation {
    /// The phone joins at second 0.
    pub(super) fn begin(model: &str, portal: Portal) -> Self {
        Self::begin_with(model, portal, Options::default())
    }

    pub(super) fn begin_with(model: &str, portal: Portal, options: Options) -> Self {
        let mut conversation = Self::before(model, portal, options);
        conversation.tell(Input::Joined(LINK));
        conversation
    }

    /// The phone joins a network that announces a captive portal API.
    pub(super) fn begin_announced(model: &str, portal: Portal, captive_portal_api: &str) -> Self {
        let mut conversation = Self::before(model, portal, Options::default());
        conversation.tell(Input::Announced { captive_portal_api: Some(captive_portal_api) });
        conversation.tell(Input::Joined(LINK));
        conversation
    }

    fn before(model: &str, portal: Portal, options: Options) -> Self {
        Self {
            phone: by_id(model).unwrap().new_checker_with(7, 0, options),
            portal,
            now: at(0.0),
            seen: Vec::new(),
            underway: BTreeMap::new(),
            over: BTreeSet::new(),
            sequence: 0,
        }
    }

    pub(super) fn tell(&mut self, input: Input<'_>) {
        self.phone.handle(input, self.now);
        while let Some(output) = self.phone.poll() {
            if let Output::Open { id, exchange } = &output {
                let events = self.portal.serve(exchange);
                for (index, event) in events.into_iter().enumerate() {
                    self.sequence += 1;
                    let when = self.now + STEP * (index as u32 + 1);
                    self.underway.insert((when, self.sequence), (*id, event));
                }
            }
            if let Output::Abandon(id) = &output {
                self.over.insert(*id);
            }
            self.seen.push((self.now, output));
        }
        let timeout = self.phone.poll_timeout();
        assert!(timeout.is_none_or(|timeout| timeout > self.now), "{timeout:?} at {:?}", self.now);
    }

    pub(super) fn owner(&mut self, action: OwnerAction<'_>) {
        self.tell(Input::Owner(action));
    }

    pub(super) fn page_finished(&mut self) {
        self.owner(OwnerAction::PageFinished { url: "http://192.168.4.1/" });
    }

    /// Lets time pass until `seconds`.
    pub(super) fn run_until(&mut self, seconds: f64) -> &mut Self {
        let end = at(seconds);
        loop {
            let event = self.underway.first_key_value().map(|((when, _), _)| *when);
            let deadline = self.phone.poll_timeout();
            let Some(next) = event.into_iter().chain(deadline).min().filter(|&next| next <= end) else {
                break;
            };
            self.now = next;
            if event == Some(next) {
                let Some((_, (id, event))) = self.underway.pop_first() else { break };
                if !self.over.contains(&id) {
                    self.tell(Input::Exchange { id, progress: event.progress() });
                }
            } else {
                self.tell(Input::Deadline);
            }
        }
        self.now = end;
        self
    }

    /// The verdicts so far, each with its moment and its rule.
    pub(super) fn verdicts(&self) -> Vec<(Instant, Verdict, &'static Rule)> {
        let verdict = |(when, output): &(Instant, Output)| match output {
            Output::Verdict { verdict, rule } => Some((*when, verdict.clone(), *rule)),
            _ => None,
        };
        self.seen.iter().filter_map(verdict).collect()
    }

    pub(super) fn last_verdict(&self) -> (Verdict, &'static str) {
        self.verdicts().pop().map(|(_, verdict, rule)| (verdict, rule.id)).expect("a verdict")
    }

    /// When requests went out, and to whom in their words.
    pub(super) fn requests(&self) -> Vec<(Instant, String)> {
        let request = |(when, output): &(Instant, Output)| match output {
            Output::Open { exchange: Exchange::Stream { payload, .. }, .. } => {
                Some((*when, String::from_utf8_lossy(payload).into_owned()))
            }
            _ => None,
        };
        self.seen.iter().filter_map(request).collect()
    }

    /// The first TCP connection.
    pub(super) fn stream(&self) -> Option<ExchangeId> {
        self.seen.iter().find_map(|(_, output)| match output {
            Output::Open { id, exchange: Exchange::Stream { .. } } => Some(*id),
            _ => None,
        })
    }

    pub(super) fn datagrams(&self) -> Vec<(Instant, Vec<u8>)> {
        let datagram = |(when, output): &(Instant, Output)| match output {
            Output::Open { exchange: Exchange::Datagram { payload, .. }, .. } => {
                Some((*when, payload.clone()))
            }
            _ => None,
        };
        self.seen.iter().filter_map(datagram).collect()
    }

    pub(super) fn sheet(&self) -> Option<(Instant, String, &'static str)> {
        self.seen.iter().find_map(|(when, output)| match output {
            Output::SheetOpened { url, rule, .. } => Some((*when, url.clone(), rule.id)),
            _ => None,
        })
    }

    pub(super) fn count(&self, wanted: impl Fn(&Output) -> bool) -> usize {
        self.seen.iter().filter(|(_, output)| wanted(output)).count()
    }

    pub(super) fn saw(&self, wanted: &Output) -> bool {
        self.count(|output| output == wanted) > 0
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let finding = |(_, output): &(Instant, Output)| match output {
            Output::Finding(finding) => Some(finding.clone()),
            _ => None,
        };
        self.seen.iter().filter_map(finding).collect()
    }
}

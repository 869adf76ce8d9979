//! What one client does on its connection, one step after another.

use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::time::Duration;

use vestibule_core::Instant;

use super::request::{Question, by_themselves, clear, cross_site, long_head, post, split_posts};
use super::{ClientCommand, Misbehaviour};
use crate::phone::{Ending, Progress, Reader};

/// Between the bytes of a slow client.
const BYTE_EVERY: Duration = Duration::from_secs(1);

/// Between the two pieces of a request: longer than the first takes to be read. Chosen.
const PAUSE: Duration = Duration::from_millis(10);

/// How long an answer may take. Chosen, as for the owner's pages.
const ANSWER_TIMEOUT: Duration = crate::owner::PAGE_TIMEOUT;

/// Within which time a port where nothing listens refuses. Chosen: a browser that waits for longer shows nothing
/// meanwhile, and a phone and a device in one room need milliseconds.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The port of HTTPS.
const HTTPS: u16 = 443;

/// After how long a client that was refused tries again, and how often it does that for one request: a
/// device has few sockets, and they are taken for a moment. Chosen.
const RETRY_AFTER: Duration = Duration::from_millis(300);
const TRIES: u8 = 8;

/// How a session goes on after a step.
pub(super) enum Next {
    Wait,
    Do(ClientCommand),
    /// The connection is gone, and the client with it.
    Over,
    /// The client has what it wanted, or gives up.
    Reset,
    /// The client goes on, on another connection.
    Reconnect {
        reset: bool,
    },
}

/// A client.
#[derive(Debug)]
pub(super) enum ClientSession {
    Silent,
    Slow {
        bytes: std::vec::IntoIter<u8>,
        due: Option<Instant>,
    },
    Half {
        begun: Vec<u8>,
        stops: Stops,
        due: Option<Instant>,
    },
    Asking(Box<Asking>),
    /// Until when a refusal is to come; `None` once it has.
    Https {
        until: Option<Instant>,
    },
}

/// How a client stops.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stops {
    Silently,
    Shutting,
    Resetting,
}

/// A client that wants answers.
#[derive(Debug)]
pub(super) struct Asking {
    questions: VecDeque<Question>,
    /// The connection to come, if there is none.
    retry: Option<Instant>,
    /// When the second piece is sent.
    rest: Option<Instant>,
    /// Until when the first of the questions has to be answered.
    until: Instant,
    tries: u8,
    reader: Reader,
    came: usize,
    longest: usize,
}

impl ClientSession {
    /// The client of that number among those with this misbehaviour.
    pub(super) fn new(misbehaviour: Misbehaviour, number: usize, server: SocketAddrV4, now: Instant) -> Self {
        match misbehaviour {
            Misbehaviour::SilentSockets => Self::Silent,
            Misbehaviour::SlowRequests => Self::Slow { bytes: long_head(server).into_iter(), due: None },
            Misbehaviour::HalfPosts => {
                let mut begun = post(server);
                // Each is cut at another place: in the request line, the head, the body.
                begun.truncate(1 + number * 37 % (begun.len() - 1));
                let stops = [Stops::Silently, Stops::Shutting, Stops::Resetting][number % 3];
                Self::Half { begun, stops, due: None }
            }
            Misbehaviour::SplitPosts => Self::Asking(Box::new(Asking::new(split_posts(server), now))),
            Misbehaviour::ProbeStorm => Self::Asking(Box::new(Asking::new(by_themselves(server), now))),
            Misbehaviour::CrossSiteRequests => Self::Asking(Box::new(Asking::new(cross_site(server), now))),
            Misbehaviour::ClearRequests => Self::Asking(Box::new(Asking::new(clear(server), now))),
            Misbehaviour::HttpsRequests => Self::Https { until: Some(now + REFUSAL_TIMEOUT) },
        }
    }

    /// How many requests are still to be answered.
    pub(super) fn questions(&self) -> usize {
        match self {
            Self::Asking(asking) => asking.questions.len(),
            Self::Https { until } => usize::from(until.is_some()),
            Self::Silent | Self::Slow { .. } | Self::Half { .. } => 0,
        }
    }

    /// Where it connects, with the portal there.
    pub(super) fn server(&self, portal: SocketAddrV4) -> SocketAddrV4 {
        match self {
            Self::Https { .. } => SocketAddrV4::new(*portal.ip(), HTTPS),
            _ => portal,
        }
    }

    /// The bytes of its longest answer so far.
    pub(super) fn longest(&self) -> usize {
        if let Self::Asking(asking) = self { asking.longest } else { 0 }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Slow { due, .. } | Self::Half { due, .. } => *due,
            Self::Asking(asking) => asking.poll_timeout(),
            Self::Https { until } => *until,
            Self::Silent => None,
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Next {
        match self {
            Self::Slow { bytes, due } => {
                let byte = bytes.next();
                *due = byte.map(|_| now + BYTE_EVERY);
                byte.map_or(Next::Wait, |byte| Next::Do(ClientCommand::Say(vec![byte])))
            }
            Self::Half { stops, due, .. } => {
                *due = None;
                match stops {
                    Stops::Silently => Next::Wait,
                    Stops::Shutting => Next::Do(ClientCommand::Shut),
                    Stops::Resetting => Next::Reset,
                }
            }
            Self::Asking(asking) => asking.handle_timeout(now),
            Self::Https { .. } => Next::Reset,
            Self::Silent => Next::Wait,
        }
    }

    pub(super) fn progress(&mut self, progress: Progress<'_>, now: Instant) -> Next {
        if let Self::Asking(asking) = self {
            return asking.progress(progress, now);
        }
        if let (Self::Https { until }, Progress::Refused | Progress::Reset) = (&mut *self, &progress) {
            *until = None;
        }
        match progress {
            Progress::Ended
            | Progress::Reset
            | Progress::Refused
            | Progress::Unreachable
            | Progress::HandshakeFailed(_) => Next::Over,
            Progress::Received(_) => Next::Wait,
            Progress::Connected => match self {
                // Something listens there, with no certificate that could be valid.
                Self::Https { .. } => Next::Reset,
                Self::Slow { due, .. } => {
                    *due = Some(now);
                    Next::Wait
                }
                Self::Half { begun, due, .. } => {
                    *due = Some(now + PAUSE);
                    Next::Do(ClientCommand::Say(std::mem::take(begun)))
                }
                _ => Next::Wait,
            },
        }
    }
}

impl Asking {
    fn new(questions: Vec<Question>, now: Instant) -> Self {
        Self {
            questions: questions.into(),
            retry: None,
            rest: None,
            until: now + ANSWER_TIMEOUT,
            tries: TRIES,
            reader: Reader::new(),
            came: 0,
            longest: 0,
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let until = (!self.questions.is_empty()).then_some(self.until);
        [self.retry, self.rest, until].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) -> Next {
        if !self.questions.is_empty() && self.until <= now {
            return Next::Reset;
        }
        if self.retry.take_if(|at| *at <= now).is_some() {
            return Next::Reconnect { reset: false };
        }
        match (self.rest.take_if(|at| *at <= now), self.questions.front()) {
            (Some(_), Some(question)) => Next::Do(ClientCommand::Say(question.rest.clone())),
            _ => Next::Wait,
        }
    }

    fn progress(&mut self, progress: Progress<'_>, now: Instant) -> Next {
        match progress {
            Progress::Connected => self.ask(now),
            Progress::Received(bytes) => self.received(bytes, now),
            Progress::Ended
            | Progress::Reset
            | Progress::Refused
            | Progress::Unreachable
            | Progress::HandshakeFailed(_) => self.lost(now),
        }
    }

    /// Sends the first of the questions, as far as it goes at once.
    fn ask(&mut self, now: Instant) -> Next {
        (self.reader, self.came) = (Reader::new(), 0);
        let Some(question) = self.questions.front() else { return Next::Over };
        self.rest = (!question.rest.is_empty()).then(|| now + PAUSE);
        Next::Do(ClientCommand::Say(question.first.clone()))
    }

    fn received(&mut self, bytes: &[u8], now: Instant) -> Next {
        self.came += bytes.len();
        if self.reader.push(bytes).is_err() {
            return Next::Reset;
        }
        self.longest = self.longest.max(self.came);
        let Some(reply) = self.reader.head().filter(|reply| reply.ending == Ending::Complete) else {
            return Next::Wait;
        };
        let closes = reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        // An answer that comes before the whole request was sent does not count.
        let whole = self.rest.is_none();
        if !whole || !self.questions.front().is_some_and(|question| question.is_answered_by(reply)) {
            return Next::Reset;
        }
        self.questions.pop_front();
        (self.until, self.tries) = (now + ANSWER_TIMEOUT, TRIES);
        match self.questions.is_empty() {
            // Kept, as browsers keep it, until the device closes it.
            true => Next::Wait,
            false if closes => Next::Reconnect { reset: true },
            false => self.ask(now),
        }
    }

    /// The connection is gone. A device may close a kept one at any time.
    fn lost(&mut self, now: Instant) -> Next {
        (self.rest, self.tries) = (None, self.tries.saturating_sub(1));
        if self.tries == 0 || self.questions.is_empty() {
            return Next::Over;
        }
        self.retry = Some(now + RETRY_AFTER);
        Next::Wait
    }
}

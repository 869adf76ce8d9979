//! Clients that are neither a phone's check nor its owner's page: clients that hold sockets and send
//! nothing, that send too slowly or stop half-way, that send requests in pieces, or that request icons and
//! files which nobody looks at. They run on a phone of the world, independent of its owner.
//!
//! It is sans-IO: `Clients::poll` tells a driver what to do on which connection, and the driver reports
//! the progress. What is done on one connection is `session`; nothing here knows how a device
//! serves.

mod request;
mod session;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::SocketAddrV4;

use vestibule_core::Instant;

use crate::phone::{ExchangeId, Progress};
use session::{ClientSession, Next};

/// The first number of a client's connection; a phone's check counts from 0.
const FIRST: u32 = 1 << 31;

/// What clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// Connects and says nothing.
    SilentSockets,
    /// Sends a byte of a request every second.
    SlowRequests,
    /// Stops in the middle of a POST: the first sends no more, the second shuts its side, the third resets.
    HalfPosts,
    /// Sends a POST in two pieces, cut in turn after each of its bytes.
    SplitPosts,
    /// Asks, one after another, for what systems and browsers ask for by themselves.
    ProbeStorm,
    /// A page of another site sends the device what its owner has not asked for.
    CrossSiteRequests,
    /// Asks the device to forget its networks, as a program on the phone would.
    ClearRequests,
    /// Asks for a page over HTTPS, and wants to be refused at once.
    HttpsRequests,
}

impl Misbehaviour {
    /// Whether its requests are to be answered.
    pub(crate) fn asks(self) -> bool {
        matches!(
            self,
            Self::SplitPosts
                | Self::ProbeStorm
                | Self::CrossSiteRequests
                | Self::ClearRequests
                | Self::HttpsRequests
        )
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SilentSockets => "connects and says nothing",
            Self::SlowRequests => "sends a byte of a request every second",
            Self::HalfPosts => "stops in the middle of a POST",
            Self::SplitPosts => "sends a POST in two pieces, at every split",
            Self::ProbeStorm => "asks for all that systems ask for by themselves",
            Self::CrossSiteRequests => "sends what a page of another site would",
            Self::ClearRequests => "asks the device to forget its networks",
            Self::HttpsRequests => "asks for a page over HTTPS",
        })
    }
}

/// What is to be done on a client's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientCommand {
    /// Connect there.
    Connect(SocketAddrV4),
    /// Send these bytes, in a segment of their own.
    Say(Vec<u8>),
    /// Shut this side.
    Shut,
    /// Reset it; nothing more is to be reported of it.
    Reset,
}

/// The outcome of the requests that are to be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    asked: usize,
    answered: usize,
    failed: usize,
    longest: usize,
}

/// The clients on one phone.
#[derive(Debug)]
pub(crate) struct Clients {
    /// Where the device is, while the phone can reach it.
    server: Option<SocketAddrV4>,
    /// The clients that begin as soon as it can be reached.
    waiting: Vec<(Misbehaviour, usize)>,
    sessions: BTreeMap<ExchangeId, ClientSession>,
    next: u32,
    commands: VecDeque<(ExchangeId, ClientCommand)>,
    tally: Tally,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            server: None,
            waiting: Vec::new(),
            sessions: BTreeMap::new(),
            next: FIRST,
            commands: VecDeque::new(),
            tally: Tally::default(),
        }
    }
}

impl Clients {
    /// So many clients do that, from now on or from when the device can be reached.
    pub(crate) fn begin(&mut self, misbehaviour: Misbehaviour, count: usize, now: Instant) {
        let Some(server) = self.server else {
            return self.waiting.push((misbehaviour, count));
        };
        for number in 0..count {
            let session = ClientSession::new(misbehaviour, number, server, now);
            self.tally.asked += session.questions();
            let to = session.server(server);
            self.connect(session, to);
        }
    }

    /// The device can be reached there.
    pub(crate) fn reach(&mut self, server: SocketAddrV4, now: Instant) {
        self.server = Some(server);
        for (misbehaviour, count) in std::mem::take(&mut self.waiting) {
            self.begin(misbehaviour, count, now);
        }
    }

    /// The phone is off the network: every connection is gone, and what was not answered will not be.
    pub(crate) fn leave(&mut self) {
        self.server = None;
        self.commands.clear();
        for (_, session) in std::mem::take(&mut self.sessions) {
            self.tally.failed += session.questions();
        }
    }

    /// Whether every request that was to be answered has been, as it should be; `None` while some
    /// still may be, or when there are none.
    pub(crate) fn served(&self) -> Option<bool> {
        let Tally { asked, answered, failed, .. } = self.tally;
        match (failed, asked) {
            (1.., _) => Some(false),
            (0, 0) => None,
            (0, _) => (answered == asked && self.waiting.is_empty()).then_some(true),
        }
    }

    /// The bytes of the longest answer, its head included.
    pub(crate) fn longest_answer(&self) -> usize {
        self.tally.longest
    }

    /// What is to be done next, and on which connection.
    pub(crate) fn poll(&mut self) -> Option<(ExchangeId, ClientCommand)> {
        self.commands.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.sessions.values().filter_map(ClientSession::poll_timeout).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let is_due = |session: &ClientSession| session.poll_timeout().is_some_and(|due| due <= now);
        let due: Vec<_> =
            self.sessions.iter().filter(|(_, session)| is_due(session)).map(|(id, _)| *id).collect();
        for id in due {
            self.go_on(id, |session| session.handle_timeout(now));
        }
    }

    /// A connection has progressed. Returns whether it is a client's.
    pub(crate) fn progress(&mut self, id: ExchangeId, progress: Progress<'_>, now: Instant) -> bool {
        self.go_on(id, |session| session.progress(progress, now));
        id.0 >= FIRST
    }

    fn connect(&mut self, session: ClientSession, server: SocketAddrV4) {
        let id = ExchangeId(self.next);
        self.next = self.next.checked_add(1).unwrap_or(FIRST);
        self.sessions.insert(id, session);
        self.commands.push_back((id, ClientCommand::Connect(server)));
    }

    fn go_on(&mut self, id: ExchangeId, step: impl FnOnce(&mut ClientSession) -> Next) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let before = session.questions();
        let next = step(session);
        let answered = before - session.questions();
        self.tally.answered += answered;
        self.tally.longest = self.tally.longest.max(session.longest());
        match next {
            Next::Wait => {}
            Next::Do(command) => self.commands.push_back((id, command)),
            Next::Over => self.end(id),
            Next::Reset => {
                self.commands.push_back((id, ClientCommand::Reset));
                self.end(id);
            }
            Next::Reconnect { reset } => {
                if reset {
                    self.commands.push_back((id, ClientCommand::Reset));
                }
                if let (Some(session), Some(server)) = (self.sessions.remove(&id), self.server) {
                    self.connect(session, server);
                }
            }
        }
    }

    /// Requests without an answer by now count as failed.
    fn end(&mut self, id: ExchangeId) {
        self.tally.failed += self.sessions.remove(&id).map_or(0, |session| session.questions());
    }
}

//! What a connection sends: the bytes of an answer as the driver has room for them, and how the connection goes on once the
//! last one is out. It must not know what an answer says.

use super::super::answer::Persistence;
use super::super::request::Request;
use super::super::response::Content;
use super::super::status::Status;
use super::{CONTINUE, Connection, ConnectionState, Transfer};
use crate::byte_window::ByteWindow;
use crate::limits::{ANSWER_TIMEOUT, DRAIN_TIMEOUT, KEEP_ALIVE_TIMEOUT, SEND_TIMEOUT};
use crate::time::Instant;

impl<B: Copy> Connection<B> {
    /// Puts the next bytes for the client into `out`, which must have room for at least one.
    /// `render` writes a page as it was measured for [`Self::respond`], given the request if the
    /// response echoes it; a page that comes out longer is cut, and one that comes out shorter
    /// ends the connection.
    #[must_use]
    pub fn send(
        &mut self,
        out: &mut [u8],
        now: Instant,
        render: impl FnOnce(&B, Option<Request<'_>>, &mut ByteWindow<'_>),
    ) -> Transfer {
        if out.is_empty() {
            return Transfer::Bytes(0);
        }
        if self.interim > 0 {
            return self.send_interim(out);
        }
        match &mut self.state {
            ConnectionState::Closed
            | ConnectionState::Head { .. }
            | ConnectionState::Body { .. }
            | ConnectionState::Ready { .. }
            | ConnectionState::Upgraded => Transfer::Idle,
            ConnectionState::Answering { .. } => self.send_answer(out, now, render),
            ConnectionState::Draining { finish_sent: true } => Transfer::Idle,
            ConnectionState::Draining { finish_sent } => {
                *finish_sent = true;
                Transfer::Finish
            }
            ConnectionState::Closing => {
                let answered = self.answered;
                self.closed();
                self.answered = answered;
                Transfer::Close
            }
        }
    }

    /// Whether [`Self::send`] would give something: bytes, or that the transport is to be shut or closed.
    pub fn has_output(&self) -> bool {
        self.interim > 0
            || matches!(
                self.state,
                ConnectionState::Answering { .. }
                    | ConnectionState::Draining { finish_sent: false }
                    | ConnectionState::Closing
            )
    }

    /// Whether the driver is to be told that there is something to send: once, until it has sent everything
    /// or the connection is to be closed. `socket_waits` says so of a WebSocket, which sends past this.
    pub fn take_ready(&mut self, socket_waits: bool) -> bool {
        let tells = (socket_waits || self.has_output()) && !self.told_ready;
        self.told_ready |= tells;
        tells
    }

    /// The driver has sent everything that there was: it is told of what comes next.
    pub fn sent_all(&mut self) {
        self.told_ready = false;
    }

    fn send_interim(&mut self, out: &mut [u8]) -> Transfer {
        let mut window = ByteWindow::new(CONTINUE.len().saturating_sub(self.interim.into()), out);
        window.put(CONTINUE);
        let length = window.written().len();
        self.interim = self.interim.saturating_sub(length as u8);
        Transfer::Bytes(length)
    }

    fn send_answer(
        &mut self,
        out: &mut [u8],
        now: Instant,
        render: impl FnOnce(&B, Option<Request<'_>>, &mut ByteWindow<'_>),
    ) -> Transfer {
        let ConnectionState::Answering { answer, echoed } = &mut self.state else { return Transfer::Idle };
        let request = echoed.and_then(|head| head.request(self.buffer.bytes()));
        let length = answer.next(out, |page, window| render(page, request, window));
        if length == 0 {
            // The page came out shorter than its announced length. Cutting the connection is the
            // one way left to tell the client that the answer is not whole.
            self.closed();
            return Transfer::Close;
        }
        let last = answer.persistence == Persistence::Close;
        let upgrades = matches!(answer.response.content, Content::Upgrade(_));
        let answered = answer.is_sent().then(|| answer.answered());
        let late = self.late_from(false).filter(|_| self.hurried).unwrap_or(self.since + ANSWER_TIMEOUT);
        self.deadline = Some((now + SEND_TIMEOUT).min(late));
        if let Some(told) = answered {
            self.answered = answered;
            // One that was too late for those who wait is not waited for until it goes.
            let makes_room = self.hurried && told.status == Status::RequestTimeout;
            self.finish(last, now);
            if makes_room {
                self.close();
            }
            if upgrades {
                self.state = ConnectionState::Upgraded;
                self.deadline = None;
            }
        }
        Transfer::Bytes(length)
    }

    /// An answer is out.
    fn finish(&mut self, last: bool, now: Instant) {
        self.buffer.wipe();
        if self.peer_ended {
            self.close();
        } else if last {
            self.state = ConnectionState::Draining { finish_sent: false };
            self.begin(now);
            self.deadline = Some(now + DRAIN_TIMEOUT);
        } else {
            self.state = ConnectionState::next_head();
            self.kept = true;
            self.begin(now);
            self.deadline = Some(now + KEEP_ALIVE_TIMEOUT);
        }
    }
}

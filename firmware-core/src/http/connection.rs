//! One connection from its opening to its end: which bytes are read when, which deadline runs,
//! and how it closes without the client losing its answer.
//!
//! It must not know what a request means, and nothing is decided here by how input is cut: every
//! byte that could change something is taken alone.

use core::time::Duration;

use super::answer::{Answer, Answered, Persistence};
use super::body::BodyReader;
use super::buffer::Buffer;
use super::cookie::CookieScan;
use super::form;
use super::head::{Head, RequestLine};
use super::request::Request;
use super::response::Response;
use super::scan::{HeadScan, HeadStep};
use super::status::Status;
use crate::limits::{
    BODY_TIMEOUT, CONTENDED_ANSWER_TIMEOUT, CONTENDED_BYTES_PER_SECOND, CONTENDED_TIMEOUT, CROWDED_TIMEOUT,
    EVENT_TIMEOUT, HEAD_TIMEOUT, REQUEST_BYTES, SEND_TIMEOUT,
};
use crate::time::Instant;

/// The answer to `Expect: 100-continue` (RFC 9110 section 15.2.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Header lines that are never dropped: a request with more of them than there is room for is refused.
const DECISIVE: [&str; 13] = [
    "host",
    "content-type",
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
    "origin",
    "referer",
    "upgrade",
    "sec-websocket-key",
    "sec-websocket-version",
    "if-match",
    "if-none-match",
];

/// What [`Connection::send`] has for the driver. Exhaustive on purpose: a driver must act on every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// So many bytes were put at the beginning of the buffer. Send them and ask again.
    Bytes(usize),
    /// Nothing now.
    Idle,
    /// Said once: send no more (shut the write side, FIN), but go on passing received bytes and
    /// deadlines in.
    Finish,
    /// Said once: close the transport. The connection is closed from here on.
    Close,
}

/// One connection of the device's HTTP server.
///
/// A driver calls, in this order and again whenever something happened: [`receive`] with what the
/// client sent, keeping what was not consumed; [`request`], and if there is one, [`respond`];
/// [`send`] until it has nothing; then [`receive`] once more if bytes were left. [`handle_timeout`]
/// is due at [`deadline`], and [`receive_end`] when the client ended its side and every byte before
/// that has been consumed.
///
/// `B` describes a page; the caller renders it ([`Content::Page`](crate::http::Content::Page)).
///
/// ```
/// use vestibule_core::http::{Connection, Response, Status, Transfer};
/// use vestibule_core::Instant;
///
/// let now = Instant::from_micros(0);
/// let mut connection = Connection::<()>::new();
/// connection.open(now);
/// let consumed = connection.receive(b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n", now);
/// assert_eq!(consumed, 37);
/// assert_eq!(connection.request().unwrap().path, b"/");
///
/// connection.respond(Response::text(Status::Ok, "hello"), 0, now);
/// let mut out = [0; 256];
/// let Transfer::Bytes(length) = connection.send(&mut out, now, |_, _, _| {}) else { panic!() };
/// assert!(out[..length].starts_with(b"HTTP/1.1 200 OK\r\n"));
/// assert!(out[..length].ends_with(b"\r\n\r\nhello"));
/// ```
///
/// [`receive`]: Self::receive
/// [`request`]: Self::request
/// [`respond`]: Self::respond
/// [`send`]: Self::send
/// [`handle_timeout`]: Self::handle_timeout
/// [`deadline`]: Self::deadline
/// [`receive_end`]: Self::receive_end
pub struct Connection<B> {
    state: ConnectionState<B>,
    buffer: Buffer,
    /// How much of [`CONTINUE`] is left to send. It goes out before anything else.
    interim: u8,
    /// An answer was sent on this connection and it was kept.
    kept: bool,
    /// The client will send no more.
    peer_ended: bool,
    /// The driver knows that there is something to send, and has not sent all of it.
    told_ready: bool,
    answered: Option<Answered>,
    deadline: Option<Instant>,
    /// When what it does now has begun: to be silent, to take a request, to wait, to answer.
    since: Instant,
    /// Another client needs the connection.
    hurried: bool,
}

#[derive(Clone, Copy)]
enum ConnectionState<B> {
    /// There is no transport.
    Closed,
    /// A head is awaited or under way.
    Head { scan: HeadScan, line: Option<RequestLine>, cookie: CookieScan },
    /// A body is under way.
    Body { head: Head, reader: BodyReader },
    /// A request waits for its answer.
    Ready { head: Head },
    /// The answer is going out; its page may need the request.
    Answering { answer: Answer<B>, echoed: Option<Head> },
    /// It is a WebSocket now, and its bytes belong to [`crate::websocket`].
    Upgraded,
    /// The last answer is out. What still comes is thrown away for a while: closing at once would
    /// reset the connection, and the reset could overtake the answer (RFC 9112 section 9.6).
    Draining { finish_sent: bool },
    /// The driver has to close the transport.
    Closing,
}

impl<B> ConnectionState<B> {
    /// Nothing of the next request has come.
    const fn next_head() -> Self {
        Self::Head { scan: HeadScan::new(), line: None, cookie: CookieScan::new() }
    }
}

impl<B: Copy> Connection<B> {
    /// A connection without a transport.
    pub const fn new() -> Self {
        Self {
            state: ConnectionState::Closed,
            buffer: Buffer::new(),
            interim: 0,
            kept: false,
            peer_ended: false,
            told_ready: false,
            answered: None,
            deadline: None,
            since: Instant::from_micros(0),
            hurried: false,
        }
    }

    /// A client has connected. Whatever the connection was before is forgotten.
    pub fn open(&mut self, now: Instant) {
        self.closed();
        self.state = ConnectionState::next_head();
        self.deadline = Some(now + HEAD_TIMEOUT);
        self.begin(now);
    }

    /// The transport is gone, by the driver's or the client's doing.
    pub fn closed(&mut self) {
        self.close();
        self.state = ConnectionState::Closed;
        self.kept = false;
        self.peer_ended = false;
        self.answered = None;
    }

    /// Gives the connection up, to make room: [`Self::send`] says [`Transfer::Close`] next. Meant
    /// for an idle one; anything under way is lost.
    pub fn evict(&mut self) {
        if self.is_open() {
            self.close();
        }
    }

    /// Whether there is a transport.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, ConnectionState::Closed)
    }

    /// Whether it is to be closed and the driver has not been told yet.
    pub fn is_closing(&self) -> bool {
        matches!(self.state, ConnectionState::Closing)
    }

    /// Whether an answer is under way.
    pub fn is_answering(&self) -> bool {
        matches!(self.state, ConnectionState::Answering { .. })
    }

    /// Whether it has become a WebSocket: then it takes and sends nothing by itself.
    pub fn is_upgraded(&self) -> bool {
        matches!(self.state, ConnectionState::Upgraded)
    }

    /// When a WebSocket is due, so that [`Self::deadline`] says so.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        if self.is_upgraded() {
            self.deadline = deadline;
        }
    }

    /// Between requests, and nothing of the next one has arrived: nobody is harmed if it closes.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, ConnectionState::Head { .. }) && self.buffer.is_empty()
    }

    /// From when on what it does takes too long if another client needs the connection ([`CONTENDED_TIMEOUT`],
    /// [`CONTENDED_ANSWER_TIMEOUT`]), and if many do ([`CROWDED_TIMEOUT`]); `None` for a WebSocket, and where there is
    /// nothing left but to close it.
    pub fn late_from(&self, crowded: bool) -> Option<Instant> {
        let time = match &self.state {
            ConnectionState::Head { .. } | ConnectionState::Body { .. } | ConnectionState::Ready { .. } => {
                if crowded {
                    CROWDED_TIMEOUT
                } else {
                    CONTENDED_TIMEOUT
                }
            }
            // An answer that is out may still be on its way.
            ConnectionState::Draining { .. } => CONTENDED_TIMEOUT,
            ConnectionState::Answering { answer, .. } => {
                let taken = answer.sent().saturating_mul(1000 / (CONTENDED_BYTES_PER_SECOND / 1000));
                CONTENDED_ANSWER_TIMEOUT + Duration::from_micros(taken.into())
            }
            ConnectionState::Closed | ConnectionState::Upgraded | ConnectionState::Closing => return None,
        };
        Some(self.since + time)
    }

    /// Another client needs the connection: it is closed if it takes too long already, or once it does. A request
    /// that has begun to arrive is answered 408 then. Returns whether this is new to it.
    pub fn hurry(&mut self, crowded: bool, now: Instant) -> bool {
        let was_hurried = self.hurried;
        match self.late_from(crowded) {
            Some(late) if late <= now => self.close(),
            Some(late) => {
                self.hurried = true;
                self.deadline = Some(self.deadline.map_or(late, |deadline| deadline.min(late)));
            }
            None => {}
        }
        !was_hurried
    }

    /// Whether it was hurried in what it does now.
    pub fn is_hurried(&self) -> bool {
        self.hurried
    }

    /// The request that is complete waits for its answer, for a while.
    pub fn wait(&mut self, now: Instant) {
        if matches!(self.state, ConnectionState::Ready { .. }) {
            self.begin(now);
            self.deadline = Some(now + EVENT_TIMEOUT);
        }
    }

    /// What it does from now on is something else.
    fn begin(&mut self, now: Instant) {
        self.since = now;
        self.hurried = false;
    }

    /// Whether a request has been answered on it and it stayed open for another.
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// Whether it ends within [`DRAIN_TIMEOUT`](crate::limits::DRAIN_TIMEOUT), whatever the client does.
    pub fn is_ending(&self) -> bool {
        matches!(self.state, ConnectionState::Draining { .. } | ConnectionState::Closing)
    }

    /// When what it does now has begun: since when it is silent, if it is idle.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Takes bytes from the client and returns how many were consumed. While a request waits or
    /// its answer is under way that is none, so that pipelined requests wait in the driver's
    /// buffer; pass the rest in again after the answer.
    #[must_use = "what was not consumed must be passed in again"]
    pub fn receive(&mut self, bytes: &[u8], now: Instant) -> usize {
        let mut consumed = 0;
        while let Some((&byte, more)) = bytes.get(consumed..).and_then(<[u8]>::split_first) {
            if !self.take(byte, now) {
                break;
            }
            consumed += 1 + self.take_run(more);
        }
        consumed
    }

    /// The client will send no more (FIN). Every byte before that must have been consumed.
    pub fn receive_end(&mut self, now: Instant) {
        self.peer_ended = true;
        match self.state {
            ConnectionState::Head { .. } if self.buffer.is_empty() => self.close(),
            ConnectionState::Head { .. } | ConnectionState::Body { .. } => {
                self.refuse(Status::BadRequest, now)
            }
            ConnectionState::Draining { .. } => self.close(),
            ConnectionState::Ready { .. }
            | ConnectionState::Answering { .. }
            | ConnectionState::Upgraded
            | ConnectionState::Closing
            | ConnectionState::Closed => {}
        }
    }

    /// The request that waits for its answer.
    pub fn request(&self) -> Option<Request<'_>> {
        match &self.state {
            ConnectionState::Ready { head } => head.request(self.buffer.bytes()),
            _ => None,
        }
    }

    /// Answers the request that waits; without one nothing happens. `page_length` is the length in
    /// bytes of a [`Content::Page`](crate::http::Content::Page), measured with
    /// [`ByteWindow::measure`](crate::ByteWindow::measure); else it is ignored. The
    /// request's bytes are overwritten, now or, if the response echoes them, once it is out.
    pub fn respond(&mut self, response: Response<B>, page_length: usize, now: Instant) {
        let ConnectionState::Ready { head } = self.state else { return };
        let persistence =
            if response.close || self.peer_ended { Persistence::Close } else { head.persistence };
        let echoed = response.echoes_request.then_some(head);
        self.answer(response, page_length, persistence, echoed, now);
    }

    /// Whether a request was refused for its length, and nothing of that is out yet.
    pub fn is_too_large(&self) -> bool {
        matches!(
            &self.state,
            ConnectionState::Answering { answer, .. } if answer.sent() == 0
                && matches!(answer.response.status, Status::UriTooLong | Status::HeaderFieldsTooLarge)
        )
    }

    /// Answers a request that [was refused for its length](Self::is_too_large) otherwise, and closes then as well.
    pub fn answer_instead(&mut self, response: Response<B>, page_length: usize) {
        if self.is_too_large()
            && let ConnectionState::Answering { answer, .. } = &mut self.state
        {
            let head_only = !answer.answered().content;
            *answer = Answer::new(response, page_length, head_only, Persistence::Close);
        }
    }

    /// Overwrites the value of a field in the form that waits for its answer: a secret that has
    /// served, when the answer echoes the rest.
    pub fn wipe_field(&mut self, name: &str) {
        let ConnectionState::Ready { head } = &self.state else { return };
        if let Some(body) = self.buffer.bytes_mut().get_mut(head.end()..) {
            form::wipe(body, name);
        }
    }

    /// Lets `change` make another body of the request's in its place, and say how long it is: no longer than it was.
    pub fn change_body(&mut self, change: impl FnOnce(&mut [u8]) -> usize) {
        let ConnectionState::Ready { head } = &self.state else { return };
        if let Some(body) = self.buffer.bytes_mut().get_mut(head.end()..) {
            let was = body.len();
            let is = change(body);
            self.buffer.forget(was.saturating_sub(is));
        }
    }

    /// Once, after the last byte of an answer was handed out: what the client was sent. Refusals
    /// by the connection itself are told too.
    pub fn take_answered(&mut self) -> Option<Answered> {
        self.answered.take()
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Time has passed. Does nothing before [`Self::deadline`].
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            // Nothing was sent, so nothing is answered: browsers open connections in reserve.
            ConnectionState::Head { .. } if self.buffer.is_empty() => self.close(),
            ConnectionState::Head { .. } | ConnectionState::Body { .. } => {
                let hurried = self.hurried;
                self.refuse(Status::RequestTimeout, now);
                self.hurried = hurried;
            }
            _ => self.close(),
        }
    }

    /// Takes a byte, or leaves it to be passed in again later.
    fn take(&mut self, byte: u8, now: Instant) -> bool {
        match &self.state {
            ConnectionState::Head { .. } => self.take_head(byte, now),
            ConnectionState::Body { .. } => self.take_body(byte, now),
            ConnectionState::Ready { .. } | ConnectionState::Upgraded => return false,
            // After the last answer there is no further request: thrown away.
            ConnectionState::Answering { answer, .. } => return answer.persistence == Persistence::Close,
            ConnectionState::Draining { .. } | ConnectionState::Closing | ConnectionState::Closed => {}
        }
        true
    }

    /// Takes the bytes that change nothing but how much there is, and returns how many those are.
    fn take_run(&mut self, bytes: &[u8]) -> usize {
        let run = match &mut self.state {
            ConnectionState::Head { scan, .. } => scan.run(bytes),
            ConnectionState::Body { reader, .. } => reader.run(bytes),
            _ => 0,
        };
        self.buffer.extend(bytes.get(..run).unwrap_or_default());
        run
    }

    fn take_head(&mut self, byte: u8, now: Instant) {
        let ConnectionState::Head { scan, line, cookie } = &mut self.state else { return };
        let step = match scan.next(byte) {
            Ok(HeadStep::Skip) => return cookie.next(byte),
            Ok(HeadStep::Full) if may_be_dropped(self.buffer.bytes()) => {
                return self.buffer.forget(scan.drop_line());
            }
            Ok(HeadStep::Full) => return self.refuse(Status::HeaderFieldsTooLarge, now),
            Ok(step) => step,
            Err(status) => return self.refuse(status, now),
        };
        if self.buffer.is_empty() {
            // One that was hurried while it was silent has its time for the request, too.
            let fair = now + if self.kept { HEAD_TIMEOUT } else { CONTENDED_TIMEOUT };
            self.deadline = self.deadline.filter(|_| !self.kept).max(Some(fair));
            (self.since, self.hurried) = (now, false);
        }
        self.buffer.push(byte);
        if step == HeadStep::Name && names_cookies(self.buffer.bytes()) {
            cookie.begin();
            return self.buffer.forget(scan.drop_line());
        }
        let done = match (step, *line) {
            (HeadStep::RequestLine, _) => {
                RequestLine::parse(self.buffer.bytes()).map(|read| *line = Some(read))
            }
            (HeadStep::End, Some(line)) => {
                let client = cookie.client();
                Head::parse(line, self.buffer.bytes()).map(|head| self.begin_body(head.of(client), now))
            }
            _ => Ok(()),
        };
        if let Err(status) = done {
            self.refuse(status, now);
        }
    }

    fn begin_body(&mut self, head: Head, now: Instant) {
        if head.framing.is_empty() {
            self.state = ConnectionState::Ready { head };
            self.deadline = None;
            return;
        }
        if head.expects_continue {
            self.interim = CONTINUE.len() as u8;
        }
        let room = REQUEST_BYTES.saturating_sub(head.end());
        self.state = ConnectionState::Body { head, reader: BodyReader::new(head.framing, room) };
        self.begin(now);
        self.deadline = Some(now + BODY_TIMEOUT);
    }

    fn take_body(&mut self, byte: u8, now: Instant) {
        let ConnectionState::Body { head, reader } = &mut self.state else { return };
        match reader.next(byte) {
            Ok(step) => {
                if step.keep {
                    self.buffer.push(byte);
                }
                if step.done {
                    self.state = ConnectionState::Ready { head: *head };
                    self.deadline = None;
                }
            }
            Err(status) => self.refuse(status, now),
        }
    }

    /// Answers a request that breaks a rule, and ends the connection: where the next request would
    /// begin is no longer certain.
    fn refuse(&mut self, status: Status, now: Instant) {
        self.answer(Response::text(status, status.reason()), 0, Persistence::Close, None, now);
    }

    fn answer(
        &mut self,
        response: Response<B>,
        page_length: usize,
        persistence: Persistence,
        echoed: Option<Head>,
        now: Instant,
    ) {
        let head_only = self.buffer.bytes().starts_with(b"HEAD ");
        if echoed.is_none() {
            self.buffer.wipe();
        }
        let answer = Answer::new(response, page_length, head_only, persistence);
        self.state = ConnectionState::Answering { answer, echoed };
        self.begin(now);
        self.deadline = Some(now + SEND_TIMEOUT);
    }

    /// Leaves nothing to do but closing the transport.
    fn close(&mut self) {
        self.buffer.wipe();
        self.interim = 0;
        self.told_ready = false;
        self.state = ConnectionState::Closing;
        self.deadline = None;
    }
}

impl<B: Copy> Default for Connection<B> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod properties;
mod sending;
#[cfg(test)]
mod tests;

/// Whether the header line for which there is no room may be dropped: any but those that decide where a request ends,
/// whom it is for, who sends it and what it changes. Browsers and programs between send many that nobody here reads.
fn may_be_dropped(head: &[u8]) -> bool {
    let line = head.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    let Some(colon) = line.iter().position(|&byte| byte == b':') else { return false };
    let name = line.get(..colon).unwrap_or_default();
    !DECISIVE.iter().any(|decisive| name.eq_ignore_ascii_case(decisive.as_bytes()))
}

/// Whether the header line that has come to its colon holds cookies. Most are other devices' at the same address, and
/// there may be kilobytes of them: they are read as they come, and not kept.
fn names_cookies(head: &[u8]) -> bool {
    let line = head.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    line.eq_ignore_ascii_case(b"cookie:")
}

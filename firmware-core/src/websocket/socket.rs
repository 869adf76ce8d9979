//! One connection after its upgrade: frames become messages, deadlines run, and it closes as RFC
//! 6455 section 7 says.

use core::fmt;

use zeroize::Zeroize;

use super::close::{CloseCode, Violation};
use super::frame::{CONTROL_BYTES, Head, HeadReader, OWN_HEAD_BYTES, Opcode};
use super::outbox::Outbox;
use crate::limits::{
    WEBSOCKET_CLOSE_TIMEOUT, WEBSOCKET_MESSAGE_BYTES, WEBSOCKET_OUTBOX_BYTES, WEBSOCKET_PING_INTERVAL,
    WEBSOCKET_PONG_TIMEOUT,
};
use crate::time::Instant;

/// A message, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

impl<'a> Message<'a> {
    fn parts(self) -> (MessageKind, &'a [u8]) {
        match self {
            Self::Text(text) => (MessageKind::Text, text.as_bytes()),
            Self::Binary(bytes) => (MessageKind::Binary, bytes),
        }
    }
}

/// What has happened on a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The client sent this message, whole.
    Message(Message<'a>),
    /// The client answered a ping, or says without being pinged that it is there.
    Pong(&'a [u8]),
    /// It is over: the last event, and there is always one.
    Closed(Ending<'a>),
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending<'a> {
    /// The client closed it, or answered [`Socket::close`].
    Closed {
        /// The client's code, if it gave one.
        code: Option<CloseCode>,
        /// The client's words, for a log: nobody has checked what they say.
        reason: &'a str,
    },
    /// The client did what RFC 6455 forbids, and was told so.
    Violation(Violation),
    /// The client fell silent, or the connection broke without a close.
    Disconnected,
}

/// Why a message was not taken for sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The connection is closing or over.
    Closed,
    /// The bytes that wait leave no room now: try again after [`Socket::poll_send`].
    Full,
    /// It is too long for one frame; send it in parts.
    TooLong,
    /// A message in parts has begun, and this is no part of it.
    Unfinished,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the connection is closed",
            Self::Full => "too much waits to be sent to this client",
            Self::TooLong => "the message is too long for one frame",
            Self::Unfinished => "another message has begun and not ended",
        })
    }
}

impl core::error::Error for SendError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MessageKind {
    Text,
    Binary,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SocketState {
    Open,
    /// The device has sent its close and waits for the client's.
    Closing,
    /// Nothing more is read; what waits is still sent.
    Over,
}

/// A frame whose payload arrives.
#[derive(Clone, Copy)]
struct Payload {
    head: Head,
    received: usize,
}

/// An event that waits to be polled, besides the end.
#[derive(Clone, Copy)]
enum Ready {
    Message(MessageKind),
    Pong,
}

#[derive(Clone, Copy)]
enum CloseCause {
    Closed(Option<CloseCode>),
    Violation(Violation),
    Disconnected,
}

/// At most 125 bytes of a control frame.
#[derive(Clone, Copy)]
struct Control {
    bytes: [u8; CONTROL_BYTES],
    length: usize,
}

impl Control {
    const EMPTY: Self = Self { bytes: [0; CONTROL_BYTES], length: 0 };

    fn payload(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The device's end of a WebSocket, from the upgrade to the end of the connection.
///
/// After each `handle_*` and each command, drain [`poll_event`](Self::poll_event) and
/// [`poll_send`](Self::poll_send) until they have nothing left, and close the connection when
/// [`is_finished`](Self::is_finished). Pings are answered and silent clients pinged for a sign of life
/// without the caller's help.
///
/// The device asks for a sign of life, sends a text in two parts, and closes:
///
/// ```
/// use vestibule_core::Instant;
/// use vestibule_core::limits::WEBSOCKET_CLOSE_TIMEOUT;
/// use vestibule_core::websocket::{CloseCode, Ending, Event, Message, SendError, Socket};
///
/// let now = Instant::from_micros(0);
/// let mut socket = Socket::new(now);
/// socket.send_ping(b"?")?;
/// socket.send_part(Message::Text("Hel"), false)?;
/// assert_eq!(socket.send(Message::Text("other")), Err(SendError::Unfinished));
/// socket.send_part(Message::Text("lo"), true)?;
/// let mut out = [0; 64];
/// let length = socket.poll_send(&mut out);
/// assert_eq!(out[..length], *b"\x89\x01?\x01\x03Hel\x80\x02lo");
///
/// socket.close(CloseCode::NORMAL, "", now);
/// assert!(!socket.is_open());
/// assert_eq!(socket.poll_send(&mut out), 4, "the close, of which the client hears nothing");
/// let due = socket.poll_timeout().unwrap();
/// assert_eq!(due, now + WEBSOCKET_CLOSE_TIMEOUT);
/// socket.handle_timeout(due);
/// assert_eq!(socket.poll_event(), Some(Event::Closed(Ending::Disconnected)));
/// assert!(socket.is_finished());
/// # Ok::<(), SendError>(())
/// ```
pub struct Socket {
    state: SocketState,
    reader: HeadReader,
    payload: Option<Payload>,
    /// The kind of the message that is arriving, if one is.
    receiving: Option<MessageKind>,
    message: [u8; WEBSOCKET_MESSAGE_BYTES],
    message_length: usize,
    /// How much of a text is known to be UTF-8.
    checked: usize,
    control: Control,
    ready: Option<Ready>,
    end: Option<CloseCause>,
    outbox: Outbox,
    /// The answer to the last ping; earlier ones need none (section 5.5.3).
    pong: Option<Control>,
    /// The kind of the message that is being sent in parts, until its last part.
    sending: Option<MessageKind>,
    deadline: Option<Instant>,
    pinged: bool,
}

impl Socket {
    /// A connection whose upgrade was answered at `now`.
    pub fn new(now: Instant) -> Self {
        Self {
            state: SocketState::Open,
            reader: HeadReader::new(),
            payload: None,
            receiving: None,
            message: [0; WEBSOCKET_MESSAGE_BYTES],
            message_length: 0,
            checked: 0,
            control: Control::EMPTY,
            ready: None,
            end: None,
            outbox: Outbox::new(),
            pong: None,
            sending: None,
            deadline: Some(now + WEBSOCKET_PING_INTERVAL),
            pinged: false,
        }
    }

    /// Whether messages can be sent.
    pub fn is_open(&self) -> bool {
        self.state == SocketState::Open
    }

    /// Whether everything has been sent that will be: close the connection.
    pub fn is_finished(&self) -> bool {
        self.state == SocketState::Over && self.outbox.is_empty()
    }

    /// Whether [`poll_send`](Self::poll_send) would give something, or the connection is to be closed.
    pub fn has_output(&self) -> bool {
        !self.outbox.is_empty() || self.pong.is_some() || self.state == SocketState::Over
    }

    /// Takes bytes that arrived and returns how many. It stops after each event: poll it, and hand
    /// in the rest. Once the connection is over, all are taken and thrown away.
    #[must_use]
    pub fn handle_received(&mut self, bytes: &[u8], now: Instant) -> usize {
        let mut rest = bytes;
        while self.ready.is_none() && self.state != SocketState::Over && !rest.is_empty() {
            match self.advance(rest, now) {
                Ok(after) => rest = after,
                Err(violation) => self.fail(violation, now),
            }
        }
        if self.state == SocketState::Over { bytes.len() } else { bytes.len() - rest.len() }
    }

    /// The client has closed its side of the connection below, or it broke.
    pub fn handle_received_end(&mut self) {
        self.end.get_or_insert(CloseCause::Disconnected);
        self.finish();
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        if self.state == SocketState::Open && !self.pinged {
            // Without room for it the client takes nothing; then it has this long to take something.
            let _ = self.outbox.push(Opcode::Ping, true, &[]);
            self.pinged = true;
            self.deadline = Some(now + WEBSOCKET_PONG_TIMEOUT);
        } else {
            self.handle_received_end();
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// The next event, if there is one.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event<'_>> {
        if let Some(ready) = self.ready.take() {
            let message = self.message.get(..self.message_length).unwrap_or_default();
            return Some(match ready {
                Ready::Pong => Event::Pong(self.control.payload()),
                Ready::Message(MessageKind::Binary) => Event::Message(Message::Binary(message)),
                Ready::Message(MessageKind::Text) => {
                    Event::Message(Message::Text(core::str::from_utf8(message).unwrap_or_default()))
                }
            });
        }
        if self.state != SocketState::Over {
            return None;
        }
        Some(Event::Closed(match self.end.take()? {
            CloseCause::Disconnected => Ending::Disconnected,
            CloseCause::Violation(violation) => Ending::Violation(violation),
            CloseCause::Closed(code) => {
                let reason = self.control.payload().get(2..).unwrap_or_default();
                Ending::Closed { code, reason: core::str::from_utf8(reason).unwrap_or_default() }
            }
        }))
    }

    /// Moves bytes for the client to the beginning of `out` and returns how many.
    #[must_use]
    pub fn poll_send(&mut self, out: &mut [u8]) -> usize {
        let mut sent = 0;
        loop {
            let taken = out.get_mut(sent..).map_or(0, |free| self.outbox.take(free));
            sent += taken;
            let waits = self.pong.is_some();
            if (self.push_pong().is_none() || !waits) && taken == 0 {
                return sent;
            }
        }
    }

    /// Lets the pong that waits go next; `None` if there is no room for it.
    fn push_pong(&mut self) -> Option<()> {
        if let Some(pong) = &self.pong {
            self.outbox.push(Opcode::Pong, true, pong.payload())?;
            self.pong = None;
        }
        Some(())
    }

    /// Sends a message in one frame.
    ///
    /// # Errors
    /// [`SendError`], and then nothing is sent.
    pub fn send(&mut self, message: Message<'_>) -> Result<(), SendError> {
        if self.sending.is_some() {
            return Err(SendError::Unfinished);
        }
        self.send_part(message, true)
    }

    /// Sends a message in parts, each a frame: all of one kind, the last one marked.
    ///
    /// # Errors
    /// [`SendError`], and then this part is not sent.
    pub fn send_part(&mut self, part: Message<'_>, last: bool) -> Result<(), SendError> {
        let (kind, payload) = part.parts();
        let opcode = match (self.sending, kind) {
            (None, MessageKind::Text) => Opcode::Text,
            (None, MessageKind::Binary) => Opcode::Binary,
            (Some(begun), kind) if begun == kind => Opcode::Continuation,
            (Some(_), _) => return Err(SendError::Unfinished),
        };
        self.queue(opcode, last, payload)?;
        self.sending = (!last).then_some(kind);
        Ok(())
    }

    /// Sends a ping; its answer is [`Event::Pong`] with the same bytes.
    ///
    /// # Errors
    /// [`SendError`]; at most 125 bytes are taken.
    pub fn send_ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        if payload.len() > CONTROL_BYTES {
            return Err(SendError::TooLong);
        }
        self.queue(Opcode::Ping, true, payload)
    }

    /// Begins to close. Of `reason`, which the client may show or log, 123 bytes at most are sent.
    /// [`Event::Closed`] follows when the client has answered or has had its time. Does nothing on a
    /// connection that is closing already.
    pub fn close(&mut self, code: CloseCode, reason: &str, now: Instant) {
        if self.state == SocketState::Open {
            self.push_close(Some(code), reason);
            self.state = SocketState::Closing;
            self.pong = None;
            self.deadline = Some(now + WEBSOCKET_CLOSE_TIMEOUT);
        }
    }

    fn queue(&mut self, opcode: Opcode, last: bool, payload: &[u8]) -> Result<(), SendError> {
        if self.state != SocketState::Open {
            Err(SendError::Closed)
        } else if payload.len() + OWN_HEAD_BYTES > WEBSOCKET_OUTBOX_BYTES {
            Err(SendError::TooLong)
        } else {
            // A ping is answered before what is sent after it (section 5.5.2).
            let sent = self.push_pong().and_then(|()| self.outbox.push(opcode, last, payload));
            sent.ok_or(SendError::Full)
        }
    }

    /// Takes a byte of a head or as much of a payload as is there; returns what follows.
    fn advance<'a>(&mut self, bytes: &'a [u8], now: Instant) -> Result<&'a [u8], Violation> {
        let Some(mut payload) = self.payload.take() else {
            let Some((byte, rest)) = bytes.split_first() else { return Ok(bytes) };
            let (in_message, length) = (self.receiving.is_some(), self.message_length);
            if let Some(head) = self.reader.take(*byte, in_message, length)? {
                self.begin(head, now)?;
            }
            return Ok(rest);
        };
        let count = bytes.len().min(payload.head.length - payload.received);
        let (taken, rest) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
        self.store(&payload, taken)?;
        payload.received += count;
        if payload.received == payload.head.length {
            self.end_frame(payload.head, now)?;
        } else {
            self.payload = Some(payload);
        }
        Ok(rest)
    }

    fn begin(&mut self, head: Head, now: Instant) -> Result<(), Violation> {
        match head.opcode {
            Opcode::Text => self.begin_message(MessageKind::Text),
            Opcode::Binary => self.begin_message(MessageKind::Binary),
            Opcode::Continuation => {}
            Opcode::Close | Opcode::Ping | Opcode::Pong => self.control.length = 0,
        }
        if head.length == 0 {
            return self.end_frame(head, now);
        }
        self.payload = Some(Payload { head, received: 0 });
        Ok(())
    }

    fn begin_message(&mut self, kind: MessageKind) {
        self.message.zeroize();
        self.message_length = 0;
        self.checked = 0;
        self.receiving = Some(kind);
    }

    /// Unmasks bytes of a payload (section 5.3) and keeps them. The head was refused if they do not
    /// fit.
    fn store(&mut self, payload: &Payload, bytes: &[u8]) -> Result<(), Violation> {
        let is_control = payload.head.opcode.is_control();
        let (buffer, length) = if is_control {
            (&mut self.control.bytes[..], &mut self.control.length)
        } else {
            (&mut self.message[..], &mut self.message_length)
        };
        let end = length.saturating_add(bytes.len());
        let places = buffer.get_mut(*length..end).ok_or(Violation::TooBig)?;
        let mask = payload.head.mask.iter().cycle().skip(payload.received % 4);
        for ((place, byte), mask) in places.iter_mut().zip(bytes).zip(mask) {
            *place = byte ^ mask;
        }
        *length = end;
        if is_control { Ok(()) } else { self.check_text() }
    }

    /// A text is refused at its first byte that cannot belong to one.
    fn check_text(&mut self) -> Result<(), Violation> {
        if self.receiving != Some(MessageKind::Text) {
            return Ok(());
        }
        let fresh = self.message.get(self.checked..self.message_length).unwrap_or_default();
        match core::str::from_utf8(fresh) {
            Ok(_) => self.checked = self.message_length,
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(Violation::NotUtf8),
        }
        Ok(())
    }

    fn end_frame(&mut self, head: Head, now: Instant) -> Result<(), Violation> {
        let is_open = self.state == SocketState::Open;
        if is_open {
            self.pinged = false;
            self.deadline = Some(now + WEBSOCKET_PING_INTERVAL);
        }
        match head.opcode {
            Opcode::Close => self.end_close(now)?,
            Opcode::Ping if is_open => self.pong = Some(self.control),
            Opcode::Pong if is_open => self.ready = Some(Ready::Pong),
            Opcode::Ping | Opcode::Pong => {}
            Opcode::Text | Opcode::Binary | Opcode::Continuation if head.last => {
                let kind = self.receiving.take();
                if kind == Some(MessageKind::Text) && self.checked != self.message_length {
                    return Err(Violation::NotUtf8);
                }
                self.ready = kind.filter(|_| is_open).map(Ready::Message);
            }
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {}
        }
        Ok(())
    }

    /// Sections 5.5.1 and 7.1.5: a close is answered with its own code.
    fn end_close(&mut self, now: Instant) -> Result<(), Violation> {
        let code = match self.control.payload() {
            [] => None,
            [high, low, reason @ ..] => {
                let number = u16::from_be_bytes([*high, *low]);
                let code = CloseCode::new(number).ok_or(Violation::BadClose)?;
                core::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
                Some(code)
            }
            _ => return Err(Violation::BadClose),
        };
        if self.state == SocketState::Open {
            self.push_close(code, "");
        }
        self.end_with(CloseCause::Closed(code), now);
        Ok(())
    }

    fn fail(&mut self, violation: Violation, now: Instant) {
        if self.state == SocketState::Open {
            self.push_close(Some(violation.code()), violation.reason());
        }
        self.end_with(CloseCause::Violation(violation), now);
    }

    /// Nothing is read from here on; what waits has a little time to be sent.
    fn end_with(&mut self, end: CloseCause, now: Instant) {
        self.state = SocketState::Over;
        self.end = Some(end);
        self.pong = None;
        self.deadline = Some(now + WEBSOCKET_CLOSE_TIMEOUT);
    }

    /// Nothing is sent any more either.
    fn finish(&mut self) {
        self.state = SocketState::Over;
        self.pong = None;
        self.outbox.clear();
        self.deadline = None;
    }

    fn push_close(&mut self, code: Option<CloseCode>, reason: &str) {
        let mut payload = Control::EMPTY;
        if let (Some(code), Some((number, words))) = (code, payload.bytes.split_at_mut_checked(2)) {
            number.copy_from_slice(&code.number().to_be_bytes());
            let length = reason.floor_char_boundary(words.len());
            for (place, byte) in words.iter_mut().zip(reason.bytes().take(length)) {
                *place = byte;
            }
            payload.length = 2 + length;
        }
        self.outbox.push_close(payload.payload());
    }
}

/// A message may hold a secret, so it is wiped.
impl Drop for Socket {
    fn drop(&mut self) {
        self.message.zeroize();
    }
}

//! Where messages of HTTP/1 begin and end in a stream (RFC 9112 section 6), and which reply is to
//! which request. Written for recordings: what cannot be followed ends the connection's story.

use std::collections::VecDeque;

/// The longest head that is read.
const HEAD_BYTES: usize = 16 * 1024;

/// Most bytes of a message that are kept, its head included; a longer one is known to be longer.
const KEPT_BYTES: usize = 64 * 1024;

/// Most requests that wait for their replies on one connection.
const PIPELINED: usize = 64;

const METHODS: [&[u8]; 8] =
    [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"TRACE "];

/// Whether a stream that begins like this can be requests.
pub(super) fn begins_like_requests(bytes: &[u8]) -> bool {
    METHODS.iter().any(|method| bytes.iter().zip(*method).all(|(a, b)| a == b))
}

/// A request or a reply, byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Microseconds: when its first byte came.
    pub(crate) at: u64,
    /// When its last byte came.
    pub(crate) until: u64,
    /// Where in the file the packet with its first byte is.
    pub(crate) offset: u64,
    /// Its head and its body, as far as they are kept.
    pub(crate) bytes: Vec<u8>,
    /// How long its head is.
    pub(crate) head: usize,
    /// Whether all of it is kept.
    pub(crate) whole: bool,
}

impl Message {
    /// A header line's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.bytes[..self.head.min(self.bytes.len())], name)
    }
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    head.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
        let (key, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Where in a message its reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ParseStage {
    Head,
    /// So many bytes of the body are left.
    Body(u64),
    /// A line with a chunk's length.
    ChunkLength,
    /// So many bytes of a chunk are left, its line end included.
    Chunk(u64),
    /// Lines after the last chunk, up to an empty one.
    Trailer,
    /// All that comes.
    UntilClose,
}

/// Finds the messages in one direction of a connection.
#[derive(Debug)]
struct Framer {
    stage: ParseStage,
    message: Message,
    /// How much of the line that is being read came; for chunk lengths and trailers.
    line: Vec<u8>,
}

/// The stream cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

impl Framer {
    fn new() -> Self {
        Self {
            stage: ParseStage::Head,
            message: Message { whole: true, ..Message::default() },
            line: Vec::new(),
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = KEPT_BYTES.saturating_sub(self.message.bytes.len());
        self.message.whole &= bytes.len() <= room;
        self.message.bytes.extend(&bytes[..bytes.len().min(room)]);
    }

    /// Takes as much of `bytes` as belongs to this message; returns how much that was, and the
    /// message once it is whole. `body` tells how a head's body is long.
    fn take(
        &mut self,
        bytes: &[u8],
        now: (u64, u64),
        body: impl Fn(&[u8]) -> Result<ParseStage, Lost>,
    ) -> Result<(usize, Option<Message>), Lost> {
        if self.message.bytes.is_empty() {
            (self.message.at, self.message.offset) = now;
        }
        self.message.until = now.0;
        let taken = match self.stage {
            ParseStage::Head => self.take_head(bytes, body)?,
            ParseStage::Body(left) | ParseStage::Chunk(left) => {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                self.keep(&bytes[..taken]);
                let left = left - taken as u64;
                self.stage = match self.stage {
                    ParseStage::Chunk(_) if left == 0 => ParseStage::ChunkLength,
                    ParseStage::Chunk(_) => ParseStage::Chunk(left),
                    _ => ParseStage::Body(left),
                };
                taken
            }
            ParseStage::UntilClose => {
                self.keep(bytes);
                bytes.len()
            }
            ParseStage::ChunkLength | ParseStage::Trailer => self.take_line(bytes)?,
        };
        let done = self.stage == ParseStage::Body(0);
        Ok((taken, done.then(|| std::mem::replace(self, Self::new()).message)))
    }

    fn take_head(
        &mut self,
        bytes: &[u8],
        body: impl Fn(&[u8]) -> Result<ParseStage, Lost>,
    ) -> Result<usize, Lost> {
        let before = self.message.bytes.len();
        // Where the end may begin: it can lie across two segments.
        let from = before.saturating_sub(3);
        let room = (HEAD_BYTES - before.min(HEAD_BYTES)).min(bytes.len());
        self.message.bytes.extend(&bytes[..room]);
        let Some(end) = empty_line(&self.message.bytes[from..]).map(|at| from + at) else {
            return if room < bytes.len() { Err(Lost) } else { Ok(room) };
        };
        self.message.bytes.truncate(end);
        self.message.head = end;
        self.stage = body(&self.message.bytes)?;
        Ok(end - before)
    }

    fn take_line(&mut self, bytes: &[u8]) -> Result<usize, Lost> {
        let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        self.keep(&bytes[..end]);
        self.line.extend(&bytes[..end]);
        if self.line.len() > HEAD_BYTES {
            return Err(Lost);
        }
        if self.line.last() == Some(&b'\n') {
            let line = std::mem::take(&mut self.line);
            let line = std::str::from_utf8(&line).map_err(|_| Lost)?.trim_end();
            self.stage = match self.stage {
                ParseStage::Trailer if line.is_empty() => ParseStage::Body(0),
                ParseStage::Trailer => ParseStage::Trailer,
                _ => match chunk_length(line)? {
                    0 => ParseStage::Trailer,
                    length => ParseStage::Chunk(length.checked_add(2).ok_or(Lost)?),
                },
            };
        }
        Ok(end)
    }
}

/// Where the first empty line ends. Line ends may be bare LF (RFC 9112 section 2.2).
fn empty_line(bytes: &[u8]) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.into_iter().find_map(|at| match bytes.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
}

fn chunk_length(line: &str) -> Result<u64, Lost> {
    let digits = line.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).map_err(|_| Lost)
}

/// The length of a body that a head announces; `otherwise` where it announces none.
fn announced(head: &[u8], otherwise: ParseStage) -> Result<ParseStage, Lost> {
    if header(head, "transfer-encoding").is_some_and(|how| how.to_ascii_lowercase().contains("chunked")) {
        return Ok(ParseStage::ChunkLength);
    }
    match header(head, "content-length") {
        Some(length) => length.parse().map(ParseStage::Body).map_err(|_| Lost),
        None => Ok(otherwise),
    }
}

fn reply_body(head: &[u8], is_to_head: bool) -> Result<ParseStage, Lost> {
    let text = head.get(..12).and_then(|first| std::str::from_utf8(first).ok()).ok_or(Lost)?;
    let status: u16 =
        text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..)?.parse().ok()).ok_or(Lost)?;
    match status {
        100..=199 | 204 | 304 => Ok(ParseStage::Body(0)),
        _ if is_to_head => Ok(ParseStage::Body(0)),
        _ => announced(head, ParseStage::UntilClose),
    }
}

/// A request, and the reply if one came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchanged {
    pub(crate) request: Message,
    pub(crate) reply: Option<Message>,
}

/// The messages of one connection.
#[derive(Debug)]
pub(crate) struct Conversation {
    requests: Framer,
    replies: Framer,
    waiting: VecDeque<Message>,
}

impl Conversation {
    pub(crate) fn new() -> Self {
        Self { requests: Framer::new(), replies: Framer::new(), waiting: VecDeque::new() }
    }

    /// The client sent these; `now` is when, and where in the file.
    pub(crate) fn asks(&mut self, mut bytes: &[u8], now: (u64, u64)) -> Result<(), Lost> {
        while !bytes.is_empty() {
            let (taken, request) =
                self.requests.take(bytes, now, |head| match begins_like_requests(head) {
                    true => announced(head, ParseStage::Body(0)),
                    false => Err(Lost),
                })?;
            bytes = &bytes[taken..];
            self.waiting.extend(request);
            if self.waiting.len() > PIPELINED {
                return Err(Lost);
            }
        }
        Ok(())
    }

    /// The server sent these. What is complete now goes to `out`.
    pub(crate) fn answers(
        &mut self,
        mut bytes: &[u8],
        now: (u64, u64),
        out: &mut Vec<Exchanged>,
    ) -> Result<(), Lost> {
        while !bytes.is_empty() {
            let is_to_head = self.waiting.front().is_some_and(|asked| asked.bytes.starts_with(b"HEAD "));
            let (taken, reply) = self.replies.take(bytes, now, |head| reply_body(head, is_to_head))?;
            bytes = &bytes[taken..];
            let Some(reply) = reply else { continue };
            if reply.bytes.starts_with(b"HTTP/1.1 1") {
                // Not the reply yet (RFC 9110 section 15.2).
                continue;
            }
            let request = self.waiting.pop_front().ok_or(Lost)?;
            out.push(Exchanged { request, reply: Some(reply) });
        }
        Ok(())
    }

    /// Nothing more comes. `orderly`: the server said so, which ends a reply without a length.
    pub(crate) fn end(mut self, orderly: bool, out: &mut Vec<Exchanged>) {
        let last = (orderly && self.replies.stage == ParseStage::UntilClose).then_some(self.replies.message);
        if let Some(reply) = last
            && let Some(request) = self.waiting.pop_front()
        {
            out.push(Exchanged { request, reply: Some(reply) });
        }
        out.extend(self.waiting.into_iter().map(|request| Exchanged { request, reply: None }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(exchanged: &[Exchanged]) -> Vec<(String, Option<String>)> {
        let text = |message: &Message| String::from_utf8(message.bytes.clone()).unwrap();
        exchanged.iter().map(|each| (text(&each.request), each.reply.as_ref().map(text))).collect()
    }

    #[test]
    fn pipelined_requests_find_their_replies_however_the_bytes_are_cut() {
        let asked = "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nq=1\
            HEAD /c HTTP/1.1\r\n\r\nGET /d HTTP/1.1\r\n\r\n";
        let replies = [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nt: 1\r\n\r\n",
            "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nuntil the end",
        ];
        for size in [1, 2, 7, 1000] {
            let (mut conversation, mut out) = (Conversation::new(), Vec::new());
            for piece in asked.as_bytes().chunks(size) {
                conversation.asks(piece, (1, 2)).unwrap();
            }
            for piece in replies.concat().as_bytes().chunks(size) {
                conversation.answers(piece, (3, 4), &mut out).unwrap();
            }
            conversation.end(true, &mut out);
            let came: Vec<_> = texts(&out).into_iter().map(|(_, reply)| reply.unwrap()).collect();
            assert_eq!(came, replies, "{size}");
            assert_eq!(texts(&out).iter().map(|(request, _)| request.as_str()).collect::<String>(), asked);
            assert_eq!((out[0].request.at, out[3].reply.as_ref().unwrap().at), (1, 3));
        }
    }

    #[test]
    fn what_is_no_http_is_given_up_and_an_unanswered_request_is_kept() {
        let mut conversation = Conversation::new();
        conversation.asks(b"GET / HTTP/1.1\r\n\r\n", (0, 0)).unwrap();
        assert_eq!(conversation.answers(b"SSH-2.0 nothing\r\n\r\n", (0, 0), &mut Vec::new()), Err(Lost));
        let mut out = Vec::new();
        conversation.end(true, &mut out);
        assert_eq!(texts(&out), [("GET / HTTP/1.1\r\n\r\n".into(), None)]);
        assert_eq!(Conversation::new().asks(&[b'G'; 20_000], (0, 0)), Err(Lost));
        assert!(begins_like_requests(b"GE") && !begins_like_requests(b"\x16\x03\x01"));
    }
}

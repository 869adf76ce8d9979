//! The phone's own reader of HTTP replies: incremental, and as lenient as operating systems are.
//!
//! Line ends may be bare LF, the length may be missing, bodies may be chunked or end with the
//! connection. It shares no code with the device, which it checks.

use std::fmt;
use std::io::Write;

use flate2::write::GzDecoder;

use super::reader_rules::{HeadMayEnd, Opening, ReaderRules, Unpacks};

mod header_lines;

/// Longest head that is read; a longer one is not believed. It keeps a mad portal from filling the memory, and
/// is what libcurl reads; Android's engine reads on.
const HEAD_BYTES: usize = 300 * 1024;

/// Most body bytes that are kept; the rest is counted and thrown away. One byte more than the
/// longest body that an Apple device reads.
const KEPT_BODY_BYTES: usize = 131_073;

/// The first bytes of every gzip (RFC 1952 section 2.3.1).
pub(super) const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// Why bytes are not a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum BadReply {
    /// The first line is no status line.
    #[error("the reply does not begin with an HTTP status line")]
    NotHttp,
    /// The head is longer than 300 KiB.
    #[error("the head of the reply does not end")]
    HeadTooLong,
    /// A header line cannot be read, and this client minds.
    #[error("a header line of the reply cannot be read")]
    BadHeader,
    /// Two header lines contradict each other, and this client minds.
    #[error("two header lines of the reply contradict each other")]
    Contradiction,
    /// A chunk's length cannot be read.
    #[error("the length of a chunk of the reply's body is not a number")]
    BadChunk,
    /// The connection ended within the head.
    #[error("the connection ended within the head of the reply")]
    HeadCut,
    /// The connection ended within the body.
    #[error("the connection ended within the body of the reply")]
    BodyCut,
}

/// Whether all of a reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// More may come.
    Open,
    /// The reply is whole.
    Complete,
    /// The connection failed, or nothing more came, after the head.
    Cut,
    /// The body cannot be unpacked.
    Broken,
}

/// An HTTP reply, whole or as far as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The header lines in their order; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The first 131073 bytes of the body, chunk framing removed.
    pub body: Vec<u8>,
    /// How many body bytes came.
    pub body_bytes: u64,
    /// Whether that is all.
    pub ending: Ending,
}

impl Reply {
    /// Reads a reply that was recorded as a whole; `closed` says that the connection ended
    /// after it.
    ///
    /// # Errors
    ///
    /// The bytes are not a reply, or the connection closed before its end.
    ///
    /// ```
    /// use vestibule::phone::Reply;
    ///
    /// let reply = Reply::parse(b"HTTP/1.1 302 Redirect\nLocation: http://192.168.4.1/\n\n", true)?;
    /// assert_eq!(reply.header("location"), Some("http://192.168.4.1/"));
    /// # Ok::<(), vestibule::phone::BadReply>(())
    /// ```
    pub fn parse(bytes: &[u8], closed: bool) -> Result<Self, BadReply> {
        let mut reader = Reader::new();
        reader.push(bytes)?;
        if closed {
            reader.end()?;
        }
        if reader.head().is_none() {
            return Err(BadReply::HeadCut);
        }
        Ok(reader.into_reply())
    }

    /// The value of the first header line of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The length that the head announces, if it announces one that can be read.
    pub fn content_length(&self) -> Option<u64> {
        self.header("content-length").and_then(|value| value.parse().ok())
    }

    /// Whether the announced length is below -1, which some engines take for no length and some for a short one.
    pub(in crate::phone) fn has_negative_length(&self) -> bool {
        self.header("content-length")
            .and_then(|value| value.parse::<i64>().ok())
            .is_some_and(|length| length < -1)
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
    }

    /// Statuses whose replies never have a body (RFC 9110 section 6.4.1).
    fn is_bodiless(&self) -> bool {
        matches!(self.status, 100..=199 | 204 | 304)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadStage {
    StatusLine,
    Headers,
    /// So many bytes are left.
    Sized(u64),
    ChunkLength,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    UntilClose,
    Complete,
}

/// Reads a reply from pieces of any size.
#[derive(Debug)]
pub struct Reader {
    rules: &'static ReaderRules,
    /// Unpacks the body, where it is packed and this client unpacks it.
    unpacker: Option<GzDecoder<Vec<u8>>>,
    /// How many packed bytes came.
    packed_bytes: usize,
    /// How many header lines came, those too that this client does not find.
    header_lines: usize,
    stage: ReadStage,
    line: Vec<u8>,
    head_bytes: usize,
    reply: Reply,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader before the first byte, as tolerant as any client.
    pub fn new() -> Self {
        Self::of(&ReaderRules::TOLERANT)
    }

    /// A reader as a client has it.
    pub fn of(rules: &'static ReaderRules) -> Self {
        let reply =
            Reply { status: 0, headers: Vec::new(), body: Vec::new(), body_bytes: 0, ending: Ending::Open };
        let stage = if rules.line_by_line { ReadStage::Headers } else { ReadStage::StatusLine };
        Self {
            rules,
            unpacker: None,
            packed_bytes: 0,
            header_lines: 0,
            stage,
            line: Vec::new(),
            head_bytes: 0,
            reply,
        }
    }

    /// Takes the next bytes. What follows a complete reply is ignored.
    ///
    /// # Errors
    ///
    /// The bytes cannot belong to a reply.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), BadReply> {
        while !bytes.is_empty() && self.stage != ReadStage::Complete {
            bytes = match self.stage {
                ReadStage::Sized(left) | ReadStage::Chunk(left) => self.take_counted(bytes, left),
                ReadStage::UntilClose => self.take_body(bytes, bytes.len()),
                _ => self.take_line(bytes)?,
            };
        }
        Ok(())
    }

    /// The peer closed the connection in an orderly way.
    ///
    /// # Errors
    ///
    /// It did so within the head, or before the announced end of the body.
    pub fn end(&mut self) -> Result<(), BadReply> {
        match self.stage {
            _ if self.rules.line_by_line && self.header_lines == 0 => Err(BadReply::HeadCut),
            ReadStage::Headers if self.rules.line_by_line => {
                self.drop_misspelled_lines();
                self.complete();
                Ok(())
            }
            ReadStage::StatusLine
                if self.rules.head_may_end == HeadMayEnd::Anywhere && !self.line.is_empty() =>
            {
                let line = std::mem::take(&mut self.line);
                self.open(&line, true)?;
                if self.stage == ReadStage::StatusLine && !self.rules.takes_bare_bodies {
                    return Err(BadReply::HeadCut);
                }
                if self.stage == ReadStage::StatusLine {
                    self.begin_bare_body(&line);
                }
                self.end_head()
            }
            ReadStage::Headers if self.rules.head_may_end != HeadMayEnd::Nowhere => self.end_head(),
            ReadStage::StatusLine | ReadStage::Headers => Err(BadReply::HeadCut),
            ReadStage::Trailers if self.rules.wants_last_line => {
                self.cut();
                Err(BadReply::BodyCut)
            }
            ReadStage::Complete => Ok(()),
            ReadStage::UntilClose | ReadStage::Trailers => {
                self.complete();
                Ok(())
            }
            _ => {
                self.cut();
                Err(BadReply::BodyCut)
            }
        }
    }

    /// The connection ended within the head, and that is enough for this client.
    fn end_head(&mut self) -> Result<(), BadReply> {
        let line = std::mem::take(&mut self.line);
        if self.rules.head_may_end == HeadMayEnd::Anywhere
            && self.stage == ReadStage::Headers
            && !line.is_empty()
        {
            self.add_header(&line)?;
        }
        self.drop_misspelled_lines();
        self.complete();
        Ok(())
    }

    /// Nothing more will come, and that is not how it should have ended.
    pub fn cut(&mut self) {
        if self.stage != ReadStage::Complete {
            self.reply.ending = Ending::Cut;
        }
    }

    /// The reply, as soon as its head is whole.
    pub fn head(&self) -> Option<&Reply> {
        (!matches!(self.stage, ReadStage::StatusLine | ReadStage::Headers)).then_some(&self.reply)
    }

    /// Whether the status line came.
    pub(super) fn has_status(&self) -> bool {
        self.stage != ReadStage::StatusLine
    }

    /// The reply as far as it came.
    pub fn into_reply(self) -> Reply {
        self.reply
    }

    fn complete(&mut self) {
        self.stage = ReadStage::Complete;
        let is_unpacked = self.unpacker.as_mut().is_none_or(|unpacker| unpacker.try_finish().is_ok());
        self.keep_unpacked();
        let suffices = is_unpacked || self.rules.unpacks == Unpacks::WhatCame;
        self.reply.ending = if suffices { Ending::Complete } else { Ending::Broken };
    }

    /// Keeps `count` bytes of a body; returns the rest.
    fn take_body<'a>(&mut self, bytes: &'a [u8], count: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(count.min(bytes.len()));
        match &mut self.unpacker {
            Some(unpacker) => {
                let magic = GZIP_MAGIC.get(self.packed_bytes..).unwrap_or_default();
                let begins_as_one = taken.iter().zip(magic).all(|(got, expected)| got == expected);
                self.packed_bytes = self.packed_bytes.saturating_add(taken.len());
                let is_broken = !begins_as_one || unpacker.write_all(taken).is_err();
                self.keep_unpacked();
                if is_broken {
                    self.stage = ReadStage::Complete;
                    self.reply.ending = Ending::Broken;
                }
            }
            None => self.keep(taken),
        }
        rest
    }

    fn keep_unpacked(&mut self) {
        if let Some(unpacker) = &mut self.unpacker {
            let unpacked = std::mem::take(unpacker.get_mut());
            self.keep(&unpacked);
        }
    }

    fn keep(&mut self, body: &[u8]) {
        let room = KEPT_BODY_BYTES.saturating_sub(self.reply.body.len());
        self.reply.body.extend_from_slice(&body[..body.len().min(room)]);
        self.reply.body_bytes = self.reply.body_bytes.saturating_add(body.len() as u64);
    }

    fn take_counted<'a>(&mut self, bytes: &'a [u8], left: u64) -> &'a [u8] {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let rest = self.take_body(bytes, count);
        let left = left - count as u64;
        match (self.stage, left) {
            (ReadStage::Complete, _) => {}
            (ReadStage::Chunk(_), 0) => self.stage = ReadStage::ChunkEnd,
            (ReadStage::Chunk(_), left) => self.stage = ReadStage::Chunk(left),
            (_, 0) => self.complete(),
            (_, left) => self.stage = ReadStage::Sized(left),
        }
        rest
    }

    /// Gathers a line up to its LF and acts on it; returns the rest.
    fn take_line<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], BadReply> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(bytes.len(), |end| end + 1);
        let (piece, rest) = bytes.split_at(taken);
        self.head_bytes = self.head_bytes.saturating_add(taken);
        if self.head_bytes > HEAD_BYTES {
            return Err(BadReply::HeadTooLong);
        }
        self.line.extend_from_slice(piece);
        if self.stage == ReadStage::StatusLine {
            let line = std::mem::take(&mut self.line);
            self.open(&line, end.is_some())?;
        } else if end.is_some() {
            let mut line = std::mem::take(&mut self.line);
            while matches!(line.last(), Some(b'\n' | b'\r')) {
                line.pop();
            }
            self.act_on(&line)?;
        }
        Ok(rest)
    }

    /// Acts on the first line, of which `line` has come.
    fn open(&mut self, line: &[u8], is_whole: bool) -> Result<(), BadReply> {
        let before = self.head_bytes.saturating_sub(line.len());
        match self.rules.opening(line, is_whole, before) {
            Opening::More => self.line = line.to_vec(),
            Opening::Skipped => {}
            Opening::Status(status) => {
                self.reply.status = status;
                self.stage = ReadStage::Headers;
            }
            Opening::BareBody => self.begin_bare_body(line),
            Opening::Refused => return Err(BadReply::NotHttp),
        }
        Ok(())
    }

    fn act_on(&mut self, line: &[u8]) -> Result<(), BadReply> {
        match self.stage {
            ReadStage::Headers if line.is_empty() && self.is_passed_over() => {
                self.reply.headers.clear();
                self.head_bytes = 0;
                self.stage = ReadStage::StatusLine;
            }
            ReadStage::Headers if line.is_empty() => self.begin_body(),
            ReadStage::Headers if self.rules.line_by_line => self.add_any_line(line),
            ReadStage::Headers => self.add_header(line)?,
            ReadStage::ChunkLength => {
                self.head_bytes = 0;
                self.stage = match chunk_length(line).ok_or(BadReply::BadChunk)? {
                    0 => ReadStage::Trailers,
                    length => ReadStage::Chunk(length),
                };
            }
            ReadStage::ChunkEnd if line.is_empty() => self.stage = ReadStage::ChunkLength,
            ReadStage::ChunkEnd => return Err(BadReply::BadChunk),
            ReadStage::Trailers if line.is_empty() => self.complete(),
            _ => {}
        }
        Ok(())
    }

    /// What came is a page without a head.
    fn begin_bare_body(&mut self, line: &[u8]) {
        self.reply.status = 200;
        self.stage = ReadStage::UntilClose;
        self.keep(line);
    }

    fn begin_body(&mut self) {
        if self.rules.last_line_counts {
            self.drop_earlier_lines();
        }
        if self.rules.line_by_line {
            self.drop_misspelled_lines();
            self.stage = ReadStage::UntilClose;
            return;
        }
        if self.reply.is_bodiless() {
            self.drop_misspelled_lines();
            return self.complete();
        }
        self.head_bytes = 0;
        let length = self.reply.content_length();
        let is_chunked = self.reply.is_chunked();
        if self.rules.unpacks != Unpacks::Nothing {
            self.begin_unpacking();
        }
        self.drop_misspelled_lines();
        self.stage = match length {
            _ if is_chunked => ReadStage::ChunkLength,
            Some(0) => return self.complete(),
            Some(length) => ReadStage::Sized(length),
            None => ReadStage::UntilClose,
        };
    }

    fn begin_unpacking(&mut self) {
        if self.reply.header("content-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("gzip")) {
            let forgotten = ["content-encoding", "content-length"];
            self.reply
                .headers
                .retain(|(name, _)| !forgotten.iter().any(|gone| name.eq_ignore_ascii_case(gone)));
            self.unpacker = Some(GzDecoder::new(Vec::new()));
        }
    }
}

fn chunk_length(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next()?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?.trim(), 16).ok()
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} bytes", self.status, self.body_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in_pieces(bytes: &[u8], piece: usize, closed: bool) -> Result<Reply, BadReply> {
        let mut reader = Reader::new();
        for part in bytes.chunks(piece) {
            reader.push(part)?;
        }
        if closed {
            reader.end()?;
        }
        Ok(reader.into_reply())
    }

    #[test]
    fn pieces_of_every_size_give_the_same_reply() {
        let replies: [&[u8]; 5] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.0 200 OK\nX: y\n\nhello",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: r\r\n\r\n",
            b"HTTP/1.1 302\r\nLocation: http://a/\r\n\r\n",
            b"\r\nHTTP/1.1 204 No Content\r\n\r\n",
        ];
        for bytes in replies {
            let whole = Reply::parse(bytes, true).unwrap();
            assert_eq!(whole.ending, Ending::Complete);
            for piece in 1..bytes.len() {
                assert_eq!(read_in_pieces(bytes, piece, true).unwrap(), whole, "{piece}");
            }
        }
        assert_eq!(Reply::parse(replies[2], false).unwrap().body, b"hello");
        assert_eq!(Reply::parse(replies[1], true).unwrap().body, b"hello");
    }

    #[test]
    fn the_60_bytes_that_a_macintosh_accepted_are_read() {
        let bytes = b"HTTP/1.1 302 Redirect\nLocation: http://192.168.4.1/ledtest\n\n";
        assert_eq!(bytes.len(), 60);
        let reply = Reply::parse(bytes, true).unwrap();
        assert_eq!((reply.status, reply.header("Location")), (302, Some("http://192.168.4.1/ledtest")));
    }

    #[test]
    fn a_reply_without_length_is_open_until_the_connection_ends() {
        let bytes = b"HTTP/1.1 200 OK\r\n\r\nhel";
        assert_eq!(Reply::parse(bytes, false).unwrap().ending, Ending::Open);
        assert_eq!(Reply::parse(bytes, true).unwrap().ending, Ending::Complete);
    }

    #[test]
    fn broken_replies_are_refused() {
        let cases: [(&[u8], BadReply); 6] = [
            (b"<html>", BadReply::NotHttp),
            (b"HTTP/1.1 abc\r\n\r\n", BadReply::NotHttp),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", BadReply::BodyCut),
            (b"HTTP/1.1 200 OK\r\nContent-Le", BadReply::HeadCut),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", BadReply::BadChunk),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", BadReply::BadChunk),
        ];
        for (bytes, problem) in cases {
            assert_eq!(Reply::parse(bytes, true), Err(problem));
        }
        let endless = vec![b'a'; HEAD_BYTES];
        assert_eq!(
            Reply::parse(&[b"HTTP/1.1 200 OK\r\n", endless.as_slice()].concat(), true),
            Err(BadReply::HeadTooLong)
        );
    }

    #[test]
    fn a_body_of_any_length_keeps_little() {
        let mut reader = Reader::new();
        reader.push(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        for _ in 0..40 {
            reader.push(&[0; 8192]).unwrap();
        }
        let reply = reader.into_reply();
        assert_eq!((reply.body.len(), reply.body_bytes), (KEPT_BODY_BYTES, 40 * 8192));
    }
}

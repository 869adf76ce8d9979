//! How long a request's body is, and its chunks (RFC 9112 sections 6 and 7).
//!
//! Where the standard lets a server choose between mending a doubtful length and refusing it,
//! this one refuses. Line ends inside chunked framing are CRLF and nothing else: the leave for a
//! bare LF is given to the head alone.

use super::header::members;
use super::request::{Method, Version};
use super::scan::is_token_byte;
use super::status::Status;
use crate::limits::CHUNK_EXTRA_BYTES;

/// How the end of a body is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After this many bytes. Zero also when the head says nothing.
    Length(u16),
    /// After the last chunk and its trailer fields.
    Chunked,
}

/// The header lines of a head that say how long its body is.
#[derive(Default)]
pub(super) struct LengthHeaders<'a> {
    content_length: Option<&'a [u8]>,
    several_lengths: bool,
    has_transfer_encoding: bool,
    /// How often `chunked` was named.
    chunked: usize,
    /// A transfer coding that is not spoken here was named.
    unknown_coding: bool,
}

impl<'a> LengthHeaders<'a> {
    /// A `Content-Length` was read.
    pub(super) fn add_content_length(&mut self, value: &'a [u8]) {
        self.several_lengths |= self.content_length.replace(value).is_some();
    }

    /// A `Transfer-Encoding` was read.
    pub(super) fn add_transfer_encoding(&mut self, value: &[u8]) {
        self.has_transfer_encoding = true;
        for coding in members(value) {
            let known = coding.eq_ignore_ascii_case(b"chunked");
            self.chunked += usize::from(known);
            self.unknown_coding |= !known;
        }
    }
}

impl Framing {
    /// `room` is how many bytes of content can be held.
    pub(super) fn of(
        headers: &LengthHeaders<'_>,
        method: Method,
        version: Version,
        room: usize,
    ) -> Result<Self, Status> {
        match (headers.has_transfer_encoding, headers.content_length) {
            // A client and an intermediary that disagree on which of the two counts allow request
            // smuggling (section 6.1).
            (true, Some(_)) => Err(Status::BadRequest),
            (true, None) if version == Version::Http10 => Err(Status::BadRequest),
            (true, None) if headers.unknown_coding => Err(Status::NotImplemented),
            // Chunked may be applied only once.
            (true, None) if headers.chunked != 1 => Err(Status::BadRequest),
            (true, None) => Ok(Self::Chunked),
            // Two lengths, even of one value, may be refused (section 6.3).
            (false, Some(_)) if headers.several_lengths => Err(Status::BadRequest),
            (false, Some(length)) => Self::length(length, room),
            (false, None) if method == Method::Post => Err(Status::LengthRequired),
            (false, None) => Ok(Self::Length(0)),
        }
    }

    fn length(digits: &[u8], room: usize) -> Result<Self, Status> {
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(Status::BadRequest);
        }
        let length = digits.iter().fold(0_usize, |length, digit| {
            length.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
        });
        match u16::try_from(length) {
            Ok(fits) if length <= room => Ok(Self::Length(fits)),
            _ => Err(Status::ContentTooLarge),
        }
    }

    /// Whether the head was all there is.
    pub(super) fn is_empty(self) -> bool {
        self == Self::Length(0)
    }
}

/// What a byte of the body means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyStep {
    /// It belongs to the content; else to the framing around it.
    pub(super) keep: bool,
    /// It was the last one.
    pub(super) done: bool,
}

const KEEP: BodyStep = BodyStep { keep: true, done: false };
const SKIP: BodyStep = BodyStep { keep: false, done: false };

/// Reads a body byte by byte.
#[derive(Clone, Copy)]
pub(super) enum BodyReader {
    Length { left: u16 },
    Chunked(Chunks),
}

impl BodyReader {
    /// `room` is how many bytes of content can be held.
    pub(super) fn new(framing: Framing, room: usize) -> Self {
        match framing {
            Framing::Length(left) => Self::Length { left },
            Framing::Chunked => Self::Chunked(Chunks::new(room)),
        }
    }

    /// Takes content from the beginning of `bytes`, and returns how many that are: each is what
    /// [`Self::next`] would have kept. The last byte of a body is never among them.
    pub(super) fn run(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Length { left } => {
                let run = bytes.len().min(usize::from(left.saturating_sub(1)));
                *left -= run as u16;
                run
            }
            Self::Chunked(_) => 0,
        }
    }

    /// Takes the next byte, or says why the body is refused.
    pub(super) fn next(&mut self, byte: u8) -> Result<BodyStep, Status> {
        match self {
            Self::Length { left } => {
                *left = left.saturating_sub(1);
                Ok(BodyStep { keep: true, done: *left == 0 })
            }
            Self::Chunked(chunks) => chunks.next(byte),
        }
    }
}

/// Where in a chunked body the next byte falls.
#[derive(Clone, Copy)]
pub(super) struct Chunks {
    state: ChunkState,
    /// Digits of the chunk's size so far.
    digits: u8,
    /// The chunk's size, then what is left of it.
    size: usize,
    /// How much content there is still room for, this chunk's included.
    room: usize,
    /// Bytes of extensions and trailers so far.
    extra: usize,
}

#[derive(Clone, Copy)]
enum ChunkState {
    Size,
    /// Blanks after the size or an extension: another extension must follow.
    BeforeExtension,
    ExtensionName {
        empty: bool,
    },
    /// Blanks after an extension's name: its value must follow, or another extension.
    AfterName,
    ExtensionValue {
        empty: bool,
    },
    Quoted,
    /// After a backslash in a quoted value.
    Escaped,
    AfterQuoted,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerName {
        empty: bool,
    },
    TrailerValue,
    TrailerLf {
        empty: bool,
    },
}

/// Most digits of a chunk's size, leading zeros included.
const SIZE_DIGITS: u8 = 8;

impl Chunks {
    const fn new(room: usize) -> Self {
        Self { state: ChunkState::Size, digits: 0, size: 0, room, extra: 0 }
    }

    fn next(&mut self, byte: u8) -> Result<BodyStep, Status> {
        match (self.state, byte) {
            (ChunkState::Size, b'\r' | b';' | b' ' | b'\t') if self.digits > 0 => self.extension(byte)?,
            (ChunkState::Size, _) => self.digit(byte)?,
            (ChunkState::SizeLf, b'\n') if self.size == 0 => {
                self.state = ChunkState::TrailerName { empty: true };
            }
            (ChunkState::SizeLf, b'\n') => self.state = ChunkState::Data,
            (ChunkState::Data, _) => {
                self.data();
                return Ok(KEEP);
            }
            (ChunkState::DataCr, b'\r') => self.state = ChunkState::DataLf,
            (ChunkState::DataLf, b'\n') => {
                *self = Self { extra: self.extra, ..Self::new(self.room) };
            }
            (ChunkState::TrailerName { .. } | ChunkState::TrailerValue, _) => self.trailer(byte)?,
            (ChunkState::TrailerLf { empty: true }, b'\n') => {
                return Ok(BodyStep { keep: false, done: true });
            }
            (ChunkState::TrailerLf { empty: false }, b'\n') => {
                self.state = ChunkState::TrailerName { empty: true };
            }
            (
                ChunkState::SizeLf | ChunkState::DataCr | ChunkState::DataLf | ChunkState::TrailerLf { .. },
                _,
            ) => return Err(Status::BadRequest),
            _ => {
                self.count(byte, Status::BadRequest)?;
                self.extension(byte)?;
            }
        }
        Ok(SKIP)
    }

    /// Section 7.1.1: `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`.
    fn extension(&mut self, byte: u8) -> Result<(), Status> {
        use ChunkState::{
            AfterName, AfterQuoted, BeforeExtension, Escaped, ExtensionName, ExtensionValue, Quoted, Size,
            SizeLf,
        };
        const BEGUN: bool = false;
        let is_blank = matches!(byte, b' ' | b'\t');
        self.state = match self.state {
            Quoted if byte == b'"' => AfterQuoted,
            Quoted if byte == b'\\' => Escaped,
            Quoted | Escaped if is_text(byte) => Quoted,
            ExtensionValue { empty: true } if byte == b'"' => Quoted,
            ExtensionName { empty: true } | ExtensionValue { empty: true } if is_blank => self.state,
            ExtensionName { .. } if is_token_byte(byte) => ExtensionName { empty: BEGUN },
            ExtensionValue { .. } if is_token_byte(byte) => ExtensionValue { empty: BEGUN },
            ExtensionName { empty: BEGUN } | AfterName if is_blank => AfterName,
            ExtensionName { empty: BEGUN } | AfterName if byte == b'=' => ExtensionValue { empty: true },
            Size | BeforeExtension | ExtensionValue { empty: BEGUN } | AfterQuoted if is_blank => {
                BeforeExtension
            }
            Size
            | BeforeExtension
            | ExtensionName { empty: BEGUN }
            | AfterName
            | ExtensionValue { empty: BEGUN }
            | AfterQuoted
                if byte == b';' =>
            {
                ExtensionName { empty: true }
            }
            Size | ExtensionName { empty: BEGUN } | ExtensionValue { empty: BEGUN } | AfterQuoted
                if byte == b'\r' =>
            {
                SizeLf
            }
            _ => return Err(Status::BadRequest),
        };
        Ok(())
    }

    /// Section 7.1.2: header lines, which are passed over.
    fn trailer(&mut self, byte: u8) -> Result<(), Status> {
        self.count(byte, Status::HeaderFieldsTooLarge)?;
        self.state = match (self.state, byte) {
            (ChunkState::TrailerName { empty }, b'\r') if empty => ChunkState::TrailerLf { empty },
            (ChunkState::TrailerName { empty: false }, b':') => ChunkState::TrailerValue,
            (ChunkState::TrailerName { .. }, _) if is_token_byte(byte) => {
                ChunkState::TrailerName { empty: false }
            }
            (ChunkState::TrailerValue, b'\r') => ChunkState::TrailerLf { empty: false },
            (ChunkState::TrailerValue, _) if is_text(byte) => ChunkState::TrailerValue,
            _ => return Err(Status::BadRequest),
        };
        Ok(())
    }

    /// Refuses a size as soon as the body would become too long, long before it could overflow.
    fn digit(&mut self, byte: u8) -> Result<(), Status> {
        let digit = char::from(byte).to_digit(16).ok_or(Status::BadRequest)?;
        self.digits += 1;
        if self.digits > SIZE_DIGITS {
            return Err(Status::BadRequest);
        }
        self.size = self.size * 16 + digit as usize;
        if self.size > self.room { Err(Status::ContentTooLarge) } else { Ok(()) }
    }

    fn data(&mut self) {
        self.room = self.room.saturating_sub(1);
        self.size = self.size.saturating_sub(1);
        if self.size == 0 {
            self.state = ChunkState::DataCr;
        }
    }

    /// Counts a byte of an extension or a trailer field, of which there may be so many.
    fn count(&mut self, byte: u8, too_many: Status) -> Result<(), Status> {
        self.extra += usize::from(byte != b'\r');
        if self.extra > CHUNK_EXTRA_BYTES { Err(too_many) } else { Ok(()) }
    }
}

/// What may stand in a quoted string and in a field's value.
fn is_text(byte: u8) -> bool {
    !byte.is_ascii_control() || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    /// Any room will do: this is what is left behind the longest head, and more.
    const ROOM: usize = 704;

    fn framing(method: Method, version: Version, headers: &[(&str, &str)]) -> Result<Framing, Status> {
        let mut parsed = LengthHeaders::default();
        for (name, value) in headers {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => parsed.add_content_length(value.as_bytes()),
                "transfer-encoding" => parsed.add_transfer_encoding(value.as_bytes()),
                _ => {}
            }
        }
        Framing::of(&parsed, method, version, ROOM)
    }

    fn get(headers: &[(&str, &str)]) -> Result<Framing, Status> {
        framing(Method::Get, Version::Http11, headers)
    }

    #[test]
    fn lengths() {
        assert_eq!(get(&[]), Ok(Framing::Length(0)));
        assert_eq!(framing(Method::Post, Version::Http11, &[]), Err(Status::LengthRequired));
        assert_eq!(framing(Method::Post, Version::Http10, &[]), Err(Status::LengthRequired));
        assert_eq!(get(&[("CONTENT-length", "007")]), Ok(Framing::Length(7)));
        assert_eq!(get(&[("Content-Length", "704")]), Ok(Framing::Length(704)));
        assert_eq!(get(&[("Content-Length", "705")]), Err(Status::ContentTooLarge));
        let huge = "9".repeat(100);
        assert_eq!(get(&[("Content-Length", &huge)]), Err(Status::ContentTooLarge));
        for bad in ["", "-1", "+1", "1 1", "0x1", "1,1", "1, 2", "1.0", "\u{661}"] {
            assert_eq!(get(&[("Content-Length", bad)]), Err(Status::BadRequest), "{bad}");
        }
        for second in ["5", "6"] {
            let twice = [("Content-Length", "5"), ("Content-Length", second)];
            assert_eq!(get(&twice), Err(Status::BadRequest));
        }
    }

    #[test]
    fn transfer_codings() {
        assert_eq!(get(&[("transfer-encoding", "Chunked")]), Ok(Framing::Chunked));
        assert_eq!(framing(Method::Post, Version::Http11, &[("TE", "chunked")]), Err(Status::LengthRequired));
        let old = framing(Method::Get, Version::Http10, &[("Transfer-Encoding", "chunked")]);
        assert_eq!(old, Err(Status::BadRequest));
        for unknown in ["gzip", "gzip, chunked", "chunked, identity", "chunked;q=1", "xchunked"] {
            assert_eq!(get(&[("Transfer-Encoding", unknown)]), Err(Status::NotImplemented), "{unknown}");
        }
        for bad in ["", ",", "chunked, chunked"] {
            assert_eq!(get(&[("Transfer-Encoding", bad)]), Err(Status::BadRequest), "{bad}");
        }
        let twice = [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")];
        assert_eq!(get(&twice), Err(Status::BadRequest));
        let both = [("Transfer-Encoding", "chunked"), ("Content-Length", "5")];
        assert_eq!(get(&both), Err(Status::BadRequest));
    }

    /// The content, how many bytes were read, and how it ended: `None` is "not yet".
    fn chunks(text: &[u8]) -> (String, usize, Option<Result<(), Status>>) {
        let mut reader = BodyReader::new(Framing::Chunked, ROOM);
        let mut content = Vec::new();
        let mut end = None;
        let mut read = 0;
        for &byte in text {
            read += 1;
            match reader.next(byte) {
                Ok(step) => {
                    content.extend(step.keep.then_some(byte));
                    end = step.done.then_some(Ok(()));
                }
                Err(status) => end = Some(Err(status)),
            }
            if end.is_some() {
                break;
            }
        }
        (String::from_utf8(content).unwrap(), read, end)
    }

    #[test]
    fn chunks_are_joined() {
        for (text, content) in [
            ("0\r\n\r\n", ""),
            ("5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("A\r\n0123456789\r\n00a\r\nabc\r\n\r\ndef\r\n000\r\n\r\n", "0123456789abc\r\n\r\ndef"),
            ("1;a=b\r\nx\r\n2 ;\tq\r\nyz\r\n0 ; c=\"d\"\r\n\r\n", "xyz"),
            ("1;a;b = c ;d=\"\" ; e\t=\t\"; \\\" \\\\ =\t\u{fc}\";f\r\nx\r\n0;z=1\r\n\r\n", "x"),
            ("0\r\nA:\r\nb:\tc d: e\u{e9}\r\n\r\n", ""),
            ("1\r\nx\r\n0\r\nTrailer: dropped\r\nAnother: one\r\n\r\n", "x"),
        ] {
            let more = std::format!("{text}GET");
            let joined = chunks(more.as_bytes());
            assert_eq!(joined, (content.into(), text.len(), Some(Ok(()))), "{text:?}");
        }
    }

    #[test]
    fn broken_chunks_are_refused() {
        // The last byte is the one that breaks.
        for text in [
            "\r",
            "\n",
            ";",
            "g",
            "-",
            "0x",
            "1\n",
            "1\rx",
            "1\r\nxy",
            "1\r\nx\n",
            "1\r\nx\rx",
            "1;\n",
            "1;\0",
            "0\r\n\n",
            "0\r\n\rx",
            "0\r\nA\n",
            "0\r\nA: \0",
            "000000001",
            // Extensions (section 7.1.1).
            "2 j",
            "2;\r",
            "2;a=\r",
            "2;=",
            "2;a=\"b\r",
            "2;a=\"b\"c",
            "2\t\r",
            "0 \r",
            "2;a \r",
            "2;a b",
            "2;a=b c",
            "2;a=b \r",
            "2;a==",
            "2;;",
            "2;\"",
            "2;a=\"\\\n",
            // Trailer fields (section 7.1.2), a request that was meant to come next among them.
            "0\r\njunk ",
            "0\r\n:",
            "0\r\nBad ",
            "0\r\nGET ",
            "0\r\n ",
            "0\r\nname\r",
        ] {
            let (_, read, end) = chunks(text.as_bytes());
            assert_eq!((read, end), (text.len(), Some(Err(Status::BadRequest))), "{text:?}");
        }
    }

    #[test]
    fn long_chunks_are_refused_at_their_size() {
        assert_eq!(chunks(b"2c0\r\n").2, None);
        assert_eq!(chunks(b"2c1\r\n"), (String::new(), 3, Some(Err(Status::ContentTooLarge))));
        assert_eq!(chunks(b"ffffffff\r\n").1, 3);
        let text = std::format!("2bf\r\n{}\r\n2\r\n", "x".repeat(0x2bf));
        let (content, read, end) = chunks(text.as_bytes());
        assert_eq!((content.len(), read), (0x2bf, text.len() - 2));
        assert_eq!(end, Some(Err(Status::ContentTooLarge)));
    }

    #[test]
    fn extensions_and_trailers_are_bounded() {
        let extension = std::format!("1;{}", "x".repeat(CHUNK_EXTRA_BYTES));
        assert_eq!(chunks(extension.as_bytes()).2, None);
        assert_eq!(chunks(std::format!("{extension}x").as_bytes()).2, Some(Err(Status::BadRequest)));
        let both = std::format!("1;{}\r\nx\r\n0\r\ny", "x".repeat(CHUNK_EXTRA_BYTES));
        assert_eq!(chunks(both.as_bytes()).2, Some(Err(Status::HeaderFieldsTooLarge)), "one limit for all");
        let trailer = std::format!("0\r\n{}", "x".repeat(CHUNK_EXTRA_BYTES));
        assert_eq!(chunks(trailer.as_bytes()).2, None);
        assert_eq!(chunks(std::format!("{trailer}x").as_bytes()).2, Some(Err(Status::HeaderFieldsTooLarge)));
    }
}

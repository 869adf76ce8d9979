//! Finds the end of a head byte by byte, and its limits, so that a refusal falls on the same byte
//! however the input was cut. Most bytes stand within a line, where they change nothing but counts:
//! those are taken in runs. It must not look at what the head means: that is `head`.
//!
//! A bare LF ends a line as CRLF does (RFC 9112 section 2.2 allows it): scripts and small clients
//! send it, and with no proxy in front there is nobody to disagree with about where a line ends.
//! A bare CR is refused everywhere.

use super::status::Status;
use crate::limits::{DROPPED_HEAD_BYTES, HEAD_BYTES, HEADERS, REQUEST_LINE_BYTES};

/// Bytes of the name of the one header line that may be dropped, `Cookie`.
const NAME_BYTES: usize = 6;

/// What comes behind the last header line at least: its end, and the empty line.
const ENDS: usize = 4;

/// What a byte of the head means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadStep {
    /// Part of an empty line before the request line, or of a line that is dropped: to be thrown away.
    Skip,
    /// Part of the head.
    Keep,
    /// The colon behind the name of a header line, if that is as long as `Cookie`: no other is asked about.
    Name,
    /// There is no room for the header line that has come so far, this byte not counted: to be dropped, or refused.
    Full,
    /// The last byte of the request line.
    RequestLine,
    /// The last byte of the head.
    End,
}

/// Where in a head the next byte falls.
#[derive(Clone, Copy)]
pub(super) struct HeadScan {
    /// Bytes of the head so far, without an empty line before it and without what is dropped.
    length: usize,
    /// Bytes of the current line so far, without its end.
    line: usize,
    /// Bytes that were dropped.
    dropped: u16,
    /// Header lines begun.
    headers: u8,
    in_request_line: bool,
    after_cr: bool,
    /// An empty line came before the request line.
    empty_line: bool,
    /// The request line has come to its first space: what follows is the target.
    in_target: bool,
    /// The current line is not kept.
    dropping: bool,
}

impl HeadScan {
    pub(super) const fn new() -> Self {
        Self {
            length: 0,
            line: 0,
            dropped: 0,
            headers: 0,
            in_request_line: true,
            after_cr: false,
            empty_line: false,
            in_target: false,
            dropping: false,
        }
    }

    /// Takes the next byte, or says why the head is refused.
    pub(super) fn next(&mut self, byte: u8) -> Result<HeadStep, Status> {
        if self.after_cr && byte != b'\n' {
            return Err(Status::BadRequest);
        }
        if self.dropping {
            return self.next_dropped(byte);
        }
        if self.length == 0 && matches!(byte, b'\r' | b'\n') {
            return self.before_the_request(byte);
        }
        let is_full = !self.in_request_line && self.length >= HEAD_BYTES - ENDS;
        if is_full && self.line > 0 && !byte.is_ascii_control() {
            return Ok(HeadStep::Full);
        }
        self.length += 1;
        self.within_limits()?;
        match byte {
            b'\r' => {
                self.after_cr = true;
                Ok(HeadStep::Keep)
            }
            b'\n' => Ok(self.end_line()),
            _ => self.text(byte),
        }
    }

    /// Takes what changes nothing from the beginning of `bytes`, and returns how many that are: each
    /// is what [`Self::next`] would have kept. None at the beginning of a line, nor where a limit is near.
    pub(super) fn run(&mut self, bytes: &[u8]) -> usize {
        let limit = if self.in_request_line { REQUEST_LINE_BYTES } else { HEAD_BYTES - ENDS };
        if self.line == 0 || self.after_cr || self.dropping {
            return 0;
        }
        let plain = bytes.get(..limit.saturating_sub(self.length)).unwrap_or(bytes);
        let colon = NAME_BYTES.checked_sub(self.line).filter(|_| !self.in_request_line);
        let plain = match colon {
            Some(at) if plain.get(at) == Some(&b':') => plain.get(..at).unwrap_or(plain),
            _ => plain,
        };
        let run = plain.iter().position(u8::is_ascii_control).unwrap_or(plain.len());
        self.in_target |= self.in_request_line && plain.iter().take(run).any(|&byte| byte == b' ');
        self.length += run;
        self.line += run;
        run
    }

    /// Keeps neither what came of the current line nor what is still to come of it. Returns how many bytes came.
    pub(super) fn drop_line(&mut self) -> usize {
        self.dropping = true;
        self.length = self.length.saturating_sub(self.line);
        self.line
    }

    /// A byte of a line that is not kept: as good as one that is.
    fn next_dropped(&mut self, byte: u8) -> Result<HeadStep, Status> {
        self.dropped = self.dropped.saturating_add(1);
        if self.dropped > DROPPED_HEAD_BYTES {
            return Err(Status::HeaderFieldsTooLarge);
        }
        match byte {
            b'\r' => self.after_cr = true,
            b'\n' => {
                self.end_line();
            }
            _ if byte.is_ascii_control() && byte != b'\t' => return Err(Status::BadRequest),
            _ => {}
        }
        Ok(HeadStep::Skip)
    }

    /// RFC 9112 section 2.2: an empty line before the request line is passed over (old browsers
    /// sent one after a form). One, not a stream of them.
    fn before_the_request(&mut self, byte: u8) -> Result<HeadStep, Status> {
        if self.empty_line {
            return Err(Status::BadRequest);
        }
        self.after_cr = byte == b'\r';
        self.empty_line = byte == b'\n';
        Ok(HeadStep::Skip)
    }

    fn within_limits(&self) -> Result<(), Status> {
        if self.in_request_line && self.length > REQUEST_LINE_BYTES {
            // RFC 9112 section 3 tells a long method from a long target.
            return Err(if self.in_target { Status::UriTooLong } else { Status::NotImplemented });
        }
        if self.length > HEAD_BYTES {
            return Err(Status::HeaderFieldsTooLarge);
        }
        Ok(())
    }

    fn end_line(&mut self) -> HeadStep {
        let empty = self.line == 0;
        self.line = 0;
        self.after_cr = false;
        self.in_target = false;
        self.dropping = false;
        if self.in_request_line {
            self.in_request_line = false;
            HeadStep::RequestLine
        } else if empty {
            HeadStep::End
        } else {
            HeadStep::Keep
        }
    }

    fn text(&mut self, byte: u8) -> Result<HeadStep, Status> {
        if byte.is_ascii_control() && byte != b'\t' {
            return Err(Status::BadRequest);
        }
        if self.line == 0 {
            self.begin_line(byte)?;
        }
        if byte == b':' && self.line == NAME_BYTES && !self.in_request_line {
            self.line += 1;
            return Ok(HeadStep::Name);
        }
        self.line += 1;
        self.in_target |= self.in_request_line && byte == b' ';
        Ok(HeadStep::Keep)
    }

    fn begin_line(&mut self, byte: u8) -> Result<(), Status> {
        if self.in_request_line {
            // A method is a token (RFC 9110 section 5.6.2). Other protocols that stray onto the
            // port mostly end here: a TLS ClientHello begins with 0x16.
            return if is_token_byte(byte) { Ok(()) } else { Err(Status::BadRequest) };
        }
        if matches!(byte, b' ' | b'\t') {
            // A folded line, or space before the first header (RFC 9112 sections 2.2 and 5.2).
            return Err(Status::BadRequest);
        }
        self.headers += 1;
        if usize::from(self.headers) > HEADERS { Err(Status::HeaderFieldsTooLarge) } else { Ok(()) }
    }
}

/// RFC 9110 section 5.6.2: every visible character but the delimiters.
#[inline]
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'['..=b']' | b'{' | b'}')
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    /// How a head ends, and after how many bytes.
    fn scan(head: &[u8]) -> (usize, Result<HeadStep, Status>) {
        let mut scan = HeadScan::new();
        for (index, &byte) in head.iter().enumerate() {
            match scan.next(byte) {
                Ok(HeadStep::End) => return (index + 1, Ok(HeadStep::End)),
                Err(status) => return (index + 1, Err(status)),
                Ok(_) => {}
            }
        }
        (head.len(), Ok(HeadStep::Keep))
    }

    #[test]
    fn head_ends_at_the_empty_line() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(scan(&[head, &b"GET"[..]].concat()), (head.len(), Ok(HeadStep::End)));
        assert_eq!(scan(b"GET / HTTP/1.1\nHost: a\n\n"), (24, Ok(HeadStep::End)));
        assert_eq!(scan(b"GET / HTTP/1.1\r\nHost: a\r\n"), (25, Ok(HeadStep::Keep)));
    }

    #[test]
    fn one_empty_line_before_the_request_is_passed_over() {
        let mut scan = HeadScan::new();
        let steps: Vec<_> = b"\r\nGE".iter().map(|&byte| scan.next(byte)).collect();
        assert_eq!(steps, [Ok(HeadStep::Skip), Ok(HeadStep::Skip), Ok(HeadStep::Keep), Ok(HeadStep::Keep)]);
        assert_eq!(super::tests::scan(b"\nGET"), (4, Ok(HeadStep::Keep)));
        assert_eq!(super::tests::scan(b"\r\n\r\n"), (3, Err(Status::BadRequest)));
        assert_eq!(super::tests::scan(b"\rG"), (2, Err(Status::BadRequest)));
    }

    #[test]
    fn stray_bytes_are_refused_where_they_stand() {
        for byte in (0..=0x1F).chain([0x7F]) {
            if matches!(byte, b'\t' | b'\r' | b'\n') {
                continue;
            }
            let head = [b"GET / HTTP/1.1\r\nHost: a", &[byte][..]].concat();
            assert_eq!(scan(&head), (head.len(), Err(Status::BadRequest)), "{byte:#x}");
        }
        assert_eq!(scan(b"\x16\x03\x01").0, 1, "a TLS ClientHello is refused at its first byte");
        assert_eq!(scan(b" GET"), (1, Err(Status::BadRequest)));
        assert_eq!(scan(b"GET /\rX"), (7, Err(Status::BadRequest)));
        assert_eq!(scan(b"GET / HTTP/1.1\r\n Host: a"), (17, Err(Status::BadRequest)));
        assert_eq!(scan(b"GET / HTTP/1.1\r\nA: b\r\n\tc"), (23, Err(Status::BadRequest)));
    }

    #[test]
    fn request_line_limit() {
        let line = |target: usize| [b"GET ", "/".repeat(target).as_bytes(), b" HTTP/1.1\r\n"].concat();
        let fits = line(REQUEST_LINE_BYTES - 15);
        assert_eq!(fits.len(), REQUEST_LINE_BYTES);
        assert_eq!(scan(&fits), (REQUEST_LINE_BYTES, Ok(HeadStep::Keep)));
        let long = line(REQUEST_LINE_BYTES - 14);
        assert_eq!(scan(&long), (REQUEST_LINE_BYTES + 1, Err(Status::UriTooLong)));
        let method = "G".repeat(REQUEST_LINE_BYTES + 1);
        assert_eq!(scan(method.as_bytes()), (REQUEST_LINE_BYTES + 1, Err(Status::NotImplemented)));
    }

    #[test]
    fn head_limits() {
        let line = "GET / HTTP/1.1\r\n";
        let padded = |length: usize| {
            let name = "A: ";
            let value = "x".repeat(length - line.len() - name.len() - 4);
            [line, name, &value, "\r\n\r\n"].concat()
        };
        assert_eq!(scan(padded(HEAD_BYTES).as_bytes()), (HEAD_BYTES, Ok(HeadStep::End)));
        let mut long = HeadScan::new();
        let steps: Vec<_> = padded(HEAD_BYTES + 1).bytes().map(|byte| long.next(byte)).collect();
        assert_eq!(steps.iter().position(|step| *step == Ok(HeadStep::Full)), Some(HEAD_BYTES - ENDS));

        let with = |headers: usize| -> String { [line, &"A: b\r\n".repeat(headers), "\r\n"].concat() };
        let most = with(HEADERS);
        assert_eq!(scan(most.as_bytes()), (most.len(), Ok(HeadStep::End)));
        let many = with(HEADERS + 1);
        assert_eq!(scan(many.as_bytes()), (line.len() + 6 * HEADERS + 1, Err(Status::HeaderFieldsTooLarge)));
    }
}

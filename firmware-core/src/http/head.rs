//! What a complete head says, and which heads are refused (RFC 9112 sections 3, 6 and 9.3,
//! RFC 9110 sections 5, 7.2 and 10.1.1). Control characters, folded lines and heads that are too
//! long are refused before, byte by byte, in `scan`.
//!
//! Nothing is kept of a head but a few positions in the buffer; its parts are borrowed when asked.

use core::num::{NonZeroU16, NonZeroU32};

use super::answer::Persistence;
use super::body::{Framing, LengthHeaders};
use super::header::{Header, lines, members, without_line_end};
use super::request::{Method, Request, Version};
use super::scan::is_token_byte;
use super::status::Status;
use crate::limits::{CLIENT_ID_BYTES, REQUEST_BYTES};

/// A request line that was read and accepted.
#[derive(Clone, Copy)]
pub(super) struct RequestLine {
    pub(super) method: Method,
    pub(super) version: Version,
    /// The target is at `target_start..target_end` of the buffer, the line at `..end`.
    target_start: u16,
    target_end: u16,
    end: u16,
}

/// A position in the buffer, which is short.
fn position(index: usize) -> Result<u16, Status> {
    u16::try_from(index).map_err(|_| Status::HeaderFieldsTooLarge)
}

impl RequestLine {
    /// Reads a request line, its line end included.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Status> {
        let mut parts = without_line_end(line).splitn(3, |&byte| byte == b' ');
        let (Some(name), Some(target), Some(version)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Status::BadRequest);
        };
        // Control characters other than a tab were refused before; what is left is a tab and bytes that
        // are not UTF-8.
        let is_text = !target.contains(&b'\t') && core::str::from_utf8(target).is_ok();
        if !is_text || !name.iter().all(|&byte| is_token_byte(byte)) {
            return Err(Status::BadRequest);
        }
        let parts = Target::split(target).ok_or(Status::BadRequest)?;
        let version = match version {
            b"HTTP/1.0" => Version::Http10,
            // A later one of the same major version is answered as the highest that is spoken (RFC 9110 section 2.5).
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => Version::Http11,
            // Well formed, but a version that is not spoken here.
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
                return Err(Status::VersionNotSupported);
            }
            _ => return Err(Status::BadRequest),
        };
        let method = match name {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"PATCH" => Method::Patch,
            b"DELETE" => Method::Delete,
            b"CONNECT" | b"OPTIONS" | b"TRACE" => Method::Other,
            _ => return Err(Status::NotImplemented),
        };
        if !parts.suits(name) {
            return Err(Status::BadRequest);
        }
        let target_start = name.len() + 1;
        let target_end = position(target_start + target.len())?;
        Ok(Self {
            method,
            version,
            target_start: position(target_start)?,
            target_end,
            end: position(line.len())?,
        })
    }
}

/// The parts of a request target (RFC 9112 section 3.2).
struct Target<'a> {
    form: TargetForm,
    authority: Option<&'a [u8]>,
    path: &'a [u8],
    query: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TargetForm {
    /// `/path?query`
    Origin,
    /// `http://authority/path?query`, as sent to a proxy
    Absolute,
    /// `authority`, of `CONNECT` alone
    Authority,
    /// `*`, of `OPTIONS` alone
    Asterisk,
}

impl<'a> Target<'a> {
    fn split(target: &'a [u8]) -> Option<Self> {
        if target.contains(&b'#') {
            return None;
        }
        if target == b"*" {
            return Some(Self { form: TargetForm::Asterisk, authority: None, path: target, query: b"" });
        }
        if target.first() == Some(&b'/') {
            let (path, query) = split_query(target);
            return Some(Self { form: TargetForm::Origin, authority: None, path, query });
        }
        let (form, rest) = match target.split_at_checked(7) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"http://") => (TargetForm::Absolute, rest),
            _ => (TargetForm::Authority, target),
        };
        let end = match form {
            TargetForm::Absolute => rest.iter().position(|byte| matches!(byte, b'/' | b'?')),
            _ => None,
        };
        let (authority, rest) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        if !is_authority(authority) || authority.is_empty() || authority.first() == Some(&b':') {
            return None;
        }
        let (path, query) = split_query(rest);
        let path = if form == TargetForm::Absolute && path.is_empty() { b"/" } else { path };
        Some(Self { form, authority: Some(authority), path, query })
    }

    fn suits(&self, method: &[u8]) -> bool {
        match self.form {
            TargetForm::Origin | TargetForm::Absolute => method != b"CONNECT",
            TargetForm::Authority => method == b"CONNECT",
            TargetForm::Asterisk => method == b"OPTIONS",
        }
    }
}

fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    match target.iter().position(|&byte| byte == b'?') {
        Some(mark) => (target.get(..mark).unwrap_or_default(), target.get(mark + 1..).unwrap_or_default()),
        None => (target, b""),
    }
}

/// Whether this is a host and perhaps a port (RFC 3986 section 3.2, without user information,
/// which RFC 9110 section 4.2.4 has recipients treat as an error). An empty host passes: `Host:`
/// may be empty.
fn is_authority(text: &[u8]) -> bool {
    let port = if text.first() == Some(&b'[') {
        let Some(end) = text.iter().position(|&byte| byte == b']') else { return false };
        let (Some(inner), Some(port)) = (text.get(1..end), text.get(end + 1..)) else { return false };
        if inner.is_empty() || !inner.iter().all(|&byte| is_name_byte(byte) || byte == b':') {
            return false;
        }
        port
    } else {
        let end = text.iter().position(|&byte| !is_name_byte(byte) && byte != b'%');
        text.get(end.unwrap_or(text.len())..).unwrap_or_default()
    };
    match port.split_first() {
        None => true,
        Some((b':', digits)) => digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

/// RFC 3986 `unreserved` and `sub-delims`: every visible character but these.
#[inline]
fn is_name_byte(byte: u8) -> bool {
    let other = matches!(byte, b'"' | b'#' | b'%' | b'/' | b':' | b'<' | b'>'..=b'@' | b'['..=b'^' | b'`' | b'{'..=b'}');
    byte.is_ascii_graphic() && !other
}

/// A head that was read and accepted.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) persistence: Persistence,
    pub(super) framing: Framing,
    /// The client sends its body only after `100 Continue`.
    pub(super) expects_continue: bool,
    line: RequestLine,
    end: u16,
    host: Option<Part>,
    content_type: Option<Part>,
    /// By the cookie, which is not in the buffer.
    client: Option<NonZeroU32>,
}

/// A part of the buffer. The request line comes before it.
#[derive(Clone, Copy)]
struct Part {
    start: NonZeroU16,
    length: u16,
}

impl Part {
    /// Where `part`, which is borrowed from `buffer`, lies in it.
    fn of(buffer: &[u8], part: &[u8]) -> Result<Self, Status> {
        let start = part.as_ptr().addr().saturating_sub(buffer.as_ptr().addr());
        let start = NonZeroU16::new(position(start)?).ok_or(Status::BadRequest)?;
        Ok(Self { start, length: position(part.len())? })
    }

    fn within(self, buffer: &[u8]) -> Option<&[u8]> {
        buffer.get(usize::from(self.start.get())..)?.get(..usize::from(self.length))
    }
}

impl Head {
    /// Reads the header lines of `head`, which begins with `line`.
    pub(super) fn parse(line: RequestLine, head: &[u8]) -> Result<Self, Status> {
        let fields = head.get(usize::from(line.end)..).unwrap_or_default();
        let room = REQUEST_BYTES.saturating_sub(head.len());
        let mut headers = ParsedHeaders::default();
        for line in lines(fields) {
            headers.add(Header::parse(line).ok_or(Status::BadRequest)?);
        }
        let part = |part: Option<&[u8]>| part.map(|part| Part::of(head, part)).transpose();
        Ok(Self {
            host: part(headers.only_host(line.version)?)?,
            persistence: headers.persistence(line.version),
            framing: Framing::of(&headers.length, line.method, line.version, room)?,
            expects_continue: headers.expects_continue(line.version)?,
            content_type: part(headers.content_type)?,
            client: None,
            line,
            end: position(head.len())?,
        })
    }

    /// Where the head ends in the buffer, and the body begins.
    pub(super) fn end(&self) -> usize {
        usize::from(self.end)
    }

    /// The same head, of the client that its cookie has named.
    pub(super) fn of(self, client: Option<[u8; CLIENT_ID_BYTES]>) -> Self {
        Self { client: client.and_then(|client| NonZeroU32::new(u32::from_be_bytes(client))), ..self }
    }

    /// The request of which `buffer` holds the head and the body.
    pub(super) fn request<'a>(&self, buffer: &'a [u8]) -> Option<Request<'a>> {
        let within = |from: u16, to: u16| buffer.get(usize::from(from)..usize::from(to));
        let target = Target::split(within(self.line.target_start, self.line.target_end)?)?;
        let part = |part: Option<Part>| part.and_then(|part| part.within(buffer));
        Some(Request {
            method: self.line.method,
            version: self.line.version,
            path: target.path,
            query: target.query,
            host: target.authority.or(part(self.host)),
            content_type: part(self.content_type),
            body: buffer.get(self.end()..)?,
            client: self.client.map(|client| client.get().to_be_bytes()),
            fields: within(self.line.end, self.end)?,
        })
    }
}

/// The header fields that the connection itself needs.
#[derive(Default)]
struct ParsedHeaders<'a> {
    host: Option<&'a [u8]>,
    several_hosts: bool,
    content_type: Option<&'a [u8]>,
    length: LengthHeaders<'a>,
    close: bool,
    keep_alive: bool,
    /// `Expect: 100-continue`.
    expects_continue: bool,
    /// Another expectation, of which none is known here.
    unknown_expectation: bool,
}

impl<'a> ParsedHeaders<'a> {
    fn add(&mut self, Header { name, value }: Header<'a>) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("host") {
            self.several_hosts |= self.host.replace(value).is_some();
        } else if is("content-type") {
            self.content_type.get_or_insert(value);
        } else if is("content-length") {
            self.length.add_content_length(value);
        } else if is("transfer-encoding") {
            self.length.add_transfer_encoding(value);
        } else if is("connection") {
            for option in members(value) {
                self.close |= option.eq_ignore_ascii_case(b"close");
                self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if is("expect") {
            for expectation in members(value) {
                let known = expectation.eq_ignore_ascii_case(b"100-continue");
                self.expects_continue |= known;
                self.unknown_expectation |= !known;
            }
        }
    }

    /// RFC 9112 section 3.2: exactly one `Host` in 1.1, at most one in 1.0, and a valid one.
    fn only_host(&self, version: Version) -> Result<Option<&'a [u8]>, Status> {
        match self.host {
            Some(host) if !self.several_hosts && is_authority(host) => Ok(Some(host)),
            None if version == Version::Http10 => Ok(None),
            _ => Err(Status::BadRequest),
        }
    }

    /// RFC 9112 section 9.3.
    fn persistence(&self, version: Version) -> Persistence {
        match version {
            _ if self.close => Persistence::Close,
            Version::Http11 => Persistence::Keep,
            Version::Http10 if self.keep_alive => Persistence::KeepAlive,
            Version::Http10 => Persistence::Close,
        }
    }

    /// RFC 9110 section 10.1.1. In HTTP/1.0 expectations are ignored.
    fn expects_continue(&self, version: Version) -> Result<bool, Status> {
        match version {
            Version::Http10 => Ok(false),
            Version::Http11 if self.unknown_expectation => Err(Status::ExpectationFailed),
            Version::Http11 => Ok(self.expects_continue),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn line(text: &str) -> Result<RequestLine, Status> {
        RequestLine::parse(text.as_bytes())
    }

    fn head(text: &str) -> Result<Head, Status> {
        let end = text.find('\n').unwrap() + 1;
        Head::parse(line(&text[..end])?, text.as_bytes())
    }

    #[test]
    fn methods() {
        for (name, method) in [("GET", Method::Get), ("HEAD", Method::Head), ("POST", Method::Post)] {
            assert_eq!(line(&std::format!("{name} / HTTP/1.1\r\n")).unwrap().method, method);
        }
        for (name, method) in [("PUT", Method::Put), ("PATCH", Method::Patch), ("DELETE", Method::Delete)] {
            assert_eq!(line(&std::format!("{name} / HTTP/1.1\r\n")).unwrap().method, method);
        }
        for name in ["OPTIONS", "TRACE"] {
            assert_eq!(line(&std::format!("{name} / HTTP/1.1\r\n")).unwrap().method, Method::Other);
        }
        for name in ["BREW", "get", "GETT", "G|T"] {
            let refused = line(&std::format!("{name} / HTTP/1.1\r\n")).err();
            assert_eq!(refused, Some(Status::NotImplemented), "{name}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(line("GET / HTTP/1.0\r\n").unwrap().version, Version::Http10);
        assert_eq!(line("GET / HTTP/1.1\n").unwrap().version, Version::Http11);
        assert_eq!(line("GET / HTTP/1.2\r\n").unwrap().version, Version::Http11);
        for text in ["GET / HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n", "GET / HTTP/0.9\n"] {
            assert_eq!(line(text).err(), Some(Status::VersionNotSupported), "{text}");
        }
        let garbage =
            ["", " ", " HTTP", " HTTP/1", " HTTP/1.", " HTTP/x.1", " http/1.1", " HTTP/1.10", " HTTP/1.1 "];
        for version in garbage {
            for end in ["\n", "\r\n"] {
                let text = std::format!("GET /{version}{end}");
                assert_eq!(line(&text).err(), Some(Status::BadRequest), "{text:?}");
            }
        }
    }

    #[test]
    fn targets() {
        let parts = |method: &str, target: &str| {
            let text = std::format!("{method} {target} HTTP/1.1\r\nHost: h.example\r\n\r\n");
            let head = head(&text).ok()?;
            let request = head.request(text.as_bytes())?;
            Some([request.host?, request.path, request.query].map(|part| part.escape_ascii().to_string()))
        };
        use std::string::ToString;
        let split = |method, target| parts(method, target).map(|parts| parts.join(" "));
        for (method, target, expected) in [
            ("GET", "/", "h.example / "),
            ("GET", "/a/b?c=d?e", "h.example /a/b c=d?e"),
            ("GET", "//other/x", "h.example //other/x "),
            ("GET", "http://1.2.3.4:80/x?y", "1.2.3.4:80 /x y"),
            ("GET", "HTTP://Name.Example", "Name.Example / "),
            ("GET", "http://n?q", "n / q"),
            ("GET", "http://[fe80::1]:8/", "[fe80::1]:8 / "),
            ("OPTIONS", "*", "h.example * "),
            ("CONNECT", "www.example:443", "www.example:443  "),
        ] {
            assert_eq!(split(method, target).as_deref(), Some(expected), "{method} {target}");
        }
        for (method, target) in [
            ("GET", "*"),
            ("GET", "x"),
            ("GET", "/a#b"),
            ("GET", "https://a/"),
            ("GET", "http:///a"),
            ("GET", "http://:80/"),
            ("GET", "http://user@a/"),
            ("GET", "www.example:443"),
            ("CONNECT", "/"),
            ("CONNECT", "http://a/"),
        ] {
            assert_eq!(split(method, target), None, "{method} {target}");
        }
    }

    #[test]
    fn hosts() {
        let status = |version: &str, headers: &str| {
            head(&std::format!("GET / HTTP/1.{version}\r\n{headers}\r\n")).err()
        };
        for valid in ["a", "a.b:80", "1.2.3.4", "[::1]", "[::1]:80", "a:", "", "x_y-z~", "%41"] {
            assert_eq!(status("1", &std::format!("Host: {valid}\r\n")), None, "{valid}");
        }
        for invalid in
            ["a b", "a/b", "a:x", "a:1:2", "u@a", "[::1", "[]", "[::1]x", "a\"", "ä", "a?b", "a,b c"]
        {
            let refused = status("1", &std::format!("hOST: {invalid}\r\n"));
            assert_eq!(refused, Some(Status::BadRequest), "{invalid}");
        }
        assert_eq!(status("1", ""), Some(Status::BadRequest), "1.1 needs one");
        assert_eq!(status("0", ""), None, "1.0 does not");
        for version in ["0", "1"] {
            assert_eq!(status(version, "Host: a\r\nHost: a\r\n"), Some(Status::BadRequest));
            assert_eq!(status(version, "Host: a b\r\n"), Some(Status::BadRequest));
        }
        let absolute = "GET http://a/ HTTP/1.1\r\n\r\n";
        assert_eq!(head(absolute).err(), Some(Status::BadRequest), "an absolute target is no Host");
    }

    #[test]
    fn header_syntax() {
        let status = |headers: &str| head(&std::format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).err();
        for good in
            ["A:b\r\n", "A: \t b \r\n", "A:\r\n", "A: \u{e4}\r\n", "A: b:c\n", "!#$%&'*+-.^_`|~9: x\r\n"]
        {
            assert_eq!(status(good), None, "{good:?}");
        }
        for bad in ["A : b\r\n", "A\r\n", ": b\r\n", "A b: c\r\n", "(A): b\r\n", "\u{e4}: b\r\n"] {
            assert_eq!(status(bad), Some(Status::BadRequest), "{bad:?}");
        }
    }

    #[test]
    fn lookup_ignores_case_and_trims() {
        let text = b"GET / HTTP/1.1\r\nHost: a\r\nX-One: \t first \t\r\nx-one: second\r\nX-Empty:\r\n\r\n";
        let end = text.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        let head = Head::parse(RequestLine::parse(&text[..end]).unwrap(), text).unwrap();
        let request = head.request(text).unwrap();
        assert_eq!(request.header("x-ONE"), Some(&b"first"[..]));
        assert_eq!(request.header("X-Empty"), Some(&b""[..]));
        assert_eq!(request.header("X-On"), None);
    }

    #[test]
    fn keeping_alive() {
        let persistence = |version: &str, connection: &str| {
            head(&std::format!("GET / HTTP/1.{version}\r\nHost: a\r\n{connection}\r\n")).unwrap().persistence
        };
        assert_eq!(persistence("1", ""), Persistence::Keep);
        assert_eq!(persistence("1", "Connection: keep-alive\r\n"), Persistence::Keep);
        assert_eq!(persistence("1", "Connection: x, CLOSE\r\n"), Persistence::Close);
        assert_eq!(persistence("1", "Connection: x\r\nConnection: close\r\n"), Persistence::Close);
        assert_eq!(persistence("1", "Connection: closed\r\n"), Persistence::Keep);
        assert_eq!(persistence("0", ""), Persistence::Close);
        assert_eq!(persistence("0", "Connection: ,Keep-Alive , x\r\n"), Persistence::KeepAlive);
        assert_eq!(persistence("0", "Connection: keep-alive, close\r\n"), Persistence::Close);
    }

    #[test]
    fn expectations() {
        let expects = |version: &str, expect: &str| {
            head(&std::format!("GET / HTTP/1.{version}\r\nHost: a\r\nExpect: {expect}\r\n\r\n"))
                .map(|head| head.expects_continue)
        };
        assert_eq!(expects("1", "100-Continue"), Ok(true));
        assert_eq!(expects("1", ""), Ok(false));
        assert_eq!(expects("1", "tea"), Err(Status::ExpectationFailed));
        assert_eq!(expects("1", "100-continue, tea"), Err(Status::ExpectationFailed));
        assert_eq!(expects("0", "100-continue"), Ok(false));
        assert_eq!(expects("0", "tea"), Ok(false));
    }

    #[test]
    fn lists_span_headers() {
        let text = b"GET / HTTP/1.1\r\nHost: a\r\nA: one,, two\r\nB: no\r\na:\tthree ,\r\n\r\n";
        let end = text.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        let head = Head::parse(RequestLine::parse(&text[..end]).unwrap(), text).unwrap();
        let members: Vec<_> = head.request(text).unwrap().list("a").collect();
        assert_eq!(members, [&b"one"[..], b"two", b"three"]);
    }
}

//! The answer to a request, and how it reads on the wire. It is text that is written anew for
//! every piece that goes out, so it must come out the same each time.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;

use super::file::File;
use super::{Methods, Request, negotiation};
use crate::Window;
use crate::plain::{Dotted, Number};
use crate::websocket::{Accept, Refusal};

/// The status codes that the device answers (RFC 9110 section 15, RFC 6585).
///
/// ```
/// use vestibule_core::http::Status;
///
/// assert_eq!((Status::NotFound.code(), Status::NotFound.reason()), (404, "Not Found"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[expect(missing_docs, reason = "the names are the standards' own")]
pub enum Status {
    SwitchingProtocols = 101,
    Ok = 200,
    Accepted = 202,
    NoContent = 204,
    Found = 302,
    SeeOther = 303,
    NotModified = 304,
    BadRequest = 400,
    Forbidden = 403,
    NotFound = 404,
    MethodNotAllowed = 405,
    RequestTimeout = 408,
    Conflict = 409,
    LengthRequired = 411,
    ContentTooLarge = 413,
    UriTooLong = 414,
    UnsupportedMediaType = 415,
    ExpectationFailed = 417,
    MisdirectedRequest = 421,
    UpgradeRequired = 426,
    TooManyRequests = 429,
    HeaderFieldsTooLarge = 431,
    InternalServerError = 500,
    NotImplemented = 501,
    ServiceUnavailable = 503,
    VersionNotSupported = 505,
}

impl Status {
    /// The three digits.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The reason phrase.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::SwitchingProtocols => "Switching Protocols",
            Self::Ok => "OK",
            Self::Accepted => "Accepted",
            Self::NoContent => "No Content",
            Self::Found => "Found",
            Self::SeeOther => "See Other",
            Self::NotModified => "Not Modified",
            Self::BadRequest => "Bad Request",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::RequestTimeout => "Request Timeout",
            Self::Conflict => "Conflict",
            Self::LengthRequired => "Length Required",
            Self::ContentTooLarge => "Content Too Large",
            Self::UriTooLong => "URI Too Long",
            Self::UnsupportedMediaType => "Unsupported Media Type",
            Self::ExpectationFailed => "Expectation Failed",
            Self::MisdirectedRequest => "Misdirected Request",
            Self::UpgradeRequired => "Upgrade Required",
            Self::TooManyRequests => "Too Many Requests",
            Self::HeaderFieldsTooLarge => "Request Header Fields Too Large",
            Self::InternalServerError => "Internal Server Error",
            Self::NotImplemented => "Not Implemented",
            Self::ServiceUnavailable => "Service Unavailable",
            Self::VersionNotSupported => "HTTP Version Not Supported",
        }
    }
}

/// How a client is told to reach the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// By its address.
    Address(Ipv4Addr),
    /// By a name that leads to it.
    Name(&'static str),
}

/// Where a redirect points: an absolute URL for whatever may be a connectivity check, because some
/// take a relative one for a broken portal, and a path alone for who is here already.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::http::{Authority, Location};
///
/// let portal = Some(Authority::Address(Ipv4Addr::new(192, 168, 4, 1)));
/// assert_eq!(Location { authority: portal, port: 80, path: "/" }.to_string(), "http://192.168.4.1/");
/// assert_eq!(Location { authority: portal, port: 8080, path: "a" }.to_string(), "http://192.168.4.1:8080/a");
/// assert_eq!(Location::path("/led").to_string(), "/led");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The device on the interface that the request came from; none keeps the name that the client
    /// knows it by.
    pub authority: Option<Authority>,
    /// Its port; left out of the URL when it is 80.
    pub port: u16,
    /// The path, with or without its leading slash, and a query if there is one.
    pub path: &'static str,
}

impl Location {
    /// A path on the host that was asked.
    pub const fn path(path: &'static str) -> Self {
        Self { authority: None, port: 80, path }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Location {
    /// What `Display` shows, without a formatter.
    pub(crate) fn write(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        if let Some(authority) = self.authority {
            out.write_str("http://")?;
            match authority {
                Authority::Address(address) => Dotted(address).write(out)?,
                Authority::Name(name) => out.write_str(name)?,
            }
            if self.port != 80 {
                write!(out, ":{}", Number(self.port.into()))?;
            }
        }
        out.write_str("/")?;
        match self.path.trim_start_matches('/') {
            "" => Ok(()),
            path => out.write_str(path),
        }
    }
}

/// What an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<B> {
    /// Nothing.
    Empty,
    /// A constant text.
    Text(&'static str),
    /// A constant file, or its compressed twin if it has one and `gzip` is set.
    File {
        /// The file.
        file: &'static File,
        /// Whether the client takes the twin: [`Response::negotiated`] decides it.
        gzip: bool,
    },
    /// None: the connection becomes a WebSocket.
    Upgrade(Accept),
    /// A page that the caller renders from this description of it. The description must hold
    /// everything that changes the page: it is rendered again for every piece that goes out, and
    /// must come out the same.
    Page(B),
}

/// How long clients may keep an answer (RFC 9111 section 5.2.2).
///
/// ```
/// use vestibule_core::http::{Cache, Response, Status};
///
/// let mut icon = Response::<()>::text(Status::Ok, "...");
/// assert_eq!(icon.cache, Cache::NoStore);
/// icon.cache = Cache::Fresh { seconds: 3600 };
/// assert_eq!(icon.cache.to_string(), "max-age=3600");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cache {
    /// Not at all.
    #[default]
    NoStore,
    /// They may, and must ask each time whether it is still the one.
    Revalidate,
    /// They need not ask for so long.
    Fresh {
        /// How long.
        seconds: u32,
    },
    /// They need never ask: the path changes when the content does. Said with a year.
    Immutable,
}

impl fmt::Display for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStore => f.write_str("no-store"),
            Self::Revalidate => f.write_str("no-cache"),
            Self::Fresh { seconds } => {
                // 68 years are as good as more.
                write!(f, "max-age={}", Number(i32::try_from(*seconds).unwrap_or(i32::MAX)))
            }
            Self::Immutable => f.write_str("max-age=31536000, immutable"),
        }
    }
}

/// What a client was sent, once it has all been handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: Status,
    /// Whether the content went with it: not for `HEAD`.
    pub content: bool,
}

/// An answer. The connection adds `Content-Length` and `Connection`, and a file its tag.
///
/// ```
/// use vestibule_core::http::{Methods, Response, Status};
///
/// let refused = Response::<()> { allow: Methods::READ, ..Response::text(Status::MethodNotAllowed, "GET only\n") };
/// assert_eq!(refused.status.code(), 405);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<B> {
    /// The status.
    pub status: Status,
    /// `Content-Type`; left out if empty.
    pub content_type: &'static str,
    /// `Location`.
    pub location: Option<Location>,
    /// `Allow`, which a 405 must have (RFC 9110 section 15.5.6).
    pub allow: Methods,
    /// Close the connection after this answer, even if the client would keep it.
    pub close: bool,
    /// The page is written from the request, which is kept until the answer is out.
    pub echoes_request: bool,
    /// How long clients may keep it. A file brings its own rule.
    pub cache: Cache,
    /// Further header lines, each ended by CRLF.
    pub headers: &'static str,
    /// The content. Left out on the wire for `HEAD` and with a 204.
    pub content: Content<B>,
}

impl<B: Copy> Response<B> {
    /// An answer without content.
    pub const fn empty(status: Status) -> Self {
        Self {
            status,
            content_type: "",
            location: None,
            allow: Methods::NONE,
            close: false,
            echoes_request: false,
            cache: Cache::NoStore,
            headers: "",
            content: Content::Empty,
        }
    }

    /// A plain text.
    pub const fn text(status: Status, text: &'static str) -> Self {
        let content_type = "text/plain; charset=utf-8";
        Self { content_type, content: Content::Text(text), ..Self::empty(status) }
    }

    /// A page that the caller renders, as HTML.
    pub const fn page(status: Status, page: B) -> Self {
        let content_type = "text/html; charset=utf-8";
        Self { content_type, content: Content::Page(page), ..Self::empty(status) }
    }

    /// A redirect, `Found` or `SeeOther`, with a short text for clients that want content.
    pub const fn redirect(status: Status, location: Location) -> Self {
        Self { location: Some(location), ..Self::text(status, status.reason()) }
    }

    /// To another path of the device after a form was taken, by GET (RFC 9110 section 15.4.4).
    pub const fn see_other(path: &'static str) -> Self {
        Self::redirect(Status::SeeOther, Location::path(path))
    }

    /// A constant file.
    pub const fn file(file: &'static File) -> Self {
        let content = Content::File { file, gzip: false };
        Self { content_type: file.content_type, content, ..Self::empty(Status::Ok) }
    }

    /// Makes the connection a WebSocket, if the request asks for that: see
    /// [`Application::sockets`](crate::application::Application::sockets).
    pub fn websocket(request: &Request<'_>) -> Self {
        match Accept::new(request) {
            Ok(accept) => {
                Self { content: Content::Upgrade(accept), ..Self::empty(Status::SwitchingProtocols) }
            }
            Err(Refusal::Key) => Self::empty(Status::BadRequest),
            Err(Refusal::Method) => Self { allow: Methods::READ, ..Self::empty(Status::MethodNotAllowed) },
            Err(Refusal::NoUpgrade | Refusal::Version) => Self {
                // Both are due: RFC 6455 section 4.4, RFC 9110 section 15.5.22.
                headers: "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n",
                ..Self::empty(Status::UpgradeRequired)
            },
        }
    }

    /// What of a file goes to this client: the twin that it prefers, or 304 and nothing when it has
    /// that already. Anything else stays as it is.
    #[must_use]
    pub fn negotiated(self, request: &Request<'_>) -> Self {
        let Content::File { file, .. } = self.content else { return self };
        let gzip = file.gzip.is_some() && negotiation::takes_gzip(request);
        let known = self.status == Status::Ok && negotiation::is_known(request, file.tag(gzip));
        let status = if known { Status::NotModified } else { self.status };
        Self { status, content: Content::File { file, gzip }, ..self }
    }

    /// The same answer with its page in other words.
    pub fn map<C>(self, page: impl FnOnce(B) -> C) -> Response<C> {
        let content = match self.content {
            Content::Empty => Content::Empty,
            Content::Upgrade(accept) => Content::Upgrade(accept),
            Content::Text(text) => Content::Text(text),
            Content::File { file, gzip } => Content::File { file, gzip },
            Content::Page(own) => Content::Page(page(own)),
        };
        let Self { status, content_type, location, allow, close, echoes_request, cache, headers, .. } = self;
        Response { status, content_type, location, allow, close, echoes_request, cache, headers, content }
    }
}

/// The bytes of a file that go out.
fn bytes(file: &File, gzip: bool) -> &'static [u8] {
    file.gzip.filter(|_| gzip).unwrap_or(file.bytes)
}

/// Whether the connection outlives an answer, and whether the answer has to say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persistence {
    /// Ends, and says so.
    Close,
    /// Stays, as is usual in HTTP/1.1.
    Keep,
    /// Stays, and says so to an HTTP/1.0 client that asked.
    KeepAndSay,
}

/// An answer under way.
#[derive(Clone, Copy)]
pub(super) struct Answer<B> {
    pub(super) response: Response<B>,
    pub(super) persistence: Persistence,
    /// Bytes of the content, sent or not.
    content_length: usize,
    /// Whether the content is sent, and not only its length.
    with_content: bool,
    /// Bytes of the whole answer, known once some of it was written, and how many are out.
    length: usize,
    sent: usize,
}

impl<B: Copy> Answer<B> {
    pub(super) fn new(
        response: Response<B>,
        page_length: usize,
        head_only: bool,
        persistence: Persistence,
    ) -> Self {
        let content_length = match &response.content {
            Content::Empty | Content::Upgrade(_) => 0,
            Content::Text(text) => text.len(),
            Content::File { file, gzip } => bytes(file, *gzip).len(),
            Content::Page(_) => page_length,
        };
        let with_content = !head_only && may_have_content(response.status);
        Self { response, persistence, content_length, with_content, length: usize::MAX, sent: 0 }
    }

    /// Puts the next bytes into `out` and returns how many. Less than one is a page that came out
    /// shorter than it was announced; one that comes out longer is cut.
    pub(super) fn next(&mut self, out: &mut [u8], render: impl FnOnce(&B, &mut Window<'_>)) -> usize {
        let mut window = Window::new(self.sent, out);
        self.write_head(&mut window);
        let mut length = window.length();
        if self.with_content {
            length += self.content_length;
            match &self.response.content {
                Content::Empty | Content::Upgrade(_) => {}
                Content::Text(text) => window.put(text.as_bytes()),
                Content::File { file, gzip } => window.put(bytes(file, *gzip)),
                Content::Page(page) => render(page, &mut window),
            }
        }
        let written = window.written().len().min(length - self.sent);
        self.length = length;
        self.sent += written;
        written
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent >= self.length
    }

    pub(super) fn answered(&self) -> Answered {
        Answered { status: self.response.status, content: self.with_content }
    }

    fn write_head(&self, window: &mut Window<'_>) {
        // Most of it goes out without being formatted: every check of every phone is answered with it.
        let line = |window: &mut Window<'_>, name: &str, value: &str| {
            [name, value, "\r\n"].iter().for_each(|part| window.put(part.as_bytes()));
        };
        let response = &self.response;
        // What is written into a window cannot fail.
        if let Content::Upgrade(accept) = response.content {
            let _ = accept.write(window);
            return;
        }
        window.put(b"HTTP/1.1 ");
        window.put_number(response.status.code().into());
        line(window, " ", response.status.reason());
        if let Some(location) = response.location {
            window.put(b"Location: ");
            let _ = location.write(window);
            window.put(b"\r\n");
        }
        if !response.allow.is_empty() {
            let _ = write!(window, "Allow: {}\r\n", response.allow);
        }
        if !response.content_type.is_empty() && response.status != Status::NotModified {
            line(window, "Content-Type: ", response.content_type);
        }
        // RFC 9110 section 8.6 forbids it in a 204.
        if may_have_content(response.status) {
            window.put(b"Content-Length: ");
            window.put_number(self.content_length);
            window.put(b"\r\n");
        }
        match response.content {
            Content::File { file, gzip } => {
                let _ = write!(window, "Cache-Control: {}\r\nETag: {}\r\n", file.cache, file.tag(gzip));
                if file.gzip.is_some() {
                    line(window, "Vary: ", "Accept-Encoding");
                }
                if gzip && response.status != Status::NotModified {
                    line(window, "Content-Encoding: ", "gzip");
                }
            }
            _ => match response.cache {
                Cache::NoStore => line(window, "Cache-Control: ", "no-store"),
                cache => {
                    let _ = write!(window, "Cache-Control: {cache}\r\n");
                }
            },
        }
        match self.persistence {
            Persistence::Close => line(window, "Connection: ", "close"),
            Persistence::Keep => {}
            Persistence::KeepAndSay => line(window, "Connection: ", "keep-alive"),
        }
        window.put(response.headers.as_bytes());
        window.put(b"\r\n");
    }
}

/// RFC 9110 section 6.4.1.
fn may_have_content(status: Status) -> bool {
    !matches!(status, Status::NoContent | Status::NotModified)
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn write(answer: Answer<&'static str>, piece: usize) -> String {
        let mut answer = answer;
        let mut text = Vec::new();
        let mut out = std::vec![0; piece];
        while !answer.is_sent() {
            let length = answer.next(&mut out, |page, window| window.put(page.as_bytes()));
            assert_ne!(length, 0, "an answer must go on");
            text.extend_from_slice(&out[..length]);
        }
        String::from_utf8(text).unwrap()
    }

    fn whole(response: Response<&'static str>, head_only: bool, persistence: Persistence) -> String {
        let page = if let Content::Page(page) = response.content { page.len() } else { 0 };
        let answer = Answer::new(response, page, head_only, persistence);
        let text = write(answer, 4096);
        for piece in 1..=text.len() {
            assert_eq!(write(answer, piece), text, "in pieces of {piece}");
        }
        text
    }

    #[test]
    fn every_part_of_an_answer_has_its_line() {
        let location = Location {
            authority: Some(Authority::Address(Ipv4Addr::new(192, 168, 4, 1))),
            port: 80,
            path: "/",
        };
        let response = Response {
            allow: Methods::READ,
            headers: "X-A: b\r\nX-C: d\r\n",
            ..Response::redirect(Status::Found, location)
        };
        assert_eq!(
            whole(response, false, Persistence::Close),
            "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nAllow: GET, HEAD\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\nCache-Control: no-store\r\n\
             Connection: close\r\nX-A: b\r\nX-C: d\r\n\r\nFound"
        );
    }

    #[test]
    fn pages_and_their_absence() {
        let page = Response::page(Status::Ok, "<p>page</p>");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 11\r\n\
                    Cache-Control: no-store\r\n\r\n";
        assert_eq!(whole(page, false, Persistence::Keep), [head, "<p>page</p>"].concat());
        assert_eq!(whole(page, true, Persistence::Keep), head, "HEAD has the length and no content");
        assert_eq!(
            whole(Response::empty(Status::NotFound), false, Persistence::KeepAndSay),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\
             Connection: keep-alive\r\n\r\n"
        );
        assert_eq!(
            whole(Response::empty(Status::NoContent), false, Persistence::Keep),
            "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n"
        );
    }

    #[test]
    fn a_file_and_its_twin() {
        static FILE: File = File::new("text/css", b"foobar").gzipped(b"\x1fgz");
        let file = |gzip, status| {
            let content = Content::File { file: &FILE, gzip };
            whole(Response { status, content, ..Response::file(&FILE) }, false, Persistence::Keep)
        };
        let caching = "Cache-Control: no-cache\r\nETag: \"85944171f73967e8";
        assert_eq!(
            file(false, Status::Ok),
            std::format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 6\r\n{caching}\"\r\n\
                 Vary: Accept-Encoding\r\n\r\nfoobar"
            )
        );
        assert_eq!(
            file(true, Status::Ok),
            std::format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 3\r\n{caching}-gz\"\r\n\
                 Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n\r\n\x1fgz"
            )
        );
        assert_eq!(
            file(true, Status::NotModified),
            std::format!("HTTP/1.1 304 Not Modified\r\n{caching}-gz\"\r\nVary: Accept-Encoding\r\n\r\n")
        );
    }

    #[test]
    fn a_page_never_exceeds_what_was_announced() {
        let mut long = Answer::new(Response::page(Status::Ok, "four"), 3, false, Persistence::Keep);
        let mut out = [0; 1024];
        let length = long.next(&mut out, |page, window| window.put(page.as_bytes()));
        assert!(out[..length].ends_with(b"\r\n\r\nfou"));
        assert!(long.is_sent());

        let mut short = Answer::new(Response::page(Status::Ok, "four"), 5, false, Persistence::Keep);
        let mut render =
            |answer: &mut Answer<&str>| answer.next(&mut out, |page, window| window.put(page.as_bytes()));
        assert_ne!(render(&mut short), 0);
        assert!(!short.is_sent());
        assert_eq!(render(&mut short), 0);
    }
}

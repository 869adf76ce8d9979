//! The answer to a request, and how it reads on the wire. It is text that is written anew for
//! every piece that goes out, so it must come out the same each time.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;

use crate::Window;

/// The status codes that the device answers (RFC 9110 section 15, RFC 6585).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[expect(missing_docs, reason = "the names are the standards' own")]
pub enum Status {
    Ok = 200,
    NoContent = 204,
    Found = 302,
    SeeOther = 303,
    BadRequest = 400,
    Forbidden = 403,
    NotFound = 404,
    MethodNotAllowed = 405,
    RequestTimeout = 408,
    LengthRequired = 411,
    ContentTooLarge = 413,
    UriTooLong = 414,
    ExpectationFailed = 417,
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
            Self::Ok => "OK",
            Self::NoContent => "No Content",
            Self::Found => "Found",
            Self::SeeOther => "See Other",
            Self::BadRequest => "Bad Request",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::RequestTimeout => "Request Timeout",
            Self::LengthRequired => "Length Required",
            Self::ContentTooLarge => "Content Too Large",
            Self::UriTooLong => "URI Too Long",
            Self::ExpectationFailed => "Expectation Failed",
            Self::TooManyRequests => "Too Many Requests",
            Self::HeaderFieldsTooLarge => "Request Header Fields Too Large",
            Self::InternalServerError => "Internal Server Error",
            Self::NotImplemented => "Not Implemented",
            Self::ServiceUnavailable => "Service Unavailable",
            Self::VersionNotSupported => "HTTP Version Not Supported",
        }
    }
}

/// Where a redirect points: always an absolute URL, because some connectivity checks take a
/// relative one for a broken portal.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::http::Location;
///
/// let portal = Ipv4Addr::new(192, 168, 4, 1);
/// assert_eq!(Location { authority: portal, port: 80, path: "/" }.to_string(), "http://192.168.4.1/");
/// assert_eq!(Location { authority: portal, port: 8080, path: "a" }.to_string(), "http://192.168.4.1:8080/a");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The device's address on the interface that the request came from.
    pub authority: Ipv4Addr,
    /// Its port; left out of the URL when it is 80.
    pub port: u16,
    /// The path, with or without its leading slash, and a query if there is one.
    pub path: &'static str,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)?;
        if self.port != 80 {
            write!(f, ":{}", self.port)?;
        }
        write!(f, "/{}", self.path.trim_start_matches('/'))
    }
}

/// What an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<B> {
    /// Nothing.
    Empty,
    /// A constant text.
    Text(&'static str),
    /// A page that the caller renders from this description of it. The description must hold
    /// everything that changes the page: it is rendered again for every piece that goes out, and
    /// must come out the same.
    Page(B),
}

/// An answer. The connection adds `Content-Length`, `Connection` and `Cache-Control: no-store`.
///
/// ```
/// use vestibule_core::http::{Response, Status};
///
/// let refused = Response::<()> { allow: Some("GET, HEAD"), ..Response::text(Status::MethodNotAllowed, "GET only\n") };
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
    pub allow: Option<&'static str>,
    /// Close the connection after this answer, even if the client would keep it.
    pub close: bool,
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
            allow: None,
            close: false,
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
    /// Bytes of the whole answer, and how many are out.
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
            Content::Empty => 0,
            Content::Text(text) => text.len(),
            Content::Page(_) => page_length,
        };
        let with_content = !head_only && response.status != Status::NoContent;
        let mut answer = Self { response, persistence, content_length, with_content, length: 0, sent: 0 };
        let head = Window::measure(|window| answer.write_head(window));
        answer.length = head + if with_content { content_length } else { 0 };
        answer
    }

    /// Puts the next bytes into `out` and returns how many. Less than one is a page that came out
    /// shorter than it was announced; one that comes out longer is cut.
    pub(super) fn next(&mut self, out: &mut [u8], render: impl FnOnce(&B, &mut Window<'_>)) -> usize {
        let wanted = out.len().min(self.length - self.sent);
        let mut window = Window::new(self.sent, out.get_mut(..wanted).unwrap_or_default());
        self.write_head(&mut window);
        if self.with_content {
            match &self.response.content {
                Content::Empty => {}
                Content::Text(text) => window.put(text.as_bytes()),
                Content::Page(page) => render(page, &mut window),
            }
        }
        let written = window.written().len();
        self.sent += written;
        written
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent >= self.length
    }

    /// What the client got to see: nothing for `HEAD`.
    pub(super) fn seen(self) -> (Status, Content<B>) {
        let content = if self.with_content { self.response.content } else { Content::Empty };
        (self.response.status, content)
    }

    fn write_head(&self, window: &mut Window<'_>) {
        let mut line = |name: &str, value: fmt::Arguments<'_>| {
            // A window cannot fail.
            let _ = write!(window, "{name}{value}\r\n");
        };
        let response = &self.response;
        line("HTTP/1.1 ", format_args!("{} {}", response.status.code(), response.status.reason()));
        if let Some(location) = response.location {
            line("Location: ", format_args!("{location}"));
        }
        if let Some(allow) = response.allow {
            line("Allow: ", format_args!("{allow}"));
        }
        if !response.content_type.is_empty() {
            line("Content-Type: ", format_args!("{}", response.content_type));
        }
        // RFC 9110 section 8.6 forbids it in a 204.
        if response.status != Status::NoContent {
            line("Content-Length: ", format_args!("{}", self.content_length));
        }
        line("Cache-Control: ", format_args!("no-store"));
        match self.persistence {
            Persistence::Close => line("Connection: ", format_args!("close")),
            Persistence::Keep => {}
            Persistence::KeepAndSay => line("Connection: ", format_args!("keep-alive")),
        }
        window.put(response.headers.as_bytes());
        window.put(b"\r\n");
    }
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
        let location = Location { authority: Ipv4Addr::new(192, 168, 4, 1), port: 80, path: "/" };
        let response = Response {
            allow: Some("GET"),
            headers: "X-A: b\r\nX-C: d\r\n",
            ..Response::redirect(Status::Found, location)
        };
        assert_eq!(
            whole(response, false, Persistence::Close),
            "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nAllow: GET\r\n\
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

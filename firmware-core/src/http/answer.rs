//! A response on its way to the client: its head as text, its content, and how much of both is out.
//!
//! The whole text is written again for every piece that goes out, so it must come out the same each time.

use core::fmt::Write;

use super::cache::Cache;
use super::cookie;
use super::file::File;
use super::response::{Content, Response};
use super::status::Status;
use crate::byte_window::ByteWindow;

/// The answer that a client was sent, once all of it has been handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: Status,
    /// Whether the content went with it: not for `HEAD`.
    pub content: bool,
}

/// The bytes of a file that go out.
fn bytes(file: &File, gzip: bool) -> &'static [u8] {
    file.gzip.filter(|_| gzip).unwrap_or(file.bytes)
}

/// Whether the connection stays open after an answer, and whether the answer has to say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persistence {
    /// Ends, and says so.
    Close,
    /// Stays, as is usual in HTTP/1.1.
    Keep,
    /// Stays, and says so to an HTTP/1.0 client that asked.
    KeepAlive,
}

/// An answer under way.
#[derive(Clone, Copy)]
pub(super) struct Answer<B> {
    pub(super) response: Response<B>,
    pub(super) persistence: Persistence,
    /// Bytes of the content, sent or not.
    content_length: u32,
    /// Whether the content is sent, and not only its length.
    with_content: bool,
    /// Bytes of the whole answer, known once some of it was written, and how many are out.
    length: u32,
    sent: u32,
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
        let content_length = u32::try_from(content_length).unwrap_or(u32::MAX);
        Self { response, persistence, content_length, with_content, length: u32::MAX, sent: 0 }
    }

    /// Puts the next bytes into `out` and returns how many. Less than one is a page that came out
    /// shorter than it was announced; one that comes out longer is cut.
    pub(super) fn next(&mut self, out: &mut [u8], render: impl FnOnce(&B, &mut ByteWindow<'_>)) -> usize {
        let mut window = ByteWindow::new(self.sent as usize, out);
        self.write_head(&mut window);
        let mut length = window.length();
        if self.with_content {
            length += self.content_length as usize;
            match &self.response.content {
                Content::Empty | Content::Upgrade(_) => {}
                Content::Text(text) => window.put(text.as_bytes()),
                Content::File { file, gzip } => window.put(bytes(file, *gzip)),
                Content::Page(page) => render(page, &mut window),
            }
        }
        let written = window.written().len().min(length - self.sent as usize);
        self.length = length as u32;
        self.sent += written as u32;
        written
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent >= self.length
    }

    /// Bytes that are out.
    pub(super) fn sent(&self) -> u32 {
        self.sent
    }

    pub(super) fn answered(&self) -> Answered {
        Answered { status: self.response.status, content: self.with_content }
    }

    fn write_head(&self, window: &mut ByteWindow<'_>) {
        // Most of it goes out without being formatted: every check of every phone is answered with it.
        let line = |window: &mut ByteWindow<'_>, name: &str, value: &str| {
            [name, value, "\r\n"].iter().for_each(|part| window.put(part.as_bytes()));
        };
        let response = &self.response;
        // Writing into a window cannot fail.
        if let Content::Upgrade(upgrade) = response.content {
            let _ = upgrade.write(window);
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
        if let Some(client) = response.location.and_then(|location| location.client) {
            cookie::write(&client, window);
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
            window.put_number(self.content_length as usize);
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
            Persistence::KeepAlive => line(window, "Connection: ", "keep-alive"),
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
    use core::net::Ipv4Addr;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use crate::http::location::{Authority, Location};
    use crate::http::request::Methods;

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
            ..Location::path("/")
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
            whole(Response::empty(Status::NotFound), false, Persistence::KeepAlive),
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

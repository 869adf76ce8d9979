//! The request, and the part of its answer that matters.

use core::fmt::{self, Write};

use super::signature::{Key, SIGNATURE_HEADER};
use crate::byte_window::ByteWindow;
use crate::limits::{WEBHOOK_AUTHORITY_BYTES, WEBHOOK_HEAD_BYTES, WEBHOOK_PATH_BYTES};

/// A request with its receiver and its body. Its parts are known to fit a request and to end where they seem to.
///
/// ```
/// use vestibule_core::limits::WEBHOOK_HEAD_BYTES;
/// use vestibule_core::webhook::{BadPost, Key, Post};
///
/// let post = Post::new("hooks.example", "/device?id=7", b"{}")?;
/// let key = Key::new(&[7; 32]).unwrap();
/// let mut request = [0; WEBHOOK_HEAD_BYTES + 2];
/// let length = post.write(&key, 1_790_000_000, &mut request)?;
/// assert!(request[..length].ends_with(b"\r\nConnection: close\r\n\r\n{}"));
/// assert_eq!(Post::new("hooks.example", "device", b"{}").unwrap_err(), BadPost::Path);
/// # Ok::<(), BadPost>(())
/// ```
#[derive(Clone, Copy)]
pub struct Post<'a> {
    authority: &'a str,
    path: &'a str,
    body: &'a [u8],
}

impl<'a> Post<'a> {
    /// `authority` is a host name or address, with `:` and a port if it is not 80; `path` begins with
    /// `/` and may have a query. Escapes (`%20`) are the caller's. `body` is JSON.
    ///
    /// # Errors
    /// [`BadPost`].
    pub fn new(authority: &'a str, path: &'a str, body: &'a [u8]) -> Result<Self, BadPost> {
        let is_host = |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_');
        let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
        let port_is_good =
            port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0);
        let length_is_good = (1..=WEBHOOK_AUTHORITY_BYTES).contains(&authority.len());
        if host.is_empty() || !host.bytes().all(is_host) || !port_is_good || !length_is_good {
            return Err(BadPost::Authority);
        }
        let is_visible = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !path.starts_with('/') || !is_visible || path.len() > WEBHOOK_PATH_BYTES {
            return Err(BadPost::Path);
        }
        Ok(Self { authority, path, body })
    }

    /// Writes the request to the beginning of `out`, signed at this time of day (seconds since 1970),
    /// and returns its length. Each attempt is written and signed again, so that no signature is too old.
    ///
    /// # Errors
    /// [`BadPost::NoRoom`]; head and body need [`WEBHOOK_HEAD_BYTES`] and the body's length at most.
    pub fn write(&self, key: &Key, timestamp: u64, out: &mut [u8]) -> Result<usize, BadPost> {
        let mut window = ByteWindow::new(0, out);
        write!(
            window,
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             {SIGNATURE_HEADER}: {}\r\nConnection: close\r\n\r\n",
            self.path,
            self.authority,
            self.body.len(),
            key.sign(timestamp, self.body),
        )
        .map_err(|_| BadPost::NoRoom)?;
        debug_assert!(window.length() <= WEBHOOK_HEAD_BYTES);
        window.put(self.body);
        let length = window.length();
        if length == window.written().len() { Ok(length) } else { Err(BadPost::NoRoom) }
    }
}

/// Where to, without what: the body may be private.
impl fmt::Debug for Post<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Post({}{}, {} bytes)",
            self.authority,
            self.path.split('?').next().unwrap_or_default(),
            self.body.len()
        )
    }
}

/// Why there is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPost {
    /// The authority is not a host and a port.
    Authority,
    /// The path does not begin with `/`, is too long, or has a character that must be escaped.
    Path,
    /// The request is longer than its room.
    NoRoom,
}

impl fmt::Display for BadPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authority => "the webhook's host or port is malformed",
            Self::Path => "the webhook's path is malformed or too long",
            Self::NoRoom => "the request is longer than its room",
        })
    }
}

impl core::error::Error for BadPost {}

/// The part of an answer that decides what is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The seconds of `Retry-After` (RFC 9110 section 10.2.3). A date there is not understood: it
    /// would need a clock.
    pub retry_after: Option<u32>,
}

impl Reply {
    /// Whether a sign-in page of the network seems to have answered in the receiver's place: by a redirect for now, as
    /// captive portals send it, or by 511 (RFC 6585 section 6). A receiver that has moved says so for good (301, 308).
    ///
    /// ```
    /// use vestibule_core::webhook::Reply;
    ///
    /// assert!(Reply { status: 302, retry_after: None }.is_sign_in());
    /// assert!(!Reply { status: 301, retry_after: None }.is_sign_in());
    /// ```
    #[must_use]
    pub const fn is_sign_in(self) -> bool {
        matches!(self.status, 302 | 303 | 307 | 511)
    }
}

/// Most header lines of an answer that are read.
const REPLY_HEADERS: usize = 32;

/// Reads the head of an answer from all bytes that have arrived. `Ok(None)` until it is complete; an
/// interim answer (1xx) is passed over.
///
/// # Errors
/// [`httparse::Error`] if it is no answer; count the attempt as failed.
///
/// ```
/// use vestibule_core::webhook::{Reply, read_reply};
///
/// let head = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\n\r\n";
/// assert_eq!(read_reply(&head[..20]), Ok(None));
/// assert_eq!(read_reply(head), Ok(Some(Reply { status: 503, retry_after: Some(30) })));
/// assert!(read_reply(b"SSH-2.0-OpenSSH\r\n").is_err());
/// ```
pub fn read_reply(received: &[u8]) -> Result<Option<Reply>, httparse::Error> {
    let mut rest = received;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; REPLY_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(rest)? else { return Ok(None) };
        let status = response.code.ok_or(httparse::Error::Status)?;
        if !(100..200).contains(&status) {
            let retry_after = response
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case("Retry-After"))
                .and_then(|header| core::str::from_utf8(header.value).ok()?.trim().parse().ok());
            return Ok(Some(Reply { status, retry_after }));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
}

//! A complete request as routes see it. It borrows the connection's buffer and owns nothing.

use core::fmt;

use super::header;
use crate::limits::CLIENT_ID_BYTES;

/// The method of a request (RFC 9110 section 9). A method that no standard knows never gets this far:
/// the connection answers it 501.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: as `GET`, and the connection leaves the content of the answer out.
    Head,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
    /// `CONNECT`, `OPTIONS` or `TRACE`: known, and to be answered 405.
    Other,
}

/// Methods, as `Allow` lists them.
///
/// ```
/// use vestibule_core::http::{Method, Methods};
///
/// assert_eq!(Methods::READ.to_string(), "GET, HEAD");
/// assert_eq!(Methods::READ.and(Method::Put).to_string(), "GET, HEAD, PUT");
/// assert!(Methods::NONE.is_empty() && !Methods::POST.is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Methods(u8);

impl Methods {
    /// None, so that there is no `Allow`.
    pub const NONE: Self = Self(0);

    /// `GET` and `HEAD`, which go together.
    pub const READ: Self = Self::NONE.and(Method::Get).and(Method::Head);

    /// `POST`.
    pub const POST: Self = Self::NONE.and(Method::Post);

    const NAMED: [(Method, &'static str); 6] = [
        (Method::Get, "GET"),
        (Method::Head, "HEAD"),
        (Method::Post, "POST"),
        (Method::Put, "PUT"),
        (Method::Patch, "PATCH"),
        (Method::Delete, "DELETE"),
    ];

    /// These and one more; [`Method::Other`] has no name and adds none.
    #[must_use]
    pub const fn and(self, method: Method) -> Self {
        match method {
            Method::Other => self,
            named => Self(self.0 | 1 << named as u8),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// As in `Allow` (RFC 9110 section 10.2.1).
impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMED.iter().filter(|(method, _)| self.0 & 1 << *method as u8 != 0);
        for (index, (_, name)) in named.enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// The version of the request. Answers always say 1.1, the highest one spoken here (RFC 9110
/// section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
}

/// A complete request, checked against the rules of RFC 9112. All parts are as sent: no escape is
/// decoded, no case is changed.
///
/// It comes from [`Connection::request`](super::Connection::request), and reaches an application's
/// handler in a [`Call`](crate::application::Call).
///
/// ```
/// use vestibule_core::Instant;
/// use vestibule_core::http::{Connection, Method, Version};
///
/// let now = Instant::from_micros(0);
/// let mut connection = Connection::<()>::new();
/// connection.open(now);
/// let sent = b"PUT /lamp?fade=1 HTTP/1.1\r\nHost: lamp.local\r\nX-Scene: night\r\n\
///     Accept: text/html, text/plain\r\nContent-Length: 2\r\n\r\non";
/// assert_eq!(connection.receive(sent, now), sent.len());
///
/// let request = connection.request().unwrap();
/// assert_eq!((request.method, request.version), (Method::Put, Version::Http11));
/// assert_eq!((request.path, request.query), (&b"/lamp"[..], &b"fade=1"[..]));
/// assert_eq!(request.host, Some(&b"lamp.local"[..]));
/// assert_eq!(request.header("x-scene"), Some(&b"night"[..]));
/// assert_eq!(request.list("accept").count(), 2);
/// assert_eq!(request.headers().count(), 4);
/// assert_eq!(request.body, b"on");
/// ```
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// The client's version.
    pub version: Version,
    /// The path, without the query. Begins with `/`, except `*` for `OPTIONS *` and nothing at
    /// all for `CONNECT`.
    pub path: &'a [u8],
    /// The part after the first `?`; empty if there is none.
    pub query: &'a [u8],
    /// The authority, with the port if one was sent: from an absolute target, else from `Host`
    /// (RFC 9112 section 3.2.2). `None` only in HTTP/1.0. Empty if the client sent `Host:`.
    pub host: Option<&'a [u8]>,
    /// `Content-Type`, with its parameters.
    pub content_type: Option<&'a [u8]>,
    /// The content, chunks joined.
    pub body: &'a [u8],
    /// The client's number, as a cookie of this device's has it. Other cookies are not kept.
    pub client: Option<[u8; CLIENT_ID_BYTES]>,
    /// The header lines.
    pub(super) fields: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first header of this name, in any case, without the space around its value.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        header::lines(self.fields).find_map(|line| header::value(line, name))
    }

    /// Names and values of all headers, in order, without the space around a value.
    pub fn headers(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        header::headers(self.fields)
    }

    /// The members of all headers of this name that hold a comma-separated list (RFC 9110 section
    /// 5.6.1).
    pub fn list(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        header::values(self.fields, name).flat_map(header::members)
    }
}

/// Leaves query, headers and body out: an owner's passphrase may be among them.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("version", &self.version)
            .field("path", &self.path.escape_ascii())
            .field("host", &self.host.map(<[u8]>::escape_ascii))
            .finish_non_exhaustive()
    }
}

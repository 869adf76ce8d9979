//! A complete request as routes see it. It borrows the connection's buffer and owns nothing.

use core::fmt;

use super::head;

/// What is asked for (RFC 9110 section 9). A method that no standard knows never gets this far:
/// the connection answers it 501.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: as `GET`, and the connection leaves the content of the answer out.
    Head,
    /// `POST`.
    Post,
    /// `PUT`, `DELETE`, `CONNECT`, `OPTIONS`, `TRACE` or `PATCH`: known, and to be answered 405.
    Other,
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
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What is asked for.
    pub method: Method,
    /// The client's version.
    pub version: Version,
    /// The path, without the query. Begins with `/`, except `*` for `OPTIONS *` and nothing at
    /// all for `CONNECT`.
    pub path: &'a [u8],
    /// What follows the first `?`; empty if there is none.
    pub query: &'a [u8],
    /// The authority, with the port if one was sent: from an absolute target, else from `Host`
    /// (RFC 9112 section 3.2.2). `None` only in HTTP/1.0. Empty if the client sent `Host:`.
    pub host: Option<&'a [u8]>,
    /// `Content-Type`, with its parameters.
    pub content_type: Option<&'a [u8]>,
    /// The content, chunks joined.
    pub body: &'a [u8],
    /// The header lines.
    pub(super) fields: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first header of this name, in any case, without the space around its value.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        head::header(self.fields, name)
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

//! The answer to a request, as routes describe it. How it goes out is `answer`.

use super::cache::Cache;
use super::file::File;
use super::location::Location;
use super::negotiation;
use super::request::{Methods, Request};
use super::status::Status;
use super::upgrade::Upgrade;

/// The content of an answer.
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
    Upgrade(Upgrade),
    /// A page that the caller renders from this description of it. The description must hold
    /// everything that changes the page: it is rendered again for every piece that goes out, and
    /// must come out the same.
    Page(B),
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

    /// Chooses what of a file goes to this client: the encoding that it prefers, 304 without content if it has the
    /// file already, or 412 if it wants another version. Any other response stays as it is.
    #[must_use]
    pub fn negotiated(self, request: &Request<'_>) -> Self {
        let Content::File { file, .. } = self.content else { return self };
        let gzip = file.gzip.is_some() && (file.bytes.is_empty() || negotiation::takes_gzip(request));
        // In this order: RFC 9110 section 13.2.2.
        let status = match self.status {
            Status::Ok if !negotiation::is_wanted(request, file.tag(gzip)) => {
                return Self::empty(Status::PreconditionFailed);
            }
            Status::Ok if negotiation::is_known(request, file.tag(gzip)) => Status::NotModified,
            status => status,
        };
        Self { status, content: Content::File { file, gzip }, ..self }
    }

    /// The same answer with another description of its page.
    pub fn map<C>(self, page: impl FnOnce(B) -> C) -> Response<C> {
        let content = match self.content {
            Content::Empty => Content::Empty,
            Content::Upgrade(upgrade) => Content::Upgrade(upgrade),
            Content::Text(text) => Content::Text(text),
            Content::File { file, gzip } => Content::File { file, gzip },
            Content::Page(description) => Content::Page(page(description)),
        };
        let Self { status, content_type, location, allow, close, echoes_request, cache, headers, .. } = self;
        Response { status, content_type, location, allow, close, echoes_request, cache, headers, content }
    }
}

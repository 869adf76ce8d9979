//! Which form of an answer the client prefers: compressed or not, new or known, HTML or JSON (RFC
//! 9110 sections 12.5, 13.1.1 and 13.1.2).
//!
//! It reads the request's headers and writes nothing.

use super::file::Tag;
use super::request::Request;

/// A weight in thousandths: 0 is "not acceptable", 1000 the most.
pub(crate) type Weight = u16;

const MOST: Weight = 1000;

/// The format in which an error is written.
///
/// ```
/// use vestibule_core::http::Format;
///
/// assert_eq!(Format::Json.content_type(), "application/problem+json");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page.
    Html,
    /// A problem (RFC 9457).
    Json,
    /// A line of text, for clients that want neither.
    Text,
}

impl Format {
    /// Its `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/problem+json",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// How an error is best told to this client, by `Accept`. One that does not say is a person.
///
/// ```
/// use vestibule_core::Instant;
/// use vestibule_core::http::{Connection, Format, error_format};
///
/// let now = Instant::from_micros(0);
/// let mut connection = Connection::<()>::new();
/// connection.open(now);
/// let _ = connection.receive(b"GET /api HTTP/1.1\r\nHost: lamp\r\nAccept: application/json\r\n\r\n", now);
/// assert_eq!(error_format(&connection.request().unwrap()), Format::Json);
/// ```
pub fn error_format(request: &Request<'_>) -> Format {
    if request.list("accept").next().is_none() {
        return Format::Html;
    }
    let html = media_weight(request, "text", &["html"]);
    let json = media_weight(request, "application", &["json", "problem+json"]);
    match (html, json) {
        (0, 0) => Format::Text,
        (html, json) if json > html => Format::Json,
        _ => Format::Html,
    }
}

/// Whether the client takes gzip, and not rather the bytes as they are.
pub(super) fn takes_gzip(request: &Request<'_>) -> bool {
    let weight = |coding: &[&[u8]]| {
        let asked = request.list("accept-encoding").map(weighted);
        asked
            .filter(|(name, _)| coding.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .map(|(_, q)| q)
            .max()
    };
    let gzip = weight(&[b"gzip", b"x-gzip"]).or(weight(&[b"*"])).unwrap_or(0);
    gzip > 0 && gzip >= weight(&[b"identity"]).unwrap_or(0)
}

/// Whether the client holds the version of that tag already (`If-None-Match`).
pub(super) fn is_known(request: &Request<'_>, tag: Tag) -> bool {
    names(request, "if-none-match", tag) == Some(true)
}

/// Whether the version of that tag is one that the client asks for: it names none (`If-Match`), or this one.
pub(super) fn is_wanted(request: &Request<'_>, tag: Tag) -> bool {
    names(request, "if-match", tag) != Some(false)
}

/// Whether a header names that tag, if there is such a header: `If-Match` by its strong form alone (section 13.1.1).
#[inline(never)]
fn names(request: &Request<'_>, header: &'static str, tag: Tag) -> Option<bool> {
    let mut names = None;
    for sent in request.list(header) {
        let is_strong = header == "if-match";
        *names.get_or_insert(false) |= sent == b"*" || tag.is(sent, is_strong);
    }
    names
}

/// The weight of a media type with any of these subtypes; the most specific range counts.
fn media_weight(request: &Request<'_>, media_type: &str, subtypes: &[&str]) -> Weight {
    let mut best = (0, 0);
    for (range, weight) in request.list("accept").map(weighted) {
        let mut parts = range.splitn(2, |&byte| byte == b'/');
        let (asked, asked_subtype) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let is_ours = asked.eq_ignore_ascii_case(media_type.as_bytes());
        let specificity = match asked_subtype {
            b"*" if asked == b"*" => 1,
            b"*" if is_ours => 2,
            sub if is_ours && subtypes.iter().any(|known| sub.eq_ignore_ascii_case(known.as_bytes())) => 3,
            _ => continue,
        };
        best = best.max((specificity, weight));
    }
    best.1
}

/// A member of a list without its parameters, and its weight: 1 without one, and 0 for one that
/// is malformed.
pub(crate) fn weighted(member: &[u8]) -> (&[u8], Weight) {
    let mut parts = member.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|parameter| match parameter {
        [b'q' | b'Q', b'=', value @ ..] => Some(value),
        _ => None,
    });
    (name, weight.map_or(MOST, |value| parse_weight(value).unwrap_or(0)))
}

/// A `qvalue` (section 12.4.2): 0 to 1 with at most three decimals.
fn parse_weight(value: &[u8]) -> Option<Weight> {
    let (whole, decimals) = match value {
        [whole] | [whole, b'.'] => (whole, &[][..]),
        [whole, b'.', decimals @ ..] if decimals.len() <= 3 => (whole, decimals),
        _ => return None,
    };
    let mut weight = match whole {
        b'0' => 0,
        b'1' => MOST,
        _ => return None,
    };
    let mut unit = MOST;
    for digit in decimals {
        unit /= 10;
        weight += Weight::try_from(char::from(*digit).to_digit(10)?).ok()? * unit;
    }
    (weight <= MOST).then_some(weight)
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;
    use crate::http::{Connection, File, Response, Status};
    use crate::time::Instant;

    /// Asks with these header lines.
    fn with<T>(headers: &str, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let now = Instant::from_micros(0);
        let mut connection = Connection::<()>::new();
        connection.open(now);
        let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        assert_eq!(connection.receive(text.as_bytes(), now), text.len());
        ask(&connection.request().unwrap())
    }

    #[test]
    fn weights() {
        for (value, weight) in [
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.123", Some(123)),
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("1.001", None),
            ("0.1234", None),
            ("2", None),
            (".5", None),
            ("", None),
            ("-1", None),
            ("0.x", None),
        ] {
            assert_eq!(parse_weight(value.as_bytes()), weight, "{value}");
        }
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (accept, takes) in [
            ("", false),
            ("Accept-Encoding: gzip, deflate\r\n", true),
            ("Accept-Encoding: deflate\r\nAccept-Encoding: X-GZIP\r\n", true),
            ("Accept-Encoding: br;q=1.0, gzip;q=0.8, *;q=0.1\r\n", true),
            ("Accept-Encoding: *\r\n", true),
            ("Accept-Encoding: gzip;q=0, *\r\n", false),
            ("Accept-Encoding: gzip; q=0.000\r\n", false),
            ("Accept-Encoding: gzip;q=0.5, identity\r\n", false),
            ("Accept-Encoding: identity;q=0.5, gzip;q=0.5\r\n", true),
            ("Accept-Encoding: gzip;q=yes\r\n", false),
            ("Accept-Encoding: gzipped\r\n", false),
            ("Accept-Encoding:\r\n", false),
        ] {
            assert_eq!(with(accept, takes_gzip), takes, "{accept}");
        }
    }

    #[test]
    fn errors_are_told_as_asked() {
        for (accept, format) in [
            ("", Format::Html),
            ("Accept: */*\r\n", Format::Html),
            ("Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n", Format::Html),
            ("Accept: application/json\r\n", Format::Json),
            ("Accept: application/problem+json, */*;q=0.1\r\n", Format::Json),
            ("Accept: text/html;q=0.5, application/*;q=0.7\r\n", Format::Json),
            ("Accept: application/json;q=0.5\r\nAccept: TEXT/HTML;q=0.6\r\n", Format::Html),
            ("Accept: */*, text/html;q=0\r\n", Format::Json),
            ("Accept: */*;q=0.9, application/json;q=0.8\r\n", Format::Html),
            ("Accept: image/*\r\n", Format::Text),
            ("Accept: text/html;q=0\r\n", Format::Text),
        ] {
            assert_eq!(with(accept, error_format), format, "{accept}");
        }
    }

    #[test]
    fn another_version_is_not_sent_to_who_wants_one() {
        let tag = File::new("text/plain", b"foobar").tag(false);
        for (header, wanted) in [
            ("", true),
            ("If-Match: *\r\n", true),
            ("If-Match: \"x\", \"85944171f73967e8\"\r\n", true),
            ("If-Match: \"x\"\r\nIf-Match: \"85944171f73967e8\"\r\n", true),
            ("If-Match: \"x\"\r\n", false),
            ("If-Match: W/\"85944171f73967e8\"\r\n", false),
            ("If-Match: \"85944171f73967e8-gz\"\r\n", false),
        ] {
            assert_eq!(with(header, |request| is_wanted(request, tag)), wanted, "{header}");
        }
        static FILE: File = File::new("text/plain", b"foobar");
        let status =
            |headers| with(headers, |request| Response::<()>::file(&FILE).negotiated(request).status);
        assert_eq!(status("If-Match: \"x\"\r\nIf-None-Match: *\r\n"), Status::PreconditionFailed);
        assert_eq!(status("If-Match: *\r\nIf-None-Match: *\r\n"), Status::NotModified);
        assert_eq!(status("If-Match: *\r\n"), Status::Ok);
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let tag = File::new("text/plain", b"foobar").tag(false);
        for (header, known) in [
            ("", false),
            ("If-None-Match: *\r\n", true),
            ("If-None-Match: \"85944171f73967e8\"\r\n", true),
            ("If-None-Match: \"x\", W/\"85944171f73967e8\"\r\n", true),
            ("If-None-Match: \"85944171f73967e8-gz\"\r\n", false),
            ("If-None-Match: 85944171f73967e8\r\n", false),
        ] {
            assert_eq!(with(header, |request| is_known(request, tag)), known, "{header}");
        }
    }
}

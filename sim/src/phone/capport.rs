//! The captive portal API of RFC 8908, as phones ask it: over HTTPS only.
//!
//! Not modelled: a redirect of the API, and its venue page.

use std::time::Duration;

use url::{Position, Url};
use vestibule_core::Instant;

use super::exchange::Link;
use super::fetch::{Fetch, FetchOutcome, HttpClient, Reads};
use super::judge::failure::Failure;
use super::lookup::Resolver;
use super::wire::Wire;

/// Longest answer that is read, in characters.
const LONGEST: u64 = 4096;

static RESOLVER: Resolver = Resolver {
    retry_delays: &[Duration::from_secs(5)],
    timeout: Some(Duration::from_secs(10)),
    service_first: false,
    ..Resolver::ONE_LOOKUP
};
static CLIENT: HttpClient = HttpClient {
    resolver: &RESOLVER,
    connect_timeout: Some(Duration::from_secs(10)),
    idle_timeout: Some(Duration::from_secs(10)),
    reads: Reads::Everything { at_most: LONGEST * 4 },
    ..HttpClient::TOLERANT
};

/// What an API answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The owner has to visit this page.
    Captive(String),
    /// The internet is there.
    NotCaptive,
    /// Nothing that can be used.
    Useless,
}

/// The URL that phones ask, if the announced one is such.
pub(super) fn usable(announced: &str) -> Option<Url> {
    Url::parse(announced).ok().filter(|url| url.scheme() == "https" && url.has_host())
}

/// Begins to ask.
pub(super) fn ask(wire: &mut Wire, link: Link, url: &Url, now: Instant) -> Result<Fetch, Failure> {
    Fetch::start(wire, link, url, request(url), &CLIENT, false, now)
}

/// As RFC 8908 section 6 has it. What each system sends beside it was not read, and nobody can see it.
fn request(url: &Url) -> Vec<u8> {
    let (host, path) =
        (&url[Position::BeforeHost..Position::AfterPort], &url[Position::BeforePath..Position::AfterQuery]);
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/captive+json\r\n\r\n").into_bytes()
}

/// Whether the reply is in UTF-8, as far as its type says.
pub(super) fn is_utf8(outcome: &FetchOutcome) -> bool {
    let content_type = outcome.as_ref().ok().and_then(|reply| reply.header("content-type"));
    let mut parameters = content_type.unwrap_or_default().split(';').skip(1).map(str::trim);
    let charset = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"'))
    });
    charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
}

/// Parses the answer.
pub(super) fn parse(outcome: &FetchOutcome) -> Answer {
    let text = outcome.as_ref().ok().filter(|reply| reply.status == 200);
    let text = text.and_then(|reply| std::str::from_utf8(&reply.body).ok());
    let text = text.filter(|text| text.chars().count() as u64 <= LONGEST);
    let answer = text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let field = |name| answer.as_ref().and_then(|answer| answer.get(name));
    match (
        field("captive").and_then(|is| is.as_bool()),
        field("user-portal-url").and_then(|url| url.as_str()),
    ) {
        (Some(true), Some(url)) => Answer::Captive(url.to_owned()),
        (Some(false), _) => Answer::NotCaptive,
        _ => Answer::Useless,
    }
}

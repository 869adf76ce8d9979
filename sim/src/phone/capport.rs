//! The captive portal API of RFC 8908, as phones ask it: over HTTPS only.
//!
//! Not modelled: a redirect of the API, and its venue page.

use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::Link;
use super::fetch::{Fetch, Manner, Outcome, Reads};
use super::judge::Failure;
use super::lookup::Plan;
use super::wire::Wire;

/// Longest answer that is read, in characters.
const LONGEST: u64 = 4096;

static PLAN: Plan =
    Plan { repeats: &[Duration::from_secs(5)], give_up: Some(Duration::from_secs(10)), service_first: false };
static MANNER: Manner = Manner {
    lookup: &PLAN,
    connect: Some(Duration::from_secs(10)),
    silence: Some(Duration::from_secs(10)),
    reads: Reads::Everything { at_most: LONGEST * 4 },
};

/// What an API says.
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

/// Begins to ask. TLS is not spoken, so the request is never seen.
pub(super) fn ask(wire: &mut Wire, link: Link, url: &Url, now: Instant) -> Result<Fetch, Failure> {
    Fetch::start(wire, link, url, Vec::new(), &MANNER, false, now)
}

/// Reads what came.
pub(super) fn read(outcome: &Outcome) -> Answer {
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

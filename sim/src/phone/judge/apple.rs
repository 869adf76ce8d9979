//! What a reply to Apple's `hotspot-detect.html` means, on iOS, iPadOS and macOS alike.

use scraper::{Html, Selector};

use super::android::is_absolute;
use super::{Failure, Judgement, Reply, Verdict};
use crate::phone::rule::{Grade, Rule};

/// Longest body that is read; a longer one is a portal's.
pub const LONGEST_BODY: u64 = 131_072;

/// Most redirects that the probe follows.
pub const MOST_REDIRECTS: u8 = 6;

const SUPPORT: &str = "CaptiveNetworkSupport.bundle v480, decompiled";

/// The one success.
pub static SUCCESS: Rule = Rule {
    id: "apple.probe.success",
    says: "a <title> whose first text is exactly \"Success\" means online, whatever the status",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// Success, but elsewhere.
pub static WHITELIST: Rule = Rule {
    id: "apple.probe.whitelist",
    says: "\"Success\" after redirects counts only if the last Location is the original URL; otherwise the \
           probe's host was let through on purpose: not captive",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// A page.
pub static PAGE: Rule = Rule {
    id: "apple.probe.page",
    says: "200 or 511 without the title is a portal's, an empty 200 included",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// An XML document for hotspot clients.
pub static WISPR: Rule = Rule {
    id: "apple.probe.wispr",
    says: "a body with WISPAccessGatewayParam, in a comment too, is a portal's; that its sheet is the usual \
           one is not verified",
    source: SUPPORT,
    grade: Grade::E,
};
/// A redirect on the way.
pub static FOLLOWS: Rule = Rule {
    id: "apple.probe.follows",
    says: "300 to 303 and 307 with an absolute Location are followed, HTTP/1.0 and the same headers, at \
           most six times",
    source: "CaptiveNetworkSupport.bundle v480, decompiled; macOS 11 log against pico-examples access_point",
    grade: Grade::AMinus,
};
/// Too many redirects.
pub static TOO_MANY: Rule = Rule {
    id: "apple.probe.too-many-redirects",
    says: "a seventh redirect is not followed: captive",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// A redirect to nowhere.
pub static UNFOLLOWABLE: Rule = Rule {
    id: "apple.probe.unfollowable",
    says: "a redirect with a missing, relative or invalid Location cannot be followed: captive",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// 304, 306, 308.
pub static ODD_REDIRECT: Rule = Rule {
    id: "apple.probe.odd-redirect",
    says: "304, 306 and 308 count as redirects that cannot be followed: captive",
    source: "unverified",
    grade: Grade::E,
};
/// 305 and 407.
pub static PROXY: Rule = Rule {
    id: "apple.probe.proxy",
    says: "305 and 407 come from a web proxy: not captive",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// 204, 404, 503 ... at once.
pub static UNKNOWN_STATE: Rule = Rule {
    id: "apple.probe.unknown-state",
    says: "any other first status, 204, 404 and 5xx included, is an unknown state, assumed not captive",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// 204, 404, 503 ... behind a redirect.
pub static AFTER_REDIRECT: Rule = Rule {
    id: "apple.probe.after-redirect",
    says: "any status without the title at the end of redirects is a portal's",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// Too long.
pub static LONG_BODY: Rule = Rule {
    id: "apple.probe.long-body",
    says: "a body of more than 131072 bytes is a portal's",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// TLS behind a redirect.
pub static TLS: Rule = Rule {
    id: "apple.probe.tls",
    says: "a certificate that fails, or a TLS connection cut off, behind a redirect is a portal's",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// Refused.
pub static REFUSED: Rule = Rule {
    id: "apple.probe.refused",
    says: "a refused connection is not tried again: assuming online",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// Refused behind a redirect.
pub static REFUSED_LATER: Rule = Rule {
    id: "apple.probe.refused-later",
    says: "a connection refused behind a redirect counts like one refused at once: assuming online",
    source: "unverified",
    grade: Grade::E,
};
/// Timeout.
pub static TIMEOUT: Rule = Rule {
    id: "apple.probe.timeout",
    says: "no result within 40 s: assuming online",
    source: SUPPORT,
    grade: Grade::AMinus,
};
/// Retries spent.
pub static RETRIES_SPENT: Rule = Rule {
    id: "apple.probe.retries-spent",
    says: "after the last of ten retries of a lost connection or a failed lookup: assuming online",
    source: "unverified: the retries are known, what follows them is not",
    grade: Grade::E,
};
/// Not HTTP.
pub static NOT_HTTP: Rule = Rule {
    id: "apple.probe.not-http",
    says: "a reply that is not HTTP: assuming online",
    source: "unverified",
    grade: Grade::E,
};

pub(in crate::phone) static RULES: &[&Rule] = &[
    &SUCCESS,
    &WHITELIST,
    &PAGE,
    &WISPR,
    &FOLLOWS,
    &TOO_MANY,
    &UNFOLLOWABLE,
    &ODD_REDIRECT,
    &PROXY,
    &UNKNOWN_STATE,
    &AFTER_REDIRECT,
    &LONG_BODY,
    &TLS,
    &REFUSED,
    &REFUSED_LATER,
    &TIMEOUT,
    &RETRIES_SPENT,
    &NOT_HTTP,
];

/// How the probe came to the page that it is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    original: String,
    redirects: u8,
    location: Option<String>,
}

impl Trail {
    /// A probe of `url` that has not been redirected.
    pub fn new(url: &str) -> Self {
        Self { original: url.to_owned(), redirects: 0, location: None }
    }

    /// Notes a redirect that is followed.
    pub fn follow(&mut self, location: &str) {
        self.redirects = self.redirects.saturating_add(1);
        self.location = Some(location.to_owned());
    }

    /// The last Location that was followed.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The URL of a portal found at the end of this trail: where it redirected to, else the
    /// probe's own.
    fn portal(&self, rule: &'static Rule) -> Judgement {
        let url = self.location.as_ref().unwrap_or(&self.original).clone();
        Judgement::new(Verdict::Portal { url }, rule)
    }
}

/// What the probe does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It asks this URL.
    Follow {
        /// An absolute URL.
        location: String,
    },
    /// It is done.
    Concluded(Judgement),
}

/// What the outcome of one request means to a probe that came along `trail`.
///
/// Failures are judged as final: retries are the caller's business.
pub fn step(trail: &Trail, outcome: &Result<Reply, Failure>) -> Step {
    let judgement = match outcome {
        Ok(reply) => {
            if let Some(location) = followed(trail, reply) {
                return Step::Follow { location };
            }
            judge_page(trail, reply)
        }
        Err(Failure::Untrusted) => trail.portal(&TLS),
        Err(Failure::Refused) if trail.redirects > 0 => Judgement::new(Verdict::Inconclusive, &REFUSED_LATER),
        Err(Failure::Refused) => Judgement::new(Verdict::Inconclusive, &REFUSED),
        Err(Failure::Timeout) => Judgement::new(Verdict::Inconclusive, &TIMEOUT),
        Err(Failure::NotHttp) => Judgement::new(Verdict::Inconclusive, &NOT_HTTP),
        Err(Failure::NameUnresolved | Failure::Lost | Failure::Unreachable | Failure::PrivateAddress) => {
            Judgement::new(Verdict::Inconclusive, &RETRIES_SPENT)
        }
    };
    Step::Concluded(judgement)
}

/// The URL that the probe goes on to, if this reply sends it on.
fn followed(trail: &Trail, reply: &Reply) -> Option<String> {
    let is_redirect = matches!(reply.status, 300..=303 | 307);
    let is_decided = reply.body_bytes > LONGEST_BODY || has_success_title(&reply.body);
    if !is_redirect || is_decided || trail.redirects >= MOST_REDIRECTS {
        return None;
    }
    reply.header("location").filter(|location| is_absolute(location)).map(str::to_owned)
}

fn judge_page(trail: &Trail, reply: &Reply) -> Judgement {
    let is_first = trail.redirects == 0;
    if has_success_title(&reply.body) {
        return if is_first || trail.location.as_ref() == Some(&trail.original) {
            Judgement::new(Verdict::Online, &SUCCESS)
        } else {
            Judgement::new(Verdict::NotCaptive, &WHITELIST)
        };
    }
    if reply.body_bytes > LONGEST_BODY {
        return trail.portal(&LONG_BODY);
    }
    match reply.status {
        200 if mentions_wispr(&reply.body) => trail.portal(&WISPR),
        200 | 511 => trail.portal(&PAGE),
        300..=303 | 307 if reply.header("location").is_some_and(is_absolute) => trail.portal(&TOO_MANY),
        300..=303 | 307 => trail.portal(&UNFOLLOWABLE),
        305 | 407 => Judgement::new(Verdict::NotCaptive, &PROXY),
        304 | 306 | 308..=399 => trail.portal(&ODD_REDIRECT),
        _ if is_first => Judgement::new(Verdict::NotCaptive, &UNKNOWN_STATE),
        _ => trail.portal(&AFTER_REDIRECT),
    }
}

/// Whether the first text in the first `<title>` is exactly `Success`.
fn has_success_title(body: &[u8]) -> bool {
    let Ok(title) = Selector::parse("title") else { return false };
    let page = Html::parse_document(&String::from_utf8_lossy(body));
    page.select(&title)
        .next()
        .and_then(|title| title.children().next())
        .and_then(|child| child.value().as_text().map(|text| &**text == "Success"))
        .unwrap_or(false)
}

fn mentions_wispr(body: &[u8]) -> bool {
    let mark = b"<WISPAccessGatewayParam";
    body.windows(mark.len()).any(|window| window == mark)
}

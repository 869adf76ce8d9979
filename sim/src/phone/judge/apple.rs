//! What a reply to Apple's `hotspot-detect.html` means, on iOS, iPadOS and macOS alike.

use super::case::{self, Case, PortalPage, ProbeStep, Then, Trail, When};
use super::failure::Failure;
use crate::phone::reply::Reply;
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

const CAPTIVE: Then = Then::Portal(PortalPage::LastRedirect);

/// Statuses whose Location is followed.
const REDIRECTS: &[u16] = &[300, 301, 302, 303, 307];

/// The table by which every generation judges its probe.
pub static CASES: &[Case] = &[
    Case { when: &[When::Failed(&[Failure::Untrusted])], then: CAPTIVE, rule: &TLS },
    Case {
        when: &[When::Failed(&[Failure::Refused]), When::Behind],
        then: Then::Inconclusive,
        rule: &REFUSED_LATER,
    },
    Case { when: &[When::Failed(&[Failure::Refused])], then: Then::Inconclusive, rule: &REFUSED },
    Case { when: &[When::Failed(&[Failure::Timeout])], then: Then::Inconclusive, rule: &TIMEOUT },
    Case { when: &[When::Failed(&[Failure::NotHttp])], then: Then::Inconclusive, rule: &NOT_HTTP },
    Case { when: &[When::NoReply], then: Then::Inconclusive, rule: &RETRIES_SPENT },
    Case { when: &[When::Title("Success"), When::First], then: Then::Online, rule: &SUCCESS },
    Case { when: &[When::Title("Success"), When::BackAtOriginal], then: Then::Online, rule: &SUCCESS },
    Case { when: &[When::Title("Success")], then: Then::NotCaptive, rule: &WHITELIST },
    Case { when: &[When::Bytes(LONGEST_BODY + 1, u64::MAX)], then: CAPTIVE, rule: &LONG_BODY },
    Case {
        when: &[When::StatusIn(REDIRECTS), When::Absolute, When::RedirectsBelow(MOST_REDIRECTS)],
        then: Then::Follow,
        rule: &FOLLOWS,
    },
    Case {
        when: &[When::Status(200, 200), When::BodyHas("<WISPAccessGatewayParam")],
        then: CAPTIVE,
        rule: &WISPR,
    },
    Case { when: &[When::StatusIn(&[200, 511])], then: CAPTIVE, rule: &PAGE },
    Case { when: &[When::StatusIn(REDIRECTS), When::Absolute], then: CAPTIVE, rule: &TOO_MANY },
    Case { when: &[When::StatusIn(REDIRECTS)], then: CAPTIVE, rule: &UNFOLLOWABLE },
    Case { when: &[When::StatusIn(&[305, 407])], then: Then::NotCaptive, rule: &PROXY },
    Case { when: &[When::Status(300, 399)], then: CAPTIVE, rule: &ODD_REDIRECT },
    Case { when: &[When::First], then: Then::NotCaptive, rule: &UNKNOWN_STATE },
    Case { when: &[], then: CAPTIVE, rule: &AFTER_REDIRECT },
];

/// What the outcome of one request means to a probe that came along `trail`.
///
/// A failure counts as final here: retries are left to the caller.
pub fn judge_step(trail: &Trail, outcome: &Result<Reply, Failure>) -> ProbeStep {
    case::probe_step(CASES, trail, outcome)
}

//! What a reply to Android's `generate_204` means, from version 5 on.

use std::fmt;

use super::case::{Case, PortalPage, Then, Trail, When, decide};
use super::failure::Failure;
use crate::phone::reply::Reply;
use crate::phone::rule::{Grade, Rule};

const NETWORK_MONITOR: &str = "AOSP NetworkStack @7b3843d6, NetworkMonitor.java, sendHttpProbe (L2662-2750)";

/// The one success.
pub static SUCCESS: Rule = Rule {
    id: "android.probe.204",
    says: "204 is the internet's answer, HTTP/1.0 or not",
    source: NETWORK_MONITOR,
    grade: Grade::A,
};
/// The one portal.
pub static PORTAL: Rule = Rule {
    id: "android.probe.portal",
    says: "any status from 200 to 399 other than 204 is a portal's",
    source: NETWORK_MONITOR,
    grade: Grade::A,
};
/// From 10 on.
pub static SHORT_BODY: Rule = Rule {
    id: "android.probe.short-body",
    says: "200 with a Content-Length of 0 to 4, or below -1, is a failure: nobody signs in on an empty page",
    source: NETWORK_MONITOR,
    grade: Grade::A,
};
/// From 10 on.
pub static NO_BODY: Rule = Rule {
    id: "android.probe.no-body",
    says: "200 without Content-Length and without a byte of body is a failure",
    source: NETWORK_MONITOR,
    grade: Grade::A,
};
/// From 8 on.
pub static BROKEN_BODY: Rule = Rule {
    id: "android.probe.broken-body",
    says: "an error while the first body byte of a 200 is awaited, bytes that are no gzip included, leaves the 200 a \
           portal's",
    source: "GrapheneOS platform_packages_modules_NetworkStack @014a65e0, NetworkMonitor.java, sendHttpProbe; \
             AOSP's code of 8.1 and 9, run over Android's own HTTP engine",
    grade: Grade::A,
};
/// 5 to 7.1.1.
pub static LENGTH_0_IS_SUCCESS: Rule = Rule {
    id: "android.probe.length-0-is-success",
    says: "up to 9 a 200 with a Content-Length of 0 counts as 204; up to 7.1.1 an empty body without a length does \
           not",
    source: "CyanogenMod NetworkMonitor.java @180f519f; wjfsanhe/AndroidM_SF @1da01eea; \
             cleverior/griffinproject @f461302f; run over Android's own HTTP engine of 5, 6, 7.0 and 7.1.1",
    grade: Grade::A,
};
/// 7.1.2 to 9.
pub static EMPTY_IS_SUCCESS: Rule = Rule {
    id: "android.probe.empty-is-success",
    says: "an empty 200, with a Content-Length of 0 or without one, counts as 204 from 7.1.2 to 9",
    source: "Wei-Jess/Flyme6-devices-dior-nougat-7.1 @78547d8f; xiang123456778/Framwork8.1 @564fb59e, run over \
             Android's own HTTP engine of 8.1 and 9",
    grade: Grade::A,
};
/// 8 and 9.
pub static NEGATIVE_BEFORE_10: Rule = Rule {
    id: "android.probe.negative-length-before-10",
    says: "up to 9 a 200 whose Content-Length is below -1 is a portal's",
    source: "AOSP's code of 5.1 to 9, run over Android's own HTTP engine",
    grade: Grade::A,
};
/// 5 and 6.
pub static PORTAL_BEFORE_7: Rule = Rule {
    id: "android.probe.portal-before-7",
    says: "any status from 200 to 399 other than 204 is a portal's, but for a 200 with a Content-Length of 0",
    source: "CyanogenMod NetworkMonitor.java @180f519f; wjfsanhe/AndroidM_SF @1da01eea",
    grade: Grade::A,
};
/// Up to 9.
pub static TINY_BEFORE_10: Rule = Rule {
    id: "android.probe.tiny-before-10",
    says: "a 200 with a Content-Length of 1 to 4 is a portal's up to 9",
    source: "AOSP's code of 5.1 to 9, run over Android's own HTTP engine",
    grade: Grade::A,
};
/// Everything else that is a reply.
pub static OTHER_STATUS: Rule = Rule {
    id: "android.probe.other-status",
    says: "a status below 200 or from 400 on, 511 included, is a failure",
    source: NETWORK_MONITOR,
    grade: Grade::A,
};
/// No address.
pub static NO_ADDRESS: Rule = Rule {
    id: "android.probe.no-address",
    says: "a DNS error, an answer without address, or none in time is a failure",
    source: "AOSP NetworkStack @7b3843d6, util/DnsUtils.java; netd DnsResolver @4c1dc2f1, res_send.cpp",
    grade: Grade::A,
};
/// No reply.
pub static NO_REPLY: Rule = Rule {
    id: "android.probe.no-reply",
    says: "an I/O error (refused, reset, 10 s without a connection or a byte, no HTTP, bad TLS) is a failure",
    source: NETWORK_MONITOR,
    grade: Grade::A,
};
/// An option, off by default.
pub static PRIVATE_ADDRESS: Rule = Rule {
    id: "android.probe.private-address",
    says: "where the maker switched it on, a link-local or private address of the HTTP probe's host means \
           no internet and no sign-in",
    source: "AOSP NetworkStack @7b3843d6, NetworkMonitor.java L2598, L3203; off by default (L2022)",
    grade: Grade::A,
};
/// Samsung's watchdog, as reports have it.
pub static PRIVATE_ADDRESS_WATCHDOG: Rule = Rule {
    id: "samsung.watchdog.private-fails",
    says: "a private address of the probe's host ends the watchdog's check without a sign-in",
    source: "reports: esp8266/Arduino#5529, #6173; arduino-esp32#1037; the code was not read so far",
    grade: Grade::D,
};
/// Login URL up to 10.
pub static LOGIN_PROBE_URL: Rule = Rule {
    id: "android.login.probe-url",
    says: "up to 10 the sign-in page is the probe's own URL",
    source: "AOSP NetworkMonitor.java, useRedirectUrlForPortal; LineageOS CaptivePortalLogin lineage-18.1",
    grade: Grade::A,
};
/// Login URL from 11.
pub static LOGIN_LOCATION: Rule = Rule {
    id: "android.login.location",
    says: "from 11 on the sign-in page is the URL in Location, of http, https, ftp or file, whatever its port",
    source: "AOSP NetworkMonitor.java, CMD_LAUNCH_CAPTIVE_PORTAL_APP and makeURL; NetworkStack @83ea07ed9 run over \
             Android's own HTTP engine",
    grade: Grade::A,
};
/// Login URL from 11 when there is no usable Location.
pub static LOGIN_NO_LOCATION: Rule = Rule {
    id: "android.login.no-location",
    says: "from 11 on, without a Location that is an absolute URL, the sign-in page is the probe's own URL",
    source: "AOSP NetworkMonitor.java, CMD_LAUNCH_CAPTIVE_PORTAL_APP and makeURL",
    grade: Grade::A,
};

/// 5 and 6, and 7.0 and 7.1.1, which have no rule about private addresses.
const fn before_8(portal: &'static Rule) -> [Case; 8] {
    [
        Case { when: &[When::Failed(&[Failure::NameUnresolved])], then: Then::NoInternet, rule: &NO_ADDRESS },
        Case {
            when: &[When::Failed(&[Failure::PrivateAddress])],
            then: Then::NoInternet,
            rule: &PRIVATE_ADDRESS_WATCHDOG,
        },
        Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
        Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &SUCCESS },
        Case {
            when: &[When::Status(200, 200), When::Length(0, 0)],
            then: Then::Online,
            rule: &LENGTH_0_IS_SUCCESS,
        },
        Case {
            when: &[When::Status(200, 200), When::Length(1, 4)],
            then: Then::Portal(PortalPage::Probe),
            rule: &TINY_BEFORE_10,
        },
        Case { when: &[When::Status(200, 399)], then: Then::Portal(PortalPage::Probe), rule: portal },
        Case { when: &[], then: Then::NoInternet, rule: &OTHER_STATUS },
    ]
}

static CASES_BEFORE_7: [Case; 8] = before_8(&PORTAL_BEFORE_7);
static CASES_7: [Case; 8] = before_8(&PORTAL);

static CASES_7_1_2_TO_9: &[Case] = &[
    Case { when: &[When::Failed(&[Failure::NameUnresolved])], then: Then::NoInternet, rule: &NO_ADDRESS },
    Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
    Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &SUCCESS },
    Case { when: &[When::Status(200, 200), When::Length(0, 0)], then: Then::Online, rule: &EMPTY_IS_SUCCESS },
    Case {
        when: &[When::Status(200, 200), When::Length(1, 4)],
        then: Then::Portal(PortalPage::Probe),
        rule: &TINY_BEFORE_10,
    },
    Case {
        when: &[When::Status(200, 200), When::NegativeLength],
        then: Then::Portal(PortalPage::Probe),
        rule: &NEGATIVE_BEFORE_10,
    },
    Case {
        when: &[When::Status(200, 200), When::NoLength, When::Bytes(0, 0), When::Complete],
        then: Then::Online,
        rule: &EMPTY_IS_SUCCESS,
    },
    Case {
        when: &[When::Status(200, 200), When::NoLength, When::Bytes(0, 0)],
        then: Then::Portal(PortalPage::Probe),
        rule: &BROKEN_BODY,
    },
    Case { when: &[When::Status(200, 399)], then: Then::Portal(PortalPage::Probe), rule: &PORTAL },
    Case { when: &[], then: Then::NoInternet, rule: &OTHER_STATUS },
];

const fn from_10(page: PortalPage) -> [Case; 10] {
    let portal = Then::Portal(page);
    [
        Case { when: &[When::Failed(&[Failure::NameUnresolved])], then: Then::NoInternet, rule: &NO_ADDRESS },
        Case {
            when: &[When::Failed(&[Failure::PrivateAddress])],
            then: Then::NoInternet,
            rule: &PRIVATE_ADDRESS,
        },
        Case { when: &[When::NoReply], then: Then::NoInternet, rule: &NO_REPLY },
        Case { when: &[When::Status(204, 204)], then: Then::Online, rule: &SUCCESS },
        Case {
            when: &[When::Status(200, 200), When::Length(0, 4)],
            then: Then::NoInternet,
            rule: &SHORT_BODY,
        },
        Case {
            when: &[When::Status(200, 200), When::NegativeLength],
            then: Then::NoInternet,
            rule: &SHORT_BODY,
        },
        Case {
            when: &[When::Status(200, 200), When::NoLength, When::Bytes(0, 0), When::Complete],
            then: Then::NoInternet,
            rule: &NO_BODY,
        },
        Case {
            when: &[When::Status(200, 200), When::NoLength, When::Bytes(0, 0)],
            then: portal,
            rule: &BROKEN_BODY,
        },
        Case { when: &[When::Status(200, 399)], then: portal, rule: &PORTAL },
        Case { when: &[], then: Then::NoInternet, rule: &OTHER_STATUS },
    ]
}

static CASES_10: [Case; 10] = from_10(PortalPage::Probe);
static CASES_FROM_11: [Case; 10] = from_10(PortalPage::Location);

/// The first that takes an empty body without a length for a success.
const FIRST_WITH_EMPTY_BODIES: Release = Release::patched(7, 1, 2);

/// The table by which a release judges a probe.
pub fn cases(release: Release) -> &'static [Case] {
    if !release.is_at_least(7) {
        &CASES_BEFORE_7
    } else if release < FIRST_WITH_EMPTY_BODIES {
        &CASES_7
    } else if !release.is_at_least(10) {
        CASES_7_1_2_TO_9
    } else if !release.is_at_least(11) {
        &CASES_10
    } else {
        &CASES_FROM_11
    }
}

/// A version of Android.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    major: u8,
    minor: u8,
    patch: u8,
}

impl Release {
    /// Android `major.minor`.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self::patched(major, minor, 0)
    }

    /// Android `major.minor.patch`.
    pub const fn patched(major: u8, minor: u8, patch: u8) -> Self {
        Self { major, minor, patch }
    }

    /// Whether this is Android `major` or later.
    pub const fn is_at_least(self, major: u8) -> bool {
        self.major >= major
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, patch } = self;
        match (minor, patch) {
            (0, 0) => write!(f, "{major}"),
            (_, 0) => write!(f, "{major}.{minor}"),
            _ => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

/// What one probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A 204, or what counts as one.
    Success,
    /// A portal.
    Portal {
        /// What its `Location` said, usable or not.
        location: Option<String>,
    },
    /// Neither.
    Failed,
}

/// What one probe found, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// What.
    pub found: Found,
    /// Why.
    pub rule: &'static Rule,
}

/// What the outcome of one probe means to `release`.
pub fn probe(release: Release, outcome: &Result<Reply, Failure>) -> Probed {
    let Some(case) = decide(cases(release), &Trail::new(""), outcome) else {
        return Probed { found: Found::Failed, rule: &OTHER_STATUS };
    };
    let location = || outcome.as_ref().ok().and_then(|reply| reply.header("location")).map(str::to_owned);
    let found = match case.then {
        Then::Online => Found::Success,
        Then::Portal(_) => Found::Portal { location: location() },
        _ => Found::Failed,
    };
    Probed { found, rule: case.rule }
}

/// The sign-in page that `release` opens after the probe of `probe_url` found a portal.
pub fn login_url(release: Release, probe_url: &str, location: Option<&str>) -> (String, &'static Rule) {
    if !release.is_at_least(11) {
        return (probe_url.to_owned(), &LOGIN_PROBE_URL);
    }
    match location.filter(|location| is_known_url(location)) {
        Some(location) => (location.to_owned(), &LOGIN_LOCATION),
        None => (probe_url.to_owned(), &LOGIN_NO_LOCATION),
    }
}

/// Whether `java.net.URL` takes this: it knows the scheme and looks at nothing of the rest but that the port is a
/// number. An empty rest is left out: what becomes of it was not read.
fn is_known_url(location: &str) -> bool {
    let Some((scheme, rest)) = location.split_once(':') else { return false };
    let is_known = ["http", "https", "ftp", "file"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let authority =
        rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let port = authority.and_then(|authority| authority.rsplit(['@', ']']).next()?.rsplit_once(':'));
    let is_number = port.is_none_or(|(_, port)| port.is_empty() || port.parse::<u32>().is_ok());
    is_known && is_number && !rest.trim_matches('/').is_empty()
}

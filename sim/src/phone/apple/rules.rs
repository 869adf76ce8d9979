//! The rules of Apple's check that are about more than one reply: questions, patience, the sheet.

use crate::phone::rule::{Grade, Rule};

const SUPPORT: &str = "CaptiveNetworkSupport.bundle v480, decompiled";

pub(in crate::phone) static REQUEST: Rule = Rule {
    id: "apple.request",
    says: "GET, HTTP/1.0, with Host, Connection: close and User-Agent, in this order",
    source: "recording of an iPhone of 2020; macOS 11 log against pico-examples access_point",
    grade: Grade::C,
};
pub(in crate::phone) static AGENT_IOS_14: Rule = Rule {
    id: "apple.request.agent-14",
    says: "iOS 14 sends CaptiveNetworkSupport-407.40.1, which was seen with macOS 11 of the same generation",
    source: "macOS 11 log against pico-examples access_point",
    grade: Grade::C,
};
pub(in crate::phone) static AGENT_UNVERIFIED: Rule = Rule {
    id: "apple.request.agent-15-to-17",
    says: "iOS 15, 16 and 17 send CaptiveNetworkSupport-428.120.3, -443.120.3 and -461.80.2",
    source: "unverified: the strings are seen in the wild (matomo-org/device-detector#7541), not with which iOS",
    grade: Grade::E,
};
pub(in crate::phone) static AGENT_IOS_18: Rule = Rule {
    id: "apple.request.agent-18",
    says: "iOS 18.3 sends CaptiveNetworkSupport-480.60.4, iOS 18.4 sends -491.100.3",
    source: "matomo-org/device-detector#7541",
    grade: Grade::D,
};
pub(in crate::phone) static QUESTION: Rule = Rule {
    id: "apple.dns",
    says: "a plain A question on a network without IPv6",
    source: "recording of an iPhone of 2020",
    grade: Grade::C,
};
pub(in crate::phone) static SERVICE_QUESTION: Rule = Rule {
    id: "apple.dns.https-first",
    says: "from 17 on an HTTPS (type 65) question goes out just before the A question; its answer changes nothing",
    source: "kapoorankush/litclock (recordings of iOS 26.5.2); that its answer changes nothing is not settled",
    grade: Grade::D,
};
pub(in crate::phone) static QUESTION_REPEATS: Rule = Rule {
    id: "apple.dns.repeats",
    says: "an unanswered question is repeated after 1, 3, 7, 15 and 31 s",
    source: "unverified",
    grade: Grade::E,
};
pub(in crate::phone) static OVERALL: Rule = Rule {
    id: "apple.timeout",
    says: "a probe with all its retries and redirects ends after 40 s",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static RETRIES: Rule = Rule {
    id: "apple.retries",
    says: "a failed lookup, a lost connection and an unreachable host are tried again up to ten times, after \
           0.1, 0.1, 0.1, 0.2 ... 0.8 s",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static SHEET_PROBE_URL: Rule = Rule {
    id: "apple.sheet.probe-url",
    says: "the sheet loads the probe's URL again, as macOS 11 does, the same generation as iOS 14",
    source: "macOS 11 log against pico-examples access_point",
    grade: Grade::C,
};
pub(in crate::phone) static SHEET_REDIRECT_URL: Rule = Rule {
    id: "apple.sheet.redirect-url",
    says: "the sheet loads the URL that the probe was redirected to, else the probe's",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static SHEET_URL_UNVERIFIED: Rule = Rule {
    id: "apple.sheet.url-15-to-17",
    says: "on 15, 16 and 17 the sheet loads the redirect's URL, as on 18",
    source: "unverified: macOS 11 loaded the probe's URL, v480 the redirect's",
    grade: Grade::E,
};
pub(in crate::phone) static SHEET_AGENT: Rule = Rule {
    id: "apple.sheet.user-agent",
    says: "the sheet's user agent has no Version/ and no Safari/ part; the iOS number is put into a string \
           seen with 26_0",
    source: "issues and logs (github 62305269007)",
    grade: Grade::D,
};
pub(in crate::phone) static SHEET_OPENS: Rule = Rule {
    id: "apple.sheet.opens",
    says: "after joining by hand a captive network always opens the sheet by itself",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static SHEET_PROBES: Rule = Rule {
    id: "apple.sheet.probes",
    says: "after each page load the probe is repeated; Success turns Cancel to Done",
    source: "macOS 11 log against pico-examples access_point; recording of iOS 10.3.1 (gmd20.github.io)",
    grade: Grade::C,
};
pub(in crate::phone) static CANCEL: Rule =
    Rule { id: "apple.sheet.cancel", says: "Cancel disassociates", source: SUPPORT, grade: Grade::AMinus };
pub(in crate::phone) static WITHOUT_INTERNET: Rule = Rule {
    id: "apple.sheet.without-internet",
    says: "\"Use Without Internet\" stays and ends the maintenance probes",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static MAINTAIN: Rule = Rule {
    id: "apple.maintain",
    says: "a network that is online is probed every 300 s",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static MAINTAIN_ASSUMED: Rule = Rule {
    id: "apple.maintain.assumed",
    says: "a network that is only assumed to be online is probed every 300 s too",
    source: "unverified",
    grade: Grade::E,
};
pub(in crate::phone) static BECAME_CAPTIVE: Rule = Rule {
    id: "apple.maintain.became-captive",
    says: "a portal found by a maintenance probe does not open the sheet by itself",
    source: "unverified: known only of networks joined again without the owner",
    grade: Grade::E,
};

pub(in crate::phone) static COMMON: &[&Rule] = &[
    &REQUEST,
    &QUESTION,
    &QUESTION_REPEATS,
    &OVERALL,
    &RETRIES,
    &SHEET_AGENT,
    &SHEET_OPENS,
    &SHEET_PROBES,
    &CANCEL,
    &WITHOUT_INTERNET,
    &MAINTAIN,
    &MAINTAIN_ASSUMED,
    &BECAME_CAPTIVE,
];
pub(in crate::phone) static ONLY_14: &[&Rule] = &[&AGENT_IOS_14, &SHEET_PROBE_URL];
pub(in crate::phone) static FROM_15_TO_16: &[&Rule] = &[&AGENT_UNVERIFIED, &SHEET_URL_UNVERIFIED];
pub(in crate::phone) static ONLY_17: &[&Rule] =
    &[&AGENT_UNVERIFIED, &SHEET_URL_UNVERIFIED, &SERVICE_QUESTION];
pub(in crate::phone) static ONLY_18: &[&Rule] = &[&AGENT_IOS_18, &SHEET_REDIRECT_URL, &SERVICE_QUESTION];

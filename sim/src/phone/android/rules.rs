//! The rules of Android's check that are about more than one reply: order, patience, sign-in.

use crate::phone::judge::android as probe;
use crate::phone::rule::{Grade, Rule};

const PARALLEL: &str =
    "AOSP NetworkStack @7b3843d6, NetworkMonitor.java, sendHttpAndHttpsParallelWithFallbackProbes (L3162)";
const MONITOR: &str = "AOSP NetworkStack @7b3843d6, NetworkMonitor.java";

pub(in crate::phone) static REQUEST: Rule = Rule {
    id: "android.request",
    says: "GET with Connection: close, User-Agent, Host and Accept-Encoding: gzip, in this order; redirects \
           are not followed",
    source: "NetworkMonitor.java makeProbeConnection (L2803); order: recording of an Android phone behind a portal",
    grade: Grade::C,
};
pub(in crate::phone) static DNS: Rule = Rule {
    id: "android.dns",
    says: "each probe looks its host up first, three questions 5 s apart, 12.5 s in all",
    source: "AOSP NetworkStack @7b3843d6, util/DnsUtils.java",
    grade: Grade::A,
};
pub(in crate::phone) static FALLBACK_DNS: Rule = Rule {
    id: "android.dns.fallback",
    says: "the lookup of the fallback probe and of the sheet's check is as patient as that of the others",
    source: "unverified: there the HTTP client looks the name up by itself",
    grade: Grade::E,
};
pub(in crate::phone) static PARALLEL_PROBES: Rule = Rule {
    id: "android.parallel",
    says: "an HTTP and an HTTPS probe run side by side; a portal on either, or a 204 over HTTPS, ends the \
           evaluation at once; else they are waited for, 3 s at most, before the fallback",
    source: PARALLEL,
    grade: Grade::A,
};
pub(in crate::phone) static FALLBACK: Rule = Rule {
    id: "android.fallback",
    says: "one fallback probe an evaluation, the first time the first URL, later a random one; it counts \
           only if it finds a portal",
    source: PARALLEL,
    grade: Grade::A,
};
pub(in crate::phone) static HTTPS_SUCCESS: Rule = Rule {
    id: "android.https-success",
    says: "204 over HTTPS validates the network",
    source: PARALLEL,
    grade: Grade::A,
};
pub(in crate::phone) static PARTIAL: Rule = Rule {
    id: "android.partial",
    says: "204 over HTTP while HTTPS fails is partial connectivity",
    source: PARALLEL,
    grade: Grade::A,
};
pub(in crate::phone) static HTTP_ONLY: Rule = Rule {
    id: "android.http-only",
    says: "after the sign-in app finished, 204 over HTTP alone validates the network",
    source: "NetworkMonitor.java, CMD_CAPTIVE_PORTAL_APP_FINISHED",
    grade: Grade::A,
};
pub(in crate::phone) static BACK_OFF: Rule = Rule {
    id: "android.back-off",
    says: "a failed or partial evaluation is repeated after 1 s, then after twice as long each time, 10 min \
           at most",
    source: MONITOR,
    grade: Grade::A,
};
pub(in crate::phone) static RECHECK: Rule = Rule {
    id: "android.recheck",
    says: "a portal is evaluated again every 10 min",
    source: MONITOR,
    grade: Grade::A,
};
pub(in crate::phone) static FORCED: Rule = Rule {
    id: "android.forced",
    says: "a request to evaluate again waits for a running evaluation, and is ignored between evaluations \
           before the fifth attempt",
    source: "NetworkMonitor.java, ProbingState and EvaluatingState",
    grade: Grade::A,
};
pub(in crate::phone) static NOTIFY: Rule = Rule {
    id: "android.notify",
    says: "a portal brings the notification \"Sign in to network\", once; the sheet opens on a tap",
    source: "NetworkMonitor.java, CaptivePortalState",
    grade: Grade::A,
};
pub(in crate::phone) static SHEET_AGENT: Rule = Rule {
    id: "android.sheet.user-agent",
    says: "the sheet's browser is the default WebView, with \"; wv\"; device and Chrome version are placeholders",
    source: "unverified: shape from a log of Android 7.1",
    grade: Grade::E,
};
pub(in crate::phone) static SHEET_REEVALUATES: Rule = Rule {
    id: "android.sheet.reevaluates",
    says: "from 11 on every start and end of a page in the sheet asks for an evaluation; the sheet closes \
           when the network is validated",
    source: "LineageOS CaptivePortalLogin lineage-18.1, CaptivePortalLoginActivity.java",
    grade: Grade::A,
};
pub(in crate::phone) static SHEET_CHECKS: Rule = Rule {
    id: "android.sheet.checks",
    says: "up to 10, 1 s after every start and end of a page the sheet asks the probe URL itself; 204 closes it",
    source: "LineageOS CaptivePortalLogin lineage-18.1, CaptivePortalLoginActivity.java",
    grade: Grade::A,
};
pub(in crate::phone) static SHEET_REQUEST: Rule = Rule {
    id: "android.sheet.request",
    says: "the sheet's check sends User-Agent, Host, Connection: Keep-Alive and Accept-Encoding: gzip",
    source: "CaptivePortalLoginActivity.java; the order is inferred from recordings of Android 7",
    grade: Grade::A,
};
pub(in crate::phone) static AS_IS: Rule = Rule {
    id: "android.as-is",
    says: "\"use this network as is\" counts as validated, and no notification comes any more",
    source: "NetworkMonitor.java, APP_RETURN_WANTED_AS_IS",
    grade: Grade::A,
};
pub(in crate::phone) static UNWANTED: Rule = Rule {
    id: "android.unwanted",
    says: "\"do not use this network\" drops it",
    source: "NetworkMonitor.java, APP_RETURN_UNWANTED",
    grade: Grade::A,
};
pub(in crate::phone) static ASK_TO_STAY: Rule = Rule {
    id: "android.ask-to-stay",
    says: "8 s after the owner chose a network that is not validated, a dialog asks whether to stay",
    source: "AOSP, PROMPT_UNVALIDATED_DELAY_MS",
    grade: Grade::A,
};
pub(in crate::phone) static NO_DIALOG_FOR_PORTALS: Rule = Rule {
    id: "android.ask-to-stay.not-for-portals",
    says: "the dialog does not come where a portal was found",
    source: "unverified",
    grade: Grade::E,
};

pub(in crate::phone) static COMMON: &[&Rule] = &[
    &REQUEST,
    &DNS,
    &FALLBACK_DNS,
    &PARALLEL_PROBES,
    &FALLBACK,
    &HTTPS_SUCCESS,
    &PARTIAL,
    &HTTP_ONLY,
    &BACK_OFF,
    &RECHECK,
    &FORCED,
    &NOTIFY,
    &SHEET_AGENT,
    &AS_IS,
    &UNWANTED,
    &ASK_TO_STAY,
    &NO_DIALOG_FOR_PORTALS,
];
pub(in crate::phone) static ONLY_10: &[&Rule] = &[&probe::LOGIN_PROBE_URL, &SHEET_CHECKS, &SHEET_REQUEST];
pub(in crate::phone) static FROM_11: &[&Rule] =
    &[&probe::LOGIN_LOCATION, &probe::LOGIN_NO_LOCATION, &SHEET_REEVALUATES];

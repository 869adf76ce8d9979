//! The rules of Apple's check that are about more than one reply: questions, timeouts, the sheet.

use crate::phone::rule::{Grade, Rule};

const SUPPORT: &str = "CaptiveNetworkSupport.bundle v480, decompiled";
const SUPPORT_18_AND_26: &str = "CaptiveNetworkSupport.bundle v480 and v514, decompiled";

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
    says: "a captive network opens the sheet by itself, at once, while Wi-Fi settings or a networking app such as \
           Safari is in front",
    source: SUPPORT_18_AND_26,
    grade: Grade::AMinus,
};
pub(in crate::phone) static SHEET_WAITS: Rule = Rule {
    id: "apple.sheet.waits",
    says: "after a join by the camera and a QR code, or an automatic one, the sheet waits until Wi-Fi settings or a \
           networking app comes to the front (145 s until Safari did, seen on iOS 26.6.1); what an automatic join \
           asks besides is not modelled",
    source: "CaptiveNetworkSupport.bundle v514, decompiled; seen: feral-file/ffos-user \
             captive-portal-lab.md, tzapu/WiFiManager#1015",
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

pub(in crate::phone) static ONLINE: Rule = Rule {
    id: "apple.online",
    says: "a network that is online is used, and no sheet opens",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static SHEET_STAYS: Rule = Rule {
    id: "apple.sheet.stays",
    says: "a probe that does not succeed leaves the sheet as it is",
    source: "macOS 11 log against pico-examples access_point; recording of iOS 10.3.1 (gmd20.github.io)",
    grade: Grade::C,
};
pub(in crate::phone) static DONE: Rule = Rule {
    id: "apple.sheet.done",
    says: "Done closes the sheet and stays on the network",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static VPN: Rule = Rule {
    id: "apple.vpn",
    says: "with an always-on VPN of a managed iPhone or iPad, what negotiates with a portal is dropped while the VPN is \
           not up, unless the profile has AllowCaptiveWebSheet: no sheet. A VPN of the owner's own does not matter",
    source: "Apple, \"Routing your VPN network traffic\"; that the check is dropped with the sheet is inferred",
    grade: Grade::B,
};
pub(in crate::phone) static PROXY: Rule = Rule {
    id: "apple.proxy",
    says: "with the proxy of a managed device no sign-in page comes, unless the profile has \
           ProxyCaptiveLoginAllowed; here the check's connections go by a proxy that is not there",
    source: "Apple, payload com.apple.proxy.http.global; how the check fails is inferred",
    grade: Grade::B,
};
pub(in crate::phone) static API: Rule = Rule {
    id: "apple.capport",
    says: "from iOS 14 and macOS 11 on an announced https captive portal API replaces the probe: captive true opens its page, captive false is online",
    source: "CaptiveNetworkSupport.bundle v480, decompiled; developer.apple.com/news/?id=q78sq5rv",
    grade: Grade::AMinus,
};
pub(in crate::phone) static API_USELESS: Rule = Rule {
    id: "apple.capport.useless",
    says: "an API that cannot be asked or makes no sense is an error of its own kind; that the network is then used without a sheet is assumed",
    source: "unverified: the error numbers 10 and 15 are known, what follows is not",
    grade: Grade::E,
};
pub(in crate::phone) static PORT_443_IGNORED: Rule = Rule {
    id: "apple.port-443.ignored",
    says: "whether port 443 is silent or refuses plays no part in the probe",
    source: SUPPORT,
    grade: Grade::AMinus,
};
pub(in crate::phone) static PORT_443_REFUSED: Rule = Rule {
    id: "apple.port-443.refused",
    says: "connections that the device refuses on port 443 suppress the sheet; silence there does not",
    source: "kapoorankush/litclock (recordings of iOS 26.5.2), which contradicts itself later",
    grade: Grade::D,
};
pub(in crate::phone) static PORT_443_HOW: Rule = Rule {
    id: "apple.port-443.how",
    says: "one connection is tried beside the first probe, to a host of its own, and waited for 1 s",
    source: "unverified: which names and how many is not known",
    grade: Grade::E,
};
pub(in crate::phone) static UNFOLLOWABLE_NO_SHEET: Rule = Rule {
    id: "apple.probe.unfollowable.no-sheet",
    says: "a redirect to a relative address without a body brings no sheet, a page does",
    source: "s00500/ESPUI#271, on an iPhone 14",
    grade: Grade::D,
};
pub(in crate::phone) static AGENT_IOS_4: Rule = Rule {
    id: "apple.request.agent-4",
    says: "iOS 4 asks www.apple.com/library/test/success.html as CaptiveNetworkSupport/1.0 wispr, Connection last",
    source: "blog.erratasec.com/2010/09/apples-secret-wispr-request.html",
    grade: Grade::C,
};
pub(in crate::phone) static SHEET_4: Rule = Rule {
    id: "apple.sheet.4",
    says: "the sheet of iOS 4 to 8 loads the probe's URL and behaves as later ones do",
    source: "unverified",
    grade: Grade::E,
};
pub(in crate::phone) static RANDOM_PATH: Rule = Rule {
    id: "apple.request.random-path",
    says: "iOS 7 and 8 ask a path of three random words at one of several hosts",
    source: "esp8266/Arduino#396",
    grade: Grade::D,
};
pub(in crate::phone) static AGENT_IOS_7: Rule = Rule {
    id: "apple.request.agent-7",
    says: "iOS 7 and 8 name themselves as iOS 10 does",
    source: "unverified",
    grade: Grade::E,
};
pub(in crate::phone) static AGENT_IOS_10: Rule = Rule {
    id: "apple.request.agent-10",
    says: "iOS 10.3.1 sends CaptiveNetworkSupport-346.50.1",
    source: "recording of iOS 10.3.1 (gmd20.github.io)",
    grade: Grade::C,
};
pub(in crate::phone) static SHEET_10: Rule = Rule {
    id: "apple.sheet.10",
    says: "on a new network the sheet loads http://www.apple.com/; after that the probe asks /library/test/success.html there",
    source: "recording of iOS 10.3.1 (gmd20.github.io)",
    grade: Grade::C,
};
pub(in crate::phone) static AGENT_2020: Rule = Rule {
    id: "apple.request.agent-2020",
    says: "an iPhone of 2020 sends CaptiveNetworkSupport-390.60.1; that it had iOS 13 is a guess",
    source: "recording of an iPhone of 2020",
    grade: Grade::C,
};
pub(in crate::phone) static SHEET_13: Rule = Rule {
    id: "apple.sheet.13",
    says: "the sheet of iOS 13 loads the probe's URL, as that of macOS 11 does",
    source: "unverified",
    grade: Grade::E,
};
pub(in crate::phone) static AGENT_IOS_26: Rule = Rule {
    id: "apple.request.agent-26",
    says: "iOS 26.5 sends CaptiveNetworkSupport-514.120.2",
    source: "matomo-org/device-detector#7541",
    grade: Grade::D,
};
pub(in crate::phone) static AGENT_IOS_26_6: Rule = Rule {
    id: "apple.request.agent-26.6",
    says: "iOS 26.6 sends CaptiveNetworkSupport-514.160.1.0.1, and its sheet names itself iPhone OS 26_6",
    source: "feral-file/ffos-user, the agents in its tests",
    grade: Grade::D,
};
pub(in crate::phone) static AGENT_MACOS_26: Rule = Rule {
    id: "apple.request.agent-macos-26",
    says: "a macOS 26 sends CaptiveNetworkSupport-514.80.3; which of its versions is not known",
    source: "the strings in the bundles of two versions, compared (ipsw-diffs)",
    grade: Grade::AMinus,
};
pub(in crate::phone) static AGENT_27: Rule = Rule {
    id: "apple.request.agent-27",
    says: "iOS, iPadOS and macOS 27 send CaptiveNetworkSupport-539; earlier builds 538.0.0.0.1",
    source: "the strings in the bundles of two builds, compared (ipsw-diffs, macOS 27 26A428)",
    grade: Grade::AMinus,
};
pub(in crate::phone) static LOGIC_27: Rule = Rule {
    id: "apple.logic-27",
    says: "iOS, iPadOS and macOS 27 (v539) decide and show as v514 does; new is a notification of a network without \
           internet behind it (Use Cellular, Stay on Wi-Fi), which is not modelled",
    source: "unverified: only names of functions and strings were compared",
    grade: Grade::E,
};
pub(in crate::phone) static LOGIC_26: Rule = Rule {
    id: "apple.logic-26",
    says: "v514 (iOS 26; with iPadOS and macOS 26 the same is assumed) decides as v480 does: the same results for \
           the same replies; captiveagent, which sends the probe, was not read",
    source: "CaptiveNetworkSupport.bundle v514, decompiled",
    grade: Grade::AMinus,
};
pub(in crate::phone) static LOGIC_BEFORE_18: Rule = Rule {
    id: "apple.logic-before-18",
    says: "versions before 18 decide as v480 does",
    source: "unverified: only v480 was read; recordings fit",
    grade: Grade::E,
};
pub(in crate::phone) static AGENT_MACOS_11: Rule = Rule {
    id: "apple.request.agent-macos-11",
    says: "macOS 11 sends CaptiveNetworkSupport-407.40.1",
    source: "macOS 11 log against pico-examples access_point",
    grade: Grade::C,
};
pub(in crate::phone) static AGENT_MACOS_15: Rule = Rule {
    id: "apple.request.agent-macos-15",
    says: "macOS 15.3 sends CaptiveNetworkSupport-480.60.4",
    source: "matomo-org/device-detector#7541",
    grade: Grade::D,
};
pub(in crate::phone) static SHEET_MACOS_11: Rule = Rule {
    id: "apple.sheet.macos-11",
    says: "the sheet of macOS 11 loads the probe's URL again",
    source: "macOS 11 log against pico-examples access_point",
    grade: Grade::C,
};
pub(in crate::phone) static IPADOS: Rule = Rule {
    id: "apple.ipados",
    says: "iPadOS decides as iOS does; that its sheet names itself like an iPhone's is assumed",
    source: "unverified: that it shares CaptiveNetworkSupport is known",
    grade: Grade::E,
};

/// Of every generation.
pub(in crate::phone) const COMMON: &[&Rule] =
    &[&REQUEST, &QUESTION, &QUESTION_REPEATS, &OVERALL, &RETRIES, &SHEET_AGENT, &PORT_443_IGNORED];
/// Of the one that minds port 443.
pub(in crate::phone) const MINDS_443: &[&Rule] = &[
    &REQUEST,
    &QUESTION,
    &QUESTION_REPEATS,
    &OVERALL,
    &RETRIES,
    &SHEET_AGENT,
    &PORT_443_REFUSED,
    &PORT_443_HOW,
];
pub(in crate::phone) const WITH_API: &[&Rule] = &[&API, &API_USELESS];

//! The rules of Android's check that are about more than one reply: order, timeouts, sign-in.

use crate::phone::features::HTTPS_FIRST;
use crate::phone::judge::android as login;
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
const RESOLVER: &str =
    "netd DnsResolver @4c1dc2f1, res_send.cpp and res_cache.cpp; libc of lineage-16.0 and before";
const RUN: &str =
    "AOSP's NetworkMonitor of 5.1 to 15, run over Android's own HTTP engine of the same release";

pub(in crate::phone) static DNS: Rule = Rule {
    id: "android.dns",
    says: "a lookup asks twice, 5 s apart, 10 s in all; SERVFAIL, REFUSED and NOTIMP are asked again at once; a \
           truncated answer is asked for again over TCP, once, and a refusal there ends the lookup",
    source: RESOLVER,
    grade: Grade::A,
};
pub(in crate::phone) static DNS_TWICE: Rule = Rule {
    id: "android.dns.twice",
    says: "from 8 on a probe looks its host up, and when that failed its HTTP engine looks it up once more, unless the \
           answer had an SOA record; the fallback probe waits for a lookup of the same host that is under way, and \
           looks up once",
    source: RUN,
    grade: Grade::A,
};
pub(in crate::phone) static DRAWN: Rule = Rule {
    id: "android.dns.drawn",
    says: "from 8.1 on one of a host's addresses is drawn for every connection, and no other is tried",
    source: "frameworks/base 8.1 in xiang123456778/Framwork8.1 @564fb59e and later, OneAddressPerFamilyNetwork",
    grade: Grade::A,
};
pub(in crate::phone) static ALL_ADDRESSES: Rule = Rule {
    id: "android.dns.all-addresses",
    says: "up to 7.1 a host's addresses are tried one after the other, 10 s each",
    source: RUN,
    grade: Grade::A,
};
pub(in crate::phone) static ENGINE: Rule = Rule {
    id: "android.http-engine",
    says: "a reply begins with HTTP/1.0, HTTP/1.1 or ICY and nothing before it; 100 is passed over; of equal header \
           lines the last counts; a folded line is none; gzip is unpacked and its length forgotten",
    source: "AOSP external/okhttp @05b3c271 and the branches of 6 to 10, run",
    grade: Grade::A,
};
pub(in crate::phone) static ENGINE_5: Rule = Rule {
    id: "android.http-engine-5",
    says: "as the HTTP engine of 6, but any HTTP/1 begins a reply",
    source: "AOSP external/okhttp lollipop-mr1-release @be40c802 and lollipop-release @3479d998, run",
    grade: Grade::A,
};
pub(in crate::phone) static LOOKUP_7: Rule = Rule {
    id: "android.dns.first-7",
    says: "7.0 and 7.1 look the HTTP probe's host up before either probe begins, and keep a failure for 2 s",
    source: "cleverior/griffinproject @f461302f; for 7.1.1 the decompiled class in hiepgaf/oneplus_blobs_decompiled",
    grade: Grade::A,
};
pub(in crate::phone) static HTTPS_DECIDES_BEFORE_10: Rule = Rule {
    id: "android.https-decides-before-10",
    says: "from 7 to 9, where no probe found a portal, the result is that of HTTPS, whatever HTTP says: there is no \
           partial connectivity",
    source: "AOSP NetworkMonitor.java of 7.0, 8.1 and 9, sendParallelHttpProbes, run",
    grade: Grade::A,
};
pub(in crate::phone) static FALLBACK_PARTIAL: Rule = Rule {
    id: "android.fallback-partial",
    says: "10 and 11 as released take a 204 of the fallback probe for partial connectivity",
    source: "NetworkStack android10-release @95ff14c49 and android11-release @d5c8bd813, run",
    grade: Grade::A,
};
pub(in crate::phone) static MODULE_2021: Rule = Rule {
    id: "android.fallback-partial.undone",
    says: "the system module of April 2021 takes back that 10 and 11 count a 204 of the fallback probe",
    source: "NetworkStack main @83ea07ed9 against android11-release @d5c8bd813; that phones have the module by then is \
             the date of its release",
    grade: Grade::A,
};
pub(in crate::phone) static LIKE_8: Rule = Rule {
    id: "android.7.1.2",
    says: "a 7.1.2 checks as 8 does: its user agent, its fallback, one address of a host, and an empty body that counts \
           as 204",
    source: "services of a 7.1.2 in Wei-Jess/Flyme6-devices-dior-nougat-7.1 @78547d8f, decompiled",
    grade: Grade::AMinus,
};
pub(in crate::phone) static LIKE_8_EVERYWHERE: Rule = Rule {
    id: "android.7.1.2.everywhere",
    says: "every 7.1.2 is as the one that was read, which is not Google's own",
    source: "unverified: AOSP's 7.1.2 was not read",
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
    says: "from 10 on 204 over HTTP while HTTPS fails is partial connectivity",
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

pub(in crate::phone) static VALIDATED: Rule = Rule {
    id: "android.validated",
    says: "a network that is validated is used, and its notification goes",
    source: "NetworkMonitor.java, ValidatedState",
    grade: Grade::A,
};
pub(in crate::phone) static FAILS: Rule = Rule {
    id: "android.fails",
    says: "a failed or partial evaluation leaves the network unused, without a sign-in",
    source: "NetworkMonitor.java, EvaluatingState",
    grade: Grade::A,
};
pub(in crate::phone) static REQUEST_BEFORE_10: Rule = Rule {
    id: "android.request.before-10",
    says: "before 10 a probe sends User-Agent, Host, Connection: Keep-Alive and Accept-Encoding: gzip, in this order",
    source: "Fabulous-Oreo frameworks_base NetworkMonitor.java; the order as in recordings of Android 6 and 7.0",
    grade: Grade::C,
};
pub(in crate::phone) static AGENT_7_1: Rule = Rule {
    id: "android.request.agent-7.1",
    says: "7.1 names itself Chrome/52.0.2743.82",
    source: "a list of probes that were seen",
    grade: Grade::D,
};
pub(in crate::phone) static AGENT_7_0: Rule = Rule {
    id: "android.request.agent-7.0",
    says: "up to 7.0 no user agent is set, so the runtime sends Dalvik, the version and the device, here a Nexus",
    source: "aosp-mirror platform_frameworks_base @010b6ce6; the device is that of a recording of Android 6",
    grade: Grade::A,
};
pub(in crate::phone) static HOST_5: Rule = Rule {
    id: "android.host-5",
    says: "5 asks clients3.google.com",
    source: "unverified: that and connectivitycheck.android.com are reported for several builds",
    grade: Grade::E,
};
pub(in crate::phone) static HOST_6: Rule = Rule {
    id: "android.host-6",
    says: "6 asks connectivitycheck.gstatic.com",
    source: "recording of a tablet with 6.0.1",
    grade: Grade::C,
};
pub(in crate::phone) static HTTP_ONLY_BEFORE_7: Rule = Rule {
    id: "android.http-before-7",
    says: "5 and 6 ask over HTTP only",
    source: "unverified: no HTTPS probe is known of them",
    grade: Grade::E,
};
pub(in crate::phone) static BOTH_7_0: Rule = Rule {
    id: "android.both-7.0",
    says: "7.0 asks connectivitycheck.gstatic.com over HTTP and HTTPS, and has no fallback after 3 s",
    source: "aosp-mirror platform_frameworks_base @010b6ce6",
    grade: Grade::A,
};
pub(in crate::phone) static FALLBACK_7_1: Rule = Rule {
    id: "android.fallback-7.1",
    says: "7.1 asks www.google.com over HTTPS and falls back as 8 does",
    source: "unverified: inferred from the names it asks for",
    grade: Grade::E,
};
pub(in crate::phone) static THREE_TRIES: Rule = Rule {
    id: "android.three-tries",
    says: "5 tries a failed check three times, 5 s apart, then every 10 min",
    source: "CyanogenMod NetworkMonitor.java @180f519f",
    grade: Grade::A,
};
pub(in crate::phone) static BACK_OFF_6: Rule = Rule {
    id: "android.back-off-6",
    says: "6 repeats a failed check after 1 s, then after twice as long each time, 10 min at most",
    source: "frameworks/base 6.0 in wjfsanhe/AndroidM_SF @1da01eea, INITIAL_ and MAX_REEVALUATE_DELAY_MS",
    grade: Grade::A,
};
pub(in crate::phone) static SHEET_BEFORE_10: Rule = Rule {
    id: "android.sheet.before-10",
    says: "before 10 notification, sheet and dialog are those of 10",
    source: "unverified: the sheet was read in lineage-18.1, which still has the older way",
    grade: Grade::E,
};
pub(in crate::phone) static API: Rule = Rule {
    id: "android.capport",
    says: "from 11 on an https captive portal API that says captive and names a page decides; without a page, or with captive false, the HTTP probe is still sent and HTTPS alone decides nothing",
    source: "AOSP NetworkStack @7b3843d6, NetworkMonitor.java L2926-3018",
    grade: Grade::A,
};
pub(in crate::phone) static API_HTTPS: Rule = Rule {
    id: "android.capport.https",
    says: "an announced API that is no https URL is ignored; an answer must be 200, UTF-8 by its type and no longer than 4096 characters; the type itself does not matter",
    source: "AOSP NetworkStack @7b3843d6, NetworkMonitor.java L2926-3018",
    grade: Grade::A,
};
pub(in crate::phone) static API_HTTP_HEEDED: Rule = Rule {
    id: "android.capport.http-heeded",
    says: "an API that is announced by plain http brings the sign-in notification",
    source: "mooses1010/piratebox OPERATIONAL-DECISIONS.md @79ed7229: on an SM-F946U1 with Android 16 it came once \
             option 114 named an http URL, and had not come before",
    grade: Grade::D,
};
pub(in crate::phone) static PRIVATE_SAMSUNG: Rule = Rule {
    id: "samsung.private-address",
    says: "a Samsung phone of Android 11 to 15 has the private-address rule switched on",
    source: "inferred from reports: espressif/arduino-esp32#10330 and #10422, tzapu/WiFiManager#841, \
             espressif/esp-idf#15382, 7h30th3r0n3/Evil-M5Project#65",
    grade: Grade::D,
};
pub(in crate::phone) static PRIVATE_OFF: Rule = Rule {
    id: "samsung.private-address.off",
    says: "a Samsung phone of Android 11 to 15 has the private-address rule switched off, as AOSP has it",
    source: "unverified: AOSP's default is off (NetworkMonitor.java L2022), and SemWifiConnectivityMonitor, decompiled, \
             can set it to 0; what a phone has that is sold was not seen",
    grade: Grade::E,
};
pub(in crate::phone) static PRIVATE_ONE_UI_8: Rule = Rule {
    id: "samsung.private-address.one-ui-8",
    says: "a Samsung phone with One UI 8 has the private-address rule switched on",
    source: "inferred from a report: an SM-F946U1 with Android 16 said \"Internet may not be available\" at a portal on \
             10.0.0.1, without a sign-in (mooses1010/piratebox OPERATIONAL-DECISIONS.md @79ed7229)",
    grade: Grade::D,
};
pub(in crate::phone) static WATCHDOG_HOST: Rule = Rule {
    id: "samsung.watchdog.host",
    says: "the watchdog asks connectivitycheck.android.com over HTTP, and waits 3 s for the name",
    source: "Ram121/MIUI8_Note4 WifiWatchdogStateMachine CaptivePortalHandler, decompiled",
    grade: Grade::AMinus,
};
pub(in crate::phone) static WATCHDOG_TIMES: Rule = Rule {
    id: "samsung.watchdog.times",
    says: "the watchdog checks after 10 s, then every 600 s",
    source: "Ram121/MIUI8_Note4 WifiWatchdogStateMachine CaptivePortalHandler, decompiled",
    grade: Grade::AMinus,
};
pub(in crate::phone) static WATCHDOG_REQUEST: Rule = Rule {
    id: "samsung.watchdog.request",
    says: "the request is that of Android 6; the device in its user agent is an example",
    source: "unverified: the order as in recordings of Android 6",
    grade: Grade::E,
};
pub(in crate::phone) static WATCHDOG_PRIVATE_GOES_ON: Rule = Rule {
    id: "samsung.watchdog.private-goes-on",
    says: "a private address is looked up a second time, and then asked like any other",
    source: "unverified: the second question was read, what follows it was not",
    grade: Grade::E,
};
pub(in crate::phone) static WATCHDOG_STATUS: Rule = Rule {
    id: "samsung.watchdog.status",
    says: "204 is online, 200 to 399 a portal, as in Android of the time",
    source: "Ram121/MIUI8_Note4 WifiWatchdogStateMachine CaptivePortalHandler, decompiled",
    grade: Grade::AMinus,
};
pub(in crate::phone) static WATCHDOG_SCREEN: Rule = Rule {
    id: "samsung.watchdog.screen",
    says: "it is idle while the screen is off; here the screen is on",
    source: "Ram121/MIUI8_Note4 WifiWatchdogStateMachine CaptivePortalHandler, decompiled",
    grade: Grade::AMinus,
};
const TABS: &str =
    "CaptivePortalLogin, main @8c97766c of March 2025 and a later copy, CaptivePortalLoginActivity.java";

pub(in crate::phone) static TAB: Rule = Rule {
    id: "android.tab",
    says: "a flag, or the captive portal API, has the page opened in a Custom Tab of the default browser, bound to the \
           network, where that browser can be bound; up to 15 not with strict Private DNS. It has what the browser \
           has, file upload too",
    source: TABS,
    grade: Grade::A,
};
pub(in crate::phone) static TAB_REEVALUATES: Rule = Rule {
    id: "android.tab.reevaluates",
    says: "the start of a page in the tab asks for an evaluation, its end does not",
    source: TABS,
    grade: Grade::A,
};
pub(in crate::phone) static TAB_VALIDATED: Rule = Rule {
    id: "android.tab.validated",
    says: "when the network is validated the tab goes to the back and stays open there",
    source: TABS,
    grade: Grade::A,
};
pub(in crate::phone) static TAB_HIDDEN: Rule = Rule {
    id: "android.tab.hidden",
    says: "hiding the tab counts as dismissing the sign-in, later only where it was closed: HTTP alone is checked then",
    source: TABS,
    grade: Grade::A,
};
pub(in crate::phone) static TAB_AGENT: Rule = Rule {
    id: "android.tab.user-agent",
    says: "the tab's agent is Chrome's, whose version is a placeholder",
    source: "unverified: Chrome's reduced user agent; the browser is whichever the owner has",
    grade: Grade::E,
};
pub(in crate::phone) static PRIVATE_DNS_PAST: Rule = Rule {
    id: "android.private-dns.past",
    says: "the check and the sheet ask for names past Private DNS, whatever it is set to: a portal is found all the same",
    source: "NetworkMonitor.java, mCleartextDnsNetwork; CaptivePortalLoginActivity.java, getPrivateDnsBypassingCopy",
    grade: Grade::A,
};
pub(in crate::phone) static PRIVATE_DNS_STRICT: Rule = Rule {
    id: "android.private-dns.strict",
    says: "a network that would be validated is without internet while the provider of strict Private DNS is not \
           reached over TLS; an ordinary browser finds no name until then",
    source: "NetworkMonitor.java, EvaluatingPrivateDnsState (L1582)",
    grade: Grade::A,
};
pub(in crate::phone) static PRIVATE_DNS_AUTOMATIC: Rule = Rule {
    id: "android.private-dns.automatic",
    says: "with Private DNS set to automatic port 853 of the network's resolver is tried; nothing waits for that",
    source: "NetworkMonitor.java: only the strict setting is evaluated; netd DnsResolver, PrivateDnsConfiguration",
    grade: Grade::A,
};
pub(in crate::phone) static VPN: Rule = Rule {
    id: "android.vpn",
    says: "the check goes past a VPN that is always on, even where nothing else may leave, and so does the sheet; an \
           ordinary browser does not",
    source: "Mullvad, audit finding MUL22-03 of 2022, for the check; for the sheet CaptivePortalLogin, which hands \
             its way past the VPN on to a browser in its place (setDelegateUid)",
    grade: Grade::D,
};
pub(in crate::phone) static PROXY: Rule = Rule {
    id: "android.proxy",
    says: "the check's connections go by the proxy that is set; where it is not there, both probes fail",
    source: "frameworks/base Network.java, openConnection: getProxyForNetwork; NetworkMonitor.java, makeProbeConnection",
    grade: Grade::A,
};
pub(in crate::phone) static CARRIED_OVER: Rule = Rule {
    id: "android.carried-over",
    says: "16 and 17 check as 15 does: everything is carried over",
    source: "unverified: the newest NetworkStack that was read is of March 2025 (@83ea07ed9)",
    grade: Grade::E,
};
pub(in crate::phone) static ONE_UI_8: Rule = Rule {
    id: "samsung.one-ui-8",
    says: "One UI 8 looks at private addresses for its own statistics of quality only; the check is that of Android 16",
    source: "semwifi-service of One UI 8 in Phihung151019/framework @eb77d290c, decompiled: a private-address check \
             in DnsThread, and nothing that switches on the rule of the check",
    grade: Grade::AMinus,
};
pub(in crate::phone) static GRAPHENEOS_HOSTS: Rule = Rule {
    id: "grapheneos.hosts",
    says: "GrapheneOS asks connectivitycheck.grapheneos.network/generate_204 over HTTP and HTTPS, and falls back to \
           grapheneos.online",
    source: "GrapheneOS, ConnectivityCheckConstants",
    grade: Grade::A,
};
pub(in crate::phone) static GRAPHENEOS_REST: Rule = Rule {
    id: "grapheneos.rest",
    says: "all the rest, the path of the fallback included, is as in AOSP of the same release",
    source: "unverified: sendHttpProbe was read (@014a65e0), the rest was not",
    grade: Grade::E,
};
pub(in crate::phone) static LINEAGEOS_REST: Rule = Rule {
    id: "lineageos.rest",
    says: "LineageOS asks what AOSP of the same release asks",
    source: "unverified: of its own code only CaptivePortalLogin was read (lineage-18.1)",
    grade: Grade::E,
};
pub(in crate::phone) static OWN_HOST: Rule = Rule {
    id: "android.own-host",
    says: "the settings captive_portal_http_url and captive_portal_https_url replace the hosts of the check, as owners, \
           Cloudflare's and /e/'s systems do; check.example stands for any of them",
    source: "AOSP NetworkStack @7b3843d6, NetworkMonitor.java, getCaptivePortalServerHttpUrl and its like; reports: \
             IngoZenz/personaldnsfilter#323",
    grade: Grade::A,
};
pub(in crate::phone) static MAKER_HOSTS: Rule = Rule {
    id: "maker.hosts",
    says: "the maker asks hosts of its own, /generate_204 over HTTP and HTTPS",
    source: "gist zhangyoufu 0ad9b3b9cd3a144714f70c6610e43962; openNDS docs, howitworks.rst",
    grade: Grade::D,
};
pub(in crate::phone) static MAKER_HOST_OPPO: Rule = Rule {
    id: "maker.host-oppo",
    says: "beside www.google.eu the phone asks conn-service-eu-04.allawnos.com/generate204; that name and path alone are modelled",
    source: "recording of an Android phone behind a portal (nDPI conncheck.pcap)",
    grade: Grade::C,
};
pub(in crate::phone) static MAKER_REST: Rule = Rule {
    id: "maker.rest",
    says: "all the rest is as in AOSP 11 and later",
    source: "unverified: assumed",
    grade: Grade::E,
};
pub(in crate::phone) static MAKER_REST_10: Rule = Rule {
    id: "maker.rest-10",
    says: "all the rest is as in AOSP 10",
    source: "unverified: assumed",
    grade: Grade::E,
};
pub(in crate::phone) static FIRE_OS_HOST: Rule = Rule {
    id: "fire-os.host",
    says: "Fire OS and Echo ask fireoscaptiveportal.com/generate_204; firetvcaptiveportal.com and its like are known by name only",
    source: "lists of names and a settings app (ConnectivityCheckPreferenceController.java)",
    grade: Grade::D,
};

/// Of 10 and later.
pub(in crate::phone) const FROM_10: &[&Rule] = &[&REQUEST, &PARTIAL, &VPN, &HTTPS_FIRST];
/// Of 12 and later.
pub(in crate::phone) const FROM_12: &[&Rule] =
    &[&TAB, &TAB_REEVALUATES, &TAB_VALIDATED, &TAB_HIDDEN, &TAB_AGENT];
/// Of 9 and later.
pub(in crate::phone) const FROM_9: &[&Rule] =
    &[&PRIVATE_DNS_PAST, &PRIVATE_DNS_STRICT, &PRIVATE_DNS_AUTOMATIC];
/// Of 8 and later.
pub(in crate::phone) const FROM_8: &[&Rule] = &[&DNS_TWICE, &DRAWN, &ENGINE];
/// Of 7.1 and later.
pub(in crate::phone) const FROM_7_1: &[&Rule] = &[&FALLBACK];
/// Of all that ask over HTTPS too.
pub(in crate::phone) const WITH_HTTPS: &[&Rule] = &[&PARALLEL_PROBES, &HTTPS_SUCCESS];
pub(in crate::phone) const COMMON: &[&Rule] = &[&DNS, &FORCED, &SHEET_AGENT, &NO_DIALOG_FOR_PORTALS, &PROXY];
pub(in crate::phone) const UP_TO_10: &[&Rule] = &[&login::LOGIN_PROBE_URL, &SHEET_REQUEST];
pub(in crate::phone) const FROM_11: &[&Rule] =
    &[&login::LOGIN_LOCATION, &login::LOGIN_NO_LOCATION, &API, &API_HTTPS];
pub(in crate::phone) const BEFORE_10: &[&Rule] = &[&REQUEST_BEFORE_10, &SHEET_BEFORE_10];
/// Of 7 to 9.
pub(in crate::phone) const HTTPS_DECIDES: &[&Rule] = &[&HTTPS_DECIDES_BEFORE_10];
/// Up to 7.1.1.
pub(in crate::phone) const BEFORE_8: &[&Rule] = &[&ALL_ADDRESSES];

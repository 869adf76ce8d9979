//! What single models do differently.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::table::RecheckDelay;
use super::super::{Exchange, Output, Verdict};
use super::conversation::{Conversation, Portal, Served, reply};
use super::dns::Dns;
use super::{AP, at};

const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.";

fn portal() -> Portal {
    Portal::by_request(|request| reply(if request.contains("Host: 192.168.4.1") { PAGE } else { REDIRECT }))
}

/// Joins a network that announces a captive portal API, which answers `tls`.
fn announced(model: &str, url: &str, tls: Served) -> Conversation {
    let mut conversation = Conversation::begin_announced(model, portal().with_tls(tls), url);
    conversation.run_until(30.0);
    conversation
}

fn api(answer: &str) -> Served {
    reply(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()))
}

const API: &str = "https://portal.example/api";

#[test]
fn an_api_that_says_captive_decides_where_it_is_asked() {
    let captive = || api(r#"{"captive": true, "user-portal-url": "https://portal.example/page"}"#);
    let page = Verdict::Portal { url: "https://portal.example/page".into() };
    for (model, rule) in [("android-11", "android.capport"), ("ios-17", "apple.capport")] {
        let conversation = announced(model, API, captive());
        assert_eq!(conversation.last_verdict(), (page.clone(), rule));
        assert_eq!(conversation.requests().len(), 0, "{model}");
    }
    for model in ["android-10", "ios-13"] {
        let conversation = announced(model, API, captive());
        assert!(conversation.last_verdict().1 != "android.capport" && !conversation.requests().is_empty());
    }
}

#[test]
fn an_api_over_http_is_ignored() {
    for model in ["android-14", "ios-18"] {
        let conversation = announced(model, "http://192.168.4.1/api", Served::Refused);
        assert!(conversation.last_verdict().0.is_portal(), "{model}");
        assert!(!conversation.requests().is_empty(), "{model}");
    }
}

#[test]
fn an_api_that_a_device_cannot_prove_is_no_obstacle_for_android_and_one_for_apple() {
    let android = announced("android-14", API, Served::Untrusted);
    assert!(android.last_verdict().0.is_portal());
    let apple = announced("ios-18", API, Served::Untrusted);
    assert_eq!(apple.last_verdict(), (Verdict::Inconclusive, "apple.capport.useless"));
    assert!(apple.sheet().is_none() && apple.requests().is_empty());
}

#[test]
fn an_api_that_says_free_leaves_android_to_its_http_probe_and_satisfies_apple() {
    let free = || api(r#"{"captive": false}"#);
    assert!(announced("android-14", API, free()).last_verdict().0.is_portal());
    assert_eq!(announced("ios-18", API, free()).last_verdict(), (Verdict::Online, "apple.capport"));
}

#[test]
fn beside_an_api_a_success_over_https_counts_only_after_the_fallback() {
    let no_content = || reply("HTTP/1.1 204 No Content\r\n\r\n");
    let mut conversation =
        Conversation::begin_announced("android-14", Portal::always(no_content()).with_tls(no_content()), API);
    conversation.run_until(0.9);
    assert_eq!(conversation.last_verdict(), (Verdict::Online, "android.https-success"));
    let asked: Vec<_> = conversation.requests().into_iter().map(|(_, request)| request).collect();
    assert!(asked[0].starts_with("GET /generate_204 ") && asked[1].starts_with("GET /gen_204 "), "{asked:?}");
}

#[test]
fn chromeos_takes_an_apis_word_if_its_page_is_https() {
    let captive = |page: &str| api(&format!(r#"{{"captive": true, "user-portal-url": "{page}"}}"#));
    let page = Verdict::Portal { url: "https://portal.example/page".into() };
    let conclusion = |answer| announced("chromeos", API, answer).last_verdict();
    assert_eq!(conclusion(captive("https://portal.example/page")), (page, "chromeos.capport"));
    assert_eq!(conclusion(captive("http://192.168.4.1/")).1, "chromeos.probe.redirect");
    assert_eq!(conclusion(api(r#"{"captive": false}"#)), (Verdict::Online, "chromeos.capport"));
    assert_eq!(conclusion(Served::Untrusted).1, "chromeos.probe.redirect");
    let over_http = announced("chromeos", "http://192.168.4.1/api", captive("https://portal.example/page"));
    assert_eq!(over_http.last_verdict().1, "chromeos.probe.redirect");
}

#[test]
fn chromeos_is_online_only_with_http_and_https() {
    let join = |http: &'static str, tls| {
        let mut conversation = Conversation::begin("chromeos", Portal::always(reply(http)).with_tls(tls));
        conversation.run_until(25.0);
        conversation.last_verdict()
    };
    const ONLINE: &str = "HTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(join(ONLINE, reply(ONLINE)), (Verdict::Online, "chromeos.https"));
    for tls in [Served::Refused, Served::Reset, Served::Untrusted, Served::Silence, Served::NoConnection] {
        assert_eq!(join(ONLINE, tls.clone()), (Verdict::NoInternet, "chromeos.https-missing"), "{tls:?}");
        assert!(join(REDIRECT, tls).0.is_portal());
    }
}

#[test]
fn a_refused_443_suppresses_the_sheet_of_the_model_that_minds_it_only() {
    let join = |model, tls| {
        let mut conversation = Conversation::begin(model, portal().with_tls(tls));
        conversation.run_until(5.0);
        (conversation.last_verdict(), conversation.sheet().map(|(when, ..)| when))
    };
    assert_eq!(join("ios-26-443", Served::Refused).0, (Verdict::NotCaptive, "apple.port-443.refused"));
    assert_eq!(join("ios-26-443", Served::NoConnection).1, Some(at(1.0)));
    let (verdict, when) = join("ios-26", Served::Refused);
    assert!(verdict.0.is_portal() && when.is_some_and(|when| when < at(0.1)));
}

#[test]
fn firefox_asks_six_times_and_takes_a_511_for_a_portals() {
    let join = |reply_line: &'static str| {
        let mut conversation = Conversation::begin(
            "firefox",
            Portal::by_request(move |_| {
                reply(&format!("HTTP/1.1 {reply_line}\r\nContent-Length: 2\r\n\r\nhi"))
            }),
        );
        conversation.run_until(5.0);
        let asked =
            conversation.requests().iter().filter(|(_, request)| request.contains("canonical")).count();
        (conversation.last_verdict().1, asked)
    };
    assert_eq!(join("511 Network Authentication Required"), ("firefox.probe.511", 1));
    assert_eq!(join("404 Not Found"), ("firefox.probe.error", 6));
    assert_eq!(join("302 Found"), ("firefox.probe.portal", 1));
}

#[test]
fn windows_off_wireless_believes_the_name_alone() {
    let join = |address| {
        let mut conversation =
            Conversation::begin("windows-10-wired", portal().with_dns(Dns::Wildcard(address)));
        conversation.run_until(5.0);
        (conversation.last_verdict().1, conversation.requests().len())
    };
    assert_eq!(join(Ipv4Addr::new(131, 107, 255, 255)), ("windows.dns.probe", 0));
    assert_eq!(join(AP), ("windows.probe.hotspot", 1));
}

#[test]
fn windows_opens_its_redirect_page_once() {
    let mut conversation = Conversation::begin("windows-11", portal());
    conversation.run_until(200.0);
    let (_, url, _) = conversation.sheet().unwrap();
    assert_eq!(url, "http://www.msftconnecttest.com/redirect");
    assert_eq!(conversation.verdicts().len(), 4);
    assert_eq!(conversation.count(|output| matches!(output, Output::SheetOpened { .. })), 1);
}

#[test]
fn random_names_that_all_lead_somewhere_are_found() {
    let mut conversation = Conversation::begin("chromium-names", portal());
    conversation.run_until(10.0);
    assert_eq!(conversation.last_verdict(), (Verdict::NamesRedirected, "chromium.names.redirected"));
    let heads = conversation.requests();
    assert_eq!(heads.len(), 6, "three names and three redirects");
    assert!(heads.iter().all(|(when, head)| head.starts_with("HEAD / HTTP/1.1\r\n") && *when > at(1.0)));
}

#[test]
fn the_sheet_of_ios_10_loads_apples_page_and_moves_the_probe_there() {
    let mut conversation = Conversation::begin("ios-10", portal());
    conversation.run_until(1.0);
    assert_eq!(conversation.sheet().unwrap().1, "http://www.apple.com/");
    let before = conversation.requests().len();
    conversation.page_finished();
    conversation.run_until(2.0);
    let next = &conversation.requests()[before].1;
    assert!(next.starts_with("GET /library/test/success.html HTTP/1.0\r\nHost: www.apple.com\r\n"), "{next}");
}

#[test]
fn ios_7_asks_three_random_words() {
    let mut conversation = Conversation::begin("ios-7", portal());
    conversation.run_until(1.0);
    let path = conversation.requests()[0].1.split(' ').nth(1).unwrap().to_owned();
    assert_eq!((path.len(), path.matches('/').count()), (3 * 9 + ".html".len(), 3), "{path}");
}

#[test]
fn chromeos_takes_only_some_redirects_and_asks_another_host_next() {
    let verdict = |served: &str| {
        let mut conversation = Conversation::begin("chromeos", Portal::always(reply(served)));
        conversation.run_until(2.0);
        conversation.last_verdict()
    };
    assert_eq!(
        verdict(REDIRECT),
        (Verdict::Portal { url: "http://192.168.4.1/".into() }, "chromeos.probe.redirect")
    );
    assert_eq!(verdict(&REDIRECT.replace("http://192.168.4.1", "")).1, "chromeos.probe.invalid-redirect");
    assert_eq!(verdict(PAGE).1, "chromeos.probe.suspected");
    assert_eq!(
        verdict("HTTP/1.1 303 See\r\nLocation: http://192.168.4.1/\r\n\r\n").1,
        "chromeos.probe.failure"
    );
    let mut conversation = Conversation::begin("chromeos", Portal::always(reply("HTTP/1.1 404 No\r\n\r\n")));
    conversation.run_until(5.0);
    assert!(conversation.requests()[1].1.contains("Host: www.play.googleapis.com"));
}

#[test]
fn the_oldest_android_tries_three_times_and_then_every_ten_minutes() {
    let mut conversation = Conversation::begin("android-5", Portal::always(Served::Refused));
    conversation.run_until(1300.0);
    let moments: Vec<_> = conversation.verdicts().into_iter().map(|(when, ..)| when).collect();
    let gaps: Vec<_> = moments.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(gaps, [5, 5, 600, 600]);
    let tls = |output: &Output| matches!(output, Output::Open { exchange: Exchange::Tls { .. }, .. });
    assert_eq!(conversation.count(tls), 0);
}

#[test]
fn android_7_0_has_no_fallback_and_asks_one_host_twice() {
    let mut conversation = Conversation::begin("android-7.0", Portal::always(Served::Silence));
    conversation.run_until(9.0);
    assert_eq!(conversation.requests().len(), 1);
    let secure = |output: &Output| {
        matches!(output, Output::Open { exchange: Exchange::Tls { server_name, .. }, .. }
            if server_name == "connectivitycheck.gstatic.com")
    };
    assert_eq!(conversation.count(secure), 1);
}

#[test]
fn samsungs_readings_of_a_private_address_differ() {
    let rule = |model, address| {
        let mut conversation = Conversation::begin(model, portal().with_dns(Dns::Wildcard(address)));
        conversation.run_until(2.0);
        conversation.last_verdict().1
    };
    let public = Ipv4Addr::new(4, 3, 2, 1);
    assert_eq!(rule("samsung-6-private", AP), "samsung.watchdog.private-fails");
    for reading in ["samsung-14", "samsung-16"] {
        let private = if reading == "samsung-14" { "samsung-14-private" } else { "samsung-16-private" };
        assert_eq!(rule(private, AP), "android.probe.private-address");
        for (model, address) in [(reading, AP), (reading, public), (private, public)] {
            assert_eq!(rule(model, address), "android.probe.portal", "{model}");
        }
    }
    for (model, address) in [("samsung-6", AP), ("samsung-6-private", public)] {
        assert!(rule(model, address).starts_with("android.probe.portal"), "{model}");
    }
}

#[test]
fn networkmanager_takes_its_header_for_an_answer_whatever_the_body() {
    let verdict = |model, served: &str| {
        let mut conversation = Conversation::begin(model, Portal::always(reply(served)));
        conversation.run_until(2.0);
        conversation.last_verdict().1
    };
    let header = "HTTP/1.1 404 No\r\nX-NetworkManager-Status: Online\r\n\r\n";
    assert_eq!(verdict("nm-fedora", header), "nm.probe.header");
    assert_eq!(verdict("nm-ubuntu", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "nm.probe.empty");
    assert_eq!(verdict("nm-debian", "HTTP/1.1 204 No\r\n\r\n"), "nm.probe.portal");
}

#[test]
fn waits_grow_as_they_say() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let growing = RecheckDelay::Growing { first: minutes(1), times: 5, checks: 10, longest: minutes(25) };
    let delays: Vec<_> = [1, 10, 11, 20, 21, 99, u32::MAX].map(|checks| growing.delay(checks)).to_vec();
    assert_eq!(delays, [1, 1, 5, 5, 25, 25, 25].map(minutes));
    let doubling = RecheckDelay::Doubling { first: minutes(1), longest: minutes(10) };
    assert_eq!([1, 2, 3, 5, u32::MAX].map(|checks| doubling.delay(checks)), [1, 2, 4, 10, 10].map(minutes));
}

#[test]
fn an_empty_body_is_a_success_from_7_1_2_to_9_and_its_length_decides_before() {
    let empty = reply("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    let verdict = |model| {
        let mut conversation = Conversation::begin(model, Portal::always(empty.clone()));
        conversation.run_until(30.0);
        conversation.last_verdict().0.word()
    };
    // Up to 9 HTTPS decides where no portal was found, and it fails here.
    assert_eq!(
        ["android-7.0", "android-7.1", "android-7.1.2", "android-9"].map(verdict),
        ["portal", "portal", "no-internet", "no-internet"]
    );
}

#[test]
fn the_module_of_2021_takes_the_fallbacks_success_back() {
    let verdict = |model| {
        let served = |request: &str| match request.contains("/gen_204") {
            true => reply("HTTP/1.1 204 No Content\r\n\r\n"),
            false => reply("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"),
        };
        let mut conversation = Conversation::begin(model, Portal::by_request(served));
        conversation.run_until(0.9);
        conversation.last_verdict().0.word()
    };
    for (model, word) in [
        ("android-10", "partial"),
        ("android-10-2021", "no-internet"),
        ("android-11", "partial"),
        ("android-11-2021", "no-internet"),
        ("android-12", "no-internet"),
    ] {
        assert_eq!(verdict(model), word, "{model}");
    }
}

#[test]
fn connman_goes_by_its_header_and_asks_for_a_browser_otherwise() {
    let met = |served: Served| {
        let mut conversation = Conversation::begin("connman", Portal::always(served));
        conversation.run_until(5.0);
        conversation.last_verdict().1
    };
    assert_eq!(met(Served::Reset), "connman.probe.failed");
    assert_eq!(met(reply("")), "connman.probe.failed");
    let verdict = |served: &str| met(reply(served));
    assert_eq!(verdict("HTTP/1.1 200 OK\r\nX-ConnMan-Status: whatever\r\n\r\n"), "connman.probe.header");
    assert_eq!(verdict(PAGE), "connman.probe.page");
    assert_eq!(verdict("HTTP/1.1 302 Found\r\nA: b\r\n\r\n"), "connman.probe.no-location");
    assert_eq!(verdict("HTTP/1.1 505 No\r\nA: b\r\n\r\n"), "connman.probe.no-location");
    assert_eq!(verdict("HTTP/1.1 404 No\r\nA: b\r\n\r\n"), "connman.probe.failed");
    assert_eq!(verdict("HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"), "connman.probe.other");
    // Without a header line the connection counts as one that was reset.
    for status in [200, 204, 302, 505] {
        assert_eq!(verdict(&format!("HTTP/1.1 {status} X\r\n\r\n")), "connman.probe.failed", "{status}");
    }
    let login = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n<WISPAccessGatewayParam>";
    assert_eq!(verdict(login), "connman.probe.wispr");
    let mut conversation = Conversation::begin("connman", portal());
    conversation.run_until(5.0);
    assert_eq!(conversation.sheet().unwrap().1, "http://192.168.4.1/");
}

#[test]
fn connman_waits_for_the_end_of_a_connection_whatever_length_was_announced() {
    let met = |served: Served, seconds| {
        let mut conversation = Conversation::begin("connman", Portal::always(served));
        conversation.run_until(seconds);
        (conversation.last_verdict().0.word(), conversation.last_verdict().1)
    };
    let bytes = |text: &str| text.as_bytes().to_vec();
    let waits = ("inconclusive", "connman.waits");
    assert_eq!(met(Served::Silence, 30.0), waits);
    for whole in ["HTTP/1.1 302 Found\r\nLocation: http://a.example/\r\nContent-Length: 0\r\n\r\n", PAGE] {
        assert_eq!(met(Served::ReplyAndHang(bytes(whole)), 30.0), waits, "{whole}");
        assert_eq!(met(Served::ReplyAndReset(bytes(whole)), 5.0), ("no-internet", "connman.probe.failed"));
    }
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nso far";
    assert_eq!(met(reply(cut), 5.0), ("portal", "connman.probe.page"));
}

#[test]
fn connman_asks_a_silent_resolver_once_for_five_seconds() {
    let mut conversation =
        Conversation::begin("connman", Portal::always(Served::Silence).with_dns(Dns::Silent));
    conversation.run_until(6.0);
    assert_eq!(conversation.last_verdict().1, "connman.probe.failed");
    let asked = |output: &Output| matches!(output, Output::Open { exchange: Exchange::Datagram { .. }, .. });
    assert_eq!(conversation.count(asked), 1);
}

#[test]
fn connman_reads_header_lines_in_their_usual_spelling_and_any_number_for_a_status() {
    let met = |text: &str| {
        let mut conversation = Conversation::begin("connman", Portal::always(reply(text)));
        conversation.run_until(5.0);
        conversation.last_verdict().1
    };
    assert_eq!(met("HTTP/1.1 302 Found\r\nlocation: http://a.example/\r\n\r\n"), "connman.probe.no-location");
    assert_eq!(met("HTTP/1.1 200 OK\r\nx-connman-status: online\r\n\r\n"), "connman.probe.page");
    assert_eq!(met("HTTP/9x \t 404\r\nA: b\r\n\r\n"), "connman.probe.failed");
    assert_eq!(met("HTTP/1.1 4040\r\nA: b\r\n\r\n"), "connman.probe.other");
    // Header lines and no status at all: its agent is asked. Any line may have the status.
    for none in ["http/1.1 404 No\r\nA: b\r\n\r\n", "garbage\r\nA: b\r\n\r\n"] {
        assert_eq!(met(none), "connman.probe.no-location", "{none:?}");
    }
    assert_eq!(met("garbage\r\nA: b\r\nHTTP/1.1 503 No\r\n\r\n"), "connman.probe.other");
    // An empty line ends the head, even the first.
    assert_eq!(met("\r\nHTTP/1.1 302 Found\r\nA: b\r\n\r\n"), "connman.probe.failed");
    assert_eq!(met("HTTP/1.1 100 Go on\r\nA: b\r\n\r\nHTTP/1.1 404 No\r\n\r\n"), "connman.probe.other");
}

#[test]
fn connman_takes_the_first_colon_for_a_ports() {
    let met = |location: &str| {
        let text = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n");
        let by_host = move |request: &str| reply(if request.contains("connman.net") { &text } else { PAGE });
        let mut conversation = Conversation::begin("connman", Portal::by_request(by_host));
        conversation.run_until(5.0);
        conversation.last_verdict().1
    };
    for lost in ["http://192.168.4.1/?url=http://a.example/", "http://192.168.4.1/a:b"] {
        assert_eq!(met(lost), "connman.probe.colon", "{lost}");
    }
    for found in ["http://192.168.4.1:80/a:b", "http://192.168.4.1/?mac=1&port=80", "http://192.168.4.1"] {
        assert_eq!(met(found), "connman.probe.page", "{found}");
    }
}

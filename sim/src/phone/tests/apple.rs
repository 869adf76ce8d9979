//! Apple's verdicts, timeouts and sheet, against the table of `clients`: every reply and its twin.

use std::cell::Cell;
use std::rc::Rc;

use vestibule_core::Instant;

use super::super::{
    Button, Departure, Finding, Input, JoinsBy, Options, Output, OwnerAction, SheetClosed, Verdict,
};
use super::at;
use super::conversation::{Conversation, Portal, Served, reply};
use super::dns::Dns;

const ALL: [&str; 6] = ["ios-14", "ios-15", "ios-16", "ios-17", "ios-18", "ios-18.4"];
const PROBE_URL: &str = "http://captive.apple.com/hotspot-detect.html";
const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.";
const SUCCESS: &str =
    "HTTP/1.0 200 OK\r\n\r\n<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>";

/// Redirects every host but its own, where it answers `page`.
fn redirecting(page: Served) -> Portal {
    Portal::by_request(
        move |request| {
            if request.contains("Host: 192.168.4.1") { page.clone() } else { reply(REDIRECT) }
        },
    )
}

fn join(model: &str, portal: Portal) -> Conversation {
    let mut conversation = Conversation::begin(model, portal);
    conversation.run_until(60.0);
    conversation
}

/// What each version makes of a portal; the sheet must be there just if it finds one.
fn check(portal: impl Fn() -> Portal, expected: &Verdict, rule: &str) {
    for model in ALL {
        let conversation = join(model, portal());
        let (mut verdict, decided) = conversation.last_verdict();
        assert_eq!(verdict.is_portal(), conversation.sheet().is_some());
        if let (Verdict::Portal { url }, "ios-14") = (&mut verdict, model) {
            assert_eq!(url, PROBE_URL);
            verdict = expected.clone();
        }
        assert_eq!((&verdict, decided), (expected, rule), "{model}");
    }
}

fn portal(url: &str) -> Verdict {
    Verdict::Portal { url: url.to_owned() }
}

#[test]
fn an_absolute_redirect_is_followed_to_the_page() {
    check(|| redirecting(reply(PAGE)), &portal("http://192.168.4.1/"), "apple.probe.page");
    let requests = join("ios-14", redirecting(reply(PAGE))).requests();
    assert!(requests[1].1.starts_with("GET / HTTP/1.0\r\nHost: 192.168.4.1\r\nConnection: close\r\n"));
    assert_eq!(requests.len(), 2);
}

#[test]
fn a_relative_redirect_cannot_be_followed() {
    for location in ["/", "//192.168.4.1/", "setup.html", ""] {
        let relative = REDIRECT.replace("http://192.168.4.1/", location);
        check(|| Portal::always(reply(&relative)), &portal(PROBE_URL), "apple.probe.unfollowable");
    }
    let missing = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
    check(|| Portal::always(reply(missing)), &portal(PROBE_URL), "apple.probe.unfollowable");
}

#[test]
fn a_page_an_empty_page_and_511_are_portals() {
    let statuses =
        ["200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK\r\n\r\n", "511 Sign in\r\n\r\nx", "200 OK\n\nsetup"];
    for served in statuses.map(|status| reply(&format!("HTTP/1.1 {status}"))) {
        check(|| Portal::always(served.clone()), &portal(PROBE_URL), "apple.probe.page");
    }
}

#[test]
fn other_first_statuses_are_not_captive_but_captive_behind_a_redirect() {
    for status in ["204 No Content", "404 Not Found", "403 Forbidden", "500 No", "503 No", "100 Go"] {
        let served = reply(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        check(|| Portal::always(served.clone()), &Verdict::NotCaptive, "apple.probe.unknown-state");
        check(|| redirecting(served.clone()), &portal("http://192.168.4.1/"), "apple.probe.after-redirect");
    }
    for status in ["305 Use Proxy", "407 Proxy Authentication Required"] {
        let served = reply(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        check(|| Portal::always(served.clone()), &Verdict::NotCaptive, "apple.probe.proxy");
    }
    let odd = reply("HTTP/1.1 308 Odd\r\nLocation: http://192.168.4.1/\r\n\r\n");
    check(|| Portal::always(odd.clone()), &portal(PROBE_URL), "apple.probe.odd-redirect");
}

#[test]
fn only_the_exact_title_is_success_whatever_the_status() {
    let titled =
        |status: &str, title: &str| reply(&format!("HTTP/1.1 {status}\r\n\r\n<title>{title}</title>Success"));
    check(|| Portal::always(reply(SUCCESS)), &Verdict::Online, "apple.probe.success");
    check(|| Portal::always(titled("404 No", "Success")), &Verdict::Online, "apple.probe.success");
    for title in ["success", " Success", "Success!", "Setup Success", "", "<b>Success</b>"] {
        check(|| Portal::always(titled("200 OK", title)), &portal(PROBE_URL), "apple.probe.page");
    }
    let body = reply("HTTP/1.1 200 OK\r\n\r\n<body>Success</body>");
    check(|| Portal::always(body.clone()), &portal(PROBE_URL), "apple.probe.page");
    check(|| redirecting(reply(SUCCESS)), &Verdict::NotCaptive, "apple.probe.whitelist");
}

#[test]
fn success_behind_redirects_counts_if_they_lead_back() {
    let seen = Rc::new(Cell::new(0));
    let model = "ios-18";
    let mut conversation = Conversation::begin(
        model,
        Portal::by_request(move |request| {
            seen.set(seen.get() + 1);
            match (request.contains("Host: 192.168.4.1"), seen.get()) {
                (true, _) => reply(&REDIRECT.replace("http://192.168.4.1/", PROBE_URL)),
                (false, 1) => reply(REDIRECT),
                (false, _) => reply(SUCCESS),
            }
        }),
    );
    conversation.run_until(1.0);
    assert_eq!(conversation.last_verdict(), (Verdict::Online, "apple.probe.success"));
}

#[test]
fn six_redirects_are_followed_and_no_more() {
    let count = Rc::new(Cell::new(0));
    let chain = |length: u32| {
        let count = Rc::clone(&count);
        count.set(0);
        Portal::by_request(move |_| {
            count.set(count.get() + 1);
            let next = format!("http://192.168.4.1/{}", count.get());
            if count.get() <= length {
                reply(&REDIRECT.replace("http://192.168.4.1/", &next))
            } else {
                reply(PAGE)
            }
        })
    };
    let six = join("ios-18", chain(6));
    assert_eq!(six.last_verdict(), (portal("http://192.168.4.1/6"), "apple.probe.page"));
    assert_eq!(six.requests().len(), 7);
    let seven = join("ios-18", chain(7));
    assert_eq!(seven.last_verdict(), (portal("http://192.168.4.1/6"), "apple.probe.too-many-redirects"));
    assert_eq!(seven.requests().len(), 7);
}

#[test]
fn a_body_that_does_not_end_is_a_portal_after_131072_bytes() {
    let endless = |bytes: usize| {
        let mut reply = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        reply.resize(reply.len() + bytes, b'x');
        Served::ReplyAndHang(reply)
    };
    check(|| Portal::always(endless(131_073)), &portal(PROBE_URL), "apple.probe.long-body");
    check(|| Portal::always(endless(131_072)), &Verdict::Inconclusive, "apple.probe.timeout");
}

#[test]
fn a_redirect_to_https_ends_at_the_certificate() {
    let secure = reply(&REDIRECT.replace("http://", "https://"));
    let tls = |served: Served| Portal::always(secure.clone()).with_tls(served);
    check(|| tls(Served::Untrusted), &portal("https://192.168.4.1/"), "apple.probe.tls");
    check(|| tls(Served::Refused), &Verdict::Inconclusive, "apple.probe.refused-later");
}

#[test]
fn refused_is_final_and_everything_else_is_tried_ten_times() {
    for (served, requests, rule) in [
        (Served::Refused, 1, "apple.probe.refused"),
        (Served::Reset, 11, "apple.probe.retries-spent"),
        (Served::Unreachable, 11, "apple.probe.retries-spent"),
        (reply(""), 11, "apple.probe.retries-spent"),
        (reply("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), 11, "apple.probe.retries-spent"),
        (reply("no HTTP at all"), 1, "apple.probe.not-http"),
        (Served::Silence, 1, "apple.probe.timeout"),
        (Served::NoConnection, 1, "apple.probe.timeout"),
    ] {
        for model in ALL {
            let conversation = join(model, Portal::always(served.clone()));
            assert_eq!(conversation.last_verdict(), (Verdict::Inconclusive, rule), "{served:?}");
            assert_eq!(conversation.requests().len(), requests, "{served:?}");
            assert!(conversation.sheet().is_none());
        }
    }
}

#[test]
fn retries_come_after_a_tenth_of_a_second_and_slowly_later() {
    let conversation = join("ios-14", Portal::always(Served::Refused).with_dns(Dns::NoSuchName));
    let moments: Vec<_> = conversation.datagrams().into_iter().map(|(when, _)| when).collect();
    let gaps: Vec<_> = moments.windows(2).map(|pair| (pair[1] - pair[0]).as_millis() / 100).collect();
    assert_eq!(gaps, [1, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_probe_ends_after_40_seconds() {
    for (served, dns) in [(Served::Silence, Dns::Wildcard(super::AP)), (reply(PAGE), Dns::Silent)] {
        let mut conversation = Conversation::begin("ios-18", Portal::always(served).with_dns(dns));
        conversation.run_until(39.99);
        assert_eq!(conversation.verdicts().len(), 0);
        conversation.run_until(40.0);
        assert_eq!(conversation.last_verdict(), (Verdict::Inconclusive, "apple.probe.timeout"));
        // Then the network is used, and probed again like one that is online.
        conversation.run_until(340.1);
        assert_eq!(conversation.datagrams().iter().filter(|(when, _)| *when >= at(339.9)).count(), 2);
    }
}

#[test]
fn the_sheet_opens_by_itself_and_where_depends_on_the_version() {
    let sheet = |model| join(model, redirecting(reply(PAGE))).sheet().unwrap();
    let (when, url, rule) = sheet("ios-14");
    assert_eq!((url.as_str(), rule), (PROBE_URL, "apple.sheet.probe-url"));
    assert!(when < at(0.1));
    for (model, expected) in [("ios-16", "apple.sheet.url-15-to-17"), ("ios-18", "apple.sheet.redirect-url")]
    {
        let (_, url, rule) = sheet(model);
        assert_eq!((url.as_str(), rule), ("http://192.168.4.1/", expected));
    }
}

/// A phone that came onto the network in this way, a minute later.
fn joined_by(model: &str, joins_by: JoinsBy) -> Conversation {
    let options = Options { joins_by, ..Options::default() };
    let mut conversation = Conversation::begin_with(model, redirecting(reply(PAGE)), options);
    conversation.run_until(60.0);
    conversation
}

#[test]
fn after_the_camera_the_sheet_waits_for_a_networking_app() {
    for model in ["ios-14", "ios-18", "ios-26", "ios-26.6", "ios-27"] {
        for joins_by in [JoinsBy::Camera, JoinsBy::Automatically] {
            let mut conversation = joined_by(model, joins_by);
            assert!(conversation.last_verdict().0.is_portal(), "{model}");
            assert_eq!(conversation.sheet(), None, "{model} {joins_by:?}");
            assert_eq!(conversation.count(|output| matches!(output, Output::SheetWaits { .. })), 1);
            conversation.run_until(145.0);
            assert_eq!(conversation.sheet(), None, "{model} {joins_by:?}");

            conversation.owner(OwnerAction::OpensNetworkingApp);
            assert_eq!(conversation.sheet().unwrap().0, at(145.0));
            assert!(conversation.saw(&Output::SheetButton(Button::Cancel)));
            assert_eq!(probes(&conversation).len(), 2, "it is not asked again for that");
            conversation.owner(OwnerAction::OpensNetworkingApp);
            assert_eq!(conversation.count(|output| matches!(output, Output::SheetOpened { .. })), 1);
        }
        let settings = joined_by(model, JoinsBy::Settings);
        assert!(settings.sheet().unwrap().0 < at(0.1), "{model}");
        assert_eq!(settings.count(|output| matches!(output, Output::SheetWaits { .. })), 0);
    }
}

#[test]
fn a_networking_app_that_is_in_front_before_the_verdict_brings_the_sheet_at_once() {
    let options = Options { joins_by: JoinsBy::Camera, ..Options::default() };
    let mut conversation = Conversation::begin_with("ios-26", redirecting(reply(PAGE)), options);
    conversation.owner(OwnerAction::OpensNetworkingApp);
    conversation.run_until(1.0);
    assert!(conversation.sheet().unwrap().0 < at(0.1));
}

#[test]
fn a_sheet_that_waits_is_forgotten_with_the_network() {
    let mut conversation = joined_by("ios-26", JoinsBy::Camera);
    conversation.tell(Input::Left);
    conversation.owner(OwnerAction::OpensNetworkingApp);
    assert_eq!(conversation.sheet(), None);
    // The camera is in front again.
    conversation.tell(Input::Joined(super::LINK));
    conversation.run_until(120.0);
    assert_eq!(conversation.sheet(), None);
}

#[test]
fn nobody_but_apple_minds_what_is_in_front() {
    let options = Options { joins_by: JoinsBy::Camera, ..Options::default() };
    let mut conversation = Conversation::begin_with("android-14", redirecting(reply(PAGE)), options);
    conversation.run_until(60.0);
    assert_eq!(conversation.count(|output| matches!(output, Output::Notify { .. })), 1);
}

/// A portal that turns to the internet once told so, and the switch.
fn switchable() -> (Portal, Rc<Cell<bool>>) {
    let online = Rc::new(Cell::new(false));
    let switch = Rc::clone(&online);
    (Portal::by_request(move |_| if online.get() { reply(SUCCESS) } else { reply(PAGE) }), switch)
}

fn probes(conversation: &Conversation) -> Vec<Instant> {
    conversation.requests().into_iter().map(|(when, _)| when).collect()
}

#[test]
fn a_page_load_repeats_the_probe_and_success_turns_cancel_to_done() {
    let (portal, switch) = switchable();
    let mut conversation = join("ios-17", portal);
    assert!(conversation.saw(&Output::SheetButton(Button::Cancel)));
    conversation.owner(OwnerAction::PageStarted { url: PROBE_URL });
    conversation.run_until(61.0);
    assert_eq!(probes(&conversation).len(), 1);
    conversation.page_finished();
    conversation.run_until(62.0);
    assert_eq!(probes(&conversation).len(), 2);
    assert!(!conversation.saw(&Output::SheetButton(Button::Done)));
    conversation.owner(OwnerAction::Done);
    assert!(matches!(conversation.findings().as_slice(), [Finding::NothingToPress("Done")]));

    switch.set(true);
    conversation.page_finished();
    conversation.run_until(63.0);
    assert!(conversation.saw(&Output::SheetButton(Button::Done)));
    conversation.owner(OwnerAction::Done);
    assert!(conversation.saw(&Output::SheetClosed { why: SheetClosed::Done }));
    assert_eq!(conversation.count(|output| matches!(output, Output::Left { .. })), 0);
    conversation.run_until(1000.0);
    assert_eq!(probes(&conversation).len(), 3 + 3, "maintained every 300 s");
    assert_eq!(conversation.count(|output| matches!(output, Output::SheetOpened { .. })), 1);
}

#[test]
fn pages_that_finish_while_a_probe_runs_cause_one_more() {
    let mut conversation = join("ios-18", Portal::always(reply(PAGE)));
    (0..5).for_each(|_| conversation.page_finished());
    conversation.run_until(61.0);
    assert_eq!(probes(&conversation).len(), 1 + 2);
}

#[test]
fn cancel_leaves_and_without_internet_stays_unprobed() {
    let mut conversation = join("ios-18", Portal::always(reply(PAGE)));
    conversation.owner(OwnerAction::Cancel);
    assert!(conversation.saw(&Output::SheetClosed { why: SheetClosed::Cancelled }));
    assert!(conversation.saw(&Output::Left { why: Departure::SheetCancelled }));
    assert_eq!(conversation.phone.poll_timeout(), None);

    let mut conversation = join("ios-18", Portal::always(reply(PAGE)));
    conversation.owner(OwnerAction::UseAsIs);
    assert!(conversation.saw(&Output::SheetClosed { why: SheetClosed::UsedAsIs }));
    assert_eq!(conversation.count(|output| matches!(output, Output::Left { .. })), 0);
    assert_eq!(conversation.phone.poll_timeout(), None);
}

#[test]
fn a_lost_network_closes_the_sheet() {
    let mut conversation = join("ios-18", Portal::always(reply(PAGE)));
    conversation.page_finished();
    conversation.tell(Input::Left);
    assert!(conversation.saw(&Output::SheetClosed { why: SheetClosed::NetworkLost }));
    assert_eq!(conversation.phone.poll_timeout(), None);
}

#[test]
fn a_portal_found_later_opens_no_sheet() {
    let (portal, switch) = switchable();
    switch.set(true);
    let mut conversation = join("ios-18", portal);
    assert_eq!(conversation.last_verdict().0, Verdict::Online);
    switch.set(false);
    conversation.run_until(400.0);
    assert!(conversation.last_verdict().0.is_portal() && conversation.sheet().is_none());
}

#[test]
fn a_redirect_to_a_host_that_cannot_be_asked_ends_without_a_loop() {
    for location in ["http://[fe80::1]/", "http://a..b/"] {
        let portal = Portal::always(reply(&REDIRECT.replace("http://192.168.4.1/", location)));
        let conversation = join("ios-18", portal);
        assert_eq!(conversation.last_verdict().0, Verdict::Inconclusive, "{location}");
    }
}

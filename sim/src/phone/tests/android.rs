//! Android's verdicts and timeouts, against the table of `clients`: every reply and its broken twin.

use std::net::Ipv4Addr;

use vestibule_core::Instant;

use super::super::{Exchange, Input, Options, Output, Progress, Verdict};
use super::at;
use super::conversation::{Conversation, Portal, Served, reply};
use super::dns::Dns;

const ALL: [&str; 6] = ["android-10", "android-11", "android-12", "android-13", "android-14", "android-15"];
const PROBE_URL: &str = "http://connectivitycheck.gstatic.com/generate_204";
const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";

fn portal(url: &str) -> Verdict {
    Verdict::Portal { url: url.to_owned() }
}

fn first_verdict(model: &str, portal: Portal) -> (Instant, Verdict, &'static str) {
    let mut conversation = Conversation::begin(model, portal);
    conversation.run_until(100.0);
    let (when, verdict, rule) = conversation.verdicts().remove(0);
    (when, verdict, rule.id)
}

/// What each release makes of a portal that answers everything alike.
fn check(served: &Served, expected: &Verdict, rule: &str) {
    for model in ALL {
        let (_, verdict, decided) = first_verdict(model, Portal::always(served.clone()));
        assert_eq!((&verdict, decided), (expected, rule), "{model} {served:?}");
    }
}

#[test]
fn an_absolute_redirect_is_a_portal_at_once_and_a_relative_one_too() {
    for model in ALL {
        let (when, verdict, _) = first_verdict(model, Portal::always(reply(REDIRECT)));
        let own = if model == "android-10" { PROBE_URL } else { "http://192.168.4.1/" };
        assert_eq!(verdict, portal(own), "{model}");
        assert!(when < at(0.1), "{model} {when:?}");
    }
    for location in ["/", "//192.168.4.1/", "192.168.4.1", "portal://192.168.4.1/", "http://", ""] {
        let relative = reply(&REDIRECT.replace("http://192.168.4.1/", location));
        check(&relative, &portal(PROBE_URL), "android.probe.portal");
    }
}

#[test]
fn a_location_of_any_known_scheme_and_port_is_the_sign_in_page() {
    for location in
        ["ftp://192.168.4.1/", "file:///sdcard/", "http://192.168.4.1:99999/", "HTTP://192.168.4.1/"]
    {
        let served = reply(&REDIRECT.replace("http://192.168.4.1/", location));
        let (_, verdict, _) = first_verdict("android-15", Portal::always(served.clone()));
        assert_eq!(verdict, portal(location));
    }
    let bad = reply(&REDIRECT.replace("http://192.168.4.1/", "http://192.168.4.1:setup/"));
    check(&bad, &portal(PROBE_URL), "android.probe.portal");
}

#[test]
fn a_folded_location_is_none_and_of_two_the_last_counts() {
    let folded = reply(&REDIRECT.replace("Location: ", "Location:\r\n "));
    check(&folded, &portal(PROBE_URL), "android.probe.portal");
    let twice = reply(&REDIRECT.replace("Content", "Location: http://192.168.4.1/b\r\nContent"));
    assert_eq!(first_verdict("android-15", Portal::always(twice)).1, portal("http://192.168.4.1/b"));
}

#[test]
fn a_page_is_a_portal_and_an_empty_one_is_not() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let sized = |length: usize| reply(&format!("{ok}Content-Length: {length}\r\n\r\n{}", "x".repeat(length)));
    check(&sized(5), &portal(PROBE_URL), "android.probe.portal");
    check(&sized(4), &Verdict::NoInternet, "android.probe.short-body");
    check(&sized(0), &Verdict::NoInternet, "android.probe.short-body");
    check(&reply(&format!("{ok}\r\nx")), &portal(PROBE_URL), "android.probe.portal");
    check(&reply(&format!("{ok}\r\n")), &Verdict::NoInternet, "android.probe.no-body");
    let chunked = format!("{ok}Transfer-Encoding: chunked\r\n\r\n");
    check(&reply(&format!("{chunked}1\r\nx\r\n0\r\n\r\n")), &portal(PROBE_URL), "android.probe.portal");
    check(&reply(&format!("{chunked}0\r\n\r\n")), &Verdict::NoInternet, "android.probe.no-body");
    // Awaiting the first byte of a body may fail without changing the status that was read.
    let cut = Served::ReplyAndReset(format!("{ok}\r\n").into_bytes());
    check(&cut, &portal(PROBE_URL), "android.probe.broken-body");
}

#[test]
fn other_statuses_are_failures_and_204_is_partial_without_https() {
    for status in [
        "404 Not Found",
        "400 Bad",
        "403 Forbidden",
        "503 No",
        "511 Network Authentication Required",
        "103 Go",
    ] {
        let served = reply(&format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nsetup"));
        check(&served, &Verdict::NoInternet, "android.probe.other-status");
    }
    check(&reply("HTTP/1.1 204 No Content\r\n\r\n"), &Verdict::Partial, "android.partial");
    check(&reply("HTTP/1.0 204 No Content\n\n"), &Verdict::Partial, "android.partial");
    for status in ["201 Created", "304 Not Modified", "399 Odd"] {
        let served = reply(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        check(&served, &portal(PROBE_URL), "android.probe.portal");
    }
}

#[test]
fn without_a_reply_there_is_no_internet() {
    for served in [
        Served::Refused,
        Served::Unreachable,
        Served::Reset,
        Served::Silence,
        Served::NoConnection,
        reply("<html>no HTTP</html>"),
        reply("HTTP/1.1 302 Found\r\nLocation: http"),
        reply(""),
    ] {
        check(&served, &Verdict::NoInternet, "android.probe.no-reply");
    }
}

#[test]
fn a_204_over_https_is_online_and_a_certificate_nobody_has_is_not() {
    let no_content = reply("HTTP/1.1 204 No Content\r\n\r\n");
    for model in ALL {
        let internet = Portal::always(no_content.clone()).with_tls(no_content.clone());
        assert_eq!(first_verdict(model, internet).1, Verdict::Online);
        let forger = Portal::always(no_content.clone()).with_tls(Served::Untrusted);
        assert_eq!(first_verdict(model, forger).1, Verdict::Partial);
    }
}

#[test]
fn ten_seconds_of_silence_end_a_connection_and_ten_seconds_of_trickle_do_not() {
    let silent = || Portal::always(Served::Silence).with_tls(Served::NoConnection);
    let mut conversation = Conversation::begin("android-14", silent());
    conversation.run_until(8.0);
    let id = conversation.stream().unwrap();
    let say = |conversation: &mut Conversation, piece: &[u8]| {
        conversation.tell(Input::Exchange { id, progress: Progress::Received(piece) });
    };
    say(&mut conversation, b"HTTP/1.1 302 Found\r\n");
    conversation.run_until(16.0);
    say(&mut conversation, b"Location: http://192.168.4.1/\r\n\r\n");
    assert_eq!(conversation.last_verdict().0, portal("http://192.168.4.1/"));

    let mut conversation = Conversation::begin("android-14", silent());
    conversation.run_until(8.0);
    say(&mut conversation, b"HTTP/1.1 302 Found\r\n");
    conversation.run_until(18.1);
    assert_eq!(conversation.last_verdict(), (Verdict::NoInternet, "android.probe.no-reply"));
}

#[test]
fn a_silent_443_does_not_delay_a_portal_but_delays_everything_else() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.";
    for model in ALL {
        let slow = || Portal::always(reply(page)).with_tls(Served::NoConnection);
        assert!(first_verdict(model, slow()).0 < at(0.1));
        let missing = || Portal::always(reply("HTTP/1.1 404 No\r\n\r\n"));
        assert!(first_verdict(model, missing()).0 < at(0.1));
        // 10 s until the connection attempt to 443 is given up, after the lookup.
        let (when, ..) = first_verdict(model, missing().with_tls(Served::NoConnection));
        assert!(when > at(10.0) && when < at(10.1), "{when:?}");
    }
}

#[test]
fn the_fallback_comes_after_three_seconds_and_counts_only_as_a_portal() {
    let answer_fallback = |fallback: &'static str| {
        Portal::by_request(move |request| {
            if request.contains("connectivitycheck") { Served::Silence } else { reply(fallback) }
        })
        .with_tls(Served::NoConnection)
    };
    for model in ALL {
        let mut conversation = Conversation::begin(model, answer_fallback(REDIRECT));
        conversation.run_until(2.99);
        assert_eq!(conversation.requests().len(), 1);
        conversation.run_until(5.0);
        let fallback = &conversation.requests()[1];
        assert!(
            fallback.1.starts_with("GET /gen_204 HTTP/1.1") && fallback.1.contains("Host: www.google.com")
        );
        assert!(fallback.0 > at(3.0) && fallback.0 < at(3.1));
        let (when, verdict, _) = conversation.verdicts().remove(0);
        assert!(verdict.is_portal() && when < at(3.1));

        let (when, verdict, _) = first_verdict(model, answer_fallback("HTTP/1.1 204 No\r\n\r\n"));
        let counts = matches!(model, "android-10" | "android-11");
        assert_eq!(verdict, if counts { Verdict::Partial } else { Verdict::NoInternet }, "{model}");
        assert!(when > at(10.0));
    }
}

#[test]
fn later_fallbacks_are_drawn_from_the_seed() {
    let hosts = |seed| {
        let portal = Portal::always(reply("HTTP/1.1 404 No\r\n\r\n"));
        let mut conversation = Conversation::begin("android-14", portal);
        conversation.phone = super::super::by_id("android-14").unwrap().new_checker(seed);
        conversation.seen.clear();
        conversation.tell(super::super::Input::Joined(super::LINK));
        conversation.run_until(600.0);
        let fallback = |(_, request): (Instant, String)| {
            (!request.contains("connectivitycheck")).then(|| request.contains("play.googleapis.com"))
        };
        conversation.requests().into_iter().filter_map(fallback).collect::<Vec<_>>()
    };
    let first = hosts(1);
    assert!(first.len() > 8 && !first[0] && first.contains(&true) && first[1..].contains(&false));
    assert_eq!(first, hosts(1));
    assert!((2..20).any(|seed| hosts(seed) != first));
}

#[test]
fn failures_are_repeated_after_1_2_4_seconds_up_to_ten_minutes() {
    let portal = Portal::always(reply("HTTP/1.1 503 No\r\n\r\n"));
    let mut conversation = Conversation::begin("android-14", portal);
    conversation.run_until(4000.0);
    let moments: Vec<_> = conversation.verdicts().into_iter().map(|(when, ..)| when).collect();
    let gaps: Vec<_> = moments.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(gaps, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600]);
}

#[test]
fn a_portal_is_checked_again_after_ten_minutes_and_notified_once() {
    let mut conversation = Conversation::begin("android-14", Portal::always(reply(REDIRECT)));
    conversation.run_until(1900.0);
    let moments: Vec<_> = conversation.verdicts().into_iter().map(|(when, ..)| when).collect();
    let gaps: Vec<_> = moments.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(gaps, [600, 600, 600]);
    assert_eq!(conversation.count(|output| matches!(output, Output::Notify { .. })), 1);
}

#[test]
fn the_private_address_rule_is_an_option_from_11_on() {
    let options = Options { private_address_is_no_internet: true, ..Options::default() };
    let join = |model, options, address| {
        let portal = Portal::always(reply(REDIRECT)).with_dns(Dns::Wildcard(address));
        let mut conversation = Conversation::begin_with(model, portal, options);
        conversation.run_until(0.5);
        (conversation.last_verdict(), conversation.requests().len())
    };
    let public = Ipv4Addr::new(4, 3, 2, 1);
    for address in [super::AP, Ipv4Addr::new(169, 254, 1, 1), Ipv4Addr::new(10, 0, 0, 1)] {
        for model in &ALL[1..] {
            let ((verdict, rule), requests) = join(model, options.clone(), address);
            assert_eq!((verdict, rule, requests), (Verdict::NoInternet, "android.probe.private-address", 0));
            assert!(join(model, Options::default(), address).0.0.is_portal());
        }
        assert!(join("android-10", options.clone(), address).0.0.is_portal());
    }
    assert!(join("android-14", options, public).0.0.is_portal());
}

#[test]
fn https_is_asked_of_google_beside_http() {
    let mut conversation = Conversation::begin("android-14", Portal::always(reply(REDIRECT)));
    conversation.run_until(1.0);
    let tls = conversation.count(|output| {
        matches!(output, Output::Open { exchange: Exchange::Tls { server_name, to, .. }, .. }
            if server_name == "www.google.com" && to.port() == 443)
    });
    assert_eq!(tls, 1);
}

#[test]
fn eight_seconds_without_internet_bring_the_question_whether_to_stay() {
    let asked = |model, portal| {
        let mut conversation = Conversation::begin(model, portal);
        conversation.run_until(7.99);
        let early = conversation.count(|output| matches!(output, Output::AskToStay { .. }));
        conversation.run_until(60.0);
        (early, conversation.count(|output| matches!(output, Output::AskToStay { .. })))
    };
    for model in ALL {
        assert_eq!(asked(model, Portal::always(reply("HTTP/1.1 404 No\r\n\r\n"))), (0, 1));
        assert_eq!(asked(model, Portal::always(Served::NoConnection)), (0, 1));
        assert_eq!(asked(model, Portal::always(reply(REDIRECT))), (0, 0));
    }
}

#[test]
fn a_port_443_that_accepts_and_says_nothing_costs_10_seconds() {
    let no_content = reply("HTTP/1.1 204 No Content\r\n\r\n");
    for (model, expected) in [("android-14", Verdict::Partial), ("android-9", Verdict::NoInternet)] {
        let (when, verdict, _) =
            first_verdict(model, Portal::always(no_content.clone()).with_tls(Served::NoConnection));
        assert_eq!(verdict, expected, "{model}");
        assert!((10.0..10.5).contains(&(when - at(0.0)).as_secs_f64()), "{model}: {when:?}");
    }
}

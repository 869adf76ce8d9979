//! What computers show of a portal, and where their checks differ from the phones'.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::{Exchange, Output, OwnerAction, Presents, Verdict, by_id};
use super::conversation::{Conversation, Portal, Served, reply};

const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.";

fn portal() -> Portal {
    Portal::by_request(|request| reply(if request.contains("Host: 192.168.4.1") { PAGE } else { REDIRECT }))
}

fn judged(model: &str, served: &str) -> (Verdict, &'static str) {
    judged_by(model, Portal::always(reply(served)))
}

fn judged_by(model: &str, portal: Portal) -> (Verdict, &'static str) {
    let mut conversation = Conversation::begin(model, portal);
    conversation.run_until(2.5);
    let (_, verdict, rule) = conversation.verdicts().remove(0);
    (verdict, rule.id)
}

fn pages_opened(conversation: &Conversation) -> usize {
    conversation.count(|output| matches!(output, Output::SheetOpened { .. }))
}

fn notifications(conversation: &Conversation) -> usize {
    conversation.count(|output| matches!(output, Output::Notify { .. }))
}

#[test]
fn the_desktops_of_linux_bring_their_owners_to_the_portal() {
    for (model, presents, page) in [
        ("nm-gnome-46", Presents::Browser, "http://nmcheck.gnome.org/check_network_status.txt"),
        ("nm-ubuntu-24.04", Presents::Browser, "http://connectivity-check.ubuntu.com/"),
        ("nm-gnome", Presents::BrowserOnTap, "http://nmcheck.gnome.org/check_network_status.txt"),
        ("nm-fedora", Presents::BrowserOnTap, "http://fedoraproject.org/static/hotspot.txt"),
        ("nm-debian", Presents::BrowserOnTap, "http://network-test.debian.org/nm"),
        ("nm-fedora-kde", Presents::BrowserOnTap, "http://networkcheck.kde.org/"),
        ("nm-phosh", Presents::BrowserOnTap, "http://network-test.debian.org/nm"),
        ("nm-elementary", Presents::Browser, "http://capnet.elementary.io/"),
    ] {
        assert_eq!(by_id(model).unwrap().presents, presents, "{model}");
        let mut conversation = Conversation::begin(model, portal());
        conversation.run_until(5.0);
        let by_itself = presents == Presents::Browser;
        assert_eq!(notifications(&conversation), usize::from(!by_itself), "{model}");
        if !by_itself {
            assert!(conversation.sheet().is_none(), "{model}");
            conversation.owner(OwnerAction::TapNotification);
        }
        assert_eq!(conversation.sheet().unwrap().1, page, "{model}");
        // Closed, and still a portal 5 minutes later: nothing comes again.
        conversation.owner(OwnerAction::Cancel);
        conversation.run_until(700.0);
        assert!(conversation.verdicts().len() > 2, "{model}");
        assert_eq!((pages_opened(&conversation), notifications(&conversation)), (1, usize::from(!by_itself)));
    }
}

#[test]
fn gnomes_portal_helper_has_the_network_checked_again_and_goes_when_there_is_internet() {
    let mut signed_in = false;
    let mut asked = 0;
    let mut conversation = Conversation::begin(
        "nm-gnome-46",
        Portal::by_request(move |_| {
            asked += 1;
            signed_in |= asked > 1;
            reply(if signed_in { "HTTP/1.1 200 OK\r\n\r\nNetworkManager is online\n" } else { REDIRECT })
        }),
    );
    conversation.run_until(5.0);
    assert_eq!((conversation.verdicts().len(), pages_opened(&conversation)), (1, 1));
    conversation.owner(OwnerAction::PageStarted { url: "http://192.168.4.1/" });
    conversation.run_until(6.0);
    assert_eq!(conversation.last_verdict().0, Verdict::Online);
    assert_eq!(conversation.count(|output| matches!(output, Output::SheetClosed { .. })), 1);
}

#[test]
fn networkmanager_does_not_look_at_the_status_of_an_expected_body() {
    for status in ["404 Not Found", "511 Network Authentication Required", "302 Found", "200 OK"] {
        let served = format!("HTTP/1.1 {status}\r\nContent-Length: 25\r\n\r\nNetworkManager is online\n");
        assert_eq!(judged("nm-gnome", &served), (Verdict::Online, "nm.probe.success"), "{status}");
        let served = format!("HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\nOK\n");
        assert_eq!(judged("nm-fedora", &served), (Verdict::Online, "nm.probe.success"), "{status}");
        assert_eq!(judged("nm-gnome", &served).1, "nm.probe.portal", "{status}");
    }
    // Where nothing is expected, the status counts.
    assert_eq!(judged("nm-ubuntu", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").1, "nm.probe.portal");
}

#[test]
fn chromeos_is_online_by_both_checks_and_by_neither_alone() {
    let success = "HTTP/1.1 204 No Content\r\n\r\n";
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let missing = (Verdict::NoInternet, "chromeos.https-missing");
    for served in [success, empty] {
        assert_eq!(judged("chromeos", served), missing);
        let genuine = Portal::always(reply(served)).with_tls(reply(success));
        assert_eq!(judged_by("chromeos", genuine), (Verdict::Online, "chromeos.https"));
    }
    let alone = Portal::always(reply("HTTP/1.1 404 No\r\n\r\n")).with_tls(reply(success));
    assert_eq!(judged_by("chromeos", alone), (Verdict::NoInternet, "chromeos.probe.failure"));
    let refused = Portal::always(Served::Refused).with_tls(reply(success));
    assert_eq!(judged_by("chromeos", refused), (Verdict::NoInternet, "chromeos.probe.no-reply"));
}

#[test]
fn chromeos_reads_the_length_before_the_bytes() {
    let judged = |length: &str| judged("chromeos", &format!("HTTP/1.1 200 OK\r\n{length}\r\n<p>Setup."));
    assert_eq!(judged("Content-Length: invalid\r\n"), (Verdict::NoInternet, "chromeos.probe.bad-length"));
    assert_eq!(judged("Content-Length: -1\r\n").1, "chromeos.probe.bad-length");
    assert_eq!(judged("Content-Length: 1\r\n").1, "chromeos.https-missing");
    assert_eq!(judged("Content-Length: 9\r\n").1, "chromeos.probe.suspected");
    assert_eq!(judged("").1, "chromeos.probe.suspected");
}

#[test]
fn chromeos_waits_a_minute_at_most() {
    let mut conversation = Conversation::begin("chromeos", Portal::always(Served::Refused));
    conversation.run_until(400.0);
    let moments: Vec<_> = conversation.verdicts().into_iter().map(|(when, ..)| when).collect();
    let gaps: Vec<_> = moments.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(gaps[..7], [3, 6, 12, 24, 48, 60, 60]);
}

#[test]
fn firefox_takes_another_2xx_for_a_portals_from_155_on() {
    for status in ["201 Created", "204 No Content", "205 Reset Content"] {
        let served = format!("HTTP/1.1 {status}\r\n\r\n");
        let (verdict, rule) = judged("firefox-155", &served);
        assert!(verdict.is_portal() && rule == "firefox.probe.other-2xx", "{status} {rule}");
        assert_eq!(judged("firefox", &served), (Verdict::Inconclusive, "firefox.probe.error"), "{status}");
    }
    for served in [REDIRECT, PAGE, "HTTP/1.1 511 No\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n"] {
        assert_eq!(judged("firefox-155", served), judged("firefox", served));
    }
}

/// A service of its own asks it: a portal that dies of it does so whenever that is, and not only if the check is slower.
#[test]
fn what_firefox_asks_beside_its_check_outlives_the_verdict() {
    let beside = "GET /success.txt?ipv4 ";
    let portal = Portal::by_request(move |request| match request.starts_with(beside) {
        true => Served::Silence,
        false => reply(REDIRECT),
    });
    let mut conversation = Conversation::begin("firefox", portal);
    conversation.run_until(1.0);
    assert!(conversation.last_verdict().0.is_portal());
    let asked = conversation.seen.iter().find_map(|(_, output)| match output {
        Output::Open { id, exchange: Exchange::Stream { payload, .. } } => {
            payload.starts_with(beside.as_bytes()).then_some(*id)
        }
        _ => None,
    });
    let given_up = Output::Abandon(asked.expect("it is asked"));
    assert!(!conversation.saw(&given_up));
    conversation.run_until(6.0);
    assert!(conversation.saw(&given_up), "it does not wait for ever");
}

#[test]
fn chromium_gets_nothing_from_a_redirect_that_leads_nowhere() {
    let unfollowed = (Verdict::Inconclusive, "chromium.probe.unfollowed");
    let redirect = |location: &str| format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n");
    for location in
        ["http://192.168.4.1/", "/generate_204", "//192.168.4.1/", "ftp://192.168.4.1/", "setup:now"]
    {
        assert_eq!(judged("chromium", &redirect(location)), unfollowed, "{location}");
    }
    let mut conversation = Conversation::begin("chromium", Portal::always(reply(REDIRECT)));
    conversation.run_until(2.0);
    assert_eq!(conversation.requests().len(), 21, "twenty are followed");
    // One that can be followed is; one without a Location is a reply like any other.
    let relative = Portal::by_request(move |request| {
        reply(if request.starts_with("GET /setup ") {
            PAGE
        } else {
            "HTTP/1.1 302 Found\r\nLocation: /setup\r\n\r\n"
        })
    });
    assert_eq!(judged_by("chromium", relative).1, "chromium.probe.portal");
    assert_eq!(
        judged("chromium", "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhi").1,
        "chromium.probe.portal"
    );
}

#[test]
fn chromium_gets_nothing_from_a_body_that_is_not_the_gzip_it_claims_to_be() {
    let served = |body: &[u8]| {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
        judged_by("chromium", Portal::always(Served::Reply([head.as_bytes(), body].concat())))
    };
    assert_eq!(served(b"<p>Setup."), (Verdict::Inconclusive, "chromium.probe.undecodable"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"<p>Setup.").unwrap();
    let page = encoder.finish().unwrap();
    assert_eq!(served(&page).1, "chromium.probe.portal");
    assert_eq!(served(&page[..page.len() - 10]).1, "chromium.probe.portal", "cut short");
}

#[test]
fn harmonyos_wants_an_identifier_of_32_characters() {
    let success = "HTTP/1.1 204 No Content\r\nX-Hwcloud-ReqId: 1c1b92582ed841cbb98db15c7b9f592c\r\n\r\n";
    assert_eq!(judged("harmonyos-next", success), (Verdict::Online, "harmonyos.both"));
    for served in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No\r\nX-Hwcloud-ReqId: 12345\r\n\r\n"] {
        assert_eq!(judged("harmonyos-next", served), (Verdict::NoInternet, "harmonyos.probe.foreign-204"));
    }
    let first_alone = Portal::by_request(move |request| {
        reply(if request.contains("generate_204_") { success } else { "HTTP/1.1 404 No\r\n\r\n" })
    });
    assert_eq!(judged_by("harmonyos-next", first_alone), (Verdict::NoInternet, "harmonyos.one"));
    let genuine = Portal::always(reply("HTTP/1.1 404 No\r\n\r\n")).with_tls(reply("HTTP/1.1 204 No\r\n\r\n"));
    assert_eq!(judged_by("harmonyos-next", genuine), (Verdict::Online, "harmonyos.https"));
}

#[test]
fn harmonyos_takes_a_closing_200_for_a_failure_on_its_first_host_only() {
    let page = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n<p>Setup.";
    let portal = Verdict::Portal { url: "http://connectivitycheck.cbg-app.huawei.com/generate_204".into() };
    assert_eq!(judged("harmonyos-next", page), (portal, "harmonyos.probe.portal"));
    let first_alone = Portal::by_request(move |request| {
        reply(if request.contains("generate_204_") { page } else { "HTTP/1.1 404 No\r\n\r\n" })
    });
    assert_eq!(judged_by("harmonyos-next", first_alone), (Verdict::NoInternet, "harmonyos.probe.closes"));
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhey!";
    assert_eq!(judged("harmonyos-next", short), (Verdict::NoInternet, "harmonyos.probe.short"));
}

#[test]
fn harmonyos_asks_a_path_of_its_own_and_follows_a_relative_location_from_it() {
    let mut conversation = Conversation::begin(
        "harmonyos-next",
        Portal::always(reply("HTTP/1.1 302 Found\r\nLocation: setup\r\n\r\n")),
    );
    conversation.run_until(20.0);
    let first = conversation.requests().remove(0).1;
    assert!(first.starts_with("GET /generate_204_"), "{first}");
    assert!(first.contains("\r\nHost: connectivitycheck.platform.hicloud.com\r\nConnection: close\r\n"));
    let page = "http://connectivitycheck.platform.hicloud.com/setup";
    assert_eq!(conversation.verdicts()[0].1, Verdict::Portal { url: page.into() });
    let moments: Vec<_> = conversation.verdicts().into_iter().map(|(when, ..)| when).collect();
    assert_eq!((moments[1] - moments[0]).as_secs(), 15);
    let mut failing = Conversation::begin("harmonyos-next", Portal::always(Served::Refused));
    failing.run_until(20.0);
    let moments: Vec<_> = failing.verdicts().into_iter().map(|(when, ..)| when).collect();
    let gaps: Vec<_> = moments.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(gaps[..4], [1, 2, 4, 8]);
}

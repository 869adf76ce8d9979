//! The portal as a driver sees it, against a radio that only writes down what it is asked.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

mod alone;
mod api;
#[cfg(feature = "sealed-at-rest")]
mod at_rest;
mod bench;
mod commands;
mod crowd;
mod datagrams;
mod flash;
mod guard;
mod live;
mod named;
mod owner;
mod places;
mod policies;
mod radio;
mod ready;
#[cfg(feature = "sealed")]
mod sealed;
mod stored;

use super::*;
use crate::credentials::Store;
use crate::http::Transfer;
use crate::limits::{CLIENT_ID_BYTES, CONNECTIONS, JOIN_DELAY};
use crate::pages::CsrfToken;
use crate::{
    FrontEnd, JoinStage, MacAddress, Passphrase, Problem, Radio, RadioCapabilities, RadioCommand,
    ResultDelivery, ScanRecord, Security,
};
use bench::*;
use flash::Memory;

#[test]
fn a_fresh_device_opens_its_portal_and_sends_every_check_to_it() {
    let mut bench = Bench::new(Memory::new());
    assert_eq!(bench.commands(), ["scan"], "while it listens, it would serve nobody");
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["raise Lamp on 1"]);
    for host in ["connectivitycheck.gstatic.com", "captive.apple.com", "example.org", "10.0.0.1"] {
        let answer = bench.ask(&format!("GET /x?y HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(status(&answer), "302", "{host}");
        assert!(answer.contains("\r\nLocation: http://192.168.4.1/\r\n"), "{answer}");
        assert!(answer.contains("\r\nCache-Control: no-store\r\n"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())) && body.len() > 4);
    }
}

#[test]
fn the_access_point_starts_where_it_will_not_have_to_move() {
    let on = |configured: Option<u8>, heard: &[(&[u8], u8, i8)]| {
        let config = Config { channel: configured, ..Config::new(Ssid::new(b"Lamp").unwrap()) };
        let mut portal = Portal::new(config, Memory::new(), Zeros);
        let now = Instant::from_micros(0);
        portal.connect_or_setup(now);
        for (name, channel, signal) in heard {
            portal.handle_radio(
                RadioEvent::NetworkFound(ScanRecord {
                    ssid: Ssid::new(name).unwrap(),
                    bssid: MacAddress([2, 0, 0, 0, 0, 1]),
                    channel: *channel,
                    signal: *signal,
                    security: Security::Wpa2,
                }),
                now,
            );
        }
        portal.handle_radio(RadioEvent::ScanFinished, now);
        let mut notebook = Notebook::default();
        portal.drive_radio(&mut notebook);
        notebook.0.pop().unwrap()
    };
    assert_eq!(on(None, &[]), "raise Lamp on 1");
    assert_eq!(on(None, &[(b"Far", 3, -80), (b"Near", 9, -40)]), "raise Lamp on 9");
    assert_eq!(on(None, &[(b"Far", 3, -80), (b"Near", 13, -40)]), "raise Lamp on 3", "13 is not for all");
    assert_eq!(on(Some(6), &[(b"Near", 9, -40)]), "raise Lamp on 6", "the application has the last word");
}

#[test]
fn a_radio_that_never_ends_its_scan_does_not_keep_the_portal_shut() {
    let mut bench = Bench::new(Memory::new());
    bench.wait(Duration::from_secs(7));
    assert_eq!(bench.commands(), ["scan", "raise Lamp on 1"]);
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
}

#[test]
fn each_path_takes_its_methods_and_says_which() {
    let mut bench = Bench::open();
    for (request, wanted) in [
        ("GET /", "200"),
        ("HEAD /", "200"),
        ("POST /", "405"),
        ("DELETE /", "405"),
        // Who goes back after a refused form asks for its address.
        ("GET /setup", "302"),
        ("GET /rescan", "302"),
        ("PUT /setup", "405"),
        ("GET /setup?ssid=Home", "400"),
        ("POST /rescan", "403"),
        ("GET /api/networks", "200"),
        ("GET /api/access-points", "200"),
        ("HEAD /api/status", "200"),
        ("POST /api/status", "405"),
        ("DELETE /api/clear", "405"),
        ("GET /api/access-point", "405"),
        ("GET /favicon.ico", "404"),
        ("GET /wpad.dat", "404"),
        ("GET /anything", "302"),
    ] {
        let answer =
            bench.ask(&format!("{request} HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(status(&answer), wanted, "{request}: {answer}");
        assert_eq!(answer.contains("\r\nAllow: "), wanted == "405", "{request}");
    }
    let back = bench.ask("GET /setup HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    assert!(back.contains("\r\nLocation: http://192.168.4.1/\r\n"), "{back}");
    let wpad = bench.ask("GET /wpad.dat HTTP/1.1\r\nHost: wpad\r\n\r\n");
    assert_eq!(status(&wpad), "404");
}

#[test]
fn a_journey_commits_only_what_has_joined_and_tells_the_owner() {
    let mut bench = Bench::open();
    assert!(bench.get("/").contains("Home"));
    bench.commands();

    let answer = bench.submit(RIGHT);
    assert_eq!(status(&answer), "303");
    assert_eq!(bench.commands(), ["join Home"]);
    assert_eq!(bench.portal.state(), ProvisioningState::Joining);
    assert_eq!(bench.stored(), None, "not before it has joined");
    assert!(bench.get("/").contains("http-equiv=\"refresh\""));

    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.stored(), Some(Ssid::new(b"Home").unwrap()));
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
    assert_eq!(status(&bench.probe()), "302", "until the owner knows, the sheet must stay");

    assert!(bench.get("/").contains("192.168.1.77"));
    assert_eq!(bench.portal.state(), ProvisioningState::Closing);
    assert!(bench.events.contains(&Event::ResultDelivered(ON_THE_PAGE)));
    bench.commands();
    bench.wait(Duration::from_secs(31));
    assert_eq!(bench.portal.state(), ProvisioningState::Connected);
    assert_eq!(bench.commands(), ["drop"]);
    let home = bench.ask_on(Interface::Home, "GET / HTTP/1.1\r\nHost: lamp.local\r\n\r\n");
    assert!(home.contains("192.168.1.77"), "{home}");
    let setup =
        bench.ask_on(Interface::Home, "POST /setup HTTP/1.1\r\nHost: lamp\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(status(&setup), "404", "nobody on the home network sets it up");
}

/// Android's sign-in window closes itself when its check succeeds; Apple's sheet stays, and a phone
/// that comes back later must show it again.
#[test]
fn phones_are_let_go_where_that_does_not_take_the_result_off_the_screen() {
    const APPLE: &str = "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n\r\n";
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(status(&bench.ask(APPLE)), "302", "the owner has not seen it yet");
    bench.get("/");
    assert_eq!(status(&bench.probe()), "302");
    assert!(bench.ask(APPLE).contains("Success"));
    bench.wait(Duration::from_secs(4));
    assert_eq!(status(&bench.ask(APPLE)), "302");
    bench.get("/");
    assert!(bench.ask(APPLE).contains("Success"), "it was handed out again");
}

#[test]
fn a_phones_own_check_or_a_head_does_not_count_as_the_owner_reading_the_result() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.ask(
        "GET / HTTP/1.0\r\nHost: 192.168.4.1\r\nUser-Agent: CaptiveNetworkSupport-480.60.4 wispr\r\n\r\n",
    );
    bench.ask("HEAD / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
    bench.wait(Duration::from_secs(121));
    assert_eq!(bench.portal.state(), ProvisioningState::Connected, "it does not wait for ever");
}

#[test]
fn a_failure_is_told_and_leaves_what_was_stored() {
    let mut bench = Bench::open();
    bench.submit("ssid=Old&passphrase=older+secret");
    bench.radio(RadioEvent::Joined(HOME));
    let flash = bench.portal.flash_mut().clone();

    let mut bench = Bench::new(flash);
    assert_eq!(bench.commands(), ["join Old"], "after a power cut it joins what it knows");
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    bench.wait(Duration::from_secs(3));
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
    bench.submit(RIGHT);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);
    let page = bench.get("/");
    assert!(page.contains("role=\"alert\"") && page.contains("did not accept the password"), "{page}");
    assert!(!page.contains("correct horse"));
    assert_eq!(bench.stored(), Some(Ssid::new(b"Old").unwrap()));

    bench.commands();
    bench.wait(Duration::from_secs(61));
    assert_eq!(bench.commands(), ["join Old"], "the router may only have been slow");
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
}

/// A passphrase with letters that routers and keyboards write in different ways is tried, and only when that fails they
/// are named.
#[test]
fn a_passphrase_beyond_ascii_is_tried_and_named_where_it_fails() {
    for (passphrase, failure, names) in [
        ("s%C3%BC%C3%9Fes+Geheimnis", JoinFailure::WrongPassphrase, true),
        ("%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94", JoinFailure::Unknown, true),
        ("correct%C2%A0horse", JoinFailure::WrongPassphrase, true),
        ("correct+horse", JoinFailure::WrongPassphrase, false),
        ("s%C3%BC%C3%9Fes+Geheimnis", JoinFailure::NotFound, false),
    ] {
        let mut bench = Bench::open();
        assert_eq!(status(&bench.submit(&format!("network=486f6d65&passphrase={passphrase}"))), "303");
        bench.radio(RadioEvent::JoinFailed(failure));
        let page = bench.get("/");
        assert_eq!(
            page.contains("letters that routers and keyboards write in different ways"),
            names,
            "{page}"
        );
        assert!(page.contains("could not be joined"), "{page}");
        let notice = if names { Notice::NotAscii(failure) } else { Notice::Failed(failure) };
        assert_eq!(bench.portal.status().notice, Some(notice));
        let (told, (sentence, remedy)) = (bench.get("/api/status"), crate::pages::sentences(notice));
        assert!(told.contains(sentence) && told.contains(remedy), "a program is told the same: {told}");
        assert_eq!(told.contains("\"code\":\"passphrase-not-ascii\""), names, "{told}");
    }
    let mut bench = Bench::open();
    bench.submit("network=486f6d65&passphrase=s%C3%BC%C3%9Fes+Geheimnis");
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.stored(), Some(Ssid::new(b"Home").unwrap()), "it may well be right");
}

/// With more networks in sight than the list holds, the page says how many it leaves out.
#[test]
fn a_page_says_how_many_networks_it_leaves_out() {
    let mut bench = Bench::open();
    assert!(!bench.get("/").contains("left out as the weakest"));
    bench.portal.rescan(bench.now);
    for number in 0..50 {
        bench.hears_network(format!("Neighbour {number}").as_bytes(), Security::Wpa2);
    }
    bench.radio(RadioEvent::ScanFinished);
    assert!(bench.get("/").contains("left out as the weakest: 18."), "{}", bench.get("/"));
    assert_eq!(bench.portal.networks().left_out, 18);
    assert!(bench.get("/api/networks").contains(r#""left_out":18,"#));
    bench.portal.rescan(bench.now);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    assert!(!bench.get("/").contains("left out as the weakest"));
}

#[test]
fn a_join_that_never_reports_is_given_up() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.wait(Duration::from_secs(21));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed, "a report of what was given up");
    assert_eq!(bench.stored(), None);
}

#[test]
fn what_cannot_be_tried_is_refused_with_a_reason_and_nothing_is_stored() {
    let mut bench = Bench::open();
    bench.commands();
    let long = "x".repeat(33);
    for (form, problem) in [
        (String::new(), Problem::NoNetwork),
        ("passphrase=correct+horse".into(), Problem::NoNetwork),
        (format!("ssid={long}&passphrase=correct+horse"), Problem::NetworkNameTooLong),
        // 32 letters, but of two bytes each.
        (format!("ssid={}&passphrase=correct+horse", "%c3%a9".repeat(32)), Problem::NetworkNameTooLong),
        ("ssid=%ff%fe&passphrase=correct+horse".into(), Problem::NetworkNameNotText),
        ("network=4g&passphrase=correct+horse".into(), Problem::Unreadable),
        (
            "network=486f6d65&passphrase=seven77".into(),
            Problem::BadPassphrase(crate::BadPassphrase::TooShort),
        ),
        (
            format!("network=486f6d65&passphrase={}", "p".repeat(70)),
            Problem::BadPassphrase(crate::BadPassphrase::TooLong),
        ),
        ("network=486f6d65&passphrase=12345678%00abc".into(), Problem::PassphraseNotText),
        ("network=486f6d65&passphrase=%ff%ff%ff%ff%ff%ff%ff%ff".into(), Problem::PassphraseNotText),
        ("network=486f6d65&passphrase=".into(), Problem::PassphraseMissing),
        ("network=4f6666696365&passphrase=correct+horse".into(), Problem::Enterprise),
    ] {
        let answer = bench.submit(&form);
        assert_eq!(status(&answer), "400", "{form}");
        assert!(answer.contains("role=\"alert\""), "{form}: {answer}");
        let rejected = bench.events.iter().rev().find(|event| matches!(event, Event::Rejected(_)));
        assert_eq!(rejected, Some(&Event::Rejected(problem)), "{form}");
        bench.events.clear();
        assert!(bench.commands().is_empty(), "{form}");
    }
    let huge = "a".repeat(70_000);
    bench.portal.handle_open(id(0), Interface::AccessPoint, bench.now);
    let head = format!("POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: {}\r\n\r\n", huge.len());
    let _ = bench.portal.handle_received(id(0), (head + &huge).as_bytes(), bench.now);
    assert_eq!(status(&bench.collect(id(0))), "413");
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::PortalOpen, None));
}

#[test]
fn an_open_network_is_chosen_by_leaving_the_passphrase_out() {
    let mut bench = Bench::open();
    let answer = bench.submit("network=43616665&passphrase=needless+words");
    assert_eq!(status(&answer), "400");
    assert!(answer.contains("This network has no password."), "{answer}");
    assert!(bench.portal.joining.submitted.is_none());
    assert_eq!(status(&bench.submit("network=43616665&passphrase=")), "303");
    assert!(bench.portal.joining.submitted.as_ref().unwrap().passphrase == Passphrase::open());
}

#[test]
fn a_twin_of_another_protection_does_not_keep_an_owner_from_its_network() {
    for twin in [Security::Enterprise, Security::Open] {
        let mut bench = Bench::new(Memory::new());
        bench.hears_network(b"Home", Security::Wpa2);
        bench.hears_network(b"Home", twin);
        bench.radio(RadioEvent::ScanFinished);
        bench.radio(RadioEvent::AccessPointUp);
        assert_eq!(status(&bench.submit("network=486f6d65&passphrase=")), "400", "{twin:?}");
        assert_eq!(status(&bench.submit(RIGHT)), "303", "{twin:?}");
        bench.radio(RadioEvent::Joined(HOME));
        let kept = Store::new(bench.portal.flash_mut().clone()).load().unwrap();
        assert_eq!(kept.networks()[0].passphrase.expose(), b"correct horse", "{twin:?}");
    }
}

#[test]
fn a_typed_passphrase_is_not_dropped_for_the_one_open_twin_that_was_heard() {
    let mut bench = Bench::new(Memory::new());
    bench.hears_network(b"Home", Security::Open);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    assert_eq!(status(&bench.submit(RIGHT)), "400");
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::PortalOpen, None));
}

#[test]
fn the_same_form_twice_is_one_attempt_and_another_one_replaces_it() {
    let mut bench = Bench::open();
    bench.commands();
    bench.submit(RIGHT);
    bench.submit(RIGHT);
    assert_eq!(bench.commands(), ["join Home"]);
    bench.submit("network=43616665");
    assert_eq!(bench.commands(), ["leave", "join Cafe"]);
}

#[test]
fn the_answer_to_the_form_leaves_before_the_radio_does() {
    let mut bench = Bench::open();
    bench.commands();
    assert_eq!(status(&bench.send_form(RIGHT)), "303");
    let sent = bench.now;
    bench.wait(JOIN_DELAY - Duration::from_millis(1));
    assert!(bench.commands().is_empty());
    // A report of a join that was given up before this one.
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(bench.portal.state(), ProvisioningState::Joining);
    assert_eq!(bench.portal.poll_timeout(), Some(sent + JOIN_DELAY));
    bench.wait(Duration::from_millis(1));
    assert_eq!(bench.commands(), ["join Home"]);
}

#[test]
fn a_device_told_to_forget_does_not_join_what_waits() {
    let mut bench = Bench::open();
    bench.send_form(RIGHT);
    bench.portal.factory_reset(bench.now).unwrap();
    bench.commands();
    bench.wait(JOIN_DELAY * 2);
    assert!(bench.commands().is_empty());
}

#[test]
fn a_lost_network_is_joined_again_and_then_the_portal_opens_beside() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.get("/");
    bench.wait(Duration::from_secs(31));
    bench.commands();
    bench.radio(RadioEvent::Disconnected);
    assert_eq!(bench.commands(), ["join Home"]);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    bench.wait(Duration::from_secs(3));
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
    assert_eq!(bench.commands(), ["leave", "join Home", "leave", "scan", "raise Lamp on 1"]);
    assert_eq!(status(&bench.probe()), "302", "a portal that opens again shows its sheet again");
}

/// The result of a second setup is another one: it has not been read because the first was.
#[test]
fn a_second_setup_waits_for_its_own_owner() {
    let mut bench = Bench::open();
    for setup in 1..=2 {
        bench.submit(RIGHT);
        bench.radio(RadioEvent::Joined(HOME));
        assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
        assert_eq!(status(&bench.probe()), "302", "the sheet stays until it is read");
        bench.get("/");
        assert_eq!(bench.portal.state(), ProvisioningState::Closing, "setup {setup}");
        let read = bench.events.iter().filter(|event| matches!(event, Event::ResultDelivered(_))).count();
        assert_eq!(read, setup);
        bench.wait(Duration::from_secs(200));
        bench.portal.setup(bench.now);
        bench.hears_network(b"Home", Security::Wpa2);
        bench.radio(RadioEvent::ScanFinished);
        bench.radio(RadioEvent::AccessPointUp);
    }
}

/// What is connected by the access point ends with it, and not only once the radio says that it is down.
#[test]
fn connections_end_with_the_access_point() {
    let mut bench = Bench::open();
    bench.portal.handle_open(id(1), Interface::AccessPoint, bench.now);
    bench.portal.handle_open(id(2), Interface::Home, bench.now);
    assert_eq!(bench.portal.handle_received(id(1), b"GET / HT", bench.now), 8);
    bench.portal.factory_reset(bench.now).unwrap();
    let mut out = [0; 100];
    assert_eq!(bench.portal.poll_ready(), Some(id(1)));
    assert_eq!(bench.portal.poll_send(id(1), &mut out, bench.now), Transfer::Close);
    assert_eq!(bench.portal.poll_send(id(2), &mut out, bench.now), Transfer::Idle);
}

/// A network with a portal of its own lets a device join and nothing out. Who sees that says so, once, and the owner is told.
#[test]
fn a_home_network_that_wants_a_sign_in_is_told_to_the_owner() {
    let says = |bench: &mut Bench| {
        let token = bench.portal.guard.csrf_token;
        let home = "GET / HTTP/1.1\r\nHost: 192.168.1.77\r\n\r\n";
        let pages = [bench.get("/"), bench.ask_on(Interface::Home, home)];
        let told = bench.look(&format!("/api/status?token={token}"));
        let says = pages.map(|page| page.contains("answers the device with a sign-in page"));
        assert_eq!(says[0], says[1]);
        assert!(told.contains(&format!("\"captive\":{}", says[0])), "{told}");
        says[0]
    };
    let mut bench = Bench::open();
    bench.portal.handle_captive_home();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    assert!(!says(&mut bench), "what came before the network was joined is not about it");
    bench.portal.handle_captive_home();
    bench.portal.handle_captive_home();
    bench.drain();
    assert!(says(&mut bench));
    assert_eq!(bench.events.iter().filter(|event| **event == Event::CaptiveHome).count(), 1);
    bench.radio(RadioEvent::Disconnected);
    bench.radio(RadioEvent::Joined(HOME));
    assert!(!says(&mut bench), "it may have been let in meanwhile");
}

#[test]
fn no_event_shows_a_passphrase() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    let told = format!("{:?} {:?}", bench.events, bench.portal.joining.submitted);
    assert!(!told.contains("horse"), "{told}");
    assert!(format!("{:?}", bench.portal.storage.networks()).to_string().contains("hidden"));
}

#[test]
fn a_portal_fits_the_chip() {
    let size = core::mem::size_of::<Portal<Memory, Zeros>>();
    std::eprintln!("Portal: {size} bytes with {CONNECTIONS} connections");
    assert!(size <= 24 * 1024, "{size}");
}

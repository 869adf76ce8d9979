//! Where the access point is: its channel, its subnet; and what the device is called.

use super::*;
use crate::limits::{RAISE_INTERVAL, SCAN_TIMEOUT, SPARE_ADDRESSES};
use crate::mdns::HostName;
use crate::{AccessPointSecurity, OwnPassphrase};

/// A portal that is on another channel than the network `Home`, on 6, which is tried.
fn off_channel() -> Bench {
    let mut config = Config::new(Ssid::new(b"Lamp").unwrap());
    config.channel = Some(1);
    let portal = Portal::new(config, Memory::new(), Zeros);
    let mut bench = Bench::of(portal);
    bench.portal.connect_or_setup(bench.now);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    bench.submit(RIGHT);
    assert_eq!(bench.commands(), ["scan", "raise Lamp on 1", "join Home"]);
    bench
}

#[test]
fn a_join_that_fails_or_is_lost_leaves_the_access_point_on_its_old_channel() {
    for reason in [JoinFailure::WrongPassphrase, JoinFailure::Refused, JoinFailure::NoAddress] {
        let mut bench = off_channel();
        bench.radio(RadioEvent::JoinFailed(reason));
        assert_eq!(bench.commands(), ["leave", "raise Lamp on 1"], "{reason:?}");
    }
    let mut lost = off_channel();
    lost.radio(RadioEvent::Joined(HOME));
    assert!(lost.commands().is_empty(), "beside a network it can only be on that network's channel");
    lost.radio(RadioEvent::Disconnected);
    assert_eq!(lost.commands(), ["raise Lamp on 1", "join Home"]);
}

#[test]
fn an_access_point_that_has_not_moved_is_left_alone() {
    let mut not_there = off_channel();
    not_there.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    assert_eq!(not_there.commands(), ["leave"]);
    let mut same_channel = Bench::open();
    same_channel.submit(RIGHT);
    same_channel.commands();
    same_channel.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(same_channel.commands(), ["leave"]);
}

#[test]
fn the_access_points_subnet_is_not_the_home_networks() {
    let moves = |address: [u8; 4], prefix| {
        let mut bench = Bench::open();
        bench.submit(RIGHT);
        bench.radio(RadioEvent::Joined(StationAddress { address: address.into(), prefix, ..HOME }));
        assert_eq!(bench.portal.access_point_address(), Config::new(Ssid::EMPTY).address, "phones are on it");
        bench.portal.setup(bench.now);
        bench.wait(Duration::from_secs(200));
        bench.portal.setup(bench.now);
        bench.radio(RadioEvent::ScanFinished);
        bench.portal.access_point_address()
    };
    let usual = Config::new(Ssid::EMPTY).address;
    assert_eq!(moves([192, 168, 1, 77], 24), usual);
    assert_eq!(moves([192, 168, 4, 77], 24), SPARE_ADDRESSES[0]);
    assert_eq!(moves([192, 168, 5, 77], 22), SPARE_ADDRESSES[0], "a wider network that has it in it");
    assert_eq!(moves([192, 168, 4, 2], 30), SPARE_ADDRESSES[0], "a narrower one inside");
    assert_eq!(moves([192, 168, 5, 77], 24), usual);
    for (place, address) in SPARE_ADDRESSES.into_iter().enumerate() {
        let link = StationAddress { address, prefix: 12, gateway: None };
        let others = SPARE_ADDRESSES.into_iter().enumerate().filter(|(other, _)| *other != place);
        assert!(others.into_iter().all(|(_, other)| !link.overlaps(other, 24)));
        assert!(!link.overlaps(usual, 24));
    }
}

#[test]
fn everything_on_the_access_point_is_at_its_new_address() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(StationAddress { address: [192, 168, 4, 77].into(), ..HOME }));
    bench.wait(Duration::from_secs(200));
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    assert!(bench.probe().contains("\r\nLocation: http://172.29.4.1/\r\n"));
    let ask = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    assert_eq!(status(&bench.ask(&ask("172.29.4.1"))), "200");
    assert_eq!(status(&bench.ask(&ask("192.168.4.1"))), "302", "that is the home network's");
    let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x03com\x00\x00\x01\x00\x01";
    let (from, port) = ("172.29.4.2:5000".parse().unwrap(), DNS_PORT);
    let arrival = Arrival { interface: Interface::AccessPoint, from, port };
    let mut reply = [0; 512];
    let answer = bench.portal.handle_datagram(arrival, query, &mut reply, bench.now).unwrap();
    assert!(reply[..answer.length].ends_with(&[172, 29, 4, 1]));
}

#[test]
fn redirects_go_to_the_name_where_one_is_chosen() {
    let mut config = Config::new(Ssid::new(b"Lamp").unwrap());
    config.redirect_host = Some("lamp.internal");
    let portal = Portal::new(config, Memory::new(), Zeros);
    let mut bench = Bench::of(portal);
    bench.portal.connect_or_setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    assert!(bench.probe().contains("\r\nLocation: http://lamp.internal/\r\n"));
    for host in ["lamp.internal", "LAMP.internal:80", "192.168.4.1"] {
        let page = bench.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(status(&page), "200", "{host}");
    }
    assert_eq!(status(&bench.ask("GET / HTTP/1.1\r\nHost: lamp.example\r\n\r\n")), "302");
}

#[test]
fn after_a_rename_the_page_is_served_for_the_new_name_alone() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    let home = |bench: &mut Bench, host: &str| {
        let answer = bench.ask_on(Interface::Home, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        status(&answer).to_string()
    };
    assert_eq!(home(&mut bench, "lamp.local"), "200");
    bench.portal.handle_name(HostName::new("lamp-2").unwrap());
    assert_eq!(home(&mut bench, "lamp-2.local"), "200");
    assert_eq!(home(&mut bench, "192.168.1.77"), "200");
    assert_eq!(home(&mut bench, "lamp.local"), "421", "that is another device's now");
}

#[test]
fn a_page_says_of_a_scan_what_it_said_when_it_began() {
    let mut bench = Bench::new(Memory::new());
    bench.wait(Duration::from_secs(10));
    let now = bench.now;
    assert!(
        bench.portal.state() == ProvisioningState::PortalOpen
            && bench.get("/").contains("Searching for networks")
    );
    // It begins to go out while the scan runs, and goes on when that is over.
    bench.portal.handle_open(id(1), Interface::AccessPoint, now);
    let request = b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    assert_eq!(bench.portal.handle_received(id(1), request, now), request.len());
    let mut out = [0; 600];
    let Transfer::Bytes(length) = bench.portal.poll_send(id(1), &mut out, now) else { panic!("no page") };
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    let page = String::from_utf8(out[..length].to_vec()).unwrap() + &bench.collect(id(1));
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head} {}", body.len());
    assert!(body.ends_with("</html>\n") && body.contains("Searching for networks"));
    assert!(!bench.get("/").contains("Searching"), "the next page says that it is over");
}

#[test]
fn a_page_of_another_site_is_known_by_its_address_where_the_browser_sends_no_origin() {
    let mut bench = Bench::open();
    let token = bench.portal.guard.csrf_token;
    let form = format!("token={token}&{RIGHT}");
    let post = |referer: &str| {
        format!(
            "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\n{referer}Content-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        )
    };
    for foreign in ["http://evil.example/", "http://192.168.4.1.evil.example/", "https://192.168.4.1/", "x"] {
        assert_eq!(status(&bench.ask(&post(&format!("Referer: {foreign}\r\n")))), "403", "{foreign}");
    }
    assert_eq!(status(&bench.ask(&post("Referer: http://192.168.4.1/\r\n"))), "303");
}

#[test]
fn an_access_point_that_goes_down_by_itself_is_raised_again() {
    let mut bench = Bench::open();
    bench.commands();
    for _ in 0..3 {
        bench.radio(RadioEvent::AccessPointDown);
        assert!(bench.commands().is_empty(), "not without end at once");
        bench.wait(RAISE_INTERVAL);
        assert_eq!(bench.commands(), ["raise Lamp on 6"]);
    }
    bench.radio(RadioEvent::AccessPointUp);
    bench.wait(Duration::from_secs(3600));
    assert!(bench.commands().is_empty());
    // One that was told to go down stays down.
    bench.portal.factory_reset(bench.now).unwrap();
    bench.radio(RadioEvent::AccessPointDown);
    bench.commands();
    bench.wait(Duration::from_secs(3600));
    assert!(bench.commands().is_empty());
}

#[test]
fn a_scan_that_never_ends_does_not_keep_the_next_one_away() {
    let mut bench = Bench::open();
    bench.commands();
    bench.portal.rescan(bench.now);
    bench.wait(SCAN_TIMEOUT - Duration::from_secs(1));
    bench.portal.rescan(bench.now);
    assert_eq!(bench.commands(), ["scan"], "the radio may still be at it");
    bench.wait(Duration::from_secs(1));
    bench.portal.rescan(bench.now);
    assert_eq!(bench.commands(), ["scan"]);
}

#[test]
fn nobody_waits_for_a_scan_that_never_ends() {
    let mut bench = Bench::new(Memory::new());
    bench.hears_network(b"Home", Security::Wpa2);
    bench.wait(Duration::from_secs(10));
    assert!(bench.portal.networks().scanning && bench.get("/").contains("Searching for networks"));
    bench.wait(SCAN_TIMEOUT);
    assert!(!bench.portal.networks().scanning);
    let page = bench.get("/");
    assert!(
        page.contains("Home") && !page.contains("Searching for networks"),
        "what was heard so far is listed"
    );
}

#[test]
fn a_changed_address_is_the_devices_from_then_on() {
    let other = StationAddress { address: Ipv4Addr::new(10, 7, 0, 9), ..HOME };
    let mut bench = Bench::open();
    bench.radio(RadioEvent::AddressChanged(other));
    assert_eq!(bench.portal.home(), None, "no network is joined");
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.events.clear();
    bench.radio(RadioEvent::AddressChanged(HOME));
    assert_eq!(bench.events, [], "it is the one that it has");

    bench.radio(RadioEvent::AddressChanged(other));
    assert_eq!(bench.portal.home(), Some(other));
    bench.radio(RadioEvent::AddressLost);
    bench.radio(RadioEvent::AddressLost);
    assert_eq!((bench.portal.home(), bench.portal.status().address), (None, None));
    assert_eq!(bench.events, [Some(other), None].map(|link| Event::AddressChanged { link }));
    assert!(bench.portal.state().is_joined(), "the network is joined still");
    bench.radio(RadioEvent::AddressChanged(HOME));
    assert_eq!((bench.portal.home(), bench.portal.status().ssid.as_bytes()), (Some(HOME), &b"Home"[..]));
}

#[test]
fn the_radio_is_asked_for_the_protection_that_was_chosen() {
    #[derive(Default)]
    struct RaisedWith(Option<AccessPointSecurity>);
    impl Radio for RaisedWith {
        fn capabilities(&self) -> RadioCapabilities {
            RadioCapabilities::DEFAULT
        }
        fn command(&mut self, command: RadioCommand) {
            if let RadioCommand::RaiseAccessPoint(raised) = command {
                self.0 = Some(raised.security);
            }
        }
    }
    let own = OwnPassphrase::new(b"green lantern 7 oak", &Ssid::new(b"Lamp").unwrap()).unwrap();
    for choice in [
        AccessPointSecurity::Open,
        AccessPointSecurity::Wpa2(own.clone()),
        AccessPointSecurity::Wpa2Wpa3(own.clone()),
        AccessPointSecurity::Wpa3(own),
    ] {
        let config =
            Config { access_point_security: choice.clone(), ..Config::new(Ssid::new(b"Lamp").unwrap()) };
        let mut bench = Bench::of(Portal::new(config, Memory::new(), Zeros));
        bench.portal.setup(bench.now);
        bench.portal.handle_radio(RadioEvent::ScanFinished, bench.now);
        let mut asked = RaisedWith::default();
        bench.portal.drive_radio(&mut asked);
        assert_eq!(asked.0, Some(choice));
    }
}

//! A radio that cannot be access point and station at once, and one that lacks channels.

use super::*;
use crate::limits::{ALONE_INTERVAL, ALONE_TIMEOUT, ARRIVAL_TIME, CLOSE_DELAY, OWNER_TIME};
use crate::{Channels, Country};

const ALONE: RadioCapabilities = RadioCapabilities { concurrent: false, ..RadioCapabilities::DEFAULT };

/// A portal with such a radio, its access point up, on this flash.
fn open(radio: RadioCapabilities, flash: Memory) -> Bench {
    let mut bench =
        Bench::of(Portal::new(Config { radio, ..Config::new(Ssid::new(b"Lamp").unwrap()) }, flash, Zeros));
    bench.portal.setup(bench.now);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    assert_eq!(bench.commands(), ["scan", "raise Lamp on 6"]);
    bench
}

#[test]
fn it_says_so_closes_its_access_point_to_try_and_tells_the_failure_when_it_is_back() {
    let mut bench = open(ALONE, Memory::new());
    let goes_away = "This setup network goes away while the device tries.";
    let before = bench.get("/");
    assert!(before.contains(goes_away), "{before}");
    assert!(!before.contains("/rescan"), "it cannot listen beside its access point");

    assert_eq!(status(&bench.send_form(RIGHT)), "303");
    let meanwhile = bench.get("/");
    assert!(meanwhile.contains(goes_away) && meanwhile.contains("Connecting to"), "{meanwhile}");
    assert!(!meanwhile.contains("http-equiv=\"refresh\""), "it would go on to nothing");
    assert!(bench.commands().is_empty(), "what the owner reads must come first");
    bench.wait(2 * CLOSE_DELAY);
    assert_eq!(bench.commands(), ["drop", "join Home"]);
    bench.radio(RadioEvent::AccessPointDown);
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::JoiningAlone, None));

    let token = bench.portal.guard.csrf_token;
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(bench.commands(), ["leave", "raise Lamp on 6"]);
    bench.radio(RadioEvent::AccessPointUp);
    assert!(bench.get("/").contains("The network did not accept the password."));
    assert!(bench.portal.guard.csrf_token == token, "a form from before is good still");

    bench.submit(RIGHT);
    bench.wait(2 * CLOSE_DELAY);
    assert_eq!(bench.commands(), ["drop", "join Home"]);
    bench.radio(RadioEvent::Joined(HOME));
    assert!(bench.commands().is_empty(), "it stays on the network, and raises nothing");
    assert_eq!((bench.portal.state(), bench.stored().is_some()), (ProvisioningState::Connected, true));
}

#[test]
fn its_owner_reads_the_result_on_the_home_network() {
    for keeps in [true, false] {
        let mut bench = open(ALONE, Memory::new());
        bench.submit(RIGHT);
        bench.wait(2 * CLOSE_DELAY);
        bench.radio(RadioEvent::Joined(HOME));
        bench.portal.storage.remembered = keeps;
        let delivered = |bench: &Bench| {
            bench.events.iter().filter(|event| matches!(event, Event::ResultDelivered(_))).count()
        };
        assert_eq!(delivered(&bench), 0);
        let page = bench.ask_on(Interface::Home, "GET / HTTP/1.1\r\nHost: 192.168.1.77\r\n\r\n");
        assert!(page.contains("Connected to"), "{page}");
        assert_eq!(page.contains("could not store this network"), !keeps, "{page}");
        assert_eq!(delivered(&bench), 1);
    }
}

#[test]
fn what_nobody_answers_is_over_within_the_minute_that_the_page_names() {
    let mut bench = open(ALONE, Memory::new());
    bench.send_form(RIGHT);
    let sent = bench.now;
    while !bench.events.iter().any(|event| matches!(event, Event::JoinFailed { .. })) {
        bench.wait(Duration::from_secs(1));
    }
    assert!(bench.now <= sent + CLOSE_DELAY + ALONE_TIMEOUT + Duration::from_secs(5));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);
}

/// A flash that holds a network.
fn stored() -> Memory {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.portal.flash_mut().clone()
}

#[test]
fn a_phone_has_time_to_find_the_access_point_and_its_owner_to_use_the_portal() {
    let config =
        Config { radio: ALONE, retry_interval: Duration::ZERO, ..Config::new(Ssid::new(b"Lamp").unwrap()) };
    let mut bench = Bench::of(Portal::new(config, stored(), Zeros));
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    bench.commands();
    bench.wait(ALONE_INTERVAL - Duration::from_secs(1));
    assert!(bench.commands().is_empty(), "no phone finds an access point that is gone at once");

    let from = "0.0.0.0:68".parse().unwrap();
    let arrival = Arrival { interface: Interface::AccessPoint, from, port: DHCP_PORT };
    let mut reply = [0; crate::limits::DHCP_REPLY_BYTES];
    let asks = datagrams::dhcp_message(None);
    assert!(bench.portal.handle_datagram(arrival, &asks, &mut reply, bench.now).is_some());
    bench.wait(ARRIVAL_TIME - Duration::from_secs(1));
    assert!(bench.commands().is_empty(), "its owner is about to use the portal");
    bench.wait(Duration::from_secs(2));
    assert_eq!(bench.commands(), ["drop", "join Home"], "nobody has");
}

#[test]
fn what_is_stored_is_tried_while_nobody_uses_the_portal() {
    let knock = Duration::from_secs(62);
    let mut alone = open(ALONE, stored());
    alone.wait(knock);
    assert_eq!(alone.commands(), ["drop", "join Home"]);
    assert_eq!(alone.portal.state(), ProvisioningState::RetryingAlone);
    assert_eq!(alone.portal.clear(alone.now), Err(Problem::Busy));
    alone.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    assert_eq!(
        (alone.commands(), alone.portal.state()),
        (["leave", "raise Lamp on 6"].map(String::from).into(), ProvisioningState::PortalOpen)
    );

    let mut used = open(ALONE, stored());
    used.wait(Duration::from_secs(1));
    used.get("/");
    used.wait(OWNER_TIME - Duration::from_secs(1));
    assert!(used.commands().is_empty(), "its owner may be typing");
    used.wait(Duration::from_secs(2));
    assert_eq!(used.commands(), ["drop", "join Home"]);
    used.radio(RadioEvent::Joined(HOME));
    assert_eq!(used.portal.state(), ProvisioningState::Connected);
}

/// In any order of events, such a radio is never asked for two things at once.
#[test]
fn it_is_never_asked_to_join_or_to_listen_beside_its_access_point() {
    struct Strict {
        up: bool,
        joins: bool,
    }
    impl Radio for Strict {
        fn capabilities(&self) -> RadioCapabilities {
            ALONE
        }
        fn command(&mut self, command: RadioCommand) {
            match command {
                RadioCommand::RaiseAccessPoint(_) => self.up = true,
                RadioCommand::DropAccessPoint => self.up = false,
                RadioCommand::Join(_) => self.joins = true,
                RadioCommand::Leave => self.joins = false,
                RadioCommand::Scan | RadioCommand::ScanFor(_) => {
                    assert!(!self.up, "it listens beside its access point");
                }
            }
            assert!(!(self.up && self.joins), "it is asked for both");
        }
    }
    for seed in 1..400_u32 {
        let (mut bench, mut radio) = (open(ALONE, Memory::new()), Strict { up: true, joins: false });
        let mut random = seed;
        for _ in 0..60 {
            random = random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            match random >> 28 {
                0 | 1 => drop(bench.send_form(RIGHT)),
                2 => bench.portal.handle_radio(RadioEvent::Joined(HOME), bench.now),
                3 => bench.portal.handle_radio(RadioEvent::JoinFailed(JoinFailure::Unknown), bench.now),
                4 => bench.portal.handle_radio(RadioEvent::Disconnected, bench.now),
                5 => bench.portal.handle_radio(RadioEvent::ScanFinished, bench.now),
                6 => bench.portal.setup(bench.now),
                7 => bench.portal.connect_or_setup(bench.now),
                8 if seed % 3 == 0 => drop(bench.portal.factory_reset(bench.now)),
                9 => bench.portal.rescan(bench.now),
                _ => {
                    if let Some(due) = bench.portal.poll_timeout() {
                        bench.now = due;
                        bench.portal.handle_timeout(due);
                    }
                }
            }
            bench.portal.drive_radio(&mut radio);
        }
    }
}

#[test]
fn an_access_point_is_on_a_channel_that_the_radio_has_and_its_country_allows() {
    let on = |radio: RadioCapabilities, configured: Option<u8>, heard: u8| {
        let config = Config { radio, channel: configured, ..Config::new(Ssid::new(b"Lamp").unwrap()) };
        let mut bench = Bench::of(Portal::new(config, Memory::new(), Zeros));
        bench.portal.setup(bench.now);
        let (ssid, bssid) = (Ssid::new(b"Home").unwrap(), MacAddress([2, 0, 0, 0, 0, 1]));
        let record = ScanRecord { ssid, bssid, channel: heard, signal: -50, security: Security::Wpa2 };
        bench.radio(RadioEvent::NetworkFound(record));
        bench.radio(RadioEvent::ScanFinished);
        bench.commands().pop().unwrap()
    };
    let few = RadioCapabilities { channels: Channels::of(&[3, 9]), ..RadioCapabilities::DEFAULT };
    assert_eq!(on(few, None, 9), "raise Lamp on 9");
    assert_eq!(on(few, None, 6), "raise Lamp on 3");
    assert_eq!(on(few, Some(1), 9), "raise Lamp on 9", "it has not got the one that was chosen");
    let american = RadioCapabilities { country: Country::new(*b"US"), ..RadioCapabilities::DEFAULT };
    assert_eq!(on(american, Some(13), 6), "raise Lamp on 6");
    assert_eq!(on(RadioCapabilities::DEFAULT, Some(13), 6), "raise Lamp on 13");
    let five = RadioCapabilities { channels: Channels::of(&[36, 60, 149]), ..RadioCapabilities::DEFAULT };
    assert_eq!(on(five, None, 149), "raise Lamp on 149");
    assert_eq!(on(five, None, 60), "raise Lamp on 36", "radar would have to be looked for");
}

/// What replaces a submission while the access point closes is answered as the first was: the owner's phone has its time
/// to read that.
#[test]
fn a_submission_that_replaces_another_has_its_time_to_be_answered() {
    let mut bench = open(ALONE, Memory::new());
    bench.send_form("network=486f6d65&passphrase=mistyped+horse");
    bench.wait(CLOSE_DELAY - Duration::from_millis(100));
    assert_eq!(status(&bench.send_form(RIGHT)), "303");
    bench.wait(CLOSE_DELAY - Duration::from_millis(100));
    assert!(bench.commands().is_empty(), "the access point is up for the second answer");
    assert_eq!(bench.portal.state(), ProvisioningState::ClosingToJoin);
    bench.wait(Duration::from_secs(1));
    assert_eq!(bench.commands(), ["drop", "join Home"]);
    bench.radio(RadioEvent::Joined(HOME));
    let kept = bench.portal.storage.credentials(Ssid::new(b"Home").unwrap()).unwrap();
    assert_eq!(kept.passphrase.expose(), b"correct horse");
}

#[test]
fn a_reset_ends_a_try_of_what_is_stored() {
    let mut bench = open(ALONE, stored());
    bench.wait(Duration::from_secs(62));
    assert_eq!(bench.portal.state(), ProvisioningState::RetryingAlone);
    bench.commands();
    bench.portal.factory_reset(bench.now).unwrap();
    assert_eq!((bench.commands(), bench.portal.state()), (["leave".into()].into(), ProvisioningState::Idle));
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.home(), None, "what the radio reports late is of no use to anybody");
}

#[test]
fn what_is_stored_is_tried_again_after_a_submission_that_has_failed() {
    let mut bench = open(ALONE, stored());
    bench.wait(Duration::from_secs(1));
    bench.send_form("network=486f6d65&passphrase=mistyped+horse");
    bench.wait(2 * CLOSE_DELAY);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);
    bench.commands();
    bench.wait(OWNER_TIME - Duration::from_secs(10));
    assert!(bench.commands().is_empty(), "its owner may be typing");
    bench.wait(Duration::from_secs(15));
    assert_eq!(bench.commands(), ["drop", "join Home"]);
    assert_eq!(bench.portal.state(), ProvisioningState::RetryingAlone);
    bench.radio(RadioEvent::Joined(HOME));
    let kept = bench.portal.storage.credentials(Ssid::new(b"Home").unwrap()).unwrap();
    assert_eq!(kept.passphrase.expose(), b"correct horse", "with what had joined before");
}

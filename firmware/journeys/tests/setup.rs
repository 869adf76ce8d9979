//! From the first power-on to the home network and back, with `curl` and `dig` as the phone.

use std::time::Duration;

use vestibule_core::provisioning::State;
use vestibule_core::{Event, JoinFailure};
use vestibule_journeys::stage::{HOME, PASSPHRASE, Stage, curl, dig, store};
use vestibule_journeys::{erased, filled};
use vestibule_wire::{FromHost, Outcome};

#[test]
fn a_first_setup_ends_on_the_home_network_and_survives_a_restart() {
    let flash = erased();
    let mut stage = Stage::begin_with(Some(&flash), |config| config.result_linger = Duration::from_secs(1));
    println!("measured serving {}", stage.open_portal());
    let ports = stage.machine.ports;

    assert_eq!(dig(ports.dns, "connectivitycheck.gstatic.com"), "192.168.4.1");
    let probe = curl(&[&stage.url("/generate_204"), "-i", "-H", "Host: connectivitycheck.gstatic.com"]);
    assert!(probe.starts_with("HTTP/1.1 302") && probe.contains("http://192.168.4.1/"), "{probe}");
    assert!(curl(&[&stage.url("/")]).contains(HOME), "the page lists what the scan heard");

    // Wrong at first, and the owner is told.
    stage.submit("not the passphrase");
    let attempt = stage.expect_join("not the passphrase");
    stage.say(attempt, Outcome::Failed(JoinFailure::WrongPassphrase));
    stage.expect_leave();
    stage.machine.control.expect_state(State::Failed);
    assert!(curl(&[&stage.url("/")]).contains("did not accept the password"));

    // Right now: the address comes from the home network's own DHCP server.
    stage.submit(PASSPHRASE);
    let attempt = stage.expect_join(PASSPHRASE);
    stage.say(attempt, Outcome::Associated);
    stage.machine.control.expect_event("stored", |event| matches!(event, Event::Stored { .. }));
    assert!(curl(&[&stage.url("/")]).contains("10.0.2.15"), "the owner is told the new address");
    stage.expect_drop();
    stage.machine.control.expect_state(State::Connected);
    let home = curl(&["-H", "Host: lamp-4f2a.local", &format!("http://127.0.0.1:{}/", ports.home_http)]);
    assert!(home.contains(HOME), "the page on the home network: {home}");
    let (start, running) = stage.stack();
    println!("measured start-stack {start}\nmeasured running-stack {running}");
    assert!(!stage.machine.cut().contains(PASSPHRASE), "the passphrase is in the log");

    let mut stage = Stage::begin(Some(&flash));
    let attempt = stage.expect_join(PASSPHRASE);
    stage.say(attempt, Outcome::Associated);
    stage.machine.control.expect_state(State::Connected);

    // The home network goes, and the device looks for it again.
    stage.machine.control.say(&FromHost::Station { attempt, outcome: Outcome::Lost });
    let attempt = stage.expect_join(PASSPHRASE);
    stage.say(attempt, Outcome::Joined([192, 168, 1, 77].into()));
    stage.machine.control.expect_state(State::Connected);
}

#[test]
fn a_station_that_never_answers_ends_in_the_portal() {
    let flash = erased();
    store(&flash, PASSPHRASE);
    let mut stage = Stage::begin_with(Some(&flash), |config| {
        config.join_patience = Duration::from_millis(500);
        config.stored_attempts = 1;
    });
    stage.expect_join(PASSPHRASE);
    stage.expect_leave();
    stage.open_portal();
}

#[test]
fn a_flash_of_garbage_ends_in_the_portal_and_can_be_used() {
    for garbage in [0x5a, 0] {
        let flash = filled(garbage);
        // Opens the portal, and takes credentials.
        store(&flash, PASSPHRASE);
        Stage::begin(Some(&flash)).expect_join(PASSPHRASE);
    }
}

#[test]
fn a_stranger_cannot_keep_the_owner_out() {
    let flash = erased();
    let mut stage = Stage::begin(Some(&flash));
    stage.open_portal();
    // As many connections as there are, which ask nothing.
    let address = format!("127.0.0.1:{}", stage.machine.ports.http);
    let strangers: Vec<_> = (0..12).map(|_| std::net::TcpStream::connect(&address)).collect();
    // Those that came first make room for those that came last, and at last for the owner.
    std::thread::sleep(Duration::from_millis(500));
    assert!(curl(&[&stage.url("/")]).contains(HOME));
    drop(strangers);
    for _ in 0..40 {
        assert!(curl(&[&stage.url("/")]).contains(HOME));
    }
}

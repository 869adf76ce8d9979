//! Names that the owner typed and no scan has heard: each is scanned for by itself before it is joined.

use super::*;
use crate::limits::{CLOSE_DELAY, NAME_SCAN_PAUSE, NAME_SCAN_TIMEOUT};

/// The form for the name `Attic`, which no scan has heard.
const TYPED: &str = "ssid=Attic&passphrase=correct+horse";
const TYPED_OPEN: &str = "ssid=Attic&passphrase=";

/// Sends the form, and waits until something is done with it.
fn submit(bench: &mut Bench, form: &str) {
    assert_eq!(status(&bench.send_form(form)), "303");
    bench.wait(JOIN_DELAY);
}

fn typed(form: &str) -> Bench {
    let mut bench = Bench::open();
    bench.commands();
    submit(&mut bench, form);
    assert_eq!(bench.commands(), ["scan for Attic"]);
    assert_eq!(bench.portal.state(), ProvisioningState::Joining);
    bench
}

#[test]
fn a_typed_name_is_scanned_for_and_then_joined() {
    let mut bench = typed(TYPED);
    bench.hears_network(b"Attic", Security::Wpa3);
    assert!(bench.commands().is_empty());
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["join Attic"]);
    // What was heard says what a reason means: without SAE this would be an access point that refuses.
    bench.radio(RadioEvent::JoinAborted { reason: 202, stage: JoinStage::Unknown });
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);
    assert!(bench.get("/").contains("The network did not accept the password."));
    let names: Vec<_> = bench.portal.networks().records.iter().map(|record| record.ssid).collect();
    assert_eq!(names.len(), 4, "the others are still listed: {names:?}");

    submit(&mut bench, TYPED);
    assert_eq!(bench.commands(), ["leave", "join Attic"], "it is known now");
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.stored(), Some(Ssid::new(b"Attic").unwrap()));
}

#[test]
fn a_name_that_was_heard_is_not_scanned_for() {
    let mut bench = Bench::open();
    bench.commands();
    submit(&mut bench, RIGHT);
    assert_eq!(bench.commands(), ["join Home"]);
}

#[test]
fn what_was_typed_is_held_against_what_was_heard() {
    for (form, security, problem) in [
        (TYPED, Security::Enterprise, Problem::Enterprise),
        (TYPED, Security::Open, Problem::PassphraseNeedless),
        (TYPED_OPEN, Security::Wpa2, Problem::PassphraseMissing),
    ] {
        let mut bench = typed(form);
        bench.hears_network(b"Attic", security);
        bench.radio(RadioEvent::ScanFinished);
        assert_eq!(bench.commands(), ["leave"], "{problem}: nothing is joined");
        assert_eq!(bench.portal.state(), ProvisioningState::Failed);
        assert!(bench.events.contains(&Event::Rejected(problem)), "{:?}", bench.events);
        let (what, remedy) = crate::pages::sentences(Notice::Problem(problem));
        let page = bench.get("/");
        assert!(page.contains(what) && page.contains("Attic"), "{page}");
        let told = bench.get("/api/status");
        assert!(told.contains("\"state\":\"failed\"") && told.contains(problem.code()), "{told}");
        assert!(told.contains(remedy), "{told}");
        assert!(bench.portal.joining.submitted.is_none(), "no copy is kept");
    }
}

/// A twin of another protection changes nothing for the one that was meant.
#[test]
fn the_best_of_the_name_counts() {
    let mut bench = typed(TYPED);
    for security in [Security::Open, Security::Enterprise, Security::Wpa2] {
        bench.hears_network(b"Attic", security);
    }
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["join Attic"]);
}

#[test]
fn a_name_that_nobody_answers_to_is_tried_all_the_same() {
    let mut bench = typed(TYPED);
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["join Attic"], "it may be where the radio does not ask");
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);

    // One scan for a name suffices: the join looks for it as well, and phones miss the device for either.
    submit(&mut bench, TYPED);
    assert_eq!(bench.commands(), ["leave", "join Attic"]);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    submit(&mut bench, "ssid=Cellar&passphrase=correct+horse");
    assert_eq!(bench.commands(), ["leave", "scan for Cellar"], "another name");
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    bench.commands();
    bench.hears_network(b"Cellar", Security::Enterprise);
    bench.radio(RadioEvent::ScanFinished);
    let refused = bench.send_form("ssid=Cellar&passphrase=correct+horse");
    assert_eq!(status(&refused), "400", "it is heard now, and what was heard counts");
}

/// Another phone, which asks while the radio looks for the name and again a second or two later, is answered before the join
/// takes the radio away once more.
#[test]
fn other_phones_have_a_moment_between_a_scan_in_vain_and_the_join() {
    let mut bench = Bench::open();
    bench.commands();
    let arrival =
        Arrival { interface: Interface::AccessPoint, from: "0.0.0.0:68".parse().unwrap(), port: DHCP_PORT };
    let mut reply = [0; crate::limits::DHCP_REPLY_BYTES];
    for phone in [1, 2] {
        let mut asks = datagrams::dhcp_message(None);
        asks[33] = phone;
        assert!(bench.portal.handle_datagram(arrival, &asks, &mut reply, bench.now).is_some());
    }
    submit(&mut bench, TYPED);
    assert_eq!(bench.commands(), ["scan for Attic"]);
    bench.radio(RadioEvent::ScanFinished);
    bench.wait(NAME_SCAN_PAUSE - Duration::from_millis(1));
    assert!(bench.commands().is_empty());
    bench.wait(Duration::from_millis(1));
    assert_eq!(bench.commands(), ["join Attic"]);
    // The join has all its time.
    bench.wait(bench.portal.config().join_timeout - Duration::from_millis(1));
    assert_eq!(bench.portal.state(), ProvisioningState::Joining);
}

#[test]
fn a_radio_that_never_ends_the_scan_holds_nothing_up() {
    let mut bench = typed(TYPED);
    bench.wait(NAME_SCAN_TIMEOUT - Duration::from_millis(1));
    assert!(bench.commands().is_empty());
    bench.wait(Duration::from_millis(1));
    assert_eq!(bench.commands(), ["join Attic"]);
    // The join has all its time.
    bench.wait(bench.portal.config().join_timeout - Duration::from_millis(1));
    assert_eq!(bench.portal.state(), ProvisioningState::Joining);
    bench.wait(Duration::from_secs(1));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);
}

/// A radio scans for one thing after the other.
#[test]
fn a_scan_that_is_under_way_ends_first() {
    let mut bench = Bench::open();
    bench.portal.rescan(bench.now);
    bench.commands();
    submit(&mut bench, TYPED);
    assert!(bench.commands().is_empty());
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["scan for Attic"]);
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["join Attic"]);

    let mut stuck = Bench::open();
    stuck.portal.rescan(stuck.now);
    stuck.commands();
    submit(&mut stuck, TYPED);
    stuck.wait(NAME_SCAN_TIMEOUT);
    assert_eq!(stuck.commands(), ["join Attic"], "nor is it waited for without end");

    let mut heard = Bench::open();
    heard.portal.rescan(heard.now);
    heard.commands();
    submit(&mut heard, TYPED);
    heard.hears_network(b"Attic", Security::Wpa2);
    heard.radio(RadioEvent::ScanFinished);
    assert_eq!(heard.commands(), ["join Attic"], "it has been heard meanwhile");
}

#[test]
fn what_replaces_it_is_tried_in_its_place() {
    let mut bench = typed(TYPED);
    submit(&mut bench, RIGHT);
    assert_eq!(bench.commands(), ["leave", "join Home"], "this one was heard");
    bench.radio(RadioEvent::ScanFinished);
    assert!(bench.commands().is_empty());
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.stored(), Some(Ssid::new(b"Home").unwrap()));

    let mut cleared = typed(TYPED);
    cleared.portal.factory_reset(cleared.now).unwrap();
    cleared.commands();
    cleared.radio(RadioEvent::ScanFinished);
    assert!(cleared.commands().is_empty() && cleared.portal.state() == ProvisioningState::Idle);
}

/// What the radio reports before the join has begun is of something else.
#[test]
fn nothing_is_joined_while_it_is_scanned_for() {
    let mut bench = typed(TYPED);
    bench.radio(RadioEvent::Joined(HOME));
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::Joining, None));
}

#[test]
fn a_radio_of_one_role_scans_once_its_access_point_is_down() {
    let radio = RadioCapabilities { concurrent: false, ..RadioCapabilities::DEFAULT };
    let config = Config { radio, ..Config::new(Ssid::new(b"Lamp").unwrap()) };
    let mut bench = Bench::of(Portal::new(config, Memory::new(), Zeros));
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    bench.send_form(TYPED);
    bench.commands();
    bench.wait(2 * CLOSE_DELAY);
    assert_eq!(bench.commands(), ["drop", "scan for Attic"]);
    bench.hears_network(b"Attic", Security::Enterprise);
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["leave", "raise Lamp on 6"]);
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);

    submit(&mut bench, "ssid=Cellar&passphrase=correct+horse");
    bench.wait(2 * CLOSE_DELAY);
    bench.commands();
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["join Cellar"]);
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.state(), ProvisioningState::Connected);
}

//! What is stored, and what the portal makes of it.

use super::*;

#[test]
fn of_several_known_networks_the_strongest_is_tried_first_and_all_have_their_turn() {
    let mut bench = Bench::open();
    for name in ["Home", "Far", "Hidden"] {
        bench.submit(&format!("ssid={name}&passphrase=correct+horse"));
        bench.radio(RadioEvent::Joined(HOME));
        bench.portal.setup(bench.now);
        bench.wait(Duration::from_secs(200));
        bench.portal.setup(bench.now);
        bench.radio(RadioEvent::ScanFinished);
    }
    let mut bench = Bench::new(bench.portal.flash_mut().clone());
    assert_eq!(bench.portal.state(), ProvisioningState::ScanningStored);
    let ssid = Ssid::new(b"Far").unwrap();
    let bssid = MacAddress([2, 0, 0, 0, 0, 9]);
    let far = ScanRecord { ssid, bssid, channel: 3, signal: -80, security: Security::Wpa2 };
    bench.radio(RadioEvent::NetworkFound(far));
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    for _ in 0..5 {
        bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
        bench.wait(Duration::from_secs(3));
    }
    let joins: Vec<_> = bench.commands().into_iter().filter(|command| command.starts_with("join")).collect();
    let rounds = ["join Home", "join Far", "join Hidden", "join Home", "join Far", "join Hidden"];
    assert_eq!(joins, rounds, "what hides comes last, and each is tried twice");
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    assert_eq!(bench.portal.state(), ProvisioningState::Scanning);
}

#[test]
fn clearing_forgets_and_takes_everything_down() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.commands();
    bench.portal.factory_reset(bench.now).unwrap();
    bench.drain();
    assert_eq!(bench.commands(), ["leave", "drop"]);
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::Idle, None));
    assert!(!bench.portal.has_credentials());
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.commands(), ["scan", "raise Lamp on 1"]);
}

#[test]
fn connect_alone_opens_no_portal() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    let flash = bench.portal.flash_mut().clone();
    let config = Config::new(Ssid::new(b"Lamp").unwrap());
    bench.portal = Portal::new(config, flash, Zeros);
    bench.notebook = Notebook::default();
    bench.portal.connect(bench.now);
    for _ in 0..2 {
        bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
        bench.wait(Duration::from_secs(3));
    }
    assert_eq!(bench.portal.state(), ProvisioningState::Idle);
    assert!(bench.portal.has_credentials());
    assert!(!bench.commands().iter().any(|command| command.starts_with("raise")));
}

#[test]
fn a_flash_of_another_content_counts_as_empty_and_is_reported_until_something_is_stored() {
    let unreadable = Event::StorageFault(StorageFault::Unreadable);
    let flash = Memory::new();
    assert!(!Bench::new(flash.clone()).events.contains(&unreadable), "an erased one is nothing strange");
    for garbage in [0x5a, 0] {
        flash.0.borrow_mut().fill(garbage);
        let mut bench = Bench::new(flash.clone());
        assert!(bench.events.contains(&unreadable));
        assert!(bench.portal.stored_networks().next().is_none());
        bench.hears_network(b"Home", Security::Wpa2);
        bench.radio(RadioEvent::ScanFinished);
        bench.send_form(RIGHT);
        bench.wait(JOIN_DELAY);
        bench.radio(RadioEvent::Joined(HOME));
        assert!(!Bench::new(flash.clone()).events.contains(&unreadable));
    }
}

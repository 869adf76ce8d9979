//! What is stored, and what the portal makes of it.

use super::*;

/// A device that knows three networks, and has just been given power.
fn knows_three() -> Bench {
    let mut bench = Bench::open();
    for name in ["Home", "Far", "Hidden"] {
        bench.submit(&format!("ssid={name}&passphrase=correct+horse"));
        bench.radio(RadioEvent::Joined(HOME));
        bench.portal.setup(bench.now);
        bench.wait(Duration::from_secs(200));
        bench.portal.setup(bench.now);
        bench.radio(RadioEvent::ScanFinished);
    }
    let bench = Bench::new(bench.portal.flash_mut().clone());
    assert_eq!(bench.portal.state(), ProvisioningState::ScanningStored);
    bench
}

#[test]
fn of_several_known_networks_the_strongest_is_tried_first_and_all_have_their_turn() {
    let mut bench = knows_three();
    let ssid = Ssid::new(b"Far").unwrap();
    let bssid = MacAddress([2, 0, 0, 0, 0, 9]);
    let far = ScanRecord { ssid, bssid, channel: 3, signal: -80, security: Security::Wpa2 };
    bench.radio(RadioEvent::NetworkFound(far));
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(bench.portal.state(), ProvisioningState::Connecting, "it waits no longer than the scan lasts");
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

/// Whoever presses the button while the device listens for its networks gets the portal, by the same scan.
#[test]
fn the_button_opens_the_portal_while_the_device_listens_for_its_networks() {
    let mut bench = knows_three();
    bench.commands();
    bench.portal.setup(bench.now);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    assert_eq!(
        (bench.portal.state(), bench.commands().len()),
        (ProvisioningState::PortalOpen, 1),
        "raise alone"
    );
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
        let says = |bench: &mut Bench| {
            let (page, told) = (bench.get("/"), bench.get("/api/status"));
            let says = page.contains("What this device had stored cannot be read.");
            assert_eq!(told.contains("\"warning\":{\"code\":\"stored-unreadable\""), says, "{told}");
            assert!(!told.contains("failure"), "nothing was tried: {told}");
            says
        };
        assert!(says(&mut bench), "it looks new and is not");
        bench.hears_network(b"Home", Security::Wpa2);
        bench.radio(RadioEvent::ScanFinished);
        bench.send_form(RIGHT);
        bench.wait(JOIN_DELAY);
        bench.radio(RadioEvent::Joined(HOME));
        assert!(!says(&mut bench), "it is over");
        assert!(!Bench::new(flash.clone()).events.contains(&unreadable));
    }
    assert_eq!(
        Bench::new(Memory::new()).portal.status().notice,
        None,
        "a new device says nothing of the kind"
    );
}

/// A device that has joined tries what is strongest first when it tries again, not what was next when it joined.
#[test]
fn a_join_that_succeeds_ends_the_round_of_those_that_failed() {
    let mut bench = Bench::open();
    for name in ["Home", "Cafe"] {
        bench
            .submit(&format!("ssid={name}&passphrase={}", if name == "Home" { "correct+horse" } else { "" }));
        bench.radio(RadioEvent::Joined(HOME));
        bench.portal.setup(bench.now);
        bench.wait(Duration::from_secs(200));
        bench.portal.setup(bench.now);
        bench.hears_network(b"Home", Security::Wpa2);
        bench.hears_network(b"Cafe", Security::Open);
        bench.radio(RadioEvent::ScanFinished);
        bench.radio(RadioEvent::AccessPointUp);
    }
    let mut bench = Bench::new(bench.portal.flash_mut().clone());
    bench.radio(RadioEvent::ScanFinished);
    bench.commands();
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    bench.wait(Duration::from_secs(1));
    let second = bench.commands().pop();
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.state(), ProvisioningState::Connected);
    // The button, and nobody uses the portal.
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    bench.commands();
    bench.wait(Duration::from_secs(61));
    let first = bench.commands().pop();
    assert!(first.as_ref().is_some_and(|first| first.starts_with("join")) && first != second, "{first:?}");
}

/// Only what has joined replaces what is stored, a network of the same name included.
#[test]
fn another_passphrase_for_a_stored_network_replaces_it_once_it_has_joined() {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.portal.setup(bench.now);
    bench.wait(Duration::from_secs(200));
    bench.portal.setup(bench.now);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    let kept = |bench: &mut Bench| {
        let flash = bench.portal.flash_mut().clone();
        Store::new(flash).load().unwrap().networks()[0].passphrase.expose().to_vec()
    };
    bench.submit("network=486f6d65&passphrase=battery+staple");
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(kept(&mut bench), b"correct horse");
    bench.submit("network=486f6d65&passphrase=battery+staple");
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(kept(&mut bench), b"battery staple");
    assert_eq!(bench.portal.stored_networks().count(), 1);
}

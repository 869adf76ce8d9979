//! From the first power-on to the home network and back, with `curl` and `dig` as the phone.

use std::time::Duration;

use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Event, JoinFailure};
use vestibule_device_protocol::{FromDevice, FromHost, StationEvent};
use vestibule_qemu_tests::rig::{HOME, HOME_LINK, PASSPHRASE, Rig, curl, dig, store};
use vestibule_qemu_tests::{erased, filled};

#[test]
fn a_first_setup_ends_on_the_home_network_and_survives_a_restart() {
    let flash = erased();
    let mut rig = Rig::start_with(Some(&flash), |config| config.ap_shutdown_delay = Duration::from_secs(1));
    println!("measured serving {}", rig.open_portal());
    let ports = rig.machine.ports;

    assert_eq!(dig(ports.dns, "connectivitycheck.gstatic.com"), "192.168.4.1");
    let probe = curl(&[&rig.url("/generate_204"), "-i", "-H", "Host: connectivitycheck.gstatic.com"]);
    assert!(probe.starts_with("HTTP/1.1 302") && probe.contains("http://192.168.4.1/"), "{probe}");
    assert!(curl(&[&rig.url("/")]).contains(HOME), "the page lists what the scan heard");

    // Wrong at first, and the owner is told.
    rig.submit("not the passphrase");
    let attempt = rig.expect_join("not the passphrase");
    rig.report(attempt, StationEvent::JoinFailed(JoinFailure::WrongPassphrase));
    rig.expect_leave();
    rig.machine.control.expect_state(ProvisioningState::Failed);
    assert!(curl(&[&rig.url("/")]).contains("did not accept the password"));

    // Right now: the address comes from the home network's own DHCP server.
    let page = rig.submit(PASSPHRASE);
    let attempt = rig.expect_join(PASSPHRASE);
    rig.report(attempt, StationEvent::Associated);
    rig.machine.control.expect_event("stored", |event| matches!(event, Event::Stored { .. }));
    assert!(curl(&[&rig.url(&page)]).contains("10.0.2.15"), "the owner is told the new address");
    rig.expect_drop();
    rig.machine.control.expect_state(ProvisioningState::Connected);
    let home = curl(&["-H", "Host: lamp-4f2a.local", &format!("http://127.0.0.1:{}/", ports.home_http)]);
    assert!(home.contains(HOME), "the page on the home network: {home}");
    let (start, running) = rig.stack();
    println!("measured start-stack {start}\nmeasured running-stack {running}");
    assert!(!rig.machine.cut().contains(PASSPHRASE), "the passphrase is in the log");

    let mut rig = Rig::start(Some(&flash));
    let attempt = rig.expect_join(PASSPHRASE);
    rig.report(attempt, StationEvent::Associated);
    rig.machine.control.expect_state(ProvisioningState::Connected);

    // The home network goes, and the device looks for it again.
    rig.machine.control.send(&FromHost::Station { attempt, event: StationEvent::Disconnected });
    let attempt = rig.expect_join(PASSPHRASE);
    rig.report(attempt, StationEvent::Joined(HOME_LINK));
    rig.machine.control.expect_state(ProvisioningState::Connected);
}

#[test]
fn a_station_that_never_answers_ends_in_the_portal() {
    let flash = erased();
    store(&flash, PASSPHRASE);
    let mut rig = Rig::start_with(Some(&flash), |config| {
        config.join_timeout = Duration::from_millis(500);
        config.stored_attempts = 1;
    });
    rig.expect_join(PASSPHRASE);
    rig.expect_leave();
    rig.open_portal();
}

#[test]
fn a_flash_of_garbage_ends_in_the_portal_and_can_be_used() {
    for garbage in [0x5a, 0] {
        let flash = filled(garbage);
        let mut rig = Rig::start(Some(&flash));
        rig.open_portal();
        let log = rig.machine.cut();
        assert!(log.contains("StorageFault(Unreadable)") && log.contains("networks stored: 0"), "{log}");
        // It takes credentials.
        store(&flash, PASSPHRASE);
        Rig::start(Some(&flash)).expect_join(PASSPHRASE);
    }
}

#[test]
fn credentials_of_an_unknown_layout_end_in_the_portal_and_make_room() {
    let flash = erased();
    // A whole record of version 0, as `vestibule_core::credentials` describes records: its number, the
    // version, what it holds, and the checksum of all of it.
    let mut record = [0; 64];
    record[0] = 1;
    record[10] = 8;
    record[16..24].copy_from_slice(b"Homeold!");
    let sum = record[..12].iter().chain(&record[16..]).fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    record[12..16].copy_from_slice(&(!sum).to_le_bytes());
    flash.put(0, &record);

    let mut rig = Rig::start(Some(&flash));
    rig.open_portal();
    let log = rig.machine.cut();
    assert!(log.contains("StorageFault(Unreadable)"), "{log}");
    store(&flash, PASSPHRASE);
    Rig::start(Some(&flash)).expect_join(PASSPHRASE);
}

#[test]
fn with_a_flash_that_takes_nothing_it_can_be_set_up_and_says_that_it_will_not_remember() {
    // What becomes of a flash without a partition is tested with `vestibule_firmware::Partition`: this
    // machine always has a chip.
    let flash = erased().locked();
    let mut rig = Rig::start(Some(&flash));
    rig.open_portal();
    rig.submit(PASSPHRASE);
    let attempt = rig.expect_join(PASSPHRASE);
    rig.report(attempt, StationEvent::Joined(HOME_LINK));
    rig.machine.control.expect_event("fault", |event| matches!(event, Event::StorageFault(_)));
    rig.machine.control.expect_state(ProvisioningState::ResultPending);
    assert!(curl(&[&rig.url("/")]).contains("could not store this network"));
    let log = rig.machine.cut();
    assert!(log.contains("StorageFault("), "{log}");
}

#[test]
fn an_access_point_that_cannot_be_raised_is_tried_again() {
    let flash = erased();
    let mut rig = Rig::start(Some(&flash));
    rig.machine.control.expect("scan", |message| matches!(message, FromDevice::Scan).then_some(()));
    rig.machine.control.send(&FromHost::ScanFinished);
    for _ in 0..2 {
        rig.machine
            .control
            .expect("raise", |message| matches!(message, FromDevice::RaiseAccessPoint(_)).then_some(()));
        rig.machine.control.send(&FromHost::AccessPointDown);
    }
    rig.machine
        .control
        .expect("raise", |message| matches!(message, FromDevice::RaiseAccessPoint(_)).then_some(()));
    rig.machine.control.send(&FromHost::AccessPointUp);
    rig.machine.control.expect_event("up", |event| matches!(event, Event::AccessPoint { up: true }));
    let log = rig.machine.cut();
    assert!(log.contains("could not raise the access point"), "{log}");
}

#[test]
fn a_stranger_cannot_keep_the_owner_out() {
    let flash = erased();
    let mut rig = Rig::start(Some(&flash));
    rig.open_portal();
    // As many connections as there are, which ask nothing.
    let address = format!("127.0.0.1:{}", rig.machine.ports.http);
    let strangers: Vec<_> = (0..12).map(|_| std::net::TcpStream::connect(&address)).collect();
    // Those that came first make room for those that came last, and at last for the owner.
    std::thread::sleep(Duration::from_millis(500));
    assert!(curl(&[&rig.url("/")]).contains(HOME));
    drop(strangers);
    for _ in 0..40 {
        assert!(curl(&[&rig.url("/")]).contains(HOME));
    }
}

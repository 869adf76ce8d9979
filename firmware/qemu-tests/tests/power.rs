//! Power that is cut in the middle of flash writes, and firmware that panics.

use vestibule_core::JoinFailure;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_device_protocol::{FromDevice, FromHost, StationEvent};
use vestibule_qemu_tests::erased;
use vestibule_qemu_tests::rig::{HOME_LINK, PASSPHRASE, Rig, store};

const NEW: &str = "five blue lanterns";

/// The bits of a word that an interrupted operation has not reached.
const HALF: u32 = 0xffff_0000;

/// Stores credentials, and cuts the power while new ones that have just worked are saved. Returns with
/// which of them the device joins when it has power again; joining with others is a failure.
fn cut_while_saving(operation: u32) -> &'static str {
    let flash = erased();
    store(&flash, PASSPHRASE);
    let mut rig = Rig::start_with(Some(&flash), |config| config.stored_attempts = 1);
    let attempt = rig.expect_join(PASSPHRASE);
    rig.report(attempt, StationEvent::JoinFailed(JoinFailure::WrongPassphrase));
    rig.expect_leave();
    rig.open_portal();
    rig.submit(NEW);
    let attempt = rig.expect_join(NEW);
    rig.machine.control.send(&FromHost::PowerCutAt { operation, undone: HALF });
    rig.report(attempt, StationEvent::Joined(HOME_LINK));
    rig.machine.control.expect("cut", |message| matches!(message, FromDevice::PowerCut).then_some(()));
    rig.machine.cut();

    let mut rig = Rig::start(Some(&flash));
    let (attempt, passphrase) = rig.expect_join_with_one_of([PASSPHRASE, NEW]);
    rig.report(attempt, StationEvent::Joined(HOME_LINK));
    rig.machine.control.expect_state(ProvisioningState::Connected);
    passphrase
}

#[test]
fn a_cut_at_the_beginning_of_a_save_leaves_the_old_credentials() {
    // In the erasure, and in the first word.
    for operation in [1, 2] {
        assert_eq!(cut_while_saving(operation), PASSPHRASE);
    }
}

#[test]
fn a_cut_later_leaves_the_old_credentials_or_the_new() {
    // The record's words, the erasure of the sector of its copy, the copy's words: wherever they
    // begin, old credentials come back up to a moment, and new ones from then on.
    let kept: Vec<_> = [6, 12, 18, 24, 30].map(cut_while_saving).into();
    let first_new = kept.iter().position(|kept| *kept == NEW).unwrap_or(kept.len());
    assert!(kept.iter().skip(first_new).all(|kept| *kept == NEW), "{kept:?}");
    assert_eq!(kept.last(), Some(&NEW), "the last cut is in the copy");
}

#[test]
fn a_cut_that_is_to_come_outlives_a_restart() {
    let flash = erased();
    let mut rig = Rig::start(Some(&flash));
    rig.open_portal();
    rig.machine.control.send(&FromHost::PowerCutAt { operation: 2, undone: HALF });
    // Messages are read in order: once it has answered, it knows of the power cut.
    rig.stack();
    rig.machine.cut();

    let mut rig = Rig::start(Some(&flash));
    rig.open_portal();
    rig.submit(NEW);
    let attempt = rig.expect_join(NEW);
    rig.report(attempt, StationEvent::Joined(HOME_LINK));
    rig.machine.control.expect("cut", |message| matches!(message, FromDevice::PowerCut).then_some(()));
    rig.machine.cut();
    // And comes once.
    store(&flash, PASSPHRASE);
}

#[test]
fn three_panics_in_a_row_open_the_portal() {
    let flash = erased();
    store(&flash, PASSPHRASE);
    for _ in 0..3 {
        let mut rig = Rig::start(Some(&flash));
        rig.expect_join(PASSPHRASE);
        rig.machine.control.send(&FromHost::Panic);
        let log = rig.machine.until_reset();
        assert!(log.contains("PANIC") && !log.contains("could not be counted"), "{log}");
    }
    let mut rig = Rig::start(Some(&flash));
    rig.open_portal();
    assert!(rig.machine.log().contains("3 panics in a row"));
}

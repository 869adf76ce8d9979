//! Power that is cut in the middle of flash writes, and firmware that panics.

use vestibule_core::JoinFailure;
use vestibule_core::provisioning::State;
use vestibule_device_protocol::{FromGuest, FromHost, Outcome};
use vestibule_qemu_tests::erased;
use vestibule_qemu_tests::stage::{HOME_LINK, PASSPHRASE, Stage, store};

const NEW: &str = "five blue lanterns";

/// The bits of a word that an interrupted operation has not reached.
const HALF: u32 = 0xffff_0000;

/// Stored credentials, and a power cut while new ones are saved that have just worked. Returns which
/// of them the device joins with when it has its power again; joining with others is a failure.
fn cut_while_saving(operation: u32) -> &'static str {
    let flash = erased();
    store(&flash, PASSPHRASE);
    let mut stage = Stage::begin_with(Some(&flash), |config| config.stored_attempts = 1);
    let attempt = stage.expect_join(PASSPHRASE);
    stage.say(attempt, Outcome::Failed(JoinFailure::WrongPassphrase));
    stage.expect_leave();
    stage.open_portal();
    stage.submit(NEW);
    let attempt = stage.expect_join(NEW);
    stage.machine.control.say(&FromHost::CutAt { operation, undone: HALF });
    stage.say(attempt, Outcome::Joined(HOME_LINK));
    stage.machine.control.expect("cut", |message| matches!(message, FromGuest::Cut).then_some(()));
    stage.machine.cut();

    let mut stage = Stage::begin(Some(&flash));
    let (attempt, passphrase) = stage.expect_join_with_one_of([PASSPHRASE, NEW]);
    stage.say(attempt, Outcome::Joined(HOME_LINK));
    stage.machine.control.expect_state(State::Connected);
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
    let mut stage = Stage::begin(Some(&flash));
    stage.open_portal();
    stage.machine.control.say(&FromHost::CutAt { operation: 2, undone: HALF });
    // Once it has answered it has heard that, too.
    stage.stack();
    stage.machine.cut();

    let mut stage = Stage::begin(Some(&flash));
    stage.open_portal();
    stage.submit(NEW);
    let attempt = stage.expect_join(NEW);
    stage.say(attempt, Outcome::Joined(HOME_LINK));
    stage.machine.control.expect("cut", |message| matches!(message, FromGuest::Cut).then_some(()));
    stage.machine.cut();
    // And comes once.
    store(&flash, PASSPHRASE);
}

#[test]
fn three_panics_in_a_row_open_the_portal() {
    let flash = erased();
    store(&flash, PASSPHRASE);
    for _ in 0..3 {
        let mut stage = Stage::begin(Some(&flash));
        stage.expect_join(PASSPHRASE);
        stage.machine.control.say(&FromHost::Panic);
        let log = stage.machine.until_reset();
        assert!(log.contains("PANIC") && !log.contains("could not be counted"), "{log}");
    }
    let mut stage = Stage::begin(Some(&flash));
    stage.open_portal();
    assert!(stage.machine.log().contains("3 panics in a row"));
}

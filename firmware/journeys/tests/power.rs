//! Power that is cut in the middle of flash writes, and firmware that panics.

use vestibule_core::JoinFailure;
use vestibule_core::provisioning::State;
use vestibule_journeys::erased;
use vestibule_journeys::stage::{PASSPHRASE, Stage, store};
use vestibule_wire::{FromGuest, FromHost, Outcome};

const NEW: &str = "five blue lanterns";

/// Flash operations of a save: one erasure and a record of 32 words.
const SAVE: u32 = 33;

/// Stored credentials, and a power cut while new ones are saved that have just worked. What was
/// stored before must still be there.
fn cut_while_saving(operation: u32) {
    let flash = erased();
    store(&flash, PASSPHRASE);
    let mut stage = Stage::begin_with(Some(&flash), |config| config.stored_attempts = 1);
    let attempt = stage.expect_join(PASSPHRASE);
    stage.say(attempt, Outcome::Failed(JoinFailure::WrongPassphrase));
    stage.expect_leave();
    stage.open_portal();
    stage.submit(NEW);
    let attempt = stage.expect_join(NEW);
    stage.machine.control.say(&FromHost::CutAt(operation));
    stage.say(attempt, Outcome::Joined([192, 168, 1, 77].into()));
    stage.machine.control.expect("cut", |message| matches!(message, FromGuest::Cut).then_some(()));
    stage.machine.cut();

    let mut stage = Stage::begin(Some(&flash));
    let attempt = stage.expect_join(PASSPHRASE);
    stage.say(attempt, Outcome::Joined([192, 168, 1, 77].into()));
    stage.machine.control.expect_state(State::Connected);
}

#[test]
fn a_cut_in_the_erasure_leaves_the_old_credentials() {
    cut_while_saving(1);
}

#[test]
fn a_cut_in_the_first_word_leaves_the_old_credentials() {
    cut_while_saving(2);
}

#[test]
fn a_cut_in_the_last_word_leaves_the_old_credentials() {
    cut_while_saving(SAVE);
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

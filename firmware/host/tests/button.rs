//! The button, and the portal that it opens: on an empty flash by every policy.

use std::cell::Cell;
use std::rc::Rc;

use embassy_time::Duration;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Config, MayOpen, Ssid};
use vestibule_firmware::watch_button;
use vestibule_firmware_host::{Bench, Power, SharedMemory, remembering};

const SECOND: Duration = Duration::from_secs(1);

const POLICIES: [MayOpen; 4] =
    [MayOpen::Always, MayOpen::AfterPowerUp, MayOpen::OnceAfterPowerUp, MayOpen::WhenAsked];

/// A device of this policy, and its button.
fn start(may_open: MayOpen, flash: SharedMemory) -> (Bench, Rc<Cell<bool>>) {
    let config = Config { may_open, ..Config::new(Ssid::new(b"Bench").unwrap()) };
    let mut bench = Bench::start(config, flash, Power::On).unwrap();
    let button = Rc::new(Cell::new(false));
    let (device, is_pressed) = (bench.device, Rc::clone(&button));
    bench.spawn(watch_button(device, move || is_pressed.get()));
    (bench, button)
}

fn press(bench: &mut Bench, button: &Cell<bool>, time: Duration) {
    button.set(true);
    bench.wait(time);
    button.set(false);
    bench.wait(SECOND);
}

#[test]
fn with_nothing_stored_every_policy_leads_to_a_portal() {
    for may_open in POLICIES {
        let (mut bench, button) = start(may_open, SharedMemory::default());
        bench.wait(20 * SECOND);
        assert_eq!(bench.is_open(), may_open != MayOpen::WhenAsked, "{may_open:?} by itself");
        press(&mut bench, &button, Duration::from_millis(150));
        assert!(bench.wait_until(10 * SECOND, Bench::is_open), "{may_open:?} pressed: {:?}", bench.state());

        press(&mut bench, &button, 6 * SECOND);
        press(&mut bench, &button, Duration::from_millis(150));
        assert!(bench.wait_until(10 * SECOND, Bench::is_open), "{may_open:?} held, and pressed");
    }
}

#[test]
fn with_a_network_stored_a_press_opens_the_portal_and_holding_forgets() {
    for may_open in POLICIES {
        let (mut bench, button) = start(may_open, remembering(0));
        assert!(bench.wait_until(10 * SECOND, Bench::is_home));
        press(&mut bench, &button, SECOND);
        assert!(bench.wait_until(10 * SECOND, Bench::is_open), "{may_open:?}: {:?}", bench.state());
        assert!(bench.wait_until(3 * 60 * SECOND, Bench::is_home), "{may_open:?}: nothing was forgotten");

        press(&mut bench, &button, 6 * SECOND);
        bench.wait(3 * 60 * SECOND);
        assert!(!bench.is_home(), "{may_open:?}: it is forgotten");
    }
}

#[test]
fn a_button_that_bounces_or_is_stuck_does_nothing() {
    let (mut bench, button) = start(MayOpen::Always, remembering(0));
    button.set(true);
    bench.wait(60 * SECOND);
    assert!(bench.is_home(), "it was down before the device started");
    button.set(false);
    bench.wait(SECOND);
    press(&mut bench, &button, Duration::from_millis(15));
    assert_eq!(bench.state(), ProvisioningState::Connected);
}

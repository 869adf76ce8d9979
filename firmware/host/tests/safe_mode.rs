//! Panics in a row: longer and longer waits, and a safe mode that opens nothing to whoever can make the firmware panic.

use embassy_time::Duration;
use vestibule_core::{AccessPointSecurity, Config, MayOpen, OwnPassphrase, Ssid};
use vestibule_firmware_host::{Bench, Call, Power, SharedMemory, remembering};

const SECOND: Duration = Duration::from_secs(1);

const POLICIES: [MayOpen; 4] =
    [MayOpen::Always, MayOpen::AfterPowerUp, MayOpen::OnceAfterPowerUp, MayOpen::WhenAsked];

fn config(may_open: MayOpen) -> Config {
    let name = Ssid::new(b"Bench").unwrap();
    let own = OwnPassphrase::new(b"green lantern 7 oak", &name).unwrap();
    Config { may_open, access_point_security: AccessPointSecurity::Wpa2(own), ..Config::new(name) }
}

fn start(may_open: MayOpen, flash: SharedMemory, power: Power) -> Bench {
    Bench::start(config(may_open), flash, power).unwrap()
}

#[test]
fn each_panic_is_waited_for_longer() {
    let flash = remembering(0);
    for (panics, wait) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)] {
        let mut bench = start(MayOpen::AfterPowerUp, flash.clone(), Power::AfterPanic);
        bench.wait(wait * SECOND - Duration::from_millis(100));
        assert_eq!(bench.chip.with(|chip| chip.calls.len()), 0, "{panics} panics: not yet");
        bench.wait(SECOND);
        assert!(bench.chip.with(|chip| !chip.calls.is_empty()), "{panics} panics: now");
    }
    // It runs well for a minute, so that the next one is the first.
    let mut well = start(MayOpen::AfterPowerUp, flash.clone(), Power::On);
    well.wait(61 * SECOND);
    let mut bench = start(MayOpen::AfterPowerUp, flash, Power::AfterPanic);
    assert!(bench.wait_until(3 * SECOND, Bench::is_home));
}

#[test]
fn whoever_unplugs_it_does_not_wait() {
    let mut bench = start(MayOpen::AfterPowerUp, remembering(9), Power::On);
    assert!(bench.wait_until(5 * SECOND, Bench::is_open), "{:?}", bench.state());
}

#[test]
fn safe_mode_opens_what_may_open_and_keeps_the_access_point_protected() {
    for may_open in POLICIES {
        for power in [Power::On, Power::AfterPanic] {
            let mut bench = start(may_open, remembering(3), power);
            let opens = match may_open {
                MayOpen::Always | MayOpen::OnceAfterPowerUp => true,
                MayOpen::AfterPowerUp => power == Power::On,
                MayOpen::WhenAsked => false,
            };
            let mut has_opened = false;
            for _ in 0..50 {
                bench.wait(SECOND / 2);
                has_opened |= bench.is_open();
            }
            assert_eq!(has_opened, opens, "{may_open:?} {power:?}");
            bench.chip.with(|chip| {
                let access_point = chip.access_point.as_ref();
                let is_protected = |access_point| matches!(access_point, &AccessPointSecurity::Wpa2(_));
                assert!(access_point.is_none_or(|access_point| is_protected(&access_point.security)));
            });
            // What is stored is not given up: it is tried beside the portal, or without one.
            assert!(bench.wait_until(3 * 60 * SECOND, Bench::is_home), "{may_open:?} {power:?}");
        }
    }
}

#[test]
fn what_is_stored_is_not_tried_first_where_the_portal_may_open() {
    let mut bench = start(MayOpen::Always, remembering(3), Power::On);
    assert!(bench.wait_until(10 * SECOND, Bench::is_open));
    assert_eq!(bench.chip.with(|chip| chip.count(Call::Join)), 0);
}

//! Panics in a row: longer and longer waits, and a safe mode that opens nothing to whoever can make the firmware panic.

use std::cell::RefCell;

use embassy_time::Duration;
use log::{LevelFilter, Log, Metadata, Record};
use vestibule_core::{AccessPointSecurity, Config, MayOpen, OwnPassphrase, Ssid};
use vestibule_firmware_host::{Bench, Call, Power, SharedMemory, knowing_nothing, remembering};

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

thread_local! {
    static LOG: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what the devices of each thread log.
struct Kept;

impl Log for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LOG.with_borrow_mut(|log| *log += &format!("{}\n", record.args()));
    }

    fn flush(&self) {}
}

/// Starts a device whose home network is away, and opens its portal if it has not opened by itself. Returns what it logs
/// until then, and what its page and the JSON interface say.
fn says(may_open: MayOpen, flash: SharedMemory, power: Power) -> [String; 3] {
    // Another test of this process may have set it.
    let _ = log::set_logger(&Kept);
    log::set_max_level(LevelFilter::Info);
    LOG.take();
    let mut bench = Bench::start_with(config(may_open), flash, power, |chip| chip.network = None).unwrap();
    // As long as the wait after four panics, and a scan.
    if !bench.wait_until(15 * SECOND, Bench::is_open) {
        bench.device.setup();
        assert!(bench.wait_until(10 * SECOND, Bench::is_open), "{may_open:?} {power:?}: {:?}", bench.state());
    }
    [LOG.take(), bench.page("/"), bench.page("/api/status")]
}

#[test]
fn safe_mode_says_in_the_log_and_over_the_portal_what_happened() {
    for may_open in POLICIES {
        for (power, panics) in [(Power::On, 3), (Power::AfterPanic, 4)] {
            for flash in [remembering(3), knowing_nothing(3)] {
                let [log, page, status] = says(may_open, flash, power);
                assert!(log.contains(&format!("{panics} panics in a row")), "{may_open:?} {power:?}: {log}");
                assert!(log.contains("safe mode"), "{may_open:?} {power:?}: {log}");
                let sentence = "The device has failed and restarted several times.";
                assert!(page.contains(sentence), "{may_open:?} {power:?}: {page}");
                assert!(status.contains("\"restarted\""), "{may_open:?} {power:?}: {status}");
            }
        }
    }
}

#[test]
fn a_device_that_is_well_says_nothing_of_panics() {
    for panicked in [0, 2] {
        let [log, page, status] = says(MayOpen::Always, knowing_nothing(panicked), Power::On);
        assert!(!log.contains("safe mode"), "{panicked}: {log}");
        assert!(!page.contains("failed and restarted"), "{panicked}: {page}");
        assert!(page.contains("<form"), "{panicked}: {page}");
        assert!(!status.contains("restarted"), "{panicked}: {status}");
    }
}

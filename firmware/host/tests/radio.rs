//! A driver that fails, hangs, reports late, twice or not at all, and a router whose addresses change: what the layer
//! between the core and a chip's driver must bear.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;

use embassy_time::{Duration, Instant};
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{
    AccessPointSecurity, Config, Event, MayOpen, OwnPassphrase, Passphrase, RadioCapabilities, Ssid,
};
use vestibule_firmware_host::{
    Addresses, Bench, Call, Fault, HOME, Power, ROUTER, SIGNAL, SharedMemory, home, remembering,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// How many seeds are tried; `ci/long/firmware-faults.sh` tries many more.
fn seeds() -> u64 {
    std::env::var("VESTIBULE_SEEDS").map_or(50, |seeds| seeds.parse().expect("a number"))
}

fn config() -> Config {
    Config { may_open: MayOpen::Always, ..Config::new(Ssid::new(b"Bench").unwrap()) }
}

fn start(flash: SharedMemory) -> Bench {
    Bench::start(config(), flash, Power::On).unwrap()
}

/// A device on its home network.
fn at_home() -> Bench {
    let mut bench = start(remembering(0));
    assert!(bench.wait_until(10 * SECOND, Bench::is_home));
    Bench::events();
    bench
}

/// The first call of this sort, and only that, goes wrong like this.
fn once(at: Call, fault: Fault) -> impl FnMut(Call) -> Option<Fault> {
    let mut left = Some(fault);
    move |call| if call == at { left.take() } else { None }
}

/// Every call of this sort goes wrong like this.
fn always(at: Call, fault: Fault) -> impl FnMut(Call) -> Option<Fault> {
    move |call| (call == at).then_some(fault)
}

#[test]
fn with_a_driver_that_works_it_joins_and_opens_and_nothing_is_repeated() {
    let mut bench = at_home();
    bench.wait(10 * MINUTE);
    assert!(bench.is_home());
    assert_eq!(bench.device.home().unwrap().gateway, Some(ROUTER));
    assert_eq!(bench.device.signal(), Some(SIGNAL));
    assert!((300..=310).contains(&bench.fed.get()), "the watchdog was fed {} times", bench.fed.get());
    assert_eq!(bench.host_name.borrow().as_deref(), Some("Bench"), "as it is called by mDNS");
    assert_eq!(bench.chip.with(|chip| (chip.count(Call::Join), chip.count(Call::Restart))), (1, 0));

    let mut empty = start(SharedMemory::default());
    assert!(empty.wait_until(5 * SECOND, Bench::is_open));
    empty.wait(10 * MINUTE);
    assert_eq!(empty.chip.with(|chip| (chip.count(Call::Raise), chip.count(Call::Restart))), (1, 0));
}

#[test]
fn an_access_point_that_only_the_driver_takes_for_raised_is_raised_again() {
    let mut bench = Bench::start_with(config(), SharedMemory::default(), Power::On, |chip| {
        chip.plan(once(Call::Raise, Fault::Early));
    })
    .unwrap();
    assert!(bench.wait_until(MINUTE, Bench::is_open), "the driver was not asked");

    // It goes without a report.
    bench.chip.with(|chip| chip.access_point = None);
    assert!(bench.wait_until(MINUTE, Bench::is_open), "the driver was not asked again");
}

/// As of Espressif's chips, whose driver says it by that link alone.
#[test]
fn an_access_point_whose_driver_cannot_say_is_known_by_the_link_of_its_network_device() {
    let mut bench = Bench::start_with(config(), SharedMemory::default(), Power::On, |chip| {
        chip.knows_its_state = false;
        chip.capabilities = RadioCapabilities { concurrent: false, ..RadioCapabilities::DEFAULT };
    })
    .unwrap();
    assert!(bench.wait_until(MINUTE, Bench::is_open));
    bench.wait(MINUTE);
    assert_eq!(bench.chip.with(|chip| chip.count(Call::Raise)), 1, "it stood");
    bench.chip.with(vestibule_firmware_host::Chip::lose_access_point);
    assert!(bench.wait_until(20 * SECOND, Bench::is_open), "{:?}", bench.state());
}

#[test]
fn an_access_point_that_cannot_be_raised_keeps_no_stored_network_waiting() {
    for fault in [Fault::Fails, Fault::Hangs] {
        let mut bench = Bench::start_with(config(), remembering(0), Power::On, |chip| {
            chip.network = None;
            chip.plan(always(Call::Raise, fault));
        })
        .unwrap();
        // The router is away for as long as it takes to open the portal.
        assert!(bench.wait_until(MINUTE, |bench| bench.state() == ProvisioningState::PortalOpen));
        let tries = bench.chip.with(|chip| chip.count(Call::Join));
        bench.wait(10 * MINUTE);
        let (joins, raises) = bench.chip.with(|chip| (chip.count(Call::Join), chip.count(Call::Raise)));
        assert!(joins > tries + 5, "{fault:?}: the stored network was tried {joins} times");
        assert!((5..60).contains(&raises), "{fault:?}: raised {raises} times");
        // A radio that was started anew is asked at once, and else not for two seconds.
        bench.chip.with(|chip| {
            let mut last = None;
            for (at, call) in chip.calls.iter() {
                match call {
                    Call::Restart => last = None,
                    Call::Raise => {
                        let is_soon = last.replace(*at).is_some_and(|last| *at - last < 2 * SECOND);
                        assert!(!is_soon, "{fault:?}: {:?}", chip.calls);
                    }
                    _ => {}
                }
            }
        });
        bench.chip.with(|chip| chip.network = Some(home()));
        assert!(bench.wait_until(2 * MINUTE, Bench::is_home), "{fault:?}: {:?}", bench.state());
    }
}

#[test]
fn an_access_point_that_fails_some_times_is_raised_in_the_end() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::EventLost, Fault::Late((20 * SECOND).into())] {
        let mut left = 4;
        let mut bench = Bench::start_with(config(), SharedMemory::default(), Power::On, |chip| {
            chip.plan(move |call| {
                let fails = call == Call::Raise && left > 0;
                left -= i32::from(fails);
                fails.then_some(fault)
            });
        })
        .unwrap();
        let is_reported = Cell::new(false);
        let is_up = bench.wait_until(2 * MINUTE, |bench| {
            let up = |event: &Event| *event == Event::AccessPoint { up: true };
            is_reported.set(is_reported.get() || Bench::events().iter().any(up));
            is_reported.get() && bench.is_open()
        });
        assert!(is_up, "{fault:?}");
    }
}

#[test]
fn a_join_whose_driver_fails_does_not_leave_the_access_point_down() {
    // The home network has another passphrase, and the access point its channel: nothing else raises it again.
    let mut other = home();
    other.passphrase = Passphrase::new(b"another horse").unwrap();
    let mut bench =
        Bench::start_with(config(), remembering(0), Power::On, |chip| chip.network = Some(other)).unwrap();
    assert!(bench.wait_until(MINUTE, Bench::is_open));
    bench.chip.with(|chip| chip.plan(once(Call::Join, Fault::Fails)));
    let raises = bench.chip.with(|chip| chip.count(Call::Raise));
    bench.wait(2 * MINUTE);
    assert!(bench.chip.with(|chip| chip.count(Call::Raise)) > raises, "the driver took it down");
    assert!(bench.is_open(), "it is raised again");
}

#[test]
fn no_call_that_goes_wrong_once_keeps_the_device_from_its_network() {
    for call in Call::ALL {
        for fault in [
            Fault::Fails,
            Fault::Hangs,
            Fault::EventLost,
            Fault::Early,
            Fault::OutOfOrder,
            Fault::Late((15 * SECOND).into()),
        ] {
            let mut bench = Bench::start_with(config(), remembering(0), Power::On, |chip| {
                chip.plan(once(call, fault));
            })
            .unwrap();
            bench.wait(5 * SECOND);
            bench.chip.with(vestibule_firmware_host::Chip::disconnect);
            bench.wait(3 * MINUTE);
            assert!(bench.is_home(), "{call:?} {fault:?}: {:?}", bench.state());
        }
    }
}

#[test]
fn an_end_of_the_network_that_is_not_reported_is_found() {
    let mut bench = at_home();
    bench.chip.with(|chip| chip.plan(always(Call::Wait, Fault::EventLost)));
    // From the next look on it is waited for in vain.
    bench.wait(6 * SECOND);
    bench.chip.with(|chip| {
        chip.network = None;
        chip.disconnect();
    });
    assert!(bench.wait_until(6 * SECOND, |bench| !bench.state().is_joined()), "{:?}", bench.state());
    bench.chip.with(|chip| chip.network = Some(home()));
    assert!(bench.wait_until(2 * MINUTE, Bench::is_home));
}

#[test]
fn an_end_that_is_reported_of_a_network_that_stands_is_none() {
    let mut bench = at_home();
    bench.chip.with(|chip| chip.plan(once(Call::Wait, Fault::Early)));
    bench.wait(MINUTE);
    assert!(bench.is_home());
    assert_eq!(Bench::events(), []);
    assert_eq!(bench.chip.with(|chip| chip.count(Call::Join)), 1);
}

#[test]
fn a_join_that_is_not_reported_is_found() {
    let mut bench = Bench::start_with(config(), remembering(0), Power::On, |chip| {
        chip.plan(once(Call::Join, Fault::EventLost))
    })
    .unwrap();
    assert!(bench.wait_until(15 * SECOND, Bench::is_home));
    assert_eq!(bench.chip.with(|chip| chip.count(Call::Join)), 1, "the first try is the one");
}

#[test]
fn a_driver_that_goes_on_failing_is_started_anew_and_not_all_the_time() {
    let mut bench = at_home();
    let began = Instant::now();
    bench.chip.with(|chip| {
        // Only a restart mends it.
        let is_wedged = Rc::new(Cell::new(true));
        let mended = Rc::clone(&is_wedged);
        let mut restarts = 0;
        chip.plan(move |call| {
            restarts += usize::from(call == Call::Restart);
            mended.set(mended.get() && restarts < 4);
            mended.get().then_some(Fault::Hangs)
        });
        chip.disconnect();
    });
    assert!(bench.wait_until(30 * MINUTE, Bench::is_home), "{:?}", bench.state());
    let restarts: Vec<u64> = bench.chip.with(|chip| {
        let restarts = chip.calls.iter().filter(|(_, call)| *call == Call::Restart);
        restarts.map(|(at, _)| (*at - began).as_secs()).collect()
    });
    assert_eq!(restarts.len(), 4, "{restarts:?}");
    assert!(restarts.windows(2).all(|two| two[1] - two[0] >= 10), "{restarts:?}");
}

#[test]
fn an_access_point_that_stays_up_is_dropped_in_the_end() {
    for fault in [Fault::Hangs, Fault::Fails, Fault::EventLost] {
        let mut bench =
            Bench::start_with(config(), remembering(0), Power::On, |chip| chip.network = None).unwrap();
        assert!(bench.wait_until(MINUTE, Bench::is_open));
        bench.chip.with(|chip| {
            chip.network = Some(home());
            let mut left = 2;
            chip.plan(move |call| {
                let fails = call == Call::Drop && left > 0;
                left -= i32::from(fails);
                fails.then_some(fault)
            });
        });
        assert!(bench.wait_until(10 * MINUTE, |bench| bench.is_home()
            && bench.state() == ProvisioningState::Connected));
        bench.wait(3 * MINUTE);
        assert!(bench.chip.with(|chip| chip.access_point.is_none()), "{fault:?}");
        assert!(bench.is_home(), "{fault:?}");
    }
}

#[test]
fn a_lease_that_changes_is_the_devices_address_from_then_on() {
    let mut bench = at_home();
    assert_eq!(bench.device.home().unwrap().address.octets()[..3], [10, 0, 0]);
    bench.addresses.set(Addresses::Second);
    let has_moved = |bench: &Bench| bench.device.home().is_some_and(|home| home.address.octets()[2] == 9);
    assert!(bench.wait_until(11 * MINUTE, has_moved), "{:?}", bench.device.home());
    let home = bench.device.home().unwrap();
    assert_eq!((home.prefix, home.gateway), (24, Some(Ipv4Addr::new(10, 0, 9, 1))));
    assert!(bench.is_home());
    let events = Bench::events();
    assert_eq!(events.last(), Some(&Event::AddressChanged { link: Some(home) }), "{events:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::State { .. })), "it has not left: {events:?}");
}

#[test]
fn a_lease_that_is_lost_is_reported_and_the_network_joined_anew() {
    let mut bench = at_home();
    let ssid = Ssid::new(HOME).unwrap();
    bench.addresses.set(Addresses::None);
    assert!(bench.wait_until(11 * MINUTE, |bench| bench.device.home().is_none()));
    assert_eq!(Bench::events(), [Event::AddressChanged { link: None }]);
    assert!(bench.state().is_joined(), "the network stands");

    // Given again soon, it goes on as before.
    bench.addresses.set(Addresses::First);
    assert!(bench.wait_until(30 * SECOND, Bench::is_home));
    assert!(matches!(Bench::events()[..], [Event::AddressChanged { link: Some(_) }]));

    bench.addresses.set(Addresses::None);
    assert!(bench.wait_until(15 * MINUTE, |bench| !bench.state().is_joined()));
    bench.addresses.set(Addresses::First);
    assert!(bench.wait_until(2 * MINUTE, Bench::is_home));
    assert!(
        Bench::events().iter().any(|event| matches!(event, Event::Joined { ssid: of, .. } if *of == ssid))
    );
}

#[test]
fn what_the_radio_cannot_do_is_refused_when_it_is_configured() {
    let name = Ssid::new(b"Bench").unwrap();
    let own = || OwnPassphrase::new(b"green lantern 7 oak", &name).unwrap();
    for (security, is_supported) in [
        (AccessPointSecurity::Open, true),
        (AccessPointSecurity::Wpa2(own()), true),
        (AccessPointSecurity::Wpa2Wpa3(own()), false),
        (AccessPointSecurity::Wpa3(own()), false),
    ] {
        let config = Config { access_point_security: security.clone(), ..config() };
        let started =
            Bench::start_with(config, SharedMemory::default(), Power::On, |chip| chip.has_wpa3 = false);
        assert_eq!(started.is_ok(), is_supported, "{security:?}");
    }
}

/// Ten minutes of faults of every sort, on radios of both sorts. After the last one the device settles.
#[test]
fn after_the_last_of_many_faults_the_device_settles() {
    let mut restarts = 0;
    for seed in 0..seeds() {
        let random = Rc::new(std::cell::RefCell::new(fastrand::Rng::with_seed(seed)));
        let draw = Rc::clone(&random);
        let is_over = Rc::new(Cell::new(false));
        let over = Rc::clone(&is_over);
        let mut bench = Bench::start_with(config(), remembering(0), Power::On, |chip| {
            let concurrent = !seed.is_multiple_of(3);
            chip.capabilities = RadioCapabilities { concurrent, ..RadioCapabilities::DEFAULT };
            chip.knows_its_state = seed % 5 != 1;
            chip.plan(move |call| {
                let mut random = draw.borrow_mut();
                let late = Fault::Late(Duration::from_millis(random.u64(0..30_000)).into());
                let faults =
                    [Fault::Fails, Fault::Hangs, Fault::EventLost, Fault::Early, Fault::OutOfOrder, late];
                let fault = faults[random.usize(..faults.len())];
                // One that says that it has dropped its access point and has not is nobody's to find.
                let is_borne = (call, fault) != (Call::Drop, Fault::Early);
                (!over.get() && is_borne && random.u8(..100) < 40).then_some(fault)
            });
        })
        .unwrap();
        for _ in 0..20 {
            bench.wait(30 * SECOND);
            match random.borrow_mut().u8(..4) {
                0 => bench.chip.with(vestibule_firmware_host::Chip::disconnect),
                1 => bench.addresses.set(Addresses::None),
                2 => bench.addresses.set(Addresses::Second),
                _ => bench.addresses.set(Addresses::First),
            }
        }
        is_over.set(true);
        bench.addresses.set(Addresses::First);
        restarts += bench.chip.with(|chip| chip.count(Call::Restart));
        // A network whose end the driver can neither report nor say is left when the lease is over.
        let settled = bench.wait_until(25 * MINUTE, |bench| {
            bench.is_home() && bench.chip.with(|chip| chip.access_point.is_none())
        });
        assert!(
            settled,
            "seed {seed}: {:?} {:?}",
            bench.state(),
            bench.chip.with(|chip| chip.calls.split_off(0))
        );
    }
    assert!(restarts > 0, "no seed has restarted a radio");
}

/// Access point and station have one network device there, and one address of their own each.
#[test]
fn a_radio_with_one_role_goes_home_and_opens_its_portal_with_one_network_device() {
    let mut bench = Bench::start_with(config(), remembering(0), Power::On, |chip| {
        chip.capabilities = RadioCapabilities { concurrent: false, ..RadioCapabilities::DEFAULT };
    })
    .unwrap();
    assert!(bench.wait_until(MINUTE, Bench::is_home), "{:?}", bench.state());
    let lease = bench.device.home().unwrap().address;
    bench.chip.with(|chip| {
        chip.network = None;
        chip.disconnect();
    });
    assert!(bench.wait_until(25 * MINUTE, Bench::is_open), "{:?}", bench.state());
    assert!(!bench.is_home());
    bench.chip.with(|chip| chip.network = Some(home()));
    assert!(bench.wait_until(25 * MINUTE, Bench::is_home), "{:?}", bench.state());
    assert_eq!(bench.device.home().unwrap().address, lease, "by DHCP, over the device that the phones had");
}

//! When the portal opens and closes by itself, as the application chose.

use super::*;
use crate::{MayOpen, StaticAddress, WhenLost, WithoutGateway};

/// A portal with these choices, and its network listed.
fn with(choices: impl FnOnce(&mut Config)) -> Bench {
    let mut config = Config::new(Ssid::new(b"Lamp").unwrap());
    choices(&mut config);
    let portal = Portal::new(config, Memory::new(), Zeros);
    let mut bench = Bench::of(portal);
    bench.portal.connect_or_setup(bench.now);
    bench.drain();
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    bench
}

#[test]
fn an_idle_portal_closes_and_a_phone_in_a_pocket_does_not_keep_it_open() {
    let minute = Duration::from_secs(60);
    let mut bench = with(|config| config.idle_timeout = Some(5 * minute));
    for _ in 0..4 {
        bench.wait(2 * minute);
        bench.get("/");
    }
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen, "somebody looks at it");
    bench.commands();
    for _ in 0..3 {
        bench.wait(2 * minute - Duration::from_secs(1));
        bench.probe();
    }
    let commands = ["drop", "scan", "raise Lamp on 6"];
    assert_eq!(bench.commands(), commands, "only a check came; it has closed, and opens anew");
}

#[test]
fn a_portal_that_is_used_on_and_on_closes_too_when_it_is_to() {
    let minute = Duration::from_secs(60);
    let mut bench = with(|config| config.absolute_timeout = Some(5 * minute));
    bench.commands();
    for _ in 0..5 {
        bench.get("/");
        bench.wait(minute);
    }
    assert_eq!(bench.commands(), ["drop", "scan"]);
}

/// The time of a portal ends while the stored network is tried again beside it, too: a router that keeps the device
/// waiting does not keep it open.
#[test]
fn a_portal_closes_in_time_while_the_stored_network_is_tried() {
    let second = Duration::from_secs(1);
    let mut bench = set_up(|config| config.absolute_timeout = Some(config.retry_interval + 2 * second));
    bench.portal.setup(bench.now);
    bench.radio(RadioEvent::ScanFinished);
    while bench.portal.state() != ProvisioningState::RetryingStored {
        assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
        bench.wait(second);
    }
    bench.commands();
    bench.wait(3 * second);
    assert_eq!(bench.commands(), ["drop", "join Home"], "it goes on without a portal");
}

/// Nor does one that waits for another passphrase after the first was wrong.
#[test]
fn a_portal_closes_in_time_after_a_try_that_failed() {
    let minute = Duration::from_secs(60);
    let mut bench = with(|config| config.absolute_timeout = Some(5 * minute));
    bench.submit(RIGHT);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(bench.portal.state(), ProvisioningState::Failed);
    bench.commands();
    bench.wait(5 * minute);
    assert_eq!(bench.commands(), ["drop", "scan"], "it closes, and opens anew because nothing is stored");
}

/// The owner has read it, and the access point is about to go: the device does not end up without both.
#[test]
fn a_network_that_is_lost_while_the_portal_closes_is_tried_again_beside_it() {
    let mut bench = with(|_| ());
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.get("/");
    assert_eq!(bench.portal.state(), ProvisioningState::Closing);
    bench.commands();
    bench.radio(RadioEvent::Disconnected);
    assert_eq!(bench.portal.state(), ProvisioningState::RetryingStored);
    assert_eq!(bench.commands(), ["join Home"]);
}

/// An address, and no way on.
const LEADS_NOWHERE: StationAddress = StationAddress { gateway: None, ..HOME };

#[test]
fn what_leads_nowhere_is_not_stored_and_the_owner_is_told_why() {
    let mut bench = with(|_| {});
    bench.submit(RIGHT);
    bench.commands();
    bench.radio(RadioEvent::Joined(LEADS_NOWHERE));
    assert_eq!(
        (bench.portal.state(), bench.stored(), bench.portal.home()),
        (ProvisioningState::Failed, None, None)
    );
    assert_eq!(bench.commands(), ["leave"]);
    let ssid = Ssid::new(b"Home").unwrap();
    assert!(bench.events.contains(&Event::JoinFailed { ssid, reason: JoinFailure::NoGateway }));
    assert!(!bench.events.iter().any(|event| matches!(event, Event::Joined { .. })));
    assert!(bench.get("/").contains("it has no router that leads to the internet"));
    assert!(bench.get("/api/status").contains("\"code\":\"no-gateway\""));

    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!((bench.stored(), bench.portal.home()), (Some(ssid), Some(HOME)));
}

#[test]
fn a_network_that_leads_nowhere_on_purpose_is_joined() {
    let joins = |choices: fn(&mut Config)| {
        let mut bench = with(choices);
        bench.submit(RIGHT);
        bench.radio(RadioEvent::Joined(LEADS_NOWHERE));
        bench.portal.state() == ProvisioningState::ResultPending && bench.portal.has_credentials()
    };
    assert!(joins(|config| config.without_gateway = WithoutGateway::Accept));
    const OWN: StaticAddress = StaticAddress { address: HOME.address, prefix: 24, router: None };
    assert!(joins(|config| config.home_address = Some(OWN)), "it was configured without one");
    assert!(!joins(|config| config.home_address = Some(StaticAddress { router: HOME.gateway, ..OWN })));
}

#[test]
fn a_stored_network_is_not_left_because_its_router_is_down() {
    let mut bench = with(|_| {});
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.wait(Duration::from_secs(200));
    bench.radio(RadioEvent::Disconnected);
    bench.radio(RadioEvent::Joined(LEADS_NOWHERE));
    assert_eq!(
        (bench.portal.state(), bench.portal.home()),
        (ProvisioningState::Connected, Some(LEADS_NOWHERE))
    );
}

#[test]
fn a_portal_opens_only_when_it_may() {
    let mut asked = with(|config| config.may_open = MayOpen::WhenAsked);
    assert_eq!((asked.portal.state(), asked.commands()), (ProvisioningState::Idle, Vec::new()));
    asked.portal.setup(asked.now);
    asked.radio(RadioEvent::ScanFinished);
    asked.submit(RIGHT);
    asked.radio(RadioEvent::Joined(HOME));
    asked.wait(Duration::from_secs(200));
    asked.radio(RadioEvent::Disconnected);
    asked.commands();
    asked.wait(Duration::from_secs(3600));
    let commands = asked.commands();
    assert!(commands.len() > 50 && commands.iter().all(|command| !command.starts_with("raise")));

    let mut once = with(|config| {
        config.may_open = MayOpen::OnceAfterPowerUp;
        config.idle_timeout = Some(Duration::from_secs(60));
    });
    assert_eq!(once.portal.state(), ProvisioningState::PortalOpen);
    once.wait(Duration::from_secs(3600));
    assert_eq!(
        (once.portal.state(), once.commands().last().unwrap().as_str()),
        (ProvisioningState::Idle, "drop")
    );
}

/// A device with these choices that has just been given power, and knows a network.
fn set_up(choices: impl FnOnce(&mut Config)) -> Bench {
    let mut bench = Bench::open();
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    let mut config = Config::new(Ssid::new(b"Lamp").unwrap());
    choices(&mut config);
    let mut bench = Bench::of(Portal::new(config, bench.portal.flash_mut().clone(), Zeros));
    // The clock of a board need not begin with its power.
    bench.now = Instant::from_micros(1 << 40);
    bench.portal.connect_or_setup(bench.now);
    bench.drain();
    bench
}

/// Lets joins fail for so long.
fn jam(bench: &mut Bench, time: Duration) {
    let end = bench.now + time;
    while bench.now < end {
        if bench.portal.state() == ProvisioningState::Scanning {
            bench.radio(RadioEvent::ScanFinished);
        }
        if bench.portal.state().is_joining() {
            bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
        }
        bench.wait(Duration::from_secs(1));
    }
}

const MINUTE: Duration = Duration::from_secs(60);

fn stays_closed(bench: &Bench) -> usize {
    bench.events.iter().filter(|event| **event == Event::StaysClosed).count()
}

#[test]
fn a_device_that_knows_a_network_opens_soon_after_power_came_and_closes_at_the_end_of_that_time() {
    let mut bench = set_up(|_| {});
    jam(&mut bench, MINUTE);
    assert!(bench.portal.state().has_access_point(), "{:?}", bench.portal.state());
    jam(&mut bench, 8 * MINUTE);
    assert!(bench.portal.state().has_access_point() && stays_closed(&bench) == 0);
    jam(&mut bench, 2 * MINUTE);
    assert!(!bench.portal.state().has_access_point(), "{:?}", bench.portal.state());
    assert_eq!(stays_closed(&bench), 1, "the log says so");

    // Whoever jams it for a day gets nothing, and the device joins once it can.
    bench.commands();
    jam(&mut bench, 24 * 60 * MINUTE);
    let commands = bench.commands();
    assert!(commands.iter().all(|command| !command.starts_with("raise")), "{commands:?}");
    let joins = commands.iter().filter(|command| *command == "join Home").count();
    assert!((1000..1500).contains(&joins), "one a minute: {joins}");
    assert_eq!(stays_closed(&bench), 1, "once");
    while !bench.portal.state().is_joining() {
        bench.wait(Duration::from_secs(1));
    }
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.state(), ProvisioningState::Connected);
}

/// Found by a campaign: the window was over before the first try was.
#[test]
fn a_window_shorter_than_the_first_tries_begins_when_they_have_failed() {
    let window = |window| move |config: &mut Config| config.opening_window = window;
    let opens_after = |choices: &dyn Fn(&mut Config)| {
        let mut bench = set_up(choices);
        // The router is silent, and each try takes its whole time.
        while bench.portal.state() != ProvisioningState::PortalOpen && stays_closed(&bench) == 0 {
            if bench.portal.state() == ProvisioningState::Scanning {
                bench.radio(RadioEvent::ScanFinished);
            }
            bench.wait(Duration::from_secs(1));
        }
        bench
    };
    let mut bench = opens_after(&window(Duration::from_secs(20)));
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
    jam(&mut bench, Duration::from_secs(15));
    assert!(bench.portal.state().has_access_point());
    jam(&mut bench, Duration::from_secs(10));
    assert!(!bench.portal.state().has_access_point());
    // Once a network was joined there are no first tries any more.
    let mut bench = set_up(window(Duration::from_secs(20)));
    bench.radio(RadioEvent::Joined(HOME));
    bench.wait(MINUTE);
    bench.radio(RadioEvent::Disconnected);
    jam(&mut bench, MINUTE);
    assert_eq!((bench.portal.state().has_access_point(), stays_closed(&bench)), (false, 1));
    // After a crash nothing opens.
    let bench = opens_after(&window(Duration::ZERO));
    assert_eq!(stays_closed(&bench), 1);
}

#[test]
fn a_network_that_is_lost_later_opens_nothing_until_power_comes_again() {
    let lost_after = |time| {
        let mut bench = set_up(|_| {});
        bench.radio(RadioEvent::Joined(HOME));
        bench.wait(time);
        bench.radio(RadioEvent::Disconnected);
        jam(&mut bench, 2 * MINUTE);
        bench
    };
    assert!(lost_after(5 * MINUTE).portal.state().has_access_point());
    let mut bench = lost_after(11 * MINUTE);
    assert!(!bench.portal.state().has_access_point());
    assert_eq!(stays_closed(&bench), 1);
    // It is asked for one, by a button.
    bench.portal.setup(bench.now);
    jam(&mut bench, 60 * MINUTE);
    assert!(bench.portal.state().has_access_point(), "that is not closed by the time since power came");
    // Unplugged, and plugged in again.
    let config = bench.portal.config().clone();
    bench.portal = Portal::new(config, bench.portal.flash_mut().clone(), Zeros);
    bench.portal.connect_or_setup(bench.now);
    jam(&mut bench, MINUTE);
    assert!(bench.portal.state().has_access_point());
}

#[test]
fn an_owner_who_is_on_the_portal_at_the_end_of_its_time_is_not_thrown_off() {
    let used_for = |minutes, choices: fn(&mut Config)| {
        let mut bench = set_up(choices);
        for _ in 0..minutes {
            jam(&mut bench, MINUTE);
            bench.get("/");
        }
        jam(&mut bench, 4 * MINUTE);
        bench
    };
    let mut bench = used_for(20, |_| {});
    assert!(bench.portal.state().has_access_point(), "five minutes after the last request it closes");
    jam(&mut bench, 2 * MINUTE);
    assert!(!bench.portal.state().has_access_point());
    let bench = used_for(20, |config| config.absolute_timeout = Some(15 * MINUTE));
    assert!(!bench.portal.state().has_access_point(), "that holds whatever anybody does");
    let mut bench = used_for(2, |_| {});
    jam(&mut bench, 5 * MINUTE);
    assert!(!bench.portal.state().has_access_point(), "an early look keeps nothing open");
}

#[test]
fn what_an_owner_types_at_the_end_of_the_time_is_tried() {
    let mut bench = set_up(|_| {});
    jam(&mut bench, 9 * MINUTE);
    bench.submit("ssid=Cafe&passphrase=correct+horse");
    bench.wait(JOIN_DELAY);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    jam(&mut bench, 2 * MINUTE);
    assert!(bench.get("/").contains("did not accept the password"), "and told why it failed");
    bench.submit("ssid=Cafe&passphrase=correct+donkey");
    bench.wait(JOIN_DELAY);
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.stored(), Some(Ssid::new(b"Cafe").unwrap()));
}

#[test]
fn a_device_that_knows_no_network_opens_whenever_and_stays_open() {
    let mut bench = with(|_| {});
    bench.wait(24 * 60 * MINUTE);
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
    bench.portal.factory_reset(bench.now).unwrap();
    bench.portal.connect_or_setup(bench.now);
    assert_eq!(bench.portal.state(), ProvisioningState::Scanning);
}

#[test]
fn without_a_window_only_a_button_opens_the_portal_of_a_device_that_knows_a_network() {
    let choices: [fn(&mut Config); 2] =
        [|config| config.opening_window = Duration::ZERO, |config| config.may_open = MayOpen::WhenAsked];
    for choose in choices {
        let mut bench = set_up(choose);
        jam(&mut bench, 60 * MINUTE);
        assert!(bench.commands().iter().all(|command| !command.starts_with("raise")));
        bench.portal.setup(bench.now);
        jam(&mut bench, MINUTE);
        assert!(bench.portal.state().has_access_point(), "it is asked to");
    }
    let mut always = set_up(|config| config.may_open = MayOpen::Always);
    jam(&mut always, 60 * MINUTE);
    assert!(always.portal.state().has_access_point(), "as it was chosen");
}

#[test]
fn a_portal_that_opens_once_does_so_until_a_network_was_joined_or_it_has_closed() {
    let once = |idle_timeout| {
        set_up(|config| (config.may_open, config.idle_timeout) = (MayOpen::OnceAfterPowerUp, idle_timeout))
    };
    let mut bench = once(None);
    jam(&mut bench, 24 * 60 * MINUTE);
    assert!(bench.portal.state().has_access_point(), "no window ends it");
    let mut bench = once(None);
    bench.radio(RadioEvent::Joined(HOME));
    bench.radio(RadioEvent::Disconnected);
    jam(&mut bench, 60 * MINUTE);
    assert!(bench.commands().iter().all(|command| !command.starts_with("raise")), "it has been on a network");
    let mut bench = once(Some(5 * MINUTE));
    jam(&mut bench, 60 * MINUTE);
    let raised = bench.commands().iter().filter(|command| command.starts_with("raise")).count();
    assert_eq!((raised, bench.portal.state().has_access_point()), (1, false), "it has closed by a timeout");
}

#[test]
fn the_result_says_that_unplugging_opens_the_portal_where_it_does() {
    let says = |may_open| {
        let mut bench = with(|config| config.may_open = may_open);
        bench.portal.setup(bench.now);
        bench.radio(RadioEvent::ScanFinished);
        bench.submit(RIGHT);
        bench.radio(RadioEvent::Joined(HOME));
        let home = bench.ask_on(Interface::Home, "GET / HTTP/1.1\r\nHost: lamp\r\n\r\n");
        let says = [bench.get("/"), home].map(|page| page.contains("unplug the device and plug it in again"));
        assert_eq!(says[0], says[1], "the page at home says the same");
        says[0]
    };
    assert!(says(MayOpen::AfterPowerUp) && says(MayOpen::OnceAfterPowerUp));
    assert!(!says(MayOpen::Always), "it opens by itself");
    assert!(!says(MayOpen::WhenAsked), "how it is asked the application knows");
}

#[test]
fn tries_that_no_portal_follows_are_further_and_further_apart() {
    let mut bench = set_up(|config| config.opening_window = Duration::ZERO);
    let mut waits = Vec::new();
    while waits.len() < 9 {
        bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
        let begun = bench.now;
        while !bench.portal.state().is_joining() {
            bench.wait(Duration::from_secs(1));
        }
        waits.push(bench.now.as_micros().saturating_sub(begun.as_micros()) / 1_000_000);
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60, 60, 60]);
}

#[test]
fn a_network_that_is_lost_is_joined_as_the_application_chose() {
    let until_it_opens = |when_lost| {
        let mut bench = with(|config| config.when_lost = when_lost);
        bench.submit(RIGHT);
        bench.radio(RadioEvent::Joined(HOME));
        bench.wait(Duration::from_secs(200));
        bench.radio(RadioEvent::Disconnected);
        bench.commands();
        (0..20).find(|_| {
            bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
            bench.wait(Duration::from_secs(3));
            bench.portal.state() == ProvisioningState::Scanning
        })
    };
    assert_eq!(until_it_opens(WhenLost::OpenAfter(1)), Some(0));
    assert_eq!(until_it_opens(WhenLost::OpenAfter(3)), Some(2));
    assert_eq!(until_it_opens(WhenLost::Retry), None);
}

#[test]
fn the_access_point_stays_while_the_page_says_that_it_is_looked_at() {
    let mut bench = Bench::open();
    let token = bench.portal.guard.csrf_token;
    let ping = |body: &str| {
        let body = format!("token={token}&{body}");
        format!(
            "POST /api/alive HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    bench.get("/");
    for _ in 0..10 {
        assert_eq!(status(&bench.ask(&ping("timeout=8"))), "204");
        bench.wait(Duration::from_secs(7));
        assert_eq!(bench.portal.state(), ProvisioningState::Closing);
    }
    bench.wait(Duration::from_secs(2));
    assert_eq!(bench.portal.state(), ProvisioningState::Connected, "the pings have ended");
    let mut bench = Bench::open();
    for bad in ["", "timeout=", "timeout=0", "timeout=121", "timeout=-1", "timeout=1000", "timeout=a"] {
        assert_eq!(status(&bench.ask(&ping(bad))), "400", "{bad}");
    }
}

#[test]
fn the_portal_opens_after_the_configured_attempts_whatever_their_number() {
    let mut memory = crate::credentials::Memory::new();
    for name in [b"A", b"B", b"C", b"D"] {
        let passphrase = Passphrase::new(b"12345678").unwrap();
        memory.remember(crate::Credentials { ssid: Ssid::new(name).unwrap(), passphrase });
    }
    let mut store = Store::new(Memory::new());
    store.save(&memory, &mut Zeros).unwrap();
    let second = Duration::from_secs(1);
    let config = Config {
        stored_attempts: 64,
        backoff: second,
        join_timeout: second,
        ..Config::new(Ssid::new(b"Lamp").unwrap())
    };
    let mut bench = Bench::of(Portal::new(config, store.flash_mut().clone(), Zeros));
    bench.portal.connect_or_setup(bench.now);
    let mut joins = 0;
    while bench.portal.state() != ProvisioningState::Scanning {
        bench.now = bench.portal.poll_timeout().unwrap();
        bench.portal.handle_timeout(bench.now);
        joins += bench.commands().iter().filter(|line| line.starts_with("join")).count();
        assert!(joins <= 256, "{joins}");
    }
    assert_eq!(joins, 256);
}

#[test]
fn a_device_that_has_failed_and_restarted_says_so_until_a_network_is_chosen() {
    let says_so = |bench: &mut Bench| bench.look("/").contains("has failed and restarted several times");
    let mut bench = Bench::of(Portal::new(Config::new(Ssid::new(b"Lamp").unwrap()), Memory::new(), Zeros));
    bench.portal.setup_after_restarts(bench.now);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    assert!(says_so(&mut bench));
    bench.submit(RIGHT);
    bench.radio(RadioEvent::JoinFailed(JoinFailure::NotFound));
    assert!(!says_so(&mut bench), "what is said is why the network was not joined");
}

#[test]
fn a_device_that_opens_only_later_says_all_the_same_that_it_has_failed_and_restarted() {
    let config = Config { may_open: MayOpen::WhenAsked, ..Config::new(Ssid::new(b"Lamp").unwrap()) };
    let mut bench = Bench::of(Portal::new(config, Memory::new(), Zeros));
    bench.portal.handle_restarts();
    bench.portal.connect_or_setup(bench.now);
    assert!(!bench.portal.state().has_access_point());
    bench.portal.setup(bench.now);
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    assert!(bench.look("/").contains("has failed and restarted several times"));
}

#[test]
fn a_network_whose_protection_the_device_lacks_is_shown_as_that_and_refused() {
    let mut bench = Bench::of(Portal::new(Config::new(Ssid::new(b"Lamp").unwrap()), Memory::new(), Zeros));
    bench.portal.connect_or_setup(bench.now);
    bench.hears_network(b"Old", Security::Unsupported);
    bench.radio(RadioEvent::ScanFinished);
    bench.radio(RadioEvent::AccessPointUp);
    assert!(bench.look("/").contains("not supported: another protection"));
    let answer = bench.submit("network=4f6c64&passphrase=correct+horse");
    assert!(answer.contains("protected in a way that this device does not support"), "{answer}");
    assert!(bench.events.contains(&Event::Rejected(crate::Problem::Unsupported)));
    assert!(!bench.commands().iter().any(|command| command.starts_with("join")), "it is not tried");
}

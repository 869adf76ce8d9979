//! When the portal opens and closes by itself, as the application chose.

use super::*;
use crate::{StaticAddress, WhenLost, WithoutGateway};

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
    store.save(&memory).unwrap();
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

//! A station that goes on with the key of its last join by SAE, and a router that has restarted since.

use super::*;
use crate::radio::{EndsAt, JoinEnd};

const INVALID_PMKID: u16 = 53;

/// A station that was joined there and has left.
fn joined_before(stage: EndsAt, code: u16) -> Bench {
    let (status, reason) = if stage == EndsAt::Handshake { (None, Some(code)) } else { (Some(code), None) };
    let ends_join = Some(JoinEnd { stage, status, reason, times: None, stale_pmksa: true });
    let mut bench = Bench::new(vec![Network { ends_join, ..secured(Security::Wpa3) }]);
    bench.join("Home", RIGHT);
    assert!(bench.wait(6000).is_joined());
    assert!(bench.dialogue().iter().any(|said| said.contains("SAE")), "the first time there is no key");
    bench.command(RadioCommand::Leave);
    bench.wait(100).reports.clear();
    bench
}

fn restarts(bench: &mut Bench) {
    bench.air.set_on_air(b"Home", false, bench.now);
    bench.wait(100);
    bench.air.set_on_air(b"Home", true, bench.now);
    bench.wait(100).reports.clear();
}

#[test]
fn a_router_that_still_has_the_key_is_joined_with_it_and_without_sae() {
    let mut bench = joined_before(EndsAt::Association, INVALID_PMKID);
    assert!(bench.air.can_be_joined(&bench.air.networks()[0].ssid));
    bench.join("Home", RIGHT);
    assert!(bench.wait(6000).is_joined());
    assert!(!bench.dialogue().iter().any(|said| said.contains("SAE")), "{:?}", bench.dialogue());
}

#[test]
fn a_router_that_has_lost_it_refuses_once_and_the_next_join_is_by_sae() {
    for (stage, code, reported) in [(EndsAt::Association, INVALID_PMKID, 203), (EndsAt::Handshake, 15, 15)] {
        let mut bench = joined_before(stage, code);
        restarts(&mut bench);
        assert!(!bench.air.can_be_joined(&bench.air.networks()[0].ssid));
        bench.join("Home", RIGHT);
        assert_eq!(bench.wait(10_000).death().map(|death| death.1), Some(reported), "{stage:?}");
        assert!(bench.air.can_be_joined(&bench.air.networks()[0].ssid));
        bench.join("Home", RIGHT);
        assert!(bench.wait(6000).is_joined(), "{stage:?}");
        assert!(bench.dialogue().iter().any(|said| said.contains("SAE")), "{stage:?}");
    }
}

#[test]
fn a_device_without_power_keeps_no_key() {
    let mut bench = joined_before(EndsAt::Association, INVALID_PMKID);
    bench.air.device_off(bench.now);
    restarts(&mut bench);
    bench.join("Home", RIGHT);
    assert!(bench.wait(6000).is_joined());
}

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::scenario::{Scenario, load};

const WORLD: &str =
    "name = \"x\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"\n";

fn scenario(rest: &str) -> Result<Scenario, String> {
    load::parse(&format!("{WORLD}{rest}"), Path::new("x.toml")).map_err(|error| error.to_string())
}

/// Generated faults, enough of them that every kind is there.
fn many() -> Vec<Timed> {
    let scenario = scenario("").unwrap();
    (0..300).flat_map(|seed| generate(seed, &scenario)).collect()
}

#[test]
fn a_fault_is_written_and_read_back() {
    let scenario = scenario("").unwrap();
    let kinds: BTreeSet<String> = many()
        .into_iter()
        .map(|fault| {
            let text = toml::to_string(&fault).unwrap();
            assert_eq!(toml::from_str::<Timed>(&text).unwrap(), fault, "{text}");
            assert_eq!(fault.fault.check(&scenario), Ok(()));
            text.lines().find_map(|line| line.strip_prefix("kind = ")).unwrap().to_owned()
        })
        .collect();
    assert_eq!(kinds.len(), 18, "{kinds:?}");
}

#[test]
fn the_same_seed_makes_the_same_faults() {
    let scenario = scenario("").unwrap();
    assert_eq!(generate(7, &scenario), generate(7, &scenario));
    assert_ne!(generate(7, &scenario), generate(8, &scenario));
}

#[test]
fn a_fault_that_contradicts_the_scenario_is_refused_with_its_line() {
    for (fault, reason) in [
        ("at = \"1s\"\nkind = \"deauthenticate\"\nphone = 2", "there is no phone 2"),
        ("at = \"-1s\"\nkind = \"bit-rot\"\nbit = 1", "is before zero"),
        (
            "at = \"1s\"\nkind = \"router-reboot\"\nnetwork = \"Away\"\nlasts = \"1s\"",
            "no [[network]] is called",
        ),
        ("at = \"1s\"\nkind = \"channel-move\"\nnetwork = \"Home\"\nchannel = 15", "a channel from 1 to 14"),
        (
            "at = \"1s\"\nkind = \"fade\"\nnetwork = \"Away\"\nby = 20\nlasts = \"1s\"",
            "no [[network]] is called",
        ),
        ("at = \"1s\"\nkind = \"loss\"\npercent = 0\nlasts = \"1s\"", "from 1 to 100"),
        ("at = \"1s\"\nkind = \"loss\"\npercent = 5\nlasts = \"1s\"\nfoo = 1", "unknown field `foo`"),
        ("at = \"1s\"\nkind = \"earthquake\"", "unknown variant `earthquake`"),
        ("kind = \"bit-rot\"\nbit = 1", "expected `at`"),
    ] {
        let refused = scenario(&format!("[[fault]]\n{fault}\n")).unwrap_err();
        assert!(refused.starts_with("x.toml:7:1: ") && refused.contains(reason), "{refused}");
    }
}

#[test]
fn a_fault_is_over_when_what_it_delayed_has_come() {
    let by = Duration::from_secs(1);
    let fault = Timed { at: by, fault: Fault::Jitter { by, lasts: by } };
    assert_eq!(fault.ends(), 3 * by);
}

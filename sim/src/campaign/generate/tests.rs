use std::collections::BTreeSet;
use std::path::Path;

use super::generate_faults;
use crate::fault::Timed;
use crate::scenario::{Scenario, check_fault, load};

const WORLD: &str =
    "name = \"x\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"\n";

fn scenario(rest: &str) -> Result<Scenario, String> {
    load::parse(&format!("{WORLD}{rest}"), Path::new("x.toml")).map_err(|error| error.to_string())
}

/// Generated faults, enough of them that every kind is there.
fn many() -> Vec<Timed> {
    let scenario = scenario("").unwrap();
    (0..300).flat_map(|seed| generate_faults(seed, &scenario)).collect()
}

#[test]
fn a_fault_is_written_and_read_back() {
    let scenario = scenario("").unwrap();
    let kinds: BTreeSet<String> = many()
        .into_iter()
        .map(|fault| {
            let text = toml::to_string(&fault).unwrap();
            assert_eq!(toml::from_str::<Timed>(&text).unwrap(), fault, "{text}");
            assert_eq!(check_fault(&fault.fault, &scenario), Ok(()));
            text.lines().find_map(|line| line.strip_prefix("kind = ")).unwrap().to_owned()
        })
        .collect();
    assert_eq!(kinds.len(), 20, "{kinds:?}");
}

#[test]
fn the_same_seed_makes_the_same_faults() {
    let scenario = scenario("").unwrap();
    assert_eq!(generate_faults(7, &scenario), generate_faults(7, &scenario));
    assert_ne!(generate_faults(7, &scenario), generate_faults(8, &scenario));
}

//! A portal that is driven at random, from seeds: nobody can do to it what SECURITY.md says that nobody can. The fuzz
//! target `portal` drives it by an input in place of seeds, with the same driver.

mod driver;

use std::collections::BTreeSet;

use driver::choices::{Bytes, Dice};
use driver::run;
use vestibule_core::provisioning::EDGES;

/// How many seeds, and how many steps each: few seconds. More are `RANDOM_PORTAL_SEEDS`.
const SEEDS: u64 = 200;
const STEPS: usize = 400;

/// So many more seeds are tried while an edge of the provisioning machine was not taken.
const MOST: u64 = 10;

#[test]
fn nobody_can_do_what_nobody_may() {
    let seeds =
        std::env::var("RANDOM_PORTAL_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let mut never: BTreeSet<_> =
        EDGES.iter().map(|edge| format!("{:?} + {:?}", edge.from, edge.on)).collect();
    for seed in 1..=seeds * MOST {
        if seed > seeds && never.is_empty() {
            break;
        }
        match run(&mut Dice::new(seed), STEPS) {
            Ok(edges) => never.retain(|edge| !edges.contains(edge)),
            Err(wrong) => panic!("seed {seed}, {wrong}"),
        }
    }
    assert!(never.is_empty(), "edges that no seed took: {never:#?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 1..10 {
        assert_eq!(run(&mut Dice::new(seed), 200), run(&mut Dice::new(seed), 200));
    }
}

/// As the fuzz target drives it.
#[test]
fn an_input_decides_as_a_seed_does() {
    let input: Vec<u8> = (0..4000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let edges = run(&mut Bytes(&input), 2000).unwrap();
    assert!(!edges.is_empty());
    assert_eq!(run(&mut Bytes(&[]), 2000), Ok(BTreeSet::new()));
}

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::results::{Folder, merge, read};
use super::*;
use crate::invariant::recovery;

const TEXT: &str = r#"
    name = "a device that is set up, and restarts"
    [[network]]
    ssid = "Home"
    [[phone]]
    model = "ios-17"
    wants = "Home"
    habits = "hurried"
    [[step]]
    after = "connected"
    do = "restart"
    [expect]
    within = "10s"
    failures = []
"#;

fn case(text: &str) -> Case {
    let path = PathBuf::from("x.toml");
    Case { scenario: load::parse(text, &path).unwrap(), text: text.into(), path, firmware: None }
}

fn results(folder: &Path, shard: &str) -> String {
    let plan = Plan { from: 5, seeds: 11, shard: shard.parse().unwrap() };
    let kept = Mutex::new((Folder::create(folder).unwrap(), Vec::new()));
    run(&[case(TEXT)], plan, &AtomicBool::new(false), |line| {
        let mut kept = kept.lock().unwrap();
        kept.0.add(&line).unwrap();
        kept.1.push(line);
    });
    let (folder_kept, mut lines) = kept.into_inner().unwrap();
    assert_eq!(read(folder).unwrap().len(), lines.len(), "a run is written as it ends");
    folder_kept.finish(&mut lines).unwrap();
    std::fs::read_to_string(folder.join(results::RESULTS)).unwrap()
}

#[test]
fn four_shards_put_together_are_one_campaign() {
    let home = tempfile::tempdir().unwrap();
    let whole = results(&home.path().join("whole"), "1/1");
    assert_eq!(whole.lines().count(), 11);
    let shards: Vec<PathBuf> = (1..=4).map(|number| home.path().join(number.to_string())).collect();
    for (number, shard) in shards.iter().enumerate() {
        results(shard, &format!("{}/4", number + 1));
    }
    let mut lines = merge(&shards).unwrap();
    let merged = home.path().join("merged");
    Folder::create(&merged).unwrap().finish(&mut lines).unwrap();
    assert_eq!(std::fs::read_to_string(merged.join(results::RESULTS)).unwrap(), whole);
}

#[test]
fn results_that_contradict_each_other_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let (one, other) = (home.path().join("one"), home.path().join("other"));
    let line = case(TEXT).run(5);
    for (folder, hash) in [(&one, "a"), (&other, "b")] {
        Folder::create(folder).unwrap().add(&Line { hash: hash.into(), ..line.clone() }).unwrap();
    }
    let refused = merge(&[one.clone(), other]).unwrap_err().to_string();
    assert!(refused.contains("seed 5 has two different results"), "{refused}");
    std::fs::write(one.join(results::RESULTS), "nonsense\n").unwrap();
    let refused = merge(&[one]).unwrap_err().to_string();
    assert!(refused.contains("results.jsonl:1: "), "{refused}");
}

#[test]
fn a_campaign_that_is_stopped_runs_nothing_more() {
    let (stop, ran) = (AtomicBool::new(false), Mutex::new(0));
    let plan = Plan { from: 1, seeds: 200, shard: Shard::WHOLE };
    run(&[case(TEXT)], plan, &stop, |_| {
        *ran.lock().unwrap() += 1;
        stop.store(true, Ordering::Relaxed);
    });
    // Those that were under way on other cores still end.
    assert!((1..150).contains(&*ran.lock().unwrap()));
}

#[test]
fn shards_are_written_as_parts() {
    for wrong in ["0/4", "5/4", "1/0", "1", "a/b"] {
        assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
    }
    let shards: Vec<Shard> = (1..=3).map(|number| format!("{number}/3").parse().unwrap()).collect();
    for place in 0..10 {
        assert_eq!(shards.iter().filter(|shard| shard.has(place)).count(), 1, "{place}");
    }
}

#[test]
fn the_same_seed_runs_the_same_and_another_does_not() {
    let case = case(TEXT);
    assert_eq!(case.run(9), case.run(9));
    assert_ne!(case.run(9).hash, case.run(10).hash);
}

/// A world that cannot recover: its owner insists on a wrong passphrase, and the network that the
/// device is to be on is never there for the visitors to matter.
#[test]
fn a_failure_is_made_small_and_fails_for_the_same_reason() {
    let text = r#"
        name = "nobody knows the passphrase of a device that has no power"
        [[network]]
        ssid = "Home"
        [[step]]
        at = "1s"
        do = "restart"
        [[step]]
        at = "2s"
        do = "power-off"
        [[step]]
        at = "3s"
        do = "network-off"
        network = "Home"
        [[fault]]
        at = "1s"
        kind = "loss"
        percent = 10
        lasts = "1s"
    "#;
    let case = case(text);
    // One that brings nobody along.
    let seed = (1..).find(|seed| case.under(*seed).phones.is_empty()).unwrap();
    let violation = case.run(seed).violation.unwrap();
    assert_eq!(violation.invariant, "device-settles");
    assert!(violation.at >= recovery::BOUND, "{violation}");
    assert_eq!(violation.waits, ["the device waits for power"]);
    let small = minimise(&case, seed, &violation.invariant).unwrap();
    assert_eq!((small.faults, small.settings, small.steps), (0, 0, 1), "{}", small.text);
    assert!(
        small.text.contains("do = \"power-off\"") && small.text.contains(&format!("seed = {seed}")),
        "{}",
        small.text
    );
    let again = load::parse(&small.text, Path::new("small.toml")).unwrap();
    let outcome = VirtualTime::new(&again, seed).run(&again, |_| {});
    assert_eq!(outcome.violation.unwrap().invariant, violation.invariant);
    assert!(minimise(&case, seed, "no-secret-leaves").is_none());
}

/// Stored before the run begins and never joined in it: it counts all the same.
#[test]
fn a_device_that_forgets_what_is_stored_when_that_fails_is_seen() {
    let text = |device: &str| {
        format!(
            r#"
            name = "the router is off at first"
            [device]
            stored = "Home"
            also_stored = ["Cafe"]
            {device}
            [[network]]
            ssid = "Home"
            on_air = false
            [[network]]
            ssid = "Cafe"
            on_air = false
            [[step]]
            at = "10s"
            do = "network-on"
            network = "Home"
            [expect]
            liveness = true
            "#
        )
    };
    let violation = |device| {
        let case = case(&text(device));
        VirtualTime::new(&case.scenario, 1).run(&case.scenario, |_| {}).violation
    };
    assert_eq!(violation(""), None);
    let violation = violation("mutant = \"forgets-on-failure\"").unwrap();
    assert_eq!(violation.invariant, "credentials-survive");
}

/// What people do is part of what a seed makes up, in the file that is written of it, too.
#[test]
fn people_come_and_press_buttons() {
    let case = case(TEXT);
    let (mut kinds, mut phones) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..200 {
        let scenario = case.under(seed);
        phones.insert(scenario.phones.len());
        kinds.extend(Coverage::of_faults(&scenario).faults);
        let written = load::parse(&written(&case, seed).unwrap(), Path::new("written.toml")).unwrap();
        let faults = |scenario: &Scenario| {
            scenario.faults.iter().map(|fault| fault.get_ref().clone()).collect::<Vec<_>>()
        };
        assert_eq!(faults(&written), faults(&scenario), "seed {seed}");
        assert_eq!(written.phones.len(), scenario.phones.len());
    }
    assert_eq!(phones, [1, 2].into());
    for kind in ["setup-button", "factory-reset", "clear-request", "stuck-scan"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}

/// The edges of the machine that need a button pressed, or an owner gone, at one moment. Only the seeds are run that bring what
/// leads there.
#[test]
fn people_lead_to_the_rarest_edges() {
    let text = |radio: &str| {
        format!(
            r#"
            name = "an owner who mistypes"
            [device]
            {radio}
            [[network]]
            ssid = "Home"
            [[phone]]
            model = "android-14"
            wants = "Home"
            habits = "hurried"
            tries = ["wrong", "right"]
            "#
        )
    };
    let (both, alone) = (case(&text("")), case(&text("radio = { concurrent = false }")));
    let rarest: [(_, _, &[&str]); 7] = [
        (&both, "ScanningStored on Cleared to Idle", &["also_stored", "\"scanning-stored\"", "\"clear\""]),
        (&both, "Backoff on Cleared to Idle", &["Old home", "\"backoff\"", "\"clear\""]),
        (
            &both,
            "RetryingStored on PortalTimeout to Idle",
            &["Old home", "phone-leaves", "idle_timeout", "retry_interval"],
        ),
        (&both, "Failed on PortalTimeout to Idle", &["after = \"failed\"", "phone-leaves", "_timeout = "]),
        (&alone, "ClosingToJoin on Cleared to Idle", &["closing-to-join"]),
        (&alone, "RetryingAlone on Setup to PortalOpen", &["stored", "retrying-alone", "\"setup\""]),
        (&alone, "Failed on RetryAlone to RetryingAlone", &["stored", "after = \"failed\"", "phone-leaves"]),
    ];
    for (case, edge, needs) in rarest {
        let comes = |seed: &u64| {
            written(case, *seed).is_some_and(|text| needs.iter().all(|needed| text.contains(needed)))
        };
        let takes = |seed: u64| {
            let Line { covers, violation, .. } = case.run(seed);
            assert_eq!(violation, None, "seed {seed}");
            EdgeCount::of([&covers]).iter().any(|count| count.runs == 1 && count.to_string() == edge)
        };
        let taken = (1..=20_000).filter(comes).take(100).position(takes);
        eprintln!("{edge}: run {taken:?}");
        assert!(taken.is_some(), "no run takes {edge}");
    }
}

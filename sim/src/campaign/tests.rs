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
    Case { scenario: load::parse(text, &path).unwrap(), text: text.into(), path }
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
    let seed = 3;
    let violation = case.run(seed).violation.unwrap();
    assert_eq!(violation.invariant, "device-settles");
    assert!(violation.at >= recovery::BOUND, "{violation}");
    assert_eq!(violation.waits, ["the device waits for power"]);
    let small = minimise(&case, seed, &violation.invariant).unwrap();
    assert_eq!((small.faults, small.settings, small.steps), (0, 0, 1), "{}", small.text);
    assert!(small.text.contains("do = \"power-off\"") && small.text.contains("seed = 3"), "{}", small.text);
    let again = load::parse(&small.text, Path::new("small.toml")).unwrap();
    let outcome = VirtualTime::new(&again, seed).run(&again, |_| {});
    assert_eq!(outcome.violation.unwrap().invariant, violation.invariant);
    assert!(minimise(&case, seed, "no-secret-leaves").is_none());
}

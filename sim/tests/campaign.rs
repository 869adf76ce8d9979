//! Campaigns and faults as a process: exit codes, messages, files.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn vestibule(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the command is built")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

const WELL: &str = "name = \"well\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"ios-17\"\n\
                    wants = \"Home\"\nhabits = \"hurried\"\n";

/// Nobody gives the device its power back.
const STUCK: &str =
    "name = \"stuck\"\n[[step]]\nat = \"1s\"\ndo = \"power-off\"\n[expect]\nliveness = true\n";

#[test]
fn a_world_that_does_not_recover_ends_with_4_and_says_who_waits() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stuck.toml"), STUCK).unwrap();
    for arguments in
        [&["run", "--driver", "virtual", "stuck.toml"][..], &["campaign", "stuck.toml", "--seeds", "2"]]
    {
        let output = vestibule(arguments, folder.path());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(
            said.contains("LIVENESS device-settles") && said.contains("the device waits for power"),
            "{said}"
        );
    }
}

#[test]
fn a_fault_that_cannot_be_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let refuses = |fault: &str, driver: &str, reason: &str| {
        fs::write(folder.path().join("x.toml"), format!("{WELL}[[fault]]\n{fault}")).unwrap();
        let output = vestibule(&["run", "--driver", driver, "x.toml"], folder.path());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(reason), "{said}");
    };
    let nobody = "at = \"1s\"\nkind = \"deauthenticate\"\nphone = 7\n";
    refuses(nobody, "virtual", "x.toml:8:1: there is no phone 7: expected one from 1 to 1");
    let before = "at = \"-1s\"\nkind = \"bit-rot\"\nbit = 1\n";
    refuses(before, "virtual", "x.toml:8:1: \"-1s\" is before zero");
    let frames = "at = \"1s\"\nkind = \"loss\"\npercent = 5\nlasts = \"1s\"\n";
    refuses(frames, "loopback", "on loopback there is no such fault as \"5 % of frames are lost for 1s\"");
}

#[test]
fn shards_are_merged_and_a_campaign_without_a_violation_ends_with_0() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("well.toml"), WELL).unwrap();
    for shard in ["1/2", "2/2"] {
        let out = &shard[..1];
        let arguments = ["campaign", "well.toml", "--seeds", "6", "--shard", shard, "--out", out];
        let output = vestibule(&arguments, folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    let merged = vestibule(&["campaign", "merge", "1", "2", "--out", "all"], folder.path());
    assert_eq!(merged.status.code(), Some(0), "{}", said(&merged));
    let results = fs::read_to_string(folder.path().join("all/results.jsonl")).unwrap();
    let seeds: Vec<_> = results.lines().filter_map(|line| line.split("\"seed\":").nth(1)).collect();
    assert_eq!(seeds.len(), 6, "{results}");
    assert!(seeds.iter().enumerate().all(|(place, seed)| seed.starts_with(&format!("{},", place + 1))));
    let missing = vestibule(&["campaign", "merge", "1", "3"], folder.path());
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    assert!(said(&missing).contains("3/results.jsonl"), "{}", said(&missing));
}

#[cfg(unix)]
#[test]
fn an_interrupted_campaign_keeps_what_it_found() {
    use std::time::{Duration, Instant};

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("well.toml"), WELL).unwrap();
    let mut campaign = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["campaign", "well.toml", "--seeds", "1000000", "--out", "out"])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let results = folder.path().join("out/results.jsonl");
    let until = Instant::now() + Duration::from_secs(60);
    while !fs::read_to_string(&results).is_ok_and(|text| text.lines().count() > 2) {
        assert!(Instant::now() < until, "no results in a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
    let killed = Command::new("kill").args(["-INT", &campaign.id().to_string()]).status().unwrap();
    assert!(killed.success());
    // Not all of it was run, so it has not passed.
    assert_eq!(campaign.wait().unwrap().code(), Some(1));
    let text = fs::read_to_string(&results).unwrap();
    assert!(text.lines().count() > 2 && text.ends_with("}\n"), "{text}");
}

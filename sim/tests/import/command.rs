//! `vestibule import` as a person runs it.

use std::path::PathBuf;
use std::process::Command;

use vestibule::capture::load;

use super::clients::{CLIENT, fixture, packets};
use super::files::{ethernet, pcap};

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_vestibule")).arg("import").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn as_a_person_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    let file = pcap(1, &packets(&fixture("iphone-2020")), ethernet);
    std::fs::write(path("whole.pcap"), &file).unwrap();
    std::fs::write(path("cut.pcap"), &file[..file.len() - 10]).unwrap();
    std::fs::write(path("none.pcap"), b"nothing").unwrap();
    let import = |name: &str| run(&[path(name).to_str().unwrap(), "-o", path("out.jsonl").to_str().unwrap()]);
    let (code, said, _) = import("whole.pcap");
    assert_eq!(code, Some(0));
    assert!(said.contains(&CLIENT.to_string()) && said.contains("ios-13"), "{said}");
    assert_eq!(load::load(&path("out.jsonl")).unwrap().name, "out");
    let (code, _, complaint) = import("cut.pcap");
    assert_eq!(code, Some(0));
    assert!(complaint.contains("offset ") && complaint.contains("was cut off"), "{complaint}");
    let (code, _, complaint) = import("none.pcap");
    assert_eq!(code, Some(2));
    assert!(complaint.contains("neither a pcap nor a pcapng"), "{complaint}");
}

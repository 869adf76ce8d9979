//! `vestibule replay` as a person runs it: what it prints and its exit code.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures")
}

fn replay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vestibule")).arg("replay").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn all_recordings_against_the_built_in_device() {
    let output = replay(&[captures().to_str().unwrap()]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    assert_eq!(said.lines().last(), Some("13 recordings: 65 exchanges same, 0 differ, 2 not replayed"));
    assert!(said.contains("when recorded, it concluded: online"));
    assert_eq!(said.matches("  recognised as ").count(), 13);
    assert!(said.contains("recognised as windows-11 (by every byte)"), "{said}");
    assert!(!said.contains("nobody known"), "{said}");
    assert!(said.contains("concludes: portal [android.probe.portal-before-7, grade A]"));
    assert!(said.contains("DHCP DISCOVER: not replayed: there is no DHCP on loopback"));
}

#[test]
fn the_last_check_decides_what_is_concluded() {
    // This iPhone asked names after its check, as every phone does.
    let said = text(&replay(&[captures().join("iphone-2020.jsonl").to_str().unwrap()]).stdout);
    assert!(said.contains("so it concludes now: portal"), "{said}");
}

/// As behind a router, where one address is many clients.
#[test]
fn several_clients_in_one_recording_are_said_to_be_mixed() {
    let read = |name: &str| std::fs::read_to_string(captures().join(name)).unwrap();
    let (apple, windows) = (read("ios-4.jsonl"), read("windows-11.jsonl"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ios-4.jsonl");
    let second = windows.lines().find(|line| line.contains("\"http\"")).unwrap();
    std::fs::write(&path, format!("{}\n{second}\n", apple.trim_end())).unwrap();
    let said = text(&replay(&[path.to_str().unwrap()]).stdout);
    assert!(
        said.contains("several clients are mixed here, as behind a router: ios-4 and windows-"),
        "{said}"
    );
    let alone = text(&replay(&[captures().join("ios-4.jsonl").to_str().unwrap()]).stdout);
    assert!(!alone.contains("mixed") && alone.contains("1 recording: "), "{alone}");
}

#[test]
fn json_says_the_same() {
    let file = captures().join("ios-4.jsonl");
    let output = replay(&["--json", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["exchanges"], serde_json::json!({"same": 1, "differ": 0, "not_replayed": 0}));
    let exchange = &said["recordings"][0]["exchanges"][0];
    assert_eq!((&exchange["outcome"], &exchange["concluded"]), (&"same".into(), &"portal".into()));
    assert_eq!(
        (&exchange["rule"]["id"], &exchange["rule"]["grade"]),
        (&"apple.probe.page".into(), &"A-".into())
    );
}

#[test]
fn a_differing_verdict_is_exit_code_1() {
    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    let dns = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (http_at, dns_at) = (http.local_addr().unwrap().to_string(), dns.local_addr().unwrap().to_string());
    let portal = std::thread::spawn(move || {
        let (mut stream, _) = http.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    });
    let file = captures().join("android-10-check.jsonl");
    let output = replay(&[file.to_str().unwrap(), "--against", &http_at, "--dns", &dns_at]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("DIFFERS  GET /generate_204"), "{said}");
    assert!(said.contains("concludes: online instead of: portal [android.probe.204, grade A]"), "{said}");
    portal.join().unwrap();
}

#[test]
fn a_mistake_is_exit_code_2_with_its_place_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(captures().join("ios-4.jsonl")).unwrap();
    std::fs::write(folder.path().join("a-good.jsonl"), &good).unwrap();
    let bad = folder.path().join("b-bad.jsonl");
    let mistaken = good.replace("\"probe\"", "\"prob\"");
    let column = mistaken.lines().nth(1).unwrap().find("\"prob\"").unwrap() + 1;
    std::fs::write(&bad, &mistaken).unwrap();
    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    http.set_nonblocking(true).unwrap();
    let at = http.local_addr().unwrap().to_string();
    let output = replay(&[folder.path().to_str().unwrap(), "--against", &at, "--dns", &at]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = text(&output.stderr);
    let place = format!("{}:2:{column}: expected \"probe\", \"browser\" or \"other\"", bad.display());
    assert!(complaint.contains(&place), "{complaint}");
    assert!(http.accept().is_err(), "a connection was made");
}

#[test]
fn what_cannot_be_carried_out_is_exit_code_2() {
    let file = captures().join("ios-4.jsonl");
    let file = file.to_str().unwrap();
    for arguments in [
        &["no/such.jsonl"][..],
        &[file, "--against", "127.0.0.1:80"],
        &[file, "--against", "127.0.0.1", "--dns", "127.0.0.1:53"],
        &[file, "--speed", "0"],
        &[file, "--speed", "fast"],
    ] {
        assert_eq!(replay(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

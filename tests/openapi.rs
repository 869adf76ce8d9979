//! What `firmware-core/openapi.yaml` promises of a device: each path, each method, each status. That the
//! answers look as it says is checked by a tool that knows nothing of this project (`ci/openapi.sh`).

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use vestibule_core::Interface;
use vestibule_core::limits::{REQUEST_LINE_BYTES, SUBMISSIONS_PER_MINUTE};
use vestibule_tests::bench::Bench;

/// `POST /api/access-point 202`, for every answer that is documented. The file is laid out in steps of
/// two spaces, which is all of YAML that is read here.
fn documented() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware-core/openapi.yaml");
    let text = std::fs::read_to_string(file).expect("the description is in the repository");
    let paths =
        text.split("\npaths:\n").nth(1).and_then(|rest| rest.split("\ncomponents:\n").next()).unwrap();
    let (mut path, mut method, mut found) = ("", "", BTreeSet::new());
    for line in paths.lines() {
        let depth = line.len() - line.trim_start().len();
        let key = line.trim().split(':').next().unwrap_or_default();
        match depth {
            2 => path = key,
            4 => method = key,
            8 if key.starts_with('"') => {
                found.insert(format!("{} {path} {}", method.to_uppercase(), key.trim_matches('"')));
            }
            _ => {}
        }
    }
    found
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const HOME: &str = r#"{"ssid":"Home","passphrase":"correct horse","broker":"10.0.0.2"}"#;

/// Asks, and returns what was asked with the status that came.
fn ask(bench: &mut Bench, line: &str, kind: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n{headers}");
    let request = format!("{line} HTTP/1.1\r\nHost: 192.168.4.1\r\n{head}\r\n{body}");
    let answer = bench.send(Interface::AccessPoint, request.as_bytes());
    if !answer.body.is_empty() {
        let kind = answer.header("Content-Type").unwrap_or_default();
        let expected = match answer.status {
            300..400 => "text/html; charset=utf-8",
            413 => "text/plain; charset=utf-8",
            200 if line == "GET /api/events" => "text/event-stream",
            400.. => "application/problem+json",
            _ => JSON,
        };
        assert_eq!(kind, expected, "{line} {}", answer.status);
    }
    let path = line.split('?').next().unwrap_or(line);
    format!("{path} {}", answer.status)
}

#[test]
fn every_documented_answer_is_given_and_no_other() {
    let mut given = BTreeSet::new();
    let mut bench = Bench::new();
    let large = format!("{{\"ssid\":\"{}\"}}", "x".repeat(4000));
    for path in ["/api/networks", "/api/access-points", "/api/status", "/api/events"] {
        given.insert(ask(&mut bench, &format!("GET {path}"), JSON, "", ""));
    }
    let long = format!("GET /api/status?token={}", "0".repeat(REQUEST_LINE_BYTES));
    given.insert(ask(&mut bench, &long, JSON, "", ""));
    for path in ["/api/access-point", "/api/rescan", "/api/clear", "/api/alive"] {
        let line = format!("POST {path}");
        given.insert(ask(&mut bench, &line, JSON, "", "[1]"));
        given.insert(ask(&mut bench, &line, JSON, "Origin: http://evil.example\r\n", "{}"));
        given.insert(ask(&mut bench, &line, "text/plain", "", "x"));
        given.insert(ask(&mut bench, &line, JSON, "", &large));
    }
    for path in ["/api/access-point", "/api/rescan", "/api/clear", "/api/alive"] {
        given.insert(ask(&mut bench, &format!("POST {path}"), FORM, "", "ssid=Home"));
    }
    for _ in 0..=SUBMISSIONS_PER_MINUTE {
        given.insert(ask(&mut bench, "POST /api/rescan", JSON, "", "{}"));
    }
    given.insert(ask(&mut bench, "POST /api/alive", JSON, "", "{\"timeout\":8}"));
    given.insert(ask(&mut bench, "POST /api/clear", JSON, "", "{}"));
    for _ in 0..SUBMISSIONS_PER_MINUTE {
        ask(&mut bench, "POST /api/access-point", JSON, "", "{}");
    }
    given.insert(ask(&mut bench, "POST /api/access-point", JSON, "", HOME));
    given.insert(ask(&mut bench, "POST /api/clear", JSON, "", "{}"));
    bench.wait(Duration::from_secs(60));
    given.insert(ask(&mut bench, "POST /api/access-point", JSON, "", HOME));
    given.insert(ask(&mut bench, "POST /api/clear", JSON, "", "{}"));
    bench.join();
    given.insert(ask(&mut bench, "POST /api/alive", JSON, "", "{\"timeout\":8}"));
    given.insert(ask(&mut bench, "POST /api/access-point", JSON, "", HOME));

    // A flash that fails is not to be had on this bench.
    let mut documented = documented();
    assert!(documented.remove("POST /api/clear 500"));
    assert_eq!(given, documented);
}

#[test]
fn what_is_documented_and_nothing_else_is_there() {
    let mut bench = Bench::new();
    for path in [
        "/api",
        "/api/",
        "/api/network",
        "/api/networks/",
        "/api/access-points/",
        "/api/access-point/1",
        "/api/setup",
        "/API/status",
    ] {
        assert_eq!(ask(&mut bench, &format!("GET {path}"), JSON, "", ""), format!("GET {path} 302"));
    }
}

#[test]
fn the_founding_name_of_the_network_list_lists_the_same() {
    let mut bench = Bench::new();
    // One client, as each is given a token of its own.
    let token = bench.token();
    let founding = bench.look(&format!("/api/access-points?token={token}"));
    assert_eq!(founding.status, 200);
    assert_eq!(bench.look(&format!("/api/networks?token={token}")).body, founding.body);
}

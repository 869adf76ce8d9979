//! `vestibule journey` at portals that are not ours: one that buries its form behind a button, says the result or does
//! not, loses what was typed.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use portals::{Fault, Portal};

#[allow(dead_code, reason = "each test has portals of its own kind")]
#[path = "portals/mod.rs"]
mod portals;

fn journey(portal: &Portal, passphrase: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args([
            "journey",
            &portal.http,
            "--dns",
            &portal.dns,
            "--ssid",
            "Café & Co",
            "--passphrase-file",
            "-",
        ])
        .args(["--phones", "ios-17"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(passphrase.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What was said, lines joined.
fn text(output: &Output) -> String {
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is typed arrives as it was typed, whatever is in it, and what the device says is read.
#[test]
fn an_owner_finds_the_form_behind_a_button_and_reads_the_result() {
    for passphrase in ["four green lanterns", "+ & % \" ' < > \\ =;#", "a%2Bb+c&d=e"] {
        let portal = Portal::start(Fault::None);
        let output = journey(&portal, passphrase);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("ios-17 set up: the device said that it has joined"), "{said}");
        assert!(said.contains("reads that the device is on the network at 192.168.1.77"), "{said}");
        assert!(!said.contains(passphrase), "{said}");
        let forms = portal.forms.lock().unwrap().clone();
        let typed: Vec<(String, String)> =
            url::form_urlencoded::parse(forms[0].as_bytes()).into_owned().collect();
        assert_eq!(forms.len(), 1);
        assert_eq!(typed, [("s".into(), "Café & Co".into()), ("p".into(), passphrase.to_owned())]);
    }
}

#[test]
fn a_portal_that_does_not_say_the_result_is_told_and_what_to_change() {
    for (fault, told) in [
        (Fault::NoResult, "the page after the form neither says the result nor goes on"),
        (Fault::NoForm, "the page has no form for a network and its passphrase"),
    ] {
        let portal = Portal::start(fault);
        let output = journey(&portal, "four green lanterns");
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(told) && said.contains(" change "), "{said}");
        assert_eq!(portal.forms.lock().unwrap().len(), usize::from(fault == Fault::NoResult));
    }
}

#[test]
fn a_passphrase_that_is_shown_or_sent_in_the_address_is_odd_and_not_told() {
    let portal = Portal::start(Fault::ShowsPassphrase);
    let said = text(&journey(&portal, "four green lanterns"));
    assert!(said.contains("/wifisave shows the passphrase that was typed"), "{said}");
    assert!(!said.contains("four green lanterns") && !said.contains("four+green"), "{said}");
    let portal = Portal::start(Fault::FormByGet);
    let said = text(&journey(&portal, "four green lanterns"));
    assert!(said.contains("sends the passphrase in the address"), "{said}");
    assert!(!said.contains("lanterns"), "{said}");
}

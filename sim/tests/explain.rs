//! `vestibule explain`: why the sheet opened in a capture, or did not.

use std::path::Path;
use std::process::Command;

fn explain(name: &str) -> (String, Option<i32>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures").join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule")).arg("explain").arg(path).output().unwrap();
    let both =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (both.split_whitespace().collect::<Vec<_>>().join(" "), output.status.code())
}

#[test]
fn a_check_that_was_answered_as_the_internet_would_is_named_with_what_to_change() {
    let (said, code) = explain("packets/firefox-success.pcap");
    assert_eq!(code, Some(1), "{said}");
    for words in [
        "concludes online: firefox.probe.success (A)",
        "change Answer GET /success.txt with Host detectportal.firefox.com with status 302",
        "0 of 1 client took it for a portal.",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_portal_that_was_found_needs_no_change_packed_or_not() {
    for name in ["packets/aggregated.pcap", "packets/gzip.pcap.gz", "packets/clock-past-2106.pcapng"] {
        let (said, code) = explain(name);
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.contains("concludes portal: android.probe.portal (A)") && !said.contains(" change "),
            "{said}"
        );
    }
}

#[test]
fn a_recording_is_explained_too_and_names_alone_are_told_as_that() {
    let (said, _) = explain("macos-11.jsonl");
    assert!(said.contains("concludes portal: apple.probe.follows (A-)"), "{said}");
    let (said, code) = explain("packets/any-question.pcap");
    assert!(code == Some(1) && said.contains("sent none of its checks"), "{said}");
    let (said, code) = explain("packets/through-a-proxy.pcap");
    assert!(code == Some(2) && said.contains("no client in it asked"), "{said}");
}

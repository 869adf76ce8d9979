//! Every mistake in a file is told with its place and what was expected there.

use std::path::Path;
use std::time::Duration;

use super::load::{load, parse};
use super::{By, Conclusion, Judge, Provenance, Sent};
use crate::phone::Grade;
use crate::phone::judge::{Client, Release};

const HEADER: &str = r#"{"vestibule": "capture/1", "name": "n", "client": "c", "judge": {"android": "6.0"}, "source": "s", "grade": "C", "recorded": 2019, "concludes": "portal", "notes": "ä note"}"#;
const QUESTION: &str = r#"{"at_us": 0, "provenance": "captured", "asks": "A ssl.gstatic.com", "dns": "99a5010000010000000000000373736c076773746174696303636f6d0000010001"}"#;
const REQUEST: &str = r#"{"at_us": 1500, "provenance": "reconstructed", "what": "w", "by": "browser", "http": "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "recorded_reply": "HTTP/1.1 204 No Content\r\n\r\n"}"#;

fn message(text: &str) -> String {
    parse(text, Path::new("dir/x.jsonl")).unwrap_err().to_string()
}

/// Replaces the first `from` by `to` in line `number` of a file that is right, and asserts that
/// it is refused there, at the column of `at` in the new line, because `expected`.
fn refused(number: usize, from: &str, to: &str, at: &str, expected: &str) {
    let mut lines = [HEADER, QUESTION, REQUEST].map(str::to_owned);
    let line = &mut lines[number - 1];
    assert!(line.contains(from), "{from} is not in line {number}");
    *line = line.replacen(from, to, 1);
    let column = line[..line.find(at).unwrap()].chars().count() + 1;
    let message = message(&lines.join("\n"));
    let (place, what) = message.split_once(": ").unwrap();
    assert_eq!(place, format!("dir/x.jsonl:{number}:{column}"), "{message}");
    assert!(what.contains(expected), "{message}");
}

#[test]
fn a_file_that_is_right_is_read() {
    let capture = parse(&[HEADER, QUESTION, REQUEST].join("\n"), Path::new("x")).unwrap();
    assert_eq!(capture.judge, Judge::Client(Client::Android(Release::new(6, 0))));
    assert_eq!((capture.grade, capture.recorded), (Grade::C, Some(2019)));
    assert_eq!(capture.concludes, Conclusion::PORTAL);
    let [question, request] = &capture.exchanges[..] else { panic!("{capture:?}") };
    assert!(matches!(&question.sent, Sent::Question { payload, asked }
        if payload.starts_with(b"\x99\xa5\x01\0") && asked.to_string() == "A ssl.gstatic.com"));
    assert_eq!((request.line, request.at), (3, Some(Duration::from_micros(1500))));
    assert_eq!(request.provenance, Provenance::Reconstructed);
    assert!(matches!(&request.sent, Sent::Request { request, by: By::Browser, recorded_reply: Some(_), .. }
        if request.as_bytes() == b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"));
}

#[test]
fn mistakes_in_the_first_line() {
    refused(1, "capture/1", "capture/2", "\"capture/2\"", "expected \"capture/1\"");
    refused(1, "\"name\": \"n\", ", "", "{", "expected `name`");
    refused(1, "\"c\"", "7", "7", "expected text");
    refused(1, "\"c\"", "\" \"", "\" \"", "expected text, not nothing");
    refused(1, "{\"android\": \"6.0\"}", "\"symbian\"", "\"symbian\"", "expected \"apple\", \"names\", {");
    refused(1, "\"6.0\"", "\"six\"", "{\"android\"", "expected a release from 5 on");
    refused(1, "\"C\"", "\"F\"", "\"F\"", "expected a grade");
    refused(1, "2019", "\"long ago\"", "\"long ago\"", "expected a year");
    refused(1, "\"portal\"", "\"lost\"", "\"lost\"", "expected one of \"portal\", \"online\"");
    refused(1, "\"portal\"", "\"every name is the device\"", "\"every", "with the judge \"names\"");
    refused(1, "{\"android\": \"6.0\"}", "\"names\"", "\"portal\"", "with the judge \"names\"");
    // The place of an unknown key is its end, after what is no ASCII too.
    refused(1, "\"notes\": \"ä note\"", "\"notes\": \"ä note\", \"no\": 1", "\": 1", "unknown field `no`");
    refused(1, "\"name\"", "name", "name", "expected one JSON object a line");
}

#[test]
fn mistakes_in_a_question() {
    refused(2, "\"provenance\": \"captured\", ", "", "{", "expected `provenance`");
    refused(2, "\"captured\"", "\"heard\"", "\"heard\"", "expected \"captured\", \"partly-captured\"");
    refused(2, "\"asks\": \"A ssl.gstatic.com\", ", "", "{", "expected `asks`");
    refused(2, "A ssl.", "AAAA ssl.", "\"AAAA ssl.", "expected \"A ssl.gstatic.com\"");
    refused(2, "\"A ssl.gstatic.com\"", "\"A ssl.gstatic.org\"", "\"A ssl.", "which is what the bytes ask");
    refused(2, "99a5", "99a", "\"99a01", "expected pairs of hexadecimal digits");
    refused(2, "99a5", "+9a5", "\"+9a5", "expected pairs of hexadecimal digits");
    refused(2, "99a50100", "99a58180", "\"99a58180", "expected a DNS query with one question");
    refused(2, "99a501000001", "99a501000000", "\"99a501000000", "expected a DNS query with one question");
    refused(2, "\"at_us\": 0", "\"at_us\": -1", "-1", "expected microseconds");
    refused(2, "\"dns\"", "\"by\": \"probe\", \"dns\"", "\"probe\"", "only beside `http`");
    refused(2, "\"dns\": \"", "\"dhcp\": \"", "\"A ssl", "only beside `dns`");
}

#[test]
fn mistakes_in_a_request() {
    refused(3, "\\r\\n\\r\\n\"", "\\r\\n\"", "\"GET /", "expected a request that ends with CRLF CRLF");
    refused(3, "GET / HTTP/1.1", "POST / HTTP/1.1", "\"POST /", "expected a first line like");
    refused(3, "Host: a.example", "Cookie: a", "\"GET /", "somebody's session");
    refused(3, "\"by\": \"browser\", ", "", "{", "expected `by`");
    refused(3, "\"browser\"", "\"me\"", "\"me\"", "expected \"probe\", \"browser\" or \"other\"");
    refused(3, "HTTP/1.1 204", "204", "\"204", "expected a whole HTTP reply");
    refused(3, "No Content\\r\\n", "No\\r\\nSet-Cookie: a\\r\\n", "\"HTTP/1.1 204", "expected no Set-Cookie");
    refused(3, "\"http\"", "\"dns\": \"00\", \"asks\": \"\", \"http\"", "{", "expected exactly one of");
    refused(3, "\"by\"", "\"bye\"", "\": \"browser\"", "unknown field `bye`");
}

#[test]
fn lines_stand_in_the_order_of_their_times() {
    let (later, earlier) = (REQUEST, QUESTION.replace("\"at_us\": 0", "\"at_us\": 1499"));
    let message = message(&[HEADER, later, &earlier].join("\n"));
    assert_eq!(message, "dir/x.jsonl:3:11: expected 1500 or more: lines stand in their order");
}

#[test]
fn names_are_judged_without_probes() {
    let header =
        HEADER.replace("{\"android\": \"6.0\"}", "\"names\"").replace("portal", "every name is the device");
    assert!(parse(&[&header, QUESTION].join("\n"), Path::new("x")).is_ok());
    let probe = REQUEST.replace("\"browser\"", "\"probe\"");
    let message = message(&[&header, QUESTION, &probe].join("\n"));
    let column = probe.find("\"GET /").unwrap() + 1;
    assert!(message.starts_with(&format!("dir/x.jsonl:3:{column}: expected no probe")), "{message}");
    // A browser's is judged by the page that it is shown.
    assert!(parse(&[&header, QUESTION, REQUEST].join("\n"), Path::new("x")).is_ok());
}

#[test]
fn a_dhcp_message_has_nobodys_address() {
    let dhcp = |address: &str, cookie: &str| {
        let fixed = format!("{}{address}{}{cookie}ff", "00".repeat(28), "00".repeat(202));
        let line = format!("{{\"provenance\": \"captured\", \"dhcp\": \"{fixed}\"}}");
        parse(&format!("{HEADER}\n{line}"), Path::new("x")).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(dhcp("020000000001", "63825363"), Ok(()));
    let error = dhcp("c46100000001", "63825363").unwrap_err();
    assert!(error.starts_with("x:2:36: expected a client hardware address that is nobody's"), "{error}");
    assert!(dhcp("020000000001", "63825364").unwrap_err().contains("expected a DHCP message"));
}

#[test]
fn files_without_a_recording() {
    assert!(message("").starts_with("dir/x.jsonl:1:1: expected one JSON object a line"));
    assert!(message("[]").starts_with("dir/x.jsonl:1:"));
    let alone = message(HEADER);
    assert!(alone.ends_with("expected a line for each exchange after this one"), "{alone}");
    assert!(message(&format!("{HEADER}\n\n{QUESTION}")).starts_with("dir/x.jsonl:2:1: expected one JSON"));
    let missing = load(Path::new("no/such.jsonl")).unwrap_err().to_string();
    assert!(missing.starts_with("no/such.jsonl: cannot be read"), "{missing}");
}

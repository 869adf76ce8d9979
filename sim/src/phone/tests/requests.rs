//! What phones send, byte for byte, against recordings.

use url::Url;

use super::super::families::android::request::{CHROME_60, RequestShape, probe};
use super::super::families::apple::{self, probe::request};
use super::conversation::{Conversation, Portal, reply};
use super::{by_prefix, hex};

fn android(url: &Url) -> Vec<u8> {
    probe(url, RequestShape::Closing, CHROME_60)
}

fn apple(url: &Url, version: &str) -> Vec<u8> {
    request(
        url,
        apple::generation::RequestShape::AgentLast,
        &format!("CaptiveNetworkSupport-{version} wispr"),
    )
}

/// Frames 6 and 34 of a recording of an Android phone behind a real portal.
const ANDROID_RECORDED: &str = "GET /generate_204 HTTP/1.1\r\nConnection: close\r\nUser-Agent: Mozilla/5.0 (X11; \
    Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36\r\nHost: \
    www.google.eu\r\nAccept-Encoding: gzip\r\n\r\n";

/// Frame 36 of a recording of an iPhone.
const IPHONE_RECORDED: &str = "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: \
    close\r\nUser-Agent: CaptiveNetworkSupport-390.60.1 wispr\r\n\r\n";

#[test]
fn androids_request_is_the_recorded_one() {
    let request = android(&Url::parse("http://www.google.eu/generate_204").unwrap());
    assert_eq!(String::from_utf8(request.clone()).unwrap(), ANDROID_RECORDED);
    assert_eq!(request.len(), 211);
    let maker = android(&Url::parse("http://conn-service-eu-04.allawnos.com/generate204").unwrap());
    assert_eq!(maker.len(), 228);
}

#[test]
fn apples_request_is_the_recorded_one() {
    let request = apple(&Url::parse("http://captive.apple.com/hotspot-detect.html").unwrap(), "390.60.1");
    assert_eq!(String::from_utf8(request).unwrap(), IPHONE_RECORDED);
    // The lengths that a log of macOS 11 prints, before and behind a redirect.
    let url = Url::parse("http://captive.apple.com/hotspot-detect.html").unwrap();
    assert_eq!(apple(&url, "407.40.1").len(), 131);
    assert_eq!(apple(&Url::parse("http://192.168.4.1/ledtest").unwrap(), "407.40.1").len(), 113);
}

#[test]
fn each_version_of_ios_names_its_own_generation() {
    let expected = [
        ("ios-14", "407.40.1"),
        ("ios-15", "428.120.3"),
        ("ios-16", "443.120.3"),
        ("ios-17", "461.80.2"),
        ("ios-18", "480.60.4"),
        ("ios-18.4", "491.100.3"),
    ];
    for (model, version) in expected {
        let mut conversation = Conversation::begin(model, Portal::always(reply("HTTP/1.1 200 OK\r\n\r\nx")));
        conversation.run_until(1.0);
        let url = Url::parse("http://captive.apple.com/hotspot-detect.html").unwrap();
        assert_eq!(conversation.requests()[0].1.as_bytes(), apple(&url, version));
    }
}

#[test]
fn a_port_and_a_query_are_asked_for_and_a_fragment_is_not() {
    let request = apple(&Url::parse("http://192.168.4.1:8080/a?b=c#d").unwrap(), "1");
    assert!(request.starts_with(b"GET /a?b=c HTTP/1.0\r\nHost: 192.168.4.1:8080\r\n"));
}

#[test]
fn questions_are_the_recorded_ones_but_for_the_identifier() {
    let portal = || Portal::always(reply("HTTP/1.1 200 OK\r\n\r\nx"));
    let mut iphone = Conversation::begin("ios-14", portal());
    iphone.run_until(1.0);
    let questions = iphone.datagrams();
    assert_eq!(questions.len(), 1);
    assert_eq!(
        hex(&questions[0].1[2..]),
        "010000010000000000000763617074697665056170706c6503636f6d0000010001"
    );

    let mut newer = Conversation::begin("ios-17", portal());
    newer.run_until(1.0);
    let questions: Vec<_> = newer.datagrams().into_iter().map(|(_, payload)| hex(&payload[2..])).collect();
    assert_eq!(questions.len(), 2);
    assert!(questions[0].ends_with("0000410001") && questions[1].ends_with("0000010001"));

    let mut android = Conversation::begin("android-14", portal());
    android.run_until(1.0);
    let recorded = "01000001000000000000";
    assert_eq!(by_prefix(&android.datagrams(), recorded), 2);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let run = |seed: u64| {
        let mut conversation =
            Conversation::begin("ios-18", Portal::always(reply("HTTP/1.1 404 No\r\n\r\n")));
        conversation.seen.clear();
        conversation.phone = super::super::by_id("ios-18").unwrap().new_checker(seed);
        conversation.tell(super::super::Input::Joined(super::LINK));
        conversation.run_until(1000.0);
        conversation.seen
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

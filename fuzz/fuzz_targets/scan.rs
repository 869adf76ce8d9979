//! What a radio may report of the networks around, in any order and of any name: the list keeps within its bounds, each
//! name and protection is in it once and the strongest first, and the page and the JSON interface show it whole, as text
//! that cannot become markup.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_core::http::Transfer;
use vestibule_core::limits::SCAN_RECORDS;
use vestibule_core::mock::{MockEntropy, MockFlash};
use vestibule_core::{
    Config, ConnectionId, Instant, Interface, MacAddress, Portal, RadioEvent, ScanRecord, Security, Ssid,
};

const NOW: Instant = Instant::from_micros(0);

type Device = Portal<MockFlash, MockEntropy>;

/// A record from the next bytes: protection, channel, signal, the name's length and the name.
fn record<'a>(input: &mut &'a [u8]) -> Option<ScanRecord> {
    let (head, rest) = input.split_first_chunk::<4>()?;
    let (name, rest) = rest.split_at(usize::from(head[3] % 33).min(rest.len()));
    *input = rest;
    let kinds = [Security::Open, Security::Wpa2, Security::Wpa2Wpa3, Security::Wpa3, Security::Enterprise];
    Some(ScanRecord {
        ssid: Ssid::new(name).expect("at most 32 bytes"),
        bssid: MacAddress([2, 0, 0, 0, 0, head[0]]),
        channel: head[1],
        signal: head[2] as i8,
        security: kinds[usize::from(head[0]) % kinds.len()],
    })
}

fn ask(portal: &mut Device, path: &str, room: usize) -> String {
    let id = ConnectionId::ALL[0];
    portal.handle_open(id, Interface::AccessPoint, NOW);
    let request = format!("GET {path} HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    let _ = portal.handle_received(id, request.as_bytes(), NOW);
    let (mut answer, mut out) = (Vec::new(), vec![0; room]);
    while let Transfer::Bytes(length) = portal.poll_send(id, &mut out, NOW) {
        answer.extend_from_slice(&out[..length]);
    }
    portal.handle_closed(id);
    String::from_utf8(answer).expect("an answer is text")
}

/// The body of an answer, of which the head says the length.
fn body(answer: &str) -> &str {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
    assert_eq!(length.parse(), Ok(body.len()), "{head}");
    body
}

fuzz_target!(|input: &[u8]| {
    let config = Config::new(Ssid::new(b"Lamp").expect("4 bytes"));
    let mut portal = Box::new(Device::new(config, MockFlash::new(), MockEntropy::new(1)));
    portal.connect_or_setup(NOW);
    let mut rest = input;
    while let Some(found) = record(&mut rest) {
        // A scan ends between, and another begins.
        if found.channel == 0xff {
            portal.handle_radio(RadioEvent::ScanFinished, NOW);
            portal.rescan(NOW);
        } else {
            portal.handle_radio(RadioEvent::NetworkFound(found), NOW);
        }
        while portal.poll_radio().is_some() {}
        while portal.poll_event().is_some() {}
    }
    portal.handle_radio(RadioEvent::ScanFinished, NOW);
    let shown = portal.networks().records.to_vec();
    assert!(shown.len() <= SCAN_RECORDS);
    for (place, one) in shown.iter().enumerate() {
        let is_again = |other: &ScanRecord| other.ssid == one.ssid && other.security == one.security;
        assert!(!shown[..place].iter().any(is_again), "{one:?} is listed twice");
        assert!(!one.ssid.is_empty(), "a network without a name");
    }
    let page = ask(&mut portal, "/", 1460);
    assert_eq!(ask(&mut portal, "/", 97).len(), page.len(), "a page does not depend on its pieces");
    let page = body(&page);
    assert!(page.trim_end().ends_with("</html>"));
    // The device's own, whatever the names are.
    assert!(page.matches("<script").count() <= 1 && !page.contains("<img") && !page.contains("<iframe"));
    let list = ask(&mut portal, "/api/access-points", 333);
    serde_json::from_str::<serde_json::Value>(body(&list)).expect("JSON");
});

//! Every exchange is recognised as its client's.

use vestibule::capture::{Judge, Sent};
use vestibule::phone::Family;
use vestibule::phone::judge::Client;
use vestibule::phone::recognise::{name, request};

use super::committed;

fn family(judge: Judge) -> Option<Family> {
    match judge {
        Judge::Client(Client::Android(_)) => Some(Family::Android),
        Judge::Client(Client::Apple) => Some(Family::Apple),
        Judge::Client(Client::Windows { .. }) => Some(Family::Windows),
        _ => None,
    }
}

#[test]
fn every_capture_is_recognised_as_its_client() {
    let mut recognised = 0;
    for capture in committed() {
        for exchange in &capture.exchanges {
            let whose = match &exchange.sent {
                Sent::Request { request: sent, .. } => request(sent.as_bytes()),
                Sent::Question { asked, .. } if capture.judge == Judge::Names => name(&asked.name()),
                _ => continue,
            };
            let whose = whose.unwrap_or_else(|| panic!("{}:{}", capture.name, exchange.line));
            let expected = family(capture.judge).unwrap_or(match capture.name.as_str() {
                "chrome-random-names" => Family::Chromium,
                _ => Family::Apple,
            });
            assert_eq!(whose.family, expected, "{}:{} {whose}", capture.name, exchange.line);
            recognised += 1;
        }
    }
    assert!(recognised > 30, "{recognised}");
}

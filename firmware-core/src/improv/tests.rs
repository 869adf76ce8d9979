//! What a client on the cable is told, packet by packet.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::mock::{MockEntropy, MockFlash};
use crate::{Config, JoinFailure, MacAddress, RadioEvent, StationAddress};

const LINK: StationAddress = StationAddress {
    address: Ipv4Addr::new(10, 0, 0, 7),
    prefix: 24,
    gateway: Some(Ipv4Addr::new(10, 0, 0, 1)),
};

struct Line {
    improv: Improv,
    portal: Portal<MockFlash<2>, MockEntropy>,
    now: Instant,
}

/// What a packet says, for a test to read.
#[derive(Debug, PartialEq)]
enum Packet {
    State(u8),
    Error(u8),
    Result(u8, Vec<String>),
}

impl Line {
    /// A device with its portal open.
    fn open() -> Self {
        let now = Instant::from_micros(0);
        let config = Config::new(Ssid::new(b"Lamp").unwrap());
        let mut portal = Portal::new(config, MockFlash::new(), MockEntropy::new(4));
        portal.setup(now);
        portal.handle_radio(RadioEvent::ScanFinished, now);
        portal.handle_radio(RadioEvent::AccessPointUp, now);
        let device = DeviceInformation { firmware: "lamp", version: "1.2.0", hardware: "ESP32-C3" };
        Self { improv: Improv::new(device), portal, now }
    }

    fn send(&mut self, data: &[u8]) -> Vec<Packet> {
        let mut out = [0; PACKET_BYTES];
        let mut writer = Writer::new(&mut out, packet::RPC_COMMAND);
        writer.put(data);
        let length = writer.finish();
        assert_eq!(self.improv.handle_received(&out[..length], &mut self.portal, self.now), length);
        self.told()
    }

    fn told(&mut self) -> Vec<Packet> {
        let mut told = Vec::new();
        let mut out = [0; PACKET_BYTES];
        loop {
            let length = self.improv.poll_send(&mut out, &mut self.portal, self.now);
            if length == 0 {
                return told;
            }
            let packet =
                out[..length].strip_prefix(b"\nIMPROV\x01").and_then(|rest| rest.strip_suffix(b"\n"));
            let [kind, data_length, rest @ ..] = packet.expect("on a line of its own") else { panic!() };
            let (data, [sum]) = rest.split_at(usize::from(*data_length)) else { panic!("of its length") };
            assert_eq!(out[1..length - 2].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), *sum);
            told.push(match (*kind, data) {
                (CURRENT_STATE, [state]) => Packet::State(*state),
                (ERROR_STATE, [error]) => Packet::Error(*error),
                (packet::RPC_RESULT, [command, length, strings @ ..]) => {
                    assert_eq!(usize::from(*length), strings.len());
                    Packet::Result(*command, list(strings))
                }
                other => panic!("{other:?}"),
            });
        }
    }

    fn radio(&mut self, event: RadioEvent) -> Vec<Packet> {
        self.portal.handle_radio(event, self.now);
        self.told()
    }

    /// Lets time pass until the device joins what it was told to.
    fn until_it_joins(&mut self) {
        for _ in 0..10 {
            while let Some(command) = self.portal.poll_radio() {
                match command {
                    crate::RadioCommand::Join { .. } => return,
                    crate::RadioCommand::Scan | crate::RadioCommand::ScanFor(_) => {
                        self.portal.handle_radio(RadioEvent::ScanFinished, self.now);
                    }
                    crate::RadioCommand::RaiseAccessPoint(_) => {
                        self.portal.handle_radio(RadioEvent::AccessPointUp, self.now);
                    }
                    _ => {}
                }
                assert_eq!(self.told(), []);
            }
            self.now = self.portal.poll_timeout().expect("it goes on");
            self.portal.handle_timeout(self.now);
            assert_eq!(self.told(), []);
        }
        panic!("it never joins");
    }
}

fn list(mut strings: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((length, rest)) = strings.split_first() {
        let (string, behind) = rest.split_at(usize::from(*length));
        found.push(String::from_utf8(string.to_vec()).unwrap());
        strings = behind;
    }
    found
}

fn result(command: u8, strings: &[&str]) -> Packet {
    Packet::Result(command, strings.iter().map(ToString::to_string).collect())
}

fn settings(ssid: &str, passphrase: &str) -> Vec<u8> {
    let (ssid_length, length) = (ssid.len() as u8, passphrase.len() as u8);
    let text = [&[ssid_length], ssid.as_bytes(), &[length], passphrase.as_bytes()].concat();
    [&[1, text.len() as u8], &text[..]].concat()
}

#[test]
fn a_device_says_what_it_is() {
    let mut line = Line::open();
    assert_eq!(line.told(), [], "nothing before a client has spoken");
    assert_eq!(line.send(b"\x02\x00"), [Packet::State(2)]);
    let information = result(3, &["lamp", "1.2.0", "ESP32-C3", "Lamp"]);
    assert_eq!(line.send(b"\x03\x00"), [information]);
    assert_eq!(line.send(b"\x05\x00"), [result(5, &["Lamp"])]);
    assert_eq!(line.send(b"\x06\x00"), [result(6, &["Lamp"])]);
    assert_eq!(line.send(b"\x07\x00"), [result(7, &["2"])]);
    assert_eq!(line.send(b"\x05\x03new"), [Packet::Error(5)], "its host name is the firmware's");
    assert_eq!(line.send(b"\x06\x03new"), [Packet::Error(0xff)]);
    let answered = [Packet::Error(0), result(6, &["Lamp"])];
    assert_eq!(line.send(b"\x06\x00"), answered, "an error about a command is over with the next");
    assert_eq!(line.send(b"\x08\x00"), [Packet::Error(2)]);
    assert_eq!(line.send(b"\x02\x01"), [Packet::Error(1)]);
}

#[test]
fn a_wrong_passphrase_and_then_the_right_one() {
    let mut line = Line::open();
    assert_eq!(line.send(&settings("Home", "wrong horse")), [Packet::State(3)]);
    assert!(line.improv.passphrase.iter().all(|byte| *byte == 0), "nothing of it stays");
    assert!(line.improv.reader.data().is_empty());
    line.until_it_joins();
    let failed = line.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    assert_eq!(failed, [Packet::Error(3), Packet::State(2)]);
    assert_eq!(
        line.send(b"\x04\x00"),
        [],
        "a person reads the error while the client searches for networks again"
    );
    line.radio(RadioEvent::ScanFinished);
    assert_eq!(line.send(&settings("Home", "correct horse")), [Packet::Error(0), Packet::State(3)]);
    line.until_it_joins();
    assert_eq!(line.radio(RadioEvent::Joined(LINK)), [Packet::State(4), result(1, &["http://10.0.0.7/"])]);
    assert_eq!(line.portal.state(), ProvisioningState::Closing, "the result was delivered over the cable");
    assert_eq!(
        line.send(b"\x02\x00"),
        [Packet::State(4), result(2, &["http://10.0.0.7/"])],
        "whoever asks later is led there too"
    );
    assert_eq!(line.send(b"\x07\x00"), [result(7, &["3", "http://10.0.0.7/"])]);
}

#[test]
fn a_device_that_is_at_home_is_given_another_network() {
    let mut line = Line::open();
    line.send(&settings("Home", "correct horse"));
    line.until_it_joins();
    line.radio(RadioEvent::Joined(LINK));
    while line.portal.state() != ProvisioningState::Connected {
        line.now = line.portal.poll_timeout().unwrap();
        line.portal.handle_timeout(line.now);
    }
    assert_eq!(line.send(&settings("Other", "another horse")), [Packet::State(3)]);
    line.until_it_joins();
    assert_eq!(line.radio(RadioEvent::Joined(LINK))[1], result(1, &["http://10.0.0.7/"]));
    assert_eq!(line.portal.status().ssid.as_bytes(), b"Other");
}

#[test]
fn the_networks_that_can_be_joined_are_told_one_by_one() {
    let mut line = Line::open();
    assert_eq!(line.send(b"\x04\x00"), [], "they are searched for");
    for (name, signal, security) in [
        (&b"Home"[..], -40, Security::Wpa2),
        (b"Guests", -50, Security::Open),
        (b"Office", -30, Security::Enterprise),
        (b"\xff\xfe", -20, Security::Open),
    ] {
        let (ssid, bssid) = (Ssid::new(name).unwrap(), MacAddress([2, 0, 0, 0, 0, 1]));
        line.portal.handle_radio(
            RadioEvent::NetworkFound(ScanRecord { ssid, bssid, channel: 6, signal, security }),
            line.now,
        );
    }
    let told = line.radio(RadioEvent::ScanFinished);
    let networks = [result(4, &["Home", "-40", "YES"]), result(4, &["Guests", "-50", "NO"]), result(4, &[])];
    assert_eq!(told, networks);
}

#[test]
fn a_search_that_never_ends_is_answered_with_what_there_is() {
    let mut line = Line::open();
    assert_eq!(line.send(b"\x04\x00"), []);
    line.now = line.improv.poll_timeout().unwrap();
    assert_eq!(line.told(), [result(4, &[])]);
    assert_eq!(line.improv.poll_timeout(), None);
}

#[test]
fn what_cannot_be_a_network_is_told_at_once() {
    let mut line = Line::open();
    let refused = [Packet::State(2), Packet::Error(3), Packet::State(2)];
    assert_eq!(line.send(&settings("Home", "short")), refused);
    assert_eq!(
        line.send(&settings("", "correct horse")),
        [Packet::Error(0), Packet::State(2), Packet::Error(3), Packet::State(2)]
    );
    assert_eq!(line.send(&settings(&"x".repeat(33), "correct horse")), [Packet::Error(3)]);
    assert_eq!(line.send(&settings("Home", &"x".repeat(65))), [Packet::Error(3)]);
    // The device has not joined for it, nor does it try.
    assert_eq!(line.portal.state(), ProvisioningState::PortalOpen);
}

#[test]
fn a_log_of_two_megabytes_is_passed_over_and_the_next_packet_is_answered() {
    let mut line = Line::open();
    let log = b"I (1234) IMPROV: wifi:state: assoc -> run (0x10)\r\nIMPRO\n\xffIMPROV\x01\n".repeat(40_000);
    assert!(log.len() > 2_000_000);
    let mut rest = &log[..];
    while !rest.is_empty() {
        let taken = line.improv.handle_received(rest, &mut line.portal, line.now);
        rest = &rest[taken..];
        line.told();
    }
    assert_eq!(line.send(b"\x02\x00").last(), Some(&Packet::State(2)));
}

#[test]
fn commands_that_come_faster_than_answers_go_wait_on_the_line() {
    let mut line = Line::open();
    let asked = b"IMPROV\x01\x03\x02\x02\x00\xe5".repeat(100);
    let mut rest = &asked[..];
    let mut states = 0;
    while !rest.is_empty() {
        let taken = line.improv.handle_received(rest, &mut line.portal, line.now);
        assert!(taken < 100, "not all at once");
        rest = &rest[taken..];
        states += line.told().iter().filter(|told| **told == Packet::State(2)).count();
    }
    assert_eq!(states, 100, "each is answered");
}

#[test]
fn a_portal_that_does_not_open_ends_the_attempt() {
    let mut line = Line::open();
    let _ = line.portal.factory_reset(line.now);
    assert_eq!(line.send(&settings("Home", "correct horse")), [Packet::State(3)]);
    // The scan before it opens goes on and on.
    line.now = line.improv.poll_timeout().unwrap() + Duration::from_micros(1);
    assert_eq!(line.told(), [Packet::Error(3), Packet::State(2)]);
    assert!(line.improv.passphrase.iter().all(|byte| *byte == 0));
}

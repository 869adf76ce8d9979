//! Captures as other programs write them: every header that a pcap file can have, pcapng with several
//! sections and interfaces, both byte orders; IPv6, tags within tags, DNS over TCP, requests one
//! after another without waiting. Whatever the kind, the same bytes come out.

use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use etherparse::EtherType;
use vestibule::capture::import::{Settings, import};
use vestibule::capture::{Capture, Exchange, Sent, load};

use super::files::*;
use super::packets::{self, Mac, Packet, Pair, pair};

const PROBE: &[u8] = b"GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n\
                       User-Agent: CaptiveNetworkSupport-407.40.1 wispr\r\n\r\n";
const REPLY: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 2\r\n\r\nxx";
const CLIENT: Mac = [0xa8, 0x5c, 0x2c, 1, 2, 3];
const OTHER: Mac = [2; 6];

/// A question for the A record of captive.apple.com, without EDNS.
fn question(identifier: u8) -> Vec<u8> {
    packets::question(u16::from_be_bytes([identifier, 7]), "captive.apple.com", 1)
}

/// With which version of IP.
const FOUR: fn() -> Pair = || pair((CLIENT, [192, 168, 2, 17]), (OTHER, [192, 168, 2, 1]));
const SIX: fn() -> Pair = || pair((CLIENT, [0xfd; 16]), (OTHER, [0xfe; 16]));

fn frames(packets: &[Packet]) -> Vec<Vec<u8>> {
    packets.iter().map(ethernet).collect()
}

fn probe() -> Vec<Vec<u8>> {
    frames(&FOUR().exchange((5000, 80), &[PROBE], REPLY))
}

/// A pcap file whose packets are whole, of Ethernet.
fn pcap(order: Order, magic: u32, step: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    pcap_file(order, magic, step, 1, usize::MAX, frames)
}

fn imported(file: &[u8]) -> (Vec<Capture>, Vec<String>) {
    let imported = import(Cursor::new(file), &Settings::default()).unwrap();
    let read = |text: String| load::parse(&text, Path::new("test")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let captures = imported.recordings.iter().map(|each| read(each.to_jsonl("test", "a test"))).collect();
    (captures, imported.left_out.iter().map(ToString::to_string).collect())
}

/// The one client's exchanges; nothing is left out.
fn exchanges(file: &[u8]) -> Vec<Exchange> {
    let (mut captures, left_out) = imported(file);
    assert_eq!((captures.len(), &left_out[..]), (1, &[][..]));
    captures.remove(0).exchanges
}

fn is_the_probe(exchange: &Exchange) -> bool {
    matches!(&exchange.sent, Sent::Request { request, recorded_reply: Some(reply), .. }
        if request.as_bytes() == PROBE && reply.as_bytes() == REPLY)
}

#[test]
fn a_pcap_file_has_four_beginnings() {
    for (order, magic, step) in [
        (Order::Little, 0xa1b2_c3d4, 1000),
        (Order::Big, 0xa1b2_c3d4, 1000),
        (Order::Little, 0xa1b2_3c4d, 1_000_000),
        (Order::Big, 0xa1b2_3c4d, 1_000_000),
    ] {
        let exchanges = exchanges(&pcap(order, magic, step, &probe()));
        assert!(exchanges.len() == 1 && is_the_probe(&exchanges[0]), "{magic:x}");
        let Sent::Request { replied, .. } = &exchanges[0].sent else { unreachable!() };
        // The reply is the packet after the request.
        assert_eq!(*replied, Some(Duration::from_millis(1)), "{magic:x} {step}");
    }
}

#[test]
fn pcapng_has_sections_interfaces_and_resolutions_of_its_own() {
    for order in [Order::Little, Order::Big] {
        // if_tsresol (option 9): nanoseconds on the second interface; the first one has microseconds.
        let nanoseconds =
            [&order.half(9)[..], &order.half(1), &[9, 0, 0, 0], &order.half(0), &order.half(0)].concat();
        let mut file =
            [section(order), interface(order, 147, &[]), interface(order, 1, &nanoseconds)].concat();
        for (number, frame) in (0..).zip(probe()) {
            file.extend(enhanced(order, 1, 1_600_000_000_000_000_000 + number * 2_000_000, &frame));
        }
        // Statistics, names, a custom block: nothing of ours.
        for kind in [5, 4, 0x0000_0bad] {
            file.extend(block(order, kind, &[0; 16]));
        }
        let found = exchanges(&file);
        assert!(found.len() == 1 && is_the_probe(&found[0]));
        let Sent::Request { replied, .. } = &found[0].sent else { unreachable!() };
        assert_eq!(*replied, Some(Duration::from_millis(2)));

        // In a new section everything begins anew: its first interface has other packets.
        let mut file = [section(order), interface(order, 147, &[])].concat();
        file.extend([section(order), interface(order, 1, &[])].concat());
        for frame in probe() {
            let simple = [&order.word(u32::try_from(frame.len()).unwrap())[..], &frame].concat();
            file.extend(block(order, 3, &simple));
        }
        let found = exchanges(&file);
        assert!(found.len() == 1 && is_the_probe(&found[0]), "simple packets have no time");
    }
}

#[test]
fn a_packet_block_of_old_is_read_in_either_byte_order() {
    for order in [Order::Little, Order::Big] {
        let mut file = [section(order), interface(order, 147, &[]), interface(order, 1, &[])].concat();
        for (number, frame) in (0..).zip(probe()) {
            file.extend(obsolete(order, 1, 1_600_000_000_000_000 + number * 3000, &frame));
        }
        let found = exchanges(&file);
        assert!(found.len() == 1 && is_the_probe(&found[0]));
        let Sent::Request { replied, .. } = &found[0].sent else { unreachable!() };
        assert_eq!(*replied, Some(Duration::from_millis(3)));
    }
}

#[test]
fn a_packet_of_an_interface_that_was_not_described_is_named_with_its_place() {
    let head = [section(Order::Little), interface(Order::Little, 1, &[])].concat();
    let mut file = head.clone();
    file.extend(enhanced(Order::Little, 7, 0, &probe()[0]));
    for frame in probe() {
        file.extend(enhanced(Order::Little, 0, 0, &frame));
    }
    let (captures, left_out) = imported(&file);
    assert_eq!(captures[0].exchanges.len(), 1);
    let what = format!("offset {}: a packet of interface 7, which is not described", head.len());
    assert_eq!(left_out, [what]);
}

#[test]
fn ipv6_and_tags_within_tags_change_nothing() {
    let frames = frames(&SIX().exchange((5000, 80), &[&PROBE[..30], &PROBE[30..]], REPLY));
    let found = exchanges(&pcap(Order::Little, 0xa1b2_c3d4, 1, &frames));
    assert!(found.len() == 1 && is_the_probe(&found[0]));

    let tagged = |frame: &Vec<u8>| {
        let outer = EtherType::PROVIDER_BRIDGING.0.to_be_bytes();
        let inner = EtherType::VLAN_TAGGED_FRAME.0.to_be_bytes();
        [&frame[..12], &outer, &[0, 9], &inner, &[0, 7], &frame[12..]].concat()
    };
    let frames: Vec<_> = probe().iter().map(tagged).collect();
    let found = exchanges(&pcap(Order::Little, 0xa1b2_c3d4, 1, &frames));
    assert!(found.len() == 1 && is_the_probe(&found[0]));
}

#[test]
fn an_extension_header_of_ipv6_is_passed_over() {
    let frame = ethernet(&SIX().asks(&question(1)));
    // A header of hop-by-hop options (RFC 8200 section 4.3) of eight bytes before UDP (17).
    let (head, udp) = frame.split_at(14 + 40);
    let mut long = [head, &[17, 0, 1, 4, 0, 0, 0, 0], udp].concat();
    (long[14 + 6], long[14 + 5]) = (0, long[14 + 5] + 8);
    let found = exchanges(&pcap(Order::Little, 0xa1b2_c3d4, 1, &[long]));
    assert!(matches!(&found[0].sent, Sent::Question { payload, .. } if *payload == question(1)));
}

#[test]
fn a_datagram_that_is_whole_is_read_whatever_ip_says_of_its_length() {
    let mut frame = ethernet(&FOUR().asks(&question(1)));
    frame[14 + 3] += 20;
    let found = exchanges(&pcap(Order::Little, 0xa1b2_c3d4, 1, &[frame]));
    assert!(matches!(&found[0].sent, Sent::Question { payload, .. } if *payload == question(1)));
}

#[test]
fn questions_over_tcp_are_taken_apart() {
    for version in [FOUR, SIX] {
        let messages = [1, 2].map(|number| {
            let question = question(number);
            [&u16::try_from(question.len()).unwrap().to_be_bytes()[..], &question].concat()
        });
        let both = messages.concat();
        // The cuts are in a length, and in a message.
        let frames = frames(&version().exchange((5000, 53), &[&both[..1], &both[1..20], &both[20..]], b""));
        let found = exchanges(&pcap(Order::Little, 0xa1b2_c3d4, 1, &frames));
        let asked: Vec<_> = found
            .iter()
            .map(|exchange| match &exchange.sent {
                Sent::Question { payload, asked } => (payload.clone(), asked.to_string()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(asked, [1, 2].map(|number| (question(number), "A captive.apple.com".to_owned())));
    }
}

#[test]
fn requests_that_do_not_wait_get_their_own_replies() {
    let second = String::from_utf8(PROBE.to_vec()).unwrap().replace("HTTP/1.0", "HTTP/1.1");
    let first = second.replace("Connection: close\r\n", "");
    let sent = [first.as_bytes(), second.as_bytes()].concat();
    let received = [REPLY, b"HTTP/1.1 204 No Content\r\n\r\n"].concat();
    let frames = frames(&FOUR().exchange((5000, 80), &[&sent], &received));
    let found = exchanges(&pcap(Order::Little, 0xa1b2_c3d4, 1, &frames));
    let said: Vec<_> = found
        .iter()
        .map(|exchange| match &exchange.sent {
            Sent::Request { request, recorded_reply, .. } => {
                (request.as_bytes().to_vec(), recorded_reply.clone().unwrap().into_bytes())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (first.into_bytes(), REPLY.to_vec()),
        (second.into_bytes(), b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
    ];
    assert_eq!(said, expected);
}

//! `vestibule import`: what real clients sent, put into captures of every kind and taken out again;
//! captures that are damaged; who sent it.

use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::path::Path;

use proptest::prelude::*;
use vestibule::capture::import::{ImportError, Settings, Wanted, import};
use vestibule::capture::record::Recorder;
use vestibule::capture::{Capture, Sent, load};
use vestibule::scenario;
use vestibule::trace::{Layer, What, pcapng};
use vestibule::world::loopback::SocketEvent;
use vestibule::world::virtual_time::VirtualTime;

use super::files::*;
use super::packets::{Host, Packet, Pair, Segment, dhcp, question};

pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 168, 2, 17);
const MAC: [u8; 6] = [0xa8, 0x5c, 0x2c, 1, 2, 3];
const PAIR: Pair = Pair {
    client: Host { mac: MAC, address: IpAddr::V4(CLIENT) },
    server: Host { mac: [2; 6], address: IpAddr::V4(Ipv4Addr::new(192, 168, 2, 1)) },
};
const REPLY: &[u8] =
    b"HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi";

pub(crate) fn fixture(name: &str) -> Capture {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures");
    load::load(&folder.join(format!("{name}.jsonl"))).unwrap()
}

fn all_names() -> Settings {
    Settings { all_names: true, ..Settings::default() }
}

/// What is asked and what is requested, in order.
fn sent(capture: &Capture) -> Vec<Vec<u8>> {
    let bytes = |sent: &Sent| match sent {
        Sent::Question { payload, .. } => Some(payload.clone()),
        Sent::Request { request, .. } => Some(request.as_bytes().to_vec()),
        _ => None,
    };
    capture.exchanges.iter().filter_map(|exchange| bytes(&exchange.sent)).collect()
}

/// A connection of its own for a request, the segments of which come late, twice and overlapping.
fn connection(port: u16, request: &[u8]) -> Vec<Packet> {
    let middle = request.len() / 2;
    let (first, second) = (u32::MAX - 5, middle as u32 - 5);
    let tcp = |from_client, sequence, flags: &str, bytes: &[u8]| {
        let acknowledged = if from_client { 100 } else { first };
        PAIR.tcp(&Segment { ports: (port, 80), from_client, sequence, acknowledged, flags, bytes })
    };
    vec![
        tcp(true, first.wrapping_sub(1), "S", b""),
        tcp(false, 99, "SA", b""),
        tcp(true, second.wrapping_sub(1), "A", &request[middle..]),
        tcp(true, first, "A", &request[..middle + 3]),
        tcp(true, first, "A", &request[..middle]),
        tcp(false, 100, "A", REPLY),
        tcp(false, 100, "AF", REPLY),
        tcp(true, first.wrapping_add(request.len() as u32), "AF", b""),
    ]
}

pub(crate) fn packets(capture: &Capture) -> Vec<Packet> {
    let mut packets = Vec::new();
    for (port, exchange) in (2000..).zip(&capture.exchanges) {
        match &exchange.sent {
            Sent::Question { payload, .. } => packets.push(PAIR.asks(payload)),
            Sent::Request { request, .. } => packets.extend(connection(port, request.as_bytes())),
            _ => {}
        }
    }
    packets
}

/// Imports, and reads the recordings as `replay` does.
fn imported(file: &[u8], settings: &Settings) -> (Vec<Capture>, Vec<String>, String) {
    let imported = import(Cursor::new(file), settings).unwrap();
    let texts: Vec<_> = imported.recordings.iter().map(|each| each.to_jsonl("test", "a test")).collect();
    let read = |text: &String| load::parse(text, Path::new("test")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let captures = texts.iter().map(read).collect();
    (captures, imported.left_out.iter().map(ToString::to_string).collect(), texts.concat())
}

/// What stands before a packet of IP on every link, and the link's number.
const LINKS: [(u32, Wrap); 26] = [
    (0, loopback),
    (1, ethernet),
    (1, tagged),
    // Four bytes of frame check sequence, which the number says; with its flag only; as some write it.
    (0x2400_0001, checked_ethernet),
    (0x0400_0001, ethernet),
    // Bare IP that is marked as Ethernet.
    (1, bare),
    (9, ppp),
    (12, bare),
    (50, cisco),
    (101, bare),
    (104, cisco),
    (105, wifi),
    (108, loopback),
    (113, cooked),
    (119, prism),
    (119, avs),
    (127, monitored),
    (127, padded),
    (127, aggregated),
    (149, pktap),
    (163, avs),
    (192, ppi),
    (228, bare),
    (239, netfilter_log),
    (258, pktap),
    (276, cooked_2),
];

#[test]
fn recorded_clients_come_through_every_link_type_with_the_same_bytes_and_the_same_judge() {
    for name in ["iphone-2020", "android-10-phone", "windows-11", "android-6-tablet"] {
        let fixture = fixture(name);
        let packets = packets(&fixture);
        for (number, (link, wrap)) in LINKS.iter().enumerate() {
            let (captures, left_out, text) = imported(&pcap(*link, &packets, wrap), &all_names());
            assert_eq!(left_out, [""; 0], "{name} {number}");
            assert_eq!(captures.len(), 1, "{name} {number}");
            assert_eq!(sent(&captures[0]), sent(&fixture), "{name} {number}");
            assert_eq!(captures[0].judge, fixture.judge, "{name} {number}");
            assert_eq!(captures[0].concludes, fixture.concludes);
            assert!(!text.to_lowercase().contains("set-cookie"));
        }
    }
}

#[test]
fn names_of_strangers_hosts_are_replaced_unless_asked() {
    let (question, secret) = (fixture("iphone-2020"), "p26-fmfmobile.icloud.com");
    let file = pcap(1, &packets(&question), ethernet);
    let (_, _, text) = imported(&file, &Settings::default());
    assert!(text.contains("A captive.apple.com") && text.contains("A name-2.example"), "{text}");
    assert!(!text.contains(secret));
    assert!(imported(&file, &all_names()).2.contains(secret));
}

#[test]
fn one_client_can_be_chosen() {
    let file = pcap(1, &packets(&fixture("ios-4")), ethernet);
    for (wanted, count) in
        [("192.168.2.17", 1), ("a8:5c:2c:01:02:03", 1), ("192.168.2.18", 0), ("02:00:00:00:00:01", 0)]
    {
        let client: Wanted = wanted.parse().unwrap();
        let (captures, ..) = imported(&file, &Settings { client: Some(client), ..Settings::default() });
        assert_eq!(captures.len(), count, "{wanted}");
    }
    assert!("nobody".parse::<Wanted>().is_err());
}

#[test]
fn a_lost_segment_costs_one_connection_and_is_named() {
    let request = b"GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n\r\n";
    let mut lossy = connection(3000, request);
    // Both copies of the first half are gone.
    lossy.drain(3..5);
    lossy.extend(connection(3001, request));
    let (captures, left_out, _) = imported(&pcap(1, &lossy, ethernet), &all_names());
    assert_eq!(captures[0].exchanges.len(), 1);
    assert!(left_out.iter().any(|what| what.contains("bytes are missing")), "{left_out:?}");
}

#[test]
fn a_body_that_a_client_sent_is_never_kept() {
    let request = b"POST /submit HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 15\r\n\r\npassword=hunter2";
    let file = pcap(1, &connection(3000, &request[..request.len() - 1]), ethernet);
    let imported = import(Cursor::new(&file), &all_names()).unwrap();
    assert_eq!(imported.recordings.len(), 0);
    assert!(imported.left_out[0].to_string().contains("may hold credentials"), "{:?}", imported.left_out);
}

#[test]
fn a_runs_own_capture_says_what_its_trace_says() {
    let text = include_str!("../../../fixtures/scenarios/first-join-ios.toml");
    let scenario = scenario::load::parse(text, Path::new("test")).unwrap();
    let mut records = Vec::new();
    VirtualTime::new(&scenario, 1).record_frames().run(&scenario, |record| records.push(record.clone()));
    let (captures, left_out, _) = imported(&pcapng(&records).unwrap(), &all_names());
    let asked = |layer: Layer| {
        let what = |record: &vestibule::trace::Record| match &record.what {
            What::Question { name, kind } => Some(format!("{kind} {name}")),
            What::Request { line, .. } => Some(line.clone()),
            _ => None,
        };
        records.iter().filter(move |record| record.layer == layer).filter_map(what).collect::<Vec<_>>()
    };
    let phone = &captures[0];
    let requests: Vec<String> = sent(phone)
        .into_iter()
        .filter_map(|bytes| String::from_utf8(bytes).ok()?.split("\r\n").next().map(str::to_owned))
        .filter(|line| line.ends_with("HTTP/1.0"))
        .collect();
    assert!(!requests.is_empty());
    assert_eq!(requests, asked(Layer::Http));
    let questions: Vec<String> = phone
        .exchanges
        .iter()
        .filter_map(|exchange| match &exchange.sent {
            Sent::Question { asked, .. } => Some(asked.to_string()),
            _ => None,
        })
        .collect();
    let own = asked(Layer::Dns);
    assert!(!own.is_empty() && own.iter().all(|question| questions.contains(question)), "{questions:?}");
    assert!(phone.exchanges.iter().any(|exchange| matches!(exchange.sent, Sent::Dhcp { .. })));
    // What the owner typed is in no file; the form is not either.
    assert!(left_out.iter().any(|what| what.contains("may hold credentials")), "{left_out:?}");
}

#[test]
fn what_is_no_capture_is_said_to_be_none() {
    let none = |bytes: &[u8]| import(Cursor::new(bytes.to_vec()), &Settings::default()).unwrap_err();
    assert_eq!(none(b""), ImportError::Empty);
    assert_eq!(none(b"GET / HTTP/1.1\r\n\r\n and so on, which is long enough"), ImportError::NoCapture);
    let unknown = pcap(147, &packets(&fixture("ios-4")), ethernet);
    let (captures, left_out, _) = imported(&unknown, &Settings::default());
    assert!(captures.is_empty() && left_out[0].starts_with("offset 24: a packet of link type 147"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_capture_is_read_as_far_as_can_be(
        link in proptest::sample::select(&LINKS[..]),
        cut in 0_usize..6000,
        damage in proptest::collection::vec((0_usize..6000, any::<u8>()), 0..30),
    ) {
        let mut file = pcap(link.0, &packets(&fixture("android-10-phone")), link.1);
        for (at, byte) in damage {
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
        }
        file.truncate(file.len().saturating_sub(cut));
        if let Ok(imported) = import(Cursor::new(&file), &Settings::default()) {
            prop_assert!(imported.bytes <= file.len() as u64);
            for recording in imported.recordings {
                let text = recording.to_jsonl("damaged", "a test");
                let read = load::parse(&text, Path::new("damaged"));
                prop_assert!(read.is_ok(), "{:?}\n{}", read.err(), text);
            }
        }
    }
}

/// A DHCP DISCOVER with this vendor class.
fn discover(class: &str) -> Packet {
    PAIR.udp(true, (68, 67), &dhcp(1, MAC, [0; 4], &[(60, class.as_bytes())]))
}

fn asks(name: &str) -> Packet {
    PAIR.asks(&question(0x1234, name, 1))
}

/// What the one client of these packets is called, and the notes.
fn named(packets: &[Packet]) -> (String, String) {
    let (captures, ..) = imported(&pcap(1, packets, ethernet), &Settings::default());
    assert_eq!(captures.len(), 1);
    (captures[0].client.clone(), captures[0].notes.clone().unwrap())
}

#[test]
fn a_phone_that_is_recorded_is_one_client_with_its_dhcp() {
    let (recorder, observer) = Recorder::new();
    let datagram = |from: Ipv4Addr, port: u16, payload: Vec<u8>| {
        observer.send(SocketEvent::Datagram(SocketAddrV4::new(from, 5000), port, payload)).unwrap();
    };
    // What it asks for first is its address at home, which is refused; then the one that it is offered.
    for wanted in [[192, 168, 1, 50], CLIENT.octets()] {
        let request = dhcp(3, MAC, [0; 4], &[(50, &wanted), (60, b"android-dhcp-14")]);
        datagram(Ipv4Addr::UNSPECIFIED, 67, request);
    }
    datagram(CLIENT, 53, question(7, "connectivitycheck.gstatic.com", 1));
    let (recordings, left_out) = recorder.finish(&Settings::default());
    assert_eq!((recordings.len(), left_out.len()), (1, 0));
    assert_eq!(recordings[0].exchanges(), 3);
    assert!(recordings[0].client().contains("android-14"), "{}", recordings[0].client());
}

#[test]
fn names_that_everybody_asks_are_no_evidence() {
    let nobody = "a client that is like no model";
    for names in [
        &["www.google.com", "wpad"][..],
        &["fritzbox", "localhost", "homeassistant", "raspberrypi"],
        &["example.org"],
    ] {
        let packets: Vec<Packet> = names.iter().map(|name| asks(name)).collect();
        assert_eq!(named(&packets).0, nobody, "{names:?}");
    }
    let random = ["zowkbggnyjedl", "qpcmhxswtu", "rbnbqkzvwe"].map(asks);
    assert!(named(&random).0.contains("chromium-names"), "{}", named(&random).0);
}

#[test]
fn a_vendor_class_outranks_names_and_what_contradicts_it_is_said() {
    let (client, notes) = named(&[discover("android-dhcp-9"), asks("captive.apple.com")]);
    assert!(
        client.contains("android-9") && client.contains("vendor class") && !client.contains("ios"),
        "{client}"
    );
    assert!(notes.contains("ios-17"), "{notes}");
    let (client, _) = named(&[discover("MSFT 5.0"), asks("www.google.com")]);
    assert!(client.contains("windows-11"), "{client}");
}

#[test]
fn the_check_of_an_old_android_is_known_on_any_device() {
    for (version, model) in [("6.0.1", "android-6"), ("5.1.1", "android-5"), ("7.0", "android-7.0")] {
        let request = format!(
            "GET /generate_204 HTTP/1.1\r\nUser-Agent: Dalvik/2.1.0 (Linux; U; Android {version}; SM-G900F Build/ABC12D)\r\n\
             Host: connectivitycheck.gstatic.com\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip\r\n\r\n"
        );
        let file = pcap(1, &connection(3000, request.as_bytes()), ethernet);
        let (captures, _, text) = imported(&file, &Settings::default());
        assert!(captures[0].client.contains(model), "{version}: {}", captures[0].client);
        assert!(!captures[0].client.contains("android-14"), "{}", captures[0].client);
        assert!(text.contains(r#""by":"probe""#) && !text.contains("SM-G900F"), "{text}");
    }
}

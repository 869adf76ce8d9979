//! `vestibule import`: what real clients sent, put into captures of every kind and taken out again;
//! captures that are damaged; and `import` as a person runs it.

use std::io::Cursor;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use etherparse::PacketBuilder;
use proptest::prelude::*;
use vestibule::capture::import::{ImportError, Settings, Wanted, import};
use vestibule::capture::{Capture, Sent, load};
use vestibule::scenario;
use vestibule::trace::{Layer, What, pcapng};
use vestibule::world::virtual_time::VirtualTime;

const CLIENT: [u8; 4] = [192, 168, 2, 17];
const SERVER: [u8; 4] = [192, 168, 2, 1];
const MAC: [u8; 6] = [0xa8, 0x5c, 0x2c, 1, 2, 3];
const REPLY: &[u8] =
    b"HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi";

fn fixture(name: &str) -> Capture {
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

/// One packet of IP, and from whom.
struct Ip {
    from_client: bool,
    bytes: Vec<u8>,
}

fn udp(payload: &[u8]) -> Ip {
    let mut bytes = Vec::new();
    let packet = PacketBuilder::ipv4(CLIENT, SERVER, 64).udp(5000, 53);
    packet.write(&mut bytes, payload).unwrap();
    Ip { from_client: true, bytes }
}

fn tcp(port: u16, from_client: bool, sequence: u32, flags: &str, payload: &[u8]) -> Ip {
    let (from, to) = if from_client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
    let (source, destination) = if from_client { (port, 80) } else { (80, port) };
    let mut packet = PacketBuilder::ipv4(from, to, 64).tcp(source, destination, sequence, 1000);
    if flags.contains('S') {
        packet = packet.syn();
    }
    if flags.contains('A') {
        packet = packet.ack(0);
    }
    if flags.contains('F') {
        packet = packet.fin();
    }
    let mut bytes = Vec::new();
    packet.write(&mut bytes, payload).unwrap();
    Ip { from_client, bytes }
}

/// A connection of its own for a request, the segments of which come late, twice and overlapping.
fn connection(port: u16, request: &[u8]) -> Vec<Ip> {
    let middle = request.len() / 2;
    let (first, second) = (u32::MAX - 5, middle as u32 - 5);
    vec![
        tcp(port, true, first.wrapping_sub(1), "S", b""),
        tcp(port, false, 99, "SA", b""),
        tcp(port, true, second.wrapping_sub(1), "A", &request[middle..]),
        tcp(port, true, first, "A", &request[..middle + 3]),
        tcp(port, true, first, "A", &request[..middle]),
        tcp(port, false, 100, "A", REPLY),
        tcp(port, false, 100, "AF", REPLY),
        tcp(port, true, first.wrapping_add(request.len() as u32), "AF", b""),
    ]
}

fn packets(capture: &Capture) -> Vec<Ip> {
    let mut packets = Vec::new();
    for (port, exchange) in (2000..).zip(&capture.exchanges) {
        match &exchange.sent {
            Sent::Question { payload, .. } => packets.push(udp(payload)),
            Sent::Request { request, .. } => packets.extend(connection(port, request.as_bytes())),
            _ => {}
        }
    }
    packets
}

/// A pcap file in which a packet follows each millisecond.
fn pcap(link: u32, packets: &[Ip], wrap: impl Fn(&Ip) -> Vec<u8>) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, link] {
        file.extend(u32::to_le_bytes(word));
    }
    for (number, packet) in (0..).zip(packets) {
        let bytes = wrap(packet);
        let length = u32::try_from(bytes.len()).unwrap();
        for word in [1_600_000_000, number * 1000, length, length] {
            file.extend(u32::to_le_bytes(word));
        }
        file.extend(bytes);
    }
    file
}

fn mac(packet: &Ip) -> [u8; 6] {
    if packet.from_client { MAC } else { [2; 6] }
}

fn ethernet(packet: &Ip) -> Vec<u8> {
    [&[9; 6][..], &mac(packet), &[8, 0], &packet.bytes].concat()
}

fn tagged(packet: &Ip) -> Vec<u8> {
    [&[9; 6][..], &mac(packet), &[0x81, 0, 0, 7, 8, 0], &packet.bytes].concat()
}

fn cooked(packet: &Ip) -> Vec<u8> {
    [&[0, 0, 0, 1, 0, 6][..], &mac(packet), &[0, 0, 8, 0], &packet.bytes].concat()
}

fn cooked_2(packet: &Ip) -> Vec<u8> {
    [&[8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6][..], &mac(packet), &[0, 0], &packet.bytes].concat()
}

fn radiotap(packet: &Ip) -> Vec<u8> {
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let radio = [0, 0, 8, 0, 0, 0, 0, 0, 0x08, 1, 0, 0];
    [&radio[..], &[9; 6], &mac(packet), &[9; 6], &[0, 0], &snap, &packet.bytes].concat()
}

/// Imports, and reads the recordings as `replay` does.
fn imported(file: &[u8], settings: &Settings) -> (Vec<Capture>, Vec<String>, String) {
    let imported = import(Cursor::new(file), settings).unwrap();
    let texts: Vec<_> = imported.recordings.iter().map(|each| each.to_jsonl("test", "a test")).collect();
    let read = |text: &String| load::parse(text, Path::new("test")).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let captures = texts.iter().map(read).collect();
    (captures, imported.left_out.iter().map(ToString::to_string).collect(), texts.concat())
}

#[test]
fn recorded_clients_come_through_every_link_type_with_the_same_bytes_and_the_same_judge() {
    for name in ["iphone-2020", "android-10-phone", "windows-11", "android-6-tablet"] {
        let fixture = fixture(name);
        let packets = packets(&fixture);
        let files = [
            pcap(1, &packets, ethernet),
            pcap(1, &packets, tagged),
            pcap(101, &packets, |packet| packet.bytes.clone()),
            pcap(113, &packets, cooked),
            pcap(276, &packets, cooked_2),
            pcap(127, &packets, radiotap),
        ];
        for (number, file) in files.iter().enumerate() {
            let (captures, left_out, text) = imported(file, &all_names());
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
    let text = include_str!("../../fixtures/scenarios/first-join-ios.toml");
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
        cut in 0_usize..6000,
        damage in proptest::collection::vec((0_usize..6000, any::<u8>()), 0..30),
    ) {
        let mut file = pcap(1, &packets(&fixture("android-10-phone")), ethernet);
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

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_vestibule")).arg("import").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn as_a_person_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    let file = pcap(1, &packets(&fixture("iphone-2020")), ethernet);
    std::fs::write(path("whole.pcap"), &file).unwrap();
    std::fs::write(path("cut.pcap"), &file[..file.len() - 10]).unwrap();
    std::fs::write(path("none.pcap"), b"nothing").unwrap();
    let import = |name: &str| run(&[path(name).to_str().unwrap(), "-o", path("out.jsonl").to_str().unwrap()]);
    let (code, said, _) = import("whole.pcap");
    assert_eq!(code, Some(0));
    assert!(said.contains(&Ipv4Addr::from(CLIENT).to_string()) && said.contains("ios-13"), "{said}");
    assert_eq!(load::load(&path("out.jsonl")).unwrap().name, "out");
    let (code, _, complaint) = import("cut.pcap");
    assert_eq!(code, Some(0));
    assert!(complaint.contains("offset ") && complaint.contains("was cut off"), "{complaint}");
    let (code, _, complaint) = import("none.pcap");
    assert_eq!(code, Some(2));
    assert!(complaint.contains("neither a pcap nor a pcapng"), "{complaint}");
}

/// A DHCP DISCOVER with this vendor class.
fn dhcp(class: &str) -> Ip {
    let mut message = vec![1, 1, 6, 0, 1, 2, 3, 4];
    message.resize(28, 0);
    message.extend(MAC);
    message.resize(236, 0);
    message.extend([99, 130, 83, 99, 53, 1, 1, 60, u8::try_from(class.len()).unwrap()]);
    message.extend(class.as_bytes());
    message.push(255);
    let mut bytes = Vec::new();
    PacketBuilder::ipv4(CLIENT, SERVER, 64).udp(68, 67).write(&mut bytes, &message).unwrap();
    Ip { from_client: true, bytes }
}

fn question(name: &str) -> Ip {
    let labels: Vec<u8> = name
        .split('.')
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()][..], label.as_bytes()].concat())
        .collect();
    udp(&[&b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0"[..], &labels, &[0, 0, 1, 0, 1]].concat())
}

/// What the one client of these packets is called, and the notes.
fn named(packets: &[Ip]) -> (String, String) {
    let (captures, ..) = imported(&pcap(1, packets, ethernet), &Settings::default());
    assert_eq!(captures.len(), 1);
    (captures[0].client.clone(), captures[0].notes.clone().unwrap())
}

#[test]
fn names_that_everybody_asks_are_no_evidence() {
    let nobody = "a client that is like no model";
    for names in [
        &["www.google.com", "wpad"][..],
        &["fritzbox", "localhost", "homeassistant", "raspberrypi"],
        &["example.org"],
    ] {
        let packets: Vec<Ip> = names.iter().map(|name| question(name)).collect();
        assert_eq!(named(&packets).0, nobody, "{names:?}");
    }
    let random: Vec<Ip> = ["zowkbggnyjedl", "qpcmhxswtu", "rbnbqkzvwe"].map(question).into();
    assert!(named(&random).0.contains("chromium-names"), "{}", named(&random).0);
}

#[test]
fn a_vendor_class_outranks_names_and_what_contradicts_it_is_said() {
    let (client, notes) = named(&[dhcp("android-dhcp-9"), question("captive.apple.com")]);
    assert!(
        client.contains("android-9") && client.contains("vendor class") && !client.contains("ios"),
        "{client}"
    );
    assert!(notes.contains("ios-17"), "{notes}");
    let (client, _) = named(&[dhcp("MSFT 5.0"), question("www.google.com")]);
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

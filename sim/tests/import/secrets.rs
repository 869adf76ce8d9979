//! What was typed, an identifier or an address of hardware is in no recording: secrets are planted
//! wherever traffic can hold one, in every way that they are written, and the files are searched. The
//! committed recordings are searched too.

use std::io::Cursor;
use std::path::Path;

use etherparse::PacketBuilder;
use proptest::prelude::*;
use vestibule::capture::import::{Settings, import};
use vestibule::capture::load;

const SERVER: [u8; 6] = [2; 6];

/// A secret as text, and a phone's hardware address.
#[derive(Clone, Debug)]
struct Planted {
    text: String,
    mac: [u8; 6],
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |number: u32, shift: u32| char::from(DIGITS[(number >> shift & 63) as usize]);
    let group = |three: &[u8]| {
        let number = three.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        [18, 12, 6, 0].into_iter().take(three.len() + 1).map(|shift| digit(number, shift)).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

impl Planted {
    /// The secret and the address, each in every way that they are written.
    fn spellings(&self) -> Vec<String> {
        let pairs: Vec<String> = self.mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let fours: Vec<String> = pairs.chunks(2).map(<[String]>::concat).collect();
        let mut spellings = vec![
            self.text.clone(),
            self.text.to_uppercase(),
            percent(self.text.as_bytes()),
            base64(self.text.as_bytes()),
            hex(self.text.as_bytes()),
            self.text.bytes().map(|byte| format!("&#{byte};")).collect(),
            self.text.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        ];
        for separator in ["", ":", "-", "_", "%3A", "%3a", "%2D", "."] {
            spellings.push(pairs.join(separator));
            spellings.push(pairs.join(separator).to_uppercase());
        }
        spellings.push(fours.join("."));
        spellings.push(fours.join("-"));
        spellings
    }
}

/// One packet of a client to its server, or back.
fn tcp(
    planted: &Planted,
    port: u16,
    from_client: bool,
    sequence: u32,
    flags: &str,
    payload: &[u8],
) -> Vec<u8> {
    let (from, to) =
        if from_client { ([192, 168, 4, 2], [192, 168, 4, 1]) } else { ([192, 168, 4, 1], [192, 168, 4, 2]) };
    let (source, destination) = if from_client { (port, 80) } else { (80, port) };
    let macs = if from_client { (planted.mac, SERVER) } else { (SERVER, planted.mac) };
    let mut builder =
        PacketBuilder::ethernet2(macs.0, macs.1).ipv4(from, to, 64).tcp(source, destination, sequence, 1000);
    if flags.contains('S') {
        builder = builder.syn();
    }
    if flags.contains('F') {
        builder = builder.fin();
    }
    if flags.contains('A') {
        builder = builder.ack(0);
    }
    let mut frame = Vec::new();
    builder.write(&mut frame, payload).unwrap();
    frame
}

fn udp(planted: &Planted, to: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2(planted.mac, SERVER).ipv4([192, 168, 4, 2], [192, 168, 4, 1], 64);
    builder.udp(5000, to).write(&mut frame, payload).unwrap();
    frame
}

fn exchange(planted: &Planted, port: u16, request: &str, reply: &str) -> Vec<Vec<u8>> {
    vec![
        tcp(planted, port, true, 0, "S", b""),
        tcp(planted, port, false, 99, "SA", b""),
        tcp(planted, port, true, 1, "A", request.as_bytes()),
        tcp(planted, port, false, 100, "AF", reply.as_bytes()),
        tcp(planted, port, true, 1 + u32::try_from(request.len()).unwrap(), "AF", b""),
    ]
}

fn label(text: &str) -> Vec<u8> {
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat()
}

/// Questions with the secret as their name and in their EDNS options, of a known name and of one of its own.
fn questions(planted: &Planted, written: &str) -> Vec<Vec<u8>> {
    let option = |code: u16, value: &[u8]| {
        [&code.to_be_bytes()[..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
    };
    let options = [
        option(65001, &planted.mac),
        option(65074, written.as_bytes()),
        option(8, &[0, 1, 24, 0, 93, 184, 216]),
    ];
    let options = options.concat();
    let edns =
        [&[0, 0, 41, 4, 208, 0, 0, 0, 0][..], &u16::try_from(options.len()).unwrap().to_be_bytes(), &options]
            .concat();
    let own = [label(written), label("home"), vec![0]].concat();
    [b"\x07captive\x05apple\x03com\0".to_vec(), own]
        .into_iter()
        .map(|name| {
            udp(
                planted,
                53,
                &[&b"\x12\x34\x01\0\0\x01\0\0\0\0\0\x01"[..], &name, &[0, 1, 0, 1], &edns].concat(),
            )
        })
        .collect()
}

/// A DHCP message with the secret in every place that can hold text.
fn dhcp(planted: &Planted, written: &str) -> Vec<u8> {
    let mut message = vec![1, 1, 6, 0, 1, 2, 3, 4];
    message.resize(28, 0);
    message.extend(planted.mac);
    message.resize(44, 0);
    message.extend(written.bytes().take(60));
    message.resize(108, 0);
    message.extend(written.bytes().take(120));
    message.resize(236, 0);
    message.extend([99, 130, 83, 99, 53, 1, 1, 55, 3, 1, 3, 6]);
    let text: Vec<u8> = written.bytes().take(60).collect();
    for option in
        [12, 14, 15, 43, 50, 54, 56, 57, 60, 61, 77, 81, 82, 93, 97, 114, 119, 124, 125, 145, 161, 224]
    {
        message.extend([option, u8::try_from(text.len()).unwrap()]);
        message.extend(&text);
    }
    message.extend([61, 7, 1]);
    message.extend(planted.mac);
    message.push(255);
    message.extend(&text);
    udp(planted, 67, &message)
}

/// Replies with the secret wherever one can stand; `own` is its letters and digits.
fn replies(written: &str, own: &str) -> [String; 6] {
    let page = format!("<title>Welcome {written}</title><!-- {written} --><input value='{written}'>");
    [
        format!(
            "HTTP/1.1 302 {written}\r\nLocation: http://{own}.portal.example/{written}?mac={written}#{written}\r\nContent-Length: 0\r\n\r\n"
        ),
        format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{written}:{written}@192.168.4.1/?u={written}\r\nSet-Cookie: {written}\r\n\r\n"
        ),
        format!(
            "HTTP/1.1 302 Found\r\nLocation: {written}\r\nServer: {written}\r\nX-{own}: {written}\r\nContent-Length: 0\r\n\r\n"
        ),
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={written}\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        ),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x};{own}\r\n{page}\r\n0\r\nX: {written}\r\n\r\n",
            page.len()
        ),
        format!("HTTP/1.0 511 x\r\n\r\n{page}"),
    ]
}

/// Requests and replies with the secret wherever one can stand.
fn exchanges(planted: &Planted, written: &str, probe: bool) -> Vec<Vec<u8>> {
    let (path, host, agent) = match probe {
        true => ("/hotspot-detect.html", "captive.apple.com", "CaptiveNetworkSupport-390.60.1 wispr"),
        false => ("/wifisave", "192.168.4.1", "Mozilla/5.0 (Linux; Android 9; Tom) Chrome/120.0.0.0"),
    };
    let own: String = written.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = format!("Host: {host}\r\nConnection: close\r\nUser-Agent: {agent}\r\n");
    let names = [
        "Cookie",
        "Authorization",
        "Referer",
        "Origin",
        "X-Auth-Token",
        "X-MSISDN",
        "From",
        "X-Device-Id",
        "Accept",
        "Accept-Language",
        "X-Requested-With",
        "Cache-Control",
        "Sec-CH-UA",
        "X-Hwcloud-ReqId",
        "Priority",
        "If-None-Match",
        "Via",
        "Connection",
        "Proxy-Connection",
    ];
    let lines: String = names.iter().map(|name| format!("{name}: {written}\r\n")).collect();
    let requests = [
        format!("GET {path}?s=Home&p={written} HTTP/1.1\r\n{plain}\r\n"),
        format!("GET /{written}/x HTTP/1.1\r\n{plain}\r\n"),
        format!("GET {path}#{written} HTTP/1.1\r\n{plain}\r\n"),
        format!("GET {path};{written} HTTP/1.0\r\n{plain}\r\n"),
        format!("GET {path} HTTP/1.1\r\n{plain}{lines}\r\n"),
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Dalvik/2.1.0 (Linux; U; Android 6.0; {written} Build/{written})\r\n\r\n"
        ),
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent} {written}\r\n{own}: 1\r\n more {written}\r\n\r\n"
        ),
        format!("GET {path} HTTP/1.1\r\nHost: {own}.home\r\nUser-Agent: {agent}\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: {written}@{host}\r\nUser-Agent: {agent}\r\n\r\n"),
        format!("HEAD /{written} HTTP/1.1\r\nHost: {own}\r\n\r\n"),
        format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{written}", written.len()),
    ];
    let replies = replies(written, &own);
    let each = requests.iter().enumerate().flat_map(|(number, request)| {
        replies.iter().enumerate().map(move |(other, reply)| (number * 8 + other, request, reply))
    });
    each.flat_map(|(number, request, reply)| {
        exchange(planted, 2000 + u16::try_from(number).unwrap(), request, reply)
    })
    .collect()
}

fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (number, frame) in (0_u32..).zip(frames) {
        let length = u32::try_from(frame.len()).unwrap();
        for word in [1_600_000_000, number, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// The secret in a recording, in whatever way, as text or as the digits of a datagram.
fn found<'s>(text: &str, spellings: &'s [String]) -> Option<&'s String> {
    let lower = text.to_lowercase();
    spellings.iter().find(|spelling| {
        let spelling = spelling.to_lowercase();
        lower.contains(&spelling) || lower.contains(&hex(spelling.as_bytes()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]

    #[test]
    fn a_planted_secret_is_in_no_recording(
        text in "[a-z]{4}[0-9]{3}[a-zA-Z]{5}",
        mac in any::<[u8; 6]>().prop_filter("nobody's own", |mac| mac[0] & 2 == 0 && mac[3] != 0),
        all_names: bool,
    ) {
        let planted = Planted { text, mac };
        let spellings = planted.spellings();
        for written in &spellings {
            let mut frames = questions(&planted, written);
            frames.push(dhcp(&planted, written));
            frames.extend(exchanges(&planted, written, true));
            frames.extend(exchanges(&planted, written, false));
            // With `--all-names` a host keeps the name that it has: that is asked for.
            let all_names = all_names && !written.chars().all(|c| c.is_ascii_alphanumeric());
            let imported = import(Cursor::new(pcap(&frames)), &Settings { all_names, ..Settings::default() }).unwrap();
            prop_assert!(!imported.recordings.is_empty());
            for recording in &imported.recordings {
                let text = recording.to_jsonl("planted", "a test");
                let read = load::parse(&text, Path::new("planted"));
                prop_assert!(read.is_ok(), "{:?}", read.err());
                prop_assert!(read.unwrap().exchanges.len() > 40);
                if !all_names {
                    let found = found(&text, &spellings);
                    prop_assert!(found.is_none(), "{written:?} is there as {found:?}\n{text}");
                }
                prop_assert!(!text.to_lowercase().contains(&hex(&planted.mac)));
            }
        }
    }
}

/// Runs of letters and digits in which something may be coded, and hardware addresses that are somebody's.
fn suspicious(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    for (separator, length) in [(":", 17), ("-", 17), ("%3a", 27)] {
        for (at, _) in lower.match_indices(separator) {
            let Some(written) = at.checked_sub(2).and_then(|at| lower.get(at..at + length)) else { continue };
            let pairs: Vec<&str> = written.split(separator).collect();
            let is_mac = pairs.len() == 6
                && pairs.iter().all(|pair| u8::from_str_radix(pair, 16).is_ok() && pair.len() == 2);
            if is_mac && !written.starts_with("02") {
                return Some(written.to_owned());
            }
        }
    }
    ["cookie:", "authorization:", "passw", "token=", "sessionid"]
        .into_iter()
        .find(|word| lower.contains(word))
        .map(str::to_owned)
}

#[test]
fn the_committed_recordings_hold_nothing_of_anybody() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/captures");
    let mut searched = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().skip(1) {
            assert_eq!(suspicious(line), None, "{}", file.display());
        }
        searched += 1;
    }
    assert_eq!(searched, 13);
    assert!(suspicious("a=A8:5C:2C:01:02:03&").is_some() && suspicious("Set-Cookie: a").is_some());
}

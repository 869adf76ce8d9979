//! What was typed, an identifier or an address of hardware is in no recording: secrets are planted
//! wherever traffic can hold one, in every way that they are written, and the files are searched. The
//! committed recordings are searched too.

use std::io::Cursor;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use proptest::prelude::*;
use vestibule::capture::import::{LeftOut, Recording, Settings, import};
use vestibule::capture::record::Recorder;
use vestibule::capture::{Sent, load};
use vestibule::world::loopback::SocketEvent;

use super::files::{ethernet, pcap};
use super::packets::{Packet, Pair, pair};

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
            // A blank in the middle, as forms write it; and behind something else in base64.
            format!("{}+{}", &self.text[..6], &self.text[6..]),
            base64(format!("me:{}", self.text).as_bytes()),
            base64(format!("who:{}", self.text).as_bytes()),
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

/// The phone that has it, at a device's access point.
fn phone(planted: &Planted) -> Pair {
    pair((planted.mac, [192, 168, 4, 2]), (SERVER, [192, 168, 4, 1]))
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
            let head = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\x01";
            [&head[..], &name, &[0, 1, 0, 1], &edns].concat()
        })
        .collect()
}

/// A DHCP message, of a client or a server, with the secret in every place that can hold text.
fn dhcp(planted: &Planted, written: &str, is_reply: bool) -> Vec<u8> {
    let mut message = vec![if is_reply { 2 } else { 1 }, 1, 6, 0, 1, 2, 3, 4];
    message.resize(28, 0);
    message.extend(planted.mac);
    message.resize(44, 0);
    message.extend(written.bytes().take(60));
    message.resize(108, 0);
    message.extend(written.bytes().take(120));
    message.resize(236, 0);
    message.extend([99, 130, 83, 99, 53, 1, if is_reply { 5 } else { 1 }, 55, 3, 1, 3, 6]);
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
    message
}

/// Replies with the secret wherever one can stand; `own` is its letters and digits.
fn replies(written: &str, own: &str) -> [String; 7] {
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
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{{\"user\":\"{written}\"}}"),
    ]
}

/// Requests with the secret wherever one can stand.
fn requests(written: &str, probe: bool) -> Vec<String> {
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
    let body = |method: &str, kind: &str, body: String| {
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\n{plain}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    vec![
        format!("GET {path}?s=Home&p={written} HTTP/1.1\r\n{plain}\r\n"),
        format!("GET /{written}/x HTTP/1.1\r\n{plain}\r\n"),
        format!("GET {path}#{written} HTTP/1.1\r\n{plain}\r\n"),
        format!("GET {path};{written} HTTP/1.0\r\n{plain}\r\n"),
        format!("GET {path} HTTP/1.1\r\n{plain}{lines}\r\n"),
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Dalvik/2.1.0 (Linux; U; Android 6.0; {written} Build/{written})\r\n\r\n"
        ),
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Dalvik/1.6.0 (Linux; U; Android {written}; x Build/x)\r\n\r\n"
        ),
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent} {written}\r\n{own}: 1\r\n more {written}\r\n\r\n"
        ),
        format!("GET {path} HTTP/1.1\r\nHost: {own}.home\r\nUser-Agent: {agent}\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: {written}@{host}\r\nUser-Agent: {agent}\r\n\r\n"),
        format!("HEAD /{written} HTTP/1.1\r\nHost: {own}\r\n\r\n"),
        body("POST", "application/x-www-form-urlencoded", format!("s=Home&p={written}")),
        body("PUT", "application/json", format!("{{\"password\":\"{written}\"}}")),
        body("GET", "text/plain", written.to_owned()),
    ]
}

/// All requests, each with one of the replies, and a check with each of them.
fn exchanges(written: &str) -> Vec<(String, String)> {
    let own: String = written.chars().filter(char::is_ascii_alphanumeric).collect();
    let replies = replies(written, &own);
    let check = "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n\
        User-Agent: CaptiveNetworkSupport-390.60.1 wispr\r\n\r\n";
    let checks = vec![check.to_owned(); replies.len()];
    let requests = [checks, requests(written, true), requests(written, false)].concat();
    requests.into_iter().zip(replies.into_iter().cycle()).collect()
}

/// Where a message is cut so that the secret is in two segments.
fn cut<'m>(message: &'m str, written: &str) -> (&'m [u8], &'m [u8]) {
    let middle = message.rfind(written).map_or(message.len() / 2, |at| at + written.len() / 2);
    message.as_bytes().split_at(middle)
}

/// All that the phone says and hears, captured.
fn captured(planted: &Planted, written: &str) -> Vec<Packet> {
    let phone = phone(planted);
    let mut packets: Vec<_> = questions(planted, written).iter().map(|asked| phone.asks(asked)).collect();
    packets.push(phone.udp(true, (68, 67), &dhcp(planted, written, false)));
    packets.push(phone.udp(false, (67, 68), &dhcp(planted, written, true)));
    for (port, (request, reply)) in (2000..).zip(exchanges(written)) {
        let (asked, answered) = (cut(&request, written), cut(&reply, written));
        let connection = phone.connection((port, 80)).open().says(asked.0).says(asked.1);
        packets.extend(connection.hears(answered.0).hears(answered.1).close());
    }
    packets
}

/// The same as a portal's sockets hear it.
fn heard(planted: &Planted, written: &str) -> Vec<SocketEvent> {
    let from = SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 2), 5000);
    let datagram = |port: u16, payload: Vec<u8>| SocketEvent::Datagram(from, port, payload);
    let mut events: Vec<_> =
        questions(planted, written).into_iter().map(|asked| datagram(53, asked)).collect();
    events.push(datagram(67, dhcp(planted, written, false)));
    for (number, (request, reply)) in exchanges(written).into_iter().enumerate() {
        let (asked, answered) = (cut(&request, written), cut(&reply, written));
        events.push(SocketEvent::Opened(number, from.into()));
        events.extend([asked.0, asked.1].map(|bytes| SocketEvent::Received(number, bytes.to_vec())));
        events.extend([answered.0, answered.1].map(|bytes| SocketEvent::Sent(number, bytes.to_vec())));
        events.push(SocketEvent::Closed(number));
    }
    events
}

fn record(events: Vec<SocketEvent>, settings: &Settings) -> (Vec<Recording>, Vec<LeftOut>) {
    let (recorder, observer) = Recorder::new();
    events.into_iter().for_each(|event| observer.send(event).unwrap());
    recorder.finish(settings)
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
            // With `--all-names` a host keeps the name that it has: that is asked for.
            let all_names = all_names && !written.chars().all(|c| c.is_ascii_alphanumeric());
            let settings = Settings { all_names, ..Settings::default() };
            let file = pcap(1, &captured(&planted, written), ethernet);
            let imported = import(Cursor::new(file), &settings).unwrap();
            let recorded = record(heard(&planted, written), &settings);
            for (recordings, left_out) in [(imported.recordings, imported.left_out), recorded] {
                let of_exchanges = recordings.iter().map(Recording::exchanges).sum::<usize>();
                prop_assert!(of_exchanges > 25, "{of_exchanges}");
                let said = left_out.iter().map(ToString::to_string);
                let texts = recordings.iter().map(|recording| recording.to_jsonl("planted", "a test"));
                for text in texts.clone() {
                    let read = load::parse(&text, Path::new("planted"));
                    prop_assert!(read.is_ok(), "{:?}", read.err());
                }
                for text in texts.chain(said) {
                    if !all_names {
                        let found = found(&text, &spellings);
                        prop_assert!(found.is_none(), "{written:?} is there as {found:?}\n{text}");
                    }
                    prop_assert!(!text.to_lowercase().contains(&hex(&planted.mac)));
                }
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

/// Header lines that may be kept, as `fixtures/captures/README.md` lists them: of requests, and of replies.
const REQUEST_LINES: &str = "host user-agent accept accept-encoding accept-language connection proxy-connection \
    cache-control pragma upgrade-insecure-requests dnt sec-gpc priority save-data te sec-fetch-site sec-fetch-mode \
    sec-fetch-user sec-fetch-dest sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform x-requested-with x-hwcloud-reqid \
    purpose sec-purpose";
const REPLY_LINES: &str = "location content-type content-encoding connection cache-control transfer-encoding \
    content-length";

/// What in a request or a reply is on no list: a query, or a header line.
fn beyond_the_list(message: &str, lines: &str) -> Option<String> {
    let head = message.split("\r\n\r\n").next().unwrap().split("\n\n").next().unwrap();
    let (first, rest) = head.split_once('\n').unwrap_or((head, ""));
    let with_query = [first].into_iter().chain(rest.lines().filter(|line| line.starts_with("Location")));
    let name = |line: &str| line.split(':').next().unwrap().to_ascii_lowercase();
    with_query
        .filter(|line| line.contains('?'))
        .chain(rest.lines().filter(|line| !lines.split(' ').any(|listed| listed == name(line))))
        .map(str::to_owned)
        .next()
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
        for exchange in load::load(&file).unwrap().exchanges {
            let Sent::Request { request, recorded_reply, .. } = exchange.sent else { continue };
            let request = String::from_utf8(request.as_bytes().to_vec()).unwrap();
            let of_reply = recorded_reply.and_then(|reply| beyond_the_list(&reply, REPLY_LINES));
            let beyond = beyond_the_list(&request, REQUEST_LINES).or(of_reply);
            assert_eq!(beyond, None, "{} line {}", file.display(), exchange.line);
        }
        searched += 1;
    }
    assert_eq!(searched, 13);
    assert!(suspicious("a=A8:5C:2C:01:02:03&").is_some() && suspicious("Set-Cookie: a").is_some());
    for wrong in ["GET /a?b HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nReferer: http://x/\r\n\r\n"] {
        assert!(beyond_the_list(wrong, REQUEST_LINES).is_some(), "{wrong}");
    }
}

//! The committed recordings are what they say, and hold nothing of a stranger.

use vestibule::capture::{By, Capture, Conclusion, Judge, Provenance, Sent};
use vestibule::phone::Reply;
use vestibule::phone::judge::judge;

use super::committed;

fn find(name: &str) -> Capture {
    committed().into_iter().find(|capture| capture.name == name).unwrap()
}

fn requests(capture: &Capture) -> Vec<&[u8]> {
    capture
        .exchanges
        .iter()
        .filter_map(|exchange| match &exchange.sent {
            Sent::Request { request, .. } => Some(request.as_bytes()),
            _ => None,
        })
        .collect()
}

#[test]
fn every_file_has_the_name_that_it_says() {
    let captures = committed();
    assert_eq!(captures.len(), 13);
    for capture in captures {
        assert_eq!(capture.path.file_stem().unwrap().to_str(), Some(capture.name.as_str()));
    }
}

#[test]
fn what_is_not_recorded_is_explained() {
    for capture in committed() {
        let all_captured =
            capture.exchanges.iter().all(|exchange| exchange.provenance == Provenance::Captured);
        assert!(all_captured || capture.notes.is_some(), "{}", capture.name);
    }
    let chrome = find("chrome-random-names");
    assert!(chrome.exchanges.iter().all(|exchange| exchange.provenance == Provenance::Reconstructed));
}

#[test]
fn the_android_6_tablet_asks_byte_for_byte() {
    let tablet = find("android-6-tablet");
    assert_eq!(
        requests(&tablet),
        [b"GET /generate_204 HTTP/1.1\r\nUser-Agent: Dalvik/2.1.0 (Linux; U; Android 6.0.1; Nexus 7 \
           Build/MOB30X)\r\nHost: connectivitycheck.gstatic.com\r\nConnection: Keep-Alive\r\n\
           Accept-Encoding: gzip\r\n\r\n"]
    );
    let questions: Vec<(u16, String)> = tablet
        .exchanges
        .iter()
        .filter_map(|exchange| match &exchange.sent {
            Sent::Question { payload, asked } => {
                Some((u16::from_be_bytes([payload[0], payload[1]]), asked.to_string()))
            }
            _ => None,
        })
        .collect();
    for (id, name) in
        [(0x99a5, "ssl.gstatic.com"), (0xa741, "www.google.com"), (0x456f, "connectivitycheck.gstatic.com")]
    {
        let twice = questions.iter().filter(|asked| **asked == (id, format!("A {name}"))).count();
        assert_eq!(twice, 2, "{name}");
    }
}

#[test]
fn the_sheets_requests_have_the_lengths_that_were_logged() {
    let logged = [131, 113, 347, 329, 131, 113, 372, 131, 113, 378, 131, 113];
    // What is taken out of the last two.
    let query = "?led=1".len();
    let referer = "Referer: http://192.168.4.1/ledtest\r\n".len();
    let taken_out = [0, 0, 0, 0, 0, 0, query + referer, 0, 0, query + referer + query, 0, 0];
    let macos = find("macos-11");
    let requests = requests(&macos);
    let lengths: Vec<usize> =
        requests.iter().zip(taken_out).map(|(request, out)| request.len() + out).collect();
    assert_eq!(lengths, logged);
}

#[test]
fn no_strangers_hardware_address_is_left() {
    // How the hardware addresses in both original recordings begin: telling enough by itself.
    let prefixes = ["c4618b", "c62c03", "d83062", "ae9cd5", "96b418", "207c14"];
    for capture in committed() {
        let text = std::fs::read_to_string(&capture.path).unwrap().to_ascii_lowercase();
        for prefix in prefixes {
            let [a, b, c] = [&prefix[..2], &prefix[2..4], &prefix[4..]];
            for written in [prefix.to_owned(), format!("{a}:{b}:{c}"), format!("{a}-{b}-{c}")] {
                assert!(!text.contains(&written), "{}: {written}", capture.path.display());
            }
        }
    }
}

#[test]
fn the_iphones_dhcp_has_the_replacement_wherever_an_address_stands() {
    let messages: Vec<Vec<u8>> = find("iphone-2020")
        .exchanges
        .into_iter()
        .filter_map(|exchange| match exchange.sent {
            Sent::Dhcp { payload } => Some(payload),
            _ => None,
        })
        .collect();
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert_eq!(message.len(), 300);
        let places = message.windows(6).filter(|six| *six == [2, 0, 0, 0, 0, 1]).count();
        assert_eq!(places, 2, "the fixed field and the client identifier");
        // Option 12, the host name, with its length (RFC 2132 section 3.14).
        let names = message.windows(14).filter(|option| *option == b"\x0c\x0cowner-iPhone").count();
        assert_eq!(names, 1);
    }
}

/// The rules conclude from the recorded replies what the clients concluded.
#[test]
fn recorded_replies_mean_what_the_recordings_show() {
    let mut judged = 0;
    for capture in committed() {
        let (Judge::Client(client), Some(concluded)) = (capture.judge, capture.recorded_conclusion) else {
            continue;
        };
        for exchange in &capture.exchanges {
            let Sent::Request { request, by: By::Probe, recorded_reply: Some(reply), .. } = &exchange.sent
            else {
                continue;
            };
            let reply = Reply::parse(reply.as_bytes(), true).unwrap();
            let verdict = judge(client, request.url().as_str(), &Ok(reply)).verdict;
            assert_eq!(Conclusion::of(&verdict), concluded, "{}:{}", capture.path.display(), exchange.line);
            judged += 1;
        }
    }
    // One of the iPhone, six of the Android phone, four of macOS.
    assert_eq!(judged, 11);
}

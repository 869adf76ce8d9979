//! The signature against known answers and against every alteration, the request as an independent
//! parser reads it, the schedule.

use core::time::Duration;
use std::string::{String, ToString};
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::entropy::Entropy;
use crate::limits::*;
use crate::time::Instant;

const KEY: &[u8] = b"a secret of both, 16 bytes or more";
const BODY: &[u8] = br#"{"event":"joined"}"#;
const SENT: u64 = 1_790_000_000;
const TOLERANCE: Duration = Duration::from_secs(300);

fn key() -> Key {
    Key::new(KEY).unwrap()
}

fn verify(header: &str, body: &[u8], now: u64) -> Result<(), Rejected> {
    key().verify(header.as_bytes(), body, now, TOLERANCE)
}

/// Made with another implementation: `printf '1790000000.{"event":"joined"}' | openssl dgst -sha256
/// -hmac 'a secret of both, 16 bytes or more'`.
const KNOWN: &str = "a21a9c320629010f685256e0e6778c77c7cf63bf463f90895b4a5d1e1f4abdfc";

#[test]
fn a_known_answer() {
    assert_eq!(key().sign(SENT, BODY).to_string(), std::format!("t=1790000000,v1={KNOWN}"));
    assert_eq!(verify(&std::format!("t=1790000000,v1={KNOWN}"), BODY, SENT), Ok(()));
}

#[test]
fn timestamps_are_signed_as_they_are_written() {
    for timestamp in [0, 9, 10, 99, 100, 1_790_000_000, u64::MAX - 1, u64::MAX] {
        let header = key().sign(timestamp, BODY).to_string();
        assert!(header.starts_with(&std::format!("t={timestamp},")));
        assert_eq!(verify(&header, BODY, timestamp), Ok(()), "{timestamp}");
    }
}

#[test]
fn old_ones_and_early_ones_are_refused() {
    let header = key().sign(SENT, BODY).to_string();
    for (now, expected) in [
        (SENT, Ok(())),
        (SENT + 300, Ok(())),
        (SENT - 300, Ok(())),
        (SENT + 301, Err(Rejected::Old)),
        (SENT - 301, Err(Rejected::Early)),
        (u64::MAX, Err(Rejected::Old)),
        (0, Err(Rejected::Early)),
    ] {
        assert_eq!(verify(&header, BODY, now), expected, "{now}");
    }
    assert_eq!(verify(&std::format!("t=1,v1={KNOWN}"), BODY, SENT), Err(Rejected::Forged), "before its age");
}

#[test]
fn a_header_is_read_strictly() {
    for good in [
        std::format!("v1={KNOWN},t=1790000000"),
        std::format!(" t=1790000000 , v1={KNOWN} "),
        std::format!("v0=old,t=1790000000,v1={KNOWN},v2=new"),
        std::format!("t=1790000000,v1={}", KNOWN.to_uppercase()),
    ] {
        assert_eq!(verify(&good, BODY, SENT), Ok(()), "{good}");
    }
    for bad in [
        String::new(),
        "t=1790000000".to_string(),
        std::format!("v1={KNOWN}"),
        std::format!("t=1790000000,v1={}", &KNOWN[1..]),
        std::format!("t=1790000000,v1={KNOWN}0"),
        std::format!("t=1790000000,v1=+{}", &KNOWN[1..]),
        std::format!("t=1790000000,v1={KNOWN},v1={KNOWN}"),
        std::format!("t=1790000000,t=1790000000,v1={KNOWN}"),
        std::format!("t=+1790000000,v1={KNOWN}"),
        std::format!("t=,v1={KNOWN}"),
        std::format!("t=-1,v1={KNOWN}"),
        std::format!("t=99999999999999999999,v1={KNOWN}"),
        std::format!("T=1790000000,V1={KNOWN}"),
    ] {
        assert_eq!(verify(&bad, BODY, SENT), Err(Rejected::Malformed), "{bad}");
    }
    assert_eq!(verify(&std::format!("t=01790000000,v1={KNOWN}"), BODY, SENT), Err(Rejected::Forged));
}

#[test]
fn keys() {
    assert_eq!(Key::new(&[1; 15]).err(), Some(BadKey::TooShort));
    assert_eq!(Key::new(&[1; WEBHOOK_KEY_BYTES + 1]).err(), Some(BadKey::TooLong));
    assert!(Key::new(&[1; 16]).is_ok() && Key::new(&[1; WEBHOOK_KEY_BYTES]).is_ok());
    assert_eq!(std::format!("{:?}", key()), "Key(hidden)");
}

#[test]
fn the_request_as_an_independent_parser_reads_it() {
    let post = Post::new("10.0.0.7:8080", "/a?b=c%20d", BODY).unwrap();
    let mut out = [0; 600];
    let length = post.write(&key(), SENT, &mut out).unwrap();
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    let head = request.parse(&out[..length]).unwrap().unwrap();
    assert_eq!((request.method, request.path, request.version), (Some("POST"), Some("/a?b=c%20d"), Some(1)));
    let header = |name: &str| {
        let found: Vec<_> = request.headers.iter().filter(|header| header.name == name).collect();
        assert_eq!(found.len(), 1, "{name}");
        core::str::from_utf8(found[0].value).unwrap()
    };
    assert_eq!(header("Host"), "10.0.0.7:8080");
    assert_eq!(header("Content-Type"), "application/json");
    assert_eq!(header("Content-Length"), BODY.len().to_string());
    assert_eq!(header("Connection"), "close");
    assert_eq!(&out[head..length], BODY);
    assert_eq!(verify(header(SIGNATURE_HEADER), &out[head..length], SENT), Ok(()));
    for room in 0..length {
        assert_eq!(post.write(&key(), SENT, &mut out[..room]), Err(BadPost::NoRoom));
    }
    assert_eq!(post.write(&key(), SENT, &mut out[..length]), Ok(length));
}

#[test]
fn the_longest_head_fits() {
    let path = "/".repeat(WEBHOOK_PATH_BYTES);
    let host = "h".repeat(WEBHOOK_AUTHORITY_BYTES - 6) + ":65535";
    let mut out = [0; WEBHOOK_HEAD_BYTES];
    assert!(Post::new(&host, &path, b"").unwrap().write(&key(), u64::MAX, &mut out).is_ok());
    assert_eq!(Post::new(&(host + "0"), "/", b"").err(), Some(BadPost::Authority));
    assert_eq!(Post::new("h", &(path + "/"), b"").err(), Some(BadPost::Path));
}

#[test]
fn nothing_is_smuggled_into_a_request() {
    for authority in [
        "",
        ":80",
        "a:",
        "a:0",
        "a:65536",
        "a:+80",
        "a b",
        "a\r\nX: y",
        "a/b",
        "u@a",
        "[::1]",
        "a:80:80",
        "é",
    ] {
        assert_eq!(Post::new(authority, "/", b"").err(), Some(BadPost::Authority), "{authority:?}");
    }
    for path in ["", "a", "http://a/", "/a b", "/a\r\nX: y", "/\0", "/é", "/#"] {
        assert_eq!(Post::new("a", path, b"").err(), Some(BadPost::Path), "{path:?}");
    }
    let shown = std::format!("{:?}", Post::new("a", "/hook?token=s3cret", b"s3cret").unwrap());
    assert_eq!(shown, "Post(a/hook, 6 bytes)");
}

#[test]
fn answers() {
    let status = |text: &str| read_reply(text.as_bytes()).map(|reply| reply.map(|reply| reply.status));
    assert_eq!(status("HTTP/1.1 204 No Content\r\n\r\n"), Ok(Some(204)));
    assert_eq!(status("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), Ok(Some(200)));
    for incomplete in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"]
    {
        assert_eq!(status(incomplete), Ok(None), "{incomplete}");
    }
    for none in ["hello\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "\0"] {
        assert!(status(none).is_err(), "{none}");
    }
    let wait = |value: &str| {
        let text = std::format!("HTTP/1.1 503 Busy\r\nretry-after: {value}\r\n\r\n");
        read_reply(text.as_bytes()).unwrap().unwrap().retry_after
    };
    assert_eq!(wait("120"), Some(120));
    assert_eq!(wait("Fri, 31 Dec 1999 23:59:59 GMT"), None);
    assert_eq!(wait("-1"), None);
}

/// Bytes that are all alike.
struct Dice(u8);

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn answered(status: u16) -> Attempt {
    Attempt::Answered(Reply { status, retry_after: None })
}

/// The waits between attempts that all fail, in milliseconds.
fn waits(dice: u8) -> Vec<u128> {
    let mut now = Instant::from_micros(0);
    let mut delivery = Delivery::new(now);
    let mut waits = Vec::new();
    while let Some(due) = delivery.poll_timeout() {
        waits.push((due - now).as_millis());
        now = due;
        assert!(delivery.poll_attempt(now));
        assert!(!delivery.poll_attempt(now), "one at a time");
        delivery.handle_attempt(Attempt::Failed, &mut Dice(dice), now);
    }
    assert_eq!(delivery.progress(), Progress::GivenUp);
    waits
}

#[test]
fn waits_double_to_a_limit_and_end() {
    assert_eq!(waits(0xff), [0, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000]);
    assert_eq!(waits(0), [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000]);
    assert_eq!(waits(0).len(), WEBHOOK_ATTEMPTS as usize);
}

#[test]
fn what_follows_an_answer() {
    let now = Instant::from_micros(0);
    for status in 100..=599 {
        let mut delivery = Delivery::new(now);
        delivery.handle_attempt(answered(200), &mut Dice(0), now);
        assert_eq!(delivery.progress(), Progress::Waiting(now), "no attempt is being made");
        assert!(delivery.poll_attempt(now));
        delivery.handle_attempt(answered(status), &mut Dice(0), now);
        let expected = match status {
            200..=299 => Progress::Delivered,
            408 | 425 | 429 | 500.. => Progress::Waiting(now + WEBHOOK_FIRST_DELAY / 2),
            _ => Progress::GivenUp,
        };
        assert_eq!(delivery.progress(), expected, "{status}");
    }
}

#[test]
fn the_receivers_wish_is_kept_to() {
    let now = Instant::from_micros(0);
    for (asked, expected) in
        [(1, WEBHOOK_FIRST_DELAY), (60, Duration::from_secs(60)), (u32::MAX, WEBHOOK_LONGEST_DELAY)]
    {
        let mut delivery = Delivery::new(now);
        assert!(delivery.poll_attempt(now));
        let reply = Reply { status: 503, retry_after: Some(asked) };
        delivery.handle_attempt(Attempt::Answered(reply), &mut Dice(0xff), now);
        assert_eq!(delivery.poll_timeout(), Some(now + expected));
    }
}

#[test]
fn a_receiver_that_says_nothing() {
    let now = Instant::from_micros(0);
    let mut delivery = Delivery::new(now);
    assert!(delivery.poll_attempt(now));
    let until = now + WEBHOOK_ANSWER_TIMEOUT;
    assert_eq!(delivery.progress(), Progress::Attempting(until));
    delivery.handle_timeout(&mut Dice(0), now);
    assert_eq!(delivery.progress(), Progress::Attempting(until), "not yet");
    delivery.handle_timeout(&mut Dice(0), until);
    assert_eq!(delivery.progress(), Progress::Waiting(until + WEBHOOK_FIRST_DELAY / 2));
}

proptest! {
    #[test]
    fn genuine_ones_are_accepted_and_altered_ones_are_not(
        secret in vec(any::<u8>(), 16..=64), body in vec(any::<u8>(), 0..200), timestamp: u64,
        at: prop::sample::Index, flip in 1..=255_u8,
    ) {
        let key = Key::new(&secret).unwrap();
        let header = key.sign(timestamp, &body).to_string();
        let verify = |header: &[u8], body: &[u8]| key.verify(header, body, timestamp, TOLERANCE);
        prop_assert_eq!(verify(header.as_bytes(), &body), Ok(()));
        let mut altered = body.clone();
        altered.push(0);
        prop_assert_eq!(verify(header.as_bytes(), &altered), Err(Rejected::Forged));
        if !body.is_empty() {
            altered.pop();
            altered[at.index(body.len())] ^= flip;
            prop_assert_eq!(verify(header.as_bytes(), &altered), Err(Rejected::Forged));
        }
        let mut forged = header.clone().into_bytes();
        let at = at.index(forged.len());
        forged[at] ^= flip;
        if !forged.eq_ignore_ascii_case(header.as_bytes()) && !forged[at].is_ascii_whitespace() {
            prop_assert!(verify(&forged, &body).is_err());
        }
        let mut other = secret.clone();
        other[0] ^= flip;
        let other = Key::new(&other).unwrap();
        prop_assert_eq!(
            other.verify(header.as_bytes(), &body, timestamp, TOLERANCE), Err(Rejected::Forged)
        );
    }

    #[test]
    fn any_header_is_survived(header in vec(any::<u8>(), 0..100), now: u64) {
        prop_assert!(key().verify(&header, BODY, now, TOLERANCE).is_err());
    }

    #[test]
    fn any_answer_is_survived(answer in vec(any::<u8>(), 0..200)) {
        let _ = read_reply(&answer);
        let _ = read_reply(&[b"HTTP/1.1 200 OK\r\n", &answer[..]].concat());
    }
}

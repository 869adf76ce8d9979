//! Each rule of a connection, one test each.

use core::time::Duration;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::http::{Authority, Content, Location, Method, Version};
use crate::limits::{
    ANSWER_TIMEOUT, DRAIN_TIMEOUT, HEAD_BYTES, HEADERS, KEEP_ALIVE_TIMEOUT, REQUEST_BYTES, REQUEST_LINE_BYTES,
};

const START: Instant = Instant::from_micros(1_000_000);
const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

type Page = &'static str;

fn open() -> Connection<Page> {
    let mut connection = Connection::new();
    connection.open(START);
    connection
}

/// Feeds all of `text`.
fn feed(connection: &mut Connection<Page>, text: impl AsRef<[u8]>) {
    let text = text.as_ref();
    assert_eq!(connection.receive(text, START), text.len());
}

fn after(text: impl AsRef<[u8]>) -> Connection<Page> {
    let mut connection = open();
    feed(&mut connection, text);
    connection
}

/// What goes out until something other than bytes does.
fn sent(connection: &mut Connection<Page>) -> (String, Transfer) {
    let mut text = Vec::new();
    let mut out = [0; 100];
    loop {
        match connection.send(&mut out, START, |page, _, window| window.put(page.as_bytes())) {
            Transfer::Bytes(length) => text.extend_from_slice(&out[..length]),
            transfer => return (String::from_utf8(text).unwrap(), transfer),
        }
    }
}

fn respond(connection: &mut Connection<Page>, response: Response<Page>) -> (String, Transfer) {
    let length = if let Content::Page(page) = response.content { page.len() } else { 0 };
    connection.respond(response, length, START);
    sent(connection)
}

/// The status with which the connection itself answers, having said that it will close.
fn refused(text: impl AsRef<[u8]>) -> Option<u16> {
    refusal(&mut after(text))
}

fn refusal(connection: &mut Connection<Page>) -> Option<u16> {
    assert!(connection.request().is_none());
    let (text, transfer) = sent(connection);
    if text.is_empty() {
        return None;
    }
    assert!(text.contains("\r\nConnection: close\r\n"), "{text}");
    assert_eq!(transfer, Transfer::Finish);
    assert!(connection.buffer.is_wiped());
    Some(text.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap())
}

fn post(headers: &str, body: &str) -> String {
    std::format!("POST /join HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}")
}

#[test]
#[expect(clippy::print_stdout, reason = "the number is worth seeing")]
fn size() {
    let size = size_of::<Connection<[u8; 8]>>();
    std::println!("Connection: {size} bytes");
    assert!(size < 2600, "{size}");
}

#[test]
fn request_has_all_its_parts() {
    let text = "POST /join?a=b HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: text/plain\r\n\
                Content-Length: 5\r\nOrigin: http://192.168.4.1\r\n\r\nhello";
    let connection = after(text);
    let request = connection.request().unwrap();
    assert_eq!((request.method, request.version), (Method::Post, Version::Http11));
    assert_eq!((request.path, request.query), (&b"/join"[..], &b"a=b"[..]));
    assert_eq!(request.host, Some(&b"192.168.4.1"[..]));
    assert_eq!(request.content_type, Some(&b"text/plain"[..]));
    assert_eq!(request.body, b"hello");
    assert_eq!(request.header("origin"), Some(&b"http://192.168.4.1"[..]));
}

#[test]
fn absolute_target_wins_over_host() {
    let connection = after("GET http://one/x HTTP/1.1\r\nHost: two\r\n\r\n");
    assert_eq!(connection.request().unwrap().host, Some(&b"one"[..]));
}

#[test]
fn debug_of_a_request_shows_no_secret() {
    let text = "POST /?key=hunter22 HTTP/1.1\r\nHost: a\r\nX: hunter22\r\nContent-Length: 8\r\n\r\nhunter22";
    let connection = after(text);
    let shown = std::format!("{:?}", connection.request().unwrap());
    assert!(shown.contains("Post") && !shown.contains("hunter22"), "{shown}");
}

#[test]
fn bytes_of_a_request_are_overwritten() {
    let secret = post("Content-Length: 8\r\n", "hunter22");
    let ends: [fn(&mut Connection<Page>); 4] = [
        |connection| connection.respond(Response::empty(Status::Ok), 0, START),
        |connection| connection.closed(),
        |connection| connection.evict(),
        |connection| connection.open(START),
    ];
    for end in ends {
        let mut connection = after(&secret);
        assert!(!connection.buffer.is_wiped());
        end(&mut connection);
        assert!(connection.buffer.is_wiped());
    }
}

#[test]
fn pipelined_requests_wait() {
    let mut connection = open();
    let two = [GET, "GET /two HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    assert_eq!(connection.receive(two.as_bytes(), START), GET.len());
    assert_eq!(connection.receive(&two.as_bytes()[GET.len()..], START), 0);
    connection.respond(Response::empty(Status::Ok), 0, START);
    assert_eq!(connection.receive(&two.as_bytes()[GET.len()..], START), 0);
    assert_eq!(sent(&mut connection).1, Transfer::Idle);
    feed(&mut connection, &two.as_bytes()[GET.len()..]);
    assert_eq!(connection.request().unwrap().path, b"/two");
}

#[test]
fn persistence() {
    let kept = |head: &str, close: bool| {
        let mut connection = after(head);
        let (text, transfer) = respond(&mut connection, Response { close, ..Response::empty(Status::Ok) });
        let said = text.lines().find_map(|line| line.strip_prefix("Connection: ")).map(String::from);
        (said, transfer)
    };
    let said = |text: &str| Some(String::from(text));
    assert_eq!(kept(GET, false), (None, Transfer::Idle));
    assert_eq!(kept(GET, true), (said("close"), Transfer::Finish));
    let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n";
    assert_eq!(kept(close, false), (said("close"), Transfer::Finish));
    assert_eq!(kept("GET / HTTP/1.0\r\n\r\n", false), (said("close"), Transfer::Finish));
    let keep = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
    assert_eq!(kept(keep, false), (said("keep-alive"), Transfer::Idle));
    assert_eq!(kept(keep, true), (said("close"), Transfer::Finish));
}

#[test]
fn head_is_answered_without_content() {
    let mut connection = after("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let (text, _) = respond(&mut connection, Response::page(Status::Ok, "content"));
    assert!(text.contains("\r\nContent-Length: 7\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    assert_eq!(connection.take_answered(), Some(Answered { status: Status::Ok, content: false }));
    let (text, _) = sent(&mut after("HEAD / HTTP/1.1\r\n\r\n"));
    assert!(text.starts_with("HTTP/1.1 400 ") && text.ends_with("\r\n\r\n"), "{text}");
}

#[test]
fn answered_is_told_once_and_only_at_the_end() {
    let mut connection = after(GET);
    connection.respond(Response::page(Status::Ok, "page"), 4, START);
    let mut out = [0; 1];
    while connection.take_answered().is_none() {
        let transfer = connection.send(&mut out, START, |page, _, window| window.put(page.as_bytes()));
        assert_eq!(transfer, Transfer::Bytes(1));
    }
    assert_eq!(&out, b"e");
    assert_eq!(connection.take_answered(), None);
    feed(&mut connection, GET);
    respond(&mut connection, Response::page(Status::NotFound, "page"));
    assert_eq!(connection.take_answered(), Some(Answered { status: Status::NotFound, content: true }));
}

#[test]
fn expected_continue_is_sent_before_the_body() {
    let mut connection = after(post("Expect: 100-continue\r\nContent-Length: 5\r\n", ""));
    assert_eq!(sent(&mut connection), ("HTTP/1.1 100 Continue\r\n\r\n".into(), Transfer::Idle));
    feed(&mut connection, "hello");
    assert!(respond(&mut connection, Response::empty(Status::Ok)).0.starts_with("HTTP/1.1 200 "));

    // The same bytes in the same order when the body did not wait.
    let mut connection = after(post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"));
    let (text, _) = respond(&mut connection, Response::empty(Status::Ok));
    assert!(text.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{text}");

    let mut connection = after("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    let (text, _) = respond(&mut connection, Response::empty(Status::Ok));
    assert!(text.starts_with("HTTP/1.1 200 "), "there is no body to wait for");

    assert_eq!(refused(post("Expect: 100-continue\r\nContent-Length: 9999\r\n", "")), Some(413));
    assert_eq!(refused(post("Expect: tea\r\nContent-Length: 5\r\n", "")), Some(417));
    let old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    assert_eq!(refused(old), None, "never in 1.0");
}

#[test]
fn bodies() {
    let body = |text: String| after(text).request().map(|request| request.body.to_vec());
    assert_eq!(body(post("Content-Length: 0\r\n", "")), Some(Vec::new()));
    assert_eq!(body(post("Content-Length: 5\r\n", "hell")), None);
    let full = "x".repeat(704);
    assert_eq!(body(post("Content-Length: 704\r\n", &full)), Some(full.clone().into_bytes()));
    let chunks = std::format!("200\r\n{}\r\nc0;e\r\n{}\r\n0\r\nT: t\r\n\r\n", &full[..512], &full[512..]);
    assert_eq!(body(post("Transfer-Encoding: chunked\r\n", &chunks)), Some(full.into_bytes()));
    let get = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(body(get.into()), Some(b"hi".to_vec()));
}

#[test]
fn the_longest_request_fits() {
    const LEFT: usize = REQUEST_BYTES - HEAD_BYTES;
    let head = post(&std::format!("Content-Length: {LEFT}\r\nX: \r\n"), "");
    let padded = head.replace("X: ", &std::format!("X: {}", "x".repeat(HEAD_BYTES - head.len())));
    assert_eq!(padded.len(), HEAD_BYTES);
    let connection = after(padded.clone() + &"y".repeat(LEFT));
    assert_eq!(connection.request().unwrap().body.len(), LEFT);
    assert_eq!(
        refused(padded.replace(&std::format!(": {LEFT}"), &std::format!(": {}", LEFT + 1))),
        Some(413),
        "head and body share their room"
    );
    let chunked = padded.replace(&std::format!("Content-Length: {LEFT}"), "Transfer-Encoding: chunked");
    let chunked = chunked.replace("xxxxxxxx", "");
    let room = std::format!("{:x}\r\n", REQUEST_BYTES - chunked.len());
    assert_eq!(refused(chunked.clone() + &room), None);
    let much = std::format!("{:x}\r\n", REQUEST_BYTES - chunked.len() + 1);
    assert_eq!(refused(chunked + &much), Some(413));
}

#[test]
fn a_short_head_leaves_more_to_the_body() {
    let head = post("Content-Length: 1900\r\n", "");
    assert_eq!(after(head + &"y".repeat(1900)).request().unwrap().body.len(), 1900);
}

#[test]
fn an_echo_shows_the_request_to_its_page_and_then_forgets_it() {
    let mut connection = after(post("Content-Length: 21\r\n", "a=hello&b=secret&c=.."));
    connection.wipe_field("b");
    let response = Response { echoes_request: true, ..Response::page(Status::Ok, "") };
    connection.respond(response, 5, START);
    let mut out = [0; 512];
    let mut seen = Vec::new();
    let transfer = connection.send(&mut out, START, |_, request, window| {
        seen = request.unwrap().body.to_vec();
        window.put(form::find(&seen, "a").unwrap().decode(&mut [0; 5]).unwrap());
    });
    let Transfer::Bytes(length) = transfer else { panic!() };
    assert!(out[..length].ends_with(b"hello"));
    assert_eq!(seen, b"a=hello&b=\0\0\0\0\0\0&c=..");
    assert!(connection.buffer.is_wiped() && connection.is_idle());
}

#[test]
fn refusals() {
    let line = |target: usize| std::format!("GET /{} HTTP/1.1\r\n", "x".repeat(target));
    let with = |header: &str| std::format!("GET / HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n");
    for (text, status) in [
        (line(REQUEST_LINE_BYTES), 414),
        (with(&"A: b\r\n".repeat(HEADERS)), 431),
        (with(&std::format!("Origin: {}", "b".repeat(HEAD_BYTES))), 431),
        (post("", ""), 411),
        (post("Content-Length: 2048\r\n", ""), 413),
        (post("Transfer-Encoding: chunked\r\n", "801"), 413),
        (post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff"), 413),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", ""), 400),
        (post("Transfer-Encoding: gzip, chunked\r\n", ""), 501),
        (post("Content-Length: 5\r\nContent-Length: 5\r\n", ""), 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".into(), 400),
        (with("A: b\rc"), 400),
        (with("A: b\0c"), 400),
        (with("A : b"), 400),
        (with("A: b\r\n c"), 400),
        (with("Host: a"), 400),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n".into(), 400),
        ("GET / HTTP/2.0\r\n".into(), 505),
        ("GET / HTTX/1.1\r\n".into(), 400),
        ("GET /\r\n".into(), 400),
        ("BREW / HTTP/1.1\r\n".into(), 501),
        ("\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03".into(), 400),
    ] {
        assert_eq!(refused(&text), Some(status), "{text:?}");
    }
    assert_eq!(refused([0x16]), Some(400), "a TLS ClientHello, at its first byte");
}

#[test]
fn rest_of_a_refused_body_is_thrown_away() {
    let mut connection = after(post("Content-Length: 100000\r\n", "early"));
    assert_eq!(connection.receive(&[b'x'; 3000], START), 3000);
    assert_eq!(refusal(&mut connection), Some(413));
    assert_eq!(connection.receive(&[b'x'; 3000], START), 3000);
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Idle), "Finish is said once");
    assert_eq!(connection.deadline(), Some(START + DRAIN_TIMEOUT));
    connection.handle_timeout(START + DRAIN_TIMEOUT);
    assert_eq!(sent(&mut connection).1, Transfer::Close);
    assert!(!connection.is_open());
    assert_eq!(sent(&mut connection).1, Transfer::Idle, "Close is said once");
}

#[test]
fn end_of_the_client() {
    let end = |text: &str| {
        let mut connection = after(text);
        connection.receive_end(START);
        connection
    };
    assert_eq!(sent(&mut end("")), (String::new(), Transfer::Close));
    for text in ["G", "GET / HTTP/1.1\r\n", &post("Content-Length: 5\r\n", "hell")] {
        let (text, transfer) = sent(&mut end(text));
        assert!(text.starts_with("HTTP/1.1 400 "));
        assert_eq!(transfer, Transfer::Close, "there is nothing to linger for");
    }
    let (text, transfer) = respond(&mut end(GET), Response::empty(Status::Ok));
    assert!(text.contains("Connection: close"), "a half-closed client still gets its answer");
    assert_eq!(transfer, Transfer::Close);

    let mut connection = after(GET);
    connection.respond(Response::empty(Status::Ok), 0, START);
    connection.receive_end(START);
    assert_eq!(sent(&mut connection).1, Transfer::Close);

    let mut connection = after("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(respond(&mut connection, Response::empty(Status::Ok)).1, Transfer::Finish);
    connection.receive_end(START);
    assert_eq!(sent(&mut connection).1, Transfer::Close, "the client's end ends the lingering");
}

#[test]
fn deadline_of_a_silent_connection() {
    let almost = START + (HEAD_TIMEOUT - Duration::from_micros(1));
    let mut connection = open();
    assert_eq!(connection.deadline(), Some(START + HEAD_TIMEOUT));
    connection.handle_timeout(almost);
    assert!(connection.is_idle());
    connection.handle_timeout(START + HEAD_TIMEOUT);
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Close));
}

#[test]
fn deadline_of_a_head_does_not_move() {
    let mut connection = open();
    assert_eq!(connection.receive(b"G", START + Duration::from_secs(4)), 1);
    assert!(!connection.is_idle());
    connection.handle_timeout(START + HEAD_TIMEOUT);
    assert_eq!(refusal(&mut connection), Some(408));
}

#[test]
fn deadline_of_a_body() {
    let later = START + Duration::from_secs(3);
    let mut connection = open();
    let text = post("Content-Length: 5\r\n", "he");
    assert_eq!(connection.receive(text.as_bytes(), later), text.len());
    assert_eq!(connection.deadline(), Some(later + BODY_TIMEOUT));
    assert_eq!(connection.receive(b"l", later + Duration::from_secs(1)), 1);
    assert_eq!(connection.since(), later);
    connection.handle_timeout(later + BODY_TIMEOUT);
    assert_eq!(refusal(&mut connection), Some(408));
}

#[test]
fn deadlines_of_a_kept_connection() {
    let mut connection = after(GET);
    assert_eq!(connection.deadline(), None, "the device's own time is not the client's");
    respond(&mut connection, Response::empty(Status::Ok));
    assert!(connection.is_idle());
    assert_eq!(connection.deadline(), Some(START + KEEP_ALIVE_TIMEOUT));

    let later = START + Duration::from_secs(4);
    assert_eq!(connection.receive(b"\r\n", later), 2);
    assert!(connection.is_idle(), "an empty line is no beginning");
    assert_eq!(connection.deadline(), Some(START + KEEP_ALIVE_TIMEOUT));
    assert_eq!(connection.receive(b"G", later), 1);
    assert_eq!(connection.deadline(), Some(later + HEAD_TIMEOUT));

    let mut connection = after(GET);
    respond(&mut connection, Response::empty(Status::Ok));
    connection.handle_timeout(START + KEEP_ALIVE_TIMEOUT);
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Close));
}

#[test]
fn deadline_of_a_client_that_takes_nothing() {
    let mut connection = after(GET);
    connection.respond(Response::text(Status::Ok, "text"), 0, START);
    let later = START + Duration::from_secs(9);
    assert_eq!(connection.send(&mut [0], later, |_, _, _| {}), Transfer::Bytes(1));
    connection.handle_timeout(START + SEND_TIMEOUT);
    assert_eq!(connection.send(&mut [0], later, |_, _, _| {}), Transfer::Bytes(1), "a byte was taken");
    connection.handle_timeout(later + SEND_TIMEOUT);
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Close));
}

#[test]
fn deadline_of_an_answer_that_is_taken_byte_by_byte() {
    for (hurried, end) in [(false, ANSWER_TIMEOUT), (true, CONTENDED_ANSWER_TIMEOUT)] {
        let mut connection = after(GET);
        connection.respond(
            Response::text(Status::Ok, "a long text, and a longer one, and one more"),
            0,
            START,
        );
        if hurried {
            connection.hurry(false, START);
        }
        // What it has taken by then gives it a little more time.
        let more = if hurried { Duration::from_millis(1) } else { Duration::ZERO };
        let (mut now, end) = (START, START + end + more);
        while now < end {
            assert_eq!(connection.send(&mut [0], now, |_, _, _| {}), Transfer::Bytes(1), "{now:?}");
            now = (now + Duration::from_secs(1)).min(end);
            connection.handle_timeout(now);
        }
        assert_eq!(sent(&mut connection), (String::new(), Transfer::Close));
    }
}

#[test]
fn one_that_is_hurried_while_it_is_silent_may_still_ask() {
    let mut connection = open();
    connection.hurry(false, START);
    let almost = START + (CONTENDED_TIMEOUT - Duration::from_micros(1));
    connection.handle_timeout(almost);
    assert_eq!(connection.receive(b"G", almost), 1);
    connection.hurry(false, almost);
    connection.handle_timeout(almost + Duration::from_millis(400));
    assert!(!connection.has_output());
    connection.handle_timeout(almost + CONTENDED_TIMEOUT);
    let (answer, transfer) = sent(&mut connection);
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && transfer == Transfer::Close,
        "its place is wanted: {answer}"
    );
}

#[test]
fn one_that_waits_for_an_event_does_not_wait_for_ever() {
    let mut connection = after(GET);
    connection.wait(START);
    connection.handle_timeout(START + EVENT_TIMEOUT);
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Close));
}

#[test]
fn short_page_cuts_the_connection() {
    let mut connection = after(GET);
    connection.respond(Response::page(Status::Ok, "page"), 5, START);
    assert_eq!(sent(&mut connection).1, Transfer::Close);
    assert_eq!(connection.take_answered(), None);
    assert!(!connection.is_open());
}

#[test]
fn opening_and_closing() {
    let mut connection = Connection::<Page>::new();
    assert!(!connection.is_open() && !connection.is_idle());
    connection.evict();
    assert!(!connection.is_open());
    assert_eq!(connection.receive(b"GET", START), 3, "bytes of no connection are dropped");
    connection.receive_end(START);
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Idle));

    connection.open(START);
    assert!(connection.is_open() && connection.is_idle());
    assert_eq!(connection.since(), START);
    assert_eq!(connection.send(&mut [], START, |_, _, _| {}), Transfer::Bytes(0));
    connection.evict();
    assert!(!connection.is_idle());
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Close));
    assert!(!connection.is_open());
}

#[test]
fn a_redirect_on_the_wire() {
    let location = Location {
        authority: Some(Authority::Address(core::net::Ipv4Addr::new(192, 168, 4, 1))),
        ..Location::path("/")
    };
    let mut connection = after("GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n");
    let (text, _) = respond(&mut connection, Response::redirect(Status::Found, location));
    insta::assert_snapshot!(text.replace("\r\n", "\n"), @"
    HTTP/1.1 302 Found
    Location: http://192.168.4.1/
    Content-Type: text/plain; charset=utf-8
    Content-Length: 5
    Cache-Control: no-store

    Found
    ");
}

#[test]
fn ignored_without_a_request() {
    let mut connection = open();
    connection.respond(Response::empty(Status::Ok), 0, START);
    assert_eq!(sent(&mut connection), (String::new(), Transfer::Idle));
}

/// A browser's head, with cookies of this many bytes.
fn head_with_cookies(bytes: usize) -> String {
    let (own, cookies) = ("A".repeat(600), "c".repeat(bytes));
    std::format!("GET / HTTP/1.1\r\nHost: a\r\nX-Own: {own}\r\ncOOkie: {cookies}\r\nX-Last: z\r\n\r\n")
}

#[test]
fn cookies_of_another_device_at_the_same_address_are_dropped_as_they_come() {
    for (bytes, cut) in [(0, 1), (900, 1), (900, 7), (4096, 100), (8_000, 4096)] {
        let mut connection = open();
        for part in head_with_cookies(bytes).as_bytes().chunks(cut) {
            feed(&mut connection, part);
        }
        let request = connection.request().expect("a request");
        assert_eq!(request.header("cookie"), None);
        assert_eq!(request.header("x-last"), Some(&b"z"[..]), "{bytes}");
        assert_eq!(request.header("x-own").map(<[u8]>::len), Some(600));
    }
    let other = after("GET / HTTP/1.1\r\nHost: a\r\nX-Cookie: kept\r\n\r\n");
    assert_eq!(other.request().unwrap().header("x-cookie"), Some(&b"kept"[..]));
}

#[test]
fn a_line_that_nobody_needs_is_dropped_where_there_is_no_room_for_it() {
    for name in ["User-Agent", "X-Foo", "Accept", "Sec-CH-UA-Full-Version-List", "Authorization"] {
        for cut in [1, 100, 9_000] {
            let long = "x".repeat(4_000);
            let text = std::format!(
                "POST / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n{name}: {long}\r\nX-Two: 2\r\n{name}: {long}\r\n\
                 Content-Length: 2\r\n\r\non"
            );
            let mut connection = open();
            for part in text.as_bytes().chunks(cut) {
                feed(&mut connection, part);
            }
            let request = connection.request().expect(name);
            assert_eq!(
                (request.header("x-one"), request.header("x-two")),
                (Some(&b"1"[..]), Some(&b"2"[..]))
            );
            assert_eq!((request.header(name), request.body), (None, &b"on"[..]));
        }
    }
}

#[test]
fn a_line_that_decides_is_never_dropped() {
    for name in DECISIVE {
        let text = std::format!("GET / HTTP/1.1\r\nX-Host: a\r\n{name}: {}\r\n\r\n", "x".repeat(4_000));
        assert_eq!(refused(&text), Some(431), "{name}");
    }
    let nameless = std::format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n", "x".repeat(4_000));
    assert_eq!(refused(&nameless), Some(431));
}

#[test]
fn lines_that_are_dropped_are_held_to_the_same_rules_and_to_a_limit() {
    assert_eq!(refused(head_with_cookies(usize::from(crate::limits::DROPPED_HEAD_BYTES))), Some(431));
    for wrong in ["Cookie: a\0b\r\n", "Cookie: a\rb\r\n", "Cookie: a\r\n b\r\n", "Cookie : a\r\n"] {
        let text = std::format!("GET / HTTP/1.1\r\nHost: a\r\n{wrong}\r\n");
        assert_eq!(refused(&text), Some(400), "{wrong:?}");
    }
    assert_eq!(
        refused(std::format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "Cookie: a\r\n".repeat(HEADERS))),
        Some(431)
    );
}

#[test]
fn cookies_may_be_the_last_line_as_browsers_send_them() {
    let connection = after("GET /portal.js HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nCookie: a=b; c=d\r\n\r\n");
    let request = connection.request().unwrap();
    assert_eq!((request.header("host"), request.header("accept")), (Some(&b"a"[..]), Some(&b"*/*"[..])));
    assert_eq!((request.path, request.header("cookie")), (&b"/portal.js"[..], None));
}

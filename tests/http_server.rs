//! A small HTTP server that serves many at once, within bounds.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use vestibule::internal::{Lamp, STYLE_GZIP, SampleApplication};
use vestibule_core::http::Transfer;
use vestibule_core::limits::{BODY_TIMEOUT, CONNECTIONS, HEADERS, REQUEST_BYTES, REQUEST_LINE_BYTES};
use vestibule_core::{ConnectionId, Interface};
use vestibule_tests::Device;
use vestibule_tests::bench::{Answer, Bench};

#[test]
fn several_requests_are_under_way_at_once_and_each_step_is_small() {
    let mut bench = Bench::new();
    let now = bench.now();
    let requests: Vec<String> = (0..CONNECTIONS - 1)
        .map(|number| format!("GET /lines/{} HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n", 100 + number))
        .collect();
    for number in &ConnectionId::ALL[..requests.len()] {
        bench.portal().handle_open(*number, Interface::AccessPoint, now);
    }
    // A byte of each in turn, in and out.
    let longest = requests.iter().map(String::len).max().unwrap();
    for place in 0..longest {
        for (number, request) in ConnectionId::ALL.into_iter().zip(&requests) {
            if let Some(byte) = request.as_bytes().get(place) {
                assert_eq!(bench.portal().handle_received(number, &[*byte], now), 1);
            }
        }
    }
    let mut answers = vec![Vec::new(); requests.len()];
    loop {
        let mut moved = false;
        for (number, answer) in ConnectionId::ALL.into_iter().zip(&mut answers) {
            let mut out = [0; 16];
            if let Transfer::Bytes(length) = bench.portal().poll_send(number, &mut out, now) {
                answer.extend_from_slice(&out[..length]);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(Answer::read(answer).text().lines().count(), 100 + number);
    }
}

#[test]
fn a_page_is_served_while_others_read_slowly_over_real_sockets() {
    let device = Device::start_with(SampleApplication { lamp: Some(Lamp::default()) });
    let host = device.portal();
    let request = format!("GET /lines/5000 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut readers: Vec<_> = (0..CONNECTIONS - 2).map(|_| device.connect()).collect();
    for reader in &mut readers {
        reader.write_all(request.as_bytes()).unwrap();
        reader.read_exact(&mut [0; 1]).unwrap();
    }
    let began = Instant::now();
    assert!(device.serves_the_page());
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    for reader in &mut readers {
        let mut bytes = vec![b'H'];
        reader.read_to_end(&mut bytes).unwrap();
        assert_eq!(Answer::read(&bytes).text().lines().count(), 5000, "each gets all of its answer");
    }
}

#[test]
fn bounds_of_a_request() {
    let mut bench = Bench::new();
    let mut status = |text: String| bench.send(Interface::AccessPoint, text.as_bytes()).status;
    let host = "Host: 192.168.4.1\r\n";
    let line = |length: usize| {
        let path = "x".repeat(length - "GET / HTTP/1.1\r\n".len());
        format!("GET /{path} HTTP/1.1\r\n{host}\r\n")
    };
    assert_eq!(status(line(REQUEST_LINE_BYTES)), 302);
    assert_eq!(status(line(REQUEST_LINE_BYTES + 1)), 302, "a phone that asks at length finds the page too");
    let headers = |count: usize| format!("GET /lamp HTTP/1.1\r\n{host}{}\r\n", "A: b\r\n".repeat(count - 1));
    assert_eq!(status(headers(HEADERS)), 200);
    assert_eq!(status(headers(HEADERS + 1)), 302);
    for (text, refused) in [(line(REQUEST_LINE_BYTES + 1), 414), (headers(HEADERS + 1), 431)] {
        assert_eq!(bench.send(Interface::Home, text.as_bytes()).status, refused);
    }
    let mut status = |text: String| bench.send(Interface::AccessPoint, text.as_bytes()).status;
    let post = |length: usize| {
        let head = format!("POST /notes/1 HTTP/1.1\r\n{host}Content-Length: {length:>4}\r\n\r\n");
        let room = REQUEST_BYTES - head.len();
        (head + &"\0".repeat(length), room)
    };
    let (_, room) = post(0);
    assert!(room > 1900, "{room}");
    assert_eq!(status(post(room).0), 204);
    assert_eq!(status(post(room + 1).0), 413);
    assert_eq!(status(post(9999).0), 413);
}

#[test]
fn bodies_may_be_binary_chunked_and_come_in_pieces() {
    let mut bench = Bench::new();
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut request =
        b"PUT /notes/1 HTTP/1.1\r\nHost: 192.168.4.1\r\nTransfer-Encoding: chunked\r\n\r\n80\r\n".to_vec();
    request.extend_from_slice(&every_byte[..128]);
    request.extend_from_slice(b"\r\n80\r\n");
    request.extend_from_slice(&every_byte[128..]);
    request.extend_from_slice(b"\r\n0\r\n\r\n");
    let now = bench.now();
    bench.portal().handle_open(ConnectionId::ALL[0], Interface::AccessPoint, now);
    for piece in request.chunks(7) {
        assert_eq!(bench.portal().handle_received(ConnectionId::ALL[0], piece, now), piece.len());
    }
    assert_eq!(Answer::read(&bench.collect(ConnectionId::ALL[0], 1)).status, 204, "written a byte at a time");
    assert_eq!(bench.lamp().last_request.body, every_byte);
}

#[test]
fn without_progress_a_request_is_given_up_and_a_vanished_client_is_forgotten() {
    let mut bench = Bench::new();
    let now = bench.now();
    let half = b"POST /notes/1 HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 10\r\n\r\nhalf";
    bench.portal().handle_open(ConnectionId::ALL[0], Interface::AccessPoint, now);
    assert_eq!(bench.portal().handle_received(ConnectionId::ALL[0], half, now), half.len());
    bench.wait(BODY_TIMEOUT);
    assert_eq!(Answer::read(&bench.collect(ConnectionId::ALL[0], 64)).status, 408);
    bench.portal().handle_closed(ConnectionId::ALL[0]);

    let now = bench.now();
    bench.portal().handle_open(ConnectionId::ALL[0], Interface::AccessPoint, now);
    assert_eq!(bench.portal().handle_received(ConnectionId::ALL[0], half, now), half.len());
    bench.portal().handle_closed(ConnectionId::ALL[0]);
    assert_eq!(bench.lamp().last_request.body, b"", "half a request is none");
    assert_eq!(bench.get("/lamp").status, 200);
}

#[test]
fn files_routes_and_what_a_handler_gets() {
    let mut bench = Bench::new();
    let file = bench.ask(Interface::AccessPoint, "GET /lamp.css", "Accept-Encoding: gzip\r\n");
    assert_eq!(file.body, STYLE_GZIP);
    assert_eq!(file.body[..2], [0x1f, 0x8b], "RFC 1952");
    let put = b"PUT /notes/n?q=1 HTTP/1.1\r\nHost: 192.168.4.1\r\nX-NOTE: h\r\nContent-Length: 1\r\n\r\nb";
    assert_eq!(bench.send(Interface::AccessPoint, put).status, 204);
    let asked = bench.lamp().last_request.clone();
    let parts = [asked.parameter, asked.query, asked.header, asked.body];
    assert_eq!(parts, [&b"n"[..], b"1", b"h", b"b"]);
}

/// Servers of this kind state a time on their chip; the chip's own count of instructions, held
/// in `ci/`, is ours. Here: that a request costs no more than a few of the smallest, whatever was before.
#[test]
fn a_request_costs_the_same_however_many_came_before() {
    let mut bench = Bench::new();
    let mut time = |requests: u32| {
        let began = Instant::now();
        for _ in 0..requests {
            assert_eq!(bench.get("/api/status").status, 200);
        }
        began.elapsed() / requests
    };
    time(200);
    // The best of some, for other work on the machine only adds.
    let early = (0..5).map(|_| time(100)).min().unwrap();
    time(3000);
    let late = (0..5).map(|_| time(100)).min().unwrap();
    assert!(late < early * 3 + Duration::from_micros(50), "{early:?} at first, {late:?} after thousands");
    assert!(late < Duration::from_millis(10), "{late:?}");
}

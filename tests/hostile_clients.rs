//! What comes from a socket is hostile. Whatever it is, the device says what is wrong with it or
//! says nothing, stores nothing, and serves on.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use vestibule_core::provisioning::ProvisioningState;
use vestibule_tests::{Device, read_to_end};

fn post(device: &Device, form: &[u8]) -> String {
    let (host, token) = (device.portal(), device.token());
    let mut request = format!(
        "POST /setup HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        form.len() + "token=&".len() + token.len()
    )
    .into_bytes();
    request.extend_from_slice(format!("token={token}&").as_bytes());
    request.extend_from_slice(form);
    device.ask(&request)
}

#[test]
fn forms_that_cannot_be_used_are_answered_with_what_is_wrong() {
    let device = Device::start();
    for (form, status, says) in [
        (&b""[..], "400", "No network was chosen"),
        (b"passphrase=long+enough", "400", "No network was chosen"),
        (
            b"ssid=123456789012345678901234567890123&passphrase=long+enough",
            "400",
            "The network name is too long",
        ),
        (b"ssid=Home&passphrase=seven77", "400", "The password is too short"),
        (b"ssid=%ff%fe%fd&passphrase=long+enough", "400", "The network name cannot be used"),
        (b"ssid=\xff\xfe\xfd&passphrase=long+enough", "400", "The network name cannot be used"),
        (b"ssid=Home&passphrase=\xff\xff\xff\xff\xff\xff\xff\xff", "400", "The password cannot be read"),
        (&[b'x'; 70_000], "413", "too large"),
    ] {
        let answer = post(&device, form);
        let shown = form[..form.len().min(60)].escape_ascii();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer}");
        assert!(answer.to_lowercase().contains(&says.to_lowercase()), "{shown}: {answer}");
    }
    assert_eq!(device.run_state(), (Some(ProvisioningState::PortalOpen), false));
    assert!(device.serves_the_page());
}

#[test]
fn malformed_requests_are_refused_long_ones_led_to_the_page_and_the_device_serves_on() {
    let device = Device::start();
    let host = device.portal();
    let long = format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "x".repeat(600));
    let wide = format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Wide: {}\r\n\r\n", "x".repeat(4000));
    let origin = format!("GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: {}\r\n\r\n", "x".repeat(4000));
    let cookies = format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n\r\n", "x".repeat(9000));
    for (request, status) in [
        ("\r\n\r\n\r\n", "400"),
        ("GET\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "400"),
        ("POST /setup HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400"),
        (
            "POST /setup HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400",
        ),
        ("POST /setup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
        ("POST /setup HTTP/1.1\r\nHost: a\r\n\r\n", "411"),
        ("POST /setup HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n", "417"),
        ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501"),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"),
        (long.as_str(), "302"),
        (wide.as_str(), "200"),
        (origin.as_str(), "302"),
        (cookies.as_str(), "302"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03", "400"),
    ] {
        let answer = device.ask(request.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{:.60}: {answer}",
            request.escape_debug()
        );
    }
    assert!(device.serves_the_page());
}

#[test]
fn malformed_questions_are_refused_or_dropped_and_the_device_serves_on() {
    let device = Device::start();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(device.dns()).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let good = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01x\0\0\x01\0\x01";
    let ask = |question: &[u8]| {
        let mut answer = [0; 512];
        socket.send(question).unwrap();
        socket.recv(&mut answer).ok().map(|length| answer[..length].to_vec())
    };
    let code = |answer: Option<Vec<u8>>| answer.map(|answer| answer[3] & 0x0f);
    assert_eq!(code(ask(good)), Some(0));
    assert_eq!(ask(b""), None);
    assert_eq!(ask(&good[..11]), None);
    assert_eq!(code(ask(&good[..15])), Some(1), "cut off in its name");
    let mut response = *good;
    response[2] |= 0x80;
    assert_eq!(ask(&response), None, "a response is not answered: two such servers would never end");
    let mut two = *good;
    two[5] = 2;
    assert_eq!(code(ask(&two)), Some(1), "two questions");
    let pointer = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01";
    assert_eq!(code(ask(pointer)), Some(1), "a name that points at itself");
    assert_eq!(code(ask(good)), Some(0));
    assert!(device.serves_the_page());
}

#[test]
fn hundreds_of_idle_connections_leave_room_for_the_page() {
    let device = Device::start();
    let idle: Vec<TcpStream> = (0..300).map(|_| device.connect()).collect();
    let began = Instant::now();
    assert!(device.serves_the_page());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    drop(idle);
}

#[test]
fn a_client_that_sends_a_byte_now_and_then_hinders_nobody() {
    let device = Device::start();
    let host = device.portal();
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut slow: Vec<TcpStream> = (0..6).map(|_| device.connect()).collect();
    let (mut pieces, mut refused) = (request.bytes().cycle(), 0);
    // Seven seconds: longer than a head may take.
    for _ in 0..14 {
        let byte = [pieces.next().unwrap()];
        refused += slow.iter_mut().filter(|stream| (&mut &**stream).write_all(&byte).is_err()).count();
        assert!(device.serves_the_page());
        std::thread::sleep(Duration::from_millis(500));
    }
    let answers: Vec<String> = slow.iter_mut().map(read_to_end).collect();
    let timed_out = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 408 ")).count();
    assert!(timed_out + refused > 0, "they were let go on for ever: {answers:?}");
}

#[test]
fn a_client_that_vanishes_in_the_middle_hinders_nobody() {
    let device = Device::start();
    let host = device.portal();
    for cut in [1, 10, 40, 90] {
        let request = format!(
            "POST /setup HTTP/1.1\r\nHost: {host}\r\nContent-Length: 300\r\n\r\nssid=Home&passphrase="
        );
        let mut stream = device.connect();
        stream.write_all(&request.as_bytes()[..cut.min(request.len())]).unwrap();
        drop(stream);
    }
    assert!(device.serves_the_page());
    assert_eq!(device.run_state(), (Some(ProvisioningState::PortalOpen), false));
}

#[test]
fn requests_in_a_row_on_one_connection_are_answered_in_order() {
    let device = Device::start();
    let host = device.portal();
    let mut stream = device.connect();
    let page = format!("GET /favicon.ico HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let probe = "GET /hotspot-detect.html HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n";
    let last = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(format!("{page}{probe}{page}{last}").as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let statuses: Vec<&str> =
        answers.split("HTTP/1.1 ").skip(1).map(|answer| answer.split(' ').next().unwrap()).collect();
    assert_eq!(statuses, ["404", "302", "404", "200"], "{answers}");
}

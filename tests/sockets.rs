//! WebSockets on an application's route, over real sockets and with an independent client, and what keeps
//! other sites and too many clients out.

use std::io::{Read, Write};
use std::net::TcpStream;

use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocket};
use tungstenite::{Bytes, Message, client};
use vestibule::internal::{Lamp, SampleApplication, WATCHERS};
use vestibule_tests::{Device, read_to_end};

fn device() -> Device {
    Device::start_with(SampleApplication { lamp: Some(Lamp::default()) })
}

fn watch(device: &Device) -> WebSocket<TcpStream> {
    let (socket, answer) =
        client(format!("ws://{}/watch", device.portal()), device.connect()).expect("an upgrade");
    assert_eq!(answer.status(), 101);
    socket
}

fn page_says(device: &Device, state: &str) -> bool {
    let host = device.portal();
    let page =
        device.ask(format!("GET /lamp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
    page.starts_with("HTTP/1.1 200 ") && page.contains(&format!("The lamp is {state}."))
}

#[test]
fn f2_11_many_clients_are_told_at_once_beside_http() {
    let device = device();
    let mut watchers: Vec<_> = (0..WATCHERS).map(|_| watch(&device)).collect();
    watchers[1].send(Message::text("on")).unwrap();
    for watcher in &mut watchers {
        assert_eq!(watcher.read().unwrap(), Message::text("on"));
    }
    assert!(page_says(&device, "on"), "and pages are served meanwhile");
    // From a page of the device's, they hear of it too.
    let (host, form) = (device.portal(), "on=0");
    let post = format!(
        "POST /lamp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    );
    assert!(device.ask(post.as_bytes()).starts_with("HTTP/1.1 303 "));
    for watcher in &mut watchers {
        assert_eq!(watcher.read().unwrap(), Message::text("off"));
    }
    // One more than there is room for is told so, and one that goes makes room.
    let refused = client(format!("ws://{host}/watch"), device.connect()).expect_err("no room");
    assert!(refused.to_string().contains("503"), "{refused}");
    watchers.remove(0).close(None).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while client(format!("ws://{host}/watch"), device.connect()).is_err() {
        assert!(std::time::Instant::now() < deadline, "its place was never free again");
    }
}

#[test]
fn f4_04_text_binary_ping_pong_close_with_code_and_reason_and_fragments() {
    let device = device();
    let mut socket = watch(&device);
    socket.send(Message::text("on")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("on"));
    let bytes = Bytes::from_owner([0, 1, 0xff, 0x80]);
    socket.send(Message::Binary(bytes.clone())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Binary(bytes));
    socket.send(Message::Ping(Bytes::from_static(b"there?"))).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Pong(Bytes::from_static(b"there?")));
    // "off" in two fragments with a ping between: frames by hand, all masked with zeros.
    let frames: [&[u8]; 3] =
        [&[0x01, 0x81, 0, 0, 0, 0, b'o'], &[0x89, 0x80, 0, 0, 0, 0], &[0x80, 0x82, 0, 0, 0, 0, b'f', b'f']];
    for frame in frames {
        socket.get_mut().write_all(frame).unwrap();
    }
    let (first, second) = (socket.read().unwrap(), socket.read().unwrap());
    assert!([&first, &second].contains(&&Message::text("off")), "{first} {second}");
    assert!([&first, &second].contains(&&Message::Pong(Bytes::new())));
    let close = CloseFrame { code: CloseCode::Away, reason: "going home".into() };
    socket.close(Some(close)).unwrap();
    match socket.read().unwrap() {
        Message::Close(Some(frame)) => assert_eq!(frame.code, CloseCode::Away, "its own code comes back"),
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_no_websocket_request_or_another_sites_is_refused() {
    let device = device();
    let host = device.portal();
    let ask = |headers: &str| {
        let mut stream = device.connect();
        stream.write_all(format!("GET /watch HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        String::from_utf8_lossy(&status[9..]).into_owned()
    };
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    assert_eq!(ask(upgrade), "101");
    assert_eq!(ask(&format!("Origin: http://{host}\r\n{upgrade}")), "101");
    assert_eq!(ask(&format!("Origin: http://evil.example\r\n{upgrade}")), "403");
    assert_eq!(ask(&format!("Origin: null\r\n{upgrade}")), "403");
    assert_eq!(ask(""), "426");
    assert_eq!(ask(&upgrade.replace("13", "8")), "426");
    assert_eq!(ask(&upgrade.replace("Bub25jZQ==", "")), "400");
    // A frame without a mask ends it: RFC 6455 section 5.1.
    let mut socket = watch(&device);
    socket.get_mut().write_all(&[0x81, 0x02, b'o', b'n']).unwrap();
    match socket.read().unwrap() {
        Message::Close(Some(frame)) => assert_eq!(frame.code, CloseCode::Protocol),
        other => panic!("{other}"),
    }
    let _ = read_to_end(socket.get_mut());
    assert!(page_says(&device, "off"), "and nothing was switched");
}

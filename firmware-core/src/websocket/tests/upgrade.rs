//! The upgrade, from requests as the device's own HTTP server reads them.

use super::*;
use crate::http::{Connection, Upgrade};

/// What is answered to this request.
fn ask(head: &str) -> Result<Upgrade, Refusal> {
    let mut connection = Connection::<()>::new();
    connection.open(NOW);
    assert_eq!(connection.receive(head.as_bytes(), NOW), head.len());
    accept(&connection.request().expect("no request"))
}

/// A good request, with something replaced.
fn ask_with(from: &str, to: &str) -> Result<Upgrade, Refusal> {
    let good = "GET /live HTTP/1.1\r\nHost: 192.168.4.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    assert!(good.contains(from));
    ask(&good.replace(from, to))
}

#[test]
fn the_example_of_the_rfc() {
    let accept = ask_with("", "").unwrap().to_string();
    let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    assert_eq!(accept, expected);
}

#[test]
fn as_browsers_write_it() {
    for (from, to) in [
        ("Connection: Upgrade", "connection: keep-alive, Upgrade"),
        ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade"),
        ("Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket"),
        ("Upgrade: websocket", "Upgrade: WebSocket"),
        ("Upgrade: websocket", "upgrade: h2c , websocket"),
        ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
    ] {
        assert!(ask_with(from, to).is_ok(), "{to}");
    }
}

#[test]
fn what_is_refused() {
    for (from, to, refusal) in [
        ("GET", "POST", Refusal::Method),
        ("GET", "HEAD", Refusal::Method),
        ("HTTP/1.1", "HTTP/1.0", Refusal::NoUpgrade),
        ("Upgrade: websocket\r\n", "", Refusal::NoUpgrade),
        ("Upgrade: websocket", "Upgrade: websockets", Refusal::NoUpgrade),
        ("Connection: Upgrade\r\n", "", Refusal::NoUpgrade),
        ("Connection: Upgrade", "Connection: keep-alive", Refusal::NoUpgrade),
        ("Version: 13", "Version: 8", Refusal::Version),
        ("Version: 13", "Version: 013", Refusal::Version),
        ("Sec-WebSocket-Version: 13\r\n", "", Refusal::Version),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", Refusal::Key),
        ("\r\n\r\n", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", Refusal::Key),
        ("dGhlIHNhbXBsZSBub25jZQ==", "", Refusal::Key),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ", Refusal::Key),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", Refusal::Key),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZWE=", Refusal::Key),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZW!=", Refusal::Key),
    ] {
        let request = if to == "POST" { "POST /live HTTP/1.1\r\nContent-Length: 0\r\nX: " } else { "" };
        let refused = if request.is_empty() {
            ask_with(from, to)
        } else {
            ask_with("GET /live HTTP/1.1\r\n", &(request.to_string() + "\r\n"))
        };
        assert_eq!(refused, Err(refusal), "{to}");
        assert!(matches!(refusal.status(), 400 | 405 | 426));
    }
}

//! Each rule of RFC 6455 by hand-made frames, whole conversations with an independent client
//! (`tungstenite`), and what holds for every input.

use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::limits::{WEBSOCKET_MESSAGE_BYTES, WEBSOCKET_OUTBOX_BYTES};
use crate::time::Instant;

mod client;
mod rules;
mod upgrade;

const NOW: Instant = Instant::from_micros(0);
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An event that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    Closed(Option<u16>, String),
    Violation(Violation),
    Disconnected,
}

fn seen(event: Event<'_>) -> Seen {
    match event {
        Event::Message(Message::Text(text)) => Seen::Text(text.to_string()),
        Event::Message(Message::Binary(bytes)) => Seen::Binary(bytes.to_vec()),
        Event::Pong(bytes) => Seen::Pong(bytes.to_vec()),
        Event::Closed(Ending::Closed { code, reason }) => {
            Seen::Closed(code.map(CloseCode::number), reason.to_string())
        }
        Event::Closed(Ending::Violation(violation)) => Seen::Violation(violation),
        Event::Closed(Ending::Disconnected) => Seen::Disconnected,
    }
}

/// Drives a socket as the contract says; returns what it reported.
fn receive(socket: &mut Socket, bytes: &[u8]) -> Vec<Seen> {
    let mut events = Vec::new();
    let mut rest = bytes;
    loop {
        let taken = socket.handle_received(rest, NOW);
        rest = &rest[taken..];
        let before = events.len();
        while let Some(event) = socket.poll_event() {
            events.push(seen(event));
        }
        if rest.is_empty() {
            return events;
        }
        assert!(taken > 0 || events.len() > before, "it makes no progress");
    }
}

/// Everything that it wants to send, in pieces of this size.
fn sent_in(socket: &mut Socket, size: usize) -> Vec<u8> {
    let mut sent = Vec::new();
    let mut out = std::vec![0; size];
    loop {
        let length = socket.poll_send(&mut out);
        if length == 0 {
            return sent;
        }
        sent.extend_from_slice(&out[..length]);
    }
}

fn sent(socket: &mut Socket) -> Vec<u8> {
    sent_in(socket, 64)
}

/// A frame as a client sends it: this first byte, its length written as short as it can be.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = std::vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length @ 126..0x10000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// What a new socket makes of these bytes: its events, and what it sends.
fn outcome(bytes: &[u8]) -> (Vec<Seen>, Vec<u8>) {
    let mut socket = Socket::new(NOW);
    let events = receive(&mut socket, bytes);
    let sent = sent(&mut socket);
    assert_eq!(socket.is_finished(), !socket.is_open());
    (events, sent)
}

/// Asserts that a socket closes over these bytes, at their last one and no sooner, and says why.
fn assert_refused(bytes: &[u8], violation: Violation) {
    let mut socket = Socket::new(NOW);
    let (last, before) = bytes.split_last().unwrap();
    assert!(!receive(&mut socket, before).contains(&Seen::Violation(violation)), "too soon: {violation:?}");
    assert!(socket.is_open());
    assert_eq!(receive(&mut socket, &[*last]), [Seen::Violation(violation)], "{bytes:x?}");
    assert!(!socket.is_open() && !socket.is_finished());
    let sent = sent(&mut socket);
    let mut expected = std::vec![0x88, 2 + violation.to_string().len() as u8];
    expected.extend(violation.code().number().to_be_bytes());
    expected.extend(violation.to_string().bytes());
    assert_eq!(sent, expected);
    assert!(socket.is_finished());
    assert_eq!(receive(&mut socket, &frame(0x81, b"more")), [], "nothing more is read");
}

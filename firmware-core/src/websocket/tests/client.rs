//! `tungstenite` at the other end: as a client that talks to the device, and as a server that reads
//! the same frames and must come to the same conclusions.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use proptest::collection::vec;
use proptest::prelude::*;
use tungstenite::error::Error;
use tungstenite::protocol::{CloseFrame, Role, WebSocket};

use super::*;
use crate::http::Connection;

type Theirs = tungstenite::Message;

/// A device at the other end of a stream: the HTTP connection first, then the socket. It echoes
/// messages.
struct Device {
    http: Connection<()>,
    socket: Option<Socket>,
    to_client: VecDeque<u8>,
    seen: Vec<Seen>,
}

impl Device {
    fn new() -> Self {
        let mut http = Connection::new();
        http.open(NOW);
        Self { http, socket: None, to_client: VecDeque::new(), seen: Vec::new() }
    }

    fn upgrade(&mut self, bytes: &[u8]) {
        assert_eq!(self.http.receive(bytes, NOW), bytes.len());
        if let Some(request) = self.http.request() {
            let accept = accept(&request).expect("refused");
            self.to_client.extend(accept.to_string().bytes());
            self.socket = Some(Socket::new(NOW));
        }
    }

    fn with_socket<T>(&mut self, act: impl FnOnce(&mut Socket) -> T) -> T {
        let socket = self.socket.as_mut().expect("no upgrade yet");
        let result = act(socket);
        self.to_client.extend(sent(socket));
        result
    }

    fn receive(&mut self, bytes: &[u8]) {
        let events = self.with_socket(|socket| {
            let events = super::receive(socket, bytes);
            for event in &events {
                match event {
                    Seen::Text(text) => socket.send(Message::Text(text)).unwrap(),
                    Seen::Binary(bytes) => socket.send(Message::Binary(bytes)).unwrap(),
                    _ => {}
                }
            }
            events
        });
        self.seen.extend(events);
    }
}

impl Read for Device {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.to_client.read(buffer)? {
            0 if self.socket.as_ref().is_some_and(Socket::is_finished) => Ok(0),
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Device {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.socket.is_some() {
            self.receive(bytes)
        } else {
            self.upgrade(bytes)
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn connect() -> WebSocket<Device> {
    let (client, response) = tungstenite::client("ws://192.168.4.1/live", Device::new()).expect("no upgrade");
    assert_eq!(response.status(), 101);
    client
}

#[test]
fn an_independent_client_talks_to_the_device() {
    let mut client = connect();
    for message in [Theirs::text("Grüße 😀"), Theirs::text(""), Theirs::binary(std::vec![0xff; 300])] {
        client.send(message.clone()).unwrap();
        assert_eq!(client.read().unwrap(), message, "the echo");
    }
    client.send(Theirs::Ping(b"?"[..].into())).unwrap();
    assert_eq!(client.read().unwrap(), Theirs::Pong(b"?"[..].into()));
    client.get_mut().with_socket(|socket| {
        socket.send_part(Message::Text("in "), false).unwrap();
        socket.send_ping(b"between").unwrap();
        socket.send_part(Message::Text("parts"), true).unwrap();
    });
    assert_eq!(client.read().unwrap(), Theirs::Ping(b"between"[..].into()));
    assert_eq!(client.read().unwrap(), Theirs::text("in parts"));
    assert_eq!(client.get_ref().seen.last(), Some(&Seen::Pong(b"between".to_vec())));
}

#[test]
fn an_independent_client_closes() {
    let mut client = connect();
    client.close(Some(CloseFrame { code: 4001.into(), reason: "bye".into() })).unwrap();
    let Theirs::Close(Some(answer)) = client.read().unwrap() else { panic!("no close") };
    assert_eq!(u16::from(answer.code), 4001);
    assert_eq!(client.get_ref().seen, [Seen::Closed(Some(4001), "bye".to_string())]);
    assert!(matches!(client.read(), Err(Error::ConnectionClosed)));
}

#[test]
fn an_independent_client_is_closed() {
    let mut client = connect();
    client.get_mut().with_socket(|socket| socket.close(CloseCode::GOING_AWAY, "joined", NOW));
    let Theirs::Close(Some(close)) = client.read().unwrap() else { panic!("no close") };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "joined"));
    assert!(matches!(client.read(), Err(Error::ConnectionClosed)));
    assert_eq!(client.get_ref().seen, [Seen::Closed(Some(1001), "joined".to_string())]);
}

/// What `tungstenite` as a server makes of these bytes: messages, and whether it failed.
fn theirs(bytes: &[u8]) -> (Vec<Seen>, bool) {
    struct Wire(VecDeque<u8>);
    impl Read for Wire {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                count => Ok(count),
            }
        }
    }
    impl Write for Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut server = WebSocket::from_raw_socket(Wire(bytes.iter().copied().collect()), Role::Server, None);
    let mut seen = Vec::new();
    loop {
        match server.read() {
            Ok(Theirs::Text(text)) => seen.push(Seen::Text(text.to_string())),
            Ok(Theirs::Binary(bytes)) => seen.push(Seen::Binary(bytes.to_vec())),
            Ok(Theirs::Pong(bytes)) => seen.push(Seen::Pong(bytes.to_vec())),
            Ok(Theirs::Close(close)) => {
                let (code, reason) = close.map_or((None, String::new()), |close| {
                    (Some(u16::from(close.code)), close.reason.to_string())
                });
                // Its way of reporting a code that may not be sent.
                let failed = (code, &*reason) == (Some(1002), "Protocol violation");
                if !failed {
                    seen.push(Seen::Closed(code, reason));
                }
                return (seen, failed);
            }
            Ok(_) => {}
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return (seen, false),
            Err(_) => return (seen, true),
        }
    }
}

/// A character of one byte, two and four, whole and cut, and a byte that is in none.
const PIECES: &[&[u8]] = &[b"a", b"\xc3\xa9", b"\xc3", b"\xa9", b"\xf0\x9f", b"\x98\x80", b"\xff"];

/// Frames that are mostly right: an opcode of any kind, in one piece or not, some text in which
/// characters are cut, a close with any code.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        4 => proptest::sample::select(&[0x81, 0x82, 0x01, 0x02, 0x80, 0x00, 0x89, 0x8a][..]),
        1 => any::<u8>().prop_filter("closes are made below", |first| first & 0x0f != 8),
    ];
    let bytes = proptest::sample::select(PIECES);
    let data = (first, vec(bytes, 0..5)).prop_map(|(first, parts)| frame(first, &parts.concat()));
    let code = prop_oneof![990..1020_u16, 2990..3010_u16, 4990..5010_u16];
    // IANA has registered 1014 since RFC 6455; this peer does not know it.
    let code = code.prop_filter("known to both", |code| *code != 1014);
    let close = (code, 0..3_usize).prop_map(|(code, length)| {
        frame(0x88, &[&code.to_be_bytes()[..], &b"\xc3\xa9"[..length.min(2)]].concat())
    });
    prop_oneof![8 => data, 1 => close, 1 => Just(frame(0x88, b""))]
}

/// What the socket makes of bytes that come in pieces of these lengths, over and over.
fn in_pieces(bytes: &[u8], lengths: &[usize], out: usize) -> (Vec<Seen>, Vec<u8>) {
    let mut socket = Socket::new(NOW);
    let mut rest = bytes;
    let mut events = Vec::new();
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*length).min(rest.len()));
        events.extend(super::receive(&mut socket, piece));
        rest = after;
    }
    let sent = sent_in(&mut socket, out);
    (events, sent)
}

proptest! {
    #[test]
    fn both_come_to_the_same_conclusion(frames in vec(any_frame(), 0..8)) {
        let bytes = frames.concat();
        let (mut ours, _) = outcome(&bytes);
        let failed = matches!(ours.last(), Some(Seen::Violation(_)));
        if failed {
            ours.pop();
        }
        prop_assert_eq!((ours, failed), theirs(&bytes));
    }

    #[test]
    fn however_the_network_cuts(
        frames in vec(any_frame(), 0..6), noise in vec(any::<u8>(), 0..20),
        lengths in vec(1..20_usize, 1..5), out in 1..40_usize,
    ) {
        let bytes = [frames.concat(), noise].concat();
        prop_assert_eq!(in_pieces(&bytes, &lengths, out), in_pieces(&bytes, &[bytes.len().max(1)], 4096));
    }

    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..300)) {
        let (events, sent) = outcome(&bytes);
        prop_assert!(events.len() <= bytes.len() && sent.len() <= WEBSOCKET_OUTBOX_BYTES + 127);
    }

    #[test]
    fn any_message_is_echoed(text in ".{0,80}", bytes in vec(any::<u8>(), 0..400)) {
        let mut client = connect();
        for message in [Theirs::text(text), Theirs::binary(bytes)] {
            client.send(message.clone()).unwrap();
            prop_assert_eq!(client.read().unwrap(), message);
        }
    }
}

//! Bytes of a client in two kinds of pieces: the same events, the same answers, and an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_core::Instant;
use vestibule_core::limits::{WEBSOCKET_MESSAGE_BYTES, WEBSOCKET_OUTBOX_BYTES};
use vestibule_core::websocket::{Event, Message, Socket, accept_key};

const NOW: Instant = Instant::from_micros(0);

fn run<'a>(pieces: impl Iterator<Item = &'a [u8]>, room: usize) -> (Vec<String>, Vec<u8>) {
    let mut socket = Socket::new(NOW);
    let mut events = Vec::new();
    for piece in pieces {
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = socket.handle_received(rest, NOW);
            let before = events.len();
            while let Some(event) = socket.poll_event() {
                if let Event::Message(Message::Binary(bytes)) = event {
                    assert!(bytes.len() <= WEBSOCKET_MESSAGE_BYTES);
                }
                events.push(format!("{event:?}"));
            }
            assert!(taken > 0 || events.len() > before, "it makes no progress");
            rest = &rest[taken..];
        }
    }
    let (mut sent, mut out) = (Vec::new(), vec![0; room]);
    loop {
        let length = socket.poll_send(&mut out);
        if length == 0 {
            break;
        }
        sent.extend_from_slice(&out[..length]);
    }
    assert!(sent.len() <= 2 * WEBSOCKET_OUTBOX_BYTES);
    assert_eq!(socket.is_finished(), !socket.is_open());
    (events, sent)
}

fuzz_target!(|input: &[u8]| {
    let whole = run(std::iter::once(input), 4096);
    assert_eq!(run(input.chunks(1), 5), whole);
    assert_eq!(run(input.chunks(11), 1), whole);
    let _ = accept_key(input);
});

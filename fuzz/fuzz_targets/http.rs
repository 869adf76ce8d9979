//! Bytes of a connection in two kinds of pieces: the same requests and the same answers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_core::Instant;
use vestibule_core::http::{Connection, Response, Status, Transfer};
use vestibule_core::limits::{HEAD_BYTES, REQUEST_BYTES};
use vestibule_core::websocket::accept;

const NOW: Instant = Instant::from_micros(0);

/// Everything that is sent, and every request with its answer.
fn run<'a>(pieces: impl Iterator<Item = &'a [u8]>, room: usize) -> (Vec<u8>, Vec<String>) {
    let mut connection = Connection::<()>::new();
    connection.open(NOW);
    let (mut sent, mut requests) = (Vec::new(), Vec::new());
    for piece in pieces {
        let mut rest = piece;
        loop {
            rest = &rest[connection.receive(rest, NOW)..];
            if let Some(request) = connection.request() {
                assert!(request.path.len() <= HEAD_BYTES && request.body.len() < REQUEST_BYTES);
                requests.push(format!("{request:?} {:?} {:?}", request.body, accept(&request)));
                connection.respond(Response::text(Status::Ok, "ok\n"), 0, NOW);
            }
            let before = sent.len();
            while send(&mut connection, room, &mut sent) {}
            if rest.is_empty() || !connection.is_open() {
                break;
            }
            assert!(sent.len() > before || connection.is_closing(), "it makes no progress");
        }
    }
    (sent, requests)
}

fn send(connection: &mut Connection<()>, room: usize, sent: &mut Vec<u8>) -> bool {
    let mut out = vec![0; room];
    match connection.send(&mut out, NOW, |(), _, _| {}) {
        Transfer::Bytes(length) => {
            sent.extend_from_slice(&out[..length]);
            length > 0
        }
        Transfer::Finish => true,
        Transfer::Idle | Transfer::Close => false,
    }
}

fuzz_target!(|input: &[u8]| {
    let whole = run(std::iter::once(input), 4096);
    assert_eq!(run(input.chunks(1), 7), whole);
    assert_eq!(run(input.chunks(13), 1), whole);
});

//! How fast `vestibule import` reads: a large capture of ordinary traffic with some probes in it, made
//! up in memory, read as a stream on one core. Prints MB/s, and fails below what is promised.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::io::Read;
use std::time::Instant;

use etherparse::PacketBuilder;
use vestibule::capture::import::{Settings, import};

/// Megabytes a second that it must reach.
const LEAST: f64 = 200.0;

/// How often the same packets are read: some hundred megabytes in all.
const ROUNDS: usize = 400;

const PROBE: &[u8] = b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n";

fn main() {
    let round = round();
    let size = round.len() * ROUNDS;
    let began = Instant::now();
    let imported = import(header().chain(Again { round: &round, at: 0, left: ROUNDS }), &Settings::default())
        .expect("the bench's own capture");
    let took = began.elapsed().as_secs_f64();
    assert_eq!(imported.bytes, size as u64 + 24, "all of it is read");
    assert!(!imported.recordings.is_empty(), "the probes are found");
    let megabytes = size as f64 / 1e6;
    let speed = megabytes / took;
    println!("import: {megabytes:.0} MB in {took:.2} s, {speed:.0} MB/s, {} packets", imported.packets);
    assert!(speed >= LEAST, "{speed:.0} MB/s, expected {LEAST} or more");
}

fn header() -> impl Read + Send {
    let words = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, 1];
    std::io::Cursor::new(words.into_iter().flat_map(u32::to_le_bytes).collect::<Vec<u8>>())
}

/// One request, and a thousand full segments of something encrypted.
fn round() -> Vec<u8> {
    let mut round = Vec::new();
    segment(&mut round, 80, 1, PROBE);
    for number in 0..1000 {
        segment(&mut round, 443, number * 1400, &[0x17; 1400]);
    }
    round
}

fn segment(file: &mut Vec<u8>, port: u16, sequence: u32, payload: &[u8]) {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2; 6])
        .ipv4([10, 0, 0, 2], [10, 0, 0, 1], 64)
        .tcp(4000, port, sequence, 1000)
        .write(&mut frame, payload)
        .expect("memory takes everything");
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
    for word in [1_600_000_000, 0, length, length] {
        file.extend(word.to_le_bytes());
    }
    file.extend(frame);
}

/// The same bytes again and again.
struct Again<'a> {
    round: &'a [u8],
    at: usize,
    left: usize,
}

impl Read for Again<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let length = out.len().min(self.round.len() - self.at);
        out[..length].copy_from_slice(&self.round[self.at..self.at + length]);
        self.at += length;
        if self.at == self.round.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(length)
    }
}

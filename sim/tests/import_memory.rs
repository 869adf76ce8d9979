//! A capture of four gigabytes, made up while it is read, and of the kind that costs most: every packet
//! is of another connection, and on every one of them bytes are missing. It is read in a bounded memory.
#![cfg(target_os = "linux")]

use std::io::Read;

use etherparse::PacketBuilder;
use vestibule::capture::import::{Settings, import};

/// How much is read.
const BYTES: u64 = 4 << 30;

/// How much memory this process may ever have had: what all limits come to (64 MiB of exchanges, 1024
/// connections that hold 64 KiB a direction), and as much again for their bookkeeping.
const MOST_KIB: u64 = 400 * 1024;

/// As long as a packet of IP may be: the fewer packets there are, the sooner the test is over.
const PAYLOAD: usize = 60_000;

/// Where a packet's record has the time, and the last bytes of the client's two addresses: after the
/// record's own 16 bytes, Ethernet's 14, and 12 of IP's.
const TIME: usize = 0;
const HARDWARE: usize = 16 + 6 + 3;
const ADDRESS: usize = 16 + 14 + 12 + 1;

/// A pcap file that does not end by itself: on every connection a request begins, then more comes
/// after a gap, which has to wait for what never comes.
struct Endless {
    records: [Vec<u8>; 3],
    /// What is being read, and how far.
    record: Vec<u8>,
    at: usize,
    number: u32,
    left: u64,
}

impl Endless {
    fn new() -> Self {
        let header = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1].map(u32::to_le_bytes).concat();
        let begins = b"GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n";
        let after = [b'x'; PAYLOAD];
        let records = [record(1, begins), record(100_000, &after), record(200_000, &after)];
        Self { records, record: header, at: 0, number: 0, left: BYTES }
    }

    fn next_packet(&mut self) {
        let connection = (self.number / 3).to_be_bytes();
        self.record.clone_from(&self.records[self.number as usize % 3]);
        self.record[TIME..TIME + 4].copy_from_slice(&(1_600_000_000 + self.number).to_le_bytes());
        self.record[HARDWARE..HARDWARE + 3].copy_from_slice(&connection[1..]);
        self.record[ADDRESS..ADDRESS + 3].copy_from_slice(&connection[1..]);
        self.at = 0;
        self.number += 1;
    }
}

/// A packet's record, in which the client is still to be named.
fn record(sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, 0], [2; 6])
        .ipv4([10, 0, 0, 0], [192, 168, 4, 1], 64)
        .tcp(4000, 80, sequence, 1000)
        .write(&mut frame, payload)
        .unwrap();
    let length = u32::try_from(frame.len()).unwrap();
    let mut record = [0, 0, length, length].map(u32::to_le_bytes).concat();
    record.extend(frame);
    record
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.record.len() {
            if self.left < self.record.len() as u64 {
                return Ok(0);
            }
            self.next_packet();
        }
        let length = out.len().min(self.record.len() - self.at);
        out[..length].copy_from_slice(&self.record[self.at..self.at + length]);
        self.at += length;
        self.left = self.left.saturating_sub(length as u64);
        Ok(length)
    }
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn four_gigabytes_are_read_in_a_bounded_memory() {
    let imported = import(Endless::new(), &Settings::default()).unwrap();
    assert!(imported.bytes > BYTES - 100_000, "{} bytes were read", imported.bytes);
    assert!(imported.packets > 100_000, "{} packets", imported.packets);
    assert!(!imported.left_out.is_empty(), "what is missing is named");
    assert!(peak() < MOST_KIB, "{} KiB", peak());
}

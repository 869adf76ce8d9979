//! No secret leaves the device in clear outside the owner's own submission: no passphrase, and no password of an
//! application's field, is in a frame that the device sends, in what it sends on a connection, or in the trace. It is
//! looked for in every escaping that the product writes, also where it is cut over pieces and frames.

mod escapings;

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use memchr::memmem::Finder;
use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket};

use super::{Invariant, Observation, View};

/// See the module.
#[derive(Default)]
pub(super) struct NoSecretLeaves {
    /// The world's secrets in each escaping.
    patterns: Vec<Finder<'static>>,
    secrets: usize,
    /// The longest pattern but a byte: so much of what was sent before may be the beginning of a secret.
    tail: usize,
    /// The end of what was sent on each connection.
    connections: BTreeMap<usize, Vec<u8>>,
    /// The end of what was sent in the frames of each stream of TCP, and the number of its next byte.
    streams: BTreeMap<(SocketAddrV4, SocketAddrV4), (u32, Vec<u8>)>,
}

impl NoSecretLeaves {
    fn learn(&mut self, secrets: &[Vec<u8>]) {
        if secrets.len() == self.secrets {
            return;
        }
        self.secrets = secrets.len();
        let mut patterns: Vec<Vec<u8>> = secrets
            .iter()
            .filter(|secret| !secret.is_empty())
            .flat_map(|secret| escapings::of(secret))
            .collect();
        patterns.sort();
        patterns.dedup();
        self.tail = patterns.iter().map(Vec::len).max().unwrap_or_default().saturating_sub(1);
        self.patterns = patterns.iter().map(|pattern| Finder::new(pattern).into_owned()).collect();
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| pattern.find(bytes).is_some())
    }

    /// Whether a secret is in these bytes or ends in them. `sent` is the end of what was sent before, and then of all.
    fn ends_in(&self, sent: &mut Vec<u8>, bytes: &[u8]) -> bool {
        sent.extend_from_slice(bytes);
        let found = self.is_in(sent);
        sent.drain(..sent.len().saturating_sub(self.tail));
        found
    }

    fn is_sent(&mut self, connection: usize, bytes: &[u8]) -> bool {
        let mut sent = self.connections.remove(&connection).unwrap_or_default();
        let found = self.ends_in(&mut sent, bytes);
        self.connections.insert(connection, sent);
        found
    }

    /// Whether a secret is in this frame, or in the stream of TCP that it goes on with.
    fn is_in_frame(&mut self, frame: &[u8]) -> bool {
        let Some((stream, number, payload)) = segment(frame) else { return self.is_in(frame) };
        let (next, sent) = self.streams.remove(&stream).unwrap_or((number, Vec::new()));
        let end = number.wrapping_add(u32::try_from(payload.len()).unwrap_or_default());
        let again = next.wrapping_sub(number);
        let (next, mut sent, fresh) = match payload.get(again as usize..) {
            Some(fresh) => (end, sent, fresh),
            // All of it was sent before.
            None if again <= MOST_AGAIN => (next, sent, &[][..]),
            // Another connection, or bytes that were never put on the air.
            None => (end, Vec::new(), payload),
        };
        let found = self.ends_in(&mut sent, fresh);
        self.streams.insert(stream, (next, sent));
        found
    }
}

/// So far back are bytes that are sent again: no window is larger (RFC 7323 section 2.3).
const MOST_AGAIN: u32 = 1 << 30;

/// The stream of a frame of TCP, the number of its first byte, and its bytes. `None` for other frames, and without any.
fn segment(frame: &[u8]) -> Option<((SocketAddrV4, SocketAddrV4), u32, &[u8])> {
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    if ethernet.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let packet = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
    if packet.next_header() != IpProtocol::Tcp {
        return None;
    }
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    let segment = TcpPacket::new_checked(packet.payload()).ok()?;
    let stream = (SocketAddrV4::new(from, segment.src_port()), SocketAddrV4::new(to, segment.dst_port()));
    let payload = segment.payload();
    (!payload.is_empty()).then_some((stream, segment.seq_number().0 as u32, payload))
}

impl Invariant for NoSecretLeaves {
    fn name(&self) -> &'static str {
        "no-secret-leaves"
    }

    fn says(&self) -> &'static str {
        "No passphrase and no password leaves the device in clear, outside the owner's own submission."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        self.learn(view.secrets);
        if view.lines.iter().any(|line| self.is_in(line.as_bytes())) {
            return Err("a secret is in the trace".into());
        }
        for observation in view.observations {
            let leaks = match observation {
                Observation::Frame(bytes) => self.is_in_frame(bytes),
                Observation::Sent(connection, bytes) => self.is_sent(*connection, bytes),
                Observation::Answered(_, bytes) => self.is_in(bytes),
                Observation::Opened(connection) | Observation::Closed(connection) => {
                    self.connections.remove(connection);
                    false
                }
                _ => false,
            };
            if leaks {
                return Err("a secret is in what the device sends".into());
            }
        }
        Ok(())
    }
}

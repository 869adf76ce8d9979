//! A listener: somebody who hears every frame on the device's access point, which does not encrypt, and knows what a
//! passphrase may look like in them. Whether it was found is all that is told.
//!
//! Frames of a stream are put together by their sequence numbers (RFC 9293 section 3.4), so that a passphrase which is
//! cut over two frames, sent twice or out of order is found all the same.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use memchr::memmem::Finder;
use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket};
use url::form_urlencoded;

/// Who sends to whom, by addresses and ports.
type StreamId = (Ipv4Addr, u16, Ipv4Addr, u16);

#[derive(Default)]
pub(super) struct Listener {
    /// The passphrases, as they are and as forms, documents and programs write them.
    patterns: Vec<Finder<'static>>,
    longest: usize,
    streams: BTreeMap<StreamId, Stream>,
    has_found: bool,
}

#[derive(Default)]
struct Stream {
    first: Option<i32>,
    bytes: Vec<u8>,
}

impl Listener {
    /// One who looks for these.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut patterns = Vec::new();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            let form: String = form_urlencoded::byte_serialize(secret).collect();
            let text = String::from_utf8_lossy(secret);
            let json = serde_json::Value::from(text).to_string();
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            let json = json.trim_matches('"').as_bytes().to_vec();
            patterns.extend([secret.to_vec(), form.into_bytes(), json, hex.into_bytes()]);
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        let patterns = patterns.iter().map(|pattern| Finder::new(pattern).into_owned()).collect();
        Self { patterns, longest, ..Self::default() }
    }

    /// Whether a passphrase was in what was sent so far.
    pub(super) fn has_found(&self) -> bool {
        self.has_found
    }

    /// A frame on the air.
    pub(super) fn hear(&mut self, frame: &[u8]) {
        self.has_found |= self.is_in(frame) || self.is_in_stream(frame).unwrap_or(false);
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| pattern.find(bytes).is_some())
    }

    /// The same over the stream that the frame belongs to; `None` if to none.
    fn is_in_stream(&mut self, frame: &[u8]) -> Option<bool> {
        let ethernet = EthernetFrame::new_checked(frame).ok()?;
        if ethernet.ethertype() != EthernetProtocol::Ipv4 {
            return None;
        }
        let ip = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
        if ip.next_header() != IpProtocol::Tcp {
            return None;
        }
        let tcp = TcpPacket::new_checked(ip.payload()).ok()?;
        let id = (ip.src_addr(), tcp.src_port(), ip.dst_addr(), tcp.dst_port());
        let (number, payload) = (tcp.seq_number().0, tcp.payload());
        let stream = self.streams.entry(id).or_default();
        if tcp.syn() {
            *stream = Stream { first: Some(number.wrapping_add(1)), bytes: Vec::new() };
        }
        // One whose beginning nobody heard begins here. A keep-alive repeats a byte before that.
        let first = *stream.first.get_or_insert(number);
        let at = usize::try_from(number.wrapping_sub(first)).ok()?;
        let end = at + payload.len();
        if stream.bytes.len() < end {
            stream.bytes.resize(end, 0);
        }
        stream.bytes[at..end].copy_from_slice(payload);
        let from = at.saturating_sub(self.longest);
        let to = (end + self.longest).min(stream.bytes.len());
        let around = stream.bytes[from..to].to_vec();
        Some(self.is_in(&around))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use smoltcp::socket::tcp;
    use vestibule_core::{Instant, MacAddress};

    use super::*;
    use crate::host::Stack;

    /// The frames of a stream that carries `sent`, whose receiver takes `window` bytes at a time.
    fn frames(sent: &[u8], window: usize) -> Vec<Vec<u8>> {
        let start = Instant::from_micros(0);
        let address = |last| Ipv4Addr::new(10, 0, 0, last);
        let mut client = Stack::new(MacAddress([2, 0, 0, 0, 0, 1]), 1, start);
        let mut server = Stack::new(MacAddress([2, 0, 0, 0, 0, 2]), 2, start);
        client.set_address(Some((address(1), 24)));
        server.set_address(Some((address(2), 24)));
        let buffer = |length| tcp::SocketBuffer::new(vec![0; length]);
        let mut listening = tcp::Socket::new(buffer(window), buffer(64));
        listening.listen(80).unwrap();
        let listening = server.sockets().add(listening);
        let caller = client.connect((address(2), 80), 49152);
        let (mut left, mut frames) = (sent.to_vec(), Vec::new());
        for step in 0..2000 {
            let now = start + Duration::from_millis(5) * step;
            client.poll(now);
            let socket = client.sockets().get_mut::<tcp::Socket<'_>>(caller);
            if socket.can_send() {
                let taken = socket.send_slice(&left).unwrap();
                left.drain(..taken);
            }
            client.poll(now);
            while let Some(frame) = client.next_frame() {
                frames.push(frame.clone());
                server.receive(frame);
            }
            server.poll(now);
            let socket = server.sockets().get_mut::<tcp::Socket<'_>>(listening);
            if socket.can_recv() {
                socket.recv(|bytes| (bytes.len(), ())).unwrap();
            }
            server.poll(now);
            while let Some(frame) = server.next_frame() {
                client.receive(frame);
            }
        }
        frames
    }

    fn finds(secret: &str, sent: &str, window: usize, reversed: bool) -> bool {
        let mut listener = Listener::new([secret.as_bytes()]);
        let mut frames = frames(sent.as_bytes(), window);
        if reversed {
            // The first two ask for the receiver's address and say where the stream begins.
            frames[2..].reverse();
        }
        frames.iter().for_each(|frame| listener.hear(frame));
        listener.has_found()
    }

    #[test]
    fn a_passphrase_is_found_however_it_is_written_cut_and_ordered() {
        let secret = "four \"green\" lanterns";
        for sent in [
            "x four \"green\" lanterns y",
            "passphrase=four+%22green%22+lanterns&z=1",
            r#"{"passphrase":"four \"green\" lanterns"}"#,
            "666f75722022677265656e22206c616e7465726e73",
        ] {
            for (window, reversed) in [(1000, false), (7, false), (7, true), (1, false)] {
                assert!(finds(secret, sent, window, reversed), "{sent} {window} {reversed}");
            }
        }
        assert!(!finds(secret, "passphrase=four+green+lanterns", 7, false));
        assert!(!finds(secret, "", 7, false));
    }
}

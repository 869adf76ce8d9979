//! Redaction of recorded frames: replaces those bytes of a host's TCP streams that hold what an owner
//! typed. The frames on the air are not changed, only the copies that go into a trace.
//!
//! The host that opens a connection says which bytes of its stream are secret, counted from the first.
//! The sequence number tells where in the stream a segment's bytes belong, for the SYN had the initial one
//! (RFC 9293 section 3.4). So it does not matter how the stream is divided into segments, or which are
//! retransmitted.

use std::collections::BTreeMap;
use std::ops::Range;

use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpAddress, IpProtocol, Ipv4Packet, TcpPacket};

/// Replaces each redacted byte.
pub(crate) const MASK: u8 = b'x';

/// What is redacted in a host's streams, by the port of its end of the connection.
#[derive(Default)]
pub(crate) struct Redaction {
    streams: BTreeMap<u16, Stream>,
}

struct Stream {
    secret: Vec<Range<usize>>,
    /// The sequence number of the stream's first byte, once the connection's first frame was seen.
    first: Option<i32>,
}

impl Stream {
    fn is_secret(&self, position: i64) -> bool {
        usize::try_from(position).is_ok_and(|at| self.secret.iter().any(|secret| secret.contains(&at)))
    }
}

impl Redaction {
    /// These bytes of the next connection from `port` are secret. The connection before it sends nothing
    /// any more.
    pub(crate) fn expect(&mut self, port: u16, secret: Vec<Range<usize>>) {
        if secret.iter().all(Range::is_empty) {
            self.streams.remove(&port);
        } else {
            self.streams.insert(port, Stream { secret, first: None });
        }
    }

    /// Replaces the secret bytes of a frame and corrects the checksum. Returns how many bytes were replaced.
    /// Must be called with every frame, in the order in which they are sent.
    pub(crate) fn mask(&mut self, frame: &mut [u8]) -> usize {
        self.mask_tcp(frame).unwrap_or(0)
    }

    /// `None` when it is no frame of a stream that has a secret.
    fn mask_tcp(&mut self, frame: &mut [u8]) -> Option<usize> {
        let mut ethernet = EthernetFrame::new_checked(frame).ok()?;
        if ethernet.ethertype() != EthernetProtocol::Ipv4 {
            return None;
        }
        let mut ip = Ipv4Packet::new_checked(ethernet.payload_mut()).ok()?;
        if ip.next_header() != IpProtocol::Tcp {
            return None;
        }
        let (from, to) = (IpAddress::Ipv4(ip.src_addr()), IpAddress::Ipv4(ip.dst_addr()));
        let mut tcp = TcpPacket::new_checked(ip.payload_mut()).ok()?;
        let stream = self.streams.get_mut(&tcp.src_port())?;
        if tcp.syn() {
            stream.first = Some(tcp.seq_number().0.wrapping_add(1));
        }
        // Sequence numbers wrap round. One before the first, as a keep-alive's, is negative here.
        let begins = stream.first.map(|first| i64::from(tcp.seq_number().0.wrapping_sub(first)));
        let mut replaced = 0;
        for (offset, byte) in (0..).zip(tcp.payload_mut()) {
            // A stream whose beginning was not seen is redacted whole.
            if begins.is_none_or(|begins| stream.is_secret(begins + offset)) {
                *byte = MASK;
                replaced += 1;
            }
        }
        if replaced > 0 {
            tcp.fill_checksum(&from, &to);
        }
        Some(replaced)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use proptest::prelude::*;
    use smoltcp::socket::tcp;
    use vestibule_core::{Instant, MacAddress};

    use super::*;
    use crate::host::Stack;

    const PORT: u16 = 49152;
    const HEAD: &[u8] = b"POST /setup HTTP/1.1\r\nContent-Length: 31\r\n\r\n";
    const BODY: &[u8] = b"ssid=Home&passphrase=s%C3%BCsse1";
    const TAIL: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

    fn secret() -> Vec<Range<usize>> {
        let body = HEAD.len()..HEAD.len() + BODY.len();
        vec![0..0, body]
    }

    /// Sends head, body and tail from one real stack to another that takes `window` bytes at a
    /// time, loses every `lost`th frame, and returns each of the sender's frames as it was sent and
    /// as it is recorded.
    fn conversation(seed: u64, window: usize, lost: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let start = Instant::from_micros(0);
        let address = |last| Ipv4Addr::new(10, 0, 0, last);
        let mut client = Stack::new(MacAddress([2, 0, 0, 0, 0, 1]), seed, start);
        let mut server = Stack::new(MacAddress([2, 0, 0, 0, 0, 2]), seed + 1, start);
        client.set_address(Some((address(1), 24)));
        server.set_address(Some((address(2), 24)));
        let buffer = |length| tcp::SocketBuffer::new(vec![0; length]);
        let mut listener = tcp::Socket::new(buffer(window), buffer(64));
        listener.listen(80).unwrap();
        let listener = server.sockets().add(listener);
        let caller = client.connect((address(2), 80), PORT);
        client.redact(PORT, secret());

        let (mut sent, mut told, mut came) = ([HEAD, BODY, TAIL].concat(), Vec::new(), Vec::new());
        let mut frames = 0;
        for step in 0..20_000 {
            let now = start + Duration::from_millis(5) * step;
            client.poll(now);
            let socket = client.sockets().get_mut::<tcp::Socket<'_>>(caller);
            if socket.can_send() {
                let taken = socket.send_slice(&sent).unwrap();
                sent.drain(..taken);
            }
            client.poll(now);
            while let Some(frame) = client.next_frame() {
                let (shown, _) = client.redacted(&frame);
                told.push((frame.clone(), shown));
                frames += 1;
                if frames % lost != 0 {
                    server.receive(frame);
                }
            }
            server.poll(now);
            let socket = server.sockets().get_mut::<tcp::Socket<'_>>(listener);
            if socket.can_recv() {
                came.extend(socket.recv(|bytes| (bytes.len(), bytes.to_vec())).unwrap());
            }
            server.poll(now);
            while let Some(frame) = server.next_frame() {
                client.receive(frame);
            }
            if came.len() == HEAD.len() + BODY.len() + TAIL.len() {
                break;
            }
        }
        assert_eq!(came, [HEAD, BODY, TAIL].concat(), "the air must not be touched");
        told
    }

    fn tcp_payload(frame: &[u8]) -> Option<Vec<u8>> {
        let ethernet = EthernetFrame::new_checked(frame).unwrap();
        if ethernet.ethertype() != EthernetProtocol::Ipv4 {
            return None;
        }
        let ip = Ipv4Packet::new_checked(ethernet.payload()).unwrap();
        let tcp = TcpPacket::new_checked(ip.payload()).unwrap();
        assert!(tcp.verify_checksum(&ip.src_addr().into(), &ip.dst_addr().into()), "{tcp:?}");
        Some(tcp.payload().to_vec())
    }

    /// Where in the client's stream the payload of each frame begins, which is `None` until the stream
    /// has begun.
    fn position(frame: &[u8], first: &mut Option<i32>) -> Option<i64> {
        let ethernet = EthernetFrame::new_checked(frame).unwrap();
        let ip = Ipv4Packet::new_checked(ethernet.payload()).unwrap();
        let tcp = TcpPacket::new_checked(ip.payload()).unwrap();
        let number = tcp.seq_number().0;
        if tcp.syn() {
            *first = Some(number.wrapping_add(1));
        }
        Some(number.wrapping_sub((*first)?).into())
    }

    /// Every byte of the body was sent, once or more, and none of them is shown; every other byte is.
    fn is_redacted(seed: u64, window: usize, lost: usize) -> Result<(), TestCaseError> {
        let (mut first, mut bodies) = (None, std::collections::BTreeSet::new());
        let body = secret().remove(1);
        for (frame, shown) in conversation(seed, window, lost) {
            prop_assert_eq!(frame.len(), shown.len());
            let (Some(sent), Some(masked)) = (tcp_payload(&frame), tcp_payload(&shown)) else {
                prop_assert_eq!(frame, shown);
                continue;
            };
            let Some(begins) = position(&frame, &mut first) else { continue };
            for (at, (sent, shown)) in (begins..).zip(sent.iter().zip(&masked)) {
                match usize::try_from(at).ok().filter(|at| body.contains(at)) {
                    Some(at) => {
                        prop_assert_eq!(*shown, MASK);
                        bodies.insert(at);
                    }
                    None => prop_assert_eq!(sent, shown),
                }
            }
        }
        prop_assert_eq!(bodies.len(), BODY.len());
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn a_form_is_redacted_however_it_is_cut_and_repeated(
            seed in any::<u32>(), window in 1_usize..140, lost in 3_usize..40,
        ) {
            is_redacted(u64::from(seed), window, lost)?;
        }
    }

    #[test]
    fn a_form_is_redacted_that_goes_byte_by_byte() {
        is_redacted(0, 1, 3).unwrap();
    }

    #[test]
    fn what_is_no_form_is_left_as_it_is() {
        let shown = conversation(7, 64, usize::MAX);
        let clear: Vec<u8> =
            shown.into_iter().filter_map(|(_, shown)| tcp_payload(&shown)).flatten().collect();
        let expected = [HEAD, &[MASK; BODY.len()], TAIL].concat();
        assert_eq!(String::from_utf8_lossy(&clear), String::from_utf8_lossy(&expected));
    }

    #[test]
    fn a_stream_whose_beginning_was_not_seen_is_redacted_whole() {
        let mut late = Redaction::default();
        late.expect(PORT, secret());
        for (frame, _) in conversation(7, 140, usize::MAX) {
            let is_first = tcp_payload(&frame).is_none_or(|payload| payload.is_empty());
            let mut shown = frame.clone();
            if !is_first {
                late.mask(&mut shown);
                assert!(tcp_payload(&shown).unwrap().iter().all(|byte| *byte == MASK));
            }
        }
    }

    #[test]
    fn the_next_connection_from_a_port_has_secrets_of_its_own() {
        let mut redaction = Redaction::default();
        redaction.expect(PORT, secret());
        redaction.expect(PORT, vec![]);
        for (mut frame, _) in conversation(7, 140, usize::MAX) {
            assert_eq!(redaction.mask(&mut frame), 0);
        }
    }
}

//! What lies below IP: each link type's header is taken off, and the sender's hardware address kept.
//! IP and what it carries is `etherparse`'s.

use std::net::IpAddr;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;

/// A hardware address.
pub(crate) type Mac = [u8; 6];

/// IEEE 802.11 without a radio's header, in the registry of link types.
const WIFI: Linktype = Linktype(105);
/// Linux cooked capture v1 and v2, radiotap, IP without anything, BSD's loopback.
const COOKED_1: Linktype = Linktype(113);
const COOKED_2: Linktype = Linktype(276);
const RADIOTAP: Linktype = Linktype(127);
const ANY_IP: [Linktype; 5] = [Linktype(12), Linktype(14), Linktype(101), Linktype(228), Linktype(229)];
const LOOPBACK: [Linktype; 2] = [Linktype(0), Linktype(108)];

/// The header of LLC and SNAP before an Ethernet type (RFC 1042).
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];

/// What stands below IP.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Below<'a> {
    /// A packet of this Ethernet type, and who sent it.
    Packet { from: Option<Mac>, kind: EtherType, bytes: &'a [u8] },
    /// IP, which says its version itself.
    Ip(&'a [u8]),
    /// A frame that carries none, or too short a one: no loss.
    Nothing,
    /// A frame that is encrypted.
    Encrypted,
    /// Several packets in one 802.11 frame.
    Aggregated,
    /// A link type that is not understood.
    Unknown,
}

/// Takes the link's header off.
pub(super) fn below(link: Linktype, bytes: &[u8]) -> Below<'_> {
    // Above the type are the length of the frame check sequence and flags (draft-ietf-opsawg-pcap section 4).
    match Linktype(link.0 & 0xffff) {
        Linktype::ETHERNET => with_type(bytes, mac(bytes, 6), 12, 14),
        COOKED_1 => with_type(bytes, cooked_address(bytes, 4, 6), 14, 16),
        COOKED_2 => with_type(bytes, bytes.get(11).filter(|l| **l == 6).and(mac(bytes, 12)), 0, 20),
        RADIOTAP => {
            let length = bytes.get(2..4).map_or(0, |two| usize::from(two[0]) | usize::from(two[1]) << 8);
            bytes.get(length.max(8)..).map_or(Below::Nothing, wifi)
        }
        WIFI => wifi(bytes),
        link if ANY_IP.contains(&link) => Below::Ip(bytes),
        link if LOOPBACK.contains(&link) => bytes.get(4..).map_or(Below::Nothing, Below::Ip),
        _ => Below::Unknown,
    }
}

fn with_type(bytes: &[u8], from: Option<Mac>, kind: usize, payload: usize) -> Below<'_> {
    match (u16_at(bytes, kind), bytes.get(payload..)) {
        (Some(kind), Some(bytes)) => Below::Packet { from, kind: EtherType(kind), bytes },
        _ => Below::Nothing,
    }
}

fn cooked_address(bytes: &[u8], length: usize, address: usize) -> Option<Mac> {
    (u16_at(bytes, length)? == 6).then(|| mac(bytes, address))?
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn mac(bytes: &[u8], at: usize) -> Option<Mac> {
    bytes.get(at..at + 6)?.try_into().ok()
}

/// A data frame of IEEE 802.11-2020 section 9.3.2: which of its addresses is the sender's depends
/// on the two bits that say which way it goes.
fn wifi(bytes: &[u8]) -> Below<'_> {
    let [control, flags, ..] = *bytes else { return Below::Nothing };
    let (is_data, has_body) = (control & 0x0c == 0x08, control & 0x40 == 0);
    if !is_data || !has_body {
        return Below::Nothing;
    }
    if flags & 0x40 != 0 {
        return Below::Encrypted;
    }
    let (to_ds, from_ds) = (flags & 1 != 0, flags & 2 != 0);
    let (mut length, from) = match (to_ds, from_ds) {
        (true, true) => (30, mac(bytes, 24)),
        (false, true) => (24, mac(bytes, 16)),
        (_, false) => (24, mac(bytes, 10)),
    };
    if control & 0x80 != 0 {
        if bytes.get(length).is_some_and(|qos| qos & 0x80 != 0) {
            return Below::Aggregated;
        }
        length += 2;
        // The field of HT control.
        length += if flags & 0x80 != 0 { 4 } else { 0 };
    }
    match bytes.get(length..).and_then(|body| body.strip_prefix(&SNAP)) {
        Some(body) => with_type(body, from, 0, 2),
        None => Below::Nothing,
    }
}

/// A datagram or a segment.
pub(super) struct Segment<'a> {
    pub(super) from: (IpAddr, u16),
    pub(super) to: (IpAddr, u16),
    pub(super) carries: Carries<'a>,
}

/// What IP carries, as far as it matters here.
pub(super) enum Carries<'a> {
    Udp(&'a [u8]),
    Tcp { sequence: u32, syn: bool, ack: bool, fin: bool, reset: bool, bytes: &'a [u8], cut: bool },
}

/// Why a packet of IP has no segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoSegment {
    /// It carries something else.
    Other,
    /// It is a piece of a packet.
    Fragment,
    /// Its header cannot be read.
    Damaged,
}

/// The datagram or segment in a packet.
pub(super) fn segment<'a>(below: &Below<'a>) -> Result<Segment<'a>, NoSegment> {
    let packet = match below {
        Below::Packet { kind, bytes, .. } => LaxSlicedPacket::from_ether_type(*kind, bytes),
        Below::Ip(bytes) => LaxSlicedPacket::from_ip(bytes).map_err(|_| NoSegment::Damaged)?,
        _ => return Err(NoSegment::Other),
    };
    let (source, destination, payload) = match &packet.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            (IpAddr::V4(ip.header().source_addr()), IpAddr::V4(ip.header().destination_addr()), ip.payload())
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            (IpAddr::V6(ip.header().source_addr()), IpAddr::V6(ip.header().destination_addr()), ip.payload())
        }
        _ if packet.stop_err.is_some() => return Err(NoSegment::Damaged),
        _ => return Err(NoSegment::Other),
    };
    if payload.fragmented {
        return Err(NoSegment::Fragment);
    }
    let (ports, carries) = match &packet.transport {
        Some(TransportSlice::Udp(udp)) => {
            ((udp.source_port(), udp.destination_port()), Carries::Udp(udp.payload()))
        }
        Some(TransportSlice::Tcp(tcp)) => (
            (tcp.source_port(), tcp.destination_port()),
            Carries::Tcp {
                sequence: tcp.sequence_number(),
                syn: tcp.syn(),
                ack: tcp.ack(),
                fin: tcp.fin(),
                reset: tcp.rst(),
                bytes: tcp.payload(),
                cut: payload.incomplete,
            },
        ),
        _ if packet.stop_err.is_some() => return Err(NoSegment::Damaged),
        _ => return Err(NoSegment::Other),
    };
    Ok(Segment { from: (source, ports.0), to: (destination, ports.1), carries })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: Mac = [2, 0, 0, 0, 0, 1];

    fn packet(of: Below<'_>) -> (Option<Mac>, u16, Vec<u8>) {
        match of {
            Below::Packet { from, kind, bytes } => (from, kind.0, bytes.to_vec()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_link_types_header_is_taken_off() {
        let expected = (Some(SENDER), 0x0800, b"ip".to_vec());
        let ethernet = [&[9; 6][..], &SENDER, &[8, 0], b"ip"].concat();
        assert_eq!(packet(below(Linktype(1), &ethernet)), expected);
        let cooked = [&[0, 0, 0, 1, 0, 6][..], &SENDER, &[0, 0, 8, 0], b"ip"].concat();
        assert_eq!(packet(below(Linktype(113), &cooked)), expected);
        let cooked = [&[8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6][..], &SENDER, &[0, 0], b"ip"].concat();
        assert_eq!(packet(below(Linktype(276), &cooked)), expected);
        assert_eq!(below(Linktype(101), b"ip"), Below::Ip(b"ip"));
        assert_eq!(below(Linktype(0), b"\x02\0\0\0ip"), Below::Ip(b"ip"));
        assert_eq!(below(Linktype(147), b"?"), Below::Unknown);
    }

    #[test]
    fn a_frame_of_802_11_goes_four_ways() {
        let body = [&SNAP[..], &[8, 0], b"ip"].concat();
        let expected = (Some(SENDER), 0x0800, b"ip".to_vec());
        let other = [9; 6];
        let frame = |control: u8, flags: u8, addresses: &[&[u8]], rest: &[u8]| {
            let radio = [0, 0, 9, 0, 0, 0, 0, 0, 7];
            let mut frame = [&radio[..], &[control, flags, 0, 0]].concat();
            for (index, address) in addresses.iter().enumerate() {
                if index == 3 {
                    frame.extend([0, 0]);
                }
                frame.extend(*address);
            }
            if addresses.len() == 3 {
                frame.extend([0, 0]);
            }
            [frame, rest.to_vec()].concat()
        };
        let plain = frame(0x08, 1, &[&other, &SENDER, &other], &body);
        assert_eq!(packet(below(RADIOTAP, &plain)), expected);
        let down = frame(0x08, 2, &[&other, &other, &SENDER], &body);
        assert_eq!(packet(below(RADIOTAP, &down)), expected);
        let relayed = frame(0x08, 3, &[&other, &other, &other, &SENDER], &body);
        assert_eq!(packet(below(RADIOTAP, &relayed)), expected);
        let of_quality = frame(0x88, 1, &[&other, &SENDER, &other], &[&[0, 0][..], &body].concat());
        assert_eq!(packet(below(RADIOTAP, &of_quality)), expected);
        let encrypted = frame(0x08, 0x41, &[&other, &SENDER, &other], &body);
        assert_eq!(below(RADIOTAP, &encrypted), Below::Encrypted);
        let several = frame(0x88, 1, &[&other, &SENDER, &other], &[&[0x80, 0][..], &body].concat());
        assert_eq!(below(RADIOTAP, &several), Below::Aggregated);
        assert_eq!(below(RADIOTAP, &frame(0x80, 0, &[&other, &other, &other], b"")), Below::Nothing);
    }

    #[test]
    fn what_is_too_short_is_nothing() {
        for link in [1, 105, 113, 127, 276, 0] {
            for length in 0..8 {
                assert_eq!(
                    below(Linktype(link), &[0; 8][..length.min(3)]),
                    Below::Nothing,
                    "{link} {length}"
                );
            }
        }
    }
}

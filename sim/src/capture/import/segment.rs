//! IP and what it carries: `etherparse` reads it, damaged and cut packets included.

use std::net::IpAddr;

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};

use super::link::Below;

/// A datagram or a segment.
pub(super) struct Segment<'a> {
    pub(super) from: (IpAddr, u16),
    pub(super) to: (IpAddr, u16),
    pub(super) carries: Carries<'a>,
}

/// What IP carries, as far as it matters here.
pub(super) enum Carries<'a> {
    Udp {
        bytes: &'a [u8],
        cut: bool,
    },
    Tcp {
        sequence: u32,
        /// What the sender has got, if it says so.
        acknowledged: Option<u32>,
        syn: bool,
        fin: bool,
        reset: bool,
        bytes: &'a [u8],
        cut: bool,
    },
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
            // IP's length may be wrong where the datagram is whole.
            let cut = usize::from(udp.length()) > udp.slice().len();
            let carries = Carries::Udp { bytes: udp.payload(), cut };
            ((udp.source_port(), udp.destination_port()), carries)
        }
        Some(TransportSlice::Tcp(tcp)) => (
            (tcp.source_port(), tcp.destination_port()),
            Carries::Tcp {
                sequence: tcp.sequence_number(),
                syn: tcp.syn(),
                acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
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

//! Packets that a Linux firewall logged (NFLOG): a list of attributes, one of which is the packet.

use etherparse::EtherType;

use super::{Below, Mac, mac, u16_at, u16_le_at};

/// The family of addresses (Linux' `AF_INET`, `AF_INET6`), and the header before the attributes.
const INET: u8 = 2;
const INET6: u8 = 10;
const HEADER: usize = 4;

/// The two attributes of interest (Linux, nfnetlink_log.h: `NFULA_HWADDR`, `NFULA_PAYLOAD`).
const HARDWARE_ADDRESS: u16 = 8;
const PAYLOAD: u16 = 9;

/// The packet in a message. Attributes have the byte order of the machine that captured, which nothing
/// says (LINKTYPE_NFLOG in the registry): it is the one in which there is a packet.
pub(super) fn packet(bytes: &[u8]) -> Below<'_> {
    let kind = match bytes {
        [INET, 0, ..] => EtherType::IPV4,
        [INET6, 0, ..] => EtherType::IPV6,
        _ => return Below::Nothing,
    };
    let attributes = bytes.get(HEADER..).unwrap_or_default();
    let found = payload(attributes, u16_le_at).or_else(|| payload(attributes, u16_at));
    found.map_or(Below::Nothing, |(from, bytes)| Below::Packet { from, kind, bytes })
}

/// Each attribute has its length, this header of four bytes included, and its type before it, and begins at a
/// multiple of four bytes.
fn payload(mut rest: &[u8], number: fn(&[u8], usize) -> Option<u16>) -> Option<(Option<Mac>, &[u8])> {
    let mut from = None;
    loop {
        let (length, kind) = (usize::from(number(rest, 0)?), number(rest, 2)?);
        // The payload comes last, and may be cut.
        let value = rest.get(4..length.max(4).min(rest.len()))?;
        match kind {
            PAYLOAD if length > 4 => return Some((from, value)),
            // Its length, which is always in the same byte order, and two bytes of padding.
            HARDWARE_ADDRESS if u16_at(value, 0) == Some(6) => from = mac(value, 4),
            _ => {}
        }
        rest = rest.get(length.max(4).next_multiple_of(4)..)?;
    }
}

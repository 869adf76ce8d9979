//! PKTAP, the header that Apple's systems capture with: on macOS, and by `rvictl` on an iPhone. It says which
//! interface and which program a packet is of, and what link it was heard on.

use pcap_parser::Linktype;

use super::u32_le_at;

/// How long the header is at least, and the kind of record that a packet follows (tcpdump, print-pktap.c: length, kind,
/// link type, the lowest byte first).
const HEADER: u32 = 108;
const HAS_PACKET: u32 = 1;

/// The packet and its link; `None` if this is no such header, or no packet follows it.
pub(super) fn packet(bytes: &[u8]) -> Option<(Linktype, &[u8])> {
    let (length, kind, link) = (u32_le_at(bytes, 0)?, u32_le_at(bytes, 4)?, u32_le_at(bytes, 8)?);
    let is_followed = length >= HEADER && kind == HAS_PACKET;
    let packet = bytes.get(usize::try_from(length).ok()?..).filter(|_| is_followed)?;
    Some((Linktype(link.cast_signed()), packet))
}

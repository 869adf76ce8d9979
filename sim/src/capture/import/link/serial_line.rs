//! IP over a serial line: PPP, and Cisco's HDLC.

use super::{Below, u16_at, with_type};

/// What a frame of PPP begins with if it is framed like HDLC (RFC 1662 section 3.1), and its protocols (RFC
/// 1332, RFC 5072).
const FRAMED: [u8; 2] = [0xff, 0x03];
const IPV4: u16 = 0x0021;
const IPV6: u16 = 0x0057;

/// What Cisco's frames begin with, to one station or to all (RFC 1547 section 4.3.1).
const CISCO: [u8; 2] = [0x0f, 0x8f];

pub(super) fn ppp(bytes: &[u8]) -> Below<'_> {
    if bytes.first().is_some_and(|first| CISCO.contains(first)) {
        return cisco(bytes);
    }
    let bytes = bytes.strip_prefix(&FRAMED).unwrap_or(bytes);
    // A protocol's first byte is left out if it is zero and both sides agreed: the second one is odd (RFC
    // 1661 section 6.5).
    let (protocol, packet) = match bytes {
        [first, packet @ ..] if first & 1 == 1 => (u16::from(*first), packet),
        [_, _, packet @ ..] => (u16_at(bytes, 0).unwrap_or_default(), packet),
        _ => return Below::Nothing,
    };
    if matches!(protocol, IPV4 | IPV6) { Below::Ip(packet) } else { Below::Nothing }
}

/// An address, a byte that is zero, an Ethernet type.
pub(super) fn cisco(bytes: &[u8]) -> Below<'_> {
    with_type(bytes, None, 2, 4)
}

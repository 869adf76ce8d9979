//! What radios in monitor mode write before a frame of 802.11: radiotap, and the headers before it (Prism,
//! AVS, PPI). Only their length is of interest, and whether the frame's own header is padded.

use pcap_parser::Linktype;

use super::{Below, u16_le_at, u32_at, u32_le_at, wifi};

/// Radiotap (radiotap.org): which fields there are, the one with flags, and the flag of padding.
const MORE_FIELDS: u32 = 1 << 31;
const TIME: u32 = 1;
const FLAGS: u32 = 1 << 1;
const IS_PADDED: u8 = 0x20;

/// A Prism header is always as long as this (tcpdump, print-802_11.c, `PRISM_HDR_LEN`).
const PRISM_LENGTH: usize = 144;

/// AVS headers begin with their version, the highest byte first (tcpdump, print-802_11.c,
/// `WLANCAP_MAGIC_COOKIE_V1` and `_V2`).
const AVS_VERSIONS: [u32; 2] = [0x8021_1001, 0x8021_1002];

pub(super) fn radiotap(bytes: &[u8]) -> Below<'_> {
    let length = u16_le_at(bytes, 2).map_or(0, usize::from).max(8);
    let Some((header, frame)) = bytes.split_at_checked(length) else { return Below::Nothing };
    wifi::frame(frame, flags(header).is_some_and(|flags| flags & IS_PADDED != 0))
}

/// The field of flags: after the words that say which fields there are, and the time, which begins at a
/// multiple of its length.
fn flags(header: &[u8]) -> Option<u8> {
    let first = u32_le_at(header, 4)?;
    let mut at = 8;
    let mut word = first;
    while word & MORE_FIELDS != 0 {
        word = u32_le_at(header, at)?;
        at += 4;
    }
    if first & TIME != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    (first & FLAGS != 0).then(|| header.get(at).copied())?
}

/// Linux marks AVS as Prism too.
pub(super) fn prism(bytes: &[u8]) -> Below<'_> {
    if u32_at(bytes, 0).is_some_and(|version| AVS_VERSIONS.contains(&version)) {
        return avs(bytes);
    }
    bytes.get(PRISM_LENGTH..).map_or(Below::Nothing, |frame| wifi::frame(frame, false))
}

pub(super) fn avs(bytes: &[u8]) -> Below<'_> {
    let length = u32_at(bytes, 4).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    bytes.get(length.max(8)..).map_or(Below::Nothing, |frame| wifi::frame(frame, false))
}

/// PPI says which link it was heard on (tcpdump, print-ppi.c; CACE's "PPI Header format" 1.0.7: version, flags, length,
/// link type, the lowest byte first).
pub(super) fn ppi(bytes: &[u8]) -> Option<(Linktype, &[u8])> {
    let length = usize::from(u16_le_at(bytes, 2)?).max(8);
    Some((Linktype(u32_le_at(bytes, 4)?.cast_signed()), bytes.get(length..)?))
}

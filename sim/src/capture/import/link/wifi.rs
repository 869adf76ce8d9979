//! Data frames of IEEE 802.11-2020 (section 9.3.2): their header has a length of its own, and one frame may
//! carry several packets.

use super::{Below, Mac, mac, u16_at, with_type};

/// The header of LLC and SNAP before an Ethernet type (RFC 1042).
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];

/// What a frame carries. Which of its addresses is the sender's depends on the two bits that say which way
/// it goes. Some radios pad the header to a multiple of four bytes.
pub(super) fn frame(bytes: &[u8], is_padded: bool) -> Below<'_> {
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
    let mut is_aggregated = false;
    if control & 0x80 != 0 {
        is_aggregated = bytes.get(length).is_some_and(|quality| quality & 0x80 != 0);
        length += 2;
        // The field of HT control.
        length += if flags & 0x80 != 0 { 4 } else { 0 };
    }
    if is_padded {
        length = length.next_multiple_of(4);
    }
    match bytes.get(length..) {
        Some(body) if is_aggregated => Below::Aggregated(body),
        Some(body) => packet(from, body),
        None => Below::Nothing,
    }
}

/// The packets in an A-MSDU (section 9.3.2.2.2): each has two addresses and its length before it, and begins
/// at a multiple of four bytes.
pub(in crate::capture::import) fn subframes(mut body: &[u8]) -> impl Iterator<Item = Below<'_>> {
    std::iter::from_fn(move || {
        let end = 14 + usize::from(u16_at(body, 12)?);
        let (from, subframe) = (mac(body, 6), body.get(14..end.min(body.len()))?);
        body = body.get(end.next_multiple_of(4)..).unwrap_or_default();
        Some(packet(from, subframe))
    })
}

fn packet(from: Option<Mac>, body: &[u8]) -> Below<'_> {
    match body.strip_prefix(&SNAP) {
        Some(body) => with_type(body, from, 0, 2),
        None => Below::Nothing,
    }
}

//! IP that is marked as Ethernet: some programs that capture on an iPhone write so what comes from its mobile
//! network. Told by what IP says of itself, so that no frame of Ethernet is taken for it.

/// Whether this is a packet of IP from its first byte on.
pub(super) fn is_ip(bytes: &[u8]) -> bool {
    match bytes.first() {
        // As an address of Ethernet this would be a group's, and no group begins so.
        Some(first @ 0x45..=0x4f) => is_ipv4(bytes, usize::from(first & 0x0f) * 4),
        Some(0x60..=0x6f) => is_ipv6(bytes),
        _ => false,
    }
}

/// The sum over a header with its checksum is all ones (RFC 1071).
fn is_ipv4(bytes: &[u8], header: usize) -> bool {
    let Some(header) = bytes.get(..header) else { return false };
    let sum: u32 =
        (0..header.len()).step_by(2).filter_map(|at| super::u16_at(header, at)).map(u32::from).sum();
    (sum & 0xffff) + (sum >> 16) == 0xffff
}

/// It has no checksum: that its length is right, and what follows is what is read here, must do (RFC 8200
/// section 3).
fn is_ipv6(bytes: &[u8]) -> bool {
    let is_long_enough =
        super::u16_at(bytes, 4).is_some_and(|length| usize::from(length) + 40 == bytes.len());
    is_long_enough && matches!(bytes.get(6), Some(0 | 6 | 17))
}

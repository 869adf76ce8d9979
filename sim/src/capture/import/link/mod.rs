//! What lies below IP: each link type's header is taken off, and the sender's hardware address kept. A file
//! for each header that is more than an offset. Nothing of IP is understood here.

mod bare_ip;
mod netfilter_log;
mod pktap;
mod radio_header;
mod serial_line;
#[cfg(test)]
mod tests;
mod wifi;

use etherparse::EtherType;
use pcap_parser::Linktype;

pub(super) use wifi::subframes;

/// A hardware address.
pub(crate) type Mac = [u8; 6];

/// Numbers of the registry of link types, <https://www.tcpdump.org/linktypes.html>.
const PPP: Linktype = Linktype(9);
const PPP_HDLC: Linktype = Linktype(50);
const CISCO_HDLC: Linktype = Linktype(104);
/// IEEE 802.11 without a radio's header, and with each kind that there is.
const WIFI: Linktype = Linktype(105);
const PRISM: Linktype = Linktype(119);
const RADIOTAP: Linktype = Linktype(127);
const AVS: Linktype = Linktype(163);
const PPI: Linktype = Linktype(192);
/// Linux cooked capture v1 and v2, IP without anything, BSD's loopback.
const COOKED_1: Linktype = Linktype(113);
const COOKED_2: Linktype = Linktype(276);
const ANY_IP: [Linktype; 5] = [Linktype(12), Linktype(14), Linktype(101), Linktype(228), Linktype(229)];
const LOOPBACK: [Linktype; 2] = [Linktype(0), Linktype(108)];
const NETFILTER_LOG: Linktype = Linktype(239);
/// How Apple's systems capture, those on an iPhone included; the first is a number for whatever one
/// likes, which they took before they had their own.
const USER_2: Linktype = Linktype(149);
const PKTAP: Linktype = Linktype(258);

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
    /// Several packets in one 802.11 frame, for [`subframes`].
    Aggregated(&'a [u8]),
    /// A link type that is not understood.
    Unknown,
}

/// Takes the link's header off.
pub(super) fn below(link: Linktype, bytes: &[u8]) -> Below<'_> {
    // Above the type are the length of the frame check sequence and flags (draft-ietf-opsawg-pcap section 4).
    let link = Linktype(link.0 & 0xffff);
    // Two headers say themselves what link they were heard on; neither is within another one.
    let inner = match link {
        PPI => radio_header::ppi(bytes),
        PKTAP | USER_2 => pktap::packet(bytes),
        _ => return of_link(link, bytes),
    };
    match inner {
        Some((inner, bytes)) => of_link(inner, bytes),
        None if link == USER_2 => Below::Unknown,
        None => Below::Nothing,
    }
}

/// Takes the header off that a link itself has.
fn of_link(link: Linktype, bytes: &[u8]) -> Below<'_> {
    match link {
        Linktype::ETHERNET if bare_ip::is_ip(bytes) => Below::Ip(bytes),
        Linktype::ETHERNET => with_type(bytes, mac(bytes, 6), 12, 14),
        COOKED_1 => with_type(bytes, cooked_address(bytes, 4, 6), 14, 16),
        COOKED_2 => with_type(bytes, bytes.get(11).filter(|l| **l == 6).and(mac(bytes, 12)), 0, 20),
        WIFI => wifi::frame(bytes, false),
        RADIOTAP => radio_header::radiotap(bytes),
        PRISM => radio_header::prism(bytes),
        AVS => radio_header::avs(bytes),
        NETFILTER_LOG => netfilter_log::packet(bytes),
        PPP | PPP_HDLC => serial_line::ppp(bytes),
        CISCO_HDLC => serial_line::cisco(bytes),
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

fn mac(bytes: &[u8], at: usize) -> Option<Mac> {
    bytes.get(at..at + 6)?.try_into().ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The same with its lowest byte first.
fn u16_le_at(bytes: &[u8], at: usize) -> Option<u16> {
    u16_at(bytes, at).map(u16::swap_bytes)
}

fn u32_le_at(bytes: &[u8], at: usize) -> Option<u32> {
    u32_at(bytes, at).map(u32::swap_bytes)
}

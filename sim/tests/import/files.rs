//! Files in which packets are captured: pcap, pcapng, and what stands before a packet of IP on each link.

use super::packets::Packet;

/// In which order a file's numbers have their bytes.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    pub(crate) fn word(self, word: u32) -> [u8; 4] {
        match self {
            Self::Little => word.to_le_bytes(),
            Self::Big => word.to_be_bytes(),
        }
    }

    pub(crate) fn half(self, half: u16) -> [u8; 2] {
        match self {
            Self::Little => half.to_le_bytes(),
            Self::Big => half.to_be_bytes(),
        }
    }
}

/// A pcap file; `magic` says its unit of time, of which `step` pass from packet to packet. A packet is cut
/// after `snap` bytes.
pub(crate) fn pcap_file(
    order: Order,
    magic: u32,
    step: u32,
    link: u32,
    snap: usize,
    frames: &[Vec<u8>],
) -> Vec<u8> {
    let mut file = order.word(magic).to_vec();
    file.extend([order.half(2), order.half(4)].concat());
    [0, 0, 65535, link].iter().for_each(|word| file.extend(order.word(*word)));
    for (number, frame) in (0..).zip(frames) {
        let kept = &frame[..frame.len().min(snap)];
        let lengths = [kept.len(), frame.len()].map(|length| u32::try_from(length).unwrap());
        let words = [1_600_000_000, number * step, lengths[0], lengths[1]];
        words.iter().for_each(|word| file.extend(order.word(*word)));
        file.extend(kept);
    }
    file
}

/// A pcap file in which a packet follows each millisecond.
pub(crate) fn pcap(link: u32, packets: &[Packet], wrap: impl Fn(&Packet) -> Vec<u8>) -> Vec<u8> {
    let frames: Vec<_> = packets.iter().map(wrap).collect();
    pcap_file(Order::Little, 0xa1b2_c3d4, 1000, link, usize::MAX, &frames)
}

/// A block of pcapng: its type, its body, its length on both sides.
pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().div_ceil(4) * 4;
    let length = order.word(u32::try_from(padded + 12).unwrap());
    let mut block = [&order.word(kind)[..], &length, body].concat();
    block.resize(8 + padded, 0);
    block.extend(length);
    block
}

pub(crate) fn section(order: Order) -> Vec<u8> {
    let body = [&order.word(0x1a2b_3c4d)[..], &order.half(1), &order.half(0), &[0xff; 8]].concat();
    block(order, 0x0a0d_0d0a, &body)
}

pub(crate) fn interface(order: Order, link: u16, options: &[u8]) -> Vec<u8> {
    block(order, 1, &[&order.half(link)[..], &order.half(0), &order.word(0), options].concat())
}

pub(crate) fn enhanced(order: Order, interface: u32, at: u64, frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).unwrap();
    let words =
        [interface, (at >> 32) as u32, at as u32, length, length].map(|word| order.word(word)).concat();
    block(order, 6, &[&words, frame].concat())
}

/// The block with a packet that came before the enhanced one: two bytes for the interface, two for the packets
/// lost.
pub(crate) fn obsolete(order: Order, interface: u16, at: u64, frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).unwrap();
    let words = [(at >> 32) as u32, at as u32, length, length].map(|word| order.word(word)).concat();
    block(order, 2, &[&order.half(interface)[..], &order.half(3), &words, frame].concat())
}

/// What puts a link's header before a packet.
pub(crate) type Wrap = fn(&Packet) -> Vec<u8>;

/// The header of LLC and SNAP.
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];

pub(crate) fn bare(packet: &Packet) -> Vec<u8> {
    packet.ip.clone()
}

pub(crate) fn ethernet(packet: &Packet) -> Vec<u8> {
    [&packet.to[..], &packet.from, &packet.kind(), &packet.ip].concat()
}

/// With a frame check sequence, which nobody looks at.
pub(crate) fn checked_ethernet(packet: &Packet) -> Vec<u8> {
    [&ethernet(packet)[..], &[1, 2, 3, 4]].concat()
}

pub(crate) fn tagged(packet: &Packet) -> Vec<u8> {
    [&packet.to[..], &packet.from, &[0x81, 0, 0, 7], &packet.kind(), &packet.ip].concat()
}

/// Linux' cooked capture.
pub(crate) fn cooked(packet: &Packet) -> Vec<u8> {
    [&[0, 0, 0, 1, 0, 6][..], &packet.from, &[0, 0], &packet.kind(), &packet.ip].concat()
}

pub(crate) fn cooked_2(packet: &Packet) -> Vec<u8> {
    let kind = packet.kind();
    [&kind[..], &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6], &packet.from, &[0, 0], &packet.ip].concat()
}

/// BSD's loopback: the family of addresses as the machine has it.
pub(crate) fn loopback(packet: &Packet) -> Vec<u8> {
    [&[if packet.ip[0] >> 4 == 6 { 30 } else { 2 }, 0, 0, 0][..], &packet.ip].concat()
}

/// A frame of 802.11 to the access point.
pub(crate) fn wifi(packet: &Packet) -> Vec<u8> {
    [&[8, 1, 0, 0][..], &packet.to, &packet.from, &packet.to, &[0, 0], &SNAP, &packet.kind(), &packet.ip]
        .concat()
}

/// The same with its quality of service, which says whether it is an aggregate, and what stands between its
/// header and its body.
fn wifi_of_quality(packet: &Packet, quality: u8, between: &[u8], body: &[u8]) -> Vec<u8> {
    let head = [&[0x88, 1, 0, 0][..], &packet.to, &packet.from, &packet.to, &[0, 0], &[quality, 0]].concat();
    [&head[..], between, body].concat()
}

/// Behind radiotap, with these flags.
fn radiotap(flags: u8, frame: &[u8]) -> Vec<u8> {
    [&[0, 0, 9, 0, 2, 0, 0, 0, flags][..], frame].concat()
}

pub(crate) fn monitored(packet: &Packet) -> Vec<u8> {
    radiotap(0, &wifi(packet))
}

/// As Atheros' radios write it: the header is padded to 28 bytes.
pub(crate) fn padded(packet: &Packet) -> Vec<u8> {
    let body = [&SNAP[..], &packet.kind(), &packet.ip].concat();
    radiotap(0x20, &wifi_of_quality(packet, 0, &[0, 0], &body))
}

/// Within an aggregate, behind a packet that is of no interest.
pub(crate) fn aggregated(packet: &Packet) -> Vec<u8> {
    let subframe = |body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        let mut subframe = [&packet.to[..], &packet.from, &length, body].concat();
        subframe.resize(subframe.len().next_multiple_of(4), 0);
        subframe
    };
    let other = subframe(&[&SNAP[..], &[8, 6], &[0; 28]].concat());
    let own = subframe(&[&SNAP[..], &packet.kind(), &packet.ip].concat());
    radiotap(0, &wifi_of_quality(packet, 0x80, &[], &[other, own].concat()))
}

pub(crate) fn prism(packet: &Packet) -> Vec<u8> {
    [&[0x44, 0, 0, 0, 144, 0, 0, 0][..], &[0; 136], &wifi(packet)].concat()
}

pub(crate) fn avs(packet: &Packet) -> Vec<u8> {
    [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56], &wifi(packet)].concat()
}

/// PPI that was heard on 802.11.
pub(crate) fn ppi(packet: &Packet) -> Vec<u8> {
    [&[0, 0, 8, 0, 105, 0, 0, 0][..], &wifi(packet)].concat()
}

/// Apple's header, of an interface of Ethernet.
pub(crate) fn pktap(packet: &Packet) -> Vec<u8> {
    let mut header = [108_u32, 1, 1].map(u32::to_le_bytes).concat();
    header.extend(b"en0");
    header.resize(108, 0);
    [header, ethernet(packet)].concat()
}

/// A firewall's log: a prefix, and the packet.
pub(crate) fn netfilter_log(packet: &Packet) -> Vec<u8> {
    let length = u16::try_from(packet.ip.len() + 4).unwrap().to_le_bytes();
    let family = if packet.ip[0] >> 4 == 6 { 10 } else { 2 };
    let mut log =
        [&[family, 0, 0, 5][..], &[7, 0, 10, 0, b'i', b'n', 0, 0], &length, &[9, 0], &packet.ip].concat();
    log.resize(log.len().next_multiple_of(4), 0);
    log
}

pub(crate) fn ppp(packet: &Packet) -> Vec<u8> {
    [&[0xff, 3, 0, if packet.ip[0] >> 4 == 6 { 0x57 } else { 0x21 }][..], &packet.ip].concat()
}

pub(crate) fn cisco(packet: &Packet) -> Vec<u8> {
    [&[0x0f, 0][..], &packet.kind(), &packet.ip].concat()
}

//! The same phone in captures of every kind.

use std::io::Write;

use super::Synthesised;
use super::traffic::{asks, ether, join};
use crate::files::*;
use crate::packets::Packet;

pub(crate) fn all() -> Vec<Synthesised> {
    let join = join();
    let cut: Vec<_> = join.iter().map(ethernet).collect();
    let cut = pcap_file(Order::Little, 0xa1b2_c3d4, 1000, 1, 200, &cut);
    let obsolete = in_obsolete_blocks(&join);
    let mut all: Vec<_> = LINKS
        .iter()
        .map(|(name, what, link, wrap)| (*name, *what, pcap(*link, &join, wrap)))
        .chain([("gzip.pcap.gz", "a capture that gzip has packed", packed(&ether(&join)))])
        .chain([(
            "obsolete-packet-block.pcapng",
            "pcapng with the packet block that came before the enhanced one",
            obsolete,
        )])
        .map(|(name, what, file)| Synthesised::new(name, what, file).android_14(4))
        .collect();
    let what = "packets of which 200 bytes were captured: DHCP and the request are lost, and said to be";
    all.push(Synthesised::new("snap-length.pcap", what, cut).client(1, &["android"], &["ios"]).left_out(&[
        "a DHCP message was cut off when it was captured",
        "a packet was cut off when it was captured",
    ]));
    let what = "pcapng with a clock past the year 2106";
    all.push(Synthesised::new("clock-past-2106.pcapng", what, past_2106(&join)).android_14(4));
    let what = "a packet of IP that says it is longer than it is, about a datagram that is whole";
    all.push(Synthesised::new("wrong-length.pcap", what, wrong_length()).client(1, &["ios"], &["android"]));
    all
}

const LINKS: [(&str, &str, u32, Wrap); 14] = [
    (
        "aggregated.pcap",
        "802.11 in monitor mode whose frames carry several packets (A-MSDU)",
        127,
        aggregated,
    ),
    ("padded.pcap", "radiotap whose flag says that 802.11's header is padded to four bytes", 127, padded),
    ("ppi.pcap", "PPI before 802.11 (192)", 192, ppi),
    ("prism.pcap", "Prism before 802.11 (119)", 119, prism),
    ("avs.pcap", "AVS before 802.11 (163)", 163, avs),
    ("pktap.pcap", "PKTAP (258), as Apple's systems capture", 258, pktap),
    ("pktap-user-2.pcap", "PKTAP under the number that it had before (149)", 149, pktap),
    ("netfilter-log.pcap", "a Linux firewall's log (NFLOG, 239)", 239, netfilter_log),
    ("ppp.pcap", "PPP (9)", 9, ppp),
    ("cisco-hdlc.pcap", "Cisco's HDLC (104)", 104, cisco),
    ("loopback.pcap", "BSD's loopback (0): no hardware address but those in DHCP", 0, loopback),
    ("raw-ip.pcap", "IP without anything before it (101)", 101, bare),
    (
        "frame-check-sequence.pcap",
        "a link type above which the length of the frame check sequence stands",
        0x2400_0001,
        checked_ethernet,
    ),
    (
        "bare-ip-as-ethernet.pcap",
        "bare IP that is marked as Ethernet, as some write a phone's mobile network",
        1,
        bare,
    ),
];

fn packed(file: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(file).unwrap();
    encoder.finish().unwrap()
}

fn in_obsolete_blocks(packets: &[Packet]) -> Vec<u8> {
    let order = Order::Little;
    let head = [section(order), interface(order, 1, &[])].concat();
    let block = |(number, packet): (u64, &Packet)| {
        obsolete(order, 0, 1_600_000_000_000_000 + number * 1000, &ethernet(packet))
    };
    (0..).zip(packets).fold(head, |file, next| [file, block(next)].concat())
}

fn past_2106(packets: &[Packet]) -> Vec<u8> {
    let order = Order::Big;
    let head = [section(order), interface(order, 1, &[])].concat();
    // Seconds that do not fit into 32 bits.
    let at = |number: u64| ((1 << 32) + number) * 1_000_000;
    (0..).zip(packets).fold(head, |file, (number, packet)| {
        [file, enhanced(order, 0, at(number), &ethernet(packet))].concat()
    })
}

fn wrong_length() -> Vec<u8> {
    let mut packet = asks("captive.apple.com");
    packet.ip[3] += 20;
    ether(&[packet])
}

//! Whole Ethernet frames for what the hosts' stacks do not send themselves: DHCP, whose clients have no address
//! yet, mDNS, and a router's advertisement of IPv6. Written and parsed with `etherparse`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use etherparse::{ArpEthIpv4Packet, ArpOperation, NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use vestibule_core::MacAddress;

/// The broadcast hardware address.
pub(crate) const BROADCAST: MacAddress = MacAddress([0xff; 6]);

/// The hardware address of mDNS's group (RFC 1112 section 6.4).
pub(crate) const MDNS_GROUP_MAC: MacAddress = MacAddress([0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb]);

/// A datagram in a frame.
pub(crate) fn datagram(
    (from_mac, from): (MacAddress, SocketAddrV4),
    (to_mac, to): (MacAddress, SocketAddrV4),
    payload: &[u8],
) -> Vec<u8> {
    const TIME_TO_LIVE: u8 = 64;
    let builder = PacketBuilder::ethernet2(from_mac.0, to_mac.0)
        .ipv4(from.ip().octets(), to.ip().octets(), TIME_TO_LIVE)
        .udp(from.port(), to.port());
    let mut frame = Vec::with_capacity(builder.size(payload.len()));
    // Writing into memory fails only for a payload that no datagram holds; then there is no frame.
    let _ = builder.write(&mut frame, payload);
    frame
}

/// A router's advertisement of IPv6 to all hosts (RFC 4861 section 4.2): addresses are made up by everybody from
/// the prefix, which is that of documentation (RFC 3849), and DHCP is not needed.
pub(crate) fn router_advertisement(from: MacAddress) -> Vec<u8> {
    const ALL_HOSTS: MacAddress = MacAddress([0x33, 0x33, 0, 0, 0, 1]);
    const TYPE: u8 = 134;
    const HOP_LIMIT: u8 = 255;
    // What hosts are to use as hop limit, no flag, and 1800 s as a router.
    const HOPS_FLAGS_LIFETIME: [u8; 4] = [64, 0, 0x07, 0x08];
    let MacAddress([a, b, c, d, e, f]) = from;
    let link_local = Ipv6Addr::from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    let all_hosts = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    // Reachable time and retransmission time are left open.
    let mut payload = vec![0; 8];
    payload.extend([1, 1, a, b, c, d, e, f]);
    // The prefix of 64 bits: on this link, and for addresses; valid for a day, preferred for four hours.
    payload.extend([3, 4, 64, 0xc0]);
    payload.extend(86_400_u32.to_be_bytes());
    payload.extend(14_400_u32.to_be_bytes());
    payload.extend([0; 4]);
    payload.extend(Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0).octets());
    let builder = PacketBuilder::ethernet2(from.0, ALL_HOSTS.0)
        .ipv6(link_local.octets(), all_hosts.octets(), HOP_LIMIT)
        .icmpv6_raw(TYPE, 0, HOPS_FLAGS_LIFETIME);
    let mut frame = Vec::with_capacity(builder.size(payload.len()));
    // Writing into memory fails only for a payload that no packet holds.
    let _ = builder.write(&mut frame, &payload);
    frame
}

/// The payload of a frame's datagram to `port`, and its sender. A corrupted datagram is dropped because its
/// checksum is wrong (RFC 1122 section 4.1.3.4).
pub(crate) fn payload_to(frame: &[u8], port: u16) -> Option<(SocketAddrV4, Vec<u8>)> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Udp(udp))) = (&packet.net, &packet.transport) else {
        return None;
    };
    let from = SocketAddrV4::new(ip.header().source_addr(), udp.source_port());
    let header = udp.to_header();
    let sum = header.calc_checksum_ipv4(&ip.header().to_header(), udp.payload()).ok()?;
    if header.checksum != 0 && header.checksum != sum {
        return None;
    }
    (udp.destination_port() == port).then(|| (from, udp.payload().to_vec()))
}

/// The question whether anybody has an address, before it is used (RFC 5227 section 2.1.1).
pub(crate) fn arp_probe(mac: MacAddress, address: Ipv4Addr) -> Vec<u8> {
    let probe = ArpEthIpv4Packet {
        operation: ArpOperation::REQUEST,
        sender_mac: mac.0,
        sender_ipv4: UNSPECIFIED.octets(),
        target_mac: [0; 6],
        target_ipv4: address.octets(),
    };
    let builder = PacketBuilder::ethernet2(mac.0, BROADCAST.0).arp(probe.into());
    let mut frame = Vec::with_capacity(builder.size());
    // Writing into memory does not fail.
    let _ = builder.write(&mut frame);
    frame
}

/// Who says in this frame, by ARP, that it has an address.
pub(crate) fn arp_holder(frame: &[u8], address: Ipv4Addr) -> Option<MacAddress> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let Some(NetSlice::Arp(arp)) = &packet.net else { return None };
    let is_holder = arp.sender_protocol_addr() == address.octets();
    is_holder.then(|| arp.sender_hw_addr().try_into().ok().map(MacAddress)).flatten()
}

/// Whether a frame is a reset from this port that refuses a connection request. Such a reset has the sequence
/// number 0, for the request acknowledges nothing (RFC 9293 section 3.10.7.1).
pub(crate) fn is_refusal(frame: &[u8], port: u16) -> bool {
    /// Bytes of a reset without options, its Ethernet header included: longer frames need not be parsed.
    const RESET_BYTES: usize = 54;
    if frame.len() != RESET_BYTES {
        return false;
    }
    let Ok(SlicedPacket { transport: Some(TransportSlice::Tcp(tcp)), .. }) =
        SlicedPacket::from_ethernet(frame)
    else {
        return false;
    };
    tcp.rst() && tcp.source_port() == port && tcp.sequence_number() == 0
}

/// The hardware address that a frame goes to.
pub(crate) fn receiver(frame: &[u8]) -> Option<MacAddress> {
    Some(MacAddress(frame.get(..6)?.try_into().ok()?))
}

/// Whether a hardware address is the broadcast address or a group's (IEEE 802-2014 section 8.2.2).
pub(crate) fn is_multicast(to: Option<MacAddress>) -> bool {
    to.is_some_and(|to| to.0[0] & 1 == 1)
}

/// The address of a client that has none yet.
pub(crate) const UNSPECIFIED: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

/// The port of DHCP servers and that of clients (RFC 2131 section 4.1).
const DHCP_SERVER_PORT: u16 = 67;
const DHCP_CLIENT_PORT: u16 = 68;

/// The DHCP message in a frame to a client, if it is one.
pub(crate) fn dhcp_message(bytes: &[u8]) -> Option<Vec<u8>> {
    payload_to(bytes, DHCP_CLIENT_PORT).map(|(_, message)| message)
}

/// The DHCP message in a frame to a server, if it is one.
pub(crate) fn dhcp_request(bytes: &[u8]) -> Option<Vec<u8>> {
    payload_to(bytes, DHCP_SERVER_PORT).map(|(_, message)| message)
}

/// The frame with a DHCP message of a server to a client without an address, as a broadcast.
pub(crate) fn dhcp_reply_frame(mac: MacAddress, server: Ipv4Addr, message: &[u8]) -> Vec<u8> {
    let from = (mac, SocketAddrV4::new(server, DHCP_SERVER_PORT));
    let to = (BROADCAST, SocketAddrV4::new(Ipv4Addr::BROADCAST, DHCP_CLIENT_PORT));
    datagram(from, to, message)
}

/// The frame with a DHCP message of a client, as a broadcast; `from` is its address, [`UNSPECIFIED`] while it has none.
pub(crate) fn dhcp_request_frame(mac: MacAddress, from: Ipv4Addr, message: &[u8]) -> Vec<u8> {
    let from = (mac, SocketAddrV4::new(from, DHCP_CLIENT_PORT));
    let to = (BROADCAST, SocketAddrV4::new(Ipv4Addr::BROADCAST, DHCP_SERVER_PORT));
    datagram(from, to, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corrupted_datagram_does_not_arrive() {
        let (from, to) =
            (SocketAddrV4::new([10, 0, 0, 1].into(), 68), SocketAddrV4::new([10, 0, 0, 2].into(), 67));
        let mut frame = datagram((BROADCAST, from), (BROADCAST, to), b"where am I");
        assert_eq!(payload_to(&frame, 67), Some((from, b"where am I".to_vec())));
        assert_eq!(payload_to(&frame, 68), None);
        *frame.last_mut().unwrap() ^= 1;
        assert_eq!(payload_to(&frame, 67), None);
    }

    #[test]
    fn a_router_advertises_a_prefix_to_all_hosts() {
        let frame = router_advertisement(MacAddress([2, 0, 0, 0, 0, 9]));
        assert!(is_multicast(receiver(&frame)));
        let packet = SlicedPacket::from_ethernet(&frame).unwrap();
        let (Some(NetSlice::Ipv6(ip)), Some(TransportSlice::Icmpv6(message))) =
            (&packet.net, &packet.transport)
        else {
            panic!("{packet:?}")
        };
        let (from, to) = (ip.header().source_addr(), ip.header().destination_addr());
        assert_eq!((from.to_string().as_str(), to.to_string().as_str()), ("fe80::ff:fe00:9", "ff02::1"));
        assert_eq!((message.type_u8(), ip.header().hop_limit()), (134, 255));
        assert!(message.is_checksum_valid(from.octets(), to.octets()));
    }
}

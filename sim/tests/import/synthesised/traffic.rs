//! What a phone says at a device's access point, and what it hears: what most of the captures are made of.

use crate::files::{ethernet, pcap};
use crate::packets::{Mac, Packet, Pair, dhcp, pair, question};

pub(crate) const PHONE: Mac = [0x3c, 6, 0x30, 0xaa, 0xbb, 0xcc];
pub(crate) const DEVICE: Mac = [0x24, 0x0a, 0xc4, 0x11, 0x22, 0x33];

/// The agent of Android's check since 7.1.
pub(crate) const PROBE_AGENT: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/60.0.3112.32 Safari/537.36";

/// A portal's answer.
pub(crate) const TO_PORTAL: &str = "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\nConnection: close\r\n\r\nmoved";

pub(crate) fn at_device() -> Pair {
    pair((PHONE, [192, 168, 4, 2]), (DEVICE, [192, 168, 4, 1]))
}

/// A question for a name's address.
pub(crate) fn asks(name: &str) -> Packet {
    at_device().asks(&question(7, name, 1))
}

/// The phone is lent an address: DISCOVER, REQUEST and ACK.
pub(crate) fn leases(class: &str) -> Vec<Packet> {
    let (address, mask) = ([192, 168, 4, 2], [255, 255, 255, 0]);
    let from_zero = pair((PHONE, [0, 0, 0, 0]), (DEVICE, [255, 255, 255, 255]));
    let says = |kind: u8, options: &[(u8, &[u8])]| {
        from_zero.udp(true, (68, 67), &dhcp(kind, PHONE, [0; 4], options))
    };
    let ack = dhcp(5, PHONE, address, &[(1, &mask), (54, &[192, 168, 4, 1])]);
    vec![
        says(1, &[(12, b"Marias-Phone"), (60, class.as_bytes())]),
        says(3, &[(12, b"Marias-Phone"), (60, class.as_bytes()), (50, &address)]),
        at_device().udp(false, (67, 68), &ack),
    ]
}

pub(crate) fn get(path: &str, lines: &[&str]) -> String {
    format!("GET {path} HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"))
}

pub(crate) fn reply(content_type: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// The check of Android 14.
pub(crate) fn android_check() -> String {
    let host = "Host: connectivitycheck.gstatic.com";
    get("/generate_204", &["Connection: close", PROBE_AGENT, host, "Accept-Encoding: gzip"])
}

/// An exchange on a connection of its own.
pub(crate) fn exchange(port: u16, request: &str, reply: &str) -> Vec<Packet> {
    at_device().exchange((port, 80), &[request.as_bytes()], reply.as_bytes())
}

/// An Android joins: four exchanges.
pub(crate) fn join() -> Vec<Packet> {
    let mut packets = leases("android-dhcp-14");
    packets.push(asks("connectivitycheck.gstatic.com"));
    packets.extend(exchange(50000, &android_check(), TO_PORTAL));
    packets
}

/// A pcap file of Ethernet.
pub(crate) fn ether(packets: &[Packet]) -> Vec<u8> {
    pcap(1, packets, ethernet)
}

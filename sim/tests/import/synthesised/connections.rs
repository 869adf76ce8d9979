//! Whose an exchange is, and connections of which the beginning is missing.

use super::Synthesised;
use super::traffic::*;
use crate::packets::{Connection, Packet, dhcp, pair, question};

/// A router's address in another network.
const ROUTER: ([u8; 6], [u8; 4]) = ([9; 6], [192, 168, 1, 1]);

const BEGAN_BEFORE: &[&str] = &["a connection of 192.168.4.2 to port 80 began before the capture"];

/// The phone asks for an address, joins the device, and is at home then.
fn two_addresses() -> Vec<Packet> {
    let at_home = pair((PHONE, [192, 168, 1, 50]), ROUTER);
    let mut packets = vec![at_device().udp(true, (68, 67), &dhcp(1, PHONE, [0; 4], &[]))];
    packets.push(asks("connectivitycheck.gstatic.com"));
    packets.extend(exchange(50000, &android_check(), TO_PORTAL));
    packets.push(at_home.asks(&question(99, "captive.apple.com", 1)));
    packets
}

/// A question of somebody who has the hardware address of a router.
fn behind(address: [u8; 4], name: &str) -> Packet {
    pair((DEVICE, address), ROUTER).asks(&question(1, name, 1))
}

/// A connection that is open already.
fn open() -> Connection {
    at_device().connection((50009, 80))
}

pub(crate) fn all() -> Vec<Synthesised> {
    let check = android_check();
    let check = check.as_bytes();
    let moved = TO_PORTAL.as_bytes();
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let to_proxy = get("http://detectportal.firefox.com/success.txt", &["Host: detectportal.firefox.com"]);
    let router =
        [behind([10, 0, 0, 2], "captive.apple.com"), behind([10, 0, 0, 3], "www.msftconnecttest.com")];
    vec![
        Synthesised::new(
            "two-addresses.pcap",
            "a phone at the device's access point, and then at home: one client",
            ether(&two_addresses()),
        )
        .android_14(4),
        Synthesised::new(
            "behind-a-router.pcap",
            "two clients behind a router, whose hardware address both have",
            ether(&router),
        )
        .client(1, &["ios"], &["windows"])
        .client(1, &["windows"], &["ios"]),
        Synthesised::new(
            "any-question.pcap",
            "a question for records of any type",
            ether(&[at_device().asks(&question(1, "example.org", 255))]),
        )
        .nobody(1),
        Synthesised::new(
            "through-a-proxy.pcap",
            "a check that is asked of a proxy, with its whole URL: said, not kept",
            ether(&exchange(50000, &to_proxy, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess\n")),
        )
        .left_out(&["expected a path that begins with /"]),
        Synthesised::new(
            "begins-with-a-reply.pcap",
            "a connection that was open before: its first packet is a reply, then comes a request",
            ether(&open().hears(ok).says(check).hears(moved).packets),
        )
        .android_14(1)
        .left_out(BEGAN_BEFORE),
        Synthesised::new(
            "begins-within-a-request.pcap",
            "a connection that was open before: its first packet is the end of a request",
            ether(&open().says(&check[60..]).hears(moved).says(check).hears(moved).packets),
        )
        .android_14(1)
        .left_out(BEGAN_BEFORE),
    ]
}

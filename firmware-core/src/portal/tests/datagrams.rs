//! DNS and DHCP as the portal serves them: where, and with what.

use super::*;

#[test]
fn dns_answers_on_the_access_point_only() {
    let mut bench = Bench::open();
    let question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01x\0\0\x01\0\x01";
    let from = "192.168.4.2:5353".parse().unwrap();
    let mut reply = [0; 512];
    let arrival = Arrival { interface: Interface::AccessPoint, from, port: DNS_PORT };
    let sent = bench.portal.handle_datagram(arrival, question, &mut reply, bench.now).unwrap();
    assert_eq!((sent.to, sent.hardware), (from, None));
    assert!(reply[..sent.length].windows(4).any(|bytes| bytes == [192, 168, 4, 1]));
    let home = Arrival { interface: Interface::Home, ..arrival };
    assert_eq!(bench.portal.handle_datagram(home, question, &mut reply, bench.now), None);
}

/// A DISCOVER that asks for option 114, or a REQUEST for `requested_ip`.
pub(super) fn dhcp_message(requested_ip: Option<Ipv4Addr>) -> Vec<u8> {
    let mut message = std::vec![0; 236];
    message[..4].copy_from_slice(&[1, 1, 6, 0]);
    message[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
    message.extend([99, 130, 83, 99, 55, 1, 114]);
    match requested_ip {
        None => message.extend([53, 1, 1]),
        Some(requested_ip) => {
            message.extend([53, 1, 3, 50, 4]);
            message.extend(requested_ip.octets());
        }
    }
    message.push(255);
    message
}

#[test]
fn dhcp_is_served_on_the_access_point_while_it_is_up_and_leases_outlast_it() {
    let mut bench = Bench::open();
    let from = "0.0.0.0:68".parse().unwrap();
    let arrival = Arrival { interface: Interface::AccessPoint, from, port: DHCP_PORT };
    let mut reply = [0; crate::limits::DHCP_REPLY_BYTES];
    let discover = dhcp_message(None);
    let offer = bench.portal.handle_datagram(arrival, &discover, &mut reply, bench.now).unwrap();
    assert_eq!(offer.hardware, Some(MacAddress([2, 0, 0, 0, 0, 1])));
    let address = *offer.to.ip();
    assert!(address.octets()[..3] == [192, 168, 4] && address.octets()[3] != 1, "{address}");
    assert_eq!((reply[0], offer.to.port()), (2, 68));
    let request = dhcp_message(Some(address));
    assert!(bench.portal.handle_datagram(arrival, &request, &mut reply, bench.now).is_some());

    for elsewhere in [Arrival { interface: Interface::Home, ..arrival }, Arrival { port: 68, ..arrival }] {
        assert_eq!(bench.portal.handle_datagram(elsewhere, &discover, &mut reply, bench.now), None);
    }
    bench.portal.factory_reset(bench.now).unwrap();
    assert_eq!(bench.portal.handle_datagram(arrival, &discover, &mut reply, bench.now), None);
    bench.wait(bench.portal.config().lease - Duration::from_micros(1));
    let leases: Vec<_> = bench.portal.leases(bench.now).map(|lease| lease.address).collect();
    assert_eq!(leases, [address]);
    bench.wait(Duration::from_micros(1));
    assert_eq!(bench.portal.leases(bench.now).count(), 0);
}

#[test]
fn phones_are_told_of_a_captive_portal_only_when_the_application_says_so() {
    const URL: &str = "https://portal.example.com/api";
    for url in [None, Some(crate::dhcp::CaptivePortalUrl::new(URL).unwrap())] {
        let config = Config { captive_portal: url, ..Config::new(Ssid::new(b"Lamp").unwrap()) };
        let mut portal = Portal::new(config, Memory::new(), Zeros);
        let now = Instant::from_micros(0);
        portal.connect_or_setup(now);
        portal.handle_radio(RadioEvent::ScanFinished, now);
        let from = "0.0.0.0:68".parse().unwrap();
        let arrival = Arrival { interface: Interface::AccessPoint, from, port: DHCP_PORT };
        let mut reply = [0; crate::limits::DHCP_REPLY_BYTES];
        let offer = portal.handle_datagram(arrival, &dhcp_message(None), &mut reply, now).unwrap();
        let told = reply[..offer.length].windows(URL.len()).any(|bytes| bytes == URL.as_bytes());
        assert_eq!(told, url.is_some());
    }
}

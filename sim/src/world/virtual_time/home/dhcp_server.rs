//! A router's DHCP server (RFC 2131), sans-IO, with the codec of `dhcproto`: nothing is shared with
//! the device's own server.
//!
//! Simplified: a client keeps its first address for ever, but for the device, for which its router may keep another one; and a lease
//! ends only where its client says so.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use dhcproto::v4::{DhcpOption, MessageType, OptionCode};
use vestibule_core::MacAddress;

use crate::host::dhcp_message::Request;
use crate::host::frame::BROADCAST;
use crate::radio::Subnet;

/// The port of DHCP clients.
const CLIENT_PORT: u16 = 68;

/// A router's DHCP server.
pub(super) struct DhcpServer {
    subnet: Subnet,
    /// The client that gets the address reserved for the device.
    device: MacAddress,
    /// The clients' addresses, by hardware address.
    leases: BTreeMap<[u8; 6], Ipv4Addr>,
}

/// A message of the server and where it goes.
#[derive(Debug)]
pub(super) struct DhcpReply {
    /// The message.
    pub(super) bytes: Vec<u8>,
    /// The hardware address that the frame goes to.
    pub(super) hardware: MacAddress,
    /// The address and port that the datagram goes to.
    pub(super) to: SocketAddrV4,
    /// The time until it is sent.
    pub(super) delay: Duration,
}

impl DhcpServer {
    pub(super) fn new(subnet: Subnet, device: MacAddress) -> Self {
        Self { subnet, device, leases: BTreeMap::new() }
    }

    /// The router keeps this address for the device from now on.
    pub(super) fn keep_for_device(&mut self, address: Ipv4Addr) {
        self.subnet.device = address;
    }

    /// A message arrived at the server's port.
    pub(super) fn answer(&mut self, bytes: &[u8]) -> Option<DhcpReply> {
        let request = Request::read(bytes).filter(|_| self.subnet.gives_addresses())?;
        match request.kind {
            MessageType::Discover => {
                let address = self.address_of(request.client)?;
                let delay = self.subnet.dhcp_delay;
                Some(DhcpReply { delay, ..self.reply(&request, MessageType::Offer, address)? })
            }
            MessageType::Request => {
                // The client has chosen another server's offer (RFC 2131 section 4.3.2).
                if let Some(DhcpOption::ServerIdentifier(server)) =
                    request.message.opts().get(OptionCode::ServerIdentifier)
                    && *server != self.subnet.router
                {
                    return None;
                }
                let requested = request.requested();
                let is_its_own = self.address_of(request.client)? == requested;
                let kind = if is_its_own { MessageType::Ack } else { MessageType::Nak };
                self.reply(&request, kind, requested)
            }
            _ => None,
        }
    }

    /// The address of a client: the one it has, or a free one.
    fn address_of(&mut self, client: [u8; 6]) -> Option<Ipv4Addr> {
        if client == self.device.0 {
            return Some(self.subnet.device);
        }
        if let Some(address) = self.leases.get(&client) {
            return Some(*address);
        }
        let free = self.subnet.pool().find(|free| !self.leases.values().any(|taken| taken == free))?;
        self.leases.insert(client, free);
        Some(free)
    }

    fn reply(&self, request: &Request, kind: MessageType, address: Ipv4Addr) -> Option<DhcpReply> {
        let refused = kind == MessageType::Nak;
        let lent = (!refused).then(|| (address, self.options(request)));
        let bytes = request.reply(kind, self.subnet.router, lent)?;
        // A client without an address is reached by its hardware address (RFC 2131 section 4.1).
        let wants_broadcast =
            request.message.flags().broadcast() && request.message.ciaddr().is_unspecified();
        let (hardware, to) = if refused || wants_broadcast {
            (BROADCAST, Ipv4Addr::BROADCAST)
        } else {
            (MacAddress(request.client), address)
        };
        Some(DhcpReply { bytes, hardware, to: SocketAddrV4::new(to, CLIENT_PORT), delay: Duration::ZERO })
    }

    /// What a client is told beside its address.
    fn options(&self, request: &Request) -> Vec<DhcpOption> {
        let asks = request.asks_for(OptionCode::CaptivePortal);
        let captive_portal = self.subnet.captive_portal.clone().filter(|_| asks);
        let lease = u32::try_from(self.subnet.lease.as_secs()).unwrap_or(u32::MAX);
        let stated = [
            Some(DhcpOption::AddressLeaseTime(lease)),
            Some(DhcpOption::SubnetMask(self.subnet.cidr.netmask())),
            self.subnet.named_router().map(|router| DhcpOption::Router(vec![router])),
            Some(DhcpOption::DomainNameServer(vec![self.subnet.router])),
            captive_portal.map(DhcpOption::CaptivePortal),
        ];
        stated.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use dhcproto::v4::{Message, Opcode};
    use dhcproto::{Decodable, Decoder, Encodable, Encoder};

    use super::*;
    use crate::radio::Gateway;

    const DEVICE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);

    fn message(client: u8, message_type: MessageType, more: &[DhcpOption]) -> Vec<u8> {
        let mut message = Message::default();
        message.set_opcode(Opcode::BootRequest).set_xid(7).set_chaddr(&[2, 0, 0, 0, 0, client]);
        message.opts_mut().insert(DhcpOption::MessageType(message_type));
        for option in more {
            message.opts_mut().insert(option.clone());
        }
        let mut bytes = Vec::new();
        message.encode(&mut Encoder::new(&mut bytes)).unwrap();
        bytes
    }

    fn read(answer: &DhcpReply) -> (MessageType, Ipv4Addr) {
        let message = Message::decode(&mut Decoder::new(&answer.bytes)).unwrap();
        assert_eq!(message.xid(), 7);
        (message.opts().msg_type().unwrap(), message.yiaddr())
    }

    fn server() -> DhcpServer {
        let subnet = Subnet { dhcp_delay: Duration::from_secs(3), ..Subnet::new(None, None, None) };
        DhcpServer::new(subnet, DEVICE)
    }

    #[test]
    fn the_device_gets_what_is_kept_for_it_and_guests_get_others() {
        let mut server = server();
        let mut offered = |client| {
            let answer = server.answer(&message(client, MessageType::Discover, &[])).unwrap();
            assert_eq!((answer.delay, answer.hardware.0[5]), (Duration::from_secs(3), client));
            let (message_type, address) = read(&answer);
            assert_eq!(message_type, MessageType::Offer);
            address.to_string()
        };
        assert_eq!(offered(9), "192.168.1.78");
        assert_eq!(offered(1), "192.168.1.77");
        assert_eq!(offered(8), "192.168.1.79");
        assert_eq!(offered(9), "192.168.1.78");
    }

    #[test]
    fn only_the_clients_own_address_is_confirmed() {
        let mut server = server();
        let request = |address: [u8; 4], server: [u8; 4]| {
            let options =
                [DhcpOption::RequestedIpAddress(address.into()), DhcpOption::ServerIdentifier(server.into())];
            message(1, MessageType::Request, &options)
        };
        let right = server.answer(&request([192, 168, 1, 77], [192, 168, 1, 1])).unwrap();
        assert_eq!(read(&right), (MessageType::Ack, Ipv4Addr::new(192, 168, 1, 77)));
        assert_eq!(right.delay, Duration::ZERO);
        let wrong = server.answer(&request([192, 168, 4, 2], [192, 168, 1, 1])).unwrap();
        assert_eq!(read(&wrong), (MessageType::Nak, Ipv4Addr::UNSPECIFIED));
        assert_eq!(wrong.hardware, BROADCAST);
        assert!(server.answer(&request([192, 168, 1, 77], [192, 168, 1, 2])).is_none(), "another server's");
    }

    #[test]
    fn an_address_that_is_kept_for_the_device_no_more_is_refused() {
        let mut server = server();
        let renew = |client| {
            message(client, MessageType::Request, &[DhcpOption::RequestedIpAddress([192, 168, 1, 77].into())])
        };
        assert_eq!(read(&server.answer(&renew(1)).unwrap()).0, MessageType::Ack);
        server.keep_for_device(Ipv4Addr::new(192, 168, 1, 200));
        assert_eq!(read(&server.answer(&renew(1)).unwrap()).0, MessageType::Nak);
        let offer = server.answer(&message(1, MessageType::Discover, &[])).unwrap();
        assert_eq!(read(&offer).1, Ipv4Addr::new(192, 168, 1, 200));
    }

    #[test]
    fn the_router_to_other_networks_is_the_one_that_the_network_has() {
        let named = |gateway| {
            let subnet = Subnet { gateway, ..Subnet::new(None, None, None) };
            let answer =
                DhcpServer::new(subnet, DEVICE).answer(&message(1, MessageType::Discover, &[])).unwrap();
            let offer = Message::decode(&mut Decoder::new(&answer.bytes)).unwrap();
            offer.opts().get(OptionCode::Router).cloned()
        };
        let router = |host| Some(DhcpOption::Router(vec![Ipv4Addr::new(192, 168, 1, host)]));
        assert_eq!(named(Gateway::Router), router(1));
        assert_eq!(named(Gateway::None), None);
        assert_eq!(named(Gateway::Silent), router(76));
    }

    /// RFC 8910 section 2: by DHCPv4 it is said to who asks for it.
    #[test]
    fn a_captive_portal_is_named_to_who_asks() {
        let portal = "https://portal.example/api".to_owned();
        let subnet = Subnet { captive_portal: Some(portal.clone()), ..Subnet::new(None, None, None) };
        let mut server = DhcpServer::new(subnet, DEVICE);
        let mut named = |asked: &[OptionCode]| {
            let list = DhcpOption::ParameterRequestList(asked.to_vec());
            let answer = server.answer(&message(1, MessageType::Discover, &[list])).unwrap();
            let offer = Message::decode(&mut Decoder::new(&answer.bytes)).unwrap();
            offer.opts().get(OptionCode::CaptivePortal).cloned()
        };
        assert_eq!(named(&[OptionCode::Router]), None);
        assert_eq!(named(&[OptionCode::CaptivePortal]), Some(DhcpOption::CaptivePortal(portal)));
    }

    #[test]
    fn a_router_without_dhcp_says_nothing() {
        let mut server = DhcpServer::new(Subnet { dhcp: false, ..Subnet::new(None, None, None) }, DEVICE);
        assert!(server.answer(&message(1, MessageType::Discover, &[])).is_none());
        let ipv6_only = Subnet { ipv6_only: true, ..Subnet::new(None, None, None) };
        assert!(DhcpServer::new(ipv6_only, DEVICE).answer(&message(1, MessageType::Discover, &[])).is_none());
    }

    /// Found by a campaign with altered frames: the length is a byte of the message, its room is 16.
    #[test]
    fn a_hardware_address_of_another_length_is_no_clients() {
        let mut altered = message(1, MessageType::Discover, &[]);
        assert!(server().answer(&altered).is_some());
        for length in (0..=u8::MAX).filter(|length| *length != 6) {
            altered[2] = length;
            assert!(server().answer(&altered).is_none(), "{length}");
        }
    }
}

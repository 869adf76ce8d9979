//! The DHCP server of a stand-in on a link (RFC 2131), as its profile says it is: right, or wrong in one of the ways
//! that portals are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use dhcproto::v4::{DhcpOption, MessageType};
use vestibule_core::MacAddress;

use super::Dhcp;
use crate::host::dhcp_message::Request;

/// The netmask of an access point's subnet.
const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

/// How many addresses a portal lends whose profile does not say: as many as a subnet of 24 bits has beside its own.
const ADDRESSES: u8 = 253;

/// Seconds of a lease where a profile says nothing. Chosen.
const LEASE_SECONDS: u32 = 7200;

/// On which terms addresses are lent.
struct Terms {
    answers: bool,
    confirms: bool,
    renews: bool,
    refuses: bool,
    declines: bool,
    addresses: u8,
    router: bool,
    dns: bool,
    lease: Option<u32>,
    option_108: Option<u32>,
    option_114: Option<String>,
}

impl Terms {
    /// Those of a profile; what it does not say is as it should be.
    fn new(dhcp: Option<&Dhcp>) -> Self {
        Self {
            answers: dhcp.is_none_or(|dhcp| dhcp.answers),
            confirms: dhcp.is_none_or(|dhcp| dhcp.confirms),
            renews: dhcp.is_none_or(|dhcp| dhcp.renews),
            refuses: dhcp.is_none_or(|dhcp| dhcp.refuses),
            declines: dhcp.is_none_or(|dhcp| dhcp.declines),
            addresses: dhcp.and_then(|dhcp| dhcp.addresses).unwrap_or(ADDRESSES),
            router: dhcp.is_none_or(|dhcp| dhcp.router),
            dns: dhcp.is_none_or(|dhcp| dhcp.dns),
            lease: Some(dhcp.and_then(|dhcp| dhcp.lease).unwrap_or(LEASE_SECONDS))
                .filter(|seconds| *seconds > 0),
            option_108: dhcp.and_then(|dhcp| dhcp.option_108),
            option_114: dhcp.and_then(|dhcp| dhcp.option_114.clone()),
        }
    }
}

/// The server of one portal.
pub(crate) struct DhcpServer {
    terms: Terms,
    address: Ipv4Addr,
    leases: BTreeMap<[u8; 6], Ipv4Addr>,
    declined: BTreeSet<Ipv4Addr>,
}

impl DhcpServer {
    /// Of a portal with this address.
    pub(crate) fn new(address: Ipv4Addr, dhcp: Option<&Dhcp>) -> Self {
        Self { terms: Terms::new(dhcp), address, leases: BTreeMap::new(), declined: BTreeSet::new() }
    }

    /// A client's message. Returns the reply, which is broadcast, so that it reaches a client without an address.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let request = Request::read(bytes)?;
        let client = request.client;
        match request.kind {
            MessageType::Discover if self.terms.answers => {
                let address = self.address_of(client)?;
                request.reply(MessageType::Offer, self.address, Some((address, self.options())))
            }
            MessageType::Request if self.terms.confirms => {
                if request.option_50().is_none() && !self.terms.renews {
                    return None;
                }
                let requested = request.requested();
                if self.leases.get(&client) == Some(&requested) || !self.terms.refuses {
                    request.reply(MessageType::Ack, self.address, Some((requested, self.options())))
                } else {
                    request.reply(MessageType::Nak, self.address, None)
                }
            }
            MessageType::Decline => {
                if self.terms.declines {
                    self.declined.extend(self.leases.remove(&client));
                }
                None
            }
            _ => None,
        }
    }

    fn address_of(&mut self, client: [u8; 6]) -> Option<Ipv4Addr> {
        if let Some(address) = self.leases.get(&client) {
            return Some(*address);
        }
        let [a, b, c, own] = self.address.octets();
        let taken = self.leases.values().chain(&self.declined);
        let taken: BTreeSet<u8> = taken.map(|address| address.octets()[3]).collect();
        let host = (1..=254)
            .filter(|host| *host != own)
            .take(usize::from(self.terms.addresses))
            .find(|host| !taken.contains(host))?;
        let address = Ipv4Addr::new(a, b, c, host);
        self.leases.insert(client, address);
        Some(address)
    }

    /// What a client is told beside its address.
    fn options(&self) -> Vec<DhcpOption> {
        let Self { terms, address, .. } = self;
        let stated = [
            Some(DhcpOption::SubnetMask(NETMASK)),
            terms.router.then(|| DhcpOption::Router(vec![*address])),
            terms.dns.then(|| DhcpOption::DomainNameServer(vec![*address])),
            terms.lease.map(DhcpOption::AddressLeaseTime),
            terms.option_108.map(DhcpOption::Ipv6OnlyPreferred),
            terms.option_114.clone().map(DhcpOption::CaptivePortal),
        ];
        stated.into_iter().flatten().collect()
    }
}

/// The hardware address of a stand-in: locally administered.
pub(super) const STAND_IN_MAC: MacAddress = MacAddress([0x02, 0x50, 0x4f, 0x52, 0x54, 0x01]);

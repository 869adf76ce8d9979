//! The network behind a router's access point: its subnet, and who has which address there. What
//! the router does with it is the driver's.

use std::net::Ipv4Addr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use smoltcp::wire::Ipv4Cidr;

/// What is usual at home.
const USUAL: Ipv4Cidr = Ipv4Cidr::new(Ipv4Addr::new(192, 168, 1, 0), 24);

/// The host number that a router gives the device, where the subnet has as many. Chosen.
const DEVICE: u32 = 77;

/// For how long a router lends an address: one day, as they commonly do. Chosen.
const LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// After how long the device's DHCP client asks again, as smoltcp's does, and so embassy-net's. It then
/// takes no offer that answers an earlier question: each has a number of its own.
const DHCP_RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// Where a network leads, as scenarios write it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Gateway {
    /// Its router is the way to other networks.
    #[default]
    Router,
    /// Nowhere: with the address it names no router.
    None,
    /// Nowhere: the router that it names does not answer.
    Silent,
    /// To its own sign-in page, as a hotel's: who asks for anything else is sent there.
    Captive,
}

impl Gateway {
    /// Whether a router is named that answers, so that the device takes it for the way to other networks.
    pub fn answers(self) -> bool {
        matches!(self, Self::Router | Self::Captive)
    }
}

/// A home network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its subnet.
    pub cidr: Ipv4Cidr,
    /// The router's own address.
    pub router: Ipv4Addr,
    /// The address that the router keeps for the device.
    pub device: Ipv4Addr,
    /// Whether the router hands out IPv4 addresses.
    pub dhcp: bool,
    /// Whether the network has IPv6 alone: its router advertises a prefix, and nobody there has an IPv4 address.
    pub ipv6_only: bool,
    /// How long the router takes before it offers an address.
    pub dhcp_delay: Duration,
    /// For how long it lends an address.
    pub lease: Duration,
    /// Where it leads.
    pub gateway: Gateway,
    /// The name over mDNS of another host there.
    pub namesake: Option<String>,
    /// What its router says of a captive portal (DHCP option 114) to who asks for that.
    pub captive_portal: Option<String>,
}

impl Subnet {
    /// The network of this subnet, 192.168.1.0/24 without one, with the usual addresses where none
    /// are given: the router's is the first, the device's the 77th or the second.
    pub fn new(subnet: Option<Ipv4Cidr>, router: Option<Ipv4Addr>, device: Option<Ipv4Addr>) -> Self {
        let subnet = subnet.unwrap_or(USUAL).network();
        let hosts = u32::MAX.checked_shr(subnet.prefix_len().into()).unwrap_or(0);
        let usual_device = if hosts > DEVICE { DEVICE } else { 2 };
        Self {
            cidr: subnet,
            router: router.unwrap_or(nth(subnet, 1)),
            device: device.unwrap_or(nth(subnet, usual_device)),
            dhcp: true,
            ipv6_only: false,
            dhcp_delay: Duration::ZERO,
            lease: LEASE,
            gateway: Gateway::Router,
            namesake: None,
            captive_portal: None,
        }
    }

    /// Whether its router has a DHCP server.
    pub fn gives_addresses(&self) -> bool {
        self.dhcp && !self.ipv6_only
    }

    /// Whether a device that asks is given an address.
    pub fn offers_in_time(&self) -> bool {
        self.gives_addresses() && self.dhcp_delay < DHCP_RETRY_INTERVAL
    }

    /// The router that it names with an address, if any. A silent one is where nobody is: at the address
    /// that guests would get last.
    pub fn named_router(&self) -> Option<Ipv4Addr> {
        match self.gateway {
            Gateway::Router | Gateway::Captive => Some(self.router),
            Gateway::None => None,
            Gateway::Silent => self.pool().last(),
        }
    }

    /// Whether a host of this network can have the address.
    pub fn has_room_for(&self, address: Ipv4Addr) -> bool {
        self.cidr.contains_addr(&address)
            && address != self.cidr.address()
            && Some(address) != self.cidr.broadcast()
    }

    /// Keeps another address for the device: the guests' last but one, for the last is a silent router's.
    pub fn keep_another_address(&mut self) {
        let guests: Vec<Ipv4Addr> = self.pool().collect();
        if let [.., other, _] = guests[..] {
            self.device = other;
        }
    }

    /// The addresses for guests, those behind the device's first.
    pub fn pool(&self) -> impl Iterator<Item = Ipv4Addr> {
        let hosts = u32::MAX.checked_shr(self.cidr.prefix_len().into()).unwrap_or(0);
        let first = u32::from(self.device) & hosts;
        (first + 1..hosts)
            .chain(1..first)
            .map(|number| nth(self.cidr, number))
            .filter(|address| *address != self.router)
    }
}

fn nth(subnet: Ipv4Cidr, number: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(subnet.address()) | number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_the_address_of_another() {
        let subnet = Subnet::new("10.0.0.0/29".parse().ok(), None, Some(Ipv4Addr::new(10, 0, 0, 5)));
        let pool: Vec<String> = subnet.pool().map(|address| address.to_string()).collect();
        assert_eq!(pool, ["10.0.0.6", "10.0.0.2", "10.0.0.3", "10.0.0.4"]);
        assert!(subnet.pool().all(|address| subnet.has_room_for(address)));
    }

    #[test]
    fn another_address_is_one_of_the_subnets_that_no_router_has() {
        let mut subnet = Subnet { gateway: Gateway::Silent, ..Subnet::new(None, None, None) };
        let silent = subnet.named_router();
        let mut kept = vec![subnet.device];
        for _ in 0..3 {
            subnet.keep_another_address();
            assert!(!kept.contains(&subnet.device) && subnet.has_room_for(subnet.device), "{kept:?}");
            assert!(subnet.device != subnet.router && Some(subnet.device) != silent);
            kept.push(subnet.device);
        }
    }

    #[test]
    fn a_silent_router_has_nobodys_address() {
        let named = |gateway| Subnet { gateway, ..Subnet::new(None, None, None) }.named_router();
        assert_eq!(named(Gateway::Router), Some(Ipv4Addr::new(192, 168, 1, 1)));
        assert_eq!(named(Gateway::Captive), named(Gateway::Router));
        assert_eq!(named(Gateway::None), None);
        assert_eq!(named(Gateway::Silent), Some(Ipv4Addr::new(192, 168, 1, 76)));
    }

    #[test]
    fn a_subnet_too_small_for_the_usual_address_gives_the_second() {
        let usual = |subnet: &str| Subnet::new(subnet.parse().ok(), None, None).device.to_string();
        assert_eq!(usual("192.168.4.0/24"), "192.168.4.77");
        assert_eq!(usual("192.168.4.0/25"), "192.168.4.77");
        assert_eq!(usual("192.168.4.0/26"), "192.168.4.2");
        assert_eq!(usual("10.0.0.0/8"), "10.0.0.77");
    }
}

//! Whose each exchange is: by what DHCP says, by hardware addresses, by addresses of IP. A client may have
//! several addresses, one at a device's access point and one at home; and a hardware address may stand for
//! many clients, if it is a router's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use super::link::Mac;
use super::{Event, Heard, dhcp};

/// How many bits of an address are its subnet's, where no server says it: what home networks have.
const SUBNET_BITS: u32 = 24;

/// By what the events of one client are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Mac(Mac),
    Address(IpAddr),
}

/// A DHCP message says itself whose it is.
pub(super) fn mac_of(event: &Event) -> Option<Mac> {
    match &event.heard {
        Heard::Dhcp(message) => dhcp::chaddr(message).or(event.asker.mac),
        Heard::Lease(_) => None,
        _ => event.asker.mac,
    }
}

/// What is known of the hosts in a capture.
#[derive(Default)]
pub(super) struct Hosts {
    /// Who had an address, in the order of time.
    owners: BTreeMap<Ipv4Addr, Vec<Owner>>,
    /// Those who asked for an address.
    clients: BTreeSet<Mac>,
    /// The addresses that servers name as routers', and how long subnets are.
    router_addresses: BTreeSet<Ipv4Addr>,
    subnet_bits: BTreeMap<Ipv4Addr, u32>,
    /// Hardware addresses that send for others.
    routers: BTreeSet<Mac>,
    of_address: BTreeMap<IpAddr, Mac>,
}

/// Whose an address is from a time on.
#[derive(Clone, Copy)]
struct Owner {
    since: u64,
    mac: Mac,
    /// A server said so, and not only the client.
    is_given: bool,
}

/// An address that a hardware address sends from.
#[derive(Clone, Copy, Default)]
struct Use {
    /// DHCP gave it to this one, or to another one.
    is_own: bool,
    is_anothers: bool,
    /// It asked a neighbour, which no router does for somebody else.
    is_on_link: bool,
}

impl Hosts {
    /// Learns of all events, which come in the order of time.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut hosts = Self::default();
        let mut requests = BTreeMap::new();
        events.iter().for_each(|event| hosts.learn(event, &mut requests));
        let mut uses: BTreeMap<Mac, BTreeMap<Ipv4Addr, Use>> = BTreeMap::new();
        for event in events {
            let IpAddr::V4(address) = event.asker.address else { continue };
            let Some(mac) = event.asker.mac else { continue };
            if address.is_unspecified() || matches!(event.heard, Heard::Dhcp(_) | Heard::Lease(_)) {
                continue;
            }
            let owner = hosts.owner(address, event.at);
            let used = uses.entry(mac).or_default().entry(address).or_default();
            used.is_own |= owner.is_some_and(|owner| owner.mac == mac);
            used.is_anothers |= owner.is_some_and(|owner| owner.mac != mac && owner.is_given);
            used.is_on_link |= hosts.are_neighbours(address, event.asker.server);
        }
        let routers = uses.iter().filter(|(mac, uses)| hosts.is_router(**mac, uses));
        hosts.routers = routers.map(|(mac, _)| *mac).collect();
        for event in events {
            let mac = mac_of(event).filter(|mac| !hosts.routers.contains(mac));
            if let (Some(mac), false) = (mac, event.asker.address.is_unspecified()) {
                hosts.of_address.insert(event.asker.address, mac);
            }
        }
        hosts
    }

    /// What a DHCP message says. `requests` has the address that each client asked for last.
    fn learn(&mut self, event: &Event, requests: &mut BTreeMap<Mac, Ipv4Addr>) {
        let (Heard::Dhcp(message) | Heard::Lease(message)) = &event.heard else { return };
        let Some(mac) = dhcp::chaddr(message) else { return };
        let is_lease = matches!(event.heard, Heard::Lease(_));
        let address = match (is_lease, dhcp::kind(message)) {
            (false, Some(dhcp::REQUEST | dhcp::INFORM)) => dhcp::requested(message),
            (true, Some(dhcp::ACK)) => dhcp::given(message),
            // What it asked for was not its own.
            (true, Some(dhcp::NAK)) => {
                let owners = requests.remove(&mac).and_then(|address| self.owners.get_mut(&address));
                owners.into_iter().for_each(|owners| {
                    owners.pop_if(|owner| owner.mac == mac && !owner.is_given);
                });
                return;
            }
            _ => None,
        };
        if is_lease {
            self.router_addresses.extend(dhcp::routers(message));
        } else {
            self.clients.insert(mac);
        }
        let Some(address) = address else { return };
        if is_lease {
            self.subnet_bits.extend(dhcp::subnet_bits(message).map(|bits| (address, bits)));
        } else {
            requests.insert(mac, address);
        }
        let owners = self.owners.entry(address).or_default();
        match owners.last_mut().filter(|owner| owner.mac == mac) {
            Some(owner) => owner.is_given |= is_lease,
            None => owners.push(Owner { since: event.at, mac, is_given: is_lease }),
        }
    }

    /// Who had an address then.
    fn owner(&self, address: Ipv4Addr, at: u64) -> Option<Owner> {
        let owners = self.owners.get(&address)?;
        let later = owners.partition_point(|owner| owner.since <= at);
        later.checked_sub(1).map(|last| owners[last])
    }

    fn are_neighbours(&self, address: Ipv4Addr, other: IpAddr) -> bool {
        let IpAddr::V4(other) = other else { return false };
        let bits = self.subnet_bits.get(&address).copied().unwrap_or(SUBNET_BITS);
        let different = address.to_bits() ^ other.to_bits();
        different.leading_zeros() >= bits
    }

    /// Whether a hardware address that sends from these is a router's, or that of something else that sends
    /// for others.
    fn is_router(&self, mac: Mac, uses: &BTreeMap<Ipv4Addr, Use>) -> bool {
        if uses.values().any(|used| used.is_anothers) {
            return true;
        }
        if uses.len() < 2 {
            return false;
        }
        let of_nobody: Vec<_> = uses.iter().filter(|(_, used)| !used.is_own).collect();
        let is_named = uses.keys().any(|address| self.router_addresses.contains(address));
        // Two addresses of one subnet that nobody gave it: it stands between that subnet and the capture.
        let has_several_of_one =
            of_nobody.windows(2).any(|two| self.are_neighbours(*two[0].0, (*two[1].0).into()));
        // What asks for an address itself is a client.
        let is_beyond = !self.clients.contains(&mac) && of_nobody.iter().any(|(_, used)| !used.is_on_link);
        is_named || has_several_of_one || is_beyond
    }

    /// The client that sent this; nobody where a server did.
    pub(super) fn whose(&self, event: &Event) -> Option<Whose> {
        let address = event.asker.address;
        let mac =
            mac_of(event).filter(|mac| matches!(event.heard, Heard::Dhcp(_)) || !self.routers.contains(mac));
        if matches!(event.heard, Heard::Lease(_)) {
            return None;
        }
        let owner = || match address {
            // What was before the first word of DHCP is of whom it is about.
            IpAddr::V4(v4) => self.owner(v4, event.at).or_else(|| self.owners.get(&v4)?.first().copied()),
            IpAddr::V6(_) => None,
        };
        let by_dhcp = || owner().map(|owner| owner.mac);
        let mac = mac.or_else(by_dhcp).or_else(|| self.of_address.get(&address).copied());
        Some(mac.map_or(Whose::Address(address), Whose::Mac))
    }
}

#[cfg(test)]
mod tests {
    use super::super::flows::Asker;
    use super::*;

    const PHONE: Mac = [8, 0, 0, 0, 0, 1];
    const OTHER: Mac = [8, 0, 0, 0, 0, 2];
    const ROUTER: Mac = [8, 0, 0, 0, 0, 9];
    const AT_DEVICE: [u8; 4] = [192, 168, 4, 2];
    const AT_HOME: [u8; 4] = [192, 168, 1, 50];

    /// A question for a name from here to there.
    fn question(at: u64, mac: Option<Mac>, from: [u8; 4], to: [u8; 4]) -> Event {
        let asker = Asker { address: from.into(), mac, server: to.into() };
        Event { at, offset: 0, asker, heard: Heard::Question { payload: Vec::new(), over_tcp: false } }
    }

    /// A DHCP message of this type.
    fn dhcp(at: u64, kind: u8, mac: Mac, yiaddr: [u8; 4], options: &[u8]) -> Event {
        let is_reply = matches!(kind, dhcp::ACK | dhcp::NAK);
        let mut message = vec![if is_reply { 2 } else { 1 }, 1, 6];
        message.resize(16, 0);
        message.extend(yiaddr);
        message.resize(28, 0);
        message.extend(mac);
        message.resize(236, 0);
        message.extend([99, 130, 83, 99, 53, 1, kind]);
        message.extend(options);
        message.push(255);
        let asker =
            Asker { address: Ipv4Addr::UNSPECIFIED.into(), mac: None, server: Ipv4Addr::BROADCAST.into() };
        let heard = if is_reply { Heard::Lease(message) } else { Heard::Dhcp(message) };
        Event { at, offset: 0, asker, heard }
    }

    fn whose(events: &[Event]) -> Vec<Option<Whose>> {
        let hosts = Hosts::of(events);
        events.iter().map(|event| hosts.whose(event)).collect()
    }

    const fn address(address: [u8; 4]) -> Option<Whose> {
        let [a, b, c, d] = address;
        Some(Whose::Address(IpAddr::V4(Ipv4Addr::new(a, b, c, d))))
    }

    #[test]
    fn a_phone_at_the_device_and_then_at_home_is_one_client() {
        let events = [
            dhcp(0, 1, PHONE, [0; 4], &[]),
            question(1, Some(PHONE), AT_DEVICE, [192, 168, 4, 1]),
            question(2, Some(PHONE), AT_HOME, [192, 168, 1, 1]),
            question(3, Some(PHONE), AT_HOME, [8, 8, 8, 8]),
        ];
        assert_eq!(whose(&events), [Some(Whose::Mac(PHONE)); 4]);
        // What somebody else only asked for is not somebody else's.
        let wish = dhcp(0, dhcp::REQUEST, OTHER, [0; 4], &[50, 4, 192, 168, 1, 50]);
        let [discover, further @ ..] = events;
        let mut with_wish = vec![discover, wish];
        with_wish.extend(further);
        assert_eq!(whose(&with_wish)[2..], [Some(Whose::Mac(PHONE)); 3]);
        // Without a word of DHCP too, if it asked a neighbour in each place.
        assert_eq!(whose(&with_wish[2..]), [Some(Whose::Mac(PHONE)); 3]);
    }

    #[test]
    fn what_forwards_is_a_router_and_its_clients_are_told_by_their_addresses() {
        let far = [1, 1, 1, 1];
        let beyond = [question(0, Some(ROUTER), AT_DEVICE, far), question(1, Some(ROUTER), AT_HOME, far)];
        assert_eq!(whose(&beyond), [address(AT_DEVICE), address(AT_HOME)]);
        // Two of one subnet, though it has asked for an address itself: something that repeats a radio.
        let second = [192, 168, 1, 51];
        let repeated = [
            dhcp(0, 1, ROUTER, [0; 4], &[]),
            question(1, Some(ROUTER), AT_HOME, [192, 168, 1, 1]),
            question(2, Some(ROUTER), second, [192, 168, 1, 1]),
        ];
        assert_eq!(whose(&repeated)[1..], [address(AT_HOME), address(second)]);
        // Its own address is one that a server names.
        let named = [
            dhcp(0, dhcp::ACK, OTHER, AT_HOME, &[3, 4, 192, 168, 1, 1]),
            question(1, Some(ROUTER), [192, 168, 1, 1], [192, 168, 1, 2]),
            question(2, Some(ROUTER), AT_DEVICE, [192, 168, 4, 1]),
        ];
        assert_eq!(whose(&named), [None, address([192, 168, 1, 1]), address(AT_DEVICE)]);
        // And whatever sends from an address that is somebody else's.
        let anothers =
            [dhcp(0, dhcp::ACK, PHONE, AT_HOME, &[]), question(1, Some(ROUTER), AT_HOME, [192, 168, 1, 1])];
        assert_eq!(whose(&anothers)[1], Some(Whose::Mac(PHONE)));
    }

    #[test]
    fn dhcp_names_an_addresss_owner_where_a_link_has_no_addresses() {
        let second = [192, 168, 4, 3];
        let wants = [50, 4, 192, 168, 4, 2];
        let events = [
            dhcp(0, dhcp::REQUEST, PHONE, [0; 4], &wants),
            question(1, None, AT_DEVICE, [192, 168, 4, 1]),
            dhcp(2, dhcp::ACK, OTHER, second, &[1, 4, 255, 255, 255, 0]),
            question(3, None, second, [192, 168, 4, 1]),
            // The address goes to another one later.
            dhcp(4, dhcp::REQUEST, OTHER, [0; 4], &wants),
            question(5, None, AT_DEVICE, [192, 168, 4, 1]),
            // A wish that is refused says nothing.
            dhcp(6, dhcp::REQUEST, PHONE, [0; 4], &wants),
            dhcp(7, dhcp::NAK, PHONE, [0; 4], &[]),
            question(8, None, AT_DEVICE, [192, 168, 4, 1]),
            question(9, None, AT_HOME, [192, 168, 1, 1]),
        ];
        let (phone, other) = (Some(Whose::Mac(PHONE)), Some(Whose::Mac(OTHER)));
        let expected = [phone, phone, None, other, other, other, phone, None, other, address(AT_HOME)];
        assert_eq!(whose(&events), expected);
    }
}

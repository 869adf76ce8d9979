//! The home networks, frame by frame: their routers, the device's station, and phones that visit it there.
//! This module knows which host is on which network; links and impairments are the driver's.
//!
//! # What is simulated, and how faithfully
//!
//! The device's DHCP client, ARP and HTTP and the router's answers are real frames. A router is created with
//! the first host of its network and remembers its DHCP leases; it forwards nothing to other networks, for
//! no host needs one. A frame from one station to another is relayed by the router's access point, so it is
//! transmitted twice. A phone is on its home network as soon as the world says so: its association is not
//! simulated.

mod dhcp_server;
mod router;
mod station;
mod visitor;

use std::collections::BTreeMap;

use vestibule_core::{Instant, MacAddress};

use super::STATION_MAC;
use super::http_server::ConnectionNumbers;
use crate::host::Stack;
use crate::host::frame;
use crate::phone::DhcpFingerprint;
use crate::radio::{Network, PhoneId};
use crate::random_streams::{RandomStream, number};
use crate::world::{Load, Loaded, World};
pub(in crate::world) use router::RECEIVER_PORT;
use router::Router;
use station::Station;
use visitor::Visitor;

/// A host on a home network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::world) enum HomeHost {
    /// The network's router.
    Router,
    /// The device.
    Station,
    /// A phone.
    Visitor(PhoneId),
}

/// A frame that a host sends.
pub(in crate::world) struct Sent {
    /// On which network, by its place in the scenario.
    pub(in crate::world) network: usize,
    pub(in crate::world) from: HomeHost,
    /// The hosts that receive it, each with the number of transmissions until then.
    pub(in crate::world) to: Vec<(HomeHost, u32)>,
    pub(in crate::world) frame: Vec<u8>,
}

/// All home networks.
pub(in crate::world) struct Home {
    seed: u64,
    routers: BTreeMap<usize, Router>,
    station: Option<Station>,
    /// The network with a station that is not one of these hosts but outside this process.
    foreign_station: Option<usize>,
    visitors: BTreeMap<PhoneId, Visitor>,
}

impl Home {
    pub(in crate::world) fn new(seed: u64) -> Self {
        Self {
            seed,
            routers: BTreeMap::new(),
            station: None,
            foreign_station: None,
            visitors: BTreeMap::new(),
        }
    }

    /// Creates and removes the device's station as the air says where it is associated.
    pub(super) fn follow_association(
        &mut self,
        numbers: &mut ConnectionNumbers,
        world: &mut World,
        now: Instant,
    ) {
        let association = world.air().association();
        if self.station.as_ref().map(|station| station.association) == association {
            return;
        }
        if let Some(station) = self.station.take() {
            station.cut(numbers, world);
        }
        if let Some(association) = association {
            let seed = number(self.seed, RandomStream::StationStack, association.attempt);
            self.station = Some(Station::new(association, STATION_MAC, seed, now));
            self.open_router(association.network, world.air().networks(), now);
        }
    }

    /// Says on which network the device's station is that runs outside this process: frames for it are
    /// returned by [`Home::sent`].
    pub(in crate::world) fn set_foreign_station(
        &mut self,
        network: Option<usize>,
        networks: &[Network],
        now: Instant,
    ) {
        self.foreign_station = network;
        if let Some(network) = network {
            self.open_router(network, networks, now);
        }
    }

    fn open_router(&mut self, network: usize, networks: &[Network], now: Instant) {
        let Some(spec) = networks.get(network) else { return };
        let seed = self.seed;
        self.routers.entry(network).or_insert_with(|| {
            let seed = number(seed, RandomStream::RouterStack, network as u64);
            Router::new(spec.bssid, spec.subnet.clone(), STATION_MAC, seed, now)
        });
    }

    /// A phone is on a home network and loads a page there.
    pub(in crate::world) fn visit(
        &mut self,
        phone: PhoneId,
        system: Option<DhcpFingerprint>,
        network: usize,
        load: Load,
        networks: &[Network],
        now: Instant,
    ) {
        self.open_router(network, networks, now);
        let visitor = Visitor::new(network, load, (phone, system), self.seed, now);
        self.visitors.insert(phone, visitor);
    }

    /// A phone has left its home network.
    pub(in crate::world) fn leave(&mut self, phone: PhoneId) {
        self.visitors.remove(&phone);
    }

    /// Lets every host continue. Returns whether anything moved.
    pub(in crate::world) fn serve(
        &mut self,
        numbers: &mut ConnectionNumbers,
        world: &mut World,
        now: Instant,
    ) -> bool {
        let mut moved = false;
        for (number, router) in &mut self.routers {
            if let Some(network) = world.air().networks().get(*number) {
                router.keep_for_device(network.subnet.device);
            }
            router.poll(now);
            moved |= router.serve_webhooks(world, now);
        }
        if let Some(station) = &mut self.station {
            station.stack.poll(now);
            moved |= station.serve(numbers, world, now);
        }
        let mut over = Vec::new();
        for (phone, visitor) in &mut self.visitors {
            visitor.stack.poll(now);
            if let Some((load, loaded)) = visitor.serve(now) {
                over.push((*phone, load, loaded));
            }
        }
        for (phone, load, loaded) in over {
            self.end_visit(phone, load, loaded, world, now);
            moved = true;
        }
        moved
    }

    fn end_visit(&mut self, phone: PhoneId, load: u64, loaded: Loaded, world: &mut World, now: Instant) {
        self.visitors.remove(&phone);
        world.visited(phone, load, loaded, now);
    }

    /// A frame reaches a host.
    pub(in crate::world) fn receive(&mut self, network: usize, to: HomeHost, frame: Vec<u8>, now: Instant) {
        match to {
            HomeHost::Router => {
                if let Some(router) = self.routers.get_mut(&network) {
                    router.receive(frame, now);
                }
            }
            // A host that is on another network meanwhile does not receive it.
            HomeHost::Station => {
                if let Some(station) =
                    self.station.as_mut().filter(|station| station.association.network == network)
                {
                    station.receive(frame);
                }
            }
            HomeHost::Visitor(phone) => {
                if let Some(visitor) =
                    self.visitors.get_mut(&phone).filter(|visitor| visitor.network == network)
                {
                    visitor.receive(frame, now);
                }
            }
        }
    }

    /// The frames that the hosts have sent, in order, with their receivers.
    pub(in crate::world) fn sent(&mut self, networks: &[Network]) -> Vec<Sent> {
        let mut sent = Vec::new();
        let mut take = |network, from, stack: &mut Stack| {
            while let Some(frame) = stack.next_frame() {
                sent.push(Sent { network, from, to: Vec::new(), frame });
            }
        };
        for (network, router) in &mut self.routers {
            take(*network, HomeHost::Router, &mut router.stack);
        }
        if let Some(station) = &mut self.station {
            take(station.association.network, HomeHost::Station, &mut station.stack);
        }
        for (phone, visitor) in &mut self.visitors {
            take(visitor.network, HomeHost::Visitor(*phone), &mut visitor.stack);
        }
        sent.retain(|sent| networks.get(sent.network).is_some_and(|network| network.on_air));
        for sent in &mut sent {
            sent.to = self.receivers(sent.network, sent.from, &sent.frame);
        }
        sent
    }

    /// The hosts that receive a frame of `from`, each with the number of transmissions until then.
    pub(in crate::world) fn receivers(
        &self,
        network: usize,
        from: HomeHost,
        bytes: &[u8],
    ) -> Vec<(HomeHost, u32)> {
        let to = frame::receiver(bytes);
        let hosts = self
            .hosts(network)
            .filter(|(host, mac)| *host != from && (to == Some(*mac) || frame::is_multicast(to)));
        let is_router = |host| host == HomeHost::Router;
        hosts.map(|(host, _)| (host, if is_router(host) || is_router(from) { 1 } else { 2 })).collect()
    }

    /// All hosts on a network, with their hardware addresses.
    pub(in crate::world) fn hosts(&self, network: usize) -> impl Iterator<Item = (HomeHost, MacAddress)> {
        let router = self.routers.get(&network).map(|router| (HomeHost::Router, router.stack.mac()));
        let station = self.station.as_ref().map(|station| station.association.network);
        let station = station.or(self.foreign_station).filter(|on| *on == network);
        let visitors = self.visitors.iter().filter(move |(_, visitor)| visitor.network == network);
        router
            .into_iter()
            .chain(station.map(|_| (HomeHost::Station, STATION_MAC)))
            .chain(visitors.map(|(phone, visitor)| (HomeHost::Visitor(*phone), visitor.stack.mac())))
    }

    /// The time at which a host must be served, if nothing arrives before.
    pub(in crate::world) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let routers = self.routers.values_mut().filter_map(|router| router.poll_timeout(now));
        let station = self.station.as_mut().and_then(|station| station.poll_timeout(now));
        let visitors = self.visitors.values_mut().filter_map(|visitor| visitor.poll_timeout(now));
        routers.chain(station).chain(visitors).min()
    }
}

//! The home networks, frame by frame: their routers, the device's station, and phones that visit it
//! there. Knows who is on which network; what the air does to frames is the driver's.
//!
//! # What is simulated, and how faithfully
//!
//! The device's DHCP client, ARP and HTTP and the router's answers are real frames. A router is made
//! when the first frame of its network is there, and remembers whom it gave which address; it leads
//! nowhere, for nothing outside is asked for. What one guest sends another goes by the router's access
//! point, and so takes the air twice. A phone on its way home is there when the world says so: how
//! it associated is not simulated.

mod dhcp_server;
mod router;
mod station;
mod visitor;

use std::collections::BTreeMap;

use vestibule_core::{Instant, MacAddress};

use super::STATION_MAC;
use super::frame;
use super::http_server::Numbers;
use super::stack::Stack;
use crate::radio::{Network, PhoneId};
use crate::random_streams::{RandomStream, number};
use crate::world::{Load, Loaded, World};
pub(in crate::world) use router::RECEIVER_PORT;
use router::Router;
use station::Station;
use visitor::Visitor;

/// A host on a home network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::world) enum Guest {
    /// The network's router.
    Router,
    /// The device.
    Station,
    /// A phone.
    Visitor(PhoneId),
}

/// A frame that a guest sends.
pub(in crate::world) struct Sent {
    /// On which network, by its place in the scenario.
    pub(in crate::world) network: usize,
    pub(in crate::world) from: Guest,
    /// Who hears it, and how often it takes the air until then.
    pub(in crate::world) to: Vec<(Guest, u32)>,
    pub(in crate::world) frame: Vec<u8>,
}

/// All home networks.
pub(in crate::world) struct Home {
    seed: u64,
    routers: BTreeMap<usize, Router>,
    station: Option<Station>,
    /// The network on which there is a station that is not one of these hosts.
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

    /// The device's station is where the air says.
    pub(super) fn follow(&mut self, numbers: &mut Numbers, world: &mut World, now: Instant) {
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

    /// The device's station is on that network and runs elsewhere: frames for it are handed out.
    pub(in crate::world) fn station_is_elsewhere(
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

    /// A phone is on a home network, and opens a page from there.
    pub(in crate::world) fn visit(
        &mut self,
        phone: PhoneId,
        network: usize,
        load: Load,
        networks: &[Network],
        now: Instant,
    ) {
        self.open_router(network, networks, now);
        let visitor = Visitor::new(network, load, phone, self.seed, now);
        self.visitors.insert(phone, visitor);
    }

    /// A phone has left its home network.
    pub(in crate::world) fn leave(&mut self, phone: PhoneId) {
        self.visitors.remove(&phone);
    }

    /// Lets every host do what it can now. Returns whether anything moved.
    pub(in crate::world) fn serve(&mut self, numbers: &mut Numbers, world: &mut World, now: Instant) -> bool {
        let mut moved = false;
        for router in self.routers.values_mut() {
            router.poll(now);
            moved |= router.serve(world, now);
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
    pub(in crate::world) fn receive(&mut self, network: usize, to: Guest, frame: Vec<u8>, now: Instant) {
        match to {
            Guest::Router => {
                if let Some(router) = self.routers.get_mut(&network) {
                    router.receive(frame, now);
                }
            }
            // Whoever is on another network meanwhile hears nothing.
            Guest::Station => {
                if let Some(station) =
                    self.station.as_mut().filter(|station| station.association.network == network)
                {
                    station.stack.receive(frame);
                }
            }
            Guest::Visitor(phone) => {
                if let Some(visitor) =
                    self.visitors.get_mut(&phone).filter(|visitor| visitor.network == network)
                {
                    visitor.receive(frame, now);
                }
            }
        }
    }

    /// What the hosts have sent, in their order, with who hears it.
    pub(in crate::world) fn sent(&mut self, networks: &[Network]) -> Vec<Sent> {
        let mut sent = Vec::new();
        let mut take = |network, from, stack: &mut Stack| {
            while let Some(frame) = stack.next_frame() {
                sent.push(Sent { network, from, to: Vec::new(), frame });
            }
        };
        for (network, router) in &mut self.routers {
            take(*network, Guest::Router, &mut router.stack);
        }
        if let Some(station) = &mut self.station {
            take(station.association.network, Guest::Station, &mut station.stack);
        }
        for (phone, visitor) in &mut self.visitors {
            take(visitor.network, Guest::Visitor(*phone), &mut visitor.stack);
        }
        sent.retain(|sent| networks.get(sent.network).is_some_and(|network| network.on_air));
        for sent in &mut sent {
            sent.to = self.hearers(sent.network, sent.from, &sent.frame);
        }
        sent
    }

    pub(in crate::world) fn hearers(&self, network: usize, from: Guest, bytes: &[u8]) -> Vec<(Guest, u32)> {
        let to = frame::receiver(bytes);
        let guests = self
            .guests(network)
            .filter(|(guest, mac)| *guest != from && (to == Some(*mac) || frame::is_for_many(to)));
        let is_router = |guest| guest == Guest::Router;
        guests.map(|(guest, _)| (guest, if is_router(guest) || is_router(from) { 1 } else { 2 })).collect()
    }

    /// Everybody on a network.
    pub(in crate::world) fn guests(&self, network: usize) -> impl Iterator<Item = (Guest, MacAddress)> {
        let router = self.routers.get(&network).map(|router| (Guest::Router, router.stack.mac()));
        let station = self.station.as_ref().map(|station| station.association.network);
        let station = station.or(self.foreign_station).filter(|on| *on == network);
        let visitors = self.visitors.iter().filter(move |(_, visitor)| visitor.network == network);
        router
            .into_iter()
            .chain(station.map(|_| (Guest::Station, STATION_MAC)))
            .chain(visitors.map(|(phone, visitor)| (Guest::Visitor(*phone), visitor.stack.mac())))
    }

    /// When anybody next has to be served, if nothing arrives before.
    pub(in crate::world) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let routers = self.routers.values_mut().filter_map(|router| router.poll_timeout(now));
        let station = self.station.as_mut().and_then(|station| station.poll_timeout(now));
        let visitors = self.visitors.values_mut().filter_map(|visitor| visitor.poll_timeout(now));
        routers.chain(station).chain(visitors).min()
    }
}

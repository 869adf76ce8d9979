//! The networks of a device that has the sockets of this machine: a stack on each, whose connections and datagrams are
//! carried to the ports of 127.0.0.1 at which the device's program listens. As on a chip, the access point's DHCP and
//! the station's belong to the radio's software and not to the program: both are served here. DNS, HTTP and whatever
//! else is the program's.

mod tcp_relay;
mod udp_relay;

use std::net::Ipv4Addr;
use std::sync::Arc;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::dhcpv4;
use tokio::sync::Notify;
use vestibule_core::{Instant, Interface, StationAddress};
use vestibule_device_protocol::Transport;

use crate::host::Stack;
use crate::host::frame::{dhcp_reply_frame, dhcp_request};
use crate::host::stack::PREFIX;
use crate::profile::DhcpServer;
use crate::radio::Association;
use crate::world::World;
use crate::world::virtual_time::{DEVICE_MAC, STATION_MAC};
use tcp_relay::TcpRelay;
use udp_relay::UdpRelay;

/// A port at which the device listens.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Listener {
    transport: Transport,
    port: u16,
    local_port: u16,
}

/// One of its networks.
struct Network {
    stack: Stack,
    tcp: Vec<TcpRelay>,
    udp: Vec<UdpRelay>,
}

/// Both networks of a device with power.
pub(super) struct SocketNetworks {
    listeners: Vec<Listener>,
    access_point: Option<(Network, DhcpServer, Ipv4Addr)>,
    station: Option<(Network, SocketHandle, Association)>,
    /// The number of the next connection, for whoever follows them.
    connections: usize,
    seed: u64,
    /// Rings when the program has sent something.
    bell: Arc<Notify>,
}

impl SocketNetworks {
    pub(super) fn new(seed: u64, bell: Arc<Notify>) -> Self {
        Self { listeners: Vec::new(), access_point: None, station: None, connections: 0, seed, bell }
    }

    /// The program listens at a port. A port that it has said before is where it says it last.
    pub(super) fn listen(&mut self, transport: Transport, port: u16, local_port: u16) {
        let listener = Listener { transport, port, local_port };
        self.listeners.retain(|other| (other.transport, other.port) != (transport, port));
        self.listeners.push(listener);
        let bell = &self.bell;
        let access_point = self.access_point.as_mut().map(|(network, ..)| network);
        let station = self.station.as_mut().map(|(network, ..)| network);
        access_point.into_iter().chain(station).for_each(|network| network.listen(listener, bell));
    }

    /// The access point is up with this address, or down.
    pub(super) fn follow_access_point(&mut self, address: Option<Ipv4Addr>, now: Instant) {
        if self.access_point.as_ref().map(|(_, _, address)| *address) == address {
            return;
        }
        self.access_point = address.map(|address| {
            let mut network = Network::new(DEVICE_MAC, self.seed, now);
            network.stack.set_address(Some((address, PREFIX)));
            self.listeners.iter().for_each(|listener| network.listen(*listener, &self.bell));
            (network, DhcpServer::new(address, None), address)
        });
    }

    /// The station is associated with a network, or with none.
    pub(super) fn follow_station(&mut self, association: Option<Association>, now: Instant) {
        if self.station.as_ref().map(|(_, _, association)| *association) == association {
            return;
        }
        self.station = association.map(|association| {
            let mut network = Network::new(STATION_MAC, self.seed.wrapping_add(association.attempt), now);
            let dhcp = network.stack.sockets().add(dhcpv4::Socket::new());
            self.listeners.iter().for_each(|listener| network.listen(*listener, &self.bell));
            (network, dhcp, association)
        });
    }

    /// A frame for the device.
    pub(super) fn receive(&mut self, interface: Interface, frame: &[u8]) {
        match interface {
            Interface::AccessPoint => {
                let Some((network, dhcp, address)) = &mut self.access_point else { return };
                let Some(request) = dhcp_request(frame) else {
                    return network.stack.receive(frame.to_vec());
                };
                if let Some(reply) = dhcp.answer(&request) {
                    network.stack.send_frame(dhcp_reply_frame(DEVICE_MAC, *address, &reply));
                }
            }
            Interface::Home => {
                if let Some((network, ..)) = &mut self.station {
                    network.stack.receive(frame.to_vec());
                }
            }
        }
    }

    /// Carries what there is. Returns whether anything moved.
    pub(super) fn serve(&mut self, world: &mut World, now: Instant) -> bool {
        let mut moved = false;
        if let Some((network, ..)) = &mut self.access_point {
            moved |= network.serve(&mut self.connections, &self.bell, world, now);
        }
        let mut change = None;
        if let Some((network, dhcp, association)) = &mut self.station {
            moved |= network.serve(&mut self.connections, &self.bell, world, now);
            change = network.follow_dhcp(*dhcp).map(|link| (*association, link));
        }
        match change {
            Some((association, Some(link))) => world.device_configured(association, link, now),
            Some((_, None)) => world.device_deconfigured(now),
            None => return moved,
        }
        true
    }

    /// The next frame that the device sends.
    pub(super) fn next_frame(&mut self) -> Option<(Interface, Vec<u8>)> {
        let access_point = self.access_point.as_mut().and_then(|(network, ..)| network.stack.next_frame());
        if let Some(frame) = access_point {
            return Some((Interface::AccessPoint, frame));
        }
        Some((Interface::Home, self.station.as_mut()?.0.stack.next_frame()?))
    }

    /// When it must be served, if nothing arrives before.
    pub(super) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let access_point = self.access_point.as_mut().and_then(|(network, ..)| network.stack.poll_at(now));
        let station = self.station.as_mut().and_then(|(network, ..)| network.stack.poll_at(now));
        access_point.into_iter().chain(station).min()
    }
}

impl Network {
    fn new(mac: vestibule_core::MacAddress, seed: u64, now: Instant) -> Self {
        Self { stack: Stack::new(mac, seed, now), tcp: Vec::new(), udp: Vec::new() }
    }

    fn listen(&mut self, listener: Listener, bell: &Arc<Notify>) {
        let Listener { transport, port, local_port } = listener;
        match transport {
            Transport::Tcp => {
                self.tcp.iter_mut().for_each(|relay| relay.moves_to(port, local_port));
                if !self.tcp.iter().any(|relay| relay.listens_at(port)) {
                    self.tcp.extend(TcpRelay::backlog(&mut self.stack, port, local_port));
                }
            }
            Transport::Udp => {
                self.udp.retain(|relay| relay.port() != port);
                self.udp.push(UdpRelay::new(&mut self.stack, port, local_port, bell));
            }
        }
    }

    fn serve(
        &mut self,
        connections: &mut usize,
        bell: &Arc<Notify>,
        world: &mut World,
        now: Instant,
    ) -> bool {
        self.stack.poll(now);
        let mut moved = false;
        let mut further = Vec::new();
        for relay in &mut self.tcp {
            moved |= relay.serve(&mut self.stack, connections, bell, world, &mut further);
        }
        self.tcp.retain(|relay| !relay.has_ended());
        self.tcp.append(&mut further);
        for relay in &mut self.udp {
            moved |= relay.serve(&mut self.stack, world);
        }
        self.stack.poll(now);
        moved
    }

    /// The station's new address, or that it has none any more.
    fn follow_dhcp(&mut self, dhcp: SocketHandle) -> Option<Option<StationAddress>> {
        let link = match self.stack.poll_dhcp(dhcp)? {
            dhcpv4::Event::Configured(config) => {
                let (address, prefix) = (config.address.address(), config.address.prefix_len());
                Some(StationAddress { address, prefix, gateway: config.router })
            }
            dhcpv4::Event::Deconfigured => None,
        };
        let had_none = self.stack.has_no_address();
        self.stack.set_address(link.map(|link| (link.address, link.prefix)));
        self.stack.set_router(link.and_then(|link| link.gateway));
        // The client says that it has none when it starts.
        (link.is_some() || !had_none).then_some(link)
    }
}

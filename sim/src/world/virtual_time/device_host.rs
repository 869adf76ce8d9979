//! The device's stack on its access point: passes DHCP, DNS and HTTP between its sockets and the portal, and
//! decides nothing.

use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp;
use smoltcp::wire::IpAddress;
use vestibule_core::limits::{CONNECTIONS, DHCP_REPLY_BYTES, DNS_REPLY_BYTES};
use vestibule_core::{Arrival, DHCP_PORT, DNS_PORT, Instant, Interface, MacAddress};

use super::http_server::{ConnectionNumbers, HttpServer};
use crate::host::frame;
use crate::host::stack::{PREFIX, Stack};
use crate::random_streams::{RandomStream, number};
use crate::world::World;

/// The device on its access point.
pub(super) struct DeviceHost {
    pub(super) stack: Stack,
    address: Ipv4Addr,
    dns: SocketHandle,
    http: HttpServer,
}

impl DeviceHost {
    pub(super) fn new(mac: MacAddress, address: Ipv4Addr, http_port: u16, seed: u64, now: Instant) -> Self {
        let mut stack = Stack::new(mac, number(seed, RandomStream::DeviceStack, 0), now);
        stack.set_address(Some((address, PREFIX)));
        let dns = stack.add_udp(DNS_PORT);
        let http = HttpServer::new(&mut stack, Interface::AccessPoint, http_port, CONNECTIONS);
        Self { stack, address, dns, http }
    }

    /// A frame arrived. DHCP does not pass through the stack, for its clients have no address yet.
    pub(super) fn receive(&mut self, frame: Vec<u8>, world: &mut World, now: Instant) {
        let Some((from, message)) = frame::payload_to(&frame, DHCP_PORT) else {
            return self.stack.receive(frame);
        };
        let arrival = Arrival { interface: Interface::AccessPoint, from, port: DHCP_PORT };
        let mut reply = [0; DHCP_REPLY_BYTES];
        if let Some(answer) = world.device_datagram(arrival, &message, &mut reply, now) {
            let from = (self.stack.mac(), SocketAddrV4::new(self.address, DHCP_PORT));
            // A reply without a hardware address is broadcast.
            let to = (answer.hardware.unwrap_or(frame::BROADCAST), answer.to);
            self.stack.send_frame(frame::datagram(from, to, &reply[..answer.length]));
        }
    }

    /// Sets the address that the access point was raised with.
    pub(super) fn set_address(&mut self, address: Option<Ipv4Addr>) {
        if let Some(address) = address.filter(|address| *address != self.address) {
            self.address = address;
            self.stack.set_address(Some((address, PREFIX)));
        }
    }

    /// Passes bytes between the sockets and the portal. Returns whether anything moved.
    pub(super) fn serve(&mut self, numbers: &mut ConnectionNumbers, world: &mut World, now: Instant) -> bool {
        self.serve_dns(world, now) | self.http.serve(&mut self.stack, numbers, world, now)
    }

    /// The device lost its power or its access point: every connection ends without a reset.
    pub(super) fn cut(&mut self, numbers: &mut ConnectionNumbers, world: &mut World) {
        self.http.cut(&mut self.stack, numbers, world);
    }

    fn serve_dns(&mut self, world: &mut World, now: Instant) -> bool {
        if !self.stack.udp(self.dns).can_recv() {
            return false;
        }
        let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(self.dns);
        let mut moved = false;
        let mut reply = [0; DNS_REPLY_BYTES];
        while let Ok((query, meta)) = socket.recv() {
            moved = true;
            let IpAddress::Ipv4(from) = meta.endpoint.addr;
            let from = SocketAddrV4::new(from, meta.endpoint.port);
            let arrival = Arrival { interface: Interface::AccessPoint, from, port: DNS_PORT };
            let query = query.to_vec();
            if let Some(answer) = world.device_datagram(arrival, &query, &mut reply, now) {
                // If the queue is full the answer is lost, as on a network.
                let _ = socket.send_slice(&reply[..answer.length], meta.endpoint);
            }
        }
        moved
    }
}

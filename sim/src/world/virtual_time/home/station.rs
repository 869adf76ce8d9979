//! The device on a home network: a second stack, whose address comes from smoltcp's own DHCP client,
//! which is the one that embassy-net has on the chip; and the portal's page there. A station lives
//! as long as one association.
//!
//! The device's two stacks know nothing of each other, as on the chip: a home network with the
//! access point's own subnet confuses neither.

use smoltcp::iface::SocketHandle;
use smoltcp::socket::dhcpv4;
use vestibule_core::{Instant, Interface, MacAddress};

use super::super::http_server::{HttpServer, Numbers};
use super::super::stack::Stack;
use crate::radio::Association;
use crate::world::World;

/// Sockets that wait for clients there. Chosen.
const SOCKETS: usize = 3;

const HTTP_PORT: u16 = 80;

/// The device's station on a network.
pub(super) struct Station {
    pub(super) association: Association,
    pub(super) stack: Stack,
    dhcp: SocketHandle,
    http: HttpServer,
    has_address: bool,
}

impl Station {
    pub(super) fn new(association: Association, mac: MacAddress, seed: u64, now: Instant) -> Self {
        let mut stack = Stack::new(mac, seed, now);
        let dhcp = stack.sockets.add(dhcpv4::Socket::new());
        let http = HttpServer::new(&mut stack, Interface::Home, HTTP_PORT, SOCKETS);
        Self { association, stack, dhcp, http, has_address: false }
    }

    /// Carries what came of DHCP to the world, and bytes between the sockets and the portal. Returns
    /// whether anything moved.
    pub(super) fn serve(&mut self, numbers: &mut Numbers, world: &mut World, now: Instant) -> bool {
        let moved = self.configure(world, now);
        if world.is_reachable(Interface::Home) {
            self.http.serve(&mut self.stack, numbers, world, now) | moved
        } else {
            moved
        }
    }

    fn configure(&mut self, world: &mut World, now: Instant) -> bool {
        let event = self.stack.sockets.get_mut::<dhcpv4::Socket<'_>>(self.dhcp).poll();
        let given = match event {
            None => return false,
            Some(dhcpv4::Event::Configured(config)) => Some((config.address, config.router)),
            Some(dhcpv4::Event::Deconfigured) => None,
        };
        let address = given.map(|(address, _)| (address.address(), address.prefix_len()));
        self.stack.set_address(address);
        self.stack.set_router(given.and_then(|(_, router)| router));
        let had_address = std::mem::replace(&mut self.has_address, address.is_some());
        match address {
            // Another one than it had is a new beginning, as none is: connections do not survive.
            _ if had_address => world.device_deconfigured(now),
            Some((address, _)) => world.device_configured(self.association, address, now),
            // A client that begins says so.
            None => return false,
        }
        true
    }

    /// The association is over: every connection is gone without a word.
    pub(super) fn cut(mut self, numbers: &mut Numbers, world: &mut World) {
        self.http.cut(&mut self.stack, numbers, world);
    }
}

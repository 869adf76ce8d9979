//! The device on a home network: a second stack, whose address comes from smoltcp's own DHCP client,
//! which is the one that embassy-net has on the chip; whose router is then looked for by ARP; and the
//! portal's page there. A station lives as long as one association.
//!
//! The device's two stacks know nothing of each other, as on the chip: a home network with the
//! access point's own subnet confuses neither.

use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{dhcpv4, tcp, udp};
use smoltcp::wire::IpAddress;
use vestibule_core::limits::MDNS_MESSAGE_BYTES;
use vestibule_core::mdns::{MDNS_GROUP, MDNS_PORT};
use vestibule_core::{Instant, Interface, MacAddress, StaticAddress, StationAddress};

use super::super::http_server::{HttpServer, Numbers};
use super::super::phone_host::FIRST_PORT;
use super::super::stack::Stack;
use super::router::RECEIVER_PORT;
use crate::radio::{Association, NO_GATEWAY};
use crate::world::World;

/// Sockets that wait for clients there. Chosen.
const SOCKETS: usize = 3;

const HTTP_PORT: u16 = 80;

/// The port whose service throws away what it is sent (RFC 863).
const DISCARD_PORT: u16 = 9;

/// The device's station on a network.
pub(super) struct Station {
    pub(super) association: Association,
    pub(super) stack: Stack,
    dhcp: SocketHandle,
    mdns: SocketHandle,
    http: HttpServer,
    /// A webhook on its way, and what has arrived of its answer.
    webhook: Option<Posting>,
    next_port: u16,
    has_address: bool,
    looks: Option<Looking>,
    /// What asks for the router.
    question: SocketHandle,
}

/// An address is there, and its router is looked for: the one in `link`, until that moment.
#[derive(Clone, Copy)]
struct Looking {
    link: StationAddress,
    until: Instant,
}

/// A request on its way to the receiver.
struct Posting {
    socket: SocketHandle,
    request: Vec<u8>,
    received: Vec<u8>,
    stands: bool,
}

impl Station {
    pub(super) fn new(association: Association, mac: MacAddress, seed: u64, now: Instant) -> Self {
        let mut stack = Stack::new(mac, seed, now);
        let dhcp = stack.sockets().add(dhcpv4::Socket::new());
        stack.hear_group(*MDNS_GROUP.ip());
        let mdns = stack.add_udp(MDNS_PORT);
        stack.sockets().get_mut::<udp::Socket<'_>>(mdns).set_hop_limit(Some(255));
        let http = HttpServer::new(&mut stack, Interface::Home, HTTP_PORT, SOCKETS);
        let question = stack.add_udp(FIRST_PORT);
        Self {
            association,
            stack,
            dhcp,
            mdns,
            http,
            webhook: None,
            next_port: FIRST_PORT,
            has_address: false,
            looks: None,
            question,
        }
    }

    /// Carries what came of DHCP to the world, and bytes between the sockets and the portal. Returns
    /// whether anything moved.
    pub(super) fn serve(&mut self, numbers: &mut Numbers, world: &mut World, now: Instant) -> bool {
        let moved = self.configure(world, now) | self.look(world, now);
        if world.is_reachable(Interface::Home) {
            let moved = moved | self.say_name(world, now) | self.post(world, now);
            self.http.serve(&mut self.stack, numbers, world, now) | moved
        } else {
            moved
        }
    }

    /// Carries mDNS.
    fn say_name(&mut self, world: &mut World, now: Instant) -> bool {
        let mut moved = false;
        while self.stack.udp(self.mdns).can_recv() {
            let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(self.mdns);
            let Ok((datagram, meta)) = socket.recv() else { break };
            let IpAddress::Ipv4(from) = meta.endpoint.addr;
            world.device_mdns(datagram, SocketAddrV4::new(from, meta.endpoint.port), now);
            moved = true;
        }
        let mut out = [0; MDNS_MESSAGE_BYTES];
        while let Some(sent) = world.poll_device_mdns(&mut out, now) {
            let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(self.mdns);
            // A full queue loses it, as a network may.
            let _ = socket.send_slice(&out[..sent.length], (*sent.to.ip(), sent.to.port()));
            moved = true;
        }
        moved
    }

    /// Carries the webhook: the router's own address stands for the receiver's.
    fn post(&mut self, world: &mut World, now: Instant) -> bool {
        if let Some(request) = world.poll_device_webhook(now) {
            let router =
                world.air().networks().get(self.association.network).map(|network| network.lan.router);
            let to = (router.unwrap_or(Ipv4Addr::UNSPECIFIED), RECEIVER_PORT);
            self.next_port += 1;
            let socket = self.stack.connect(to, self.next_port);
            self.end_posting();
            self.webhook = Some(Posting { socket, request, received: Vec::new(), stands: false });
            return true;
        }
        let Some(posting) = &mut self.webhook else { return false };
        let socket = self.stack.sockets().get_mut::<tcp::Socket<'_>>(posting.socket);
        let mut moved = false;
        posting.stands |= socket.may_send();
        if !posting.request.is_empty() && socket.can_send() {
            let sent = socket.send_slice(&posting.request).unwrap_or(0);
            posting.request.drain(..sent);
            moved = sent > 0;
        }
        let mut piece = [0; 512];
        while let Ok(length @ 1..) = socket.recv_slice(&mut piece) {
            posting.received.extend_from_slice(&piece[..length]);
            moved = true;
        }
        let ended = !socket.is_open() || (posting.stands && !socket.may_recv());
        if (moved || ended) && world.device_webhook_answered(&posting.received, ended, now) {
            self.end_posting();
            moved = true;
        }
        moved
    }

    fn end_posting(&mut self) {
        if let Some(posting) = self.webhook.take() {
            self.stack.sockets().get_mut::<tcp::Socket<'_>>(posting.socket).abort();
            self.stack.flush();
            self.stack.sockets().remove(posting.socket);
        }
    }

    fn configure(&mut self, world: &mut World, now: Instant) -> bool {
        if let Some(fixed) = world.device().config().home_address {
            let begins = !std::mem::replace(&mut self.has_address, true);
            if begins {
                self.stack.sockets().get_mut::<dhcpv4::Socket<'_>>(self.dhcp).reset();
                let StaticAddress { address, prefix, router } = fixed;
                self.stack.set_address(Some((address, prefix)));
                self.stack.set_router(router);
                self.begin_to_look(StationAddress { address, prefix, gateway: router }, now);
            }
            return begins;
        }
        let link = match self.stack.poll_dhcp(self.dhcp) {
            None => return false,
            Some(dhcpv4::Event::Configured(config)) => {
                let (address, prefix) = (config.address.address(), config.address.prefix_len());
                Some(StationAddress { address, prefix, gateway: config.router })
            }
            Some(dhcpv4::Event::Deconfigured) => None,
        };
        self.stack.set_address(link.map(|link| (link.address, link.prefix)));
        self.stack.set_router(link.and_then(|link| link.gateway));
        let had_address = std::mem::replace(&mut self.has_address, link.is_some());
        match link {
            // Another one than it had is a new beginning, as none is: connections do not survive.
            _ if had_address => {
                self.looks = None;
                world.device_deconfigured(now);
            }
            Some(link) => self.begin_to_look(link, now),
            // A client that begins says so.
            None => return false,
        }
        true
    }

    /// An address is there. Its router is asked for as firmware does it, with what a stack offers: it
    /// keeps a datagram back until ARP was answered.
    fn begin_to_look(&mut self, link: StationAddress, now: Instant) {
        self.looks = Some(Looking { link, until: now + NO_GATEWAY });
        let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(self.question);
        if let Some(router) = link.gateway {
            // There is room for one, and an address to send it from.
            let _ = socket.send_slice(&[0], (router, DISCARD_PORT));
        }
    }

    /// Says what the network gave, once its router has answered or is not waited for any more. Returns
    /// whether it did.
    fn look(&mut self, world: &mut World, now: Instant) -> bool {
        let Some(Looking { link, until }) = self.looks else { return false };
        let is_sent = self.stack.udp(self.question).send_queue() == 0;
        let gateway = link.gateway.filter(|_| is_sent);
        if gateway == link.gateway || now >= until {
            self.stack.sockets().get_mut::<udp::Socket<'_>>(self.question).close();
            self.looks = None;
            world.device_configured(self.association, StationAddress { gateway, ..link }, now);
        }
        self.looks.is_none()
    }

    /// When it is next to be served, if nothing arrives before.
    pub(super) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let until = self.looks.map(|looks| looks.until);
        self.stack.poll_at(now).into_iter().chain(until).min()
    }

    /// The association is over: every connection is gone without a word.
    pub(super) fn cut(mut self, numbers: &mut Numbers, world: &mut World) {
        self.http.cut(&mut self.stack, numbers, world);
    }
}

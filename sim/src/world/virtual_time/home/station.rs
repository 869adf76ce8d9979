//! The device on a home network: a second stack with the portal's page. It gets its address from smoltcp's
//! DHCP client, which embassy-net has on the chip, too, and then probes its gateway by ARP. Unlike embassy-net's, the client
//! asks for option 114, by which a network says that it has a captive portal. A station exists as long as one association.
//!
//! The device's two stacks are independent, as on the chip: a home network with the access point's own
//! subnet disturbs neither.

use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{dhcpv4, tcp, udp};
use smoltcp::wire::IpAddress;
use vestibule_core::dhcp::{CLIENT_PORT, announces_captive_portal};
use vestibule_core::limits::MDNS_MESSAGE_BYTES;
use vestibule_core::mdns::{MDNS_GROUP, MDNS_PORT};
use vestibule_core::{Instant, Interface, MacAddress, StaticAddress, StationAddress};

use super::super::http_server::{ConnectionNumbers, HttpServer};
use super::router::RECEIVER_PORT;
use crate::host::FIRST_PORT;
use crate::host::{Stack, frame};
use crate::radio::{Association, GATEWAY_TIMEOUT};
use crate::world::World;

/// Sockets that listen for clients there. Chosen.
const SOCKETS: usize = 3;

const HTTP_PORT: u16 = 80;

/// What the DHCP client asks for: subnet mask, router, resolvers, as smoltcp's does by itself, and the captive portal.
const ASKED_OF_DHCP: &[u8] = &[1, 3, 6, 114];

/// The port of the discard protocol (RFC 863).
const DISCARD_PORT: u16 = 9;

/// The device's station on a network.
pub(super) struct Station {
    pub(super) association: Association,
    pub(super) stack: Stack,
    dhcp: SocketHandle,
    mdns: SocketHandle,
    http: HttpServer,
    /// The webhook that is being posted.
    webhook: Option<WebhookPost>,
    next_port: u16,
    has_address: bool,
    /// The network has said that it has a captive portal, and the device was not told yet.
    heard_of_portal: bool,
    gateway_probe: Option<GatewayProbe>,
    /// Sends the datagram that makes the stack resolve the gateway by ARP.
    probe_socket: SocketHandle,
}

/// The station has an address, and waits until `until` for the gateway in `link` to answer ARP.
#[derive(Clone, Copy)]
struct GatewayProbe {
    link: StationAddress,
    until: Instant,
}

/// A webhook's request on its way to the receiver, and what has arrived of the answer.
struct WebhookPost {
    socket: SocketHandle,
    request: Vec<u8>,
    received: Vec<u8>,
    established: bool,
}

impl Station {
    pub(super) fn new(association: Association, mac: MacAddress, seed: u64, now: Instant) -> Self {
        let mut stack = Stack::new(mac, seed, now);
        let mut client = dhcpv4::Socket::new();
        client.set_parameter_request_list(ASKED_OF_DHCP);
        let dhcp = stack.sockets().add(client);
        stack.join_group(*MDNS_GROUP.ip());
        let mdns = stack.add_udp(MDNS_PORT);
        stack.sockets().get_mut::<udp::Socket<'_>>(mdns).set_hop_limit(Some(255));
        let http = HttpServer::new(&mut stack, Interface::Home, HTTP_PORT, SOCKETS);
        let probe_socket = stack.add_udp(FIRST_PORT);
        Self {
            association,
            stack,
            dhcp,
            mdns,
            http,
            webhook: None,
            next_port: FIRST_PORT,
            has_address: false,
            heard_of_portal: false,
            gateway_probe: None,
            probe_socket,
        }
    }

    /// A frame arrived.
    pub(super) fn receive(&mut self, frame: Vec<u8>) {
        let (mac, dhcp) = (self.stack.mac(), frame::payload_to(&frame, CLIENT_PORT));
        self.heard_of_portal |= dhcp.is_some_and(|(_, message)| announces_captive_portal(&message, mac));
        self.stack.receive(frame);
    }

    /// Passes the results of DHCP to the world, and bytes between the sockets and the portal. Returns whether
    /// anything moved.
    pub(super) fn serve(&mut self, numbers: &mut ConnectionNumbers, world: &mut World, now: Instant) -> bool {
        let moved = self.follow_dhcp(world, now) | self.poll_gateway_probe(world, now);
        if world.is_reachable(Interface::Home) {
            if std::mem::take(&mut self.heard_of_portal) {
                world.device_hears_of_portal(now);
            }
            let moved = moved | self.serve_mdns(world, now) | self.post_webhook(world, now);
            self.http.serve(&mut self.stack, numbers, world, now) | moved
        } else {
            moved
        }
    }

    /// Exchanges mDNS messages.
    fn serve_mdns(&mut self, world: &mut World, now: Instant) -> bool {
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
            // If the queue is full the message is lost, as on a network.
            let _ = socket.send_slice(&out[..sent.length], (*sent.to.ip(), sent.to.port()));
            moved = true;
        }
        moved
    }

    /// Posts the webhook. The router's address stands for the receiver's.
    fn post_webhook(&mut self, world: &mut World, now: Instant) -> bool {
        if let Some(request) = world.poll_device_webhook(now) {
            let router =
                world.air().networks().get(self.association.network).map(|network| network.subnet.router);
            let to = (router.unwrap_or(Ipv4Addr::UNSPECIFIED), RECEIVER_PORT);
            self.next_port += 1;
            let socket = self.stack.connect(to, self.next_port);
            self.end_webhook_post();
            self.webhook = Some(WebhookPost { socket, request, received: Vec::new(), established: false });
            return true;
        }
        let Some(post) = &mut self.webhook else { return false };
        let socket = self.stack.sockets().get_mut::<tcp::Socket<'_>>(post.socket);
        let mut moved = false;
        post.established |= socket.may_send();
        if !post.request.is_empty() && socket.can_send() {
            let sent = socket.send_slice(&post.request).unwrap_or(0);
            post.request.drain(..sent);
            moved = sent > 0;
        }
        let mut piece = [0; 512];
        while let Ok(length @ 1..) = socket.recv_slice(&mut piece) {
            post.received.extend_from_slice(&piece[..length]);
            moved = true;
        }
        let ended = !socket.is_open() || (post.established && !socket.may_recv());
        if (moved || ended) && world.device_webhook_answered(&post.received, ended, now) {
            self.end_webhook_post();
            moved = true;
        }
        moved
    }

    fn end_webhook_post(&mut self) {
        if let Some(post) = self.webhook.take() {
            self.stack.sockets().get_mut::<tcp::Socket<'_>>(post.socket).abort();
            self.stack.flush();
            self.stack.sockets().remove(post.socket);
        }
    }

    fn follow_dhcp(&mut self, world: &mut World, now: Instant) -> bool {
        if let Some(fixed) = world.device().config().home_address {
            let begins = !std::mem::replace(&mut self.has_address, true);
            if begins {
                self.stack.sockets().get_mut::<dhcpv4::Socket<'_>>(self.dhcp).reset();
                let StaticAddress { address, prefix, router } = fixed;
                self.stack.set_address(Some((address, prefix)));
                self.stack.set_router(router);
                self.start_gateway_probe(StationAddress { address, prefix, gateway: router }, now);
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
            // The address has changed or is lost, and no connection survives that.
            _ if had_address => {
                self.gateway_probe = None;
                world.device_deconfigured(now);
            }
            Some(link) => self.start_gateway_probe(link, now),
            // The DHCP client reports this when it starts.
            None => return false,
        }
        true
    }

    /// Probes the gateway of a new address as the firmware does: the stack keeps a datagram in its queue
    /// until ARP is answered.
    fn start_gateway_probe(&mut self, link: StationAddress, now: Instant) {
        self.gateway_probe = Some(GatewayProbe { link, until: now + GATEWAY_TIMEOUT });
        let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(self.probe_socket);
        if let Some(router) = link.gateway {
            // The queue is empty and the stack has an address, so this cannot fail.
            let _ = socket.send_slice(&[0], (router, DISCARD_PORT));
        }
    }

    /// Reports the station's address once the gateway has answered or the wait for it is over. Returns
    /// whether there is no probe any more.
    fn poll_gateway_probe(&mut self, world: &mut World, now: Instant) -> bool {
        let Some(GatewayProbe { link, until }) = self.gateway_probe else { return false };
        let is_sent = self.stack.udp(self.probe_socket).send_queue() == 0;
        let gateway = link.gateway.filter(|_| is_sent);
        if gateway == link.gateway || now >= until {
            self.stack.sockets().get_mut::<udp::Socket<'_>>(self.probe_socket).close();
            self.gateway_probe = None;
            world.device_configured(self.association, StationAddress { gateway, ..link }, now);
        }
        self.gateway_probe.is_none()
    }

    /// The time at which it must be served, if nothing arrives before.
    pub(super) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let until = self.gateway_probe.map(|probe| probe.until);
        self.stack.poll_at(now).into_iter().chain(until).min()
    }

    /// The association is over: every connection ends without a reset.
    pub(super) fn cut(mut self, numbers: &mut ConnectionNumbers, world: &mut World) {
        self.http.cut(&mut self.stack, numbers, world);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use dhcproto::v4::{DhcpOption, Message, OptionCode};
    use dhcproto::{Decodable, Decoder};

    use super::*;
    use crate::host::frame::payload_to;
    use crate::scenario::load;
    use crate::world::virtual_time::VirtualTime;

    /// A network that prefers IPv6 gives IPv4 addresses to who does not ask for option 108, and a device
    /// without IPv6 must not (RFC 8925 section 3.3).
    #[test]
    fn the_device_does_not_say_that_it_could_do_with_ipv6_alone() {
        let now = Instant::from_micros(0);
        let association = Association { attempt: 1, network: 0 };
        let mut station = Station::new(association, MacAddress([2, 0, 0, 0, 0, 1]), 1, now);
        station.stack.poll(now);
        let mut frames = std::iter::from_fn(|| station.stack.next_frame());
        let (_, discover) = frames.find_map(|frame| payload_to(&frame, 67)).expect("it asks at once");
        let discover = Message::decode(&mut Decoder::new(&discover)).unwrap();
        let requested = discover.opts().get(OptionCode::ParameterRequestList);
        let Some(DhcpOption::ParameterRequestList(requested)) = requested else { panic!("{discover:?}") };
        assert!(requested.contains(&OptionCode::Router), "{requested:?}");
        assert!(requested.iter().all(|code| u8::from(*code) != 108), "{requested:?}");
    }

    /// A hotel's router that names its portal by DHCP: the device asks for nothing outside, and tells its owner all the same.
    #[test]
    fn a_network_that_says_that_it_has_a_portal_is_told_to_the_owner() {
        let told = |says: &str| {
            let text = format!(
                r#"
                name = "a hotel"
                [[network]]
                ssid = "Hotel"
                security = "open"
                {says}
                [[phone]]
                model = "android-14"
                wants = "Hotel"
                habits = "hurried"
                expect = {{ told = true, sign_in_told = true }}
                [expect]
                within = "60s"
                joined = "Hotel"
                "#
            );
            let scenario = load::parse(&text, Path::new("hotel.toml")).unwrap();
            VirtualTime::new(&scenario, 1).run(&scenario, |_| {}).unmet.is_empty()
        };
        assert!(told("captive_portal = \"https://portal.hotel.example/api\""));
        assert!(
            !told("captive_portal = \"urn:ietf:params:capport:unrestricted\""),
            "it says that it has none"
        );
        assert!(!told(""));
    }
}

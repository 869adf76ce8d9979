//! A home network's router: answers ARP with its own stack and DHCP with its own server, receives the
//! device's webhooks, defends over mDNS the name that a scenario gives another host, and advertises IPv6 where
//! there is nothing else. It does not forward frames between other hosts; [`super::Home`] does.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{Name, RData, Record};
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use vestibule_core::mdns::{MDNS_GROUP, MDNS_PORT};
use vestibule_core::{DHCP_PORT, Instant, MacAddress};

use super::dhcp_server::DhcpServer;
use crate::event_queue::EventQueue;
use crate::host::Stack;
use crate::host::frame;
use crate::radio::Subnet;
use crate::world::World;

/// The answer of a host that has this name to a query for it (RFC 6762 sections 6 and 8.1). Made with
/// `hickory-proto`, which the device does not use.
fn defend_name(question: &[u8], name: &str, address: Ipv4Addr) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    let full_name = Name::from_ascii(format!("{name}.local.")).ok()?;
    let is_asked = question.queries.iter().any(|query| query.name == full_name);
    if question.metadata.message_type != MessageType::Query || !is_asked {
        return None;
    }
    let mut answer = Message::new(0, MessageType::Response, OpCode::Query);
    answer.metadata.authoritative = true;
    answer.add_answer(Record::from_rdata(full_name, NAME_TTL, RData::A(A(address))));
    answer.to_vec().ok()
}

/// The record's time to live in seconds (RFC 6762 section 10).
const NAME_TTL: u32 = 120;

/// How often a router that comes up advertises itself unasked, and how far apart (RFC 4861 section 10).
const ADVERTISEMENTS: u32 = 3;
const ADVERTISEMENT_INTERVAL: Duration = Duration::from_secs(16);

/// A router.
pub(super) struct Router {
    pub(super) stack: Stack,
    subnet: Subnet,
    dhcp: DhcpServer,
    /// Answers that are sent later.
    delayed: EventQueue<Vec<u8>>,
    /// The socket that receives webhooks, and what has arrived of a request.
    receiver: SocketHandle,
    request: Vec<u8>,
}

/// The port of the webhooks' receiver. The router's address stands for that of any host outside.
pub(in crate::world) const RECEIVER_PORT: u16 = 8080;

impl Router {
    pub(super) fn new(mac: MacAddress, subnet: Subnet, device: MacAddress, seed: u64, now: Instant) -> Self {
        let mut stack = Stack::new(mac, seed, now);
        let mut delayed = EventQueue::default();
        if subnet.ipv6_only {
            for past in 0..ADVERTISEMENTS {
                delayed.schedule(now + ADVERTISEMENT_INTERVAL * past, frame::router_advertisement(mac));
            }
        } else {
            stack.set_address(Some((subnet.router, subnet.cidr.prefix_len())));
        }
        let dhcp = DhcpServer::new(subnet.clone(), device);
        let receiver = stack.add_tcp();
        Self { stack, subnet, dhcp, delayed, receiver, request: Vec::new() }
    }

    /// The router keeps this address for the device.
    pub(super) fn keep_for_device(&mut self, address: Ipv4Addr) {
        self.dhcp.keep_for_device(address);
    }

    /// A frame arrived.
    pub(super) fn receive(&mut self, frame: Vec<u8>, now: Instant) {
        if let (Some((_, message)), Some(name)) =
            (frame::payload_to(&frame, MDNS_PORT), &self.subnet.namesake)
        {
            if let Some(answer) = defend_name(&message, name, self.subnet.router) {
                let from = (self.stack.mac(), SocketAddrV4::new(self.subnet.router, MDNS_PORT));
                let frame = frame::datagram(from, (frame::MDNS_GROUP_MAC, MDNS_GROUP), &answer);
                self.delayed.schedule(now, frame);
            }
            return;
        }
        let Some((_, message)) = frame::payload_to(&frame, DHCP_PORT) else {
            return self.stack.receive(frame);
        };
        if let Some(answer) = self.dhcp.answer(&message) {
            let from = (self.stack.mac(), SocketAddrV4::new(self.subnet.router, DHCP_PORT));
            let frame = frame::datagram(from, (answer.hardware, answer.to), &answer.bytes);
            self.delayed.schedule(now + answer.delay, frame);
        }
    }

    /// Prepares the frames that are to be sent now.
    pub(super) fn poll(&mut self, now: Instant) {
        self.stack.poll(now);
        while let Some((_, frame)) = self.delayed.pop_until(now) {
            self.stack.send_frame(frame);
        }
    }

    /// Receives webhooks. Returns whether anything moved.
    pub(super) fn serve_webhooks(&mut self, world: &mut World, now: Instant) -> bool {
        if self.stack.tcp(self.receiver).is_listening() {
            return false;
        }
        let socket = self.stack.sockets().get_mut::<tcp::Socket<'_>>(self.receiver);
        if !socket.is_open() {
            self.request.clear();
            // A port that is not 0, on a socket that is closed.
            let _ = socket.listen(RECEIVER_PORT);
            return false;
        }
        let mut moved = false;
        let mut piece = [0; 512];
        while let Ok(length @ 1..) = socket.recv_slice(&mut piece) {
            self.request.extend_from_slice(&piece[..length]);
            moved = true;
        }
        if moved && let Some(answer) = world.webhook_received(&self.request, now) {
            self.request.clear();
            let _ = socket.send_slice(answer.as_bytes());
            socket.close();
        } else if !socket.may_recv() && socket.may_send() && self.request.is_empty() {
            socket.close();
        }
        moved
    }

    /// When it is next to be polled, if nothing arrives before.
    pub(super) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        [self.stack.poll_at(now), self.delayed.next_at()].into_iter().flatten().min()
    }
}

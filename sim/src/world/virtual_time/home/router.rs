//! A home network's router: answers ARP with a stack of its own, and hands out addresses. Frames
//! between others pass through its access point, which [`super::Home`] does.

use std::net::SocketAddrV4;

use vestibule_core::{DHCP_PORT, Instant, MacAddress};

use super::super::frame;
use super::super::stack::Stack;
use super::dhcp_server::DhcpServer;
use crate::agenda::Agenda;
use crate::radio::Lan;

/// A router.
pub(super) struct Router {
    pub(super) stack: Stack,
    lan: Lan,
    dhcp: DhcpServer,
    /// Answers that are not to go out yet.
    held_back: Agenda<Vec<u8>>,
}

impl Router {
    pub(super) fn new(mac: MacAddress, lan: Lan, device: MacAddress, seed: u64, now: Instant) -> Self {
        let mut stack = Stack::new(mac, seed, now);
        stack.set_address(Some((lan.router, lan.subnet.prefix_len())));
        let dhcp = DhcpServer::new(lan.clone(), device);
        Self { stack, lan, dhcp, held_back: Agenda::default() }
    }

    /// A frame arrived.
    pub(super) fn receive(&mut self, frame: Vec<u8>, now: Instant) {
        let Some((_, message)) = frame::payload_to(&frame, DHCP_PORT) else {
            return self.stack.receive(frame);
        };
        if let Some(answer) = self.dhcp.answer(&message) {
            let from = (self.stack.mac(), SocketAddrV4::new(self.lan.router, DHCP_PORT));
            let frame = frame::datagram(from, (answer.hardware, answer.to), &answer.bytes);
            self.held_back.enter(now + answer.after, frame);
        }
    }

    /// Gets ready what is to be sent now.
    pub(super) fn poll(&mut self, now: Instant) {
        self.stack.poll(now);
        while let Some((_, frame)) = self.held_back.pop_until(now) {
            self.stack.send_frame(frame);
        }
    }

    /// When it is next to be polled, if nothing arrives before.
    pub(super) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        [self.stack.poll_at(now), self.held_back.next_at()].into_iter().flatten().min()
    }
}

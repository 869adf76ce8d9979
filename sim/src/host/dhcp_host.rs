//! A host that asks its network for an address and has a stack there: what a phone on a link is before anything is asked
//! of a portal. Sans-IO: a driver moves its frames. It judges nothing; what it saw is told by those who ask.

use std::net::Ipv4Addr;
use std::time::Duration;

use vestibule_core::{Instant, MacAddress};

use super::dhcp_client::{DhcpClient, Lease, Requests};
use super::frame::{
    BROADCAST, UNSPECIFIED, arp_holder, arp_probe, dhcp_message, dhcp_request_frame, is_multicast, receiver,
};
use super::stack::Stack;

/// An address that nobody has, for it is one of documentation (RFC 5737): who answers ARP for it answers for
/// everybody.
const NOBODYS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// A host and its DHCP client.
pub(crate) struct DhcpHost {
    pub(crate) stack: Stack,
    dhcp: DhcpClient,
    joined: Instant,
    /// The first lease, and how long it took.
    lease: Option<(Lease, Duration)>,
    holder: Option<AddressHolder>,
}

/// Somebody else who says by ARP that it has the host's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressHolder {
    pub(crate) mac: MacAddress,
    /// It says so of an address that nobody has, too.
    pub(crate) answers_for_all: bool,
}

impl DhcpHost {
    /// The host joins a network, and asks for an address.
    pub(crate) fn join(stack: Stack, mut dhcp: DhcpClient, now: Instant) -> Self {
        dhcp.start(now);
        Self { stack, dhcp, joined: now, lease: None, holder: None }
    }

    /// Its hardware address.
    pub(crate) fn mac(&self) -> MacAddress {
        self.stack.mac()
    }

    /// When it joined.
    pub(crate) fn joined(&self) -> Instant {
        self.joined
    }

    /// What it was lent first, and how long that took.
    pub(crate) fn lease(&self) -> Option<&(Lease, Duration)> {
        self.lease.as_ref()
    }

    /// What it has asked for, and what came of it.
    pub(crate) fn requests(&self) -> &Requests {
        self.dhcp.requests()
    }

    /// Who else has its address, or says so.
    pub(crate) fn holder(&self) -> Option<AddressHolder> {
        self.holder
    }

    /// A frame came, if it is for this host. Returns whether the host has an address from now on and had none before.
    pub(crate) fn receive(&mut self, frame: &[u8], now: Instant) -> bool {
        let to = receiver(frame);
        if to != Some(self.mac()) && to != Some(BROADCAST) && !is_multicast(to) {
            return false;
        }
        self.look_for_a_holder(frame);
        let Some(message) = dhcp_message(frame) else {
            self.stack.receive(frame.to_vec());
            return false;
        };
        let Some(lease) = self.dhcp.receive(&message, now) else { return false };
        self.stack.set_address(Some((lease.address, lease.prefix)));
        self.stack.set_router(Some(lease.router));
        if self.lease.is_some() {
            return false;
        }
        self.stack.send_frame(arp_probe(self.mac(), lease.address));
        self.lease = Some((lease, now.since(self.joined)));
        true
    }

    fn look_for_a_holder(&mut self, frame: &[u8]) {
        let Some((lease, _)) = &self.lease else { return };
        let other = |address| arp_holder(frame, address).filter(|mac| *mac != self.stack.mac());
        if let (None, Some(mac)) = (self.holder, other(lease.address)) {
            self.holder = Some(AddressHolder { mac, answers_for_all: false });
            self.stack.send_frame(arp_probe(self.stack.mac(), NOBODYS));
        } else if let (Some(holder), Some(_)) = (&mut self.holder, other(NOBODYS)) {
            holder.answers_for_all = true;
        }
    }

    /// Does what `now` asks of its DHCP client, and adds the frames that the host sends.
    pub(crate) fn advance(&mut self, now: Instant, frames: &mut Vec<Vec<u8>>) {
        self.dhcp.handle_timeout(now);
        if let Some(message) = self.dhcp.poll() {
            frames.push(dhcp_request_frame(self.stack.mac(), UNSPECIFIED, &message));
        }
        self.stack.poll(now);
        while let Some(frame) = self.stack.next_frame() {
            frames.push(frame);
        }
    }

    /// When it is to be carried on although no frame came.
    pub(crate) fn timeout(&mut self, now: Instant) -> Option<Instant> {
        [self.stack.poll_at(now), self.dhcp.poll_timeout()].into_iter().flatten().min()
    }
}

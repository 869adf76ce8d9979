//! A phone on its home network that loads the device's page there. It exists as long as the visit.

use std::net::SocketAddrV4;

use vestibule_core::{DNS_PORT, Instant};

use super::super::browser::Browser;
use super::super::phone_mac;
use crate::host::FIRST_PORT;
use crate::host::Stack;
use crate::host::dhcp_client::DhcpClient;
use crate::host::frame::{UNSPECIFIED, dhcp_message, dhcp_request_frame};
use crate::owner::PAGE_TIMEOUT;
use crate::phone::{DhcpFingerprint, Link};
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, number, stream};
use crate::world::{Load, Loaded};

/// A visiting phone.
pub(super) struct Visitor {
    /// The network's place in the scenario.
    pub(super) network: usize,
    pub(super) stack: Stack,
    dhcp: DhcpClient,
    stage: VisitStage,
    next_port: u16,
}

/// The stage of a visit.
enum VisitStage {
    /// It has no address yet.
    WaitingForAddress {
        load: Box<Load>,
        until: Instant,
    },
    Loading(Box<Browser>),
}

impl Visitor {
    /// A phone that has just joined the network.
    pub(super) fn new(
        network: usize,
        load: Load,
        (phone, system): (PhoneId, Option<DhcpFingerprint>),
        seed: u64,
        now: Instant,
    ) -> Self {
        let (mac, index) = (phone_mac(phone), phone as u64);
        let mut dhcp = DhcpClient::new(mac, stream(seed, RandomStream::VisitorDhcp, index));
        dhcp.set_system(system);
        dhcp.start(now);
        let stage = VisitStage::WaitingForAddress { load: Box::new(load), until: now + PAGE_TIMEOUT };
        let stack = Stack::new(mac, number(seed, RandomStream::VisitorStack, index), now);
        Self { network, stack, dhcp, stage, next_port: FIRST_PORT }
    }

    /// A frame arrived.
    pub(super) fn receive(&mut self, frame: Vec<u8>, now: Instant) {
        let Some(message) = dhcp_message(&frame) else {
            return self.stack.receive(frame);
        };
        let Some(lease) = self.dhcp.receive(&message, now) else { return };
        self.stack.set_address(Some((lease.address, lease.prefix)));
        self.stack.set_router(Some(lease.router));
        if let VisitStage::WaitingForAddress { load, .. } = &self.stage {
            let resolver = SocketAddrV4::new(lease.resolver, DNS_PORT);
            let link = Link { address: lease.address, router: lease.router, resolver };
            self.stage = VisitStage::Loading(Box::new(Browser::new((**load).clone(), Some(link), now)));
        }
    }

    /// Continues the visit. Returns the load's number and result once it is over.
    pub(super) fn serve(&mut self, now: Instant) -> Option<(u64, Loaded)> {
        self.dhcp.handle_timeout(now);
        if let Some(message) = self.dhcp.poll() {
            let frame = dhcp_request_frame(self.stack.mac(), UNSPECIFIED, &message);
            self.stack.send_frame(frame);
        }
        match &mut self.stage {
            VisitStage::WaitingForAddress { load, until } if *until <= now => {
                let (url, why) = (load.request.url.clone(), "the home network gave no address".into());
                Some((load.id, Loaded::Failed { url, why }))
            }
            VisitStage::WaitingForAddress { .. } => None,
            VisitStage::Loading(browser) => browser.serve(&mut self.stack, &mut self.next_port, now),
        }
    }

    /// When it next has to be served, if nothing arrives before.
    pub(super) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let stage = match &self.stage {
            VisitStage::WaitingForAddress { until, .. } => *until,
            VisitStage::Loading(browser) => browser.poll_timeout(),
        };
        [self.stack.poll_at(now), self.dhcp.poll_timeout(), Some(stage)].into_iter().flatten().min()
    }
}

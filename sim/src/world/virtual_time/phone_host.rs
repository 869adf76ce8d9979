//! A phone's stack on the device's access point: its DHCP client, the exchanges of its connectivity check and
//! the page loads of its sheet, over real frames.

use vestibule_core::{Instant, MacAddress};

use std::net::SocketAddrV4;

use vestibule_core::DNS_PORT;

use super::browser::Browser;
use crate::client::ClientCommand;
use crate::host::dhcp_client::DhcpClient;
use crate::host::frame::{UNSPECIFIED, dhcp_message, dhcp_request_frame};
use crate::host::{Exchanges, Stack};
use crate::phone::{DhcpFingerprint, Exchange, ExchangeId, Link, Progress};
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, number, stream};
use crate::tls::Trust;
use crate::world::{Load, World};

/// A phone with its stack.
pub(in crate::world) struct PhoneHost {
    id: PhoneId,
    pub(in crate::world) stack: Stack,
    dhcp: DhcpClient,
    link: Option<Link>,
    exchanges: Exchanges<ExchangeId>,
    browser: Option<Browser>,
}

impl PhoneHost {
    /// A phone that is not on the network; `seed` is the run's.
    pub(in crate::world) fn new(id: PhoneId, mac: MacAddress, seed: u64, now: Instant) -> Self {
        Self {
            id,
            stack: Stack::new(mac, number(seed, RandomStream::PhoneStack, id as u64), now),
            dhcp: DhcpClient::new(mac, stream(seed, RandomStream::PhoneDhcp, id as u64)),
            link: None,
            exchanges: Exchanges::new(Trust::simulated()),
            browser: None,
        }
    }

    /// The phone joins with a hardware address that it has not used before.
    pub(in crate::world) fn rotate_address(&mut self) {
        let mut mac = self.stack.mac();
        mac.0[3] = mac.0[3].wrapping_add(1);
        self.stack.set_mac(mac);
        self.dhcp.set_mac(mac);
    }

    /// The phone is on the access point, and requests an address as its system does.
    pub(in crate::world) fn joined(&mut self, system: Option<DhcpFingerprint>, now: Instant) {
        self.dhcp.set_system(system);
        self.dhcp.start(now);
    }

    /// The phone is off the access point: closes every socket.
    pub(in crate::world) fn cut(&mut self) {
        self.dhcp.stop();
        self.link = None;
        self.stack.set_address(None);
        self.exchanges.cut(&mut self.stack);
        if let Some(browser) = self.browser.take() {
            browser.abandon(&mut self.stack);
        }
    }

    /// A frame arrived.
    pub(in crate::world) fn receive(&mut self, bytes: Vec<u8>, world: &mut World, now: Instant) {
        let Some(message) = dhcp_message(&bytes) else {
            return self.stack.receive(bytes);
        };
        if let Some(lease) = self.dhcp.receive(&message, now) {
            self.stack.set_address(Some((lease.address, lease.prefix)));
            let resolver = SocketAddrV4::new(lease.resolver, DNS_PORT);
            let link = Link { address: lease.address, router: lease.router, resolver };
            // A lease that was renewed changes nothing.
            if self.link.replace(link) != Some(link) {
                world.phone_configured(self.id, link, lease.captive_portal_api.as_deref(), now);
            }
        }
    }

    /// Begins an exchange of the phone's check.
    pub(in crate::world) fn open(
        &mut self,
        id: ExchangeId,
        exchange: Exchange,
        world: &mut World,
        now: Instant,
    ) {
        if self.link.is_none() {
            return world.phone_progress(self.id, id, Progress::Unreachable, now);
        }
        self.exchanges.open(&mut self.stack, id, exchange);
    }

    /// Does what a client wants done on its connection.
    pub(in crate::world) fn client_command(
        &mut self,
        id: ExchangeId,
        command: ClientCommand,
        world: &mut World,
        now: Instant,
    ) {
        match command {
            ClientCommand::Connect(to) => {
                self.open(id, Exchange::Stream { to, payload: Vec::new() }, world, now);
            }
            ClientCommand::Say(bytes) => self.exchanges.send(id, bytes),
            ClientCommand::Shut => self.exchanges.shut(&mut self.stack, id),
            ClientCommand::Reset => self.abandon(id),
        }
    }

    /// Gives an exchange up.
    pub(in crate::world) fn abandon(&mut self, id: ExchangeId) {
        self.exchanges.abandon(&mut self.stack, id);
    }

    /// Begins to load a page, and abandons an older load.
    pub(in crate::world) fn load(&mut self, load: Load, now: Instant) {
        if let Some(browser) = self.browser.take() {
            browser.abandon(&mut self.stack);
        }
        self.browser = Some(Browser::new(load, self.link, now));
    }

    /// Passes bytes between the sockets and the phone. Returns whether anything moved.
    pub(in crate::world) fn serve(&mut self, world: &mut World, now: Instant) -> bool {
        let mut moved = false;
        self.dhcp.handle_timeout(now);
        if let Some(message) = self.dhcp.poll() {
            let frame = dhcp_request_frame(self.stack.mac(), UNSPECIFIED, &message);
            self.stack.send_frame(frame);
            moved = true;
        }
        for (id, progress) in self.exchanges.serve(&mut self.stack) {
            world.phone_progress(self.id, id, progress.as_progress(), now);
            moved = true;
        }
        if let Some(browser) = &mut self.browser
            && let Some((load, loaded)) = browser.serve(&mut self.stack, &mut self.exchanges.next_port, now)
        {
            if let Some(browser) = self.browser.take() {
                browser.abandon(&mut self.stack);
            }
            world.page_loaded(self.id, load, loaded, now);
            moved = true;
        }
        moved
    }

    /// Whether its phone is on no network and nothing is left to do: only [`PhoneHost::joined`] changes that.
    pub(super) fn is_away(&self) -> bool {
        let is_off = self.link.is_none() && self.dhcp.is_stopped();
        is_off && self.exchanges.is_empty() && self.browser.is_none() && self.stack.is_at_rest()
    }

    /// The time at which it must be served, if nothing arrives before.
    pub(in crate::world) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let browser = self.browser.as_ref().map(Browser::poll_timeout);
        [self.stack.poll_at(now), self.dhcp.poll_timeout(), browser].into_iter().flatten().min()
    }
}

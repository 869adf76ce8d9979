//! One phone on a link: its stack, its DHCP client, and its check once it has an address. Sans-IO: a driver moves its
//! frames.

use std::net::SocketAddrV4;
use std::time::Duration;

use vestibule_core::{DNS_PORT, Instant, MacAddress};

use super::lease::{LeaseSummary, without_address};
use super::log::ExchangeOwner;
use super::phone_check::{CheckAction, PhoneCheck};
use super::portal_address::PortalAddress;
use super::{Checked, Sheet};
use crate::host::dhcp_client::DhcpClient;
use crate::host::frame::{
    BROADCAST, UNSPECIFIED, arp_holder, arp_probe, dhcp_message, dhcp_request_frame, is_multicast, receiver,
};
use crate::host::{Exchanges, Stack};
use crate::phone::{Link, Model, Presents};
use crate::random_streams::{RandomStream, number, stream};

/// How long a phone waits for an address: long enough for three DHCPDISCOVER at the
/// intervals of RFC 2131 section 4.1. Chosen.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(20);

/// The seed of the phones' stacks and transactions: a check asks with the same bytes each time.
const SEED: u64 = 1;

/// A phone on a link.
pub(super) struct LinkedPhone {
    pub(super) number: usize,
    model: &'static Model,
    stack: Stack,
    dhcp: DhcpClient,
    exchanges: Exchanges<ExchangeOwner>,
    joined: Instant,
    lease: Option<LeaseSummary>,
    /// Who else has the phone's address, or says so.
    holder: Option<MacAddress>,
    check: Option<PhoneCheck>,
    /// How far the check's clock was put forward, over what the phone would only have waited for itself.
    ahead: Duration,
}

impl LinkedPhone {
    /// The phone joins the link, with this hardware address. `number` is its place among those to be checked.
    pub(super) fn join(number: usize, model: &'static Model, mac: MacAddress, now: Instant) -> Self {
        let index = u64::try_from(number).unwrap_or(0);
        let mut dhcp = DhcpClient::new(mac, stream(SEED, RandomStream::PhoneDhcp, index));
        dhcp.start(now);
        Self {
            number,
            model,
            stack: Stack::new(mac, self::number(SEED, RandomStream::PhoneStack, index), now),
            dhcp,
            exchanges: Exchanges::default(),
            joined: now,
            lease: None,
            holder: None,
            check: None,
            ahead: Duration::ZERO,
        }
    }

    /// Its hardware address.
    pub(super) fn mac(&self) -> MacAddress {
        self.stack.mac()
    }

    /// A frame came, if it is for this phone.
    pub(super) fn receive(&mut self, frame: &[u8], now: Instant) {
        let to = receiver(frame);
        if to != Some(self.mac()) && to != Some(BROADCAST) && !is_multicast(to) {
            return;
        }
        let own = self.lease.as_ref().map(|lease| lease.address);
        let holder = own.and_then(|address| arp_holder(frame, address));
        self.holder = holder.filter(|holder| *holder != self.mac()).or(self.holder);
        let Some(message) = dhcp_message(frame) else {
            return self.stack.receive(frame.to_vec());
        };
        let Some(lease) = self.dhcp.receive(&message, now) else { return };
        self.stack.set_address(Some((lease.address, lease.prefix)));
        self.stack.set_router(Some(lease.router));
        if self.check.is_some() {
            return;
        }
        let resolver = SocketAddrV4::new(lease.resolver, DNS_PORT);
        let link = Link { address: lease.address, router: lease.router, resolver };
        let summary = LeaseSummary::new(&lease, now.since(self.joined));
        self.lease = Some(summary.offered(self.dhcp.requests().offered));
        self.stack.send_frame(arp_probe(self.mac(), lease.address));
        let api = lease.captive_portal_api.as_deref();
        let place = PortalAddress::at(lease.router);
        self.check = Some(PhoneCheck::begin(self.model, link, place, api, now + self.ahead));
    }

    /// Does what `now` asks for, and adds the frames that it sends.
    pub(super) fn advance(&mut self, now: Instant, frames: &mut Vec<Vec<u8>>) {
        loop {
            let sent = frames.len();
            self.dhcp.handle_timeout(now);
            if let Some(message) = self.dhcp.poll() {
                frames.push(dhcp_request_frame(self.stack.mac(), UNSPECIFIED, &message));
            }
            let moved = self.advance_check(now);
            self.stack.poll(now);
            while let Some(frame) = self.stack.next_frame() {
                frames.push(frame);
            }
            if !moved && frames.len() == sent {
                return;
            }
        }
    }

    /// Carries on the check. Returns whether anything moved.
    fn advance_check(&mut self, now: Instant) -> bool {
        let Some(check) = &mut self.check else { return false };
        let mut moved = false;
        while let Some(action) = check.poll() {
            moved = true;
            match action {
                CheckAction::Open { of, exchange } => self.exchanges.open(&mut self.stack, of, exchange),
                CheckAction::Abandon(of) => self.exchanges.abandon(&mut self.stack, of),
            }
        }
        for (of, progress) in self.exchanges.serve(&mut self.stack) {
            moved = true;
            check.progress(of, progress.as_progress(), now + self.ahead);
        }
        if moved || check.is_over(now + self.ahead) {
            return moved;
        }
        if !check.is_in_flight() {
            self.ahead += check.timeout().since(now + self.ahead);
        }
        if check.timeout() <= now + self.ahead {
            check.due(now + self.ahead);
            return true;
        }
        false
    }

    /// When it is to be carried on although no frame came.
    pub(super) fn timeout(&mut self, now: Instant) -> Instant {
        let check = match &self.check {
            Some(check) => now + check.timeout().since(now + self.ahead),
            None => self.joined + ADDRESS_TIMEOUT,
        };
        [self.stack.poll_at(now), self.dhcp.poll_timeout()].into_iter().flatten().fold(check, Instant::min)
    }

    /// What came of it, once it is over.
    pub(super) fn checked(&mut self, now: Instant, frames: &mut Vec<Vec<u8>>) -> Option<Checked> {
        let checked = match &self.check {
            Some(check) if check.is_over(now + self.ahead) => {
                let mut checked = check.checked();
                checked.findings.extend(self.lease.iter().flat_map(LeaseSummary::findings));
                checked.findings.extend(self.holder.map(|holder| self.has_a_holder(holder)));
                checked.lease = self.lease.clone();
                checked
            }
            None if now >= self.joined + ADDRESS_TIMEOUT => self.without_address(now),
            _ => return None,
        };
        // The other end need not keep what is still open.
        self.exchanges.abandon_all(&mut self.stack);
        while let Some(frame) = self.stack.next_frame() {
            frames.push(frame);
        }
        Some(checked)
    }

    fn has_a_holder(&self, holder: MacAddress) -> String {
        let address = self.lease.as_ref().map_or(UNSPECIFIED, |lease| lease.address);
        format!(
            "{holder} answers ARP for {address}, which the phone was lent: systems that ask before they use an address \
             (RFC 5227) decline it and ask for another. Let only the host that has an address answer for it"
        )
    }

    fn without_address(&self, now: Instant) -> Checked {
        let (why, change) = without_address(self.dhcp.requests(), now.since(self.joined));
        Checked {
            model: self.model,
            sheet: Sheet::None,
            verdict: None,
            rule: None,
            took: None,
            decided_by: None,
            exchanges: Vec::new(),
            findings: vec![why],
            change: Some(change),
            counts: self.model.presents != Presents::Nothing,
            disputed: Vec::new(),
            strict: false,
            lease: None,
            agent: None,
            views: Vec::new(),
        }
    }
}

//! One phone on a link: its stack, its DHCP client, and its check once it has an address. Sans-IO: a driver moves its
//! frames.

use std::net::SocketAddrV4;
use std::time::Duration;

use vestibule_core::{DNS_PORT, Instant, MacAddress};

use super::lease::{LeaseSummary, findings_of, without_address};
use super::log::ExchangeOwner;
use super::phone_check::{CheckAction, PhoneCheck};
use super::portal_address::PortalAddress;
use super::{ChangeWords, Checked, Sheet};
use crate::host::dhcp_client::{DhcpClient, Lease};
use crate::host::{DhcpHost, Exchanges, Stack};
use crate::phone::{Link, Model, Presents};
use crate::random_streams::{RandomStream, number, stream};
use crate::tls::Trust;

/// How long a phone waits for an address: long enough for three DHCPDISCOVER at the
/// intervals of RFC 2131 section 4.1. Chosen.
pub(super) const ADDRESS_TIMEOUT: Duration = Duration::from_secs(20);

/// The seed of the phones' stacks and transactions: a check asks with the same bytes each time.
const SEED: u64 = 1;

/// A phone on a link.
pub(super) struct LinkedPhone {
    pub(super) number: usize,
    pub(super) place: usize,
    pub(super) model: &'static Model,
    host: DhcpHost,
    exchanges: Exchanges<ExchangeOwner>,
    check: Option<PhoneCheck>,
    /// How far the check's clock was put forward, over what the phone would only have waited for itself.
    ahead: Duration,
}

/// A phone's host, which joins a link with this hardware address and asks as this model's system does. `number` is the
/// phone's place among those to be checked.
pub(super) fn phone_host(
    number: usize,
    model: Option<&'static Model>,
    mac: MacAddress,
    now: Instant,
) -> DhcpHost {
    let index = u64::try_from(number).unwrap_or(0);
    let stack = Stack::new(mac, self::number(SEED, RandomStream::PhoneStack, index), now);
    let mut dhcp = DhcpClient::new(mac, stream(SEED, RandomStream::PhoneDhcp, index));
    dhcp.set_system(model.map(Model::dhcp));
    DhcpHost::join(stack, dhcp, now)
}

/// What a phone is told of its network by a lease.
pub(super) fn told_by(lease: &Lease) -> Link {
    let resolver = SocketAddrV4::new(lease.resolver, DNS_PORT);
    Link { address: lease.address, router: lease.router, resolver }
}

impl LinkedPhone {
    /// The phone joins the link at this place, with this hardware address. `number` is which it is of those to be checked.
    pub(super) fn join(
        (number, place): (usize, usize),
        model: &'static Model,
        mac: MacAddress,
        trust: Trust,
        now: Instant,
    ) -> Self {
        let host = phone_host(number, Some(model), mac, now);
        Self {
            number,
            place,
            model,
            host,
            exchanges: Exchanges::new(trust),
            check: None,
            ahead: Duration::ZERO,
        }
    }

    /// A frame came, if it is for this phone.
    pub(super) fn receive(&mut self, frame: &[u8], now: Instant) {
        if self.host.receive(frame, now)
            && let Some((lease, _)) = self.host.lease()
        {
            let api = lease.captive_portal_api.as_deref();
            let place = PortalAddress::at(lease.router);
            self.check = Some(PhoneCheck::begin(self.model, told_by(lease), place, api, now + self.ahead));
        }
    }

    /// Does what `now` asks for, and adds the frames that it sends.
    pub(super) fn advance(&mut self, now: Instant, frames: &mut Vec<Vec<u8>>) {
        loop {
            let sent = frames.len();
            let moved = self.advance_check(now);
            self.host.advance(now, frames);
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
                CheckAction::Open { of, exchange } => self.exchanges.open(&mut self.host.stack, of, exchange),
                CheckAction::Abandon(of) => self.exchanges.abandon(&mut self.host.stack, of),
            }
        }
        for (of, progress) in self.exchanges.serve(&mut self.host.stack) {
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
            None => self.host.joined() + ADDRESS_TIMEOUT,
        };
        self.host.timeout(now).map_or(check, |at| at.min(check))
    }

    /// What came of it, once it is over.
    pub(super) fn checked(&mut self, now: Instant, frames: &mut Vec<Vec<u8>>) -> Option<Checked> {
        let checked = match &self.check {
            Some(check) if check.is_over(now + self.ahead) => {
                let mut checked = check.checked();
                checked.findings.extend(findings_of(&self.host));
                checked.lease = LeaseSummary::of(&self.host);
                checked
            }
            None if now >= self.host.joined() + ADDRESS_TIMEOUT => {
                let waited = now.since(self.host.joined());
                not_checked(self.model, without_address(self.host.requests(), waited))
            }
            _ => return None,
        };
        // The other end need not keep what is still open.
        self.exchanges.abandon_all(&mut self.host.stack);
        while let Some(frame) = self.host.stack.next_frame() {
            frames.push(frame);
        }
        Some(checked)
    }
}

/// What is told of a phone that could not check: why, and what is to be changed.
pub(super) fn not_checked(model: &'static Model, (why, change): (String, String)) -> Checked {
    Checked {
        model,
        sheet: Sheet::None,
        verdict: None,
        rule: None,
        took: None,
        decided_by: None,
        exchanges: Vec::new(),
        findings: vec![why],
        change: Some(change),
        change_words: ChangeWords::default(),
        counts: model.presents != Presents::Nothing,
        disputed: Vec::new(),
        strict: false,
        portal_gone: false,
        lease: None,
        agent: None,
        views: Vec::new(),
        project: None,
    }
}

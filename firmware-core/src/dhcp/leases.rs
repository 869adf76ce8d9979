//! Which client has which address, and until when.
//!
//! A table of a few entries over a range of many addresses. An entry that has expired stays until the entry
//! or the address is needed, so that its client gets its address again. Therefore nothing has to be cleaned
//! up, and the table is never full of what has expired.
//!
//! A table full of leases in force turns no client away either: the client that was silent for longest is
//! forgotten. It may still be there. RFC 2131 section 1.6 wants its address left alone, and that is what
//! happens: a new client is offered an address that nobody in the table has, chosen by its identifier among
//! hundreds, and the forgotten client has its address confirmed when it renews, as after a power cut. If by
//! chance the new client was given that very address, it finds the other client there and declines it (RFC
//! 2131 section 2.2), or the forgotten client gets a DHCPNAK and starts again.

use core::net::Ipv4Addr;
use core::time::Duration;

use super::message::ClientId;
use crate::limits::{LEASES, OFFER_TIMEOUT, QUARANTINE_TIMEOUT, QUARANTINED};
use crate::mac_address::MacAddress;
use crate::time::Instant;

/// The addresses that may be lent: a range less the server's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) server: Ipv4Addr,
}

impl Pool {
    fn contains(&self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address.to_bits()) && address != self.server
    }

    /// Every address once, beginning at one that depends on the client: so a phone gets the same address from
    /// a device that lost its table with its power, and two phones seldom get the same.
    fn addresses_for(&self, client: ClientId) -> impl Iterator<Item = Ipv4Addr> {
        // 0 when the range is empty or all of IPv4, which is no subnet's.
        let count = (self.last + 1).saturating_sub(self.first);
        let Self { first, server, .. } = *self;
        let start = client.spread(count);
        let addresses = (start..count).chain(0..start).map(move |offset| Ipv4Addr::from_bits(first + offset));
        addresses.filter(move |address| *address != server)
    }
}

/// Whether an address is offered or lent.
///
/// ```
/// use vestibule_core::dhcp::Hold;
///
/// assert!(Hold::Offered < Hold::Lent, "an offer is given up first");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// It was offered and is kept until the client takes it or [`OFFER_TIMEOUT`] has passed.
    Offered,
    /// It is the client's.
    Lent,
}

/// An address that a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub(super) client: ClientId,
    /// The client's hardware address, for display: a client may be known by a client identifier instead.
    pub chaddr: MacAddress,
    /// The address.
    pub address: Ipv4Addr,
    /// Whether it is offered or lent.
    pub hold: Hold,
    /// Until when, this moment excluded.
    pub until: Instant,
}

impl Lease {
    fn is_in_force(&self, now: Instant) -> bool {
        now < self.until
    }

    /// The order in which entries are given up: offers before leases, and within each those that ended first.
    fn worth(&self) -> (Hold, Instant) {
        (self.hold, self.until)
    }
}

/// An address that is withheld.
#[derive(Clone, Copy, Debug)]
struct Quarantine {
    address: Ipv4Addr,
    until: Instant,
}

impl Quarantine {
    /// An unused entry, which sorts before all others: it ended at the origin, and its address is nobody's.
    const NONE: Self = Self { address: Ipv4Addr::UNSPECIFIED, until: Instant::from_micros(0) };
}

/// At most one entry a client and one an address, in force or not.
pub(super) struct Table {
    entries: [Option<Lease>; LEASES],
    quarantined: [Quarantine; QUARANTINED],
}

impl Table {
    pub(super) const fn new() -> Self {
        Self { entries: [None; LEASES], quarantined: [Quarantine::NONE; QUARANTINED] }
    }

    /// The addresses that clients have now.
    pub(super) fn in_force(&self, now: Instant) -> impl Iterator<Item = &Lease> {
        self.entries.iter().flatten().filter(move |lease| lease.is_in_force(now))
    }

    /// Every address that is remembered, in force or not.
    #[cfg(test)]
    pub(super) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.entries.iter().flatten().map(|lease| lease.address)
    }

    /// Drops what does not belong to this pool, and limits what is left of each entry's time to a whole one:
    /// after a clock that jumped back it would otherwise last for as long as the jump.
    pub(super) fn tidy(&mut self, pool: &Pool, lease_time: Duration, now: Instant) {
        for entry in &mut self.entries {
            entry.take_if(|lease| !pool.contains(lease.address));
            if let Some(lease) = entry {
                let longest = match lease.hold {
                    Hold::Offered => OFFER_TIMEOUT,
                    Hold::Lent => lease_time,
                };
                lease.until = lease.until.min(now + longest);
            }
        }
        for entry in &mut self.quarantined {
            if entry.until <= now {
                *entry = Quarantine::NONE;
            }
            entry.until = entry.until.min(now + QUARANTINE_TIMEOUT);
        }
    }

    /// Chooses `yiaddr` for an OFFER and keeps it for the client for [`OFFER_TIMEOUT`] (RFC 2131 section
    /// 4.3.1): the address that the client has or last had, else the one that it asks for, else a free one.
    /// `None` when every address is in force or withheld.
    pub(super) fn offer(
        &mut self,
        pool: &Pool,
        client: ClientId,
        chaddr: MacAddress,
        requested_ip: Option<Ipv4Addr>,
        now: Instant,
    ) -> Option<Ipv4Addr> {
        let offer_ends = now + OFFER_TIMEOUT;
        if let Some(lease) = self.of_client(client) {
            if lease.is_in_force(now) {
                // A DISCOVER that somebody forges in a client's name must not shorten its lease.
                lease.until = lease.until.max(offer_ends);
            } else {
                (lease.hold, lease.until) = (Hold::Offered, offer_ends);
            }
            return Some(lease.address);
        }
        let address = requested_ip
            .filter(|requested| self.is_free(pool, *requested, now))
            .or_else(|| self.fresh(pool, client))
            .or_else(|| self.over(now).min_by_key(|lease| lease.worth()).map(|lease| lease.address))?;
        let offer = Lease { client, chaddr, address, hold: Hold::Offered, until: offer_ends };
        self.insert(offer, now);
        Some(address)
    }

    /// Lends a client this address until `until`. Returns whether it did: not if the client has another
    /// one, nor if the address is not free.
    pub(super) fn lend(
        &mut self,
        pool: &Pool,
        client: ClientId,
        chaddr: MacAddress,
        address: Ipv4Addr,
        until: Instant,
        now: Instant,
    ) -> bool {
        let lease = Lease { client, chaddr, address, hold: Hold::Lent, until };
        if let Some(current) = self.of_client(client) {
            if current.address == address {
                *current = lease;
                return true;
            }
            if current.is_in_force(now) {
                return false;
            }
        }
        let is_free = self.is_free(pool, address, now);
        if is_free {
            self.insert(lease, now);
        }
        is_free
    }

    /// The client took another server's offer.
    pub(super) fn withdraw_offer(&mut self, client: ClientId, now: Instant) {
        if let Some(lease) = self.of_client(client).filter(|lease| lease.hold == Hold::Offered) {
            lease.until = lease.until.min(now);
        }
    }

    /// The client has left; should it come back, it finds its address as long as there is room.
    pub(super) fn release(&mut self, client: ClientId, address: Ipv4Addr, now: Instant) {
        if let Some(lease) = self.of_client(client).filter(|lease| lease.address == address) {
            lease.until = lease.until.min(now);
        }
    }

    /// The client found somebody else on the address that it was given.
    pub(super) fn quarantine(&mut self, client: ClientId, address: Ipv4Addr, now: Instant) {
        let is_its_own =
            |lease: &mut Lease| lease.client == client && lease.address == address && lease.is_in_force(now);
        if self.entries.iter_mut().find_map(|entry| entry.take_if(is_its_own)).is_none() {
            // A client can have no address withheld that it does not have itself.
            return;
        }
        // An unused entry, else the one that ends first.
        if let Some(place) = self.quarantined.iter_mut().min_by_key(|entry| entry.until) {
            *place = Quarantine { address, until: now + QUARANTINE_TIMEOUT };
        }
    }

    fn of_client(&mut self, client: ClientId) -> Option<&mut Lease> {
        self.entries.iter_mut().flatten().find(|lease| lease.client == client)
    }

    fn of_address(&self, address: Ipv4Addr) -> Option<&Lease> {
        self.entries.iter().flatten().find(|lease| lease.address == address)
    }

    fn is_quarantined(&self, address: Ipv4Addr) -> bool {
        self.quarantined.iter().any(|quarantine| quarantine.address == address)
    }

    /// Whether the address can be given to somebody who does not have it.
    fn is_free(&self, pool: &Pool, address: Ipv4Addr, now: Instant) -> bool {
        pool.contains(address)
            && !self.is_quarantined(address)
            && !self.of_address(address).is_some_and(|lease| lease.is_in_force(now))
    }

    /// An address that nobody has or had. Of more addresses than there are entries, one is
    /// fresh, so this does not look far.
    fn fresh(&self, pool: &Pool, client: ClientId) -> Option<Ipv4Addr> {
        let taken = |address| self.of_address(address).is_some() || self.is_quarantined(address);
        pool.addresses_for(client).take(LEASES + QUARANTINED + 1).find(|address| !taken(*address))
    }

    /// Entries that have ended.
    fn over(&self, now: Instant) -> impl Iterator<Item = &Lease> {
        self.entries.iter().flatten().filter(move |lease| !lease.is_in_force(now))
    }

    /// Enters a lease, in place of what its client or its address had before, else in an unused entry, else in
    /// place of what is least needed: what has ended before what is in force. All leases last equally long, so
    /// the one that ends first belongs to the client that was silent for longest.
    fn insert(&mut self, lease: Lease, now: Instant) {
        for entry in &mut self.entries {
            entry.take_if(|old| old.client == lease.client || old.address == lease.address);
        }
        // An unused entry comes before all others.
        let worth = |entry: &Option<Lease>| entry.map(|lease| (lease.is_in_force(now), lease.worth()));
        if let Some(place) = self.entries.iter_mut().min_by_key(|entry| worth(entry)) {
            *place = Some(lease);
        }
    }
}

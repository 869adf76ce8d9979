//! Which client has which address, and until when.
//!
//! A table of a few entries over a range of many addresses. An entry that has expired stays until the entry
//! or the address is needed, so that its client gets its address again. Therefore nothing has to be cleaned
//! up, and the table is never full of what has expired.
//!
//! A table full of leases in force turns no client away either: the client that was silent for longest is
//! forgotten. It may still be there. RFC 2131 section 1.6 wants its address left alone, and that is what
//! happens: of every address two bits tell whether it was lent lately, and whether its holder has renewed it since.
//! A new client is offered an address that was not lent lately, as long as there is one, and never one that its holder
//! renews; the forgotten client has its address confirmed when it renews, as after a power cut. If a crowd
//! has used up all addresses and the new client was given one whose holder is still there, it finds
//! the other client and declines it (RFC 2131 section 2.2), or the forgotten client gets a DHCPNAK and starts again.

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

/// What is known of every address, whether its lease is still in the table or not: whether it was lent, and whether its
/// holder has renewed it, since a moment and in the lease's time before that. So every lease in force is known here.
///
/// By the last byte of addresses: in a subnet of more than 256 several are taken together. Four bits each.
struct Lately {
    bits: [u8; 128],
    since: Instant,
    /// When the last of all leases ends.
    all_end: Instant,
}

/// What [`Lately`] holds of an address since its moment. The same before that is two bits to the left.
const LENT: u8 = 1;
const RENEWED: u8 = 2;

/// Both, and before.
const LENT_OR_RENEWED: u8 = 0b1111;
const RENEWED_OR_BEFORE: u8 = RENEWED | RENEWED << 2;

impl Lately {
    const NOTHING: Self =
        Self { bits: [0; 128], since: Instant::from_micros(0), all_end: Instant::from_micros(0) };

    fn place(address: Ipv4Addr) -> (usize, u32) {
        let [.., last] = address.octets();
        (usize::from(last / 2), u32::from(last % 2) * 4)
    }

    /// Whether any of these bits holds for the address.
    fn holds(&self, address: Ipv4Addr, bits: u8) -> bool {
        let (index, shift) = Self::place(address);
        self.bits.get(index).is_some_and(|both| both >> shift & bits != 0)
    }

    /// Adds bits, or takes all away.
    fn set(&mut self, address: Ipv4Addr, bits: u8) {
        let (index, shift) = Self::place(address);
        if let Some(both) = self.bits.get_mut(index) {
            *both = if bits == 0 { *both & !(LENT_OR_RENEWED << shift) } else { *both | bits << shift };
        }
    }

    /// What is older than a lease is forgotten.
    fn tidy(&mut self, lease_time: Duration, now: Instant) {
        // After a clock that jumped back these would last for as long as the jump.
        self.since = self.since.min(now);
        self.all_end = self.all_end.min(now + lease_time);
        let is_old = self.since + lease_time <= now;
        let all_is_over = self.all_end <= now;
        if is_old || all_is_over {
            self.since = now;
            for both in &mut self.bits {
                *both = if all_is_over { 0 } else { *both << 2 & 0b1100_1100 };
            }
        }
    }
}

/// At most one entry a client and one an address, in force or not.
pub(super) struct Table {
    entries: [Option<Lease>; LEASES],
    quarantined: [Quarantine; QUARANTINED],
    lately: Lately,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self {
            entries: [None; LEASES],
            quarantined: [Quarantine::NONE; QUARANTINED],
            lately: Lately::NOTHING,
        }
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
        self.lately.tidy(lease_time, now);
    }

    /// Chooses `yiaddr` for an OFFER and keeps it for the client for [`OFFER_TIMEOUT`] (RFC 2131 section
    /// 4.3.1): the address that the client has or last had, else the one that it asks for, else a free one, which
    /// was not lent lately if possible. `None` when every address is in force or withheld.
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
            .filter(|requested| {
                self.is_free(pool, *requested, now) && !self.lately.holds(*requested, LENT_OR_RENEWED)
            })
            .or_else(|| self.fresh(pool, client, LENT_OR_RENEWED))
            .or_else(|| self.over(now).min_by_key(|lease| lease.worth()).map(|lease| lease.address))
            .or_else(|| self.fresh(pool, client, RENEWED_OR_BEFORE))?;
        let offer = Lease { client, chaddr, address, hold: Hold::Offered, until: offer_ends };
        self.insert(offer, now);
        Some(address)
    }

    /// Enters a lease. Returns whether it did: not if the client has another address, nor if this one is not free.
    /// One that the table has forgotten is confirmed to a client that `renews`, which it would not do without having it.
    pub(super) fn lend(&mut self, pool: &Pool, lease: Lease, renews: bool, now: Instant) -> bool {
        let known = self.of_client(lease.client).map(|known| (known.address, known.is_in_force(now)));
        let may_have = match known {
            Some((address, _)) if address == lease.address => true,
            Some((_, true)) => false,
            _ => {
                self.is_free(pool, lease.address, now)
                    && (renews || !self.lately.holds(lease.address, LENT_OR_RENEWED))
            }
        };
        if !may_have {
            return false;
        }
        self.insert(lease, now);
        self.lately.all_end = self.lately.all_end.max(lease.until);
        self.lately.set(lease.address, if renews { LENT | RENEWED } else { LENT });
        true
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
            self.lately.set(address, 0);
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
        // Who has it has it from elsewhere.
        self.lately.set(address, 0);
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

    /// An address that nobody in the table has or had, and that is not to be avoided. Of more addresses than those
    /// one is fresh, so this does not look far.
    fn fresh(&self, pool: &Pool, client: ClientId, avoided: u8) -> Option<Ipv4Addr> {
        let mut addresses = pool.addresses_for(client).take(256 + LEASES + QUARANTINED);
        addresses.find(|address| {
            !self.lately.holds(*address, avoided)
                && self.of_address(*address).is_none()
                && !self.is_quarantined(*address)
        })
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

//! The stacks of a world's phones. An event visits those that are on the access point or on their way there; one that is
//! away has nothing to do until its phone joins, and in a long campaign there are many of them: visitors who have left.

use std::collections::BTreeMap;

use vestibule_core::{Instant, MacAddress};

use super::phone_host::PhoneHost;
use super::phone_mac;
use crate::radio::PhoneId;

/// The stacks of all phones, by their numbers.
pub(in crate::world) struct PhoneHosts {
    near: BTreeMap<PhoneId, PhoneHost>,
    away: BTreeMap<PhoneId, PhoneHost>,
    seed: u64,
}

impl PhoneHosts {
    /// The stacks of so many phones; `seed` is the run's.
    pub(in crate::world) fn new(count: usize, seed: u64, now: Instant) -> Self {
        let near = (0..count).map(|id| (id, PhoneHost::new(id, phone_mac(id), seed, now)));
        Self { near: near.collect(), away: BTreeMap::new(), seed }
    }

    /// The stack of a phone that has something for it to do; a phone that came along later gets one.
    pub(in crate::world) fn bring_near(&mut self, id: PhoneId, now: Instant) -> &mut PhoneHost {
        let (away, seed) = (&mut self.away, self.seed);
        self.near.entry(id).or_insert_with(|| {
            away.remove(&id).unwrap_or_else(|| PhoneHost::new(id, phone_mac(id), seed, now))
        })
    }

    /// Leaves those alone that have nothing to do.
    pub(super) fn put_away(&mut self) {
        self.away.extend(self.near.extract_if(.., |_, phone| phone.is_away()));
    }

    /// The stack of a phone that is not away.
    pub(in crate::world) fn get_mut(&mut self, id: PhoneId) -> Option<&mut PhoneHost> {
        self.near.get_mut(&id)
    }

    /// Those that are not away, with their numbers and in that order.
    pub(in crate::world) fn iter(&self) -> impl Iterator<Item = (PhoneId, &PhoneHost)> {
        self.near.iter().map(|(id, phone)| (*id, phone))
    }

    /// The same, to let them do something.
    pub(in crate::world) fn iter_mut(&mut self) -> impl Iterator<Item = (PhoneId, &mut PhoneHost)> {
        self.near.iter_mut().map(|(id, phone)| (*id, phone))
    }

    /// The phone with this hardware address, also one that is away.
    pub(super) fn with_mac(&self, mac: MacAddress) -> Option<PhoneId> {
        let all = self.near.iter().chain(&self.away);
        all.filter(|(_, phone)| phone.stack.mac() == mac).map(|(id, _)| *id).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_comes_back_has_the_stack_that_it_had() {
        let now = Instant::from_micros(0);
        let mut hosts = PhoneHosts::new(2, 1, now);
        let near = |hosts: &PhoneHosts| hosts.iter().map(|(id, _)| id).collect::<Vec<_>>();
        hosts.put_away();
        assert_eq!(near(&hosts), [0, 1], "what may move on them is not known yet");
        hosts.iter_mut().for_each(|(_, phone)| phone.stack.poll(now));
        hosts.put_away();
        assert!(near(&hosts).is_empty());

        hosts.bring_near(1, now).rotate_address();
        let mac = hosts.bring_near(1, now).stack.mac();
        assert_ne!(mac, phone_mac(1));
        hosts.put_away();
        assert_eq!((near(&hosts), hosts.with_mac(mac)), (Vec::<PhoneId>::new(), Some(1)));
        assert_eq!(hosts.bring_near(1, now).stack.mac(), mac);

        // One that is to have an address is not away.
        hosts.bring_near(0, now).joined(None, now);
        hosts.put_away();
        assert_eq!(near(&hosts), [0]);
    }
}

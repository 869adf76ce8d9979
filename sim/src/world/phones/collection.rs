//! All phones of a world, by their numbers, and the effects that they ask of the driver.

use std::collections::VecDeque;

use vestibule_core::{Instant, Passphrase, Ssid};

use super::{Label, PhoneNode, SecureHosts};
use crate::owner::PageMemory;
use crate::radio::{Air, Network, PhoneId, Refusal, Separation};
use crate::scenario::PhoneSpec;
use crate::scenario::judge::PhoneRunState;
use crate::trace::{Trace, What};
use crate::world::{Effect, Loaded};

/// When a phone is looked at next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attention {
    /// Something may have happened to it: as soon as possible.
    Now,
    /// Nothing moves on it until then, unless something happens to it.
    At(Option<Instant>),
}

impl Attention {
    fn is_needed(self, now: Instant) -> bool {
        match self {
            Self::Now => true,
            Self::At(due) => due.is_some_and(|due| due <= now),
        }
    }
}

pub(in crate::world) struct Phones {
    nodes: Vec<PhoneNode>,
    /// Of each of them. A world has many that have left, and no event should have to visit them.
    attention: Vec<Attention>,
    effects: VecDeque<Effect>,
    hosts: SecureHosts,
    pages: PageMemory,
    seed: u64,
}

impl Phones {
    pub(in crate::world) fn new(hosts: SecureHosts, seed: u64) -> Self {
        Self {
            nodes: Vec::new(),
            attention: Vec::new(),
            effects: VecDeque::new(),
            hosts,
            pages: PageMemory::default(),
            seed,
        }
    }

    /// Adds a phone. Returns its number.
    pub(in crate::world) fn add(&mut self, spec: &PhoneSpec, networks: &[Network], label: &Label) -> PhoneId {
        let id = self.nodes.len();
        self.nodes.push(PhoneNode::new(id, spec, networks, label, self.hosts.clone(), self.seed));
        self.attention.push(Attention::Now);
        id
    }

    pub(in crate::world) fn iter(&self) -> impl Iterator<Item = &PhoneNode> {
        self.nodes.iter()
    }

    pub(in crate::world) fn get(&self, phone: PhoneId) -> Option<&PhoneNode> {
        self.nodes.get(phone)
    }

    /// A phone to which something happens.
    pub(in crate::world) fn get_mut(&mut self, phone: PhoneId) -> Option<&mut PhoneNode> {
        *self.attention.get_mut(phone)? = Attention::Now;
        self.nodes.get_mut(phone)
    }

    /// All of them, to which something happens.
    fn all_mut(&mut self) -> impl Iterator<Item = &mut PhoneNode> {
        self.attention.fill(Attention::Now);
        self.nodes.iter_mut()
    }

    pub(in crate::world) fn run_states(&self) -> Vec<PhoneRunState> {
        self.nodes.iter().map(|phone| phone.run_state().clone()).collect()
    }

    /// What each of them waits for, in words.
    pub(in crate::world) fn waits(&self) -> impl Iterator<Item = String> {
        self.nodes.iter().map(PhoneNode::waits)
    }

    // Time.

    pub(in crate::world) fn poll_timeout(&self) -> Option<Instant> {
        let due = |(phone, attention): (&PhoneNode, &Attention)| match attention {
            Attention::Now => phone.poll_timeout(),
            Attention::At(due) => *due,
        };
        self.nodes.iter().zip(&self.attention).filter_map(due).min()
    }

    pub(in crate::world) fn handle_timeout(&mut self, now: Instant, air: &mut Air) {
        let all = self.nodes.iter_mut().zip(&mut self.attention);
        for (phone, attention) in all.filter(|(_, attention)| attention.is_needed(now)) {
            *attention = Attention::Now;
            phone.handle_timeout(now, air);
        }
    }

    /// Lets each phone's parts act on each other. Returns whether anything moved.
    pub(in crate::world) fn settle(&mut self, now: Instant, air: &mut Air, trace: &mut Trace) -> bool {
        let mut moved = false;
        let all = self.nodes.iter_mut().zip(&mut self.attention);
        for (phone, attention) in all.filter(|(_, attention)| attention.is_needed(now)) {
            let has_moved = phone.settle(now, air, trace, &mut self.effects);
            let may_rest = !has_moved && !phone.joins_although_on();
            *attention = if may_rest { Attention::At(phone.poll_timeout()) } else { Attention::Now };
            moved |= has_moved;
        }
        moved
    }

    pub(in crate::world) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    // What happens on the air.

    /// The device's access point can be joined.
    pub(in crate::world) fn access_point_is_up(&mut self, now: Instant) {
        for phone in self.all_mut() {
            phone.access_point_is_up(now);
        }
    }

    /// A phone was not let onto the device's access point.
    pub(in crate::world) fn refused(
        &mut self,
        phone: PhoneId,
        why: Refusal,
        now: Instant,
        trace: &mut Trace,
    ) {
        if let Some(node) = self.get_mut(phone) {
            node.not_let_in(why, now, trace);
        }
    }

    /// A phone is on the device's access point, and needs an address.
    pub(in crate::world) fn joined(&mut self, phone: PhoneId, now: Instant, trace: &mut Trace) {
        if let Some(node) = self.get_mut(phone) {
            node.associated(now, trace);
            self.effects.push_back(Effect::Configure { phone });
        }
    }

    /// A phone is off the device's access point, and its sockets are closed.
    pub(in crate::world) fn left(
        &mut self,
        phone: PhoneId,
        how: Separation,
        air: &Air,
        now: Instant,
        trace: &mut Trace,
    ) {
        if let Some(node) = self.get_mut(phone) {
            if let Some(reason) = how.reason() {
                trace.add(now, &node.shared_name(), What::LinkLost { reason });
            }
            node.dissociated(air, how == Separation::ChannelMoved, now, trace);
            self.effects.push_back(Effect::CloseSockets { phone });
        }
    }

    // What browsers load.

    /// A page load of an owner's sheet has ended.
    pub(in crate::world) fn loaded(
        &mut self,
        phone: PhoneId,
        load: u64,
        loaded: Loaded,
        now: Instant,
        trace: &mut Trace,
    ) {
        if let (Some(node), Some(attention)) = (self.nodes.get_mut(phone), self.attention.get_mut(phone)) {
            *attention = Attention::Now;
            node.loaded(load, loaded, &mut self.pages, now, trace);
        }
    }

    // What people do.

    /// The owners are told of a network's new passphrase.
    pub(in crate::world) fn learn(&mut self, ssid: &Ssid, passphrase: &Passphrase) {
        for phone in self.all_mut() {
            phone.learn(ssid, passphrase);
        }
    }

    /// The owners start over who will not be told the result otherwise: their phones leave the access point and
    /// join it again. With `all`, every owner does who has not been told yet. An owner who only looks does not.
    pub(in crate::world) fn start_over(&mut self, all: bool, air: &mut Air, now: Instant) {
        // An owner who was told starts over if the device has lost its network since.
        let is_lost = air.joined_network().is_none();
        for (id, phone) in self.all_mut().enumerate() {
            let told = phone.run_state().told;
            if !phone.wants_something() {
                continue;
            }
            if (told && is_lost) || (!told && (all || phone.is_stuck())) {
                air.phone_leaves(id);
                phone.starts_over(now);
            }
        }
    }
}

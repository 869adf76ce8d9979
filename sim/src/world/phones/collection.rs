//! All phones of a world, by their numbers, and the effects that they ask of the driver.

use std::collections::VecDeque;

use vestibule_core::{Instant, Passphrase, Ssid};

use super::{Label, PhoneNode, SecureHosts};
use crate::radio::{Air, Network, PhoneId, Refusal, Separation};
use crate::scenario::PhoneSpec;
use crate::scenario::judge::PhoneRunState;
use crate::trace::{Trace, What};
use crate::world::Effect;

pub(in crate::world) struct Phones {
    nodes: Vec<PhoneNode>,
    effects: VecDeque<Effect>,
    hosts: SecureHosts,
    seed: u64,
}

impl Phones {
    pub(in crate::world) fn new(hosts: SecureHosts, seed: u64) -> Self {
        Self { nodes: Vec::new(), effects: VecDeque::new(), hosts, seed }
    }

    /// Adds a phone. Returns its number.
    pub(in crate::world) fn add(&mut self, spec: &PhoneSpec, networks: &[Network], label: &Label) -> PhoneId {
        let id = self.nodes.len();
        self.nodes.push(PhoneNode::new(id, spec, networks, label, self.hosts.clone(), self.seed));
        id
    }

    pub(in crate::world) fn iter(&self) -> impl Iterator<Item = &PhoneNode> {
        self.nodes.iter()
    }

    pub(in crate::world) fn get(&self, phone: PhoneId) -> Option<&PhoneNode> {
        self.nodes.get(phone)
    }

    pub(in crate::world) fn get_mut(&mut self, phone: PhoneId) -> Option<&mut PhoneNode> {
        self.nodes.get_mut(phone)
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
        self.nodes.iter().filter_map(PhoneNode::poll_timeout).min()
    }

    pub(in crate::world) fn handle_timeout(&mut self, now: Instant, air: &mut Air) {
        for phone in &mut self.nodes {
            phone.handle_timeout(now, air);
        }
    }

    /// Lets each phone's parts act on each other. Returns whether anything moved.
    pub(in crate::world) fn settle(&mut self, now: Instant, air: &mut Air, trace: &mut Trace) -> bool {
        let mut moved = false;
        for phone in &mut self.nodes {
            moved |= phone.settle(now, air, trace, &mut self.effects);
        }
        moved
    }

    pub(in crate::world) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    // What happens on the air.

    /// The device's access point can be joined.
    pub(in crate::world) fn access_point_is_up(&mut self, now: Instant) {
        for phone in &mut self.nodes {
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
        if let Some(node) = self.nodes.get_mut(phone) {
            node.not_let_in(why, now, trace);
        }
    }

    /// A phone is on the device's access point, and needs an address.
    pub(in crate::world) fn joined(&mut self, phone: PhoneId, now: Instant, trace: &mut Trace) {
        if let Some(node) = self.nodes.get_mut(phone) {
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
        if let Some(node) = self.nodes.get_mut(phone) {
            if let Some(reason) = how.reason() {
                trace.add(now, &node.shared_name(), What::LinkLost { reason });
            }
            node.dissociated(air, how == Separation::ChannelMoved, now, trace);
            self.effects.push_back(Effect::CloseSockets { phone });
        }
    }

    // What people do.

    /// The owners are told of a network's new passphrase.
    pub(in crate::world) fn learn(&mut self, ssid: &Ssid, passphrase: &Passphrase) {
        for phone in &mut self.nodes {
            phone.learn(ssid, passphrase);
        }
    }

    /// The owners start over who will not be told the result otherwise: their phones leave the access point and
    /// join it again. With `all`, every owner does who has not been told yet. An owner who only looks does not.
    pub(in crate::world) fn start_over(&mut self, all: bool, air: &mut Air, now: Instant) {
        // An owner who was told starts over if the device has lost its network since.
        let is_lost = air.joined_network().is_none();
        for (id, phone) in self.nodes.iter_mut().enumerate() {
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

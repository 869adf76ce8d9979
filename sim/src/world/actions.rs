//! What people do to a world: steps of its script, a person at the dashboard, owners who start over.

use vestibule_core::{Instant, Ssid};

use super::phones::Label;
use super::{PhoneNode, World};
use crate::invariant::Observation;
use crate::radio::{PhoneId, made_up_passphrase};
use crate::scenario::{Action, PhoneSpec};
use crate::trace::What;

impl World {
    /// Carries out a step of a script, or what a person at the dashboard asks for.
    pub fn act(&mut self, action: Action, now: Instant) {
        self.note_world(now, What::Step { does: action.to_string() });
        match action {
            Action::Restart => {
                self.power_off(now);
                self.power_on(now);
            }
            Action::PowerOff => self.power_off(now),
            Action::PowerOn => self.power_on(now),
            Action::Clear => self.clear(now),
            Action::NetworkOn(ssid) => self.air.set_on_air(ssid.as_bytes(), true, now),
            Action::NetworkOff(ssid) => self.air.set_on_air(ssid.as_bytes(), false, now),
            Action::NewPassphrase(ssid) => self.new_passphrase(&ssid),
            Action::ChannelMove(ssid, to) => self.air.move_network(ssid.as_bytes(), to, now),
            Action::Signal(ssid, signal) => self.air.set_signal(ssid.as_bytes(), signal, now),
            Action::PhoneJoins(phone) => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.wants_to_join(now);
                }
            }
            Action::PhoneLeaves(phone) => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.stays_away();
                }
                self.air.phone_leaves(phone);
            }
            Action::Misbehave(phone, misbehaviour, count) => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.misbehave(misbehaviour, count, now);
                }
            }
        }
        self.settle(now);
    }

    /// A further phone comes along, and its owner looks for the device. Returns its number.
    pub fn add_phone(&mut self, spec: &PhoneSpec, now: Instant) -> PhoneId {
        let id = self.phones.len();
        let label = Label::of(self.device.config());
        let mut node = PhoneNode::new(id, spec, self.air.networks(), &label, self.seed);
        self.note_world(now, What::Step { does: format!("a further phone comes along: {}", node.name()) });
        node.wants_to_join(now);
        self.phones.push(node);
        self.settle(now);
        id
    }

    pub(super) fn power_on(&mut self, now: Instant) {
        if !self.device.has_power() {
            self.note_device(now, What::Power { on: true });
            self.device.power_on(now);
        }
    }

    pub(super) fn power_off(&mut self, now: Instant) {
        if self.device.has_power() {
            self.device.power_off();
            self.air.device_off(now);
            self.note_device(now, What::Power { on: false });
            self.service_wake = true;
            // They end with it.
            self.ready.extend(&self.open);
        }
    }

    fn clear(&mut self, now: Instant) {
        self.observe(|| Observation::Cleared);
        self.device.clear(now);
    }

    fn new_passphrase(&mut self, ssid: &Ssid) {
        // Another one than any that the seed has made up so far.
        let number = self.air.networks().len() + self.new_passphrases;
        self.new_passphrases += 1;
        let passphrase = made_up_passphrase(self.seed, number);
        self.air.set_passphrase(ssid.as_bytes(), &passphrase);
        self.learn_secrets();
        for phone in &mut self.phones {
            phone.learn(ssid, &passphrase);
        }
    }

    /// The owners who will not be told unless they start over do so: off the access point, and on
    /// it again. With `all`, so do all who have not been told yet. Who only looks waits for nothing.
    pub(crate) fn owners_start_over(&mut self, all: bool, now: Instant) {
        // One who was told, of a device that is on no network any more, sets out again.
        let lost = self.air.joined_network().is_none();
        for (id, phone) in self.phones.iter_mut().enumerate() {
            let told = phone.run_state().told;
            if !phone.wants_something() {
                continue;
            }
            if (told && lost) || (!told && (all || phone.is_stuck())) {
                self.air.phone_leaves(id);
                phone.starts_over(now);
            }
        }
        self.settle(now);
    }

    /// How many steps of the script were carried out.
    pub fn steps_done(&self) -> usize {
        self.script.done()
    }

    /// Whether a step of the script is still to come.
    pub fn script_goes_on(&self) -> bool {
        !self.script.is_done()
    }

    /// The rest of the script is left out.
    pub fn stop_script(&mut self) {
        self.script.stop();
    }

    /// Whether a step of the script has its time and still waits for it.
    pub(crate) fn script_is_due(&self) -> bool {
        self.script.poll_timeout().is_some()
    }
}

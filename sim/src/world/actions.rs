//! What people do to a world: steps of its script, a person at the dashboard, owners who start over.

use vestibule_core::{Instant, Ssid};

use super::World;
use super::phones::Label;
use crate::radio::PhoneId;
use crate::scenario::{Action, PhoneSpec};
use crate::trace::What;

impl World {
    /// Carries out a step of a script, or what a person at the dashboard asks for.
    pub(crate) fn act(&mut self, action: Action, now: Instant) {
        self.log.world(now, What::Step { does: action.to_string() });
        match action {
            Action::Restart => {
                self.power_off(now);
                self.power_on(now);
            }
            Action::PowerOff => self.power_off(now),
            Action::PowerOn => self.power_on(now),
            Action::Clear => self.device_node.clear(now),
            Action::Setup => self.device_node.setup(now),
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

    /// Adds a phone, whose owner looks for the device. Returns its number.
    pub(crate) fn add_phone(&mut self, spec: &PhoneSpec, now: Instant) -> PhoneId {
        let label = Label::of(self.device_node.device.config(), self.device_node.mutant());
        let id = self.phones.add(spec, self.air.networks(), &label);
        if let Some(node) = self.phones.get_mut(id) {
            let does = format!("a further phone comes along: {}", node.name());
            self.log.world(now, What::Step { does });
            node.wants_to_join(now);
        }
        self.settle(now);
        id
    }

    pub(super) fn power_on(&mut self, now: Instant) {
        self.device_node.power_on(&mut self.log, now);
    }

    pub(super) fn power_off(&mut self, now: Instant) {
        self.device_node.power_off(&mut self.air, &mut self.log, now);
    }

    fn new_passphrase(&mut self, ssid: &Ssid) {
        let passphrase = self.passphrases.next();
        self.air.set_passphrase(ssid.as_bytes(), &passphrase);
        self.device_node.learn_secrets(self.air.networks());
        self.phones.learn(ssid, &passphrase);
    }

    /// The owners start over who will not be told the result otherwise; with `all`, every owner who has not been
    /// told yet.
    pub(crate) fn owners_start_over(&mut self, all: bool, now: Instant) {
        self.phones.start_over(all, &mut self.air, now);
        self.settle(now);
    }

    /// How many steps of the script were carried out.
    pub(crate) fn steps_done(&self) -> usize {
        self.script.done()
    }

    /// Whether a step of the script is still to come.
    pub(crate) fn script_goes_on(&self) -> bool {
        !self.script.is_done()
    }

    /// The rest of the script is left out.
    pub(crate) fn stop_script(&mut self) {
        self.script.stop();
    }

    /// Whether a step of the script has its time and still waits for it.
    pub(crate) fn script_is_due(&self) -> bool {
        self.script.poll_timeout().is_some()
    }
}

//! How frames get from one host to another around the machine: who hears them. They take no longer
//! than they take; only while the device's radio listens elsewhere nothing reaches or leaves it.

use vestibule_core::{Instant, Interface};

use super::Qemu;
use crate::world::virtual_time::home::Guest;
use crate::world::virtual_time::written::Hosts;
use crate::world::virtual_time::{Host, frame, phone_mac};

impl Qemu {
    /// The device has sent a frame.
    pub(super) fn device_sends(&mut self, interface: Interface, frame: Vec<u8>, now: Instant) {
        if self.world.air().is_deaf(now) {
            return;
        }
        match interface {
            Interface::AccessPoint => {
                // No answer of the device has what an owner typed and must not be seen.
                self.write_down(Host::Device, &frame, None, now);
                self.send_to_phones(&frame, now);
            }
            Interface::Home => {
                let Some(association) = self.world.air().association() else { return };
                let network = association.network;
                if self.is_on_air(network) {
                    self.write_down(Host::AtHome { network, guest: Guest::Station }, &frame, None, now);
                    for (guest, _) in self.home.hearers(network, Guest::Station, &frame) {
                        self.home.receive(network, guest, frame.clone(), now);
                    }
                }
            }
        }
    }

    fn send_to_phones(&mut self, frame: &[u8], now: Instant) {
        let to = frame::receiver(frame);
        for (id, phone) in &mut self.phones {
            let hears = to == Some(phone_mac(*id)) || to == Some(frame::BROADCAST);
            if hears && self.world.air().phone_is_on(*id) {
                phone.receive(frame.to_vec(), &mut self.world, now);
            }
        }
    }

    /// Writes a frame into the trace as it goes onto the air, if that was asked for: as it is `shown`,
    /// or, where nothing in it is to be hidden, as it is.
    fn write_down(&mut self, from: Host, frame: &[u8], shown: Option<(Vec<u8>, usize)>, now: Instant) {
        if !self.records_frames {
            return;
        }
        let shown = shown.unwrap_or_else(|| (frame.to_vec(), 0));
        let hosts = Hosts { world: &self.world, home: &self.home, phones: &self.phones };
        let (name, what) = hosts.frame(from, frame, shown);
        self.world.trace().add(now, &name, what);
    }

    fn is_on_air(&self, network: usize) -> bool {
        self.world.air().networks().get(network).is_some_and(|network| network.on_air)
    }

    /// Carries what the phones' and the home networks' stacks have sent. Returns whether any of it
    /// is for one of them, who may have an answer.
    pub(super) fn send_frames(&mut self, now: Instant) -> bool {
        let is_deaf = self.world.air().is_deaf(now);
        let mut sent = Vec::new();
        for (id, phone) in &mut self.phones {
            while let Some(frame) = phone.stack.next_frame() {
                let shown = self.records_frames.then(|| phone.stack.shown(&frame));
                if self.world.air().phone_is_on(*id) && !is_deaf {
                    sent.push((*id, frame, shown));
                }
            }
        }
        for (id, frame, shown) in sent {
            self.write_down(Host::Phone(id), &frame, shown, now);
            if let Some(machine) = &self.machine {
                machine.send(Interface::AccessPoint, &frame);
            }
        }
        let mut moved = false;
        for sent in self.home.sent(self.world.air().networks()) {
            self.write_down(Host::AtHome { network: sent.network, guest: sent.from }, &sent.frame, None, now);
            let machine = self.machine.as_ref().filter(|_| !is_deaf);
            for (guest, _) in sent.to {
                if guest != Guest::Station {
                    self.home.receive(sent.network, guest, sent.frame.clone(), now);
                    moved = true;
                } else if let Some(machine) = machine {
                    machine.send(Interface::Home, &sent.frame);
                }
            }
        }
        moved
    }
}

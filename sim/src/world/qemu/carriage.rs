//! How frames get from one host to another around the machine: who hears them. They take no longer
//! than they take; only while the device's radio listens elsewhere nothing reaches or leaves it.

use vestibule_core::{Instant, Interface};

use super::Qemu;
use crate::world::virtual_time::home::Guest;
use crate::world::virtual_time::{frame, phone_mac};

impl Qemu {
    /// The device has sent a frame.
    pub(super) fn device_sends(&mut self, interface: Interface, frame: Vec<u8>, now: Instant) {
        if self.world.air().is_deaf(now) {
            return;
        }
        match interface {
            Interface::AccessPoint => self.send_to_phones(&frame, now),
            Interface::Home => {
                let Some(association) = self.world.air().association() else { return };
                let network = association.network;
                if self.is_on_air(network) {
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

    fn is_on_air(&self, network: usize) -> bool {
        self.world.air().networks().get(network).is_some_and(|network| network.on_air)
    }

    /// Carries what the phones' and the home networks' stacks have sent. Returns whether any of it
    /// is for one of them, who may have an answer.
    pub(super) fn send_frames(&mut self, now: Instant) -> bool {
        let is_deaf = self.world.air().is_deaf(now);
        let machine = self.machine.as_ref().filter(|_| !is_deaf);
        for (id, phone) in &mut self.phones {
            while let Some(frame) = phone.stack.next_frame() {
                if self.world.air().phone_is_on(*id)
                    && let Some(machine) = machine
                {
                    machine.send(Interface::AccessPoint, &frame);
                }
            }
        }
        let mut moved = false;
        for sent in self.home.sent(self.world.air().networks()) {
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

//! The links between the device and the other hosts: which hosts receive a frame, and what the trace records
//! of it. Nothing is delayed or lost here, except that no frame reaches or leaves the device while its radio
//! listens on another channel.

use vestibule_core::{Instant, Interface};

use super::External;
use crate::host::frame;
use crate::invariant::Observation;
use crate::world::virtual_time::Host;
use crate::world::virtual_time::frame_record::Hosts;
use crate::world::virtual_time::home::HomeHost;

impl External {
    /// The device has sent a frame.
    pub(super) fn device_sends(&mut self, interface: Interface, frame: Vec<u8>, now: Instant) {
        if self.world.air().is_deaf(now) {
            return;
        }
        self.world.observe(|| Observation::Frame(frame.clone()));
        match interface {
            Interface::AccessPoint => {
                // The device never sends what an owner typed, so nothing is redacted.
                self.record_frame(Host::Device, &frame, None, now);
                self.send_to_phones(&frame, now);
            }
            Interface::Home => {
                let Some(association) = self.world.air().association() else { return };
                let network = association.network;
                if self.is_on_air(network) {
                    self.record_frame(Host::AtHome { network, host: HomeHost::Station }, &frame, None, now);
                    for (host, _) in self.home.receivers(network, HomeHost::Station, &frame) {
                        self.home.receive(network, host, frame.clone(), now);
                    }
                }
            }
        }
    }

    fn send_to_phones(&mut self, frame: &[u8], now: Instant) {
        let to = frame::receiver(frame);
        for (id, phone) in &mut self.phones {
            let is_receiver = to == Some(phone.stack.mac()) || to == Some(frame::BROADCAST);
            if is_receiver && self.world.air().phone_is_on(*id) {
                phone.receive(frame.to_vec(), &mut self.world, now);
            }
        }
    }

    /// Records a frame in the trace as it is transmitted, if the run records frames: as `redacted`, or
    /// unchanged where there is nothing to redact.
    fn record_frame(&mut self, from: Host, frame: &[u8], redacted: Option<(Vec<u8>, usize)>, now: Instant) {
        if !self.records_frames {
            return;
        }
        let redacted = redacted.unwrap_or_else(|| (frame.to_vec(), 0));
        let hosts = Hosts { world: &self.world, home: &self.home, phones: &self.phones };
        let (name, what) = hosts.frame(from, frame, redacted);
        self.world.trace().add(now, &name, what);
    }

    /// Whether the device's stacks are here, and its program has only sockets.
    fn has_sockets(&self) -> bool {
        self.foreign.as_ref().is_some_and(|foreign| foreign.sockets.is_some())
    }

    fn is_on_air(&self, network: usize) -> bool {
        self.world.air().networks().get(network).is_some_and(|network| network.on_air)
    }

    /// Transmits the frames that the phones' and the home networks' stacks have sent. Returns whether a host
    /// in this process received one and may answer it.
    pub(super) fn send_frames(&mut self, now: Instant) -> bool {
        let is_deaf = self.world.air().is_deaf(now);
        let mut sent = Vec::new();
        for (id, phone) in &mut self.phones {
            while let Some(frame) = phone.stack.next_frame() {
                let redacted = self.records_frames.then(|| phone.stack.redacted(&frame));
                if self.world.air().phone_is_on(*id) && !is_deaf {
                    sent.push((*id, frame, redacted));
                }
            }
        }
        let mut moved = false;
        for (id, frame, redacted) in sent {
            self.record_frame(Host::Phone(id), &frame, redacted, now);
            self.send_to_device(Interface::AccessPoint, &frame);
            moved |= self.has_sockets();
        }
        for sent in self.home.sent(self.world.air().networks()) {
            self.record_frame(
                Host::AtHome { network: sent.network, host: sent.from },
                &sent.frame,
                None,
                now,
            );
            for (host, _) in sent.to {
                if host != HomeHost::Station {
                    self.home.receive(sent.network, host, sent.frame.clone(), now);
                    moved = true;
                } else if !is_deaf {
                    self.send_to_device(Interface::Home, &sent.frame);
                    moved |= self.has_sockets();
                }
            }
        }
        moved
    }
}

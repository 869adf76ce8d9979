//! The links between the device and the other hosts: which hosts receive a frame, and what the trace records
//! of it. No frame reaches or leaves the device while its radio listens on another channel; what else becomes of one on
//! its way is decided by [`super::arrivals`].

use vestibule_core::{Instant, Interface};

use super::External;
use super::arrivals::Receiver;
use crate::fault::Side;
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
                        let to = Receiver::AtHome { network, host };
                        self.arrivals.send(Side::Device, to, frame.clone(), now);
                    }
                }
            }
        }
    }

    fn send_to_phones(&mut self, frame: &[u8], now: Instant) {
        let to = frame::receiver(frame);
        for (id, phone) in self.phones.iter() {
            let is_receiver = to == Some(phone.stack.mac()) || to == Some(frame::BROADCAST);
            if is_receiver && self.world.air().phone_is_on(id) {
                self.arrivals.send(Side::Device, Receiver::Phone(id), frame.to_vec(), now);
            }
        }
    }

    /// Hands over the frames that have arrived; a host that has left the air meanwhile gets none. Returns whether there
    /// were any.
    pub(super) fn deliver_frames(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some((to, frame)) = self.arrivals.poll(now) {
            moved = true;
            match to {
                Receiver::Device(interface) => self.send_to_device(interface, &frame),
                Receiver::Phone(id) if self.world.air().phone_is_on(id) => {
                    if let Some(phone) = self.phones.get_mut(id) {
                        phone.receive(frame, &mut self.world, now);
                    }
                }
                Receiver::AtHome { network, host } if self.is_on_air(network) => {
                    self.home.receive(network, host, frame, now);
                }
                Receiver::Phone(_) | Receiver::AtHome { .. } => {}
            }
        }
        moved
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

    fn is_on_air(&self, network: usize) -> bool {
        self.world.air().networks().get(network).is_some_and(|network| network.on_air)
    }

    /// Transmits the frames that the phones' and the home networks' stacks have sent.
    pub(super) fn send_frames(&mut self, now: Instant) {
        let is_deaf = self.world.air().is_deaf(now);
        let mut sent = Vec::new();
        for (id, phone) in self.phones.iter_mut() {
            while let Some(frame) = phone.stack.next_frame() {
                let redacted = self.records_frames.then(|| phone.stack.redacted(&frame));
                if self.world.air().phone_is_on(id) && !is_deaf {
                    sent.push((id, frame, redacted));
                }
            }
        }
        for (id, frame, redacted) in sent {
            self.record_frame(Host::Phone(id), &frame, redacted, now);
            self.arrivals.send(Side::Phones, Receiver::Device(Interface::AccessPoint), frame, now);
        }
        for sent in self.home.sent(self.world.air().networks()) {
            let network = sent.network;
            self.record_frame(Host::AtHome { network, host: sent.from }, &sent.frame, None, now);
            for (host, _) in sent.to {
                let to = match host {
                    HomeHost::Station if is_deaf => continue,
                    HomeHost::Station => Receiver::Device(Interface::Home),
                    host => Receiver::AtHome { network, host },
                };
                self.arrivals.send(Side::Phones, to, sent.frame.clone(), now);
            }
        }
    }
}

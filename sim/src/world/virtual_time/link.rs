//! The links between hosts: which hosts receive a frame, when it arrives, and what the trace records of it.
//! Packet loss, delay and other impairments are decided by [`super::impairment`], for each of the device's
//! two links with a random stream of its own: the scenario's faults of frames apply to both.
//!
//! The air transmits one frame at a time, in the order in which they were sent, so frames do not overtake
//! each other without a fault. The device has one radio for both of its networks: while it listens on other
//! channels, no frame from it or to it arrives on either.

use std::time::Duration;

use sha2::Digest;
use vestibule_core::{Instant, Interface};

use super::frame_record::Hosts;
use super::home::{HomeHost, Sent};
use super::{AIRTIME, BYTE_TIME, Due, Host, VirtualTime};
use crate::fault::Side;
use crate::host::frame;
use crate::invariant::Observation;

impl VirtualTime {
    /// A frame reaches a host. A host that has left the air meanwhile does not receive it.
    pub(super) fn arrive(&mut self, to: Host, frame: Vec<u8>) {
        match to {
            Host::Device if self.world.air().access_point_is_up() => match &mut self.firmware {
                Some(firmware) => {
                    self.world.device_hears(&frame);
                    firmware.receive(Interface::AccessPoint, &frame);
                }
                None => self.device.receive(frame, &mut self.world, self.now),
            },
            Host::Phone(id) if self.world.air().phone_is_on(id) => {
                if let Some(phone) = self.phones.get_mut(id) {
                    phone.receive(frame, &mut self.world, self.now);
                }
            }
            Host::AtHome { network, host } if self.is_on_air(network) => {
                if let (HomeHost::Station, Some(firmware)) = (host, &mut self.firmware) {
                    // A host that is on another network meanwhile does not receive it.
                    if firmware.network() == Some(network) {
                        firmware.receive(Interface::Home, &frame);
                    }
                    return;
                }
                self.home.receive(network, host, frame, self.now);
            }
            _ => {}
        }
    }

    fn is_on_air(&self, network: usize) -> bool {
        self.world.air().networks().get(network).is_some_and(|network| network.on_air)
    }

    /// Transmits the frames that the stacks have sent.
    pub(super) fn send_frames(&mut self) {
        while let Some(frame) = self.device.stack.next_frame() {
            self.send_to_phones(frame);
        }
        self.send_frames_of_firmware();
        let mut sent = Vec::new();
        for (id, phone) in self.phones.iter_mut() {
            while let Some(frame) = phone.stack.next_frame() {
                if self.world.air().phone_is_on(id) {
                    sent.push((id, frame));
                }
            }
        }
        for (id, frame) in sent {
            self.record_frame(Host::Phone(id), &frame);
            let begins = self.reserve_air(&frame, 1);
            self.transmit(Side::Phones, Host::Device, frame, begins);
        }
        for sent in self.home.sent(self.world.air().networks()) {
            self.send_at_home(sent);
        }
    }

    fn send_frames_of_firmware(&mut self) {
        let Some(firmware) = &mut self.firmware else { return };
        let network = firmware.network();
        for (interface, frame) in firmware.take_frames() {
            match (interface, network) {
                (Interface::AccessPoint, _) => self.send_to_phones(frame),
                (Interface::Home, Some(network)) if self.is_on_air(network) => {
                    let to = self.home.receivers(network, HomeHost::Station, &frame);
                    self.send_at_home(Sent { network, from: HomeHost::Station, to, frame });
                }
                (Interface::Home, _) => {}
            }
        }
    }

    fn send_to_phones(&mut self, frame: Vec<u8>) {
        let to = frame::receiver(&frame);
        let is_to = |mac| to == Some(mac) || to == Some(frame::BROADCAST);
        let receivers = self.phones.iter().filter(|(_, phone)| is_to(phone.stack.mac()));
        let mut receivers: Vec<_> = receivers.map(|(id, _)| id).collect();
        receivers.retain(|id| self.world.air().phone_is_on(*id));
        if receivers.is_empty() {
            return;
        }
        self.record_frame(Host::Device, &frame);
        let begins = self.reserve_air(&frame, 1);
        for id in receivers {
            self.transmit(Side::Device, Host::Phone(id), frame.clone(), begins);
        }
    }

    fn send_at_home(&mut self, Sent { network, from, to, frame }: Sent) {
        let Some(times) = to.iter().map(|(_, times)| *times).max() else { return };
        self.record_frame(Host::AtHome { network, host: from }, &frame);
        let begins = self.reserve_air(&frame, times);
        let sender = if from == HomeHost::Station { Side::Device } else { Side::Phones };
        for (host, times) in to {
            let begins = begins + airtime(&frame) * (times - 1);
            self.transmit(sender, Host::AtHome { network, host }, frame.clone(), begins);
        }
    }

    /// Reserves the air for a frame that is transmitted so many times in a row, as soon as it is free.
    /// Returns when that is.
    fn reserve_air(&mut self, frame: &[u8], times: u32) -> Instant {
        let begins = self.now.max(self.air_free_at);
        self.air_free_at = begins + airtime(frame) * times;
        begins
    }

    /// Whether the device's radio sends, receives or relays a frame between these two.
    fn concerns_device(sender: Side, to: Host) -> bool {
        let at_home = matches!(to, Host::AtHome { host: HomeHost::Router | HomeHost::Visitor(_), .. });
        sender == Side::Device || !at_home
    }

    fn transmit(&mut self, sender: Side, to: Host, frame: Vec<u8>, begins: Instant) {
        // The radio listens on another channel, for longer than any retry lasts: the frame is lost.
        if Self::concerns_device(sender, to) && self.world.air().is_deaf(self.now) {
            return;
        }
        self.frames += 1;
        self.hash.update(self.now.as_micros().to_le_bytes());
        self.hash.update(&frame);
        if sender == Side::Device {
            self.world.observe(|| Observation::Frame(frame.clone()));
        }
        if let Some(listener) = self.listener.as_mut().filter(|_| !matches!(to, Host::AtHome { .. })) {
            listener.hear(&frame);
        }
        let arrives = begins + airtime(&frame);
        let impairment = match to {
            Host::AtHome { .. } => &mut self.home_impairment,
            Host::Device | Host::Phone(_) => &mut self.impairment,
        };
        for (delay, frame) in impairment.apply(frame, sender, self.now) {
            self.event_queue.schedule(arrives + delay, Due::Arrival { to, frame });
        }
    }

    /// Records a frame in the trace as it is transmitted, if the run records frames.
    fn record_frame(&mut self, from: Host, frame: &[u8]) {
        if !self.records_frames {
            return;
        }
        let redacted = match from {
            // What is outside never sends what an owner typed.
            Host::Device if self.firmware.is_some() => (frame.to_vec(), 0),
            Host::Device => self.device.stack.redacted(frame),
            Host::Phone(id) => match self.phones.get_mut(id) {
                Some(phone) => phone.stack.redacted(frame),
                None => return,
            },
            // No owner types anything there.
            Host::AtHome { .. } => (frame.to_vec(), 0),
        };
        // A frame that the radio could not send is on no channel, so a capture would not show it either.
        let is_devices = !matches!(from, Host::AtHome { host: HomeHost::Router | HomeHost::Visitor(_), .. });
        if is_devices && self.world.air().is_deaf(self.now) {
            return;
        }
        let hosts = Hosts { world: &self.world, home: &self.home, phones: &self.phones };
        let (name, what) = hosts.frame(from, frame, redacted);
        self.world.trace().add(self.now, &name, what);
    }
}

/// How long a frame takes from one host to another.
fn airtime(frame: &[u8]) -> Duration {
    AIRTIME + BYTE_TIME * u32::try_from(frame.len()).unwrap_or(u32::MAX)
}

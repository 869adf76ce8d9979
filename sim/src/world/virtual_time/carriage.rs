//! How frames get from one host to another: who hears them, what the air does to them, and what is
//! written down of them.
//!
//! The air carries one frame at a time, in the order in which they were sent, so that nothing overtakes
//! by itself. The device has one radio for both of its networks: while it listens on other channels nothing
//! that it sends or is sent on either arrives. The scenario's faults of frames befall both networks
//! alike, each with chances of its own: the air around the device is one.

use std::time::Duration;

use sha2::Digest;
use vestibule_core::Instant;

use super::home::{Guest, Sent};
use super::written::Hosts;
use super::{AIRTIME, BYTE_TIME, Due, Host, VirtualTime, frame, phone_mac};
use crate::fault::Side;
use crate::invariant::Seen;

impl VirtualTime {
    /// A frame reaches a host. Whoever is off the air meanwhile hears nothing.
    pub(super) fn arrive(&mut self, to: Host, frame: Vec<u8>) {
        match to {
            Host::Device if self.world.air().access_point_is_up() => {
                self.device.receive(frame, &mut self.world, self.now);
            }
            Host::Phone(id) if self.world.air().phone_is_on(id) => {
                if let Some(phone) = self.phones.get_mut(&id) {
                    phone.receive(frame, &mut self.world, self.now);
                }
            }
            Host::AtHome { network, guest } if self.is_on_air(network) => {
                self.home.receive(network, guest, frame, self.now);
            }
            _ => {}
        }
    }

    fn is_on_air(&self, network: usize) -> bool {
        self.world.air().networks().get(network).is_some_and(|network| network.on_air)
    }

    /// Puts what the stacks have sent onto the air.
    pub(super) fn send_frames(&mut self) {
        while let Some(frame) = self.device.stack.next_frame() {
            self.send_to_phones(frame);
        }
        let mut heard = Vec::new();
        for (id, phone) in &mut self.phones {
            while let Some(frame) = phone.stack.next_frame() {
                if self.world.air().phone_is_on(*id) {
                    heard.push((*id, frame));
                }
            }
        }
        for (id, frame) in heard {
            self.write_down(Host::Phone(id), &frame);
            let begins = self.take_air(&frame, 1);
            self.transmit(Side::Phones, Host::Device, frame, begins);
        }
        for sent in self.home.sent(self.world.air().networks()) {
            self.send_at_home(sent);
        }
    }

    fn send_to_phones(&mut self, frame: Vec<u8>) {
        let to = frame::receiver(&frame);
        let mut hearers: Vec<_> = self.phones.keys().copied().collect();
        hearers.retain(|id| {
            self.world.air().phone_is_on(*id) && (to == Some(phone_mac(*id)) || to == Some(frame::BROADCAST))
        });
        if hearers.is_empty() {
            return;
        }
        self.write_down(Host::Device, &frame);
        let begins = self.take_air(&frame, 1);
        for id in hearers {
            self.transmit(Side::Device, Host::Phone(id), frame.clone(), begins);
        }
    }

    fn send_at_home(&mut self, Sent { network, from, to, frame }: Sent) {
        let Some(times) = to.iter().map(|(_, times)| *times).max() else { return };
        self.write_down(Host::AtHome { network, guest: from }, &frame);
        let begins = self.take_air(&frame, times);
        let sender = if from == Guest::Station { Side::Device } else { Side::Phones };
        for (guest, times) in to {
            let begins = begins + airtime(&frame) * (times - 1);
            self.transmit(sender, Host::AtHome { network, guest }, frame.clone(), begins);
        }
    }

    /// Keeps the air for a frame that takes it so many times, one after another, as soon as it is
    /// free. Returns when that is.
    fn take_air(&mut self, frame: &[u8], times: u32) -> Instant {
        let begins = self.now.max(self.air_is_free);
        self.air_is_free = begins + airtime(frame) * times;
        begins
    }

    /// Whether the device's radio has a part in a frame between these two.
    fn concerns_device(sender: Side, to: Host) -> bool {
        let at_home = matches!(to, Host::AtHome { guest: Guest::Router | Guest::Visitor(_), .. });
        sender == Side::Device || !at_home
    }

    fn transmit(&mut self, sender: Side, to: Host, frame: Vec<u8>, begins: Instant) {
        // Its radio listens elsewhere: what it would send or hear is lost, as no retry lasts so long.
        if Self::concerns_device(sender, to) && self.world.air().is_deaf(self.now) {
            return;
        }
        self.frames += 1;
        self.hash.update(self.now.as_micros().to_le_bytes());
        self.hash.update(&frame);
        if sender == Side::Device {
            self.world.see(|| Seen::Frame(frame.clone()));
        }
        let arrives = begins + airtime(&frame);
        let weather = match to {
            Host::AtHome { .. } => &mut self.weather_at_home,
            Host::Device | Host::Phone(_) => &mut self.weather,
        };
        for (delay, frame) in weather.pass(frame, sender, self.now) {
            self.event_queue.schedule(arrives + delay, Due::Arrival { to, frame });
        }
    }

    /// Writes a frame into the trace as it goes onto the air, if that was asked for.
    fn write_down(&mut self, from: Host, frame: &[u8]) {
        if !self.records_frames {
            return;
        }
        let shown = match from {
            Host::Device => self.device.stack.shown(frame),
            Host::Phone(id) => match self.phones.get_mut(&id) {
                Some(phone) => phone.stack.shown(frame),
                None => return,
            },
            // Nothing that an owner typed is sent there.
            Host::AtHome { .. } => (frame.to_vec(), 0),
        };
        // Nobody hears it then, a listener on the access point's channel included.
        let is_devices = !matches!(from, Host::AtHome { guest: Guest::Router | Guest::Visitor(_), .. });
        if is_devices && self.world.air().is_deaf(self.now) {
            return;
        }
        let hosts = Hosts { world: &self.world, home: &self.home, phones: &self.phones };
        let (name, what) = hosts.frame(from, frame, shown);
        self.world.trace().add(self.now, &name, what);
    }
}

/// How long a frame takes from one host to another.
fn airtime(frame: &[u8]) -> Duration {
    AIRTIME + BYTE_TIME * u32::try_from(frame.len()).unwrap_or(u32::MAX)
}

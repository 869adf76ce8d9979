//! Frames on their way between the device and the other hosts: lost, held back, doubled or changed as the scenario's faults
//! of frames say, on either network with a random stream of its own. Without such a fault a frame arrives at once.
//!
//! Who receives a frame is decided in `link`.

use vestibule_core::{Instant, Interface};

use crate::event_queue::EventQueue;
use crate::fault::Side;
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, stream};
use crate::scenario::Scenario;
use crate::world::virtual_time::home::HomeHost;
use crate::world::virtual_time::impairment::Impairment;

/// Who receives a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    Device(Interface),
    Phone(PhoneId),
    AtHome { network: usize, host: HomeHost },
}

pub(super) struct Arrivals {
    access_point: Impairment,
    home: Impairment,
    under_way: EventQueue<(Receiver, Vec<u8>)>,
}

impl Arrivals {
    pub(super) fn new(scenario: &Scenario, seed: u64) -> Self {
        let faults = || scenario.faults.iter().map(|fault| fault.get_ref());
        let impairment = |of| Impairment::new(stream(seed, of, 0), faults());
        Self {
            access_point: impairment(RandomStream::Impairment),
            home: impairment(RandomStream::HomeImpairment),
            under_way: EventQueue::default(),
        }
    }

    /// A frame is sent.
    pub(super) fn send(&mut self, from: Side, to: Receiver, frame: Vec<u8>, now: Instant) {
        let impairment = match to {
            Receiver::Device(Interface::AccessPoint) | Receiver::Phone(_) => &mut self.access_point,
            Receiver::Device(Interface::Home) | Receiver::AtHome { .. } => &mut self.home,
        };
        for (delay, frame) in impairment.apply(frame, from, now) {
            self.under_way.schedule(now + delay, (to, frame));
        }
    }

    /// The next frame that has arrived.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(Receiver, Vec<u8>)> {
        self.under_way.pop_until(now).map(|(_, arrived)| arrived)
    }

    /// When the next frame arrives.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.under_way.next_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    fn at(milliseconds: u64) -> Instant {
        Instant::from_micros(milliseconds * 1000)
    }

    /// What arrives of a frame to a phone and of one to the device at home, both sent after 1.5 s, until 1.6 s.
    fn arrived(fault: &str) -> (Vec<Receiver>, Option<Instant>) {
        let text = format!("name = \"x\"\n[[fault]]\nat = \"1s\"\nlasts = \"1s\"\n{fault}");
        let mut arrivals = Arrivals::new(&load::parse(&text, "x.toml".as_ref()).unwrap(), 1);
        arrivals.send(Side::Device, Receiver::Phone(0), vec![7; 60], at(1500));
        arrivals.send(Side::Phones, Receiver::Device(Interface::Home), vec![7; 60], at(1500));
        let mut receivers = Vec::new();
        while let Some((receiver, _)) = arrivals.poll(at(1600)) {
            receivers.push(receiver);
        }
        (receivers, arrivals.poll_timeout())
    }

    #[test]
    fn faults_of_frames_hit_both_networks() {
        let (phone, home) = (Receiver::Phone(0), Receiver::Device(Interface::Home));
        assert_eq!(arrived("kind = \"power-cut\""), (vec![phone, home], None), "no fault of frames");
        assert_eq!(arrived("kind = \"loss\"\npercent = 100"), (vec![], None));
        assert_eq!(arrived("kind = \"one-way\"\nfrom = \"device\""), (vec![home], None));
        assert_eq!(arrived("kind = \"delay\"\nby = \"200ms\""), (vec![], Some(at(1700))));
        assert_eq!(arrived("kind = \"duplicate\"\npercent = 100").0, [phone, phone, home, home]);
    }
}

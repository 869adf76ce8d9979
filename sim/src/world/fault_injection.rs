//! What faults do to a world, and how they pass. Those of single frames are only written
//! down here: the driver that carries the frames carries them out.

use std::collections::BTreeMap;

use vestibule_core::Instant;

use super::World;
use crate::device::DeviceOrder;
use crate::fault::{Fault, Timed};
use crate::flash::{SECTOR, Tear, TornSector};
use crate::invariant::Observation;
use crate::scenario::Scenario;
use crate::trace::What;

/// Something that begins to go wrong, or is well again.
#[derive(Clone, Debug)]
enum FaultEvent {
    Begins(Fault),
    PowerReturns,
    /// The flash operation that the power was to fail in did not come.
    FlashPowerCutExpires,
    EntropyRecovers,
}

/// What is still to come of a scenario's faults.
#[derive(Debug, Default)]
pub(super) struct FaultInjection {
    due: BTreeMap<(Instant, u64), FaultEvent>,
    entered: u64,
    /// How long the device stays without power if it fails within a flash operation.
    outage: std::time::Duration,
}

impl FaultInjection {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut fault_injection = Self::default();
        for fault in &scenario.faults {
            let Timed { at, fault } = fault.get_ref().clone();
            fault_injection.enter(Instant::from_micros(0) + at, FaultEvent::Begins(fault));
        }
        fault_injection
    }

    fn enter(&mut self, at: Instant, event: FaultEvent) {
        self.entered += 1;
        self.due.insert((at, self.entered), event);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    fn poll(&mut self, now: Instant) -> Option<FaultEvent> {
        let first = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }
}

impl World {
    /// Lets something go wrong now, as a fault of the scenario does. Those of single frames do
    /// nothing here: the driver would have had to know of them beforehand.
    pub fn inject_fault(&mut self, fault: Fault, now: Instant) {
        self.fault_injection.enter(now, FaultEvent::Begins(fault));
        self.settle(now);
    }

    /// Lets what is due go wrong, or be well again. Returns whether anything did.
    pub(super) fn inject_due_faults(&mut self, now: Instant) -> bool {
        let mut moved = false;
        // Power failed within a flash operation of the device.
        if self.device.has_power() && !self.flash.is_powered() {
            self.power_off(now);
            self.fault_injection.enter(now + self.fault_injection.outage, FaultEvent::PowerReturns);
            moved = true;
        }
        while let Some(event) = self.fault_injection.poll(now) {
            self.happens(event, now);
            moved = true;
        }
        moved
    }

    fn happens(&mut self, event: FaultEvent, now: Instant) {
        match event {
            FaultEvent::Begins(fault) => {
                self.note_world(now, What::Step { does: format!("fault: {fault}") });
                self.begins(fault, now);
            }
            FaultEvent::PowerReturns => self.power_on(now),
            FaultEvent::FlashPowerCutExpires => {
                self.flash.spare_power();
                self.device.order_externally(DeviceOrder::SpareFlash);
            }
            FaultEvent::EntropyRecovers => self.device.repeat_entropy(false),
        }
    }

    fn begins(&mut self, fault: Fault, now: Instant) {
        match fault {
            Fault::Deauthenticate { phone, reason } => {
                self.air.deauthenticate_phone(phone - 1, reason);
                if let Some(node) = self.phones.get_mut(phone - 1) {
                    node.thrown_off(now);
                }
            }
            Fault::RouterReboot { network, lasts } => {
                self.air.interrupt(network.0.as_bytes(), lasts, now);
            }
            Fault::ChannelMove { network, channel } => {
                self.air.move_network(network.0.as_bytes(), channel, now);
            }
            Fault::Fade { network, by, lasts } => self.air.fade(network.0.as_bytes(), by, lasts, now),
            Fault::PowerCut { lasts } => {
                if self.device.has_power() {
                    self.power_off(now);
                    self.fault_injection.enter(now + lasts, FaultEvent::PowerReturns);
                }
            }
            Fault::FlashPowerCut { operations, undone, within, lasts } => {
                let tear = Tear { word: undone, sector: TornSector::Raised(!undone) };
                self.flash.cut_power_after(operations, tear);
                self.device.order_externally(DeviceOrder::CutFlash { operations, undone });
                self.fault_injection.outage = lasts;
                self.fault_injection.enter(now + within, FaultEvent::FlashPowerCutExpires);
            }
            Fault::BitRot { bit } => {
                let bytes = self.flash.bytes();
                let twice = bytes.chunks(SECTOR).all(|sector| *sector == bytes[..SECTOR]);
                self.flash.rot(bit);
                if !twice {
                    self.observe(|| Observation::BitRot);
                }
            }
            Fault::ClockJump { by } => self.device.jump_ahead(by),
            Fault::RepeatEntropy { lasts } => {
                self.device.repeat_entropy(true);
                self.fault_injection.enter(now + lasts, FaultEvent::EntropyRecovers);
            }
            Fault::GoesElsewhere { phone, lasts } => {
                if let Some(node) = self.phones.get_mut(phone - 1) {
                    node.goes_elsewhere(now + lasts);
                }
                self.air.phone_leaves(phone - 1);
            }
            Fault::Deviation { phone, does } => {
                if let Some(node) = self.phones.get_mut(phone - 1) {
                    node.deviates(does);
                }
            }
            Fault::StalledOwner { phone, lasts } => {
                if let Some(node) = self.phones.get_mut(phone - 1) {
                    node.stall(now + lasts);
                }
            }
            Fault::Loss { .. }
            | Fault::Bursts { .. }
            | Fault::Delay { .. }
            | Fault::Jitter { .. }
            | Fault::Reorder { .. }
            | Fault::Duplicate { .. }
            | Fault::Corrupt { .. }
            | Fault::OneWay { .. } => {}
        }
    }
}

//! Injects the faults of a scenario into its world, and ends them. Faults that affect single frames are only
//! logged here: the driver that carries the frames injects them.

use std::collections::BTreeMap;
use std::time::Duration;

use vestibule_core::Instant;

use super::World;
use crate::client::Misbehaviour;
use crate::device::DeviceOrder;
use crate::fault::{DriverCall, Fault, Timed, goes_wrong, is_late, is_well, says_signal};
use crate::scenario::Scenario;
use crate::trace::What;

/// A fault begins, or one of its effects ends.
#[derive(Clone, Debug)]
enum FaultEvent {
    Begins(Fault),
    PowerReturns,
    /// The device has not begun the flash operation that the power was to fail in.
    FlashPowerCutExpires,
    EntropyRecovers,
    DriverRecovers(DriverCall),
    FlashRecovers,
    SignalRecovers,
}

/// The faults of a scenario that are still to come, and the ends of those that are active.
#[derive(Debug, Default)]
pub(super) struct FaultInjection {
    due: BTreeMap<(Instant, u64), FaultEvent>,
    /// How many were scheduled: events of the same time happen in the order in which they were scheduled.
    scheduled: u64,
    /// How long the device stays without power if it fails within a flash operation.
    outage: Duration,
}

impl FaultInjection {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut fault_injection = Self::default();
        for fault in &scenario.faults {
            let Timed { at, fault } = fault.get_ref().clone();
            fault_injection.schedule(Instant::from_micros(0) + at, FaultEvent::Begins(fault));
        }
        fault_injection
    }

    fn schedule(&mut self, at: Instant, event: FaultEvent) {
        self.scheduled += 1;
        self.due.insert((at, self.scheduled), event);
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
    /// Injects a fault now, as one of the scenario is. One that affects single frames does nothing here,
    /// because the driver would have had to know of it beforehand.
    pub(crate) fn inject_fault(&mut self, fault: Fault, now: Instant) {
        self.fault_injection.schedule(now, FaultEvent::Begins(fault));
        self.settle(now);
    }

    /// Lets the faults begin and end that are due. Returns whether there were any.
    pub(super) fn inject_due_faults(&mut self, now: Instant) -> bool {
        let mut moved = false;
        if self.device_node.has_lost_power_in_flash() {
            self.power_off(now);
            self.fault_injection.schedule(now + self.fault_injection.outage, FaultEvent::PowerReturns);
            moved = true;
        }
        while let Some(event) = self.fault_injection.poll(now) {
            self.apply(event, now);
            moved = true;
        }
        moved
    }

    fn apply(&mut self, event: FaultEvent, now: Instant) {
        match event {
            FaultEvent::Begins(fault) => {
                self.log.world(now, What::Step { does: format!("fault: {fault}") });
                self.begin_fault(fault, now);
            }
            FaultEvent::PowerReturns => self.power_on(now),
            FaultEvent::FlashPowerCutExpires => self.device_node.cancel_flash_power_cut(),
            FaultEvent::EntropyRecovers => self.device_node.device.repeat_entropy(false),
            FaultEvent::DriverRecovers(call) => self.order(DeviceOrder::DriverFault(is_well(call))),
            FaultEvent::FlashRecovers => self.order(DeviceOrder::FlashTakes(Duration::ZERO)),
            FaultEvent::SignalRecovers => self.order(DeviceOrder::DriverFault(says_signal(false))),
        }
    }

    /// What only a device outside the simulator knows. Without power it forgets it.
    fn order(&mut self, order: DeviceOrder) {
        self.device_node.device.order_externally(order);
    }

    /// A fault of the driver of the device's radio, or of its flash chip.
    fn begin_fault_of_board(&mut self, fault: &Fault, now: Instant) {
        let (order, recovers) = match *fault {
            Fault::Driver { call, does, times, .. } => {
                (DeviceOrder::DriverFault(goes_wrong(call, does, times)), FaultEvent::DriverRecovers(call))
            }
            Fault::DriverLate { call, by, times, .. } => {
                (DeviceOrder::DriverFault(is_late(call, by, times)), FaultEvent::DriverRecovers(call))
            }
            Fault::SlowFlash { by, .. } => (DeviceOrder::FlashTakes(by), FaultEvent::FlashRecovers),
            Fault::FalseSignal { .. } => {
                (DeviceOrder::DriverFault(says_signal(true)), FaultEvent::SignalRecovers)
            }
            _ => return,
        };
        self.order(order);
        self.fault_injection.schedule(now + fault.lasts(), recovers);
    }

    fn cut_power(&mut self, lasts: Duration, now: Instant) {
        if self.device_node.device.has_power() {
            self.power_off(now);
            self.fault_injection.schedule(now + lasts, FaultEvent::PowerReturns);
        }
    }

    fn begin_fault(&mut self, fault: Fault, now: Instant) {
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
            Fault::PowerCut { lasts } => self.cut_power(lasts, now),
            Fault::FlashPowerCut { operations, undone, within, lasts } => {
                self.device_node.schedule_flash_power_cut(operations, undone);
                self.fault_injection.outage = lasts;
                self.fault_injection.schedule(now + within, FaultEvent::FlashPowerCutExpires);
            }
            Fault::BitRot { bit } => self.device_node.flip_flash_bit(bit),
            Fault::ClockJump { by } => self.device_node.device.jump_ahead(by),
            Fault::RepeatEntropy { lasts } => {
                self.device_node.device.repeat_entropy(true);
                self.fault_injection.schedule(now + lasts, FaultEvent::EntropyRecovers);
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
            Fault::SetupButton => self.device_node.setup(now),
            Fault::FactoryReset => self.device_node.clear(now),
            Fault::ClearRequest { phone } => {
                if let Some(node) = self.phones.get_mut(phone - 1) {
                    node.misbehave(Misbehaviour::ClearRequests, 1, now);
                }
            }
            Fault::StuckScan { lasts } => self.air.stick_scans(now + lasts),
            Fault::StalledOwner { phone, lasts } => {
                if let Some(node) = self.phones.get_mut(phone - 1) {
                    node.stall(now + lasts);
                }
            }
            Fault::LeaseChange { network, .. } => self.air.keep_another_address(network.0.as_bytes()),
            Fault::Driver { .. }
            | Fault::DriverLate { .. }
            | Fault::SlowFlash { .. }
            | Fault::FalseSignal { .. } => self.begin_fault_of_board(&fault, now),
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

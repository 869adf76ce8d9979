//! A device that runs outside the simulator: machine code on a machine of its own. The world treats it as the
//! simulated one; orders and messages are queued here until a driver passes them on. This module must not
//! know how the device is reached.

use std::collections::VecDeque;
use std::time::Duration;

use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Event, RadioCommand, RadioEvent};
use vestibule_device_protocol::DriverFault;

/// An order of the world for the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeviceOrder {
    /// It gets power.
    PowerOn,
    /// It loses its power at once.
    PowerOff,
    /// Its radio reports an event.
    Report(RadioEvent),
    /// It is to lose its power within a flash operation, after so many others; see
    /// [`Fault::FlashPowerCut`](crate::fault::Fault::FlashPowerCut).
    CutFlash {
        /// How many succeed before.
        operations: u64,
        /// Which bits of the interrupted one's words are not changed yet.
        undone: u32,
    },
    /// Cancels [`DeviceOrder::CutFlash`].
    SpareFlash,
    /// It is to forget its network and open its portal.
    Clear,
    /// Its button is pressed.
    Setup,
    /// Its random bytes repeat from now on, or do not any more.
    RepeatEntropy(bool),
    /// Calls of its radio's driver go wrong.
    DriverFault(DriverFault),
    /// Each change of its flash holds it up for so long.
    FlashTakes(Duration),
}

/// A message of the device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DeviceMessage {
    /// An event of its portal.
    Event(Event),
    /// A command for its radio.
    Command(RadioCommand),
}

/// The world's side of such a device.
#[derive(Debug, Default)]
pub(super) struct ExternalDevice {
    /// The state that it last reported; `None` without power.
    state: Option<ProvisioningState>,
    orders: VecDeque<DeviceOrder>,
    events: VecDeque<Event>,
    commands: VecDeque<RadioCommand>,
}

impl ExternalDevice {
    pub(super) fn power_on(&mut self) {
        if self.state.is_none() {
            self.state = Some(ProvisioningState::Idle);
            self.orders.push_back(DeviceOrder::PowerOn);
        }
    }

    pub(super) fn power_off(&mut self) {
        if self.state.take().is_some() {
            // Orders that were not executed yet are void.
            self.orders.clear();
            self.events.clear();
            self.commands.clear();
            self.orders.push_back(DeviceOrder::PowerOff);
        }
    }

    pub(super) fn state(&self) -> Option<ProvisioningState> {
        self.state
    }

    pub(super) fn order(&mut self, order: DeviceOrder) {
        if self.state.is_some() {
            self.orders.push_back(order);
        }
    }

    pub(super) fn handle_message(&mut self, message: DeviceMessage) {
        // A message that was sent before the power cut is void.
        if self.state.is_none() {
            return;
        }
        match message {
            DeviceMessage::Event(event) => {
                if let Event::State { to, .. } = event {
                    self.state = Some(to);
                }
                self.events.push_back(event);
            }
            DeviceMessage::Command(command) => self.commands.push_back(command),
        }
    }

    pub(super) fn poll_order(&mut self) -> Option<DeviceOrder> {
        self.orders.pop_front()
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn poll_radio(&mut self) -> Option<RadioCommand> {
        self.commands.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use vestibule_core::provisioning::Input;

    use super::*;

    #[test]
    fn its_state_is_what_it_reports() {
        let mut device = ExternalDevice::default();
        let opens = Event::State {
            from: ProvisioningState::Idle,
            on: Input::StartEmpty,
            to: ProvisioningState::PortalOpen,
        };
        device.handle_message(DeviceMessage::Event(opens));
        assert_eq!((device.state(), device.poll_event()), (None, None), "without power it reports nothing");
        device.power_on();
        assert_eq!(device.state(), Some(ProvisioningState::Idle));
        device.handle_message(DeviceMessage::Event(opens));
        assert_eq!((device.state(), device.poll_event()), (Some(ProvisioningState::PortalOpen), Some(opens)));
    }

    #[test]
    fn a_power_cut_takes_what_was_under_way() {
        let mut device = ExternalDevice::default();
        device.power_on();
        assert_eq!(device.poll_order(), Some(DeviceOrder::PowerOn));
        device.order(DeviceOrder::Report(RadioEvent::AccessPointUp));
        device.handle_message(DeviceMessage::Command(RadioCommand::Scan));
        device.power_off();
        device.order(DeviceOrder::Report(RadioEvent::ScanFinished));
        assert_eq!(
            device.poll_order(),
            Some(DeviceOrder::PowerOff),
            "the report before and the one after are void"
        );
        assert_eq!((device.poll_order(), device.poll_radio(), device.state()), (None, None, None));
    }
}

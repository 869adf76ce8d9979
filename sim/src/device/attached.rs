//! A device that runs outside the simulator: machine code on a machine of its own. The world
//! speaks to it as to the simulated one; what is said waits here until a driver carries it. It must
//! not know how the device is reached.

use std::collections::VecDeque;

use vestibule_core::provisioning::State;
use vestibule_core::{Event, RadioCommand, RadioEvent};

/// What the world has for the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// It gets power.
    PowerOn,
    /// It loses its power, at once, whatever it is doing.
    PowerOff,
    /// Its radio reports.
    Report(RadioEvent),
    /// It is to lose its power within a flash operation, after so many more of them; see
    /// [`Fault::FlashPowerCut`](crate::fault::Fault::FlashPowerCut).
    CutFlash {
        /// How many succeed before.
        operations: u64,
        /// Which bits of the interrupted one's words are not changed yet.
        undone: u32,
    },
    /// It is not to any more.
    SpareFlash,
    /// Its owner has it forget its network and open its portal.
    Clear,
}

/// What the device has said.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// An event of its portal.
    Event(Event),
    /// What its radio is to do.
    Command(RadioCommand),
}

/// The world's end of such a device.
#[derive(Debug, Default)]
pub(super) struct Attached {
    /// Where it stands by its own account; `None` without power.
    state: Option<State>,
    orders: VecDeque<Order>,
    events: VecDeque<Event>,
    commands: VecDeque<RadioCommand>,
}

impl Attached {
    pub(super) fn power_on(&mut self) {
        if self.state.is_none() {
            self.state = Some(State::Idle);
            self.orders.push_back(Order::PowerOn);
        }
    }

    pub(super) fn power_off(&mut self) {
        if self.state.take().is_some() {
            // What was not carried out yet never will be.
            self.orders.clear();
            self.events.clear();
            self.commands.clear();
            self.orders.push_back(Order::PowerOff);
        }
    }

    pub(super) fn state(&self) -> Option<State> {
        self.state
    }

    pub(super) fn order(&mut self, order: Order) {
        if self.state.is_some() {
            self.orders.push_back(order);
        }
    }

    pub(super) fn says(&mut self, said: Said) {
        // The last words of a device without power reach nobody.
        if self.state.is_none() {
            return;
        }
        match said {
            Said::Event(event) => {
                if let Event::State { to, .. } = event {
                    self.state = Some(to);
                }
                self.events.push_back(event);
            }
            Said::Command(command) => self.commands.push_back(command),
        }
    }

    pub(super) fn poll_order(&mut self) -> Option<Order> {
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
    fn its_state_is_what_it_says() {
        let mut device = Attached::default();
        let opens = Event::State { from: State::Idle, on: Input::StartEmpty, to: State::Open };
        device.says(Said::Event(opens));
        assert_eq!((device.state(), device.poll_event()), (None, None), "without power it says nothing");
        device.power_on();
        assert_eq!(device.state(), Some(State::Idle));
        device.says(Said::Event(opens));
        assert_eq!((device.state(), device.poll_event()), (Some(State::Open), Some(opens)));
    }

    #[test]
    fn a_power_cut_takes_what_was_under_way() {
        let mut device = Attached::default();
        device.power_on();
        assert_eq!(device.poll_order(), Some(Order::PowerOn));
        device.order(Order::Report(RadioEvent::AccessPointUp));
        device.says(Said::Command(RadioCommand::Scan));
        device.power_off();
        device.order(Order::Report(RadioEvent::ScanFinished));
        assert_eq!(
            device.poll_order(),
            Some(Order::PowerOff),
            "the report before and the one after are void"
        );
        assert_eq!((device.poll_order(), device.poll_radio(), device.state()), (None, None, None));
    }
}

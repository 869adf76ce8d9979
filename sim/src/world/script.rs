//! The script of a scenario: its steps, carried out in order.

use vestibule_core::Instant;
use vestibule_core::provisioning::ProvisioningState;

use crate::scenario::{Action, StepSpec};

/// The steps that are still to come.
#[derive(Debug)]
pub(super) struct Script {
    steps: std::vec::IntoIter<StepSpec>,
    next: Option<StepSpec>,
    /// When the next step is due, once that is known.
    due: Option<Instant>,
    done: usize,
}

impl Script {
    pub(super) fn new(steps: Vec<StepSpec>) -> Self {
        let mut script = Self { steps: steps.into_iter(), next: None, due: None, done: 0 };
        script.advance(Instant::from_micros(0));
        script
    }

    fn advance(&mut self, now: Instant) {
        self.next = self.steps.next();
        self.due = self.next.as_ref().and_then(|step| match (step.at, &step.after) {
            (Some(at), _) => Some(Instant::from_micros(0) + at + step.wait),
            (None, None) => Some(now + step.wait),
            (None, Some(_)) => None,
        });
    }

    /// The device has reached a state.
    pub(super) fn state_reached(&mut self, state: ProvisioningState, now: Instant) {
        if let Some(step) = &self.next
            && self.due.is_none()
            && step.after.as_ref().is_some_and(|after| ProvisioningState::from(*after.get_ref()) == state)
        {
            self.due = Some(now + step.wait);
        }
    }

    /// The next action, if it is due. It is returned once.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Action> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        let step = self.next.take();
        self.done += 1;
        self.advance(now);
        // `load` has refused steps that lack a network or phone to act on.
        step?.action()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// How many were carried out.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// Leaves the others out.
    pub(super) fn stop(&mut self) {
        (self.steps, self.next, self.due) = (Vec::new().into_iter(), None, None);
    }

    pub(super) fn is_done(&self) -> bool {
        self.next.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;
    use std::path::Path;

    const STEPS: &str = r#"
        name = "steps"
        [device]
        stored = "Home"
        [[network]]
        ssid = "Home"
        [[step]]
        at = "1s"
        wait = "500ms"
        do = "power-off"
        [[step]]
        wait = "2s"
        do = "power-on"
        [[step]]
        after = "connected"
        wait = "3s"
        do = "clear"
    "#;

    fn at(millis: u64) -> Instant {
        Instant::from_micros(millis * 1000)
    }

    #[test]
    fn steps_wait_for_a_time_for_the_step_before_or_for_a_state() {
        let mut script = Script::new(load::parse(STEPS, Path::new("steps.toml")).unwrap().steps);
        assert_eq!(script.poll_timeout(), Some(at(1500)));
        assert_eq!(script.poll(at(1499)), None);
        assert_eq!(script.poll(at(1600)), Some(Action::PowerOff));
        // Counted from when the step before was really carried out.
        assert_eq!(script.poll_timeout(), Some(at(3600)));
        script.state_reached(ProvisioningState::Connected, at(2000));
        assert_eq!(script.poll(at(3600)), Some(Action::PowerOn));
        // That state was reached before this step's turn.
        assert_eq!(script.poll_timeout(), None);
        script.state_reached(ProvisioningState::Connected, at(4000));
        script.state_reached(ProvisioningState::Connected, at(5000));
        assert_eq!(script.poll_timeout(), Some(at(7000)));
        assert!(!script.is_done());
        assert_eq!(script.poll(at(7000)), Some(Action::Clear));
        assert!(script.is_done());
        assert_eq!(script.poll(at(9000)), None);
    }
}

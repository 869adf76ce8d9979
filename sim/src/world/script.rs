//! The script of a scenario: its steps, carried out in order.

use vestibule_core::Instant;
use vestibule_core::provisioning::State;

use crate::scenario::{Act, StepSpec};

/// The steps that are still to come.
#[derive(Debug)]
pub(super) struct Script {
    steps: std::vec::IntoIter<StepSpec>,
    next: Option<StepSpec>,
    /// When the next step is due, once that is known.
    due: Option<Instant>,
}

impl Script {
    pub(super) fn new(steps: Vec<StepSpec>) -> Self {
        let mut script = Self { steps: steps.into_iter(), next: None, due: None };
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
    pub(super) fn state_reached(&mut self, state: State, now: Instant) {
        if let Some(step) = &self.next
            && self.due.is_none()
            && step.after.as_ref().is_some_and(|after| State::from(*after.get_ref()) == state)
        {
            self.due = Some(now + step.wait);
        }
    }

    /// What is to be done now, once.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Act> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        let step = self.next.take();
        self.advance(now);
        // `load` refuses a step that lacks what it acts on.
        step?.act()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_done(&self) -> bool {
        self.next.is_none()
    }
}

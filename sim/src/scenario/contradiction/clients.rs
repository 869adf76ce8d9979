//! What a scenario may not say of clients that misbehave.

use super::super::{Action, Scenario, StepSpec};
use super::Contradiction;

/// Most clients of one step: more than a phone has sockets for one host (six in browsers), and few enough
/// for the sockets of the machine that a test runs on.
const MOST: usize = 64;

/// How many clients a step says there are.
pub(super) fn check_step(step: &StepSpec) -> Result<(), Contradiction> {
    let Some(count) = &step.count else { return Ok(()) };
    if !(1..=MOST).contains(count.get_ref()) {
        return Err((count.span(), format!("expected from 1 to {MOST} clients")));
    }
    Ok(())
}

/// Whether there are clients to be served at all where that is expected.
pub(super) fn check_expectations(scenario: &Scenario) -> Result<(), Contradiction> {
    for (phone_id, phone) in scenario.phones.iter().enumerate() {
        let asks = |step: &StepSpec| {
            let action = step.action();
            matches!(action, Some(Action::Misbehave(id, what, _)) if id == phone_id && what.asks())
        };
        let expect = &phone.expect;
        if (expect.served.is_some() || expect.longest_answer.is_some()) && !scenario.steps.iter().any(asks) {
            let message = "nothing on this phone asks to be served: expected a step that does \"split-posts\", \
                           \"probe-storm\", \"cross-site-requests\", \"clear-requests\" or \"https-requests\"";
            return Err((phone.model.span(), message.into()));
        }
    }
    Ok(())
}

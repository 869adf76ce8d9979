//! The device asks its radio for nothing that it cannot do: not for both roles at once of one that has one at a
//! time, not for a channel that it lacks or that its country forbids.

use super::{Invariant, Observation, View};

/// See the module.
#[derive(Default)]
pub(super) struct RadioCan;

impl Invariant for RadioCan {
    fn name(&self) -> &'static str {
        "radio-can"
    }

    fn says(&self) -> &'static str {
        "The radio is asked for nothing that it cannot do."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        let unsupported = view.observations.iter().find_map(|observation| match observation {
            Observation::Unsupported(what) => Some(what),
            _ => None,
        });
        unsupported.map_or(Ok(()), |what| Err(format!("the radio was asked for {what}, which it cannot do")))
    }
}

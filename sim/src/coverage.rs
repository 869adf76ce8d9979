//! Where runs have been: which edges of the provisioning machine they took, and which kinds of
//! faults befell them.

use std::collections::BTreeSet;

use schemars::schema_for;
use serde::{Deserialize, Serialize};
use vestibule_core::provisioning::EDGES;

use crate::fault::Fault;
use crate::scenario::Scenario;
use crate::trace::{Record, What};

/// Where a run has been.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Edges, by their place in [`EDGES`].
    pub edges: BTreeSet<usize>,
    /// Kinds of faults, as scenarios write them.
    pub faults: BTreeSet<String>,
}

impl Coverage {
    /// A run of this scenario that has not begun: its faults are known.
    #[must_use]
    pub fn of_faults(scenario: &Scenario) -> Self {
        let faults = scenario.faults.iter().filter_map(|timed| kind(&timed.get_ref().fault)).collect();
        Self { edges: BTreeSet::new(), faults }
    }

    /// Takes note of what happened.
    pub fn note(&mut self, record: &Record) {
        let What::State { from, on, to } = &record.what else { return };
        let place = EDGES.iter().position(|edge| {
            format!("{:?}", edge.from) == *from
                && format!("{:?}", edge.on) == *on
                && format!("{:?}", edge.to) == *to
        });
        self.edges.extend(place);
    }
}

fn kind(fault: &Fault) -> Option<String> {
    Some(serde_json::to_value(fault).ok()?.get("kind")?.as_str()?.to_owned())
}

/// Every kind of fault that there is, as scenarios write them.
pub(crate) fn kinds() -> Vec<String> {
    let schema = schema_for!(Fault).to_value();
    let kinds = schema["oneOf"].as_array().into_iter().flatten();
    kinds.filter_map(|kind| Some(kind["properties"]["kind"]["const"].as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fault_is_known() {
        let kinds = kinds();
        assert_eq!(kinds.len(), 20, "{kinds:?}");
        let rot = Fault::BitRot { bit: 1 };
        assert!(kinds.contains(&kind(&rot).unwrap()));
    }
}

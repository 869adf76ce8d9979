//! Where runs have been: which edges of the provisioning machine they took, and which kinds of
//! faults befell them.

use std::collections::BTreeSet;
use std::fmt;

use schemars::schema_for;
use serde::{Deserialize, Serialize};
use vestibule_core::provisioning::{EDGES, Edge};

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

/// An edge of the provisioning machine and how many runs took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeCount {
    /// The state that it starts from.
    pub from: String,
    /// The input that takes it.
    pub on: String,
    /// The state that it leads to.
    pub to: String,
    /// How many runs took it.
    pub runs: usize,
}

impl EdgeCount {
    /// Every edge of the machine's table, whatever that has, with the number of these runs that took it.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a Coverage>) -> Vec<Self> {
        let mut taken = vec![0; EDGES.len()];
        for place in runs.into_iter().flat_map(|run| &run.edges) {
            taken.get_mut(*place).into_iter().for_each(|runs| *runs += 1);
        }
        let named = |(edge, runs): (&Edge, usize)| Self {
            from: format!("{:?}", edge.from),
            on: format!("{:?}", edge.on),
            to: format!("{:?}", edge.to),
            runs,
        };
        EDGES.iter().zip(taken).map(named).collect()
    }
}

impl fmt::Display for EdgeCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} to {}", self.from, self.on, self.to)
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
    fn an_edge_that_no_run_took_is_counted_with_none() {
        let runs = [[0, 3].into(), [3].into()].map(|edges| Coverage { edges, ..Coverage::default() });
        let counts = EdgeCount::of(&runs);
        assert_eq!(counts.len(), EDGES.len());
        assert_eq!(counts.iter().map(|edge| edge.runs).take(4).collect::<Vec<_>>(), [1, 0, 0, 2]);
        assert_eq!(counts[0].to_string(), "Idle on StartStored to Connecting");
    }

    #[test]
    fn every_kind_of_fault_is_known() {
        let kinds = kinds();
        assert_eq!(kinds.len(), 29, "{kinds:?}");
        let rot = Fault::BitRot { bit: 1 };
        assert!(kinds.contains(&kind(&rot).unwrap()));
    }
}

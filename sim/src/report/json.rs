//! A report as JSON, for a program that decides by it: how many runs there were, what failed, and every edge of the
//! provisioning machine with the number of runs that took it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use crate::coverage::{self, EdgeCount};
use crate::invariant::Safety;

#[derive(Serialize)]
struct Numbers {
    runs: usize,
    failed: usize,
    /// Runs that broke each invariant.
    invariants: BTreeMap<&'static str, usize>,
    edges: Vec<EdgeCount>,
    /// The edges that no run took.
    never_taken: Vec<String>,
    /// Runs that each kind of fault befell.
    faults: BTreeMap<String, usize>,
}

pub(super) fn write(report: &Report) -> String {
    let broken = |name| report.runs.iter().filter(|run| run.invariant.as_deref() == Some(name)).count();
    let befell = |kind: &String| report.runs.iter().filter(|run| run.covers.faults.contains(kind)).count();
    let edges = report.edges();
    let numbers = Numbers {
        runs: report.runs.len(),
        failed: report.failures().count(),
        invariants: Safety::all_names().map(|name| (name, broken(name))).collect(),
        never_taken: edges.iter().filter(|edge| edge.runs == 0).map(ToString::to_string).collect(),
        edges,
        faults: coverage::kinds().into_iter().map(|kind| (kind.clone(), befell(&kind))).collect(),
    };
    serde_json::to_string(&numbers).unwrap_or_default() + "\n"
}

//! A report as a JUnit file: a suite a scenario; in it a test a run, or of a campaign a test an
//! invariant.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Report, Run};
use crate::invariant::Safety;
use crate::markup::NoXml;

pub(super) fn write(report: &Report) -> Result<String, NoXml> {
    let mut file = quick_junit::Report::new(format!("vestibule: {}", report.title));
    for scenario in report.files() {
        let runs: Vec<&Run> = report.runs.iter().filter(|run| run.file == scenario).collect();
        let mut suite = TestSuite::new(scenario);
        if report.campaign {
            suite.add_test_cases(Safety::all_names().map(|name| invariant(scenario, name, &runs)));
        } else {
            suite.add_test_cases(runs.iter().map(|run| test(&run.name, scenario, &[run], run.took)));
        }
        file.add_test_suite(suite);
    }
    file.to_string().map_err(|error| NoXml(error.to_string()))
}

fn invariant(scenario: &str, name: &str, runs: &[&Run]) -> TestCase {
    let broken: Vec<&Run> =
        runs.iter().copied().filter(|run| run.invariant.as_deref() == Some(name)).collect();
    // All invariants are checked in the same runs, so that none has a time of its own.
    test(name, scenario, &broken, Duration::ZERO)
}

/// A test of some runs, of which those that failed are told.
fn test(name: &str, scenario: &str, runs: &[&Run], took: Duration) -> TestCase {
    let failed: Vec<&Run> = runs.iter().copied().filter(|run| !run.passed()).collect();
    let status = match failed.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(first.invariant.as_deref().unwrap_or("expectation"));
            status.set_message(format!("seed {}: {}", first.seed, first.failed.join("; ")));
            let must_hold = failed.iter().filter_map(|run| must_hold(run)).take(1);
            let all: Vec<String> = must_hold.chain(failed.iter().map(|run| at_length(run))).collect();
            status.set_description(all.join("\n"));
            status
        }
    };
    let mut test = TestCase::new(name, status);
    test.set_classname(scenario);
    test.set_time(took);
    test
}

/// The invariant that was broken, for whoever does not know its name.
fn must_hold(run: &Run) -> Option<String> {
    let broken = run.invariant.as_deref()?;
    let (name, says) = Safety::all().find(|(name, _)| *name == broken)?;
    Some(format!("{name}: {says}"))
}

fn at_length(run: &Run) -> String {
    format!("seed {}: {}\n  again: {}", run.seed, run.failed.join("\n  "), run.again)
}

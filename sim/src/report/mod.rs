//! Reports of runs, for people and for machines: one self-contained page of HTML, JUnit, and JSON.
//!
//! A report tells what was judged elsewhere and judges nothing. Traces hold no secret, so neither
//! does it; nothing in it is loaded from anywhere, and nothing needs a script.

mod html;
mod json;
mod junit;
mod picture;

use std::time::Duration;

use crate::campaign::Case;
use crate::campaign::results::Line;
use crate::coverage::{Coverage, EdgeCount};
pub use crate::markup::NoXml;
use crate::trace;

/// Failures of a campaign that are drawn; the others are listed.
const DRAWN: usize = 10;

/// Failures that are listed.
const LISTED: usize = 200;

/// A report.
///
/// ```
/// use vestibule::report::Report;
///
/// let report = Report { title: "nothing ran".into(), campaign: false, runs: vec![] };
/// assert!(report.html().contains("<title>Vestibule: nothing ran</title>"));
/// assert!(report.junit()?.contains("<testsuites"));
/// assert!(report.json().starts_with(r#"{"runs":0,"failed":0,"#));
/// # Ok::<(), vestibule::report::NoXml>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    /// What was done.
    pub title: String,
    /// Whether scenarios ran under many seeds, and are told by scenario and invariant.
    pub campaign: bool,
    /// Every run.
    pub runs: Vec<Run>,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scenario's file.
    pub file: String,
    /// Its name; a campaign's runs have none.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// The time that it took.
    pub took: Duration,
    /// What did not hold, in words. Empty if the run has passed.
    pub failed: Vec<String>,
    /// The invariant that was broken.
    pub invariant: Option<String>,
    /// What it has covered.
    pub covers: Coverage,
    /// Its timeline, as SVG.
    pub timeline: Option<String>,
    /// The command that does it again.
    pub again: String,
}

impl Report {
    /// The report of a campaign. Of failures whose case is at hand, some are run once more and drawn:
    /// the first of each invariant before others.
    #[must_use]
    pub fn of_campaign(lines: &[Line], cases: &[Case]) -> Self {
        let mut runs: Vec<Run> = lines.iter().map(run).collect();
        // The order must not depend on how the runs were spread over threads and machines.
        runs.sort_by(|a, b| (&a.file, a.seed).cmp(&(&b.file, b.seed)));
        let mut failures: Vec<usize> = (0..runs.len()).filter(|at| !runs[*at].passed()).collect();
        let mut met: Vec<Option<String>> = Vec::new();
        failures.sort_by_cached_key(|at| {
            let invariant = &runs[*at].invariant;
            let again = met.contains(invariant);
            met.push(invariant.clone());
            (again, *at)
        });
        for at in failures.into_iter().take(DRAWN) {
            let case = cases.iter().find(|case| case.path.display().to_string() == runs[at].file);
            runs[at].timeline = case.map(|case| trace::svg(&case.trace(runs[at].seed)));
        }
        Self { title: "A campaign".into(), campaign: true, runs }
    }

    /// The page.
    #[must_use]
    pub fn html(&self) -> String {
        html::write(self, None)
    }

    /// The same, saying of what it is: the day, the version, the command.
    #[must_use]
    pub fn html_of(&self, made: &str) -> String {
        html::write(self, Some(made))
    }

    /// The numbers of the report for a program: one JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        json::write(self)
    }

    /// Every edge of the provisioning machine, and how many of the runs took it.
    #[must_use]
    pub fn edges(&self) -> Vec<EdgeCount> {
        EdgeCount::of(self.runs.iter().map(|run| &run.covers))
    }

    /// The JUnit file.
    ///
    /// # Errors
    /// [`NoXml`], if it cannot be written as such.
    pub fn junit(&self) -> Result<String, NoXml> {
        junit::write(self)
    }

    fn failures(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| !run.passed())
    }

    /// The files, in the order of their first runs.
    fn files(&self) -> Vec<&str> {
        let mut files: Vec<&str> = Vec::new();
        for run in &self.runs {
            if files.last() != Some(&run.file.as_str()) && !files.contains(&run.file.as_str()) {
                files.push(&run.file);
            }
        }
        files
    }
}

impl Run {
    /// Whether all held.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failed.is_empty()
    }
}

fn run(line: &Line) -> Run {
    Run {
        file: line.scenario.clone(),
        name: String::new(),
        seed: line.seed,
        took: Duration::from_millis(line.took_ms),
        failed: line.violation.iter().map(ToString::to_string).collect(),
        invariant: line.violation.as_ref().map(|violation| violation.invariant.clone()),
        covers: line.covers.clone(),
        timeline: None,
        again: format!(
            "vestibule campaign {} --from {} --seeds 1 {}",
            quoted(&line.scenario),
            line.seed,
            // A run in real time has no hash.
            if line.hash.is_empty() { "--device COMMAND" } else { "--minimise" }
        ),
    }
}

/// A word as a shell takes it.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

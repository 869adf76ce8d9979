//! Campaigns: a scenario under many seeds, each with faults and settings of its own, judged by the invariants
//! and not by what the scenario expects of a world in which nothing goes wrong.
//!
//! A campaign is a list of runs that know nothing of each other, so that it can be cut into shards
//! and spread over machines; [`results`] puts them together again, and [`minimise()`] makes a small
//! scenario of a failure.

mod dice;
mod drawn_setting;
mod driver_faults;
mod generate;
mod minimise;
mod people;
mod program;
pub mod results;
mod settings;
#[cfg(test)]
mod tests;

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

pub use generate::generate_faults;
pub use minimise::{Minimised, minimise, written};
use rayon::prelude::*;
use results::Line;
use settings::{MadeUp, generate_settings};
use toml::Spanned;

pub use crate::coverage::{Coverage, EdgeCount};
use crate::fault::Timed;
use crate::scenario::{ExpectSpec, PhoneExpectSpec, Scenario, load};
use crate::trace::Record;
use crate::world::virtual_time::VirtualTime;

/// A scenario of a campaign, with its text: minimising edits that.
///
/// [`run()`] has an example.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file.
    pub path: PathBuf,
    /// What the file says.
    pub text: String,
    /// What that means.
    pub scenario: Scenario,
    /// The program of the boards' layer, where that is in the place of the simulated device
    /// ([`host_firmware`](crate::world::virtual_time::host_firmware)). Its radio's driver fails then, too.
    pub firmware: Option<PathBuf>,
}

impl Case {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// As [`load::load`].
    pub fn load(path: PathBuf) -> Result<Self, load::ScenarioError> {
        let scenario = load::load(&path)?;
        // It was read a moment ago.
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        Ok(Self { path, text, scenario, firmware: None })
    }

    /// The world of a scenario of this case.
    fn world(&self, scenario: &Scenario, seed: u64) -> VirtualTime {
        match &self.firmware {
            Some(program) => VirtualTime::with_firmware(scenario, seed, program),
            None => VirtualTime::new(scenario, seed),
        }
    }

    /// The scenario as a campaign runs it under a seed: its own faults and settings and those that the seed
    /// makes up, judged by the invariants alone.
    #[must_use]
    pub fn under(&self, seed: u64) -> Scenario {
        let (MadeUp { mut scenario, .. }, faults) = self.made_up(seed);
        scenario.faults.extend(faults.into_iter().map(|fault| Spanned::new(0..0, fault)));
        scenario.expect = ExpectSpec { liveness: true, ..ExpectSpec::default() };
        for phone in &mut scenario.phones {
            phone.expect = PhoneExpectSpec::default();
        }
        scenario
    }

    /// The settings and faults that a seed makes up, with those of people: a fault may be of a phone that a setting
    /// brings along.
    fn made_up(&self, seed: u64) -> (MadeUp, Vec<Timed>) {
        let mut drawn = generate_settings(seed, &self.scenario, &self.text);
        if self.firmware.is_some() {
            // What it does when power comes is decided by its own program.
            drawn = drawn.without("starts", &self.scenario, &self.text);
        }
        let mut faults = generate_faults(seed, &self.scenario);
        faults.extend(people::faults(seed, &drawn.scenario));
        if self.firmware.is_some() {
            faults.extend(driver_faults::generate(seed, &self.scenario));
        }
        faults.sort_by_key(|fault| fault.at);
        (drawn, faults)
    }

    /// The trace of a run, without frames: it is run for that.
    #[must_use]
    pub fn trace(&self, seed: u64) -> Vec<Record> {
        let scenario = self.under(seed);
        let mut records = vec![Record::begins(&scenario.name, seed)];
        let _ = self.world(&scenario, seed).run(&scenario, |record| records.push(record.clone()));
        records.retain(|record| !record.layer.is_on_request());
        records
    }

    /// One run.
    #[must_use]
    pub fn run(&self, seed: u64) -> Line {
        let scenario = self.under(seed);
        let mut covers = Coverage::of_faults(&scenario);
        let outcome = self.world(&scenario, seed).run(&scenario, |record| covers.note(record));
        Line {
            scenario: self.path.display().to_string(),
            seed,
            faults: scenario.faults.len(),
            took_ms: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
            frames: outcome.frames,
            hash: outcome.hash,
            violation: outcome.violation,
            covers,
        }
    }
}

/// Which of a campaign's runs are this machine's: every N-th, beginning with the I-th.
///
/// ```
/// use vestibule::campaign::{Plan, Shard};
///
/// let second: Shard = "2/3".parse().unwrap();
/// let plan = Plan { from: 100, seeds: 7, shard: second };
/// assert!(plan.seeds().eq([101, 104]));
/// assert!("4/3".parse::<Shard>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: NonZeroU64,
    of: NonZeroU64,
}

impl Shard {
    /// All of them.
    pub const WHOLE: Self = Self { number: NonZeroU64::MIN, of: NonZeroU64::MIN };

    /// Whether a seed, counted from the campaign's first, belongs to it.
    #[must_use]
    pub fn has(self, place: u64) -> bool {
        place % self.of == self.number.get() - 1
    }
}

/// A text is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no shard such as \"1/4\": I/N, I from 1 to N")]
pub struct BadShard {
    text: String,
}

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Self, BadShard> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if number <= of => Ok(Self { number, of }),
            _ => Err(BadShard { text: text.into() }),
        }
    }
}

/// Which runs a campaign has.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// Which of them.
    pub shard: Shard,
}

impl Plan {
    /// The seeds of this plan.
    pub fn seeds(self) -> impl Iterator<Item = u64> {
        (0..self.seeds)
            .filter(move |place| self.shard.has(*place))
            .map(move |place| self.from.wrapping_add(place))
    }
}

/// Runs every case under every seed, on all cores, until done or told to `stop`. `done` hears of
/// each run as it ends, in no particular order; it is called from many threads.
///
/// ```
/// use std::sync::Mutex;
/// use std::sync::atomic::AtomicBool;
/// use vestibule::campaign::{Case, Plan, Shard, run};
/// use vestibule::report::Report;
/// use vestibule::scenario::load;
///
/// let text = r#"
/// name = "first join"
/// [[network]]
/// ssid = "Home"
/// [[phone]]
/// model = "ios-17"
/// wants = "Home"
/// habits = "hurried"
/// "#;
/// let scenario = load::parse(text, "first-join.toml".as_ref())?;
/// let cases = [Case { path: "first-join.toml".into(), text: text.into(), scenario, firmware: None }];
/// let plan = Plan { from: 1, seeds: 2, shard: Shard::WHOLE };
/// let lines = Mutex::new(Vec::new());
/// run(&cases, plan, &AtomicBool::new(false), |line| lines.lock().unwrap().push(line));
///
/// let lines = lines.into_inner().unwrap();
/// assert_eq!(lines.len(), 2);
/// assert!(lines.iter().all(|line| line.violation.is_none() && line.faults > 0));
/// assert_eq!(Report::of_campaign(&lines, &cases).runs.len(), 2);
/// # Ok::<(), vestibule::scenario::load::ScenarioError>(())
/// ```
pub fn run(cases: &[Case], plan: Plan, stop: &AtomicBool, done: impl Fn(Line) + Sync) {
    // One list: at the end of one for each case, cores would wait for each other as often as there are cases.
    let runs: Vec<_> = cases.iter().flat_map(|case| plan.seeds().map(move |seed| (case, seed))).collect();
    runs.par_iter().for_each(|(case, seed)| {
        if !stop.load(Ordering::Relaxed) {
            done(case.run(*seed));
        }
    });
}

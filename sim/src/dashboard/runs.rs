//! Runs that are looked at step by step: scenarios carried out in virtual time, and traces that were
//! saved. A button pressed in one makes another: the same scenario with a line more, run again from the
//! beginning; as the same seed gives the same bytes, everything before that moment stays as it was.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use vestibule_core::Instant;

use super::compose;
use super::lines::{Button, LiveContext};
use crate::campaign::{self, Case};
use crate::scenario::{Scenario, load};
use crate::trace::{self, Layer, Record, What};
use crate::world::virtual_time::{VirtualRunOutcome, VirtualTime};

/// Runs that are kept; the oldest go.
const KEPT: usize = 24;

/// How long a run goes on after a button was pressed, until it is known when nothing happens any more.
const AFTERMATH: Duration = Duration::from_secs(60);

/// How long nothing happens before the end.
const QUIET: Duration = Duration::from_secs(1);

/// A run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: usize,
    pub(super) title: String,
    /// The run that it was made of.
    pub(super) parent: Option<usize>,
    /// The lines that were added to that one's scenario.
    pub(super) line: Option<String>,
    pub(super) records: Vec<Record>,
    /// What was run; none of a trace that was saved.
    pub(super) scenario: Option<Carried>,
}

/// A scenario that was carried out.
#[derive(Debug, Serialize)]
pub(super) struct Carried {
    pub(super) text: String,
    pub(super) seed: u64,
    hash: String,
    frames: u64,
    /// What did not hold, or the invariant that was broken.
    failed: Vec<String>,
    /// When that was, in microseconds of the run: its end, where something did not come about.
    failed_at: Option<u64>,
}

/// The runs that there are.
#[derive(Debug, Default)]
pub(super) struct Runs {
    kept: Mutex<(usize, Vec<Arc<Run>>)>,
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, (usize, Vec<Arc<Run>>)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run of that number, if it is still kept.
    pub(super) fn get(&self, id: usize) -> Option<Arc<Run>> {
        self.lock().1.iter().find(|run| run.id == id).cloned()
    }

    /// All of them, the oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Run>> {
        self.lock().1.clone()
    }

    fn keep(&self, run: impl FnOnce(usize) -> Run) -> Arc<Run> {
        let mut kept = self.lock();
        kept.0 += 1;
        let run = Arc::new(run(kept.0));
        if kept.1.len() == KEPT {
            kept.1.remove(0);
        }
        kept.1.push(Arc::clone(&run));
        run
    }

    /// A file: a trace that was saved, or a scenario to be run under that seed, with the faults that a
    /// campaign would make of it or without. `name` is for errors.
    pub(super) fn open(
        &self,
        text: &str,
        name: &str,
        seed: Option<u64>,
        campaign: bool,
    ) -> Result<Arc<Run>, String> {
        if text.trim_start().starts_with('{') {
            let records = trace::parse(text, Path::new(name)).map_err(|error| error.to_string())?;
            let begins = |record: &&Record| matches!(record.what, What::Begins { .. });
            if records.iter().filter(begins).count() > 1 {
                return Err(format!("{name} holds several runs: write a trace for each scenario"));
            }
            let title = name.to_owned();
            let run = |id| Run { id, title, parent: None, line: None, records, scenario: None };
            return Ok(self.keep(run));
        }
        let scenario = read(text, name)?;
        let seed = seed.or(scenario.seed).unwrap_or(1);
        if !campaign {
            return self.carry_out(text, name, seed, None, None);
        }
        let case = Case { path: name.into(), text: text.to_owned(), scenario, firmware: None };
        let text = campaign::written(&case, seed).ok_or("the scenario cannot be written with that seed")?;
        self.carry_out(&text, name, seed, None, None)
    }

    /// The run once more, with a button pressed at that moment.
    pub(super) fn press(&self, of: &Run, button: &Button, at: Duration) -> Result<Arc<Run>, String> {
        let Some(Carried { text, seed, .. }) = &of.scenario else {
            return Err(
                "this is a saved trace: nothing can be changed in it; open its scenario instead".into()
            );
        };
        let scenario = read(text, &of.title)?;
        let lines = button.lines(at, &context(&scenario, &of.records, at)?)?;
        let before = |record: &&Record| record.at <= Instant::from_micros(0) + at;
        let steps = of.records.iter().filter(before).filter(is_step).count();
        let changed = compose::with_lines(text, &lines, steps)?;
        let line = toml::to_string(&lines).map_err(|error| error.to_string())?;
        // First to see what comes of it and when it is over, then as the scenario that expects that.
        let long = compose::lasting(&changed, at + AFTERMATH)?;
        let tried = read(&long, &of.title)?;
        let (records, outcome) = run(&tried, *seed);
        let happens = |record: &&Record| {
            !record.layer.is_on_request() && !matches!(record.layer, Layer::Dns | Layer::Http)
        };
        let last = records.iter().rfind(happens).map_or(at, |record| record.at - Instant::from_micros(0));
        let end = last.max(at) + QUIET;
        let (_, outcome) = match read(&compose::lasting(&changed, end)?, &of.title) {
            Ok(short) if !tried.expect.liveness => run(&short, *seed),
            _ => (records, outcome),
        };
        let text = compose::expecting(&changed, &outcome.run_state, end)?;
        self.carry_out(&text, &of.title, *seed, Some(of.id), Some(line))
    }

    /// Carries a scenario out.
    pub(super) fn carry_out(
        &self,
        text: &str,
        title: &str,
        seed: u64,
        parent: Option<usize>,
        line: Option<String>,
    ) -> Result<Arc<Run>, String> {
        let scenario = read(text, title)?;
        let (records, outcome) = run(&scenario, seed);
        let failed = match &outcome.violation {
            Some(violation) => vec![violation.to_string()],
            None => outcome.unmet.iter().map(ToString::to_string).collect(),
        };
        let broken = outcome.violation.as_ref().map(|violation| violation.at);
        let failed_at = broken.or_else(|| (!failed.is_empty()).then_some(outcome.took));
        let failed_at = failed_at.map(|at| u64::try_from(at.as_micros()).unwrap_or(u64::MAX));
        let (hash, frames) = (outcome.hash, outcome.frames);
        let carried = Carried { text: text.to_owned(), seed, hash, frames, failed, failed_at };
        let title = title.to_owned();
        Ok(self.keep(|id| Run { id, title, parent, line, records, scenario: Some(carried) }))
    }
}

fn read(text: &str, name: &str) -> Result<Scenario, String> {
    load::parse(text, Path::new(name)).map_err(|error| error.to_string())
}

fn run(scenario: &Scenario, seed: u64) -> (Vec<Record>, VirtualRunOutcome) {
    let mut records = vec![Record::begins(&scenario.name, seed)];
    let world = VirtualTime::new(scenario, seed).record_frames();
    let outcome = world.run(scenario, |record| {
        let number = records.len() as u64;
        records.push(Record { number, ..record.clone() });
    });
    (records, outcome)
}

/// Whether a record is a step of the script.
fn is_step(record: &&Record) -> bool {
    matches!(&record.what, What::Step { does } if !does.starts_with("fault: "))
}

/// What buttons act on at that moment.
fn context(scenario: &Scenario, records: &[Record], at: Duration) -> Result<LiveContext, String> {
    let wanted = scenario.phones.iter().find_map(|phone| phone.wants.as_ref());
    let first = scenario.networks.first().map(|network| &network.ssid);
    let home = wanted.or(first).ok_or("there is no network in this scenario")?.get_ref().0;
    let until = Instant::from_micros(0) + at;
    let stands =
        records.iter().rev().filter(|record| record.at <= until).find_map(|record| match &record.what {
            What::Network { ssid, channel, .. } if *ssid == home.to_string() => Some(*channel),
            _ => None,
        });
    Ok(LiveContext { home, channel: stands.unwrap_or(1), phones: scenario.phones.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An owner's first setup, which succeeds.
    const TEXT: &str = r#"name = "first join with an iPhone"

[device]
ap_shutdown_delay = "1s"

[[network]]
ssid = "Home"

[[network]]
ssid = "Neighbour"
signal = -80

[[phone]]
model = "ios-17"
wants = "Home"
habits = "hurried"
expect = { sheet = true, told = true, first_verdict = "portal", findings = 0 }

[expect]
within = "20s"
state = "connected"
joined = "Home"
stored = "Home"
failures = []
"#;

    #[test]
    fn a_button_leaves_what_was_before_as_it_was_and_the_file_does_the_same_again() {
        let runs = Runs::default();
        let first = runs.open(TEXT, "first-join-ios.toml", None, false).unwrap();
        assert_eq!(first.scenario.as_ref().unwrap().failed, [""; 0]);
        let at = Duration::from_secs(3);
        for (button, says) in [
            (Button::PowerCut, "the device has no power for 2s"),
            (Button::Loss, "30 % of frames are lost for 10s"),
            (Button::Deauthenticate { phone: 1 }, "phone 1 is thrown off"),
            (Button::SlowOwner { phone: 1 }, "the owner of phone 1 looks elsewhere"),
            (Button::ChannelMove, "moves to channel"),
            (Button::NewPassphrase, "gets another passphrase"),
            (Button::TornWrite, "the power will fail within the flash"),
        ] {
            let changed = runs.press(&first, &button, at).unwrap();
            let early = |run: &Run| -> Vec<String> {
                let until = Instant::from_micros(3_000_000);
                let early = run.records.iter().skip(1).filter(|record| record.at < until);
                early.map(trace::json).collect()
            };
            assert_eq!(early(&first), early(&changed), "{button:?}");
            let told = changed.records.iter().any(|record| trace::words(&record.what).contains(says));
            assert!(told, "{button:?}: {}", changed.scenario.as_ref().unwrap().text);
            let carried = changed.scenario.as_ref().unwrap();
            assert_eq!(carried.failed, [""; 0], "{button:?}: {}", carried.text);
            let saved = runs.open(&carried.text, "saved.toml", Some(carried.seed), false).unwrap();
            assert_eq!(saved.scenario.as_ref().unwrap().hash, carried.hash, "{button:?}");
        }
    }

    #[test]
    fn a_run_that_fails_says_when() {
        let runs = Runs::default();
        let moment = |text: &str| {
            let run = runs.open(text, "x.toml", None, false).unwrap();
            let carried = run.scenario.as_ref().unwrap();
            (carried.failed.is_empty(), carried.failed_at)
        };
        assert_eq!(moment(TEXT), (true, None));
        // It waits until its time is over.
        let (passed, at) = moment(&TEXT.replace("joined = \"Home\"", "joined = \"Neighbour\""));
        assert!(!passed && at > Some(1_000_000), "{at:?}");
        let stuck = "name = \"x\"\n[[step]]\nat = \"1s\"\ndo = \"power-off\"\n[expect]\nliveness = true\n";
        let (passed, at) = moment(stuck);
        assert!(!passed && at > Some(1_000_000), "{at:?}");
    }

    #[test]
    fn a_second_phone_and_a_step_can_be_added_to_what_was_added() {
        let runs = Runs::default();
        let first = runs.open(TEXT, "x.toml", None, false).unwrap();
        let phone = Button::AddPhone { model: "android-14".into() };
        let second = runs.press(&first, &phone, Duration::from_secs(2)).unwrap();
        let off = runs.press(&second, &Button::PowerOff, Duration::from_secs(9)).unwrap();
        let on = runs.press(&off, &Button::PowerOn, Duration::from_secs(12)).unwrap();
        assert_eq!(on.parent, Some(off.id));
        assert!(on.records.iter().any(|record| record.node.starts_with("2/android")));
        let powers: Vec<&Record> =
            on.records.iter().filter(|record| matches!(record.what, What::Power { .. })).collect();
        assert_eq!(powers.len(), 3, "{}", on.scenario.as_ref().unwrap().text);
    }

    #[test]
    fn a_saved_trace_and_a_failing_seed_are_opened() {
        let runs = Runs::default();
        let first = runs.open(TEXT, "x.toml", Some(7), false).unwrap();
        let text: String = first.records.iter().map(|record| trace::json(record) + "\n").collect();
        let saved = runs.open(&text, "x.jsonl", None, false).unwrap();
        assert_eq!(saved.records.len(), first.records.len());
        assert!(runs.press(&saved, &Button::PowerOff, Duration::ZERO).unwrap_err().contains("saved trace"));
        let twice = runs.open(&format!("{text}{text}"), "x.jsonl", None, false).unwrap_err();
        assert!(twice.contains("several runs"), "{twice}");
        assert!(runs.open("{}", "x.jsonl", None, false).unwrap_err().starts_with("x.jsonl:1:"));
        assert!(runs.open("name = 7", "x.toml", None, false).unwrap_err().starts_with("x.toml:1:"));
        let seed = runs.open(TEXT, "x.toml", Some(41), true).unwrap();
        let carried = seed.scenario.as_ref().unwrap();
        assert!(
            carried.text.contains("liveness = true") && carried.text.contains("[[fault]]"),
            "{}",
            carried.text
        );
        let case = Case {
            path: "x.toml".into(),
            text: TEXT.into(),
            scenario: read(TEXT, "x.toml").unwrap(),
            firmware: None,
        };
        assert_eq!(case.run(41).hash, carried.hash, "as the campaign ran it");
    }

    #[test]
    fn old_runs_go() {
        let runs = Runs::default();
        let record = trace::json(&Record::begins("x", 1));
        for _ in 0..=KEPT {
            runs.open(&record, "x.jsonl", None, false).unwrap();
        }
        assert!(runs.get(1).is_none() && runs.get(2).is_some());
        assert_eq!(runs.all().len(), KEPT);
    }
}

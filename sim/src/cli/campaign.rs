//! `vestibule campaign`: scenarios under many seeds and faults.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::file_kind::FileKind;
use super::interrupt::asked_to_end;
use super::named_files::{each_read, files};
use super::report_files::{reports_can_be_written, write_report};
use super::terminal::{complain, print_line, verdict_word, waiting};
use super::{Exit, Usage, seed};
use crate::campaign::results::{self, Folder, Line, ResultsError};
use crate::campaign::{self, Case, EdgeCount, Plan, Shard};
use crate::report::Report;
use crate::text::io_words;
use crate::trace::{self, Record};
use crate::world::external::{can_be_on_firmware, can_be_simulated};
use crate::world::virtual_time::{FirmwareError, host_firmware};

/// Violations that are told in full; the others are in the results.
const TOLD: usize = 20;

/// How many seeds there are unless they are given, and with a device that is a program.
const SEEDS: u64 = 1000;
const SEEDS_WITH_PROGRAM: u64 = 20;

/// Run scenarios under many seeds, each with faults of its own, and judge them by the invariants.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Campaign {
    #[command(subcommand)]
    merge: Option<Further>,
    /// Scenario files, or folders of them.
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    /// How many seeds: 1000 unless given, with --device 20.
    #[arg(long, value_name = "N", value_parser = seeds)]
    seeds: Option<u64>,
    /// The device is this program, in place of the simulated one: see `vestibule run --device`.
    ///
    /// In real time, judged by what can be seen from outside.
    #[arg(long, value_name = "COMMAND", conflicts_with = "minimise")]
    device: Option<String>,
    /// The device in virtual time.
    #[arg(long, value_enum, default_value_t = Driver::Virtual, conflicts_with = "device")]
    driver: Driver,
    /// Its program for the driver firmware: where it is built unless given.
    #[arg(long, value_name = "FILE", conflicts_with = "device")]
    firmware: Option<PathBuf>,
    /// How many are run at once with --device, where they wait for most of their time.
    #[arg(long, value_name = "N", default_value = "12", requires = "device")]
    jobs: NonZeroUsize,
    /// The first seed.
    #[arg(long, value_name = "SEED", default_value_t = 1, value_parser = seed::parse_first, allow_hyphen_values = true)]
    from: u64,
    /// Run only the I-th of N parts, I from 1 to N.
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
    /// Make a small scenario of the first failure of each invariant.
    #[arg(long)]
    minimise: bool,
    /// Write results.jsonl, report.html and minimised scenarios into this folder, with --device the traces of runs that
    /// failed.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    reports: Reports,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// The simulated device.
    Virtual,
    /// The layer that boards have in common, on this machine; see --firmware. Its radio's driver fails, too.
    Firmware,
}

/// Reports that are wanted beside.
#[derive(Debug, Default, Args)]
struct Reports {
    /// Write the report here: one page of HTML with rates, invariants, coverage, and failing seeds
    /// with their timelines.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a JUnit file: a suite a scenario, a test an invariant.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the numbers here, as a JSON object: runs, failures by invariant, and every edge of the provisioning machine
    /// with the number of runs that took it.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Reports {
    fn write(&self, lines: &[Line], cases: &[Case], out: Option<&Path>) -> Result<(), Usage> {
        print_edges(lines);
        let page = out.map(|folder| folder.join("report.html"));
        let numbers = out.map(|folder| folder.join("report.json"));
        if page.is_none() && self.html.is_none() && self.junit.is_none() && self.json.is_none() {
            return Ok(());
        }
        let report = Report::of_campaign(lines, cases);
        write_report(&report, page.as_deref(), None)?;
        for path in [numbers.as_deref(), self.json.as_deref()].into_iter().flatten() {
            std::fs::write(path, report.json()).map_err(|error| {
                Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
            })?;
        }
        write_report(&report, self.html.as_deref(), self.junit.as_deref())
    }
}

/// Says which edges of the provisioning machine no run took.
fn print_edges(lines: &[Line]) {
    let edges = EdgeCount::of(lines.iter().map(|line| &line.covers));
    let never: Vec<_> = edges.iter().filter(|edge| edge.runs == 0).collect();
    let (taken, all) = (edges.len() - never.len(), edges.len());
    print_line(&format!("{taken} of the provisioning machine's {all} edges were taken"));
    never.iter().for_each(|edge| print_line(&format!("       never: {edge}")));
}

#[derive(Debug, Subcommand)]
enum Further {
    /// Put the results of shards together.
    Merge {
        /// Folders that `--out` has filled.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Write them and report.html into this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        reports: Reports,
    },
}

/// A campaign of nothing would be without a violation.
fn seeds(text: &str) -> Result<u64, String> {
    let wrong = "expected how many, 1 at least: a campaign without a run would pass";
    text.parse().ok().filter(|seeds| *seeds > 0).ok_or_else(|| wrong.to_owned())
}

impl Campaign {
    fn cases(&self) -> Result<Vec<Case>, Usage> {
        let program = match self.driver {
            Driver::Virtual => None,
            Driver::Firmware => Some(self.firmware.clone().unwrap_or_else(host_firmware)),
        };
        if let Some(program) = program.as_ref().filter(|program| !program.is_file()) {
            return Err(Usage::from(FirmwareError::NoFirmware(program.clone())));
        }
        let fits = if program.is_some() { can_be_on_firmware } else { can_be_simulated };
        let mut cases = Vec::new();
        let read = |path| Case::load(path).map_err(|error| error.in_full());
        for case in each_read(files(&self.scenarios, "toml")?, FileKind::Scenario, read)? {
            match fits(&case.scenario) {
                Ok(()) => cases.push(Case { firmware: program.clone(), ..case }),
                Err(unfit) => print_line(&format!("left out: {}: {unfit}", case.path.display())),
            }
        }
        Ok(cases)
    }

    pub(super) async fn run(self) -> Result<Exit, Usage> {
        if let Some(Further::Merge { folders, out, reports }) = self.merge {
            return merge(&folders, out.as_deref(), &reports);
        }
        let cases = self.cases()?;
        reports_can_be_written(self.reports.html.as_deref(), self.reports.junit.as_deref())?;
        let seeds = self.seeds.unwrap_or(if self.device.is_some() { SEEDS_WITH_PROGRAM } else { SEEDS });
        let plan = Plan { from: self.from, seeds, shard: self.shard };
        let folder = self.out.as_deref().map(Folder::create).transpose().map_err(Usage::from)?;
        let stop: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let stopped = Arc::new(Notify::new());
        let asked = asked_to_end()?;
        let stops = Arc::clone(&stopped);
        let watch = tokio::spawn(async move {
            asked.await;
            stop.store(true, Ordering::Relaxed);
            stops.notify_one();
        });
        let cases_run = cases.clone();
        let out = self.out.as_deref();
        let lines = match &self.device {
            Some(command) => {
                carry_out_with_program(&cases, plan, &stopped, folder, out, command, self.jobs).await?
            }
            None => {
                let ran =
                    tokio::task::spawn_blocking(move || carry_out(&cases_run, plan, stop, folder)).await;
                ran.map_err(Usage::from)?.map_err(Usage::from)?
            }
        };
        watch.abort();
        if stop.load(Ordering::Relaxed) {
            print_line(&format!("interrupted after {} runs", lines.len()));
        }
        print_failures(&lines);
        // A run with a program is not drawn by running it once more: that would be another run.
        let drawn = if self.device.is_some() { &[][..] } else { &cases[..] };
        self.reports.write(&lines, drawn, self.out.as_deref())?;
        if self.minimise {
            minimise(&cases, &lines, self.out.as_deref())?;
        }
        Ok(verdict(&lines, stop.load(Ordering::Relaxed)))
    }
}

/// Runs them with a device that is a program, and gives what was found, in order.
async fn carry_out_with_program(
    cases: &[Case],
    plan: Plan,
    stopped: &Notify,
    mut folder: Option<Folder>,
    out: Option<&Path>,
    command: &str,
    jobs: NonZeroUsize,
) -> Result<Vec<Line>, Usage> {
    let began = Instant::now();
    let mut wanted: VecDeque<(Case, u64)> =
        cases.iter().flat_map(|case| plan.seeds().map(|seed| (case.clone(), seed))).collect();
    let bar = ProgressBar::new(wanted.len() as u64).with_style(style());
    let (mut under_way, mut lines) = (JoinSet::new(), Vec::new());
    loop {
        while under_way.len() < jobs.get()
            && let Some((case, seed)) = wanted.pop_front()
        {
            let command = command.to_owned();
            under_way.spawn(async move {
                let mut records = vec![Record::begins(&case.scenario.name, seed)];
                let line = case.run_with_program(seed, &command, |record| records.push(record.clone())).await;
                line.map(|line| (line, records))
            });
        }
        // A run with a program takes the time that it takes, and nobody who wants to go waits for it. Its processes end
        // with it.
        let ended = tokio::select! {
            ended = under_way.join_next() => ended,
            () = stopped.notified() => None,
        };
        let Some(ended) = ended else { break };
        let (line, records) = ended.map_err(Usage::from)?.map_err(Usage::from)?;
        if let (Some(folder), Some(out)) = (&mut folder, out) {
            folder.add(&line).map_err(Usage::from)?;
            if line.violation.is_some() {
                write_trace(out, &line, &records)?;
            }
        }
        if let Some(violation) = &line.violation {
            let what = format!("seed {} of {}: {}", line.seed, line.scenario, violation.invariant);
            bar.suspend(|| complain(&what));
        }
        lines.push(line);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let place = |line: &Line| cases.iter().position(|case| case.path.display().to_string() == line.scenario);
    lines.sort_by_key(|line| (place(line), line.seed));
    if let Some(folder) = folder {
        folder.finish(&mut lines).map_err(Usage::from)?;
    }
    print_line(&format!("{} runs in {:.1} s", lines.len(), began.elapsed().as_secs_f64()));
    Ok(lines)
}

/// Runs them, and gives what was found, in order.
fn carry_out(
    cases: &[Case],
    plan: Plan,
    stop: &AtomicBool,
    folder: Option<Folder>,
) -> Result<Vec<Line>, ResultsError> {
    let began = Instant::now();
    let bar = ProgressBar::new(plan.seeds().count() as u64 * cases.len() as u64).with_style(style());
    let kept = Mutex::new((Vec::new(), folder, Ok(())));
    campaign::run(cases, plan, stop, |line| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, folder, failed) = &mut *kept;
        if let (Some(folder), Ok(())) = (folder, &failed) {
            *failed = folder.add(&line);
        }
        if let Some(violation) = &line.violation {
            bar.suspend(|| {
                complain(&format!("seed {} of {}: {}", line.seed, line.scenario, violation.invariant))
            });
        }
        lines.push(line);
        bar.inc(1);
    });
    bar.finish_and_clear();
    let (mut lines, folder, failed) = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed?;
    if let Some(folder) = folder {
        folder.finish(&mut lines)?;
    }
    let took = began.elapsed().as_secs_f64();
    print_line(&format!(
        "{} runs in {took:.1} s, {:.0} a second",
        lines.len(),
        lines.len() as f64 / took.max(1e-9)
    ));
    Ok(lines)
}

/// Writes the trace of a run that failed into the folder of the results: it cannot be had again.
fn write_trace(out: &Path, line: &Line, records: &[Record]) -> Result<(), Usage> {
    let name = Path::new(&line.scenario).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = out.join(format!("{name}-{}.jsonl", line.seed));
    let text: String = records.iter().map(|record| trace::json(record) + "\n").collect();
    std::fs::write(&path, text).map_err(|error| {
        Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
    })
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn merge(folders: &[PathBuf], out: Option<&Path>, reports: &Reports) -> Result<Exit, Usage> {
    let mut lines = results::merge(folders).map_err(Usage::from)?;
    if let Some(out) = out {
        Folder::create(out).and_then(|folder| folder.finish(&mut lines)).map_err(Usage::from)?;
    }
    print_line(&format!("{} runs of {} folders", lines.len(), folders.len()));
    print_failures(&lines);
    // Scenarios that are not here were elsewhere: their failures are told and not drawn.
    let mut files: Vec<&str> = lines.iter().map(|line| line.scenario.as_str()).collect();
    files.dedup();
    let cases: Vec<Case> = files.into_iter().filter_map(|file| Case::load(file.into()).ok()).collect();
    reports.write(&lines, &cases, out)?;
    Ok(verdict(&lines, false))
}

/// Lists the seeds that failed.
fn print_failures(lines: &[Line]) {
    let failed: Vec<_> = lines.iter().filter_map(|line| Some((line, line.violation.as_ref()?))).collect();
    for (line, violation) in failed.iter().take(TOLD) {
        let failed = verdict_word(false);
        print_line(&format!("{failed} seed {} of {}, {} faults", line.seed, line.scenario, line.faults));
        print_line(&format!("       {violation}"));
    }
    if failed.len() > TOLD {
        print_line(&format!("and {} more", failed.len() - TOLD));
    }
    print_line(&format!(
        "{} runs without a violation, {} with one",
        lines.len() - failed.len(),
        failed.len()
    ));
}

fn verdict(lines: &[Line], interrupted: bool) -> Exit {
    let kinds = lines.iter().filter_map(|line| Some(line.violation.as_ref()?.kind));
    match Exit::of(kinds) {
        Exit::Well if interrupted => Exit::Unmet,
        exit => exit,
    }
}

/// Makes the first failure of each invariant small.
fn minimise(cases: &[Case], lines: &[Line], out: Option<&Path>) -> Result<(), Usage> {
    let mut done: Vec<&str> = Vec::new();
    for line in lines {
        let Some(violation) = line.violation.as_ref() else { continue };
        let case = cases.iter().find(|case| case.path.display().to_string() == line.scenario);
        let Some(case) = case.filter(|_| !done.contains(&&*violation.invariant)) else { continue };
        done.push(&violation.invariant);
        let small = {
            let _waiting = waiting(format!("making seed {} of {} small", line.seed, line.scenario));
            campaign::minimise(case, line.seed, &violation.invariant)
        };
        let Some(small) = small else {
            complain(&format!("seed {} does not fail again: it is not reproducible", line.seed));
            continue;
        };
        let left = format!(
            "{} faults, {} settings and {} steps are left",
            small.faults, small.settings, small.steps
        );
        print_line(&format!(
            "seed {}, {}: {left}\n       {}",
            line.seed, violation.invariant, small.violation
        ));
        match out {
            Some(folder) => {
                let path = folder.join(format!("{}-{}.toml", violation.invariant, line.seed));
                std::fs::write(&path, &small.text).map_err(|error| {
                    Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
                })?;
                print_line(&format!("       written to {}", path.display()));
            }
            None => print_line(&small.text),
        }
    }
    Ok(())
}

//! `vestibule run`: scenario files, judged.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

use super::file_kind::FileKind;
use super::named_files::{each_read, files};
use super::report_files::{reports_can_be_written, write_report};
use super::terminal::{self, complain, print_line, verdict_word, waiting};
use super::{Exit, Usage, seed};
use crate::coverage::Coverage;
use crate::invariant::{Violation, ViolationKind};
use crate::report::{Report, Run as ReportedRun, quoted};
use crate::scenario::judge::Unmet;
use crate::scenario::{Scenario, load};
use crate::text::io_words;
use crate::trace::{self, Record};
use crate::world::external::{
    External, ExternalError, FIRMWARE, Unfit, can_be_foreign, can_be_on_firmware, can_be_on_qemu,
    can_be_simulated,
};
use crate::world::loopback::{Loopback, Ports};
use crate::world::virtual_time::{VirtualTime, c_program, host_firmware};

/// So much of a trace's hash tells one from the others; all of it is told with `-v`.
const HASH_DIGITS: usize = 12;

/// Run scenarios and judge them by what they expect.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Scenario files, or folders of them.
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    /// What carries the bytes.
    #[arg(long, value_enum, default_value_t = Driver::Loopback)]
    driver: Driver,
    /// How many are run at once in real time, where they wait for most of it: 32 over sockets and 6 with a device under
    /// QEMU or of your own, unless given.
    ///
    /// One when a trace is written or what happens is printed.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Run a scenario that fails in real time again, up to so many times and alone: beside others on a busy
    /// machine it may have been late.
    ///
    /// What passes then is counted as flaky. In virtual time nothing is late.
    #[arg(long, value_name = "N", default_value_t = 0)]
    retries: u32,
    /// The device's machine code for the driver qemu, or its program for the drivers firmware and c: where each is built
    /// unless given.
    #[arg(long, value_name = "FILE")]
    firmware: Option<PathBuf>,
    /// The device is this program, in place of the simulated one: any that speaks the device protocol (docs/device-protocol.md).
    ///
    /// The shell starts it in the present folder at each power-on, and it may keep files in the folder VESTIBULE_FOLDER.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["driver", "firmware"])]
    device: Option<String>,
    /// The serial line of the device under QEMU is to be a socket at this path, to which a client of Improv connects, say.
    ///
    /// Of one scenario; Linux and macOS.
    #[arg(long, value_name = "SOCKET")]
    serial: Option<PathBuf>,
    /// The number that decides what the scenario leaves open: the one that it says, or 1, unless
    /// given.
    #[arg(long, value_parser = seed::parse, allow_hyphen_values = true)]
    seed: Option<u64>,
    /// Write the trace here, one JSON object a line; in virtual time with every frame.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write a JUnit file, a test a scenario.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a report here: one page of HTML with what ran, what it covered and a timeline of each.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// Simulated frames in virtual time: the same seed gives the same bytes.
    Virtual,
    /// The device is the layer that boards have in common, on this machine and in virtual time; see --firmware.
    Firmware,
    /// The portal is behind its C interface, in a program in C and in virtual time; see --firmware.
    C,
    /// Real sockets of this machine, in real time.
    Loopback,
    /// The device is its machine code under QEMU, in real time; see --firmware.
    Qemu,
    /// The device is a program, in real time: the choice of --device.
    #[value(skip)]
    Program,
}

impl Driver {
    /// Whether nothing waits, and nothing is late.
    fn is_virtual(self) -> bool {
        matches!(self, Self::Virtual | Self::Firmware | Self::C)
    }
}

impl Run {
    fn driver(&self) -> Driver {
        if self.device.is_some() { Driver::Program } else { self.driver }
    }

    /// The command of a program, or the file of the firmware.
    fn device(&self) -> String {
        let built = || match self.driver {
            Driver::Firmware => host_firmware(),
            Driver::C => c_program(),
            _ => FIRMWARE.into(),
        };
        let file = || self.firmware.clone().unwrap_or_else(built).display().to_string();
        self.device.clone().unwrap_or_else(file)
    }

    /// All of them, before the first is run, so that a mistake in the last costs no time.
    fn read(&self) -> Result<Vec<(PathBuf, Scenario)>, Usage> {
        let scenarios = each_read(files(&self.scenarios, "toml")?, FileKind::Scenario, |path| {
            load::load(&path).map(|scenario| (path, scenario)).map_err(|error| error.in_full())
        })?;
        for (path, scenario) in &scenarios {
            if scenario.expects_nothing() {
                let text = "it expects nothing, so it cannot fail: see [expect] in docs/scenarios.md";
                complain(&format!("{}: warning: {text}", path.display()));
            }
        }
        Ok(scenarios)
    }

    pub(super) async fn run(self) -> Result<Exit, Usage> {
        if self.firmware.is_some() && !matches!(self.driver, Driver::Firmware | Driver::C | Driver::Qemu) {
            return Err(Usage(
                "--firmware: only the drivers qemu, firmware and c have one; name the --driver".into(),
            ));
        }
        if self.serial.is_some() && self.driver() != Driver::Qemu {
            return Err(Usage("--serial: only the driver qemu has a serial line; add --driver qemu, or use `vestibule serve --serial`".into()));
        }
        let scenarios = self.read()?;
        if self.serial.is_some() && scenarios.len() != 1 {
            return Err(Usage("--serial: there is one line; name one scenario".into()));
        }
        reports_can_be_written(self.html.as_deref(), self.junit.as_deref())?;
        let trace = self.trace.as_deref().map(TraceFile::create).transpose()?;
        let mut left_out = 0;
        let mut wanted = Vec::new();
        for (path, scenario) in scenarios {
            let (fits, with) = match (self.driver(), scenario.expect.liveness) {
                (Driver::Virtual, _) => (can_be_simulated(&scenario), "with the simulated device"),
                (Driver::C, _) => (can_be_simulated(&scenario), "behind the C interface"),
                (Driver::Firmware, _) => (can_be_on_firmware(&scenario), "with the boards' layer"),
                (Driver::Qemu, _) => (can_be_on_qemu(&scenario), "under QEMU"),
                (Driver::Program, false) => (can_be_foreign(&scenario), "with a device of your own"),
                (Driver::Program, true) => (Err(Unfit::Liveness), "with a device of your own"),
                (Driver::Loopback, true) => (Err(Unfit::Liveness), "over sockets"),
                _ => (Ok(()), ""),
            };
            if let Err(unfit) = fits {
                print_line(&format!("--           {}: not {with}: {unfit}", path.display()));
                left_out += 1;
                continue;
            }
            wanted.push((path, scenario));
        }
        let asked = wanted.len();
        let mut runs = Runs::of(&self, wanted, trace);
        let mut ended = Vec::new();
        while let Some(one) = runs.next().await? {
            ended.push(one);
        }
        let flaky = self.run_again(&mut ended, runs.trace).await?;
        let failed = ended.iter().filter(|one| !one.passed).count();
        let kinds: Vec<ViolationKind> = ended.iter().filter_map(|one| one.violated).collect();
        let reported = ended.into_iter().filter_map(|one| one.reported).collect();
        let passed = asked - failed;
        if asked == 0 {
            return Err(Usage("none of these can be run with this driver: use `--driver virtual`".into()));
        }
        let counted =
            |count: usize, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
        let (flaky, left_out) = (counted(flaky, "of them flaky"), counted(left_out, "left out"));
        print_line(&format!("{passed} passed{flaky}, {failed} failed{left_out}"));
        let report = Report { title: "Scenarios".into(), campaign: false, runs: reported };
        write_report(&report, self.html.as_deref(), self.junit.as_deref())?;
        Ok(match Exit::of(kinds.into_iter()) {
            Exit::Well if failed > 0 => Exit::Unmet,
            exit => exit,
        })
    }
}

impl Run {
    /// Runs what has failed again as often as `--retries` says, one at a time, and puts its new end in the place
    /// of the old one. Returns how many passed then.
    async fn run_again(&self, ended: &mut [Ended], mut trace: Option<TraceFile>) -> Result<usize, Usage> {
        let mut flaky = 0;
        if self.driver.is_virtual() {
            return Ok(flaky);
        }
        for one in ended.iter_mut().filter(|one| !one.passed) {
            for retry in 1..=self.retries {
                print_line(&format!("again {retry} of {}: {}", self.retries, one.path.display()));
                let scenario = load::load(&one.path).map_err(Usage::from)?;
                let mut runs = Runs::of(self, vec![(one.path.clone(), scenario)], trace.take());
                if let Some(again) = runs.next().await? {
                    *one = again;
                }
                trace = runs.trace.take();
                if one.passed {
                    flaky += 1;
                    break;
                }
            }
        }
        Ok(flaky)
    }
}

/// The scenarios that are left to run and those under way; what each has to say comes in their order.
struct Runs {
    waiting: VecDeque<(usize, PathBuf, Scenario)>,
    under_way: JoinSet<Result<(usize, Ended), Usage>>,
    /// Those that have ended before one that comes before them, by their place.
    early: BTreeMap<usize, Ended>,
    /// The place of the one that is told next.
    next: usize,
    at_once: usize,
    driver: Driver,
    /// The firmware of the driver qemu, or the command of a program.
    device: String,
    /// The socket that is the serial line under QEMU.
    serial: Option<PathBuf>,
    seed: Option<u64>,
    verbose: bool,
    /// Whether a report is.
    wanted: bool,
    /// Here while no run writes to it; there is one run at a time then.
    trace: Option<TraceFile>,
}

/// A run that has ended.
struct Ended {
    path: PathBuf,
    passed: bool,
    violated: Option<ViolationKind>,
    told: Vec<String>,
    reported: Option<ReportedRun>,
    trace: Option<TraceFile>,
}

impl Runs {
    fn of(run: &Run, scenarios: Vec<(PathBuf, Scenario)>, trace: Option<TraceFile>) -> Self {
        // Virtual time waits for nothing, so there is nothing to gain by mixing its runs.
        let alone = terminal::is_verbose() || trace.is_some() || run.driver().is_virtual();
        Self {
            waiting: scenarios
                .into_iter()
                .enumerate()
                .map(|(place, (path, scenario))| (place, path, scenario))
                .collect(),
            under_way: JoinSet::new(),
            early: BTreeMap::new(),
            next: 0,
            at_once: match run.jobs {
                _ if alone => 1,
                Some(jobs) => jobs.get(),
                None if run.driver() == Driver::Loopback => 32,
                None => 6,
            },
            driver: run.driver(),
            device: run.device(),
            serial: run.serial.clone(),
            seed: run.seed,
            verbose: terminal::is_verbose(),
            wanted: run.html.is_some() || run.junit.is_some(),
            trace,
        }
    }

    /// Waits for the next of them in their order and says how it ended. Another begins whenever one has ended, whichever
    /// that is: some take minutes, and nobody waits for them.
    async fn next(&mut self) -> Result<Option<Ended>, Usage> {
        let mut ended = loop {
            // Looked at first: it may hold the file that the trace of the next is written to.
            if let Some(ended) = self.early.remove(&self.next) {
                break ended;
            }
            self.begin();
            let left = self.under_way.len() + self.waiting.len();
            let shown = (!self.verbose).then(|| waiting(format!("{left} to go")));
            let Some(joined) = self.under_way.join_next().await else { return Ok(None) };
            drop(shown);
            match joined {
                Ok(ended) => {
                    let (place, ended) = ended?;
                    self.early.insert(place, ended);
                }
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            }
        };
        self.next += 1;
        ended.told.iter().for_each(|line| print_line(line));
        self.trace = ended.trace.take();
        Ok(Some(ended))
    }

    /// Begins as many as may be under way at once.
    fn begin(&mut self) {
        while self.under_way.len() < self.at_once
            && let Some((place, path, scenario)) = self.waiting.pop_front()
        {
            let seed = self.seed.or(scenario.seed).unwrap_or(1);
            let follower = Follower {
                verbose: self.verbose,
                is_simulated: self.driver.is_virtual(),
                trace: self.trace.take(),
                reported: Reported { wanted: self.wanted, ..Reported::default() },
                told: Vec::new(),
            };
            let driver = self.driver;
            let (device, serial) = (self.device.clone(), self.serial.clone());
            self.under_way.spawn(async move {
                let ended =
                    run_one(&path, &scenario, seed, driver, (&device, serial.as_deref()), follower).await?;
                Ok((place, ended))
            });
        }
    }
}

async fn run_one(
    path: &Path,
    scenario: &Scenario,
    seed: u64,
    driver: Driver,
    (device, serial): (&str, Option<&Path>),
    mut follower: Follower,
) -> Result<Ended, Usage> {
    follower.begin(scenario, seed)?;
    let (passed, violated) = match driver {
        Driver::Virtual => {
            run_in_virtual_time(VirtualTime::new(scenario, seed), path, scenario, seed, &mut follower)?
        }
        Driver::Firmware => {
            let world = VirtualTime::around_firmware(scenario, seed, device.as_ref()).map_err(Usage::from)?;
            run_in_virtual_time(world, path, scenario, seed, &mut follower)?
        }
        Driver::C => {
            let world = VirtualTime::around_c(scenario, seed, device.as_ref()).map_err(Usage::from)?;
            run_in_virtual_time(world, path, scenario, seed, &mut follower)?
        }
        Driver::Loopback => (run_on_loopback(path, scenario, seed, &mut follower).await?, None),
        Driver::Qemu => {
            let mut world = External::under_qemu(scenario, seed, device.as_ref()).map_err(Usage::from)?;
            if let Some(path) = serial {
                world = world.with_serial_line(path);
            }
            run_outside(world, path, scenario, &mut follower).await?
        }
        Driver::Program => {
            let world = External::around_program(scenario, seed, device);
            run_outside(world.map_err(Usage::from)?, path, scenario, &mut follower).await?
        }
    };
    let reported = follower.reported.end(path, scenario, seed, driver);
    Ok(Ended { path: path.into(), passed, violated, told: follower.told, reported, trace: follower.trace })
}

async fn run_on_loopback(
    path: &Path,
    scenario: &Scenario,
    seed: u64,
    follower: &mut Follower,
) -> Result<bool, Usage> {
    let world = Loopback::start(scenario, seed, Ports::default(), None).await.map_err(Usage::from)?;
    if follower.verbose {
        print_line(&format!(
            "             the portal is http://{}/ while the access point is up, its DNS {}",
            world.portal(),
            world.dns()
        ));
    }
    if follower.trace.is_some() {
        world.record_details();
    }
    let mut records = world.follow();
    world.power_on();
    let outcome = {
        let judged = world.judge(scenario);
        tokio::pin!(judged);
        loop {
            tokio::select! {
                biased;
                record = records.recv() => match record {
                    Ok(record) => follower.note(&record)?,
                    Err(RecvError::Lagged(missed)) => complain(&format!("{missed} records were lost")),
                    Err(RecvError::Closed) => {}
                },
                outcome = &mut judged => break outcome,
            }
        }
    };
    while let Ok(record) = records.try_recv() {
        follower.note(&record)?;
    }
    world.stop().await;
    follower.reported.judged(outcome.took, outcome.unmet.iter().map(ToString::to_string).collect(), None);
    Ok(follower.print_result(path, scenario, outcome.took, &outcome.unmet))
}

async fn run_outside(
    mut world: External,
    path: &Path,
    scenario: &Scenario,
    follower: &mut Follower,
) -> Result<(bool, Option<ViolationKind>), Usage> {
    if follower.trace.is_some() {
        world = world.record_frames();
    }
    let began = std::time::Instant::now();
    let mut lost = Ok(());
    let outcome = world.run(scenario, |record| {
        if lost.is_ok() {
            lost = follower.note(record);
        }
    });
    let outcome = match outcome.await {
        // What a device of one's own does wrong is a verdict on it.
        Err(ExternalError::Device(fault)) => {
            lost?;
            let (took, said) = (began.elapsed(), fault.to_string());
            follower.reported.judged(took, vec![said.clone()], None);
            follower.print_verdict(false, path, scenario, took);
            follower.told.extend(said.lines().map(|line| format!("       {line}")));
            return Ok((false, None));
        }
        outcome => outcome.map_err(Usage::from)?,
    };
    lost?;
    let unmet = outcome.unmet.iter().map(ToString::to_string);
    let failed = outcome.violation.as_ref().map_or_else(|| unmet.collect(), |one| vec![one.to_string()]);
    let broken = outcome.violation.as_ref().map(|violation| violation.invariant.clone());
    follower.reported.judged(outcome.took, failed, broken);
    let passed =
        follower.print_outcome(path, scenario, outcome.took, &outcome.unmet, outcome.violation.as_ref());
    if !outcome.left_out.is_empty() {
        let left_out = outcome.left_out.join(", ");
        follower.told.push(format!("       not judged, for that needs a look inside the device: {left_out}"));
    }
    Ok((passed, outcome.violation.map(|violation| violation.kind)))
}

fn run_in_virtual_time(
    mut world: VirtualTime,
    path: &Path,
    scenario: &Scenario,
    seed: u64,
    follower: &mut Follower,
) -> Result<(bool, Option<ViolationKind>), Usage> {
    let mut lost = Ok(());
    if follower.trace.is_some() {
        world = world.record_frames();
    }
    let outcome = world.run(scenario, |record| {
        if lost.is_ok() {
            lost = follower.note(record);
        }
    });
    lost?;
    let unmet = outcome.unmet.iter().map(ToString::to_string);
    let failed = outcome.violation.as_ref().map_or_else(|| unmet.collect(), |one| vec![one.to_string()]);
    let broken = outcome.violation.as_ref().map(|violation| violation.invariant.clone());
    follower.reported.judged(outcome.took, failed, broken);
    let passed =
        follower.print_outcome(path, scenario, outcome.took, &outcome.unmet, outcome.violation.as_ref());
    let hash = outcome.hash.to_string();
    let shown = if terminal::is_verbose() { &*hash } else { hash.get(..HASH_DIGITS).unwrap_or(&hash) };
    follower.told.push(format!("       seed {seed}: {} frames, trace {shown}", outcome.frames));
    Ok((passed, outcome.violation.map(|violation| violation.kind)))
}

/// What is done with what happens.
struct Follower {
    verbose: bool,
    /// Whether the seconds are those of virtual time.
    is_simulated: bool,
    trace: Option<TraceFile>,
    reported: Reported,
    /// Lines for when it has ended.
    told: Vec<String>,
}

/// What a report will tell of the runs, and the one under way.
#[derive(Default)]
struct Reported {
    wanted: bool,
    records: Vec<Record>,
    judged: (Duration, Vec<String>, Option<String>),
}

impl Reported {
    fn judged(&mut self, took: Duration, failed: Vec<String>, invariant: Option<String>) {
        self.judged = (took, failed, invariant);
    }

    fn end(self, path: &Path, scenario: &Scenario, seed: u64, driver: Driver) -> Option<ReportedRun> {
        if !self.wanted {
            return None;
        }
        let records = self.records;
        let mut covers = Coverage::of_faults(scenario);
        records.iter().for_each(|record| covers.note(record));
        let file = path.display().to_string();
        let driver = match driver {
            Driver::Virtual => "virtual",
            Driver::Firmware => "firmware",
            Driver::C => "c",
            Driver::Loopback => "loopback",
            Driver::Qemu => "qemu",
            Driver::Program => "",
        };
        let by = if driver.is_empty() { "--device COMMAND".into() } else { format!("--driver {driver}") };
        let again = format!("vestibule run {by} --seed {seed} -v {}", quoted(&file));
        let (took, failed, invariant) = self.judged;
        let timeline = Some(trace::svg(&records));
        let name = scenario.name.clone();
        Some(ReportedRun { file, name, seed, took, failed, invariant, covers, timeline, again })
    }
}

impl Follower {
    /// Tells how a scenario ended; whether it has passed.
    fn print_result(&mut self, path: &Path, scenario: &Scenario, took: Duration, unmet: &[Unmet]) -> bool {
        self.print_verdict(unmet.is_empty(), path, scenario, took);
        self.told.extend(unmet.iter().map(|unmet| format!("       {unmet}")));
        unmet.is_empty()
    }

    /// The same of a run that an invariant may have ended.
    fn print_outcome(
        &mut self,
        path: &Path,
        scenario: &Scenario,
        took: Duration,
        unmet: &[Unmet],
        violation: Option<&Violation>,
    ) -> bool {
        let Some(violation) = violation else { return self.print_result(path, scenario, took, unmet) };
        self.print_verdict(false, path, scenario, took);
        self.told.push(format!("       {violation}"));
        false
    }

    fn print_verdict(&mut self, passed: bool, path: &Path, scenario: &Scenario, took: Duration) {
        let verdict = verdict_word(passed);
        let (took, path) = (took.as_secs_f64(), path.display());
        let time = if self.is_simulated { "simulated  " } else { " " };
        self.told.push(format!("{verdict} {took:6.2} s {time}{path}: {}", scenario.name));
    }

    /// A run begins: its trace says which.
    fn begin(&mut self, scenario: &Scenario, seed: u64) -> Result<(), Usage> {
        let begins = Record::begins(&scenario.name, seed);
        if let Some(file) = &mut self.trace {
            file.write(&begins)?;
        }
        if self.reported.wanted {
            self.reported.records.push(begins);
        }
        Ok(())
    }

    fn note(&mut self, record: &Record) -> Result<(), Usage> {
        if self.verbose && !record.layer.is_on_request() {
            print_line(&trace::line(record));
        }
        if self.reported.wanted && !record.layer.is_on_request() {
            self.reported.records.push(record.clone());
        }
        self.trace.as_mut().map_or(Ok(()), |file| file.write(record))
    }
}

/// A trace file under way.
struct TraceFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl TraceFile {
    fn create(path: &Path) -> Result<Self, Usage> {
        let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    fn write(&mut self, record: &Record) -> Result<(), Usage> {
        writeln!(self.file, "{}", trace::json(record))
            .and_then(|()| self.file.flush())
            .map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Usage {
    Usage(format!("the trace cannot be written to {}: {why}", path.display(), why = io_words(error)))
}

//! How many whole journeys a core plays in a second in virtual time, each with another seed, where
//! the time goes, and how much memory a world takes: `cargo bench --bench journeys`.
//!
//! A journey is: the phone associates, DHCP, DNS, checks, sheet, page, form, the device joins the home
//! network with DHCP, the result is read, the access point goes down. Invariants are checked, and the
//! trace is hashed and not stored.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::path::Path;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use vestibule::scenario::Scenario;
use vestibule::scenario::load::parse;
use vestibule::world::virtual_time::VirtualTime;
use vestibule::world::virtual_time::stopwatch::{Part, Stopwatch};

/// Counts what is allocated. It costs every measurement here a little.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The journey, with an owner who is neither hasty nor slow.
const JOURNEY: &str = r#"
    name = "a first join"
    [[network]]
    ssid = "Home"
    [[phone]]
    model = "ios-17"
    wants = "Home"
    expect = { told = true }
    [expect]
    within = "5min"
    state = "connected"
"#;

/// The same with an owner who takes minutes, in which little happens: most of simulated time is waiting,
/// and this tells what that costs.
fn idle() -> String {
    JOURNEY
        .replace("wants =", "habits = \"slow\"\n    wants =")
        .replace("within = \"5min\"", "within = \"15min\"")
}

const TIME: Duration = Duration::from_secs(5);

/// Journeys whose parts are measured.
const TAKEN_APART: u64 = 200;

fn main() {
    // `cargo test --benches` asks for a trial; nothing is to be measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let scenario = parse(JOURNEY, Path::new("benchmark")).expect("a scenario");
    // A number of journeys instead of a time, for tools that count instructions.
    let given = std::env::args().nth(1).and_then(|argument| argument.parse().ok());
    speed(&scenario, given);
    println!("with an owner who takes minutes:");
    speed(&parse(&idle(), Path::new("benchmark")).expect("a scenario"), given);
    println!("of the first of these:");
    parts(&scenario);
    memory(&scenario);
}

fn speed(scenario: &Scenario, given: Option<u64>) {
    let (began, mut journeys, mut frames, mut events) = (Instant::now(), 0_u64, 0, 0);
    let mut simulated = Duration::ZERO;
    let worked_before = processor_time();
    while given.map_or(began.elapsed() < TIME, |given| journeys < given) {
        let outcome = VirtualTime::new(scenario, journeys).run(scenario, |_| {});
        assert_eq!(outcome.unmet, [], "seed {journeys}");
        journeys += 1;
        frames += outcome.frames;
        events += outcome.events;
        simulated += outcome.took;
    }
    let seconds = began.elapsed().as_secs_f64();
    let rates = |seconds: f64| (journeys as f64 / seconds, simulated.as_secs_f64() / seconds);
    let (rate, simulated_rate) = rates(seconds);
    println!("on one core: {rate:.0} journeys/s, {simulated_rate:.0} simulated s/s");
    if let Some(worked) = processor_time().zip(worked_before).map(|(now, before)| now - before) {
        let (rate, simulated_rate) = rates(worked.as_secs_f64());
        println!(
            "  of the time that the core really gave ({:.0} %): {rate:.0} journeys/s, {simulated_rate:.0} simulated s/s",
            100.0 * worked.as_secs_f64() / seconds
        );
    }
    println!(
        "  {:.0} frames/s, {:.0} events/s; a journey takes {:.1} simulated s, {} frames and {} events",
        frames as f64 / seconds,
        events as f64 / seconds,
        simulated.as_secs_f64() / journeys as f64,
        frames / journeys,
        events / journeys
    );
}

/// The time that this thread has run, where the system tells (Linux): on a machine with other work, that
/// is what compares.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

/// Where the time goes. Reading the clock takes a part of its own, so these add up to more than a
/// journey takes above.
fn parts(scenario: &Scenario) {
    let mut stopwatch = Stopwatch::default();
    for seed in 0..TAKEN_APART {
        stopwatch.start();
        let world = VirtualTime::new(scenario, seed);
        stopwatch.lap(Part::Making);
        (_, stopwatch) = world.run_timed(scenario, stopwatch);
    }
    let whole: Duration = Part::ALL.iter().map(|part| stopwatch.spent(*part)).sum();
    println!("  where the time goes, of {:.0} us a journey:", whole.as_secs_f64() * 1e6 / TAKEN_APART as f64);
    for part in Part::ALL {
        let spent = stopwatch.spent(part).as_secs_f64();
        let name = format!("{part:?}").to_lowercase();
        println!(
            "    {name:<12}{:5.1} % {:6.0} us",
            100.0 * spent / whole.as_secs_f64(),
            spent * 1e6 / TAKEN_APART as f64
        );
    }
}

/// The most memory that one world has at once.
fn memory(scenario: &Scenario) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = VirtualTime::new(scenario, 1).run(scenario, |_| {});
    let most = MEMORY.peak_usage().saturating_sub(before);
    println!("  memory of one world: at most {:.0} KiB in {} frames", most as f64 / 1024.0, outcome.frames);
}

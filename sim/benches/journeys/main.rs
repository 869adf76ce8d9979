//! How many whole journeys a core plays in a second in virtual time, each with another seed:
//! `cargo bench -p vestibule --bench journeys`. A journey is: the phone associates, DHCP, DNS,
//! checks, sheet, page, form, the device joins, the result is read, the access point goes down.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::path::Path;
use std::time::{Duration, Instant};

use vestibule::scenario::load::parse;
use vestibule::world::virtual_time::VirtualTime;

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

const TIME: Duration = Duration::from_secs(5);

fn main() {
    // `cargo test --benches` asks for a trial; nothing is to be measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let scenario = parse(JOURNEY, Path::new("benchmark")).expect("a scenario");
    let (began, mut journeys, mut frames, mut events) = (Instant::now(), 0_u64, 0, 0);
    let mut simulated = Duration::ZERO;
    while began.elapsed() < TIME {
        let outcome = VirtualTime::new(&scenario, journeys).run(&scenario, |_| {});
        assert_eq!(outcome.unmet, [], "seed {journeys}");
        journeys += 1;
        frames += outcome.frames;
        events += outcome.events;
        simulated += outcome.took;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "on one core: {:.0} journeys/s, {:.0} simulated s/s",
        journeys as f64 / seconds,
        simulated.as_secs_f64() / seconds
    );
    println!(
        "  {:.0} frames/s, {:.0} events/s; a journey takes {:.1} simulated s and {} frames",
        frames as f64 / seconds,
        events as f64 / seconds,
        simulated.as_secs_f64() / journeys as f64,
        frames / journeys
    );
}

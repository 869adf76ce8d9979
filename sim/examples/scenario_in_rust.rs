//! A scenario written in Rust: a world as text, run in virtual time, and looked at as a trace. Here a
//! router restarts at every half second of a first join, and the owner must be told every time.
//!
//! `cargo run --example scenario_in_rust`

#![allow(clippy::print_stdout, reason = "a program that prints what it has found")]

use vestibule::scenario::load;
use vestibule::trace::What;
use vestibule::world::virtual_time::{VirtualRunOutcome, VirtualTime};

fn main() {
    for tenths in (0..100).step_by(5) {
        let (outcome, joins) = router_restarts_after(tenths);
        let verdict = if outcome.unmet.is_empty() { "told" } else { "NOT told" };
        println!(
            "restarts at {:4.1} s: {verdict} after {:5.1} s, {joins} joins",
            f64::from(tenths) / 10.0,
            outcome.took.as_secs_f64()
        );
    }
}

/// The same evening, with the router gone for four seconds from then on: how it ends, and how often
/// the device has joined.
fn router_restarts_after(tenths: u32) -> (VirtualRunOutcome, usize) {
    let text = format!(
        r#"
        name = "the router restarts at {tenths}00 ms"
        [[network]]
        ssid = "Home"
        [[phone]]
        model = "ios-17"
        wants = "Home"
        habits = "hurried"
        tries = ["right", "right", "right"]
        expect = {{ told = true }}
        [[fault]]
        at = "{tenths}00ms"
        kind = "router-reboot"
        network = "Home"
        lasts = "4s"
        [expect]
        within = "2min"
        stored = "Home"
        "#
    );
    let scenario = load::parse(&text, "scenario_in_rust.rs".as_ref()).expect("a scenario");
    let mut joins = 0;
    let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |record| {
        joins += usize::from(matches!(record.what, What::Joined { .. }));
    });
    (outcome, joins)
}

#[test]
fn whenever_the_router_restarts_the_owner_is_told() {
    for tenths in (0..100).step_by(5) {
        let (outcome, joins) = router_restarts_after(tenths);
        assert_eq!((outcome.unmet, outcome.violation), (vec![], None), "at {tenths}00 ms");
        assert!(joins > 0);
    }
}

//! A whole journey's trace, as a snapshot: what a device, a phone and an owner do, in their own
//! order. Times, ports and what ran side by side are taken out, for those differ from run to run.

use std::collections::BTreeMap;
use std::fmt::Write;

use tokio::runtime::Builder;
use vestibule::trace;
use vestibule::world::loopback::{Loopback, Ports};
use vestibule_tests::scenario;

/// The trace of a run that passes, a node and layer after the other.
fn journey(model: &str) -> String {
    let scenario = scenario(&format!(
        r#"
        name = "a wrong passphrase, then the right one"
        [device]
        ap_shutdown_delay = "1s"
        [[network]]
        ssid = "Home"
        [[phone]]
        model = "{model}"
        wants = "Home"
        tries = ["wrong", "right"]
        habits = "hurried"
        expect = {{ told = true }}
        [expect]
        state = "connected"
        "#
    ));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = Loopback::start(&scenario, 7, Ports::default(), None).await.unwrap();
        world.power_on();
        let outcome = world.judge(&scenario).await;
        assert_eq!(outcome.unmet, []);
        let (portal, home) = (world.portal(), world.home());
        let records: Vec<String> = world.records().iter().map(|record| trace::json(record)).collect();
        world.stop().await;
        let mut sections: BTreeMap<String, String> = BTreeMap::new();
        for record in records {
            let record = record
                .replace(&portal.to_string(), "PORTAL")
                .replace(&home.to_string(), "HOME")
                .replace(&portal.ip().to_string(), "PORTAL")
                .replace(&home.ip().to_string(), "HOME");
            let (_, rest) = record.split_once(",\"node\":").unwrap();
            let (section, event) = rest.split_once(",\"event\":").unwrap();
            // How often a phone checks while it waits depends on how fast this machine is.
            if section.contains("\"http\"") || section.contains("\"dns\"") || section.contains("\"check\"") {
                continue;
            }
            // The page that waits loads again until there is a result, as often as that takes.
            if event.starts_with("\"loads\",\"method\":\"GET\"") {
                continue;
            }
            let section = sections.entry(section.to_owned()).or_default();
            let line = format!("  {{\"event\":{event}\n");
            if !section.ends_with(&line) {
                write!(section, "{line}").unwrap();
            }
        }
        sections.iter().map(|(section, events)| format!("{section}\n{events}")).collect()
    })
}

#[test]
fn an_iphones_journey_reads_like_this() {
    let trace = journey("ios-17");
    assert!(!trace.contains("not the right one"), "a passphrase in the trace");
    insta::assert_snapshot!(trace);
}

#[test]
fn an_android_phones_journey_reads_like_this() {
    insta::assert_snapshot!(journey("android-14"));
}

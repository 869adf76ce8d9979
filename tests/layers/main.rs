//! Which code may use which: between the crates, between the modules of a crate, and between the files of a folder.
//! This reads the code's own `use` lines and paths, so that what ARCHITECTURE.md says stays true.
//!
//! Between crates and between a crate's top-level modules the tables below say it: a module uses what stands
//! in a row above its own. Between the files of a folder there is no circle. A file may use what its folder's
//! `mod.rs` declares, and `mod.rs` its files: the two are one module to everybody else. What a module only
//! passes on (`pub use`) belongs to the module that defines it. Tests do not count: what a test uses beside
//! the module under test holds nothing together.

mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use source::{Arc, Module, arcs, files};

/// The crates of this project that each crate may use.
const CRATES: &[(&str, &[&str])] = &[
    ("firmware-core", &[]),
    ("device-protocol", &["vestibule-core"]),
    ("sim", &["vestibule-core", "vestibule-device-protocol"]),
    ("firmware/common", &["vestibule-core"]),
    ("firmware/esp32", &["vestibule-core", "vestibule-firmware"]),
    ("firmware/under-test", &["vestibule-core", "vestibule-device-protocol", "vestibule-firmware"]),
    (
        "firmware/host",
        &["vestibule-core", "vestibule-device-protocol", "vestibule-firmware", "vestibule-under-test"],
    ),
    (
        "firmware/qemu-virt",
        &["vestibule-core", "vestibule-device-protocol", "vestibule-firmware", "vestibule-under-test"],
    ),
    ("firmware/pico", &["vestibule-core", "vestibule-firmware"]),
    ("firmware/qemu-tests", &["vestibule-core", "vestibule-device-protocol"]),
    ("firmware/size-probe", &["vestibule-core"]),
    ("firmware/size-baseline", &[]),
];

/// The top-level modules of each crate that has many, in layers, the lowest first.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "firmware-core",
        &[
            "device_key",
            "flash_key",
            "byte_window detection entropy interface limits mac_address passphrase provisioning station_address time",
            "connection_id dhcp dns problem radio_capabilities result_delivery schedule ssid text webhook",
            "csrf_token escape http json label mdns network_credentials own_passphrase scan_record sealed",
            "access_point branding credentials join_failure scan_list setup_form websocket",
            "config event fields radio",
            "application log_event mock pages",
            "portal",
            "improv",
        ],
    ),
    (
        "sim",
        &[
            "dns event_queue owner random_streams sample_application text tls",
            "flash frame_link markup radio webhook",
            "device fault label phone trace",
            "client host invariant",
            "profile scenario socket_exchange",
            "coverage demo linked_host world",
            "campaign capture",
            "check export report",
            "dashboard engine",
            "journey",
            "cli",
        ],
    ),
    (
        "firmware/common",
        &[
            "driver_health flash limits networks one_role panics reset_filter reset_memory",
            "device wifi",
            "button connections datagrams improv mdns safe_mode station status_light watchdog webhook",
            "radio",
            "run",
            "start",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A circle of modules among those directly in `folder`, the shortest, with the place of each arc.
fn circle(arcs: &[Arc], folder: &[String]) -> Option<String> {
    let mut uses: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for Arc { from, to, place } in arcs {
        if let (Some([from, ..]), Some([to, ..])) = (from.strip_prefix(folder), to.strip_prefix(folder))
            && from != to
        {
            uses.entry(from).or_default().entry(to).or_insert(place);
        }
    }
    let circles = uses.keys().filter_map(|start| {
        // Breadth first: the way back to where it began that has the fewest arcs.
        let mut ways = VecDeque::from([vec![*start]]);
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            for next in uses.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
                let longer = [&way[..], &[*next]].concat();
                if next == start {
                    return Some(longer);
                } else if seen.insert(*next) {
                    ways.push_back(longer);
                }
            }
        }
        None
    });
    let circle = circles.min_by_key(Vec::len)?;
    let arc = |arc: &[&str]| format!("\n  {} uses {} ({})", arc[0], arc[1], uses[arc[0]][arc[1]]);
    Some(circle.windows(2).map(arc).collect())
}

/// What a crate's modules do that its layers do not allow.
fn against(layers: &[&str], arcs: &[Arc]) -> Vec<String> {
    let layer = |module: &str| layers.iter().position(|row| row.split(' ').any(|there| there == module));
    let top = |module: &Module| module.first().filter(|name| *name != "lib").cloned();
    let mut wrong = BTreeMap::new();
    for Arc { from, to, place } in arcs {
        let (Some(from), Some(to)) = (top(from), top(to)) else { continue };
        for unknown in [&from, &to].into_iter().filter(|module| layer(module).is_none()) {
            let message = format!("{unknown} is in no layer ({place})");
            wrong.entry((unknown.clone(), None)).or_insert(message);
        }
        if from != to && layer(&from) <= layer(&to) {
            let message = format!("{place}: {from} uses {to}, which is not in a layer below it");
            wrong.entry((from, Some(to))).or_insert(message);
        }
    }
    wrong.into_values().collect()
}

/// What is wrong with the modules in `source`, a folder of this repository.
fn circles(source: &str, arcs: &[Arc]) -> Vec<String> {
    let modules = arcs.iter().flat_map(|arc| [&arc.from, &arc.to]);
    let folders: BTreeSet<&[String]> =
        modules.flat_map(|module| (0..module.len()).map(|length| &module[..length])).collect();
    let named = folders.into_iter().map(|folder| ([&[source.to_owned()], folder].concat().join("/"), folder));
    named.filter_map(|(name, folder)| Some(format!("a circle in {name}:{}", circle(arcs, folder)?))).collect()
}

#[test]
fn no_module_uses_itself_by_way_of_others() {
    let found: Vec<String> = CRATES
        .iter()
        .flat_map(|(name, _)| circles(&format!("{name}/src"), &arcs(&files(&root().join(name).join("src")))))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_module_uses_those_of_the_layers_below_it() {
    for (name, layers) in LAYERS {
        let found = against(layers, &arcs(&files(&root().join(name).join("src"))));
        assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
    }
}

#[test]
fn a_crate_uses_those_that_it_may() {
    for (name, may) in CRATES {
        let text = std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a crate");
        let manifest: toml::Table = text.parse().expect("TOML");
        let uses = manifest.get("dependencies").and_then(toml::Value::as_table).expect("dependencies");
        for used in uses.keys().filter(|used| used.starts_with("vestibule")) {
            assert!(may.contains(&used.as_str()), "{name}/Cargo.toml: {name} may not use {used}");
        }
    }
}

/// A small crate without a circle, in which one file says this instead.
fn planted(file: &str, text: &str) -> Vec<Arc> {
    let files = [
        ("lib.rs", "mod air;\nmod text;\nmod world;\npub use world::clock::Clock;"),
        ("text.rs", "//! Of `crate::world` this only speaks.\npub struct Name;"),
        ("air/mod.rs", "mod join;\nmod scan;\nuse join::Join;\nuse crate::text::Name;\npub struct Air;"),
        ("air/join.rs", "use super::Air;\npub struct Join;\n#[cfg(test)]\nmod tests { use crate::world; }"),
        ("air/scan.rs", "use super::Join;\npub struct Scan;"),
        (
            "world/mod.rs",
            "pub mod clock;\nfn see(air: crate::air::Air) { print!(\"{}\", crate::text::Name) }",
        ),
        ("world/clock.rs", "pub struct Clock;"),
        (file, text),
    ];
    arcs(&files.map(|(file, text)| (file.to_owned(), text.to_owned())))
}

#[test]
fn an_arc_that_closes_a_circle_is_found() {
    let layers = ["text", "air", "world"];
    let sound = planted("text.rs", "pub struct Name;");
    assert_eq!((circles("planted", &sound), against(&layers, &sound)), (vec![], vec![]));

    // Between top-level modules, by way of what the crate's root passes on.
    let arcs = planted("air/scan.rs", "use super::Join;\nuse crate::{Clock, text};");
    let circle = "a circle in planted:\n  air uses world (air/scan.rs:2)\n  world uses air (world/mod.rs:2)";
    assert_eq!(circles("planted", &arcs), [circle]);
    let arc = "air/scan.rs:2: air uses world, which is not in a layer below it";
    assert_eq!(against(&layers, &arcs), [arc]);

    // Between the files of a folder, by way of what its `mod.rs` uses.
    let arcs = planted("air/join.rs", "pub struct Join(super::scan::Scan);");
    let circle =
        "a circle in planted/air:\n  join uses scan (air/join.rs:1)\n  scan uses join (air/scan.rs:1)";
    assert_eq!(circles("planted", &arcs), [circle]);
}

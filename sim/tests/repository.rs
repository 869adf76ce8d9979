//! What the repository says beside the library is what the library says: profiles of portals, and the table of
//! what can be played under QEMU.

use std::collections::BTreeMap;
use std::path::Path;

use vestibule::campaign::generate_faults;
use vestibule::profile;
use vestibule::scenario::{Scenario, load};
use vestibule::world::external::{Unfit, can_be_on_firmware, can_be_on_qemu};

#[test]
fn every_profile_of_the_repository_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/portals");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let profile = profile::load::load(&entry.unwrap().path()).unwrap_or_else(|error| panic!("{error}"));
        assert!(profile.sources().len() >= 5);
        assert!(profile.version.is_some() && profile.date.is_some(), "{}", profile.name.get_ref());
        names.push(profile.name.into_inner());
    }
    names.sort();
    let count = names.len();
    names.dedup();
    assert!(names.len() == count && count >= 18, "{names:?}");
}

#[test]
fn the_profile_that_the_documentation_shows_is_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/profiles.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let profile = profile::load::parse(example, &path).unwrap_or_else(|error| panic!("{error}"));
    assert!(profile.form.is_some() && profile.limits.is_some() && profile.radio.is_some());
}

/// The table as the data has it.
fn table() -> String {
    let home = load::parse(
        "name = \"\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"",
        "test.toml".as_ref(),
    )
    .unwrap();
    // So many seeds make every kind up; that they are all is tested where they are made up.
    let made_up = (0..2000).flat_map(|seed| generate_faults(seed, &home)).map(|timed| timed.fault);
    let kinds: BTreeMap<String, Option<&str>> = made_up
        .map(|fault| {
            let kind = serde_json::to_value(&fault).unwrap()["kind"].as_str().unwrap().to_owned();
            (kind, fault.why_not_on_qemu())
        })
        .collect();
    assert!(kinds.len() >= 20, "where have the faults gone? {kinds:?}");
    let faults = kinds.iter().map(|(kind, why)| match why {
        None => format!("| `{kind}` | yes | |\n"),
        Some(why) => format!("| `{kind}` | no | {why} |\n"),
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let playable = |fits: fn(&Scenario) -> Result<(), Unfit>| {
        let (mut fit, mut unfit) = (0, String::new());
        for path in &files {
            match fits(&load::load(path).unwrap()) {
                Ok(()) => fit += 1,
                Err(why) => unfit += &format!("- `{}`: {why}\n", path.file_name().unwrap().display()),
            }
        }
        (fit, unfit)
    };
    let ((fit, unfit), (on_host, unfit_there)) = (playable(can_be_on_qemu), playable(can_be_on_firmware));
    let faults: String = faults.collect();
    let count = files.len();
    format!(
        "{INTRODUCTION}| fault | under QEMU | why not |\n|---|---|---|\n{faults}\nOf the {count} scenarios, {fit} can be played under QEMU.\n{unfit}\n\
         {ON_HOST}Of the {count} scenarios, {on_host} can be played so.\n{unfit_there}"
    )
}

const INTRODUCTION: &str = "# What can be played under QEMU

`vestibule run SCENARIO --driver qemu` has the device's machine code in the place of the simulated
device; `ci/firmware.sh` runs every scenario so that asks for nothing but what is \"yes\" here and is
not judged by liveness, which takes hours that only virtual time has. The table is made from the code,
and a test compares them.

";

const ON_HOST: &str = "# What can be played with the boards' layer in virtual time

`vestibule run SCENARIO --driver firmware` has the layer that all boards share in the place of the simulated device, built for
this machine (`firmware/host`). Every fault can be had there; `ci/firmware.sh` runs every scenario.

";

#[test]
fn the_table_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/scenarios.md");
    let (table, written) = (table(), std::fs::read_to_string(&path).unwrap_or_default());
    if std::env::var_os("VESTIBULE_UPDATE").is_some() {
        return std::fs::write(path, table).unwrap();
    }
    assert_eq!(written, table, "written anew with VESTIBULE_UPDATE=1");
}

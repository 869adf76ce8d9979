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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("portals");
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

/// How many phones and journeys of how many a row of a table says, in its order.
fn counts(cells: &str) -> Vec<(u64, u64)> {
    let words: Vec<&str> =
        cells.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let read = |three: &[&str]| match three {
        [some, "of", all] => Some((some.parse().ok()?, all.parse().ok()?)),
        _ => None,
    };
    words.windows(3).filter_map(read).collect()
}

/// What other people's portals came to is said as it was seen: of each a row, and its numbers.
#[test]
fn the_table_of_other_peoples_portals_is_what_was_seen() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/foreign.md")).unwrap();
    // A line that is not the table's ends it.
    let table = page.lines().skip_while(|line| !line.starts_with("| portal | from |")).skip(2);
    let rows: Vec<Vec<&str>> =
        table.take_while(|line| line.starts_with('|')).map(|row| row.split('|').collect()).collect();
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join("fixtures/foreign")).unwrap() {
        let path = entry.unwrap().path();
        let came: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let package = came["packages"][0].as_str().unwrap().split(' ').next().unwrap();
        let row = rows.iter().find(|row| row[1].trim().to_lowercase().starts_with(package));
        let row = row.unwrap_or_else(|| panic!("{package} has no row in docs/foreign.md"));
        let (link, sockets) = (&came["over the link"], &came["over sockets"]);
        let shown = |check: &serde_json::Value| Some((check["shown"].as_u64()?, check["of"].as_u64()?));
        let mut expected: Vec<_> = shown(link).into_iter().collect();
        expected.extend(shown(sockets).filter(|sockets| Some(*sockets) != shown(link)));
        assert_eq!(counts(row[4]), expected, "{package}: {}", row[4]);
        assert_eq!(row[4].contains("ends"), shown(link).is_none(), "{package}: {}", row[4]);
        let journeys = came["journeys"].as_array().unwrap();
        let good = journeys.iter().filter(|one| one["good"] == true).count();
        for counted in counts(row[5]) {
            assert_eq!(counted, (good as u64, journeys.len() as u64), "{package}: {}", row[5]);
        }
        seen += 1;
    }
    assert_eq!(seen, rows.len(), "a row has no fixture");
}

//! What can be played under QEMU, by its table in `firmware/scenarios.md`; and how a run ends that
//! cannot begin. The runs themselves are `ci/firmware.sh`'s, which has the machine code.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::campaign::generate_faults;
use crate::scenario::load;

fn parse(text: &str) -> Scenario {
    load::parse(text, Path::new("test.toml")).unwrap()
}

/// The table as the data has it.
fn table() -> String {
    let home =
        parse("name = \"\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"");
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
    let (mut fit, mut unfit) = (0, String::new());
    for path in &files {
        match can_be_on_qemu(&load::load(path).unwrap()) {
            Ok(()) => fit += 1,
            Err(why) => unfit += &format!("- `{}`: {why}\n", path.file_name().unwrap().display()),
        }
    }
    let faults: String = faults.collect();
    let count = files.len();
    format!(
        "{INTRODUCTION}| fault | under QEMU | why not |\n|---|---|---|\n{faults}\nOf the {count} scenarios, {fit} can be played under QEMU.\n{unfit}"
    )
}

const INTRODUCTION: &str = "# What can be played under QEMU

`vestibule run SCENARIO --driver qemu` has the device's machine code in the place of the simulated
device; `ci/firmware.sh` runs every scenario so that asks for nothing but what is \"yes\" here and is
not judged by liveness, which takes hours that only virtual time has. The table is made from the code,
and a test compares them.

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

#[test]
fn what_only_virtual_time_has_is_refused() {
    let scenario = parse("name = \"\"\n[[fault]]\nat = \"1s\"\nkind = \"clock-jump\"\nby = \"1s\"");
    assert!(matches!(can_be_on_qemu(&scenario), Err(Unfit::Fault { .. })));
    let refused = Qemu::new(&scenario, 1, Path::new("/nowhere"));
    assert!(matches!(refused, Err(QemuError::Unfit(_))));
    let patient = parse("name = \"\"\n[expect]\nliveness = true");
    assert_eq!(can_be_on_qemu(&patient), Err(Unfit::Liveness));
}

#[test]
fn missing_firmware_is_told_with_how_to_build_it() {
    let scenario = parse("name = \"\"");
    let Err(error) = Qemu::new(&scenario, 1, Path::new("/nowhere/device")) else { panic!("there is none") };
    let said = error.to_string();
    assert!(said.contains("/nowhere/device") && said.contains("cargo build"), "{said}");
}

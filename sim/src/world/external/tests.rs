//! How a run ends that cannot begin. The runs themselves are `ci/firmware.sh`'s, which has the machine code.

use std::path::Path;

use super::*;
use crate::scenario::load;

fn parse(text: &str) -> Scenario {
    load::parse(text, Path::new("test.toml")).unwrap()
}

#[test]
fn what_only_virtual_time_has_is_refused() {
    let scenario = parse("name = \"\"\n[[fault]]\nat = \"1s\"\nkind = \"clock-jump\"\nby = \"1s\"");
    assert!(matches!(can_be_on_qemu(&scenario), Err(Unfit::Fault { .. })));
    let refused = External::under_qemu(&scenario, 1, Path::new("/nowhere"));
    assert!(matches!(refused, Err(ExternalError::Unfit(_))));
    let patient = parse("name = \"\"\n[expect]\nliveness = true");
    assert_eq!(can_be_on_qemu(&patient), Err(Unfit::Liveness));
}

#[test]
fn missing_firmware_is_told_with_how_to_build_it() {
    let scenario = parse("name = \"\"");
    let Err(error) = External::under_qemu(&scenario, 1, Path::new("/nowhere/device")) else {
        panic!("there is none")
    };
    let said = error.to_string();
    assert!(said.contains("/nowhere/device") && said.contains("cargo build"), "{said}");
}

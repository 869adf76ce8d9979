//! Pictures that README shows, made by the command itself, so that they never lie. With
//! `VESTIBULE_UPDATE=1` in the environment they are written anew.

use std::path::{Path, PathBuf};
use std::process::Command;

fn vestibule(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_timeline_of_a_first_join_looks_as_readme_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let scenario = repository().join("fixtures/scenarios/first-join-ios.toml");
    let (trace, picture) = (path("run.jsonl"), path("run.svg"));
    vestibule(&["run", "--driver", "virtual", "--seed", "1", "--trace", &trace, &scenario.to_string_lossy()]);
    vestibule(&["export", &trace, "--svg", &picture]);
    let made = std::fs::read_to_string(picture).unwrap();
    let golden = repository().join("fixtures/golden/first-join-ios.svg");
    if std::env::var_os("VESTIBULE_UPDATE").is_some() {
        std::fs::write(&golden, &made).unwrap();
    }
    let shown = std::fs::read_to_string(&golden).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        shown == made,
        "{} differs: look at it and, if it is right, run with VESTIBULE_UPDATE=1",
        golden.display()
    );
}

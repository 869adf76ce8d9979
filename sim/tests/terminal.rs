//! What a person at a terminal is told: tables that fit, colours only where they belong, and errors that
//! say where and what to do.

use std::process::{Command, Output};

fn vestibule(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The first paragraph.
fn table(output: &Output) -> Vec<&str> {
    text(&output.stdout).lines().take_while(|line| !line.is_empty()).collect()
}

const PORTALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/portals");

#[test]
fn tables_keep_to_the_columns_that_there_are() {
    for arguments in [&["phones"][..], &["matrix", PORTALS]] {
        for columns in [70, 80, 120] {
            let output = vestibule(arguments, &[("COLUMNS", &columns.to_string())]);
            let rows = table(&output);
            assert!(rows.len() > 20, "{arguments:?}: {rows:?}");
            for row in rows {
                assert!(row.chars().count() <= columns, "{columns}: {row}");
            }
        }
    }
    // A program reads all of it.
    assert!(text(&vestibule(&["phones"], &[]).stdout).contains("UNVERIFIED"));
    assert!(text(&vestibule(&["matrix", PORTALS], &[]).stdout).starts_with("# Which phone"));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let has_colours = |environment: &[(&str, &str)]| {
        let demo = vestibule(&["demo", "--exit-after", "100ms"], environment);
        assert!(text(&demo.stdout).contains("Dashboard"), "{demo:?}");
        demo.stdout.contains(&b'\x1b')
    };
    assert!(!has_colours(&[]), "a pipe is no terminal");
    assert!(has_colours(&[("CLICOLOR_FORCE", "1")]));
    assert!(!has_colours(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_place_that_is_not_there_is_named_with_what_was_expected() {
    for (command, named, expected) in [
        ("replay", "nowhere", ".jsonl"),
        ("run", "nowhere", ".toml"),
        ("campaign", "nowhere", ".toml"),
        // A word alone is the name of a portal.
        ("matrix", "nowhere.toml", ".toml"),
    ] {
        let output = vestibule(&[command, named], &[]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let said = text(&output.stderr);
        let names = said.starts_with(&format!("vestibule: {named}: there is no such file or folder in "));
        assert!(names && said.contains(&format!("expected a {expected} file")), "{said}");
    }
}

/// What fails in real time may have been late, and is run again where that is asked for. In virtual time nothing
/// is late, so that a second run would only say the same.
#[test]
fn what_fails_in_real_time_is_run_again_as_often_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("never.toml");
    std::fs::write(&file, "name = \"never\"\n[expect]\nwithin = \"500ms\"\nstate = \"connected\"\n").unwrap();
    for (driver, retries) in [("loopback", 2), ("loopback", 0), ("virtual", 2)] {
        let retries_text = retries.to_string();
        let arguments = ["run", "--driver", driver, "--retries", &retries_text, file.to_str().unwrap()];
        let output = vestibule(&arguments, &[]);
        let said = text(&output.stdout);
        let again = said.lines().filter(|line| line.starts_with("again ")).count();
        assert_eq!(again, if driver == "virtual" { 0 } else { retries }, "{driver} {said}");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.ends_with("0 passed, 1 failed\n"), "{said}");
    }
}

//! The schema of scenario files tells their defaults; completions and manual pages know every command.

use std::fs;
use std::process::Command;

use serde_json::Value;

fn told(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn defaults_are_told_as_a_file_says_them() {
    let schema: Value = serde_json::from_str(&told(&["schema"])).unwrap();
    let default = |path: &str| schema.pointer(path).cloned();
    assert_eq!(default("/$defs/ExpectSpec/properties/within/default"), Some("30s".into()));
    assert_eq!(default("/$defs/DeviceSpec/properties/also_stored/default"), Some(Value::Array(vec![])));
    assert_eq!(default("/$defs/DeviceSpec/properties/stored/default"), None);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let help = told(&["--help"]);
    // In groups, between the usage and the options.
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Usage:"))
        .take_while(|line| !line.starts_with("  -"))
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 10 && commands.contains(&"campaign"), "{help}");
    let folder = tempfile::tempdir().unwrap();
    told(&["man", "--out", &folder.path().display().to_string()]);
    let page = told(&["man"]);
    assert!(page.contains(".TH vestibule 1"), "{page}");
    for heading in [".SH EXAMPLES\n", ".SH \"EXIT STATUS\"\n", ".SH FILES\n"] {
        assert!(page.contains(heading), "{heading}: {page}");
    }
    let scripts = ["bash", "zsh", "fish", "powershell", "elvish"].map(|shell| told(&["completions", shell]));
    for command in commands {
        assert!(scripts.iter().all(|script| script.contains(command)), "{command} is completed");
        assert!(page.contains(&command.replace('-', "\\-")), "the manual page names {command}");
        if command != "help" {
            let page = fs::read_to_string(folder.path().join(format!("vestibule-{command}.1")));
            let page = page.unwrap();
            assert!(page.contains(".SH SYNOPSIS\n") && !page.contains(".SH EXTRA"), "{command}");
            let examples = page.contains(".SH EXAMPLES\n.nf\n") || command == "completions";
            assert!(examples, "{command}: {page}");
        }
    }
}

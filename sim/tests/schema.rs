//! The schema of scenario files says what `load` does about their structure; completions and manual
//! pages know every command.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vestibule::scenario::load;

fn told(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&told(&["schema"])).unwrap();
    jsonschema::meta::validate(&schema).expect("it is a JSON Schema");
    jsonschema::validator_for(&schema).unwrap()
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).expect("it is TOML")).unwrap()
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
fn every_scenario_of_the_repository_is_accepted() {
    let schema = schema();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let scenario = as_json(&fs::read_to_string(&path).unwrap());
        let errors: Vec<_> = schema.iter_errors(&scenario).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        seen += 1;
    }
    assert!(seen > 30, "only {seen} scenarios");
}

#[test]
fn what_is_no_scenario_is_refused_by_both() {
    let schema = schema();
    let both = |text: &str, fine: bool| {
        assert_eq!(load::parse(text, Path::new("x.toml")).is_ok(), fine, "load: {text}");
        assert_eq!(schema.is_valid(&as_json(text)), fine, "schema: {text}");
    };
    let phone = "name = \"x\"\n[[phone]]\nmodel = \"ios-17\"\n";
    let fault = "name = \"x\"\n[[fault]]\nat = \"1s\"\n";
    both("name = \"x\"", true);
    both("", false);
    both("name = 7", false);
    both("name = \"x\"\nnmae = \"y\"", false);
    both("name = \"x\"\n[device]\nname = { hex = \"ff00\" }", true);
    both("name = \"x\"\n[device]\nname = { hex = \"ff0\" }", false);
    both("name = \"x\"\n[device]\nname = \"\"", false);
    both("name = \"x\"\n[device]\nknock_interval = \"1h 30min\"", true);
    both("name = \"x\"\n[device]\nknock_interval = \"soon\"", false);
    both("name = \"x\"\n[device]\nknock_interval = 5", false);
    both("name = \"x\"\n[[network]]\nchannel = 6", false);
    both("name = \"x\"\n[[network]]\nssid = \"Home\"\nsecurity = \"wep\"", false);
    both("name = \"x\"\n[[network]]\nssid = \"Home\"\nsubnet = \"10.0.0.0/8\"", true);
    both("name = \"x\"\n[[network]]\nssid = \"Home\"\nsubnet = \"10.0.0.0\"", false);
    both(phone, true);
    both("name = \"x\"\n[[phone]]\nmodel = \"ios-99\"", false);
    both(&format!("{phone}joins = \"when-told\""), true);
    both(&format!("{phone}joins = \"later\""), false);
    both(&format!("{phone}habits = \"lazy\""), false);
    both("name = \"x\"\n[[step]]\nat = \"1s\"\ndo = \"power-off\"", true);
    both("name = \"x\"\n[[step]]\nat = \"1s\"", false);
    both("name = \"x\"\n[[step]]\nat = \"1s\"\ndo = \"explode\"", false);
    both(&format!("{fault}kind = \"loss\"\npercent = 5\nlasts = \"1s\""), true);
    both(&format!("{fault}kind = \"loss\"\npercent = 5"), false);
    both(&format!("{fault}kind = \"loss\"\npercent = 300\nlasts = \"1s\""), false);
    both(&format!("{fault}kind = \"loss\"\npercent = 5\nlasts = \"1s\"\nbit = 3"), false);
    both(&format!("{fault}kind = \"gremlins\""), false);
    both("name = \"x\"\n[[fault]]\nkind = \"bit-rot\"\nbit = 3", false);
    both("name = \"x\"\n[expect]\nstate = \"happy\"", false);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let help = told(&["--help"]);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 10 && commands.contains(&"campaign"), "{help}");
    let folder = tempfile::tempdir().unwrap();
    told(&["man", "--out", &folder.path().display().to_string()]);
    let page = told(&["man"]);
    assert!(page.contains(".TH vestibule 1"), "{page}");
    let scripts = ["bash", "zsh", "fish", "powershell", "elvish"].map(|shell| told(&["completions", shell]));
    for command in commands {
        assert!(scripts.iter().all(|script| script.contains(command)), "{command} is completed");
        assert!(page.contains(&command.replace('-', "\\-")), "the manual page names {command}");
        if command != "help" {
            let page = fs::read_to_string(folder.path().join(format!("vestibule-{command}.1")));
            assert!(page.unwrap().contains("SYNOPSIS"), "{command}");
        }
    }
}

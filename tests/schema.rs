//! The schema of scenario files says what `load` does about their structure.

use std::fs;
use std::path::Path;

use serde_json::Value;
use vestibule::scenario::load;
use vestibule::scenario::schema::schema as scenario_schema;

fn schema() -> jsonschema::Validator {
    let schema = scenario_schema();
    jsonschema::meta::validate(&schema).expect("it is a JSON Schema");
    jsonschema::validator_for(&schema).unwrap()
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).expect("it is TOML")).unwrap()
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
    both("name = \"x\"\n[device]\nretry_interval = \"1h 30min\"", true);
    both("name = \"x\"\n[device]\nretry_interval = \"soon\"", false);
    both("name = \"x\"\n[device]\nretry_interval = 5", false);
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

//! The documentation says the truth where a test can tell: links and citations lead somewhere, examples are
//! read by what they are examples for, and no key of a scenario lacks one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vestibule::phone::{Grade, Rule, disputes, rules};
use vestibule::scenario::load;
use vestibule::scenario::schema::schema;
use vestibule_device_protocol::{FromDevice, FromHost};
use vestibule_tests::docs::{examples, headings};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).expect("a page of docs/")
}

/// Every file of the repository that may cite something, as its path and text.
fn files() -> Vec<(PathBuf, String)> {
    let (mut folders, mut found) = (vec![root()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if entry.is_dir()
                && !["target", ".git", "corpus", "captures", "node_modules"].contains(&name.as_str())
            {
                folders.push(entry);
            } else if let Ok(text) = fs::read_to_string(&entry) {
                found.push((entry, text));
            }
        }
    }
    found
}

/// Fails unless the path leads to a file and what follows `#` to one of its headings.
fn leads_somewhere(from: &Path, base: &Path, target: &str) {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() { from.to_owned() } else { base.join(path) };
    assert!(file.exists(), "{}: {target} leads to no file", from.display());
    if !anchor.is_empty() {
        let text = fs::read_to_string(&file).expect("a page");
        let is_there = headings(&text).any(|(_, heading)| heading == anchor);
        assert!(is_there, "{}: {target} leads to no heading", from.display());
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut seen = 0;
    for (file, text) in
        files().into_iter().filter(|(file, _)| file.extension().is_some_and(|end| end == "md"))
    {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !link.contains("://") {
                leads_somewhere(&file, file.parent().expect("a folder"), link);
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} links");
}

#[test]
fn citations_of_the_documentation_lead_somewhere() {
    let mut seen = 0;
    for (file, text) in files() {
        for rest in text.split("docs/").skip(1) {
            let ends = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.#".contains(letter));
            let cited = rest[..ends.unwrap_or(rest.len())].trim_end_matches('.');
            if cited.contains(".md") {
                leads_somewhere(&file, &root().join("docs"), cited);
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "only {seen} citations");
}

#[test]
fn the_lines_of_the_device_protocol_are_read() {
    let page = page("device-protocol.md");
    let lines = |mark| {
        examples(&page, mark)
            .into_iter()
            .flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let (device, host): (Vec<_>, Vec<_>) = (lines("text device").collect(), lines("text host").collect());
    assert!(device.len() > 8 && host.len() > 12);
    for line in &device {
        assert!(FromDevice::read(line).is_some(), "{line}");
    }
    for line in &host {
        assert!(FromHost::read(line).is_some(), "{line}");
    }
    // And each message has a line there, but for `start`, which only this project's firmware reads.
    let source = |file| {
        let source = root().join("device-protocol/src").join(file);
        fs::read_to_string(source).expect("the messages of one side")
    };
    for (file, lines) in [("from_device.rs", device), ("from_host.rs", host)] {
        let source = source(file);
        let arms = source.split("let message = match").nth(1).expect("where a line's first word is read");
        let words = arms.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
        let shown = |word: &str| lines.iter().any(|line| line.split(' ').next() == Some(word));
        let unshown: Vec<_> =
            words.map(|(word, _)| word).filter(|word| *word != "start" && !shown(word)).collect();
        assert_eq!(unshown, [""; 0], "{file}");
    }
    assert!(page.contains(&format!("Version {}.", vestibule_device_protocol::VERSION)));
}

#[test]
fn every_line_of_the_device_protocol_is_told() {
    let page = page("device-protocol.md");
    for file in ["from_device.rs", "from_host.rs"] {
        let source = root().join("device-protocol/src").join(file);
        let source = fs::read_to_string(source).expect("the messages of one side");
        let arms = source.split("let message = match").nth(1).expect("where a line's first word is read");
        let words = arms.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"));
        let untold: Vec<&str> =
            words.map(|(word, _)| word).filter(|word| !page.contains(&format!("`{word}"))).collect();
        assert_eq!(untold, [""; 0], "{file}");
    }
}

/// The names in code marks of a page's section.
fn names_in_section(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split(heading).nth(1).expect("the section").split("\n## ").next().unwrap_or_default();
    section.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_rule_that_nobody_could_check_is_listed_with_what_would_settle_it() {
    let listed = names_in_section(&page("clients.md"), "## Rules that nobody could check\n");
    let disputed: BTreeSet<_> = disputes().flat_map(|dispute| dispute.readings).map(|rule| rule.id).collect();
    let is_open = |rule: &&Rule| rule.grade == Grade::E || disputed.contains(rule.id);
    let rules = rules();
    let missing: Vec<_> =
        rules.iter().copied().filter(is_open).filter(|rule| !listed.contains(rule.id)).collect();
    assert!(missing.is_empty(), "not listed: {missing:#?}");
    let settled: Vec<_> =
        rules.iter().copied().filter(|rule| listed.contains(rule.id) && !is_open(rule)).collect();
    assert!(settled.is_empty(), "known by now, take them off the list: {settled:#?}");
}

#[test]
fn the_json_of_the_interface_is_json() {
    for (line, text) in examples(&page("json-interface.md"), "json") {
        assert!(serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object()), "line {line}");
    }
}

/// What a schema says of an object: the parts that are behind references and alternatives. Of
/// alternatives that name their kind, the one that `value` is of.
fn parts<'a>(
    schema: &'a Value,
    root: &'a Value,
    value: &Value,
    found: &mut Vec<(String, &'a Value)>,
    name: &str,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.trim_start_matches("#/$defs/");
        parts(&root["$defs"][name], root, value, found, name);
    }
    for alternative in ["anyOf", "oneOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
        let kind = alternative["properties"]["kind"]["const"].as_str();
        if kind.is_none() || value["kind"].as_str() == kind {
            parts(
                alternative,
                root,
                value,
                found,
                &format!("{name}{}", kind.map(|kind| format!(" {kind}")).unwrap_or_default()),
            );
        }
    }
    if schema["properties"].is_object() {
        found.push((name.to_owned(), schema));
    }
}

/// Adds each key of `value` that a schema knows.
fn used(schema: &Value, root: &Value, value: &Value, name: &str, keys: &mut BTreeSet<String>) {
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| used(&schema["items"], root, item, name, keys));
    }
    let Some(object) = value.as_object() else { return };
    let mut found = Vec::new();
    parts(schema, root, value, &mut found, name);
    for (name, part) in found {
        for (key, value) in object.iter().filter(|(key, _)| part["properties"].get(key).is_some()) {
            keys.insert(format!("{name}: {key}"));
            used(&part["properties"][key], root, value, &name, keys);
        }
    }
}

/// Every key that a schema knows, and every word that a value may be.
fn known(schema: &Value, name: &str, keys: &mut BTreeSet<String>, words: &mut BTreeSet<String>) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        keys.insert(format!("{name}: {key}"));
        words.extend(property["const"].as_str().map(str::to_owned));
    }
    for alternative in ["anyOf", "oneOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
        words.extend(alternative["const"].as_str().map(str::to_owned));
        let kind = alternative["properties"]["kind"]["const"].as_str();
        known(
            alternative,
            &format!("{name}{}", kind.map(|kind| format!(" {kind}")).unwrap_or_default()),
            keys,
            words,
        );
    }
    let listed = schema["enum"].as_array().into_iter().flatten();
    words.extend(listed.filter_map(Value::as_str).map(str::to_owned));
}

#[test]
fn every_key_of_a_scenario_has_an_example_that_is_read() {
    let (page, schema) = (page("scenarios.md"), schema());
    let mut shown = BTreeSet::new();
    for (line, text) in examples(&page, "toml") {
        let place = format!("docs/scenarios.md:{line}");
        load::parse(&text, Path::new(&place)).unwrap_or_else(|error| panic!("{place}: {error}"));
        let value = serde_json::to_value(toml::from_str::<toml::Table>(&text).expect("it is TOML")).unwrap();
        used(&schema, &schema, &value, "file", &mut shown);
    }
    let (mut keys, mut words) = (BTreeSet::new(), BTreeSet::new());
    known(&schema, "file", &mut keys, &mut words);
    // The models are a list of their own, `vestibule phones`; how a name in bytes is written is told in prose.
    for (name, part) in schema["$defs"].as_object().unwrap().iter().filter(|(name, _)| *name != "Model") {
        known(part, name, &mut keys, &mut words);
    }
    keys.retain(|key| !key.ends_with(": hex"));
    assert!(keys.len() > 80 && words.len() > 60, "{} keys, {} words", keys.len(), words.len());
    let missing: Vec<_> = keys.difference(&shown).collect();
    assert!(missing.is_empty(), "docs/scenarios.md has no example of {missing:#?}");
    let told = |word: &String| page.contains(&format!("`{word}`")) || page.contains(&format!("\"{word}\""));
    let untold: Vec<_> = words.iter().filter(|word| !told(word)).collect();
    assert!(untold.is_empty(), "docs/scenarios.md does not tell of {untold:#?}");
}

#[test]
fn the_librarys_public_modules_are_those_that_it_lists() {
    let text = fs::read_to_string(root().join("sim/src/lib.rs")).expect("the library");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | ")?.split('|').next());
    let listed: BTreeSet<&str> =
        rows.flat_map(|names| names.split("[`").skip(1)).filter_map(|name| name.split('`').next()).collect();
    let code = text.replace("#[doc(hidden)]\npub mod", "hidden");
    let public: BTreeSet<&str> =
        code.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(listed.contains("scenario"), "the table was read");
    assert_eq!(listed, public);
}

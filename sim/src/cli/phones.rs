//! `vestibule phones`: the models, and how well their rules are known.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::json;

use super::terminal::say;
use super::{Exit, Usage};
use crate::phone::{Grade, Model, models};

/// List the phone models: their versions, and how well their rules are known.
#[derive(Debug, Args)]
pub(super) struct Phones {
    /// As JSON, with every rule and its source.
    #[arg(long)]
    json: bool,
}

impl Phones {
    pub(super) fn run(self) -> Result<Exit, Usage> {
        if self.json {
            let models: Vec<_> = models().iter().map(as_json).collect();
            say(&format!("{:#}", json!(models)));
        } else {
            table();
        }
        Ok(Exit::Well)
    }
}

fn as_json(model: &Model) -> serde_json::Value {
    let rules: Vec<_> = model
        .rules()
        .map(|rule| {
            json!({
                "id": rule.id, "says": rule.says, "source": rule.source,
                "grade": rule.grade.to_string(), "meaning": rule.grade.meaning(),
            })
        })
        .collect();
    json!({ "id": model.id, "name": model.name, "versions": model.versions, "rules": rules })
}

fn table() {
    say("model        name           versions       rules by grade");
    let mut grades = BTreeSet::new();
    for model in models() {
        let mut counts: BTreeMap<Grade, usize> = BTreeMap::new();
        for rule in model.rules() {
            *counts.entry(rule.grade).or_default() += 1;
            grades.insert(rule.grade);
        }
        let counts: Vec<_> = counts.iter().map(|(grade, count)| format!("{count} {grade}")).collect();
        say(&format!("{:<12} {:<14} {:<14} {}", model.id, model.name, model.versions, counts.join(", ")));
    }
    say("");
    for grade in grades {
        say(&format!("grade {grade}: {}", grade.meaning()));
    }
}

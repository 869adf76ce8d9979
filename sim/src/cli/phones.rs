//! `vestibule phones`: the models, what a portal brings each of them, and how well their rules are
//! known; with `--explain`, the machine of one of them.

use clap::Args;
use serde_json::json;

use super::terminal::say;
use super::{Exit, Usage};
use crate::phone::{Grade, Model, by_id, explain, models};

/// List the phone models: their versions, what a portal brings their owners, how well their rules
/// are known.
#[derive(Debug, Args)]
pub(super) struct Phones {
    /// As JSON, with every rule and its source.
    #[arg(long, conflicts_with = "explain")]
    json: bool,
    /// Print the machine of one model: what it asks, how it judges, what it does, from where that is
    /// known.
    #[arg(long, value_name = "MODEL")]
    explain: Option<String>,
    /// The machine as a graph for Graphviz.
    #[arg(long, requires = "explain")]
    dot: bool,
}

impl Phones {
    pub(super) fn run(self) -> Result<Exit, Usage> {
        if let Some(id) = &self.explain {
            let model = by_id(id).map_err(Usage::from)?;
            let text = if self.dot { explain::dot(model) } else { explain::table(model) };
            say(text.trim_end());
        } else if self.json {
            let models: Vec<_> = models().iter().map(as_json).collect();
            say(&format!("{:#}", json!(models)));
        } else {
            say(&table());
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
    let features: Vec<_> = model
        .features
        .iter()
        .map(|feature| json!({ "what": feature.what, "is_there": feature.is_there, "rule": feature.rule.id }))
        .collect();
    json!({
        "id": model.id, "name": model.name, "versions": model.versions,
        "family": format!("{:?}", model.family), "presents": model.presents.to_string(),
        "needs": model.need.map(|need| need.what), "features": features, "rules": rules,
    })
}

fn table() -> String {
    let mut lines = vec![row("MODEL", "NAME", "VERSIONS", "A PORTAL BRINGS", "RULES", "UNVERIFIED")];
    for model in models() {
        let unverified = model.rules().filter(|rule| rule.grade == Grade::E).count();
        let rules = model.rules().count();
        let presents = match model.need {
            Some(_) => format!("{} *", model.presents),
            None => model.presents.to_string(),
        };
        lines.push(row(
            model.id,
            model.name,
            model.versions,
            &presents,
            &rules.to_string(),
            &unverified.to_string(),
        ));
    }
    lines.push(String::new());
    for model in models() {
        if let Some(need) = model.need {
            lines.push(format!("* {} only if it has {}", model.id, need.what));
        }
    }
    lines.push(format!(
        "{} models; --explain MODEL prints the rules of one, with their sources",
        models().len()
    ));
    lines.join("\n")
}

fn row(id: &str, name: &str, versions: &str, presents: &str, rules: &str, unverified: &str) -> String {
    format!("{id:<17} {name:<26} {versions:<20} {presents:<17} {rules:>5} {unverified:>10}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_fits_a_hundred_columns_and_has_every_model() {
        let table = super::table();
        for line in table.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
        for model in crate::phone::models() {
            let found = table.lines().filter(|line| line.starts_with(&format!("{} ", model.id))).count();
            assert_eq!(found, 1, "{model:?}");
        }
    }
}

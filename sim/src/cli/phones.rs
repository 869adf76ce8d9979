//! `vestibule phones`: the models, what a portal brings each of them, and how well their rules are
//! known; with `--explain`, the machine of one of them.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use super::table::{Side, fitted, join};
use super::terminal::{print_line, width};
use super::{Exit, Usage};
use crate::phone::{Grade, Model, Rule, by_id, disputes, explain, models, rules, select};

/// List the phone models: their versions, what a portal brings their owners, how well their rules
/// are known.
#[derive(Debug, Args)]
pub(super) struct Phones {
    /// Only these: ids, patterns such as 'android-*', families such as samsung or iphone.
    #[arg(value_name = "PHONE", value_delimiter = ',', conflicts_with = "explain")]
    phones: Vec<String>,
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
            print_line(text.trim_end());
            return Ok(Exit::Well);
        }
        let chosen = self.chosen()?;
        if self.json {
            let models: Vec<_> = chosen.iter().copied().map(as_json).collect();
            print_line(&format!("{:#}", json!(models)));
        } else {
            print_line(&table(&chosen, width()));
        }
        Ok(Exit::Well)
    }

    /// Those that are named, or all.
    fn chosen(&self) -> Result<Vec<&'static Model>, Usage> {
        match self.phones.is_empty() {
            true => Ok(models().iter().collect()),
            false => select(self.phones.iter().map(String::as_str)).map_err(|error| Usage(error.to_string())),
        }
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

fn table(chosen: &[&Model], width: Option<usize>) -> String {
    let head = ["MODEL", "NAME", "VERSIONS", "A PORTAL BRINGS", "RULES", "UNVERIFIED"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for model in chosen {
        let presents = match model.need {
            Some(_) => format!("{} *", model.presents),
            None => model.presents.to_string(),
        };
        let unverified = model.rules().filter(|rule| rule.grade == Grade::E).count();
        let (rules, unverified) = (model.rules().count().to_string(), unverified.to_string());
        let (name, versions) = (model.name.to_owned(), model.versions.to_owned());
        rows.push(vec![model.id.to_owned(), name, versions, presents, rules, unverified]);
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Left, Side::Right, Side::Right];
    let mut lines: Vec<_> = fitted(&rows, &sides, width).iter().map(|row| join(row)).collect();
    lines.push(String::new());
    for model in chosen {
        if let Some(need) = model.need {
            lines.push(format!("* {} only if it has {}", model.id, need.what));
        }
    }
    if chosen.len() == models().len() {
        lines.extend(share_by_grade());
    }
    let count = chosen.len();
    lines.push(format!("{count} models; --explain MODEL prints the rules of one, with their sources"));
    lines.join("\n")
}

/// How many rules of each grade there are, best first, and how many of them are readings of something disputed.
fn share_by_grade() -> Vec<String> {
    let rules = rules();
    let mut counts = BTreeMap::new();
    for rule in &rules {
        *counts.entry(rule.grade).or_insert(0) += 1;
    }
    let mut lines = vec![format!("{} rules, by how well they are known:", rules.len())];
    lines.extend(counts.iter().map(|(grade, count): (&Grade, &usize)| {
        let share = (count * 100 + rules.len() / 2) / rules.len();
        let letter = grade.to_string();
        let letter = letter.split(' ').next().unwrap_or_default();
        format!("  {letter:<2} {count:>4} {share:>3} %  {}", grade.meaning())
    }));
    let is_disputed = |rule: &&&Rule| disputes().any(|dispute| dispute.readings.contains(rule));
    let disputed = rules.iter().filter(is_disputed).count();
    lines.push(format!("{disputed} of them are readings of what sources contradict each other about"));
    lines
}

#[cfg(test)]
mod tests {
    use super::{Model, models, table};

    fn all() -> Vec<&'static Model> {
        models().iter().collect()
    }

    #[test]
    fn those_that_are_named_are_listed_alone() {
        let phones = super::Phones { phones: vec!["iphone".into()], json: false, explain: None, dot: false };
        let chosen = phones.chosen().unwrap();
        let listed = table(&chosen, None);
        assert!(listed.contains("\nios-17 ") && !listed.contains("\nandroid-14 "), "{listed}");
        assert!(
            listed.contains(&format!("{} models;", chosen.len())) && !listed.contains("by how well"),
            "{listed}"
        );
        let phones = super::Phones { phones: vec!["nokia".into()], ..phones };
        assert!(phones.chosen().is_err());
    }

    #[test]
    fn the_share_of_rules_by_grade_is_this() {
        insta::assert_snapshot!(super::share_by_grade().join("\n"));
    }

    #[test]
    fn the_table_fits_and_has_every_model() {
        for width in [60, 80, 100] {
            let table = table(&all(), Some(width));
            for line in table.lines().take_while(|line| !line.is_empty()) {
                assert!(line.chars().count() <= width, "{line}");
            }
        }
        let table = table(&all(), Some(100));
        for model in models() {
            let found = table.lines().filter(|line| line.starts_with(&format!("{} ", model.id))).count();
            assert_eq!(found, 1, "{model:?}");
        }
    }
}

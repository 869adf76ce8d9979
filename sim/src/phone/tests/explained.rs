//! What `--explain` prints.

use super::super::{explain, models};

#[test]
fn an_android_reads_like_this() {
    insta::assert_snapshot!(explain::table(super::super::by_id("android-14").unwrap()));
}

#[test]
fn an_iphone_reads_like_this() {
    insta::assert_snapshot!(explain::table(super::super::by_id("ios-26-443").unwrap()));
}

#[test]
fn windows_reads_and_is_drawn_like_this() {
    let windows = super::super::by_id("windows-11").unwrap();
    insta::assert_snapshot!("windows", explain::table(windows));
    insta::assert_snapshot!("windows_dot", explain::dot(windows));
}

#[test]
fn every_rule_is_told_with_its_source_and_every_row_is_drawn() {
    for model in models() {
        let table = explain::table(model);
        let words = table.split_whitespace().collect::<Vec<_>>().join(" ");
        for rule in model.rules() {
            assert!(words.contains(&format!("{} (grade {})", rule.id, rule.grade)), "{model:?} {}", rule.id);
            assert!(words.contains(&format!("source: {}", rule.source)), "{model:?} {}", rule.id);
        }
        for line in table.lines() {
            assert!(line.chars().count() <= 100 || !line.trim().contains(' '), "{line}");
        }
        let dot = explain::dot(model);
        let rows = model.cases().count() + model.system.behaviour().transitions.len();
        assert!(dot.matches(" -> ").count() >= rows, "{model:?}");
        assert!(dot.starts_with("digraph") && dot.trim_end().ends_with('}'));
        let unescaped = dot.replace("\\\"", "");
        assert!(unescaped.lines().all(|line| line.matches('"').count() % 2 == 0), "{dot}");
    }
}

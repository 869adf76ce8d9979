//! The catalogue: ids, rules, hints.

use std::collections::BTreeSet;

use super::super::{Grade, Output, by_id, models};
use super::conversation::{Conversation, Portal, Served, reply};

#[test]
fn ids_and_names_are_unique_and_found() {
    let ids: BTreeSet<_> = models().iter().map(|model| model.id).collect();
    let names: BTreeSet<_> = models().iter().map(|model| model.name).collect();
    assert_eq!((ids.len(), names.len()), (models().len(), models().len()));
    for model in models() {
        assert_eq!(by_id(model.id).unwrap().id, model.id);
        assert_eq!(model.new_checker(0).model().id, model.id);
    }
}

#[test]
fn an_unknown_id_names_its_family_or_everything() {
    let error = by_id("android-99").unwrap_err().to_string();
    assert!(
        error.contains("\"android-99\"") && error.contains("android-10") && !error.contains("ios"),
        "{error}"
    );
    assert!(by_id("iOS 17").unwrap_err().to_string().contains("ios-17"));
    let error = by_id("").unwrap_err().to_string();
    assert!(error.contains("android-10") && error.contains("ios-14"), "{error}");
}

#[test]
fn the_rules_of_a_model_are_distinct_and_complete_sentences_of_facts() {
    for model in models() {
        let rules: Vec<_> = model.rules().collect();
        let ids: BTreeSet<_> = rules.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), rules.len(), "{model:?}");
        for rule in rules {
            let is_unverified = rule.source.starts_with("unverified");
            assert!(!is_unverified || rule.grade == Grade::E, "{rule}");
            assert!(!rule.says.is_empty() && !rule.says.ends_with('.'), "{rule}");
        }
    }
}

#[test]
fn every_rule_that_decides_is_in_the_models_list() {
    let replies = [
        reply("HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\n\r\n"),
        reply("HTTP/1.1 200 OK\r\n\r\n<p>Setup"),
        reply("HTTP/1.1 204 No\r\n\r\n"),
        reply("HTTP/1.1 404 No\r\n\r\n"),
        reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        reply("nonsense"),
        Served::Refused,
        Served::NoConnection,
        Served::Reset,
    ];
    for model in models() {
        let rules: BTreeSet<_> = model.rules().map(|rule| rule.id).collect();
        for served in &replies {
            let mut conversation = Conversation::begin(model.id, Portal::always(served.clone()));
            conversation.run_until(60.0);
            let mut decided = 0;
            for (_, output) in &conversation.seen {
                if let Output::Verdict { rule, .. }
                | Output::Notify { rule, .. }
                | Output::SheetOpened { rule, .. }
                | Output::SheetWaits { rule }
                | Output::AskToStay { rule } = output
                {
                    decided += 1;
                    assert!(rules.contains(rule.id), "{model:?} {rule}");
                }
            }
            assert!(decided > 0);
        }
    }
}

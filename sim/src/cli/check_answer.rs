//! The answer of `check`: on how many phones the portal opens, what to change, which phones fail and by which rule. As
//! short as it can be said; every phone, with its exchanges and sources, is `-v`'s.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};

use super::check_details::{self, what_came};
use super::leases;
use super::page_views::print_views;
use super::paragraph::wrapped;
use super::portal_options::PortalTarget;
use super::terminal::{is_quiet, is_verbose, print_line};
use crate::check::{Checked, LeaseAnswers, changes};
use crate::phone::{Model, disputes, models};

/// So many groups of failing phones are told with their exchange and rule, the others with the name of the rule: those
/// that are left tell little more.
const TOLD_WHOLE: usize = 2;

/// So many changes are told, and so many odd things. Who mends those asks again.
const CHANGES: usize = 3;
const ODD: usize = 3;

/// So many phones, or ranges of them, are named.
const NAMED: usize = 8;

/// A lease of each phone is told of so few; of more what they have in common is.
const FEW: usize = 8;

/// Phones side by side of which the first and the last are named.
const RUN: usize = 3;

/// Prints it, and with `-v` everything else.
pub(super) fn print(portal: &PortalTarget, checked: &[Checked], questions: &LeaseAnswers) {
    print_line(&portal.to_string());
    print_line("");
    answer(checked);
    if is_quiet() {
        return;
    }
    print_line("");
    let is_one_mistake = what_to_change(checked) <= 1;
    if is_verbose() || checked.len() <= FEW {
        leases::print(checked, &questions.told);
    } else {
        leases::print_common(checked);
    }
    if is_verbose() {
        check_details::print(checked);
    } else {
        failures(checked, if is_one_mistake || checked.len() <= FEW { TOLD_WHOLE } else { 1 });
    }
    print_views(checked);
    odd(checked, questions, if is_one_mistake { ODD } else { 1 });
    if is_verbose() {
        check_details::disputed(portal.portal_address(checked), checked);
    } else {
        disputed(checked);
    }
    further(checked);
}

/// The answer, and of whom it is.
fn answer(checked: &[Checked]) {
    let bold = Style::new().bold();
    let late = checked.iter().filter(|one| one.portal_gone).count();
    let others: Vec<_> = checked
        .iter()
        .filter(|one| !one.counts && !one.passed() && !one.portal_gone)
        .map(|one| one.model)
        .collect();
    let shown = checked.iter().filter(|one| one.passed()).count();
    let of = checked.len() - others.len() - late;
    let phones = if of == 1 { "phone" } else { "phones" };
    print_line(&format!("{bold}Your portal opens on {shown} of {of} {phones}.{bold:#}"));
    let is_in_doubt = |one: &&Checked| one.counts && !one.disputed.is_empty() && !one.portal_gone;
    let doubtful: Vec<_> = checked.iter().filter(is_in_doubt).map(|one| one.model).collect();
    if !doubtful.is_empty() {
        let counted = match checked.iter().any(|one| one.strict) {
            true => "counted as failures",
            false => "warnings without --strict",
        };
        let text = format!("sources disagree about {}: {counted}", names(&doubtful, checked, NAMED));
        print_line(&wrapped("", &text));
    }
    if late > 0 {
        print_line(&wrapped("", &format!("{late} more came when the portal had gone, and do not count")));
    }
    if !others.is_empty() {
        print_line(&wrapped("", &format!("not counted: {}", names(&others, checked, NAMED))));
    }
}

/// The changes that repair phones which fail; where there are none, those that suit both readings of what is disputed. How
/// many of the former there are.
fn what_to_change(checked: &[Checked]) -> usize {
    let bold = Style::new().bold();
    let all = changes(checked);
    let repairs = all.iter().filter(|change| change.phones.iter().any(|one| one.failed())).count();
    let counted = if repairs > 0 { repairs } else { all.len() };
    let told = if is_verbose() { all.len() } else { counted.min(CHANGES) };
    for change in all.iter().take(told) {
        let phones: Vec<_> = change.phones.iter().map(|one| one.model).collect();
        let fails = change.phones.iter().any(|one| one.failed());
        let words = if fails { "  repairs" } else { "  may repair" };
        print_line(&format!("{bold}{}{bold:#}", wrapped("change", &change.says)));
        let count = if phones.len() == 1 { "1 phone".to_owned() } else { format!("{} phones", phones.len()) };
        print_line(&wrapped(words, &format!("{count}: {}", names(&phones, checked, NAMED))));
        print_line("");
    }
    let left: usize = all.iter().take(counted).skip(told).map(|change| change.phones.len()).sum();
    if left > 0 {
        print_line(&wrapped("", &format!("{} changes more repair {left} phones: -v", counted - told)));
        print_line("");
    }
    repairs
}

/// The phones that fail, by what they show and the rule.
fn failures(checked: &[Checked], whole: usize) {
    let mut groups: Vec<Vec<&Checked>> = Vec::new();
    let words = |one: &Checked| (what_came(one), one.rule.map(|rule| rule.id));
    for one in checked.iter().filter(|one| one.failed()) {
        match groups.iter_mut().find(|group| words(group[0]) == words(one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let red = Style::new().fg_color(Some(AnsiColor::Red.into()));
    for group in groups.iter().take(whole) {
        let one = group[0];
        let phones: Vec<_> = group.iter().map(|one| one.model).collect();
        print_line(&format!("{red}{}{red:#}", wrapped(what_came(one), &names(&phones, checked, NAMED))));
        if let Some(told) = &one.decided_by {
            print_line(&wrapped("  decided by", &format!("{}: {}", told.asked, told.came)));
        }
        if let Some(rule) = one.rule {
            print_line(&wrapped("  rule", &format!("{} ({}): {}", rule.id, rule.grade, rule.says)));
        }
    }
    let left: Vec<_> = groups.iter().skip(whole).flatten().map(|one| one.model).collect();
    if !left.is_empty() {
        let text = format!("{} by other rules: {}", left.len(), names(&left, checked, NAMED));
        print_line(&format!("{red}{}{red:#}", wrapped("fail too", &text)));
    }
    if !groups.is_empty() {
        print_line("");
    }
}

/// What else is odd about the portal.
fn odd(checked: &[Checked], questions: &LeaseAnswers, most: usize) {
    let mut found: BTreeMap<String, (&String, Vec<&'static Model>)> = BTreeMap::new();
    // What a phone met after the portal had gone is not the portal's.
    for one in checked.iter().filter(|one| !one.portal_gone) {
        for finding in &one.findings {
            let (_, who) = found.entry(without_addresses(finding)).or_insert((finding, Vec::new()));
            who.push(one.model);
        }
    }
    let told_by = |(finding, who): (&String, Vec<_>)| {
        let most = if is_verbose() { usize::MAX } else { NAMED };
        format!("{finding} ({})", names(&who, checked, most))
    };
    let all: Vec<String> = questions.odd.iter().cloned().chain(found.into_values().map(told_by)).collect();
    let told = if is_verbose() { all.len() } else { most.min(all.len()) };
    for odd in all.iter().take(told) {
        print_line(&wrapped("odd", odd));
    }
    if all.len() > told {
        print_line(&wrapped("", &format!("and {} odd things more: -v", all.len() - told)));
    }
    if !all.is_empty() {
        print_line("");
    }
}

/// The same is found at the hosts of each phone.
fn without_addresses(finding: &str) -> String {
    let words = finding.split(' ').map(|word| if word.starts_with("http://") { "http://…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// What sources contradict each other about, unless it is told as something to change. Where phones fail they matter more.
fn disputed(checked: &[Checked]) {
    if checked.iter().any(Checked::failed) {
        return;
    }
    let is_open = |one: &&Checked| one.change.is_none();
    let mut is_told = false;
    for dispute in disputes() {
        let who: Vec<_> = checked
            .iter()
            .filter(|one| one.disputed.contains(&dispute))
            .filter(is_open)
            .map(|one| one.model)
            .collect();
        if !who.is_empty() {
            is_told = true;
            print_line(&wrapped(
                "disputed",
                &format!("{} ({})", dispute.question, names(&who, checked, NAMED)),
            ));
        }
    }
    if is_told {
        print_line("");
    }
}

/// Where to look further.
fn further(checked: &[Checked]) {
    let is_seen = checked.iter().any(|one| !one.views.is_empty());
    if !is_verbose() {
        print_line(&wrapped("-v", "each phone, what it was answered, its rule and the rule's source"));
    }
    if !is_seen && checked.iter().any(Checked::passed) {
        let said = "opens the pages in a browser: here no script was run";
        print_line(&wrapped("--engine", said));
    }
}

/// The models by name, so many of them: of several that stand side by side among those that were checked, the first and the
/// last.
fn names(these: &[&'static Model], checked: &[Checked], most: usize) -> String {
    let family = |model: &Model| model.id.split('-').next().unwrap_or_default();
    let place = |model: &Model| models().iter().position(|one| one.id == model.id);
    let mut order: Vec<_> = checked.iter().map(|one| one.model).collect();
    order.sort_by_key(|model| place(model));
    let is_meant = |model: &Model| these.iter().any(|one| one.id == model.id);
    let mut runs: Vec<Vec<&Model>> = Vec::new();
    let mut is_broken = true;
    for model in order {
        if !is_meant(model) {
            is_broken = true;
            continue;
        }
        match runs.last_mut() {
            Some(run) if !is_broken && family(run[0]) == family(model) => run.push(model),
            _ => runs.push(vec![model]),
        }
        is_broken = false;
    }
    let mut told: Vec<(String, usize)> = Vec::new();
    for run in &runs {
        match run.as_slice() {
            [first, .., last] if run.len() >= RUN => {
                told.push((format!("{} to {}", first.id, last.id), run.len()));
            }
            few => told.extend(few.iter().map(|model| (model.id.to_owned(), 1))),
        }
    }
    let left: usize = told.iter().skip(most).map(|(_, count)| count).sum();
    let mut words: Vec<_> = told.into_iter().take(most).map(|(words, _)| words).collect();
    if left > 0 {
        words.push(format!("{left} more"));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::BuiltIn;
    use crate::check::in_process::in_process;
    use crate::phone::by_id;

    #[test]
    fn phones_side_by_side_are_named_by_the_first_and_the_last() {
        let all: Vec<_> = models().iter().map(|model| in_process(&mut BuiltIn::start(), model)).collect();
        let named = |ids: &[&str], most: usize| {
            let these: Vec<_> = ids.iter().map(|id| by_id(id).unwrap()).collect();
            names(&these, &all, most)
        };
        assert_eq!(
            named(&["android-12", "android-13", "android-14", "ios-17"], 8),
            "android-12 to android-14, ios-17"
        );
        assert_eq!(named(&["android-12", "android-14", "ios-17"], 8), "android-12, android-14, ios-17");
        assert_eq!(
            named(&["android-12", "android-13", "android-14", "ios-17", "kindle"], 1),
            "android-12 to android-14, 2 more"
        );
    }

    #[test]
    fn the_same_at_every_host_is_found_once() {
        let at = |host: &str| without_addresses(&format!("http://{host}/ has no form"));
        assert_eq!(at("192.168.4.1"), at("captive.apple.com"));
    }
}

//! What `check -v` says beside its answer: every phone with the exchange that decided, the rule and its source, and both
//! readings of what is disputed.

use std::net::Ipv4Addr;

use anstyle::{AnsiColor, Style};

use super::paragraph::wrapped;
use super::table::{Side, fitted, join};
use super::terminal::{print_line, width};
use crate::check::Checked;
use crate::phone::disputes;

/// Prints all of it.
pub(super) fn print(checked: &[Checked]) {
    table(checked);
    print_line("");
    for alike in alike(checked).iter().filter(|alike| !alike[0].portal_gone) {
        paragraph(alike);
    }
}

fn table(checked: &[Checked]) {
    let mut rows = vec![["phone", "sheet", "verdict", "time", "rule (grade)"].map(str::to_owned).to_vec()];
    for one in checked {
        let took = one.took.map_or("-".into(), |took| took.to_string());
        let rule = one.rule.map_or("-".into(), |rule| format!("{} ({})", rule.id, rule.grade));
        let (phone, sheet) = (one.model.id.to_owned(), one.sheet.word().to_owned());
        rows.push(vec![phone, sheet, one.concluded().to_string(), took, rule]);
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Right, Side::Left];
    let rows = fitted(&rows, &sides, width());
    rows.first().into_iter().for_each(|head| print_line(&join(head)));
    for (one, mut row) in checked.iter().zip(rows.into_iter().skip(1)) {
        let colour = match (one.passed(), one.counts) {
            (true, _) => AnsiColor::Green,
            (false, true) => AnsiColor::Red,
            (false, false) => AnsiColor::Yellow,
        };
        let style = Style::new().fg_color(Some(colour.into()));
        row[1] = format!("{style}{}{style:#}", row[1]);
        print_line(&join(&row));
    }
}

/// What an owner sees, in a word or two.
pub(super) fn what_came(one: &Checked) -> &'static str {
    match one.sheet.word() {
        "yes" if !one.passed() => "unusable page",
        "yes" => "sheet",
        "empty" => "empty sheet",
        "closes" => "sheet closes",
        _ => "no sheet",
    }
}

/// Those that have the same to be said of them.
fn alike(checked: &[Checked]) -> Vec<Vec<&Checked>> {
    let mut groups: Vec<Vec<&Checked>> = Vec::new();
    let words = |one: &Checked| {
        let told = one.decided_by.as_ref().map(|told| (told.asked.clone(), told.came.clone()));
        let blamed = (one.passed(), one.counts, one.portal_gone);
        (one.sheet.word(), blamed, one.rule.map(|rule| rule.id), one.change.clone(), told)
    };
    for one in checked {
        match groups.iter_mut().find(|group| words(group[0]) == words(one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

fn paragraph(alike: &[&Checked]) {
    let Some(one) = alike.first() else { return };
    let bold = Style::new().bold();
    let names: Vec<_> = alike.iter().map(|one| one.model.id).collect();
    let what = what_came(one);
    let what = if one.failed() || one.passed() { what.to_owned() } else { format!("({what})") };
    print_line(&format!("{bold}{}{bold:#}", wrapped(&what, &names.join(", "))));
    if let Some(told) = &one.decided_by {
        print_line(&wrapped("  decided by", &format!("{}: {}", told.asked, told.came)));
    }
    if let Some(rule) = one.rule {
        print_line(&wrapped("  rule", &format!("{}: {}", rule.id, rule.says)));
        print_line(&wrapped(
            "  known from",
            &format!("{} (grade {}, {})", rule.source, rule.grade, rule.grade.meaning()),
        ));
    }
    if let Some(change) = &one.change {
        print_line(&wrapped("  change", change));
    }
    print_line("");
}

/// Where sources contradict each other, each with both readings.
pub(super) fn disputed(portal: Option<Ipv4Addr>, checked: &[Checked]) {
    let bold = Style::new().bold();
    for dispute in disputes() {
        let who: Vec<_> =
            checked.iter().filter(|one| one.disputed.contains(&dispute)).map(|one| one.model.id).collect();
        if who.is_empty() {
            continue;
        }
        print_line(&format!("{bold}{}{bold:#}", wrapped("disputed", dispute.question)));
        print_line(&wrapped("  decides for", &who.join(", ")));
        for reading in dispute.readings {
            let text = format!("{} (grade {}; {})", reading.says, reading.grade, reading.source);
            print_line(&wrapped("  reading", &text));
        }
        print_line(&wrapped("  settled by", dispute.settled_by));
        // Where no sheet came, it was told as what to change.
        let is_told = checked.iter().any(|one| one.disputed.contains(&dispute) && one.change.is_some());
        if let Some(portal) = portal.filter(|_| !is_told) {
            print_line(&wrapped("  safe", &dispute.safe(portal)));
        }
        print_line("");
    }
}

//! What engines showed of the pages in sheets, as it is printed.

use std::collections::BTreeSet;

use anstyle::{AnsiColor, Style};

use super::paragraph::wrapped;
use super::table::{Side, fitted, join};
use super::terminal::{print_line, width};
use crate::check::{Checked, PageView};

/// Prints a table of the pages, then what is wrong with them and what a person would mind. Says so where nothing but
/// their bytes was looked at.
pub(super) fn print_views(checked: &[Checked]) {
    let seen: Vec<(&Checked, &PageView)> =
        checked.iter().flat_map(|one| one.views.iter().map(move |view| (one, view))).collect();
    if seen.is_empty() {
        return;
    }
    table(&seen);
    print_line("");
    let groups: BTreeSet<_> = seen.iter().filter_map(|(_, view)| view.unusable.as_deref()).collect();
    for why in &groups {
        let bold = Style::new().bold();
        let phones = phones(&seen, |view| view.unusable.as_deref() == Some(why));
        print_line(&format!("{bold}{}{bold:#}", wrapped("unusable page", &phones)));
        print_line(&wrapped("  because", why));
        print_line("");
    }
    let warnings: BTreeSet<_> = seen.iter().flat_map(|(_, view)| &view.warnings).collect();
    for warning in &warnings {
        let phones = phones(&seen, |view| view.warnings.contains(warning));
        print_line(&wrapped("page", &format!("{warning} ({phones})")));
    }
    if !warnings.is_empty() {
        print_line("");
    }
}

fn table(seen: &[(&Checked, &PageView)]) {
    let mut rows = vec![["phone", "engine", "page", "usable", "shows"].map(str::to_owned).to_vec()];
    for (one, view) in seen {
        let usable = view.usable_after.map_or("-".into(), |after| after.to_string());
        let page = if view.unusable.is_none() { "yes" } else { "unusable" };
        let engine = view.engine.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        rows.push(vec![one.model.id.into(), engine, page.into(), usable, view.shows.clone()]);
    }
    let sides = [Side::Left, Side::Left, Side::Left, Side::Right, Side::Left];
    let rows = fitted(&rows, &sides, width());
    rows.first().into_iter().for_each(|head| print_line(&join(head)));
    for ((_, view), mut row) in seen.iter().zip(rows.into_iter().skip(1)) {
        let colour = if view.unusable.is_none() { AnsiColor::Green } else { AnsiColor::Red };
        let style = Style::new().fg_color(Some(colour.into()));
        row[2] = format!("{style}{}{style:#}", row[2]);
        print_line(&join(&row));
    }
}

/// The phones of which this holds, each once.
fn phones(seen: &[(&Checked, &PageView)], holds: impl Fn(&PageView) -> bool) -> String {
    let mut phones: Vec<&str> = Vec::new();
    for (one, _) in seen.iter().filter(|(_, view)| holds(view)) {
        if !phones.contains(&one.model.id) {
            phones.push(one.model.id);
        }
    }
    phones.join(", ")
}

//! The matrix as Markdown.

use std::fmt::Write;

use super::{Column, Matrix, briefly};

const INTRO: &str = "\
# Which phone pops up at which portal

Computed by `vestibule matrix` in virtual time: each model of a phone's connectivity check against the
built-in device and against stand-ins for other portals, as `sim/portals` describes them. A cell says
whether a sign-in sheet opens and shows a page (`yes`), opens and stays empty (`empty`), opens and closes by
itself (`closes`) or does not open (`no`), and the number of the rule that decided. A question mark: the rule is
unverified. Bold: the portal fails this phone; a `no` that is not bold is that of a client which shows nobody
anything, or of a model that follows a disputed rule (`docs/clients.md`, \"Disputed\"). No phone and no other
project's device was
in the room; the rules and the replies are known from sources that are named here and in the profiles.
";

pub(super) fn write(matrix: &Matrix) -> String {
    let mut out = String::from(INTRO);
    table(matrix, &mut out);
    rules(matrix, &mut out);
    portals(matrix, &mut out);
    changes(matrix, &mut out);
    out
}

fn table(matrix: &Matrix, out: &mut String) {
    let names: Vec<_> = matrix.columns.iter().map(|column| cell(&column.name)).collect();
    let _ = writeln!(out, "\n| | {} |", names.join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(names.len()));
    for (row, phone) in matrix.phones.iter().enumerate() {
        let cells: Vec<_> = matrix
            .columns
            .iter()
            .filter_map(|column| column.cells.get(row))
            .map(|checked| match checked.failed() {
                true => format!("**{}**", matrix.cell(checked)),
                false => matrix.cell(checked),
            })
            .collect();
        let _ = writeln!(out, "| {} | {} |", cell(phone.name), cells.join(" | "));
    }
    let shown: Vec<_> = matrix.columns.iter().map(Column::shown).collect();
    let _ = writeln!(out, "| show the page | {} |", shown.join(" | "));
}

fn rules(matrix: &Matrix, out: &mut String) {
    out.push_str("\n## The rules that decided\n\n| | | rule | grade | known from |\n|---|---|---|---|---|\n");
    for (number, reason) in matrix.reasons.iter().enumerate() {
        let number = number + 1;
        let _ = match reason.rule {
            Some(rule) => writeln!(
                out,
                "| {number} | {} | `{}`: {} | {} | {} |",
                reason.outcome(),
                rule.id,
                cell(rule.says),
                rule.grade,
                cell(rule.source)
            ),
            None => writeln!(out, "| {number} | {} | no verdict within two minutes | | |", reason.outcome()),
        };
    }
}

fn portals(matrix: &Matrix, out: &mut String) {
    out.push_str(
        "\n## The portals\n\nThe page, the form and the result are what an owner without scripts meets at a stand-in, in \
         virtual time too; the lease is what is known of it.\n\n\
         | portal | what it is | version | page | form | result | lease | profile | how well it is known |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for column in &matrix.columns {
        let Column { name, what, version, file, setup, .. } = column;
        let profile =
            file.as_ref().map_or("none".into(), |file| format!("[{file}](../../sim/portals/{file})"));
        let cells = [name, what, version, &setup.page, &setup.form, &setup.result, &setup.lease]
            .map(|text| cell(text));
        let _ = writeln!(out, "| {} | {profile} | {} |", cells.join(" | "), column.known());
    }
}

fn changes(matrix: &Matrix, out: &mut String) {
    out.push_str("\n## What would have to be changed\n");
    for column in &matrix.columns {
        let changes = column.changes();
        if changes.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n**{}**\n", column.name);
        for (change, who) in changes {
            let names: Vec<_> = who.iter().map(|checked| checked.model.name).collect();
            let _ = writeln!(out, "- {change} ({})", names.join(", "));
            if let Some(told) = who.first().and_then(|checked| briefly(checked)) {
                let _ = writeln!(out, "  Decided by {told}.");
            }
        }
    }
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

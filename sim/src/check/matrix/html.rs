//! The matrix as a page of HTML: no script, nothing loaded.

use super::{Column, Matrix, briefly, class};
use crate::markup::Markup;

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 110em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border: 1px solid #bbb; padding: .2em .5em; text-align: left; vertical-align: top; }
.scroll { overflow: auto; max-height: 92vh; }
.scroll table { border-collapse: separate; border-spacing: 0; margin: 0; }
.scroll th, .scroll td { font-size: 12.5px; padding: .15em .35em; }
.scroll th { background: #fff; }
.scroll td { white-space: nowrap; }
/* A name of a portal is no reason for a column that is wider than what stands in it: it stands on end. */
.scroll tr:first-child th + th { writing-mode: vertical-rl; white-space: nowrap; text-align: end; vertical-align: middle; padding: .5em .2em; }
.scroll tr:first-child th:first-child { min-width: 7.5em; vertical-align: bottom; }
/* The exchange that decided, for whoever has no mouse to point with. */
td:focus { outline: 3px solid #1a6ed8; outline-offset: -3px; }
td:focus::after { content: attr(title); position: fixed; inset: auto 1em 1em; z-index: 3; padding: .7em 1em;
  border-radius: .5em; background: #222; color: #fff; font-size: 15px; white-space: normal; overflow-wrap: anywhere; }
.scroll tr:first-child th { position: sticky; top: 0; z-index: 1; }
.scroll th:first-child { position: sticky; left: 0; }
.scroll tr:first-child th:first-child { z-index: 2; }
.wide { overflow-x: auto; }
@media (max-width: 40em) {
  body { margin: 1em 0; padding: 0 .6em; }
  .scroll th:first-child { max-width: 8em; }
}
.yes { background: #d9f0dc; }
.empty { background: #fbe7c0; }
.no, .closes { background: #f7d0cd; }
.apart { background: #e6e6e6; }
@media (prefers-color-scheme: dark) {
  body { background: #161616; color: #ddd; }
  th, td { border-color: #555; }
  .scroll th { background: #161616; }
  .yes { background: #1d4023; } .empty { background: #5a4310; } .no, .closes { background: #5e221d; }
  .apart { background: #333; }
  a { color: #9cf; }
}
";

pub(super) fn write(matrix: &Matrix) -> String {
    let mut page = Markup::default();
    page.open("html", &[("lang", &"en")]);
    page.open("head", &[]);
    page.leaf("meta", &[("charset", &"utf-8")]);
    page.leaf("meta", &[("name", &"viewport"), ("content", &"width=device-width, initial-scale=1")]);
    page.text("title", &[], "Which phone pops up at which portal");
    page.style(STYLE);
    page.close();
    page.open("body", &[]);
    page.open("main", &[]);
    page.text("h1", &[], "Which phone pops up at which portal");
    page.text(
        "p",
        &[],
        "Each model of a phone's connectivity check against the built-in device and against stand-ins for \
         other portals, computed in virtual time. A cell says whether a sign-in sheet opens and shows a page, \
         and the number of the rule that decided; a question mark where that is unverified. Grey: \
         a client that shows nobody anything, or a model that wants more than an answer. Point at a cell, \
         or touch it, for the exchange that decided.",
    );
    table(matrix, &mut page);
    rules(matrix, &mut page);
    portals(matrix, &mut page);
    format!("<!DOCTYPE html>\n{}", page.finish())
}

fn table(matrix: &Matrix, page: &mut Markup) {
    region(page, "scroll", "The matrix");
    page.open("table", &[]);
    page.open("tr", &[]);
    page.text("th", &[], "phone");
    for column in &matrix.columns {
        page.text("th", &[("title", &column.what)], &column.name);
    }
    page.close();
    for (row, phone) in matrix.phones.iter().enumerate() {
        page.open("tr", &[]);
        page.text("th", &[], phone.name);
        for checked in matrix.columns.iter().filter_map(|column| column.cells.get(row)) {
            let told = briefly(checked).unwrap_or_default();
            // A finger can choose it; the keyboard does not stop at each of a thousand.
            let attributes: [(&'static str, &dyn std::fmt::Display); 3] =
                [("class", &class(checked)), ("title", &told), ("tabindex", &"-1")];
            page.text("td", &attributes, &matrix.cell(checked));
        }
        page.close();
    }
    page.close();
    page.close();
}

fn rules(matrix: &Matrix, page: &mut Markup) {
    page.text("h2", &[], "The rules that decided");
    region(page, "wide", "Rules");
    page.open("table", &[]);
    header(page, &["number", "sheet", "rule", "grade", "known from"]);
    for (number, reason) in matrix.reasons.iter().enumerate() {
        page.open("tr", &[]);
        page.text("td", &[], &(number + 1).to_string());
        page.text("td", &[("class", &reason.sheet)], reason.outcome());
        let (says, grade, source) = match reason.rule {
            Some(rule) => (format!("{}: {}", rule.id, rule.says), rule.grade.to_string(), rule.source),
            None => ("no verdict within two minutes".into(), String::new(), ""),
        };
        for text in [says.as_str(), &grade, source] {
            page.text("td", &[], text);
        }
        page.close();
    }
    page.close();
    page.close();
}

fn portals(matrix: &Matrix, page: &mut Markup) {
    page.text("h2", &[], "The portals");
    region(page, "wide", "Portals");
    page.open("table", &[]);
    let names =
        ["portal", "what it is", "version", "page", "form", "result", "lease", "how well it is known"];
    header(page, &[&names[..], &["what would have to be changed"]].concat());
    for column in &matrix.columns {
        let Column { name, what, version, setup, .. } = column;
        page.open("tr", &[]);
        for text in [name, what, version, &setup.page, &setup.form, &setup.result, &setup.lease] {
            page.text("td", &[], text);
        }
        page.text("td", &[], &column.known());
        page.open("td", &[]);
        for (change, who) in column.changes() {
            let names: Vec<_> = who.iter().map(|checked| checked.model.name).collect();
            page.text("p", &[], &format!("{change} ({})", names.join(", ")));
        }
        page.close();
        page.close();
    }
    page.close();
    page.close();
}

/// What may be wider than a screen scrolls by itself, so the keyboard has to reach it.
fn region(page: &mut Markup, class: &str, label: &str) {
    page.open("div", &[("class", &class), ("tabindex", &"0"), ("role", &"region"), ("aria-label", &label)]);
}

fn header(page: &mut Markup, names: &[&str]) {
    page.open("tr", &[]);
    for name in names {
        page.text("th", &[], name);
    }
    page.close();
}

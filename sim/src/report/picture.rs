//! Coverage as pictures: the provisioning machine's table with the edges that were taken lit, and
//! bars. Colours are those of the page's style.

use std::fmt::Display;

use vestibule_core::provisioning::{EDGES, Input, ProvisioningState};

use super::Run;
use crate::markup::Markup;

/// Pixels: a row, the names at the left, the names above, a cell.
const ROW: usize = 22;
const LEFT: usize = 130;
const ABOVE: usize = 104;
const CELL: usize = 52;

/// Pixels of the longest bar.
const LONGEST: usize = 420;

/// The machine: states down, inputs across; a cell is an edge and says how many runs took it.
pub(super) fn machine(page: &mut Markup, runs: &[Run]) {
    let (width, height) = (LEFT + CELL * Input::ALL.len() + 60, ABOVE + ROW * ProvisioningState::ALL.len());
    begin(page, width, height, "Edges of the provisioning machine and how many runs took them");
    for (column, input) in Input::ALL.iter().enumerate() {
        let (x, y) = (LEFT + CELL * column + CELL / 2, ABOVE - 8);
        let turn = format!("translate({x} {y}) rotate(-45)");
        page.text("text", &[("transform", &turn)], &format!("{input:?}"));
    }
    for (row, state) in ProvisioningState::ALL.iter().enumerate() {
        words(page, "", (0, ABOVE + ROW * row + 15), &format!("{state:?}"));
    }
    for (place, edge) in EDGES.iter().enumerate() {
        let row = ProvisioningState::ALL.iter().position(|state| *state == edge.from).unwrap_or_default();
        let column = Input::ALL.iter().position(|input| *input == edge.on).unwrap_or_default();
        let taken = runs.iter().filter(|run| run.covers.edges.contains(&place)).count();
        let (x, y) = (LEFT + CELL * column, ABOVE + ROW * row);
        page.open("g", &[]);
        let (from, on, to) = (edge.from, edge.on, edge.to);
        page.text("title", &[], &format!("{from:?} on {on:?} to {to:?}: {}", number(taken)));
        let class = if taken == 0 { "never" } else { "some" };
        rectangle(page, class, (x + 1, y + 1), (CELL - 3, ROW - 3));
        words(page, "", (x + 5, y + 15), &taken.to_string());
        page.close();
    }
    page.close();
}

/// A bar: its name, of how many runs, and of how many of those that failed.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) runs: usize,
    pub(super) failed: usize,
}

/// Bars, each with its numbers.
pub(super) fn bars(page: &mut Markup, title: &str, bars: &[Bar]) {
    let most = bars.iter().map(|bar| bar.runs).max().unwrap_or_default().max(1);
    begin(page, LEFT + LONGEST + 160, ROW * bars.len(), title);
    for (row, bar) in bars.iter().enumerate() {
        let (y, wide) = (ROW * row, |number: usize| (LONGEST * number).div_ceil(most));
        words(page, "", (0, y + 15), &bar.name);
        rectangle(page, "track", (LEFT, y + 2), (LONGEST, ROW - 6));
        rectangle(page, "some", (LEFT, y + 2), (wide(bar.runs), ROW - 6));
        rectangle(page, "fail", (LEFT, y + 2), (wide(bar.failed), ROW - 6));
        let numbers = match (bar.runs, bar.failed) {
            (0, _) => "never".into(),
            (runs, 0) => number(runs),
            (runs, failed) => format!("{}, {failed} failed", number(runs)),
        };
        words(page, "note", (LEFT + LONGEST + 8, y + 15), &numbers);
    }
    page.close();
}

fn number(runs: usize) -> String {
    if runs == 1 { "1 run".into() } else { format!("{runs} runs") }
}

fn begin(page: &mut Markup, width: usize, height: usize, title: &str) {
    page.open(
        "svg",
        &[
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("class", &"chart"),
            ("viewBox", &format!("0 0 {width} {height}")),
            ("width", &width),
            ("role", &"img"),
        ],
    );
    page.text("title", &[], title);
}

fn rectangle(page: &mut Markup, class: &str, at: (usize, usize), size: (usize, usize)) {
    let attributes: [(&'static str, &dyn Display); 5] =
        [("class", &class), ("x", &at.0), ("y", &at.1), ("width", &size.0), ("height", &size.1)];
    page.leaf("rect", &attributes);
}

fn words(page: &mut Markup, class: &str, at: (usize, usize), words: &str) {
    page.text("text", &[("class", &class), ("x", &at.0), ("y", &at.1)], words);
}

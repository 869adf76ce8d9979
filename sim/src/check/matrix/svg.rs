//! The matrix as a picture: a field a cell, the rules beneath.

use super::{Matrix, class};
use crate::markup::{Attribute, Markup, Px};

const STYLE: &str = "
text { font: 12px sans-serif; fill: #222; }
.head { font-weight: bold; }
.mark { text-anchor: middle; }
.small { font-size: 11px; fill: #555; }
rect.ground { fill: #fff; }
.yes { fill: #bfe5c5; }
.empty { fill: #f8dca0; }
.no, .closes { fill: #f2b3ae; }
.apart { fill: #e2e2e2; }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd; } .small { fill: #aaa; } rect.ground { fill: #161616; }
  .yes { fill: #24572d; } .empty { fill: #6b5014; } .no, .closes { fill: #742a24; } .apart { fill: #3a3a3a; }
}
";

/// Pixels: a cell, the names at the left, the names above, the space around, a line of the legend.
const CELL: (f64, f64) = (60.0, 22.0);
const LEFT: f64 = 170.0;
const ABOVE: f64 = 150.0;
const AROUND: f64 = 16.0;
const LINE: f64 = 17.0;

/// Room to the right for the last slanted name.
const RIGHT: f64 = 110.0;

/// The picture is at least so wide, for the legend.
const NARROWEST: f64 = 860.0;

pub(super) fn write(matrix: &Matrix) -> String {
    let (columns, rows) = (matrix.columns.len() as f64, matrix.phones.len() as f64);
    let width = (AROUND + LEFT + columns * CELL.0 + RIGHT).max(NARROWEST);
    let legend = AROUND + ABOVE + rows * CELL.1 + 2.0 * LINE;
    let height = legend + (matrix.reasons.len() as f64 + 2.0) * LINE + AROUND;
    let mut picture = Markup::default();
    let view = format!("0 0 {width} {height}");
    picture.open(
        "svg",
        &[
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("viewBox", &view),
            ("width", &Px(width)),
            ("height", &Px(height)),
            ("role", &"img"),
        ],
    );
    picture.text("title", &[], "Which phone pops up at which portal");
    picture.style(STYLE);
    picture.leaf("rect", &[("class", &"ground"), ("width", &"100%"), ("height", &"100%")]);
    names(matrix, &mut picture);
    cells(matrix, &mut picture);
    rules(matrix, legend, &mut picture);
    picture.finish()
}

fn left_of(column: usize) -> f64 {
    AROUND + LEFT + column as f64 * CELL.0
}

fn top_of(row: usize) -> f64 {
    AROUND + ABOVE + row as f64 * CELL.1
}

fn names(matrix: &Matrix, picture: &mut Markup) {
    for (number, column) in matrix.columns.iter().enumerate() {
        let (x, y) = (left_of(number) + CELL.0 / 2.0, AROUND + ABOVE - 8.0);
        let turn = format!("translate({} {}) rotate(-45)", Px(x), Px(y));
        picture.text("text", &[("class", &"head"), ("transform", &turn)], &column.name);
    }
    for (row, phone) in matrix.phones.iter().enumerate() {
        let y = Px(top_of(row) + 15.0);
        picture.text("text", &[("x", &Px(AROUND)), ("y", &y)], phone.name);
    }
}

fn cells(matrix: &Matrix, picture: &mut Markup) {
    for (number, column) in matrix.columns.iter().enumerate() {
        for (row, checked) in column.cells.iter().enumerate() {
            let (x, y) = (left_of(number), top_of(row));
            let (at_x, at_y) = (Px(x + 1.0), Px(y + 1.0));
            let (width, height) = (Px(CELL.0 - 2.0), Px(CELL.1 - 2.0));
            picture.leaf(
                "rect",
                &[
                    ("class", &class(checked)),
                    ("x", &at_x),
                    ("y", &at_y),
                    ("width", &width),
                    ("height", &height),
                    ("rx", &"3"),
                ],
            );
            let (mark_x, mark_y) = (Px(x + CELL.0 / 2.0), Px(y + 15.0));
            let attributes: [Attribute<'_>; 3] = [("class", &"mark"), ("x", &mark_x), ("y", &mark_y)];
            picture.text("text", &attributes, &matrix.cell(checked));
        }
    }
}

fn rules(matrix: &Matrix, top: f64, picture: &mut Markup) {
    let text = |picture: &mut Markup, class: &str, line: usize, words: &str| {
        let y = Px(top + line as f64 * LINE);
        picture.text("text", &[("class", &class), ("x", &Px(AROUND)), ("y", &y)], words);
    };
    text(
        picture,
        "head",
        0,
        "yes: the sheet opens on a page; empty: it opens on nothing; no: it does not open; grey: does not count.",
    );
    for (number, reason) in matrix.reasons.iter().enumerate() {
        let why = reason.rule.map_or_else(
            || "no verdict within two minutes".to_owned(),
            |rule| format!("{} (grade {})", rule.id, rule.grade),
        );
        let words = format!("{}  {}: {why}", number + 1, reason.outcome());
        text(picture, "small", number + 1, &words);
    }
}

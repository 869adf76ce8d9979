//! A label as SVG.

use std::fmt::Write;

use super::{DOTS_A_MILLIMETRE, Face, Line, Part, Picture, TEXT_LEFT, WIDTH, columns_of};
use crate::markup::Markup;

/// Fonts of one width in which 0 and O, 1 and l differ, where there are such.
const FONT: &str = "\"DejaVu Sans Mono\", Menlo, Consolas, \"Liberation Mono\", monospace";

pub(super) fn write(label: &Picture) -> String {
    let mut markup = Markup::default();
    let tall = label.height();
    markup.open(
        "svg",
        &[
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("viewBox", &format!("0 0 {WIDTH} {tall}")),
            ("width", &format!("{:.2}mm", WIDTH as f64 / DOTS_A_MILLIMETRE)),
            ("height", &format!("{:.2}mm", tall as f64 / DOTS_A_MILLIMETRE)),
            ("font-family", &FONT),
        ],
    );
    // White is drawn: a code on a dark page is not read by every camera.
    let size: [(&'static str, &dyn std::fmt::Display); 3] =
        [("width", &WIDTH), ("height", &tall), ("fill", &"#fff")];
    markup.leaf("rect", &size);
    for part in &label.parts {
        markup.leaf("path", &[("d", &code(part)), ("shape-rendering", &"crispEdges")]);
    }
    for (line, top) in label.lines() {
        text(&mut markup, line, top);
    }
    markup.finish()
}

fn code(part: &Part) -> String {
    let (module, (left, top)) = (part.module(), part.code_corner());
    let mut path = String::new();
    for (column, row, length) in part.runs() {
        let (x, y, wide) = (left + column * module, top + row * module, length * module);
        // Writing to a String does not fail.
        let _ = write!(path, "M{x} {y}h{wide}v{module}h-{wide}z");
    }
    path
}

fn text(markup: &mut Markup, line: &Line, top: usize) {
    let (width, height) = line.face.cell();
    let weight = if matches!(line.face, Face::Name | Face::LongName) { "bold" } else { "normal" };
    let columns: usize = line.text.chars().map(columns_of).sum();
    markup.text(
        "text",
        &[
            ("x", &TEXT_LEFT),
            // Where letters stand in their cell: a fifth of it is below.
            ("y", &(top + height * 4 / 5)),
            ("font-size", &(height * 5 / 6)),
            ("font-weight", &weight),
            // With every font the line is as wide as it was laid out.
            ("textLength", &(columns * width)),
            ("xml:space", &"preserve"),
        ],
        &line.text,
    );
}

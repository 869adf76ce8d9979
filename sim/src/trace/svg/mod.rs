//! A trace as a picture: time runs to the right, each node has a lane, bars show what lasts and
//! labels what happens. One self-contained SVG, light or dark as its reader's screen is.
//!
//! `story` says what is shown, `axis` and `labels` where; [`crate::markup`] writes it down.

mod axis;
mod labels;
mod story;

use vestibule_core::Instant;

use super::{Record, seconds};
use crate::markup::{Markup, Px};
use axis::Axis;
use labels::{cut, rows, width};
use story::{Bar, BarKind, Event, Lane, Story};

/// Pixels across, and at the edges.
const WIDTH: f64 = 1000.0;
const EDGE: f64 = 16.0;

/// Where the line of time is.
const TIME: f64 = 62.0;

/// Where the first lane begins: below the line of time and the band's name.
const LANES: f64 = 88.0;

/// Heights: of a lane's name, of its bars, from there to its first label, of a label, and below
/// the last.
const NAME: f64 = 18.0;
const BAR: f64 = 18.0;
const MARKS: f64 = 16.0;
const LABEL: f64 = 16.0;
const BELOW: f64 = 10.0;

/// The size of its letters.
const LETTERS: f64 = 12.0;

/// Most characters of a label. The whole text is its tooltip.
const LABEL_CHARACTERS: usize = 46;

/// Pixels that show that something goes on when the trace ends.
const ON: f64 = 80.0;

/// Pixels that the time at a tick takes.
const TICK: f64 = 52.0;

/// The trace of a run as an SVG.
///
/// [`har`](crate::export::har) has an example of it.
pub fn svg(records: &[Record]) -> String {
    let story = Story::of(records);
    let axis = fitting_axis(&story);
    let lanes: Vec<(&Lane, Vec<usize>)> =
        story.lanes.iter().map(|lane| (lane, rows(&label_places(lane, &axis)))).collect();
    let lanes_end = LANES + lanes.iter().map(|(lane, rows)| lane_height(lane, rows)).sum::<f64>();
    let kinds = story.kinds();
    let height = lanes_end + 44.0 + LABEL * kinds.len() as f64;

    let mut markup = Markup::default();
    begin(&mut markup, &story, height);
    for (from, to, goes_on) in &story.access_point {
        let (from, to) = span(&axis, *from, *to, *goes_on);
        rectangle(&mut markup, "band", (from, TIME + 6.0), (to - from, lanes_end - TIME - 6.0));
        if to - from > width("access point up", 11.0) {
            text(&mut markup, "small", (from + 4.0, TIME + 19.0), "access point up");
        }
    }
    time(&mut markup, &axis, lanes_end);
    let mut top = LANES;
    for (lane, rows) in &lanes {
        draw_lane(&mut markup, lane, rows, &axis, top);
        top += lane_height(lane, rows);
    }
    legend(&mut markup, &kinds, lanes_end);
    markup.finish()
}

/// The widest axis whose labels all fit on the page.
fn fitting_axis(story: &Story) -> Axis {
    let moments = story.moments();
    let mut wide = WIDTH - 2.0 * EDGE - ON;
    loop {
        let axis = Axis::new(&moments, EDGE, wide);
        let places = story.lanes.iter().flat_map(|lane| label_places(lane, &axis));
        let over = places.map(|(x, width)| x + width - (WIDTH - EDGE)).fold(0.0, f64::max);
        if over < 1.0 || wide < WIDTH / 2.0 {
            return axis;
        }
        wide -= over;
    }
}

/// From where to where something lasts.
fn span(axis: &Axis, from: Instant, to: Instant, goes_on: bool) -> (f64, f64) {
    (axis.x(from), axis.x(to) + if goes_on { ON } else { 0.0 })
}

/// Where each label of a lane is, and how wide.
fn label_places(lane: &Lane, axis: &Axis) -> Vec<(f64, f64)> {
    let place =
        |event: &Event| (axis.x(event.at), 8.0 + width(&cut(&event.label, LABEL_CHARACTERS), LETTERS));
    lane.events.iter().map(place).collect()
}

/// The height of a lane's bars: none where there can be none.
fn bars_height(lane: &Lane) -> f64 {
    if lane.bars.is_empty() { 4.0 } else { BAR }
}

fn lane_height(lane: &Lane, rows: &[usize]) -> f64 {
    let labels = rows.iter().max().map_or(0.0, |last| MARKS + LABEL * (last + 1) as f64);
    NAME + bars_height(lane) + labels + BELOW
}

fn begin(markup: &mut Markup, story: &Story, height: f64) {
    let title = story.title.as_deref().unwrap_or("a run");
    markup.open(
        "svg",
        &[
            ("xmlns", &"http://www.w3.org/2000/svg"),
            ("viewBox", &format!("0 0 {WIDTH} {height}")),
            ("width", &WIDTH),
            ("height", &height),
            ("role", &"img"),
        ],
    );
    markup.text("title", &[], title);
    markup.style(include_str!("style.css"));
    rectangle(markup, "paper", (0.0, 0.0), (WIDTH, height));
    text(markup, "title", (EDGE, 26.0), &cut(title, 100));
}

/// The line of time: when, and what of it is shortened.
fn time(markup: &mut Markup, axis: &Axis, bottom: f64) {
    let mut from = EDGE;
    for idle in axis.idle() {
        if from < idle.from {
            line(markup, "time", &format!("M{} {TIME}H{}", Px(from), Px(idle.from)));
        }
        markup.open("g", &[]);
        markup.text("title", &[], &format!("nothing happens for {:.3} s", idle.lasts.as_secs_f64()));
        line(markup, "time idle", &format!("M{} {TIME}H{}", Px(idle.from), Px(idle.to)));
        markup.close();
        from = idle.to;
    }
    line(markup, "time", &format!("M{} {TIME}H{}", Px(from), Px(axis.end())));
    for (at, x) in axis.ticks(TICK) {
        line(markup, "grid", &format!("M{} {TIME}V{}", Px(x), Px(bottom)));
        line(markup, "time", &format!("M{} {TIME}v-5", Px(x)));
        text(markup, "small", (x, TIME - 8.0), &format!("{:.3} s", seconds(at)));
    }
}

fn draw_lane(markup: &mut Markup, lane: &Lane, rows: &[usize], axis: &Axis, top: f64) {
    let (bars, marks) = (top + NAME, top + NAME + bars_height(lane));
    line(markup, "rule", &format!("M0 {}H{WIDTH}", Px(top)));
    let name = if lane.name == "world" { "the script" } else { &lane.name };
    text(markup, "name", (EDGE, top + 14.0), &cut(name, 100));
    for bar in &lane.bars {
        let (from, to) = span(axis, bar.from, bar.to, bar.goes_on);
        markup.open("g", &[]);
        let label = bar.kind.label();
        markup.text("title", &[], &tip(bar));
        rectangle(markup, bar.kind.class(), (from, bars), (to - from, BAR));
        if !label.is_empty() && to - from > width(&label, LETTERS) + 6.0 {
            text(markup, "label", (from + 5.0, bars + 13.0), &label);
        }
        markup.close();
    }
    for (event, row) in lane.events.iter().zip(rows) {
        let x = axis.x(event.at);
        let base = marks + MARKS + LABEL * (*row as f64 + 0.7);
        markup.open("g", &[]);
        markup.text("title", &[], &format!("{:.6} s: {}", seconds(event.at), event.words));
        line(markup, "leader", &format!("M{} {}V{}h5", Px(x), Px(marks), Px(base - 4.0)));
        let class = event.mood;
        markup.leaf("circle", &[("class", &class), ("cx", &Px(x)), ("cy", &Px(marks)), ("r", &3.5)]);
        text(markup, class, (x + 8.0, base), &cut(&event.label, LABEL_CHARACTERS));
        markup.close();
    }
}

/// The tooltip of a bar.
fn tip(bar: &Bar) -> String {
    let (from, to) = (seconds(bar.from), seconds(bar.to));
    let until = if bar.goes_on { "on".to_owned() } else { format!("to {to:.6} s") };
    format!("{}, from {from:.6} s {until}", words(bar.kind))
}

fn words(kind: BarKind) -> String {
    match kind {
        BarKind::State(_) => format!("{}: {}", kind.label(), kind.meaning()),
        BarKind::On | BarKind::Sheet => kind.meaning().to_owned(),
    }
}

/// The legend: the meanings of the colours that occur.
fn legend(markup: &mut Markup, kinds: &[BarKind], top: f64) {
    line(markup, "rule", &format!("M0 {}H{WIDTH}", Px(top)));
    let mut base = top + 20.0;
    for kind in kinds {
        rectangle(markup, kind.class(), (EDGE, base - 9.0), (18.0, 11.0));
        text(markup, "small", (EDGE + 26.0, base), &words(*kind));
        base += LABEL;
    }
    let scale = "Time is to scale, but for idle stretches, which are shortened (dotted), and for bursts, \
                 which are spread.";
    text(markup, "small", (EDGE, base + 4.0), scale);
}

fn rectangle(markup: &mut Markup, class: &str, at: (f64, f64), size: (f64, f64)) {
    markup.leaf(
        "rect",
        &[
            ("class", &class),
            ("x", &Px(at.0)),
            ("y", &Px(at.1)),
            ("width", &Px(size.0)),
            ("height", &Px(size.1)),
        ],
    );
}

fn line(markup: &mut Markup, class: &str, path: &str) {
    markup.leaf("path", &[("class", &class), ("d", &path)]);
}

fn text(markup: &mut Markup, class: &str, at: (f64, f64), words: &str) {
    markup.text("text", &[("class", &class), ("x", &Px(at.0)), ("y", &Px(at.1))], words);
}

//! A model's machine, printed: as a table and as a graph for Graphviz. Both are made from the very
//! tables that it runs on.

use std::fmt::Write as _;

use super::judge::case::Then;
use super::model::Model;
use super::rule::{Grade, Rule};
use super::table::{Event, PhoneAction, PhoneState, SheetState, Transition};

/// How wide a line may get.
const WIDTH: usize = 100;

/// The machine as a table: what it asks, how it judges what comes back, what it does then, when it
/// asks again, and every rule with its source.
///
/// ```
/// let model = vestibule::phone::by_id("windows-11")?;
/// assert!(vestibule::phone::explain::table(model).contains("any other reply, 302 for example"));
/// # Ok::<(), vestibule::phone::UnknownModel>(())
/// ```
pub fn table(model: &'static Model) -> String {
    let mut text = String::new();
    heading(&mut text, model);
    asks(&mut text, model);
    judges(&mut text, model);
    steps(&mut text, model);
    waits(&mut text, model);
    features(&mut text, model);
    asks_for_an_address(&mut text, model);
    rules(&mut text, model);
    text
}

macro_rules! line {
    ($text:expr, $($what:tt)*) => {{
        // Writing to a string cannot fail.
        let _ = writeln!($text, $($what)*);
    }};
}

fn heading(text: &mut String, model: &Model) {
    line!(text, "{}: {}, versions: {}", model.id, model.name, model.versions);
    line!(text, "a portal brings its owner: {}", model.presents);
    if let Some(need) = model.need {
        line!(text, "if it has {}; {} otherwise {}", need.what, need.otherwise, mark(need.rule));
    }
}

fn asks(text: &mut String, model: &Model) {
    line!(text, "\nWHAT IT ASKS");
    for (when, what) in model.system.asks() {
        line!(text, "  {when:<22} {what}");
    }
}

fn judges(text: &mut String, model: &Model) {
    let rows: Vec<_> = model.cases().collect();
    if rows.is_empty() {
        return;
    }
    line!(text, "\nHOW IT JUDGES A REPLY: the first row that holds");
    for case in rows {
        let when: Vec<String> = case.when.iter().map(ToString::to_string).collect();
        let when = if when.is_empty() { "anything else".to_owned() } else { when.join(", ") };
        row(text, &when, &case.then.to_string(), case.rule);
    }
}

fn steps(text: &mut String, model: &Model) {
    let behaviour = model.system.behaviour();
    line!(text, "\nWHAT IT DOES: the first row that fits; it begins as \"{}\"", PhoneState::Unknown);
    for step in behaviour.transitions {
        row(text, &format!("{}{}", when(step), events(step)), &then(step), step.rule);
    }
    if let Some(dialog) = behaviour.dialog {
        row(text, &format!("{} s after joining", dialog.after.as_secs()), "time to ask", dialog.rule);
    }
    if behaviour.ignored_attempts > 0 {
        let ignored = behaviour.ignored_attempts;
        line!(text, "  A request for a check between failed ones is ignored before attempt {ignored}.");
    }
}

fn when(step: &Transition) -> String {
    let states = step.state.iter().map(PhoneState::to_string);
    let places: Vec<String> = states.chain(step.sheet.iter().map(SheetState::to_string)).collect();
    if places.is_empty() { String::new() } else { format!("{}; ", places.join(" or ")) }
}

fn events(step: &Transition) -> String {
    let events: Vec<String> = step.on.iter().map(ToString::to_string).collect();
    events.join(" or ")
}

fn then(step: &Transition) -> String {
    let to = step.to.map(|to| format!("state \"{to}\""));
    let does: Vec<String> = to.into_iter().chain(step.actions.iter().map(ToString::to_string)).collect();
    if does.is_empty() { "nothing".to_owned() } else { does.join(", ") }
}

fn waits(text: &mut String, model: &Model) {
    let waits = model.system.behaviour().rechecks;
    if !waits.is_empty() {
        line!(text, "\nWHEN IT CHECKS AGAIN BY ITSELF");
    }
    for wait in waits {
        row(text, &format!("state \"{}\"", wait.state), &format!("after {}", wait.after), wait.rule);
    }
}

fn features(text: &mut String, model: &Model) {
    if !model.features.is_empty() {
        line!(text, "\nTHE BROWSER OF ITS SIGN-IN PAGE");
    }
    for feature in model.features {
        row(text, feature.what, if feature.is_there { "yes" } else { "no" }, feature.rule);
    }
}

fn asks_for_an_address(text: &mut String, model: &Model) {
    let dhcp = model.dhcp();
    line!(text, "\nHOW IT ASKS FOR AN ADDRESS, over a link");
    let list: Vec<String> = dhcp.parameter_request_list.iter().map(u8::to_string).collect();
    let class = dhcp.vendor_class.map(|class| format!("; says {class}")).unwrap_or_default();
    row(text, "DHCP", &format!("asks for {}{class}", list.join(",")), dhcp.rule);
    let address = if dhcp.draws_address { "drawn" } else { "its adapter's" };
    row(text, "hardware address", address, dhcp.address_rule);
}

fn rules(text: &mut String, model: &Model) {
    line!(text, "\nTHE RULES AND THEIR SOURCES");
    for rule in model.rules() {
        line!(text, "  {} (grade {})", rule.id, rule.grade);
        wrapped(text, 6, rule.says);
        wrapped(text, 6, &format!("source: {}", rule.source));
    }
    let unverified = model.rules().filter(|rule| rule.grade == Grade::E).count();
    line!(text, "\n{} rules, {unverified} of them unverified", model.rules().count());
}

fn mark(rule: &Rule) -> String {
    format!("[{}, {}]", rule.id, rule.grade)
}

fn row(text: &mut String, when: &str, then: &str, rule: &Rule) {
    wrapped(text, 2, when);
    wrapped(text, 6, &format!("-> {then} {}", mark(rule)));
}

/// Words in lines of at most [`WIDTH`], indented by so much.
fn wrapped(text: &mut String, indent: usize, words: &str) {
    let mut line = String::new();
    let flush = |line: &mut String, text: &mut String| {
        line!(text, "{:indent$}{line}", "");
        line.clear();
    };
    for word in words.split(' ') {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
            flush(&mut line, text);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    flush(&mut line, text);
}

/// The machine as a graph in the language of Graphviz: from the check to its verdicts, from these
/// to what the phone believes, and what the owner and the page do. What is unverified is dashed.
pub fn dot(model: &'static Model) -> String {
    let mut text = String::new();
    line!(text, "digraph {} {{", quoted(model.id));
    line!(text, "  rankdir=LR; node [shape=box, style=rounded]; edge [fontsize=10];");
    line!(text, "  label={};", quoted(&format!("{}, {}", model.name, model.versions)));
    judge_edges(&mut text, model);
    let behaviour = model.system.behaviour();
    for step in behaviour.transitions {
        step_edges(&mut text, step);
    }
    for wait in behaviour.rechecks {
        edge(&mut text, &wait.state.to_string(), "check", &format!("after {}", wait.after), wait.rule);
    }
    line!(text, "}}");
    text
}

fn judge_edges(text: &mut String, model: &Model) {
    for (number, (when, what)) in model.system.asks().into_iter().enumerate() {
        line!(text, "  \"ask {number}\" [shape=note, label={}];", quoted(&format!("{when}\\n{what}")));
        line!(text, "  \"check\" -> \"ask {number}\" [arrowhead=none];");
    }
    for case in model.cases() {
        let when: Vec<String> = case.when.iter().map(ToString::to_string).collect();
        let when = if when.is_empty() { "anything else".to_owned() } else { when.join(", ") };
        let to = match case.then {
            Then::Follow => "check".to_owned(),
            Then::Portal(_) => Event::Portal.to_string(),
            then => format!("check: {then}"),
        };
        edge(text, "check", &to, &when, case.rule);
    }
}

/// From the verdict, or from where the page is, to the state that is reached, or else to the page.
fn step_edges(text: &mut String, step: &Transition) {
    for event in step.on {
        let page = step.sheet.first().map_or_else(|| "any state".to_owned(), SheetState::to_string);
        let from = if event.is_verdict() { event.to_string() } else { page.clone() };
        let opens = step.actions.contains(&PhoneAction::OpenPage).then(|| SheetState::Open.to_string());
        let to = step.to.map(|to| to.to_string()).or(opens).unwrap_or(page);
        edge(text, &from, &to, &format!("{}{event}: {}", when(step), then(step)), step.rule);
    }
}

fn edge(text: &mut String, from: &str, to: &str, label: &str, rule: &Rule) {
    let style = if rule.grade == Grade::E { ", style=dashed" } else { "" };
    let label = quoted(&format!("{label}\\n{} {}", rule.id, rule.grade));
    let tip = quoted(&format!("{} Source: {}", rule.says, rule.source));
    line!(text, "  {} -> {} [label={label}, tooltip={tip}{style}];", quoted(from), quoted(to));
}

/// As Graphviz quotes; `\n` is its line break.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

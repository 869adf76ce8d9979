//! A report as a page of HTML: well-formed as XML too, no script, nothing loaded.

use vestibule_core::provisioning::{EDGES, ProvisioningState};

use super::picture::{Bar, bars, machine};
use super::{LISTED, Report, Run};
use crate::coverage;
use crate::invariant::Safety;
use crate::markup::Markup;

/// Nothing is fetched and nothing runs, even if foreign markup should get into the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn write(report: &Report, made: Option<&str>) -> String {
    let mut page = Markup::default();
    page.open("html", &[("lang", &"en")]);
    page.open("head", &[]);
    page.leaf("meta", &[("charset", &"utf-8")]);
    page.leaf("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &POLICY)]);
    page.leaf("meta", &[("name", &"viewport"), ("content", &"width=device-width, initial-scale=1")]);
    page.text("title", &[], &format!("Vestibule: {}", report.title));
    page.style(include_str!("style.css"));
    page.close();
    page.open("body", &[]);
    page.open("main", &[]);
    page.text("h1", &[], &report.title);
    if let Some(made) = made {
        page.text("p", &[("class", &"note")], made);
    }
    verdict(report, &mut page);
    scenarios(report, &mut page);
    failures(report, &mut page);
    invariants(report, &mut page);
    covered(report, &mut page);
    timelines(report, &mut page);
    format!("<!DOCTYPE html>\n{}", page.finish())
}

fn verdict(report: &Report, page: &mut Markup) {
    let (all, failed) = (report.runs.len(), report.failures().count());
    let (class, words) = match failed {
        0 => ("verdict passed", format!("All {all} runs passed.")),
        _ => ("verdict broken", format!("{failed} of {all} runs failed.")),
    };
    page.text("p", &[("class", &class)], &words);
    if report.campaign && failed == 0 && all >= 30 {
        // The rule of three: without a failure in n runs the rate is below 3/n, with 95 % confidence.
        let below = 300.0 / all as f64;
        let bound = format!("Under such faults fewer than {below:.2} % of runs fail, with 95 % confidence.");
        page.text("p", &[("class", &"note")], &bound);
    }
}

fn scenarios(report: &Report, page: &mut Markup) {
    page.text("h2", &[], "What ran");
    // Of single runs a share says nothing.
    let many =
        report.files().iter().any(|file| report.runs.iter().filter(|run| run.file == *file).count() > 1);
    let head: &[&str] = if many {
        &["scenario", "runs", "failed", "passed", "simulated time"]
    } else {
        &["scenario", "outcome", "simulated time"]
    };
    table(page, "What ran", head);
    for file in report.files() {
        let runs: Vec<&Run> = report.runs.iter().filter(|run| run.file == file).collect();
        let failed = runs.iter().filter(|run| !run.passed()).count();
        let took: f64 = runs.iter().map(|run| run.took.as_secs_f64()).sum();
        let rate = 100.0 * (runs.len() - failed) as f64 / runs.len().max(1) as f64;
        page.open("tr", &[]);
        scenario(report, file, &runs, page);
        let took = format!("{took:.1} s");
        if many {
            let numbers = [runs.len().to_string(), failed.to_string(), format!("{rate:.2} %"), took];
            numbers.iter().for_each(|number| page.text("td", &[("class", &"number")], number));
        } else {
            let (class, words) = if failed == 0 { ("passed", "passed") } else { ("broken", "failed") };
            page.text("td", &[("class", &class)], words);
            page.text("td", &[("class", &"number")], &took);
        }
        page.close();
    }
    end(page);
}

/// A scenario's name, with a link to what is told of its runs below: how the first one failed, or a timeline.
fn scenario(report: &Report, file: &str, runs: &[&Run], page: &mut Markup) {
    let name = runs.first().map_or("", |run| run.name.as_str());
    let told = if name.is_empty() { file.to_owned() } else { format!("{file}: {name}") };
    page.open("td", &[]);
    let shown = match runs.iter().find(|run| !run.passed()) {
        Some(run) => is_listed(report, run).then_some(run),
        None => runs.iter().find(|run| run.timeline.is_some()),
    };
    match shown {
        Some(run) => page.text("a", &[("href", &format!("#{}", anchor(report, run)))], &told),
        None => page.text("span", &[], &told),
    }
    page.close();
}

fn failures(report: &Report, page: &mut Markup) {
    let failed: Vec<&Run> = report.failures().collect();
    if failed.is_empty() {
        return;
    }
    page.text("h2", &[], "What failed");
    let (drawn, listed): (Vec<_>, Vec<_>) = failed.into_iter().partition(|run| run.timeline.is_some());
    for run in drawn {
        page.open("section", &[("id", &anchor(report, run))]);
        page.text("h3", &[], &format!("{}, seed {}", run.file, run.seed));
        result_section(run, page);
        drawing(run, page);
        page.close();
    }
    for run in listed.iter().take(LISTED) {
        page.open("details", &[("id", &anchor(report, run))]);
        page.text("summary", &[], &format!("{}, seed {}", run.file, run.seed));
        result_section(run, page);
        page.close();
    }
    if listed.len() > LISTED {
        page.text("p", &[("class", &"note")], &format!("And {} more.", listed.len() - LISTED));
    }
}

/// Whether a run that failed is among those that are told.
fn is_listed(report: &Report, run: &Run) -> bool {
    let mut listed = report.failures().filter(|one| one.timeline.is_none()).take(LISTED);
    run.timeline.is_some() || listed.any(|one| std::ptr::eq(one, run))
}

/// What a link to this run names.
fn anchor(report: &Report, run: &Run) -> String {
    let place = report.runs.iter().position(|one| std::ptr::eq(one, run));
    format!("run-{}", place.unwrap_or_default())
}

fn result_section(run: &Run, page: &mut Markup) {
    page.open("div", &[("class", &"told broken")]);
    for line in run.failed.iter().flat_map(|failed| failed.lines()) {
        page.text("div", &[], line.trim());
    }
    page.close();
    page.text("p", &[], "Do it again:");
    page.text("pre", &[], &run.again);
}

fn drawing(run: &Run, page: &mut Markup) {
    scroll(page, &format!("Timeline of {}, seed {}", run.file, run.seed));
    page.element(run.timeline.as_deref().unwrap_or_default());
    page.close();
}

fn invariants(report: &Report, page: &mut Markup) {
    page.text("h2", &[], "Invariants");
    table(page, "Invariants", &["invariant", "what must hold", "broken in"]);
    for (name, says) in Safety::all() {
        let broken = report.runs.iter().filter(|run| run.invariant.as_deref() == Some(name)).count();
        let (class, words) = match broken {
            0 => ("passed", "no run".to_owned()),
            1 => ("broken", "1 run".to_owned()),
            _ => ("broken", format!("{broken} runs")),
        };
        page.open("tr", &[]);
        page.text("td", &[("class", &"name")], name);
        page.text("td", &[], says);
        page.text("td", &[("class", &class)], &words);
        page.close();
    }
    end(page);
}

fn covered(report: &Report, page: &mut Markup) {
    page.text("h2", &[], "Where the runs have been");
    let counts = report.edges();
    let (never, taken): (Vec<_>, Vec<_>) = counts.iter().partition(|edge| edge.runs == 0);
    let edges = format!(
        "{} of the provisioning machine's {} edges were taken. A cell is an edge: in the state at its left, \
         on the input above it; the number is that of runs, a dashed cell was never taken.",
        taken.len(),
        counts.len()
    );
    page.text("p", &[], &edges);
    if !never.is_empty() {
        page.text("h3", &[], "Edges that no run took");
        page.open("ul", &[]);
        never.iter().for_each(|edge| page.text("li", &[], &edge.to_string()));
        page.close();
    }
    scroll(page, "The provisioning machine");
    machine(page, &report.runs);
    page.close();
    page.text("h3", &[], "States");
    let states: Vec<Bar> = ProvisioningState::ALL
        .iter()
        .map(|state| bar(report, format!("{state:?}"), |run| has_been_in(run, *state)))
        .collect();
    chart(page, "Runs that came through each state", &states);
    page.text("h3", &[], "Kinds of faults");
    let faults: Vec<Bar> = coverage::kinds()
        .into_iter()
        .map(|kind| bar(report, kind.clone(), |run| run.covers.faults.contains(&kind)))
        .collect();
    chart(page, "Runs that each kind of fault befell", &faults);
}

fn chart(page: &mut Markup, title: &str, of: &[Bar]) {
    scroll(page, title);
    bars(page, title, of);
    page.close();
}

fn bar(report: &Report, name: String, is_of: impl Fn(&Run) -> bool) -> Bar {
    let runs = report.runs.iter().filter(|run| is_of(run));
    let failed = runs.clone().filter(|run| !run.passed()).count();
    Bar { name, runs: runs.count(), failed }
}

fn has_been_in(run: &Run, state: ProvisioningState) -> bool {
    let mut edges = run.covers.edges.iter().filter_map(|at| EDGES.get(*at));
    edges.any(|edge| edge.from == state || edge.to == state)
}

/// Of runs that passed.
fn timelines(report: &Report, page: &mut Markup) {
    let drawn: Vec<&Run> = report.runs.iter().filter(|run| run.passed() && run.timeline.is_some()).collect();
    if drawn.is_empty() {
        return;
    }
    page.text("h2", &[], "Timelines of runs that passed");
    for run in drawn {
        page.open("details", &[("id", &anchor(report, run))]);
        page.text("summary", &[], &format!("{}, seed {}", run.file, run.seed));
        drawing(run, page);
        page.close();
    }
}

/// What may be wider than a screen scrolls by itself, and the keyboard reaches it.
fn scroll(page: &mut Markup, label: &str) {
    page.open(
        "div",
        &[("class", &"scroll"), ("tabindex", &"0"), ("role", &"region"), ("aria-label", &label)],
    );
}

fn table(page: &mut Markup, label: &str, names: &[&str]) {
    scroll(page, label);
    page.open("table", &[]);
    page.open("tr", &[]);
    names.iter().for_each(|name| page.text("th", &[], name));
    page.close();
}

fn end(page: &mut Markup) {
    page.close();
    page.close();
}

//! The models against what the systems' own code concluded (`fixtures/agreement`): every case is played to the
//! model of the release that concluded. A disagreement fails unless the file says why.

mod file;
mod play;

use file::{Case, Conclusion, File};
use play::{Concluded, conclude};

/// The clocks of the runs that were recorded and the model's may be so far apart, in seconds.
const TOLERANCE: f64 = 1.0;

/// From so many seeds one must lead to a conclusion that depends on a draw.
const SEEDS: u64 = 24;

#[derive(Default)]
struct Count {
    agree: usize,
    known: usize,
    inexpressible: usize,
    unexplained: Vec<String>,
    stale: Vec<String>,
}

/// Of the conclusions in a file, so many may differ from a model's. A ceiling may only fall.
#[test]
fn android_concludes_as_its_own_code() {
    agrees("android", 1);
}

#[test]
fn networkmanager_concludes_as_its_own_code() {
    agrees("networkmanager", 6);
}

#[test]
fn harmonyos_concludes_as_openharmony_s_code() {
    agrees("openharmony", 1);
}

#[test]
fn chromium_concludes_as_its_own_code() {
    agrees("chromium", 1);
}

#[test]
fn chromeos_concludes_as_shill_s_code() {
    agrees("shill", 2);
}

#[test]
fn connman_concludes_as_its_own_code() {
    agrees("connman", 3);
}

#[test]
fn firefox_concludes_as_its_own_code() {
    agrees("firefox", 5);
}

#[expect(clippy::print_stdout, reason = "how many agree is worth seeing")]
fn agrees(source: &str, ceiling: usize) {
    let file = File::load(&format!("{source}.json"));
    let mut count = Count::default();
    for case in &file.cases {
        for conclusion in &case.concluded {
            for by in &conclusion.by {
                compare(&mut count, case, conclusion, by);
            }
        }
    }
    let run = count.agree + count.known + count.unexplained.len() + count.stale.len();
    println!(
        "{source}: {} cases, {run} conclusions compared: {} agree, {} differ as the file says, {} differ otherwise; \
         {} cannot be played",
        file.cases.len(),
        count.agree,
        count.known,
        count.unexplained.len(),
        count.inexpressible,
    );
    assert!(count.unexplained.is_empty(), "unexplained:\n{}", count.unexplained.join("\n"));
    assert!(
        count.stale.is_empty(),
        "these agree now, take them out of the file:\n{}",
        count.stale.join("\n")
    );
    assert!(count.known <= ceiling, "{} disagreements, {ceiling} are allowed", count.known);
}

fn compare(count: &mut Count, case: &Case, conclusion: &Conclusion, by: &str) {
    if !is_expressible(conclusion) {
        count.inexpressible += 1;
        return;
    }
    let model = model_of(by);
    let seeds = if conclusion.drawn { SEEDS } else { 1 };
    let ours: Vec<Concluded> = (1..=seeds).map(|seed| conclude(model, case, seed)).collect();
    let agrees = ours.iter().any(|ours| is_the_same(ours, conclusion));
    let known = case.differs.iter().any(|differs| differs.by.iter().any(|name| name == by));
    let line = || format!("{} {by}: {conclusion:?}, the model says {:?}", case.id, ours[0]);
    match (agrees, known) {
        (true, false) => count.agree += 1,
        (false, true) => count.known += 1,
        (true, true) => count.stale.push(line()),
        (false, false) => count.unexplained.push(line()),
    }
}

/// 5.0 and 5.1 are one model.
fn model_of(by: &str) -> &str {
    if by == "android-5.0" { "android-5" } else { by }
}

/// A model does not crash.
fn is_expressible(conclusion: &Conclusion) -> bool {
    conclusion.verdict != "crash"
}

fn is_the_same(ours: &Concluded, theirs: &Conclusion) -> bool {
    ours.verdict == theirs.verdict
        && theirs.url.as_ref().is_none_or(|url| ours.url.as_ref() == Some(url))
        && theirs.seconds.is_none_or(|seconds| (ours.seconds - seconds).abs() <= TOLERANCE)
}

//! A check as a JUnit file, for what reads such files: a test a phone.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Checked, Sheet};
use crate::markup::NoXml;

/// The file, as text. `target` names the portal in it.
///
/// # Errors
/// [`NoXml`], if it cannot be written as such.
///
/// [`over_network()`](super::over_network()) has an example.
pub fn junit(target: &str, checked: &[Checked]) -> Result<String, NoXml> {
    let mut suite = TestSuite::new(format!("vestibule check {target}"));
    suite.add_test_cases(checked.iter().map(test));
    let mut report = Report::new("vestibule check");
    report.add_test_suite(suite);
    report.to_string().map_err(|error| NoXml(error.to_string()))
}

fn test(checked: &Checked) -> TestCase {
    let status = if checked.passed() {
        TestCaseStatus::success()
    } else if !checked.failed() {
        let mut status = TestCaseStatus::skipped();
        status.set_message(in_a_line(checked));
        status
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(in_a_line(checked));
        status.set_type(checked.rule.map_or("no-verdict", |rule| rule.id));
        status.set_description(at_length(checked));
        status
    };
    let mut test = TestCase::new(checked.model.id, status);
    test.set_classname("vestibule.check");
    test.set_time(checked.took.map_or(Duration::ZERO, |took| took.0));
    test.set_system_out(at_length(checked));
    test
}

fn in_a_line(checked: &Checked) -> String {
    let what = match &checked.sheet {
        Sheet::Shown { url, .. } => format!("its sheet opens at {url}"),
        Sheet::Empty { url, why } => format!("its sheet opens at {url} and is empty: {why}"),
        Sheet::Closes { url, why, .. } => format!("its sheet opens at {url} and closes by itself: {why}"),
        Sheet::None => "no sheet".into(),
    };
    let view = checked.views.iter().find_map(|view| Some((&view.engine, view.unusable.as_ref()?)));
    let seen = view.map_or(String::new(), |(engine, why)| format!("; in {engine}: {why}"));
    format!("{} concludes {}: {what}{seen}", checked.model.name, checked.concluded())
}

fn at_length(checked: &Checked) -> String {
    let mut lines = vec![in_a_line(checked)];
    lines.extend(checked.decided_by.iter().map(|told| format!("decided by {}: {}", told.asked, told.came)));
    lines.extend(checked.rule.iter().map(|rule| format!("rule {rule}")));
    lines.extend(checked.disputed.iter().map(|dispute| format!("disputed: {}", dispute.question)));
    lines.extend(checked.change.iter().map(|change| format!("change: {change}")));
    lines.extend(checked.findings.iter().map(|finding| format!("odd: {finding}")));
    for view in &checked.views {
        let page = view.unusable.as_deref().unwrap_or(&view.shows);
        lines.push(format!("in {}: {page}", view.engine));
        lines.extend(view.warnings.iter().map(|warning| format!("in {}, odd: {warning}", view.engine)));
    }
    lines.join("\n")
}

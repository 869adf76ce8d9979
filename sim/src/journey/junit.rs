//! Journeys as a JUnit file: a test a phone.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Journey;
use crate::check::NoXml;

/// The file, as text. `target` names the portal in it.
///
/// # Errors
/// [`NoXml`], if it cannot be written as such.
pub fn junit(target: &str, journeys: &[Journey]) -> Result<String, NoXml> {
    let mut suite = TestSuite::new(format!("vestibule journey {target}"));
    suite.add_test_cases(journeys.iter().map(test));
    let mut report = Report::new("vestibule journey");
    report.add_test_suite(suite);
    report.to_string().map_err(|error| NoXml(error.to_string()))
}

fn test(journey: &Journey) -> TestCase {
    let status = if journey.ending.is_good() {
        TestCaseStatus::success()
    } else if !journey.ending.was_tried() {
        let mut status = TestCaseStatus::skipped();
        status.set_message(journey.ending.says());
        status
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(format!("{}: {}", journey.model.name, journey.ending.says()));
        status.set_type("not-set-up");
        status.set_description(at_length(journey));
        status
    };
    let name = match &journey.engine {
        Some(engine) => format!("{} in {engine}", journey.model.id),
        None => journey.model.id.to_owned(),
    };
    let mut test = TestCase::new(name, status);
    test.set_classname("vestibule.journey");
    test.set_time(journey.story.last().map_or(Duration::ZERO, |(at, _)| at.0));
    test.set_system_out(at_length(journey));
    test
}

fn at_length(journey: &Journey) -> String {
    let mut lines = vec![format!("{}: {}", journey.model.name, journey.ending.says())];
    lines.extend(journey.story.iter().map(|(at, what)| format!("{at}: {what}")));
    lines.extend(journey.all_odd().map(|odd| format!("odd: {odd}")));
    lines.extend(journey.change().map(|change| format!("change: {change}")));
    lines.join("\n")
}

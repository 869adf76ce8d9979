//! Holds a run against what its scenario expects.

use std::fmt;

use vestibule_core::provisioning::State;
use vestibule_core::{JoinFailure, Ssid};

use super::{PhoneExpectSpec, Scenario};

/// What a run has come to so far, as far as scenarios can ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The device's state; `None` without power.
    pub state: Option<State>,
    /// The network that it is on.
    pub joined: Option<Ssid>,
    /// The network that its flash holds.
    pub stored: Option<Ssid>,
    /// The joins that failed.
    pub failures: Vec<JoinFailure>,
    /// How often the access point was raised among the home network's addresses.
    pub clashes: usize,
    /// Whether the receiver has taken a webhook of the device's.
    pub notified: bool,
    /// Whether every step of the script was carried out.
    pub script_done: bool,
    /// The phones, in the scenario's order.
    pub phones: Vec<PhoneOutcome>,
}

/// What it has come to for one phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneOutcome {
    /// Whether a sign-in sheet has opened.
    pub sheet: bool,
    /// Whether the owner has learned the device's new address.
    pub told: bool,
    /// Whether the owner has seen the device's page from the home network.
    pub visited: bool,
    /// The first conclusion.
    pub first_verdict: Option<&'static str>,
    /// The last one.
    pub last_verdict: Option<&'static str>,
    /// What it found wrong.
    pub findings: usize,
    /// Whether the clients on it that want answers have all got them; `None` while some wait, or
    /// without any.
    pub served: Option<bool>,
    /// The bytes of the longest of those answers.
    pub longest_answer: usize,
}

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Of whom, and what was expected.
    pub expected: String,
    /// What there is instead.
    pub found: String,
    /// Whether waiting longer may still bring it about.
    pub may_come: bool,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

/// What does not hold. Nothing left means that the scenario has passed, once its script is done.
pub fn unmet(scenario: &Scenario, standing: &Standing) -> Vec<Unmet> {
    let expect = &scenario.expect;
    let mut unmet = Vec::new();
    let mut hold = |holds: bool, expected: String, found: String, may_come: bool| {
        if !holds {
            unmet.push(Unmet { expected, found, may_come });
        }
    };
    hold(standing.script_done, "every step carried out".into(), "steps that still wait".into(), true);
    if let Some(state) = expect.state.map(State::from) {
        hold(
            standing.state == Some(state),
            format!("the device {state:?}"),
            format!("{:?}", standing.state),
            true,
        );
    }
    if let Some(joined) = &expect.joined {
        let joined = joined.get_ref().0;
        hold(standing.joined == Some(joined), format!("it on \"{joined}\""), named(standing.joined), true);
    }
    if let Some(stored) = &expect.stored {
        let stored = stored.get_ref().0;
        hold(
            standing.stored == Some(stored),
            format!("\"{stored}\" in its flash"),
            named(standing.stored),
            true,
        );
    }
    if let Some(failures) = &expect.failures {
        let failures: Vec<JoinFailure> = failures.iter().map(|name| (*name).into()).collect();
        let may_come = failures.starts_with(&standing.failures);
        let found = format!("{:?}", standing.failures);
        hold(standing.failures == failures, format!("failed joins {failures:?}"), found, may_come);
    }
    if let Some(expected) = expect.clashes.filter(|expected| *expected != standing.clashes) {
        let found = standing.clashes.to_string();
        hold(false, format!("{expected} clashes of subnets"), found, standing.clashes < expected);
    }
    if let Some(expected) = expect.notified.filter(|expected| *expected != standing.notified) {
        let words = |is| if is { "a webhook taken" } else { "no webhook taken" };
        hold(false, words(expected).into(), words(standing.notified).into(), expected);
    }
    for ((number, phone), standing) in scenario.phones.iter().enumerate().zip(&standing.phones) {
        let who = format!("phone {} ({})", number + 1, phone.model.get_ref());
        unmet.extend(unmet_of_phone(&phone.expect, standing, &who));
    }
    unmet
}

fn unmet_of_phone(expect: &PhoneExpectSpec, standing: &PhoneOutcome, who: &str) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    let mut yes_no = |expected: Option<bool>, is: bool, yes: &str, no: &str| {
        if let Some(expected) = expected.filter(|expected| *expected != is) {
            let words = |holds| if holds { yes } else { no };
            unmet.push(Unmet {
                expected: format!("{who} {}", words(expected)),
                found: words(is).into(),
                may_come: expected,
            });
        }
    };
    yes_no(expect.sheet, standing.sheet, "with a sign-in sheet", "without a sign-in sheet");
    yes_no(expect.told, standing.told, "told the new address", "not told the new address");
    yes_no(
        expect.visited,
        standing.visited,
        "visiting the device at home",
        "not visiting the device at home",
    );
    if let Some(verdict) = &expect.first_verdict
        && standing.first_verdict != Some(verdict.as_str())
    {
        unmet.push(Unmet {
            expected: format!("{who} to conclude \"{verdict}\" first"),
            found: format!("{:?}", standing.first_verdict),
            may_come: standing.first_verdict.is_none(),
        });
    }
    if let Some(verdict) = &expect.last_verdict
        && standing.last_verdict != Some(verdict.as_str())
    {
        unmet.push(Unmet {
            expected: format!("{who} to conclude \"{verdict}\" in the end"),
            found: format!("{:?}", standing.last_verdict),
            may_come: true,
        });
    }
    if let Some(findings) = expect.findings.filter(|findings| *findings != standing.findings) {
        unmet.push(Unmet {
            expected: format!("{who} to find {findings} faults"),
            found: standing.findings.to_string(),
            may_come: standing.findings < findings,
        });
    }
    if let Some(expected) = expect.served.filter(|expected| standing.served != Some(*expected)) {
        let words = |served| if served { "all its clients served" } else { "a client not served" };
        unmet.push(Unmet {
            expected: format!("{who} with {}", words(expected)),
            found: standing.served.map_or("some that wait", words).into(),
            may_come: standing.served.is_none() || !expected,
        });
    }
    if let Some(most) = expect.longest_answer.filter(|most| standing.longest_answer > *most) {
        unmet.push(Unmet {
            expected: format!("{who} with answers of at most {most} bytes to its clients"),
            found: standing.longest_answer.to_string(),
            may_come: false,
        });
    }
    unmet
}

fn named(ssid: Option<Ssid>) -> String {
    ssid.map_or("none".into(), |ssid| format!("\"{ssid}\""))
}

/// Whether the scenario expects nothing to come about, only things not to: then it has to run its
/// time out.
pub fn only_forbids(scenario: &Scenario) -> bool {
    let expect = &scenario.expect;
    let device = expect.state.is_some() || expect.joined.is_some() || expect.stored.is_some();
    let device = device || expect.notified == Some(true);
    let awaited = |phone: &PhoneExpectSpec| {
        phone.sheet == Some(true)
            || phone.told == Some(true)
            || phone.visited == Some(true)
            || phone.first_verdict.is_some()
            || phone.last_verdict.is_some()
            || phone.served.is_some()
    };
    !device && !scenario.phones.iter().any(|phone| awaited(&phone.expect))
}

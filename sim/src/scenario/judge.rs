//! Compares the state of a run with what its scenario expects.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{JoinFailure, Ssid};

use super::names::in_toml;
use super::{PhoneExpectSpec, Scenario};

/// The state of a run, as far as scenarios can expect something of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunState {
    /// The device's state; `None` without power.
    pub state: Option<ProvisioningState>,
    /// The network that it is on.
    pub joined: Option<Ssid>,
    /// The network that its flash holds.
    pub stored: Option<Ssid>,
    /// The joins that failed.
    pub failures: Arc<Vec<JoinFailure>>,
    /// How often the access point was raised among the home network's addresses.
    pub clashes: usize,
    /// Whether the receiver has taken a webhook of the device's.
    pub notified: bool,
    /// Whether who hears every frame on the access point finds a passphrase; `None` where nobody listens.
    pub passphrase_on_air: Option<bool>,
    /// Whether every step of the script was carried out.
    pub script_done: bool,
    /// The phones, in the scenario's order.
    pub phones: Vec<PhoneRunState>,
}

/// The state of a run for one phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhoneRunState {
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
    /// Whether a page has said that the passphrase is wrong.
    pub passphrase_blamed: bool,
    /// Whether a page has said that the home network answers with a sign-in page.
    pub sign_in_told: bool,
    /// Whether its browser has loaded an address with a passphrase in it.
    pub passphrase_in_address: bool,
    /// Whether it has sent a form with a passphrase in it that was not sealed.
    pub passphrase_in_clear: bool,
    /// Whether somebody between it and the device has read a passphrase.
    pub read_in_between: bool,
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
#[non_exhaustive]
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

/// Judges a run while it goes on, and says when it is over: the same for every driver.
#[derive(Debug, Default)]
pub(crate) struct RunJudge {
    /// The state that was judged last.
    judged: Option<RunState>,
    unmet: Vec<Unmet>,
}

impl RunJudge {
    /// Whether the run is decided, `took` after its beginning: all holds that its scenario expects, or
    /// something cannot come to hold any more.
    pub(crate) fn is_decided(&mut self, scenario: &Scenario, run_state: RunState, took: Duration) -> bool {
        if self.judged.as_ref() != Some(&run_state) {
            self.unmet = unmet(scenario, &run_state);
            self.judged = Some(run_state);
        }
        let is_early = took < scenario.expect.not_before;
        let met = self.unmet.is_empty() && !only_forbids(scenario) && !is_early;
        met || self.unmet.iter().any(|unmet| !unmet.may_come)
    }

    /// Whether the run is over: it is decided, or its time is up.
    pub(crate) fn is_over(&mut self, scenario: &Scenario, run_state: RunState, took: Duration) -> bool {
        self.is_decided(scenario, run_state, took) || took >= scenario.expect.within
    }

    /// Whether something did not hold when it was asked last.
    pub(crate) fn is_unmet(&self) -> bool {
        !self.unmet.is_empty()
    }

    /// What did not hold when it was asked last.
    pub(crate) fn into_unmet(self) -> Vec<Unmet> {
        self.unmet
    }
}

/// What does not hold. Nothing left means that the scenario has passed, once its script is done.
pub fn unmet(scenario: &Scenario, run_state: &RunState) -> Vec<Unmet> {
    let expect = &scenario.expect;
    let mut unmet = Vec::new();
    let mut hold = |holds: bool, expected: String, found: String, may_come: bool| {
        if !holds {
            unmet.push(Unmet { expected, found, may_come });
        }
    };
    hold(run_state.script_done, "every step carried out".into(), "steps that still wait".into(), true);
    if let Some(state) = expect.state.map(ProvisioningState::from) {
        hold(
            run_state.state == Some(state),
            format!("the device's state to be {}", in_toml(state)),
            run_state.state.map_or("a device without power".into(), in_toml),
            true,
        );
    }
    if let Some(joined) = &expect.joined {
        let joined = joined.get_ref().0;
        hold(run_state.joined == Some(joined), format!("it on \"{joined}\""), named(run_state.joined), true);
    }
    if let Some(stored) = &expect.stored {
        let stored = stored.get_ref().0;
        hold(
            run_state.stored == Some(stored),
            format!("\"{stored}\" in its flash"),
            named(run_state.stored),
            true,
        );
    }
    if let Some(failures) = &expect.failures {
        let failures: Vec<JoinFailure> = failures.iter().map(|name| (*name).into()).collect();
        let may_come = failures.starts_with(&run_state.failures);
        let listed = |failures: &[JoinFailure]| match failures {
            [] => "none".to_owned(),
            some => some.iter().map(in_toml).collect::<Vec<_>>().join(", "),
        };
        let (expected, found) = (format!("failed joins: {}", listed(&failures)), listed(&run_state.failures));
        hold(*run_state.failures == failures, expected, found, may_come);
    }
    if let Some(expected) = expect.clashes.filter(|expected| *expected != run_state.clashes) {
        let found = run_state.clashes.to_string();
        hold(false, format!("{expected} clashes of subnets"), found, run_state.clashes < expected);
    }
    if let Some(expected) = expect.notified.filter(|expected| *expected != run_state.notified) {
        let words = |is| if is { "a webhook taken" } else { "no webhook taken" };
        hold(false, words(expected).into(), words(run_state.notified).into(), expected);
    }
    let on_air = expect.passphrase_on_air.zip(run_state.passphrase_on_air);
    if let Some((expected, is)) = on_air.filter(|(expected, is)| expected != is) {
        let words = |is| if is { "a passphrase on the air" } else { "no passphrase on the air" };
        hold(false, words(expected).into(), words(is).into(), expected);
    }
    for ((number, phone), run_state) in scenario.phones.iter().enumerate().zip(&run_state.phones) {
        let who = format!("phone {} ({})", number + 1, phone.model.get_ref());
        unmet.extend(unmet_of_phone(&phone.expect, run_state, &who));
    }
    unmet
}

/// What a phone was to come to, or not to, and has not.
fn unmet_yes_or_no(expect: &PhoneExpectSpec, run_state: &PhoneRunState, who: &str) -> Vec<Unmet> {
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
    yes_no(expect.sheet, run_state.sheet, "with a sign-in sheet", "without a sign-in sheet");
    yes_no(expect.told, run_state.told, "told the new address", "not told the new address");
    yes_no(
        expect.visited,
        run_state.visited,
        "visiting the device at home",
        "not visiting the device at home",
    );
    yes_no(
        expect.passphrase_blamed,
        run_state.passphrase_blamed,
        "told that the passphrase is wrong",
        "not told that the passphrase is wrong",
    );
    yes_no(
        expect.sign_in_told,
        run_state.sign_in_told,
        "told of the sign-in page of the home network",
        "not told of a sign-in page of the home network",
    );
    yes_no(
        expect.passphrase_in_address,
        run_state.passphrase_in_address,
        "with a passphrase in an address",
        "without a passphrase in any address",
    );
    yes_no(
        expect.passphrase_in_clear,
        run_state.passphrase_in_clear,
        "with a passphrase sent in clear",
        "without a passphrase sent in clear",
    );
    yes_no(
        expect.read_in_between,
        run_state.read_in_between,
        "with a passphrase read in between",
        "without a passphrase read in between",
    );
    unmet
}

fn concluded(verdict: Option<&str>) -> String {
    verdict.map_or("no conclusion".into(), |verdict| format!("\"{verdict}\""))
}

fn unmet_of_phone(expect: &PhoneExpectSpec, run_state: &PhoneRunState, who: &str) -> Vec<Unmet> {
    let mut unmet = unmet_yes_or_no(expect, run_state, who);
    if let Some(verdict) = &expect.first_verdict
        && run_state.first_verdict != Some(verdict.as_str())
    {
        unmet.push(Unmet {
            expected: format!("{who} to conclude \"{verdict}\" first"),
            found: concluded(run_state.first_verdict),
            may_come: run_state.first_verdict.is_none(),
        });
    }
    if let Some(verdict) = &expect.last_verdict
        && run_state.last_verdict != Some(verdict.as_str())
    {
        unmet.push(Unmet {
            expected: format!("{who} to conclude \"{verdict}\" in the end"),
            found: concluded(run_state.last_verdict),
            may_come: true,
        });
    }
    if let Some(findings) = expect.findings.filter(|findings| *findings != run_state.findings) {
        unmet.push(Unmet {
            expected: format!("{who} to find {findings} faults"),
            found: run_state.findings.to_string(),
            may_come: run_state.findings < findings,
        });
    }
    if let Some(expected) = expect.served.filter(|expected| run_state.served != Some(*expected)) {
        let words = |served| if served { "all its clients served" } else { "a client not served" };
        unmet.push(Unmet {
            expected: format!("{who} with {}", words(expected)),
            found: run_state.served.map_or("some that wait", words).into(),
            may_come: run_state.served.is_none() || !expected,
        });
    }
    if let Some(most) = expect.longest_answer.filter(|most| run_state.longest_answer > *most) {
        unmet.push(Unmet {
            expected: format!("{who} with answers of at most {most} bytes to its clients"),
            found: run_state.longest_answer.to_string(),
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
            || phone.passphrase_blamed == Some(true)
            || phone.sign_in_told == Some(true)
            || phone.passphrase_in_address == Some(true)
            || phone.passphrase_in_clear == Some(true)
            || phone.read_in_between == Some(true)
            || phone.first_verdict.is_some()
            || phone.last_verdict.is_some()
            || phone.served.is_some()
    };
    !device && !scenario.phones.iter().any(|phone| awaited(&phone.expect))
}

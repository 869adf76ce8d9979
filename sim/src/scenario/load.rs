//! Reads a scenario and refuses one that contradicts itself, with the place and what was
//! expected. Passphrases never stand in an error, so lines of the file are not repeated there.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Spanned;

use super::{Deed, Name, Scenario, StepSpec};
use crate::phone;

/// Why a scenario cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {message}", path.display(), place.map(|place| format!(":{place}")).unwrap_or_default())]
pub struct ScenarioError {
    /// The file.
    pub path: PathBuf,
    /// Where in it; `None` for all of it.
    pub place: Option<Place>,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// A place in a file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Place {
    /// The place of a byte of a text.
    pub fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// Reads the scenario in a file.
///
/// # Errors
/// [`ScenarioError`] when the file cannot be read, or is no scenario, or contradicts itself.
pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
    let text = std::fs::read_to_string(path).map_err(|error| ScenarioError {
        path: path.to_owned(),
        place: None,
        message: format!("cannot be read: {error}"),
    })?;
    parse(&text, path)
}

/// Reads a scenario from text; `path` is only for errors.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
    let refuse = |span: Range<usize>, message: String| ScenarioError {
        path: path.to_owned(),
        place: Some(Place::of(text, span.start)),
        message,
    };
    let scenario: Scenario = toml::from_str(text).map_err(|error| {
        refuse(error.span().unwrap_or(0..0), error.message().trim_end().replace('\n', ", "))
    })?;
    check(&scenario).map_err(|(span, message)| refuse(span, message))?;
    Ok(scenario)
}

type Contradiction = (Range<usize>, String);

fn check(scenario: &Scenario) -> Result<(), Contradiction> {
    let channels = scenario.networks.iter().map(|network| &network.channel).chain(&scenario.device.channel);
    for channel in channels {
        if !(1..=14).contains(channel.get_ref()) {
            return Err((channel.span(), "expected a channel from 1 to 14".into()));
        }
    }
    for phone in &scenario.phones {
        phone::by_id(phone.model.get_ref()).map_err(|error| (phone.model.span(), error.to_string()))?;
        if let Some(wants) = &phone.wants {
            known_network(scenario, wants)?;
        }
    }
    let named = [&scenario.device.stored, &scenario.expect.joined, &scenario.expect.stored];
    for named in named.into_iter().flatten().chain(&scenario.device.also_stored) {
        known_network(scenario, named)?;
    }
    scenario.steps.iter().try_for_each(|step| check_step(scenario, step))?;
    let networks: Vec<_> = scenario.networks.iter().map(|network| network.ssid.get_ref().0).collect();
    scenario.faults.iter().try_for_each(|fault| {
        let checked = fault.get_ref().fault.check(scenario.phones.len(), &networks);
        checked.map_err(|message| (fault.span(), message))
    })
}

fn known_network(scenario: &Scenario, name: &Spanned<Name>) -> Result<(), Contradiction> {
    if scenario.networks.iter().any(|network| network.ssid.get_ref() == name.get_ref()) {
        return Ok(());
    }
    let known: Vec<_> =
        scenario.networks.iter().map(|network| format!("\"{}\"", network.ssid.get_ref().0)).collect();
    let known =
        if known.is_empty() { "there are none".into() } else { format!("there are {}", known.join(", ")) };
    Err((name.span(), format!("no [[network]] is called \"{}\"; {known}", name.get_ref().0)))
}

fn check_step(scenario: &Scenario, step: &StepSpec) -> Result<(), Contradiction> {
    let span = step.does.span();
    if step.at.is_some() && step.after.is_some() {
        return Err((span, "expected either `at` or `after` beside `do`, not both".into()));
    }
    let (network, phone) = match step.does.get_ref() {
        Deed::NetworkOn | Deed::NetworkOff | Deed::NewPassphrase => (true, false),
        Deed::PhoneJoins | Deed::PhoneLeaves => (false, true),
        Deed::Restart | Deed::PowerOff | Deed::PowerOn | Deed::Clear => (false, false),
    };
    match (&step.network, network) {
        (Some(name), true) => known_network(scenario, name)?,
        (None, true) => return Err((span, "expected `network` beside this `do`".into())),
        (Some(name), false) => return Err((name.span(), "this `do` takes no `network`".into())),
        (None, false) => {}
    }
    match (&step.phone, phone) {
        (Some(number), true) if (1..=scenario.phones.len()).contains(number.get_ref()) => Ok(()),
        (Some(number), true) => {
            Err((number.span(), format!("expected a phone from 1 to {}", scenario.phones.len())))
        }
        (None, true) => Err((span, "expected `phone` beside this `do`".into())),
        (Some(number), false) => Err((number.span(), "this `do` takes no `phone`".into())),
        (None, false) => Ok(()),
    }
}

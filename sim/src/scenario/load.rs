//! Reads a scenario and refuses one that is none or contradicts itself, with the place and what
//! was expected. Passphrases never stand in an error, so lines of the file are not repeated there.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Scenario, contradiction};
use crate::text::{FilePosition, MOST_MISTAKES, Mistake, io_words, read_toml};

/// Why a scenario cannot be run.
///
/// ```
/// use vestibule::scenario::load;
///
/// let error = load::parse("name = \"x\"\n[[phone]]\nmodel = \"ios-99\"", "x.toml".as_ref()).unwrap_err();
/// let place = error.place.unwrap();
/// assert_eq!((place.line, place.column), (3, 9));
/// assert!(error.message.contains("ios-18"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {message}", path.display(), place.map(|place| format!(":{place}")).unwrap_or_default())]
pub struct ScenarioError {
    /// The file.
    pub path: PathBuf,
    /// Where in it; `None` for all of it.
    pub place: Option<FilePosition>,
    /// What is wrong, and what was expected.
    pub message: String,
    /// The line, and a caret below what is wrong. A value that might be a secret is not repeated.
    pub excerpt: Option<String>,
    /// What else is wrong with the file.
    pub further: Vec<ScenarioError>,
}

impl ScenarioError {
    /// All that is wrong, each with its line and a caret.
    pub fn in_full(&self) -> String {
        let further = self.further.iter().map(Self::in_full);
        let lines = [self.to_string()].into_iter().chain(self.excerpt.clone()).chain(further);
        lines.collect::<Vec<_>>().join("\n")
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
        message: format!("cannot be read: {why}", why = io_words(&error)),
        excerpt: None,
        further: Vec::new(),
    })?;
    parse(&text, path)
}

/// Reads a scenario from text; `path` is only for errors.
///
/// # Errors
/// As [`load`].
///
/// [`Scenario`] has an example, and [`ScenarioError`] one of a mistake.
pub fn parse(text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
    let read = read_toml::<Scenario>(text).map(|scenario| {
        let contradictions = contradiction::check(&scenario).into_iter();
        let mistakes = contradictions.map(|(span, message)| Mistake::at(text, span, message));
        (scenario, mistakes.take(MOST_MISTAKES).collect())
    });
    let (scenario, mistakes): (_, Vec<Mistake>) = match read {
        Ok((scenario, mistakes)) => (Some(scenario), mistakes),
        Err(mistakes) => (None, mistakes),
    };
    let refuse = |mistake: Mistake| {
        let Mistake { place, message, excerpt } = mistake;
        ScenarioError { path: path.to_owned(), place: Some(place), message, excerpt, further: Vec::new() }
    };
    let mut errors = mistakes.into_iter().map(refuse);
    match (errors.next(), scenario) {
        (Some(first), _) => Err(ScenarioError { further: errors.collect(), ..first }),
        (None, Some(scenario)) => Ok(scenario),
        (None, None) => Err(refuse(Mistake::at(text, 0..0, "no scenario".into()))),
    }
}

//! Reads a scenario and refuses one that is none or contradicts itself, with the place and what
//! was expected. Passphrases never stand in an error, so lines of the file are not repeated there.

use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Scenario, contradiction};
use crate::text::FilePosition;

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
///
/// [`Scenario`] has an example, and [`ScenarioError`] one of a mistake.
pub fn parse(text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
    let refuse = |span: Range<usize>, message: String| ScenarioError {
        path: path.to_owned(),
        place: Some(FilePosition::of(text, span.start)),
        message,
    };
    let scenario: Scenario = toml::from_str(text).map_err(|error| {
        refuse(error.span().unwrap_or(0..0), error.message().trim_end().replace('\n', ", "))
    })?;
    contradiction::check(&scenario).map_err(|(span, message)| refuse(span, message))?;
    Ok(scenario)
}

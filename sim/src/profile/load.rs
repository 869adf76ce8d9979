//! Reads a profile and refuses one that contradicts itself, or says something without saying where
//! it is known from: with the file, the line, the column and what was expected there.

use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Spanned;

use super::{HttpReply, HttpRule, Known, Profile, ResponseSpec};
use crate::phone::Grade;
use crate::text::{FilePosition, from_hex};

/// How the source of something unverified begins.
const UNVERIFIED: &str = "unverified";

/// Why a profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}: {message}", path.display(), place.map(|place| format!(":{place}")).unwrap_or_default())]
pub struct ProfileError {
    /// The file.
    pub path: PathBuf,
    /// Where in it; `None` for all of it.
    pub place: Option<FilePosition>,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// Reads the profile in a file.
///
/// # Errors
/// [`ProfileError`] when the file cannot be read, or is no profile, or contradicts itself.
pub fn load(path: &Path) -> Result<Profile, ProfileError> {
    let text = std::fs::read_to_string(path).map_err(|error| ProfileError {
        path: path.to_owned(),
        place: None,
        message: format!("cannot be read: {error}"),
    })?;
    parse(&text, path)
}

/// Reads a profile from text; `path` is only for errors.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, path: &Path) -> Result<Profile, ProfileError> {
    let refuse = |span: Range<usize>, message: String| ProfileError {
        path: path.to_owned(),
        place: Some(FilePosition::of(text, span.start)),
        message,
    };
    let mut profile: Profile = toml::from_str(text).map_err(|error| {
        refuse(error.span().unwrap_or(0..0), error.message().trim_end().replace('\n', ", "))
    })?;
    path.clone_into(&mut profile.path);
    check(&profile).map_err(|(span, message)| refuse(span, message))?;
    Ok(profile)
}

type Contradiction = (Range<usize>, String);

fn check(profile: &Profile) -> Result<(), Contradiction> {
    if profile.name.get_ref().trim().is_empty() {
        return Err((profile.name.span(), "expected a name, not nothing".into()));
    }
    profile.sources().into_iter().try_for_each(|(source, grade)| check_source(source, grade))?;
    let mut everything = false;
    for rule in &profile.http {
        if everything {
            return Err((rule.span(), "never answers: the one before it fits everything".into()));
        }
        everything = rule.get_ref().host.is_none() && rule.get_ref().path.is_none();
        check_rule(rule.get_ref())?;
    }
    match profile.http.last() {
        Some(last) if !everything => {
            Err((last.span(), "expected the last [[http]] to fit everything: no `host`, no `path`".into()))
        }
        Some(_) => Ok(()),
        None => Err((0..0, "expected an [[http]] that fits everything".into())),
    }
}

fn check_source(source: &Spanned<String>, grade: &Spanned<Known>) -> Result<(), Contradiction> {
    let is_unverified = source.get_ref().starts_with(UNVERIFIED);
    if source.get_ref().trim().is_empty() {
        return Err((source.span(), "expected where this is known from, not nothing".into()));
    }
    match grade.get_ref().0 {
        Grade::E if !is_unverified => {
            Err((source.span(), "expected \"unverified: ...\", for the grade is E".into()))
        }
        Grade::E => Ok(()),
        _ if is_unverified => Err((grade.span(), "expected the grade E of what is unverified".into())),
        _ => Ok(()),
    }
}

fn check_rule(rule: &HttpRule) -> Result<(), Contradiction> {
    if let Some(path) = rule.path.as_ref().filter(|path| !path.get_ref().starts_with('/')) {
        return Err((path.span(), "expected a path that begins with /".into()));
    }
    let HttpReply::Response(said) = rule.reply.get_ref() else { return Ok(()) };
    check_reply(said).map_err(|message| (rule.reply.span(), message))
}

fn check_reply(said: &ResponseSpec) -> Result<(), String> {
    if !(100..=999).contains(&said.status) {
        return Err("expected a status of three digits".into());
    }
    if let Some((name, _)) = said.headers.iter().find(|(_, value)| !value.is_str()) {
        return Err(format!("expected text as the value of the header {name}"));
    }
    let own = ["content-length", "connection"];
    if let Some(name) = said.headers.keys().find(|name| own.contains(&name.to_ascii_lowercase().as_str())) {
        return Err(format!("{name} is written by itself: `length = false` leaves the length out"));
    }
    match &said.packed {
        Some(_) if !said.body.is_empty() => Err("expected either `body` or `packed`, not both".into()),
        Some(digits) if from_hex(digits).is_none() => {
            Err("expected pairs of hexadecimal digits in `packed`".into())
        }
        _ => Ok(()),
    }
}

//! Reads a profile and refuses one that contradicts itself, or says something without saying where
//! it is known from: with the file, the line, the column and what was expected there.

use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Spanned;

use super::{HttpReply, HttpRule, Known, Profile, ResponseSpec};
use crate::phone::Grade;
use crate::text::{FilePosition, MOST_MISTAKES, Mistake, from_hex, io_words, read_toml};

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
    /// The line, and a caret below what is wrong. A value that might be a secret is not repeated.
    pub excerpt: Option<String>,
    /// What else is wrong with the file.
    pub further: Vec<ProfileError>,
}

impl ProfileError {
    /// All that is wrong, each with its line and a caret.
    pub fn in_full(&self) -> String {
        let further = self.further.iter().map(Self::in_full);
        let lines = [self.to_string()].into_iter().chain(self.excerpt.clone()).chain(further);
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Reads the profile in a file.
///
/// # Errors
/// [`ProfileError`] when the file cannot be read, or is no profile, or contradicts itself.
pub fn load(path: &Path) -> Result<Profile, ProfileError> {
    let text = std::fs::read_to_string(path).map_err(|error| ProfileError {
        path: path.to_owned(),
        place: None,
        message: format!("cannot be read: {why}", why = io_words(&error)),
        excerpt: None,
        further: Vec::new(),
    })?;
    parse(&text, path)
}

/// Reads a profile from text; `path` is only for errors.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, path: &Path) -> Result<Profile, ProfileError> {
    let read = read_toml::<Profile>(text).map(|mut profile| {
        path.clone_into(&mut profile.path);
        let contradictions = check(&profile).into_iter();
        let mistakes = contradictions.map(|(span, message)| Mistake::at(text, span, message));
        (profile, mistakes.take(MOST_MISTAKES).collect())
    });
    let (profile, mistakes): (_, Vec<Mistake>) = match read {
        Ok((profile, mistakes)) => (Some(profile), mistakes),
        Err(mistakes) => (None, mistakes),
    };
    let refuse = |mistake: Mistake| {
        let Mistake { place, message, excerpt } = mistake;
        ProfileError { path: path.to_owned(), place: Some(place), message, excerpt, further: Vec::new() }
    };
    let mut errors = mistakes.into_iter().map(refuse);
    match (errors.next(), profile) {
        (Some(first), _) => Err(ProfileError { further: errors.collect(), ..first }),
        (None, Some(profile)) => Ok(profile),
        (None, None) => Err(refuse(Mistake::at(text, 0..0, "no profile".into()))),
    }
}

type Contradiction = (Range<usize>, String);

/// The contradictions of a profile, in their order in the text.
fn check(profile: &Profile) -> Vec<Contradiction> {
    let mut found = Vec::new();
    if profile.name.get_ref().trim().is_empty() {
        found.push((profile.name.span(), "expected a name, not nothing".into()));
    }
    found.extend([check_address(profile), check_form(profile)].into_iter().filter_map(Result::err));
    if let Some(date) = profile.date.as_ref().filter(|date| !is_date(date.get_ref())) {
        found.push((date.span(), "expected a date such as 2025-11 or 2025-11-29".into()));
    }
    let sources = profile.sources().into_iter();
    found.extend(sources.filter_map(|(source, grade)| check_source(source, grade).err()));
    found.extend(profile.http.iter().filter_map(|rule| check_rule(rule.get_ref()).err()));
    let everything = profile.http.iter().position(|rule| rule.get_ref().fits_everything());
    if let Some(never) = everything.and_then(|place| profile.http.get(place + 1)) {
        found.push((never.span(), "never answers: the one before it fits everything".into()));
    }
    match (profile.http.last(), everything) {
        (Some(last), None) => found.push((
            last.span(),
            "expected the last [[http]] to fit everything: neither `host`, `path`, `query` nor `when`".into(),
        )),
        (None, _) => found.push((0..0, "expected an [[http]] that fits everything".into())),
        (Some(_), Some(_)) => {}
    }
    found.sort_by_key(|(span, _)| span.start);
    found
}

/// An access point's address is one that a phone can send to.
fn check_address(profile: &Profile) -> Result<(), Contradiction> {
    let address = profile.address();
    let what = match address.octets() {
        [0, ..] => "the address of no host",
        [255, 255, 255, 255] => "the address of all hosts",
        [224..=239, ..] => "the address of a multicast group",
        [240..=255, ..] => "reserved, and no host has it",
        // Of the 24 bits that a stand-in's network has.
        [.., 0] => "the address of a network, and no host has it",
        [.., 255] => "the address of all hosts of its network",
        _ => return Ok(()),
    };
    Err((
        profile.address.span(),
        format!("{address} is {what}: expected the portal's own address, 192.168.4.1 say"),
    ))
}

fn check_form(profile: &Profile) -> Result<(), Contradiction> {
    let Some(form) = &profile.form else {
        let uses = |rule: &&Spanned<HttpRule>| match rule.get_ref().reply.get_ref() {
            HttpReply::Response(said) => ["{form}", "{networks}"].iter().any(|sign| said.body.contains(sign)),
            _ => false,
        };
        return match profile.http.iter().find(uses) {
            Some(rule) => Err((
                rule.get_ref().reply.span(),
                "has a form, and there is no [form] that says which".into(),
            )),
            None => Ok(()),
        };
    };
    let paths = [Some(&form.action), form.page.as_ref(), form.result.as_ref()];
    if let Some(path) = paths.into_iter().flatten().find(|path| !path.get_ref().starts_with('/')) {
        return Err((path.span(), "expected a path that begins with /".into()));
    }
    if form.list == super::device::NetworkList::Links && form.page.is_none() {
        return Err((form.action.span(), "expected a `page` to which the links to networks lead".into()));
    }
    let plain = form.method != super::FormMethod::Put && form.sent == super::device::Encoding::Form;
    if !form.script && !plain {
        return Err((form.action.span(), "only a script sends a form so: expected `script = true`".into()));
    }
    Ok(())
}

/// Whether it is a year with a month, and perhaps a day.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number =
        |part: &&str, digits: usize| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        [year, rest @ ..] => {
            is_number(year, 4) && (1..=2).contains(&rest.len()) && rest.iter().all(|part| is_number(part, 2))
        }
        [] => false,
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

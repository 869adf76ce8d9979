//! A portal's profile as it is named on the command line: a file, or the name of one that is built in. Shells complete the names.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, PossibleValue, TypedValueParser};

use super::Usage;
use super::file_kind::{self, FileKind};
use crate::profile::{Profile, known, known_names, load};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProfileWord;

impl TypedValueParser for ProfileWord {
    type Value = PathBuf;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<PathBuf, clap::Error> {
        PathBufValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(known_names().map(PossibleValue::new)))
    }
}

/// Whether it can only be the name of a profile: no such file is there, and a path would have an end or a folder.
pub(super) fn is_a_word(named: &Path) -> bool {
    !named.exists() && named.extension().is_none() && named.components().count() == 1
}

/// The profile that is named.
pub(super) fn profile_named(named: &Path) -> Result<Profile, Usage> {
    if is_a_word(named) {
        let shown = named.display();
        return known(&named.to_string_lossy()).map_err(|error| Usage(format!("{shown}: {error}")));
    }
    file_kind::expect(named, &[FileKind::Profile])?;
    load::load(named).map_err(|error| Usage(error.in_full()))
}

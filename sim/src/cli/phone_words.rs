//! The words for phones, as an argument: any are taken, as patterns are among them, and shells complete ids and families.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::phone;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct PhoneWords;

impl TypedValueParser for PhoneWords {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(phone::words().into_iter().map(PossibleValue::new)))
    }
}

//! The values that a client sent, by name, whether as an HTML form, as JSON or as plain pairs.
//!
//! It decodes and judges nothing. A document comes here only when all its members are strings, numbers
//! or truth values.

use crate::http::form;
use crate::json::{self, Value};

/// The value of a ticked checkbox, as in HTML.
pub(crate) const TICKED: &str = "on";

/// A form, a document, or names with their values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent<'a> {
    Form(&'a [u8]),
    Json(json::Object<'a>),
    Pairs(&'a [(&'a str, &'a str)]),
}

/// A value as it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SentValue<'a> {
    Form(form::Encoded<'a>),
    Text(json::Text<'a>),
    /// A number as it was written, what a browser sends for a box with or without its tick, or the value
    /// of a pair.
    Plain(&'a str),
}

impl<'a> Sent<'a> {
    /// The value of this name; of several in a form or in pairs, the first.
    pub(crate) fn find(self, name: &str) -> Option<SentValue<'a>> {
        match self {
            Self::Form(body) => form::find(body, name).map(SentValue::Form),
            Self::Json(document) => match document.get(name)? {
                Value::Text(text) => Some(SentValue::Text(text)),
                Value::Number(number) => Some(SentValue::Plain(number.as_str())),
                Value::Bool(is_on) => Some(SentValue::Plain(if is_on { TICKED } else { "" })),
                Value::Null | Value::Nested => None,
            },
            Self::Pairs(pairs) => {
                pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| SentValue::Plain(value))
            }
        }
    }
}

impl SentValue<'_> {
    pub(crate) fn is_empty(self) -> bool {
        match self {
            Self::Form(value) => value.is_empty(),
            Self::Text(text) => text.is_empty(),
            Self::Plain(text) => text.is_empty(),
        }
    }

    /// Where in `body` it was sent, if it was sent there as it is, in characters that no encoding changes.
    #[cfg(feature = "sealed")]
    pub(crate) fn place_in(self, body: &[u8]) -> Option<core::ops::Range<usize>> {
        let sent = match self {
            Self::Form(value) => value.sent(),
            Self::Text(text) => text.sent().as_bytes(),
            Self::Plain(_) => return None,
        };
        let start = sent.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
        let place = start..start + sent.len();
        (body.get(place.clone())? == sent).then_some(place)
    }

    /// Writes what it stands for to the beginning of `room`; nothing if it does not fit.
    pub(crate) fn decode(self, room: &mut [u8]) -> Result<&[u8], form::TooLong> {
        match self {
            Self::Form(value) => value.decode(room),
            Self::Text(text) => text.decode(room).map(str::as_bytes).map_err(|_| form::TooLong),
            Self::Plain(text) => {
                let place = room.get_mut(..text.len()).ok_or(form::TooLong)?;
                place.copy_from_slice(text.as_bytes());
                Ok(place)
            }
        }
    }
}

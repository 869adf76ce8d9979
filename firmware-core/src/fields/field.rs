//! What a field is, and which values it takes.
//!
//! Nothing is kept here: a form is judged from its bytes each time.

use core::fmt;

use super::sent::{Sent, TICKED};
use crate::credentials::Values;
use crate::escape::is_text;
use crate::setup_form::{CSRF_TOKEN_FIELD, NETWORK_FIELD, PASSPHRASE_FIELD, SSID_FIELD, SSID_HEX_FIELD};
use crate::text::Number;

/// Room for a value while it is decoded.
pub(crate) type Room = [u8; Values::LONGEST];

/// One of several answers.
///
/// ```
/// use vestibule_core::application::{Choice, Field, FieldKind};
///
/// const SCENES: &[Choice] = &[Choice { value: "d", label: "Day" }, Choice { value: "n", label: "Night" }];
/// let scene = Field::new("scene", "Scene", FieldKind::Select(SCENES));
/// assert!(scene.judge("n").is_ok(), "the value is what is sent, not the label");
/// assert!(scene.judge("Night").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value that the application gets.
    pub value: &'static str,
    /// The text that the owner reads.
    pub label: &'static str,
}

/// How a field is asked and which values it takes.
///
/// ```
/// use vestibule_core::application::{Field, FieldKind, FieldError};
///
/// let minutes = Field::new("minutes", "Minutes", FieldKind::Range { min: 5, max: 60 });
/// assert!(minutes.judge("30").is_ok());
/// assert_eq!(minutes.judge("90"), Err(FieldError::NotANumber { min: 5, max: 60 }));
/// assert!(Field::new("quiet", "Quiet at night", FieldKind::Checkbox).judge("on").is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A secret line of text. Never shown again. Left empty it stays what it was, for who has entered it since the
    /// portal opened, while the other fields of its [`group`](Field::group) stay what they were. Buttons and other
    /// secrets of the group do not count: they name no place that it could be sent to.
    Password,
    /// A whole number.
    Number {
        /// The least.
        min: i32,
        /// The most.
        max: i32,
    },
    /// A whole number on a slider.
    Range {
        /// The least.
        min: i32,
        /// The most.
        max: i32,
    },
    /// One of these, in a list that opens.
    Select(&'static [Choice]),
    /// One of these, all in sight.
    Radio(&'static [Choice]),
    /// Yes (`on`) or no (an empty value).
    Checkbox,
    /// Not shown; the page sends its value back.
    Hidden,
    /// A button for each of these. Each sends the form; the one that was pressed is the value.
    Buttons(&'static [Choice]),
}

/// A field of the setup page.
///
/// ```
/// use vestibule_core::application::{Field, FieldKind};
///
/// const PORT: Field = Field::new("port", "Port of the broker", FieldKind::Number { min: 1, max: 65535 })
///     .default("1883")
///     .checked_by(|port| if port == "80" { Err("Port 80 is the web's.") } else { Ok(()) });
/// assert!(PORT.judge("8883").is_ok());
/// assert_eq!(PORT.judge("80").unwrap_err().to_string(), "Port 80 is the web's.");
/// assert_eq!(PORT.judge("0").unwrap_err().to_string(), "A number from 1 to 65535, please.");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: FieldKind,
    pub(crate) hint: &'static str,
    pub(crate) default: &'static str,
    pub(crate) required: bool,
    pub(crate) longest: u8,
    pub(crate) group: u8,
    check: fn(&str) -> Result<(), &'static str>,
}

impl Field {
    /// A field that may stay empty, of up to [`Values::LONGEST`] characters.
    ///
    /// # Panics
    /// When its name is one of the portal's own; in a constant, that is when it is compiled.
    pub const fn new(name: &'static str, label: &'static str, kind: FieldKind) -> Self {
        assert!(
            !(same(name, NETWORK_FIELD)
                || same(name, SSID_FIELD)
                || same(name, SSID_HEX_FIELD)
                || same(name, PASSPHRASE_FIELD)
                || same(name, CSRF_TOKEN_FIELD)),
            "the setup page has a field of this name"
        );
        let longest = Values::LONGEST as u8;
        Self {
            name,
            label,
            kind,
            hint: "",
            default: "",
            required: false,
            longest,
            group: 0,
            check: |_| Ok(()),
        }
    }

    /// A sentence below it.
    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// Its value until the owner has given another.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = value;
        self
    }

    /// It must not be empty.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It has at most so many characters, as browsers count them: UTF-16 units.
    #[must_use]
    pub const fn longest(mut self, characters: u8) -> Self {
        self.longest = characters;
        self
    }

    /// Which other fields it belongs to. A [`FieldKind::Password`] that is left empty keeps its value only while
    /// the other fields of its group stay as they were, so that a server's password does not go to another server.
    /// [`FieldKind::Buttons`] and other secrets do not count as a change: whatever says where a secret goes has to be a
    /// field of another kind. By default all fields are one group, 0.
    #[must_use]
    pub const fn group(mut self, group: u8) -> Self {
        self.group = group;
        self
    }

    /// A further rule for values that are not empty; the error is a sentence for the owner.
    #[must_use]
    pub const fn checked_by(mut self, check: fn(&str) -> Result<(), &'static str>) -> Self {
        self.check = check;
        self
    }

    /// Whether its value is never shown.
    pub(crate) const fn is_secret(&self) -> bool {
        matches!(self.kind, FieldKind::Password)
    }

    /// Whether it takes this value.
    ///
    /// # Errors
    /// The rule of the field that the value breaks.
    pub fn judge(&self, value: &str) -> Result<(), FieldError> {
        if value.is_empty() {
            return if self.required { Err(FieldError::Missing) } else { Ok(()) };
        }
        if value.encode_utf16().count() > usize::from(self.longest) {
            return Err(FieldError::TooLong { most: self.longest });
        }
        let is_good = match self.kind {
            FieldKind::Text | FieldKind::Password | FieldKind::Hidden => true,
            FieldKind::Number { min, max } | FieldKind::Range { min, max } => {
                let number = value.parse().ok().filter(|number| (min..=max).contains(number));
                number.map(|_| true).ok_or(FieldError::NotANumber { min, max })?
            }
            FieldKind::Select(choices) | FieldKind::Radio(choices) | FieldKind::Buttons(choices) => {
                choices.iter().any(|choice| choice.value == value)
            }
            FieldKind::Checkbox => value == TICKED,
        };
        if !is_good {
            return Err(FieldError::NotAChoice);
        }
        (self.check)(value).map_err(FieldError::Refused)
    }

    /// The value that a form gives it. What a form does not have stays what it was: `kept`, or else
    /// the default.
    pub(crate) fn read<'a>(
        &self,
        sent: Sent<'_>,
        kept: Option<&'a str>,
        room: &'a mut Room,
    ) -> Result<&'a str, FieldError> {
        let value = self.entered(sent, kept, room)?;
        self.judge(value).map(|()| value)
    }

    /// The same, whether or not it is one that the field takes.
    pub(crate) fn entered<'a>(
        &self,
        sent: Sent<'_>,
        kept: Option<&'a str>,
        room: &'a mut Room,
    ) -> Result<&'a str, FieldError> {
        match (self.kind, sent.find(self.name)) {
            // A browser sends nothing for an empty box, and no button but the one pressed.
            (FieldKind::Checkbox, None) => Ok(""),
            (FieldKind::Buttons(_), None) => Ok(self.default),
            (_, None) => Ok(kept.unwrap_or(self.default)),
            (FieldKind::Password, Some(sent)) if sent.is_empty() => Ok(kept.unwrap_or("")),
            (_, Some(sent)) => {
                let bytes = sent.decode(room).map_err(|_| FieldError::TooLong { most: self.longest })?;
                core::str::from_utf8(bytes)
                    .ok()
                    .filter(|text| is_text(text.as_bytes()))
                    .ok_or(FieldError::NotText)
            }
        }
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let (Some((x, rest_of_a)), Some((y, rest_of_b))) = (a.split_first(), b.split_first()) {
        if *x != *y {
            return false;
        }
        (a, b) = (rest_of_a, rest_of_b);
    }
    a.is_empty() && b.is_empty()
}

/// Room for [`Field::entered`], with nothing in it.
pub(crate) const fn unchecked() -> Room {
    [0; Values::LONGEST]
}

/// Why a field does not take a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// It must not be empty.
    Missing,
    /// It is too long.
    TooLong {
        /// Most characters.
        most: u8,
    },
    /// It is not UTF-8 or has control characters.
    NotText,
    /// It is no whole number, or none between these.
    NotANumber {
        /// The least.
        min: i32,
        /// The most.
        max: i32,
    },
    /// It is none of those offered.
    NotAChoice,
    /// The application's own rule, in its own words.
    Refused(&'static str),
}

/// A sentence for the owner.
impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("This is needed."),
            Self::TooLong { most } => write!(f, "At most {} characters, please.", Number((*most).into())),
            Self::NotText => f.write_str("This cannot be read; type it again by hand."),
            Self::NotANumber { min, max } => {
                write!(f, "A number from {} to {}, please.", Number(*min), Number(*max))
            }
            Self::NotAChoice => f.write_str("Choose one of those offered."),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

impl core::error::Error for FieldError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use proptest::prelude::*;

    use super::super::kept::{Kept, read_values};
    use super::*;
    use crate::problem::Problem;

    const COLOURS: &[Choice] = &[Choice { value: "r", label: "Red" }, Choice { value: "g", label: "Green" }];
    const TEXT: Field = Field::new("f", "F", FieldKind::Text);

    fn read(field: Field, form: &str, kept: Option<&str>) -> Result<std::string::String, FieldError> {
        field.read(Sent::Form(form.as_bytes()), kept, &mut unchecked()).map(ToString::to_string)
    }

    #[test]
    fn each_kind_takes_its_values() {
        let kind = |kind| Field::new("f", "F", kind);
        let number = kind(FieldKind::Number { min: -5, max: 10 });
        let wrong_number = Err(FieldError::NotANumber { min: -5, max: 10 });
        for (field, form, value) in [
            (TEXT, "f=caf%C3%A9+bar", Ok("café bar")),
            (TEXT, "f=%ff", Err(FieldError::NotText)),
            (TEXT, "f=a%0Ab", Err(FieldError::NotText)),
            (TEXT.longest(3), "f=abcd", Err(FieldError::TooLong { most: 3 })),
            (TEXT.longest(3), "f=%F0%9F%8F%A0a", Ok("🏠a")),
            (TEXT.required(), "f=", Err(FieldError::Missing)),
            (TEXT, "f=", Ok("")),
            (number, "f=-5", Ok("-5")),
            (number, "f=11", wrong_number),
            (number, "f=1.5", wrong_number),
            (number, "f=99999999999999", wrong_number),
            (
                kind(FieldKind::Range { min: 0, max: 1 }),
                "f=2",
                Err(FieldError::NotANumber { min: 0, max: 1 }),
            ),
            (kind(FieldKind::Select(COLOURS)), "f=g", Ok("g")),
            (kind(FieldKind::Select(COLOURS)), "f=b", Err(FieldError::NotAChoice)),
            (kind(FieldKind::Radio(COLOURS)), "f=Red", Err(FieldError::NotAChoice)),
            (kind(FieldKind::Buttons(COLOURS)), "f=r", Ok("r")),
            (kind(FieldKind::Buttons(COLOURS)), "", Ok("")),
            (kind(FieldKind::Checkbox), "f=on", Ok("on")),
            (kind(FieldKind::Checkbox), "", Ok("")),
            (kind(FieldKind::Checkbox), "f=yes", Err(FieldError::NotAChoice)),
            (kind(FieldKind::Checkbox).required(), "", Err(FieldError::Missing)),
            (kind(FieldKind::Hidden).default("7"), "", Ok("7")),
            (TEXT.checked_by(|_| Err("Not today.")), "f=x", Err(FieldError::Refused("Not today."))),
        ] {
            assert_eq!(read(field, form, None).as_deref(), value.as_deref(), "{field:?} {form}");
        }
        let long = "x".repeat(300);
        assert_eq!(read(TEXT, &std::format!("f={long}"), None), Err(FieldError::TooLong { most: 255 }));
    }

    #[test]
    fn what_a_form_leaves_out_stays_as_it_was() {
        let password = Field::new("f", "F", FieldKind::Password).required();
        assert_eq!(read(TEXT.default("new"), "", Some("old")).unwrap(), "old");
        assert_eq!(read(TEXT.default("new"), "", None).unwrap(), "new");
        assert_eq!(read(TEXT.default("new"), "f=", Some("old")).unwrap(), "", "emptied on purpose");
        assert_eq!(read(password, "f=", Some("old")).unwrap(), "old", "never shown, so empty means kept");
        assert_eq!(read(password, "f=", None), Err(FieldError::Missing));
        let ticked = Field::new("f", "F", FieldKind::Checkbox);
        assert_eq!(read(ticked, "", Some("on")).unwrap(), "", "an empty box sends nothing");
    }

    #[test]
    fn values_are_all_there_or_none_is() {
        let none = Values::new();
        let kept = Kept { values: &none, own: true };
        let fields = [TEXT, Field::new("g", "G", FieldKind::Number { min: 0, max: 9 })];
        let values = read_values(&fields, Sent::Form(b"g=3&f=x"), kept).unwrap();
        assert_eq!((values.get("f"), values.get("g")), (Some("x"), Some("3")));
        assert_eq!(read_values(&fields, Sent::Form(b"g=33&f=x"), kept), Err(Problem::Field));
        let names = ["a", "b", "c"].map(|name| Field::new(name, "", FieldKind::Text));
        let form = ["a", "b", "c"].map(|name| std::format!("{name}={}", "x".repeat(200))).join("&");
        assert_eq!(read_values(&names, Sent::Form(form.as_bytes()), kept), Err(Problem::FieldsTooLong));
    }

    proptest! {
        #[test]
        fn any_form_is_survived(form in proptest::collection::vec(any::<u8>(), 0..600)) {
            for kind in [FieldKind::Text, FieldKind::Number { min: i32::MIN, max: i32::MAX }, FieldKind::Select(COLOURS)] {
                let mut room = unchecked();
                if let Ok(value) = Field::new("f", "F", kind).read(Sent::Form(&form), None, &mut room) {
                    prop_assert!(is_text(value.as_bytes()));
                }
            }
        }
    }
}

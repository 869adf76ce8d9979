//! The application's fields: read from C's table into the core's own, in the portal's memory.

use vestibule_core::application::{Choice as CoreChoice, Field as CoreField, FieldKind as CoreKind};
use vestibule_core::pages::{CSRF_TOKEN_FIELD, NETWORK_FIELD, PASSPHRASE_FIELD, SSID_FIELD, SSID_HEX_FIELD};

use crate::border::Border;
use crate::error::Error;
use crate::text::Text;

/// Most fields of an application.
pub const VESTIBULE_MAX_FIELDS: usize = 16;

/// Most choices of all its fields together.
pub const VESTIBULE_MAX_CHOICES: usize = 32;

/// How a field is asked and which values it takes.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum FieldKind {
    /// A line of text.
    Text = 0,
    /// A secret line of text, never shown again.
    Password = 1,
    /// A whole number from `min` to `max`.
    Number = 2,
    /// The same on a slider.
    Range = 3,
    /// One of the choices, in a list that opens.
    Select = 4,
    /// One of the choices, all in sight.
    Radio = 5,
    /// Yes (`on`) or no (an empty value).
    Checkbox = 6,
    /// Not shown; the page sends its value back.
    Hidden = 7,
    /// A button for each of the choices.
    Buttons = 8,
}

/// One of several answers.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Choice {
    /// The value that the application gets.
    pub value: Text,
    /// The text that the owner reads.
    pub label: Text,
}

/// A field of the setup page. The texts stay with the portal; the struct itself is copied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Field {
    /// Its name in the form. None of the portal's own: `network`, `ssid`, `ssid_hex`, `passphrase`, `token`.
    pub name: Text,
    /// What the owner reads beside it.
    pub label: Text,
    /// A sentence below it; may be empty.
    pub hint: Text,
    /// Its value until the owner has given another; may be empty.
    pub initial: Text,
    /// The choices, of a kind that has them.
    pub choices: *const Choice,
    /// How many.
    pub choice_count: usize,
    /// The least number, of a kind that is one.
    pub min: i32,
    /// The greatest.
    pub max: i32,
    /// A vestibule_field_kind.
    pub kind: u8,
    /// Whether it must not be empty (1) or may be (0).
    pub required: u8,
    /// Most characters; 0 is as many as a value may have, 255.
    pub longest: u8,
    /// Which other fields it belongs to: a password that is left empty keeps its value only while those of its group stay as
    /// they were. 0 by default.
    pub group: u8,
}

/// The fields as the core has them.
pub(crate) struct FieldTable {
    fields: [CoreField; VESTIBULE_MAX_FIELDS],
    field_count: usize,
    choices: [CoreChoice; VESTIBULE_MAX_CHOICES],
    choice_count: usize,
}

/// What stands in places that are not used.
const NO_FIELD: CoreField = CoreField::new("", "", CoreKind::Text);
const NO_CHOICE: CoreChoice = CoreChoice { value: "", label: "" };

impl FieldTable {
    pub(crate) const fn new() -> Self {
        Self {
            fields: [NO_FIELD; VESTIBULE_MAX_FIELDS],
            field_count: 0,
            choices: [NO_CHOICE; VESTIBULE_MAX_CHOICES],
            choice_count: 0,
        }
    }

    pub(crate) fn fields(&self) -> &[CoreField] {
        self.fields.get(..self.field_count).unwrap_or_default()
    }

    /// Takes over C's table.
    ///
    /// # Safety
    /// C vouches for the table and its texts; this table stays where it is, unchanged, for as long as its fields are used.
    pub(crate) unsafe fn read(&mut self, border: &Border, fields: &[Field]) -> Result<(), Error> {
        for (place, field) in fields.iter().enumerate() {
            let earlier = fields.get(..place).unwrap_or_default();
            // SAFETY: the caller vouches for it.
            let is_same = |other: &Field| unsafe { Ok(other.name.kept(border)? == field.name.kept(border)?) };
            for other in earlier {
                if is_same(other)? {
                    return Err(Error::Table);
                }
            }
            // SAFETY: the caller vouches for it.
            let read = unsafe { self.read_field(border, field)? };
            *self.fields.get_mut(self.field_count).ok_or(Error::Table)? = read;
            self.field_count += 1;
        }
        Ok(())
    }

    /// # Safety
    /// As [`FieldTable::read`].
    unsafe fn read_field(&mut self, border: &Border, field: &Field) -> Result<CoreField, Error> {
        // SAFETY: the caller vouches for it.
        let (name, label, hint, initial, kind) = unsafe {
            (
                field.name.kept(border)?,
                field.label.kept(border)?,
                field.hint.kept(border)?,
                field.initial.kept(border)?,
                self.kind(border, field)?,
            )
        };
        let own = [NETWORK_FIELD, SSID_FIELD, SSID_HEX_FIELD, PASSPHRASE_FIELD, CSRF_TOKEN_FIELD];
        // The values are kept with their names, each in a length of one byte.
        if name.is_empty() || name.len() > usize::from(u8::MAX) || own.contains(&name) {
            return Err(Error::Table);
        }
        let read = CoreField::new(name, label, kind).hint(hint).default(initial).group(field.group);
        let read = if field.longest > 0 { read.longest(field.longest) } else { read };
        match field.required {
            0 => Ok(read),
            1 => Ok(read.required()),
            _ => Err(Error::Number),
        }
    }

    /// # Safety
    /// As [`FieldTable::read`].
    unsafe fn kind(&mut self, border: &Border, field: &Field) -> Result<CoreKind, Error> {
        let (min, max) = (field.min, field.max);
        let is = |kind: FieldKind| field.kind == kind as u8;
        let has_choices = is(FieldKind::Select) || is(FieldKind::Radio) || is(FieldKind::Buttons);
        // SAFETY: the caller vouches for it.
        let choices = if has_choices { unsafe { self.choices(border, field)? } } else { &[] };
        Ok(match field.kind {
            _ if is(FieldKind::Text) => CoreKind::Text,
            _ if is(FieldKind::Password) => CoreKind::Password,
            _ if is(FieldKind::Checkbox) => CoreKind::Checkbox,
            _ if is(FieldKind::Hidden) => CoreKind::Hidden,
            _ if is(FieldKind::Number) && min <= max => CoreKind::Number { min, max },
            _ if is(FieldKind::Range) && min <= max => CoreKind::Range { min, max },
            _ if is(FieldKind::Select) => CoreKind::Select(choices),
            _ if is(FieldKind::Radio) => CoreKind::Radio(choices),
            _ if is(FieldKind::Buttons) => CoreKind::Buttons(choices),
            _ => return Err(Error::Number),
        })
    }

    /// Copies the choices of a field behind those of the others.
    ///
    /// # Safety
    /// As [`FieldTable::read`].
    unsafe fn choices(&mut self, border: &Border, field: &Field) -> Result<&'static [CoreChoice], Error> {
        let first = self.choice_count;
        // SAFETY: C vouches for the table.
        let choices = unsafe { border.values(field.choices, field.choice_count)? };
        for choice in choices {
            // SAFETY: C vouches for the texts.
            let (value, label) = unsafe { (choice.value.kept(border)?, choice.label.kept(border)?) };
            *self.choices.get_mut(self.choice_count).ok_or(Error::Table)? = CoreChoice { value, label };
            self.choice_count += 1;
        }
        let from = self.choices.as_ptr().wrapping_add(first);
        // SAFETY: these were just written, and are not written again: later fields' choices are put behind them. The table
        // stays where it is for as long as its fields are used, and `'static` stands for that.
        Ok(unsafe { core::slice::from_raw_parts(from, choices.len()) })
    }
}

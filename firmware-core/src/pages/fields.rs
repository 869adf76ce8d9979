//! The application's fields on the setup page: each with a label, and with its error next to
//! it. Without JavaScript, like everything here. Their markup is in `fields.html`.

use zeroize::Zeroize;

use super::context::ApplicationContent;
use super::language::Text;
use super::markup;
use super::writer::Writer;
use crate::escape::put_shown;
use crate::fields::{Choice, Field, FieldError, FieldKind, Kept, Sent, unchecked};

/// All fields but the buttons.
pub(super) fn fields(application: &ApplicationContent<'_>, page: &mut Writer<'_, '_, '_>) {
    for field in application.fields.iter().filter(|field| !matches!(field.kind, FieldKind::Buttons(_))) {
        with_value(field, application, page);
    }
}

/// The buttons, which come after the one that connects: that one is pressed by the Enter key.
pub(super) fn buttons(application: &ApplicationContent<'_>, page: &mut Writer<'_, '_, '_>) {
    for field in application.fields.iter().filter(|field| matches!(field.kind, FieldKind::Buttons(_))) {
        with_value(field, application, page);
    }
}

/// A field with what it holds: what was just entered, or else is kept, or else the default.
fn with_value(field: &Field, application: &ApplicationContent<'_>, page: &mut Writer<'_, '_, '_>) {
    let values = application.values.map(|values| Kept { values, own: application.own_values });
    let kept = values.and_then(|values| values.value(field));
    let (mut room, mut judged) = (unchecked(), unchecked());
    let (value, wrong) = match application.entered.map(Sent::Form) {
        None => (kept.unwrap_or(field.default), None),
        Some(form) => (
            field.entered(form, kept, &mut room).unwrap_or(""),
            match values {
                Some(values) => values.read(field, application.fields, form, &mut judged).err(),
                None => field.read(form, None, &mut judged).err(),
            },
        ),
    };
    let value = if field.is_secret() { "" } else { value };
    Shape { field, value, wrong, kept: kept.is_some() }.write(page);
    room.zeroize();
    judged.zeroize();
}

/// A field as it is written.
struct Shape<'a> {
    field: &'a Field,
    value: &'a str,
    wrong: Option<FieldError>,
    /// There is a value already, shown or not.
    kept: bool,
}

impl Shape<'_> {
    fn write(&self, page: &mut Writer<'_, '_, '_>) {
        // These facts live for this field alone.
        let mut own = Writer::new(page.language, page.out);
        let page = &mut own;
        let field = self.field;
        (page.facts.id, page.facts.label, page.facts.hint) = (field.name, field.label, field.hint);
        (page.facts.value, page.facts.most) = (self.value.as_bytes(), field.longest);
        match field.kind {
            FieldKind::Text => self.line(markup::TEXT, page),
            FieldKind::Password => self.line(markup::PASSWORD, page),
            FieldKind::Number { min, max } => {
                (page.facts.min, page.facts.max) = (min, max);
                self.line(markup::NUMBER, page);
            }
            FieldKind::Range { min, max } => {
                (page.facts.min, page.facts.max) = (min, max);
                self.line(markup::RANGE, page);
            }
            FieldKind::Select(choices) => self.select(choices, page),
            FieldKind::Radio(choices) => self.radio(choices, page),
            FieldKind::Checkbox => self.checkbox(page),
            FieldKind::Hidden => page.put(markup::HIDDEN),
            FieldKind::Buttons(choices) => self.buttons(choices, page),
        }
    }

    /// A label and an input below it.
    fn line(&self, input: &[u8], page: &mut Writer<'_, '_, '_>) {
        page.put(markup::LABEL);
        page.put(input);
        page.put(markup::LINE);
        let is_typed = matches!(self.field.kind, FieldKind::Text | FieldKind::Password);
        page.put(if is_typed { markup::TYPED } else { markup::BOUNDS });
        // A password that is kept may stay empty.
        let may_stay = self.kept && matches!(self.field.kind, FieldKind::Password);
        page.put_if(self.field.required && !may_stay, markup::REQUIRED);
        self.described(page);
        page.put(markup::CLOSES);
        self.below(page);
        page.put(markup::ENDS);
    }

    fn select(&self, choices: &[Choice], page: &mut Writer<'_, '_, '_>) {
        page.put(markup::LABEL);
        page.put(markup::SELECT);
        page.put_if(self.field.required, markup::REQUIRED);
        self.described(page);
        page.put(markup::CLOSES);
        page.put_if(choices.iter().all(|choice| choice.value != self.value), markup::NOTHING_SELECTED);
        for choice in choices {
            self.choice(choice, page);
            page.put(if choice.value == self.value { markup::OPTION_SELECTED } else { markup::OPTION });
        }
        page.put(markup::SELECT_ENDS);
        self.below(page);
        page.put(markup::ENDS);
    }

    /// The next fragments are about this choice.
    fn choice(&self, choice: &Choice, page: &mut Writer<'_, '_, '_>) {
        (page.facts.value, page.facts.label) = (choice.value.as_bytes(), choice.label);
    }

    fn radio(&self, choices: &[Choice], page: &mut Writer<'_, '_, '_>) {
        self.group(page);
        for choice in choices {
            self.choice(choice, page);
            page.put(markup::RADIO);
            page.put_if(choice.value == self.value, markup::CHECKED);
            page.put_if(self.field.required, markup::REQUIRED);
            page.put(markup::ROW_LABEL);
        }
        self.below(page);
        page.put(markup::GROUP_ENDS);
    }

    fn checkbox(&self, page: &mut Writer<'_, '_, '_>) {
        page.put(markup::CHECKBOX);
        page.put_if(!self.value.is_empty(), markup::CHECKED);
        page.put_if(self.field.required, markup::REQUIRED);
        self.described(page);
        page.put(markup::CHECKBOX_LABEL);
        self.below(page);
        page.put(markup::CHECKBOX_ENDS);
    }

    fn buttons(&self, choices: &[Choice], page: &mut Writer<'_, '_, '_>) {
        self.group(page);
        for choice in choices {
            self.choice(choice, page);
            page.put(markup::BUTTON);
        }
        self.below(page);
        page.put(markup::GROUP_ENDS);
    }

    /// Several inputs under one name, which screen readers read before each.
    fn group(&self, page: &mut Writer<'_, '_, '_>) {
        page.put(markup::GROUP);
        self.described(page);
        page.put(markup::LEGEND);
    }

    /// Whether it says below that an empty field keeps what was there.
    fn keeps(&self) -> bool {
        self.kept && matches!(self.field.kind, FieldKind::Password)
    }

    /// Ties what stands below to the input, for screen readers.
    fn described(&self, page: &mut Writer<'_, '_, '_>) {
        let has_hint = self.keeps() || !self.field.hint.is_empty();
        page.put(match (self.wrong.is_some(), has_hint) {
            (true, true) => markup::WRONG_AND_HINT,
            (true, false) => markup::WRONG,
            (false, true) => markup::HINT,
            (false, false) => return,
        });
    }

    /// The error, and the hint.
    fn below(&self, page: &mut Writer<'_, '_, '_>) {
        if let Some(wrong) = self.wrong {
            page.put(markup::WRONG_OPENS);
            sentence(wrong, page);
            page.put(markup::WRONG_ENDS);
        }
        if self.keeps() {
            page.put(markup::KEPT_BELOW);
        } else {
            page.put_if(!self.field.hint.is_empty(), markup::HINT_BELOW);
        }
    }
}

/// The error in the page's language; the text of an application's own rule is in the application's.
fn sentence(wrong: FieldError, page: &mut Writer<'_, '_, '_>) {
    let text = match wrong {
        FieldError::Missing => Text::FIELD_MISSING,
        FieldError::TooLong { most } => {
            page.facts.most = most;
            Text::FIELD_TOO_LONG
        }
        FieldError::NotText => Text::FIELD_NOT_TEXT,
        FieldError::NotANumber { min, max } => {
            (page.facts.min, page.facts.max) = (min, max);
            Text::FIELD_NUMBER
        }
        FieldError::NotAChoice => Text::FIELD_CHOICE,
        FieldError::Refused(why) => return put_shown(why.as_bytes(), page.out),
    };
    page.text(text);
}

//! The application's fields on the setup page: each with a label, and with what is wrong with it
//! beside it. Without JavaScript, like everything here.

use core::fmt::{self, Write};

use super::Contribution;
use super::escape::{Escaped, Shown};
use crate::Window;
use crate::application::{Choice, Field, Kind, Sent, Wrong, unchecked};
use crate::plain::{Number, Plain};

/// All fields but the buttons.
pub(super) fn fields(application: &Contribution<'_>, out: &mut Window<'_>) -> fmt::Result {
    for field in application.fields.iter().filter(|field| !matches!(field.kind, Kind::Buttons(_))) {
        with_value(field, application, out)?;
    }
    Ok(())
}

/// The buttons, which come after the one that connects: that one is pressed by the Enter key.
pub(super) fn buttons(application: &Contribution<'_>, out: &mut Window<'_>) -> fmt::Result {
    for field in application.fields.iter().filter(|field| matches!(field.kind, Kind::Buttons(_))) {
        with_value(field, application, out)?;
    }
    Ok(())
}

/// A field with what it holds: what was just entered, or else is kept, or else the default.
fn with_value(field: &Field, application: &Contribution<'_>, out: &mut Window<'_>) -> fmt::Result {
    let kept = application.values.and_then(|values| values.get(field.name));
    let Some(form) = application.entered else {
        let shown = if matches!(field.kind, Kind::Password) { "" } else { kept.unwrap_or(field.default) };
        return Shape { field, value: shown, wrong: None, kept: kept.is_some() }.write(out);
    };
    let (mut room, mut judged) = (unchecked(), unchecked());
    let wrong = field.read(Sent::Form(form), kept, &mut judged).err();
    let value = match field.kind {
        Kind::Password => "",
        _ => field.entered(Sent::Form(form), kept, &mut room).unwrap_or(""),
    };
    Shape { field, value, wrong, kept: kept.is_some() }.write(out)
}

/// A field as it is written.
struct Shape<'a> {
    field: &'a Field,
    value: &'a str,
    wrong: Option<Wrong>,
    /// There is a value already, shown or not.
    kept: bool,
}

impl Shape<'_> {
    fn write(&self, out: &mut Window<'_>) -> fmt::Result {
        match self.field.kind {
            Kind::Text => self.line("text", format_args!(""), out),
            Kind::Password => self.line("password", format_args!(""), out),
            Kind::Number { min, max } => self.line(
                "number",
                format_args!(" min=\"{}\" max=\"{}\" step=\"1\"", Number(min), Number(max)),
                out,
            ),
            Kind::Range { min, max } => self.line(
                "range",
                format_args!(" min=\"{}\" max=\"{}\" step=\"1\"", Number(min), Number(max)),
                out,
            ),
            Kind::Select(choices) => self.select(choices, out),
            Kind::Radio(choices) => self.radio(choices, out),
            Kind::Checkbox => self.checkbox(out),
            Kind::Hidden => {
                write!(out, "<input type=\"hidden\"")?;
                self.named(out)?;
                writeln!(out, " value=\"{}\">", Shown(self.value.as_bytes()))
            }
            Kind::Buttons(choices) => self.buttons(choices, out),
        }
    }

    /// A label and an input below it.
    fn line(&self, kind: &str, bounds: fmt::Arguments<'_>, out: &mut Window<'_>) -> fmt::Result {
        self.label(out)?;
        write!(out, "<input type=\"{}\" id=\"field-{}\"", Plain(kind), Shown(self.field.name.as_bytes()))?;
        self.named(out)?;
        write!(out, " value=\"{}\"{bounds}", Shown(self.value.as_bytes()))?;
        if matches!(self.field.kind, Kind::Text | Kind::Password) {
            write!(
                out,
                " maxlength=\"{}\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\"",
                Number(self.field.longest.into())
            )?;
        }
        // A password that is kept may stay empty.
        if self.field.required && !(self.kept && matches!(self.field.kind, Kind::Password)) {
            out.write_str(" required")?;
        }
        self.described(out)?;
        out.write_str(">")?;
        self.below(out)?;
        out.write_str("</p>\n")
    }

    fn select(&self, choices: &[Choice], out: &mut Window<'_>) -> fmt::Result {
        self.label(out)?;
        write!(out, "<select id=\"field-{}\"", Shown(self.field.name.as_bytes()))?;
        self.named(out)?;
        if self.field.required {
            out.write_str(" required")?;
        }
        self.described(out)?;
        out.write_str(">")?;
        if !choices.iter().any(|choice| choice.value == self.value) {
            out.write_str("<option value=\"\" selected>Choose</option>")?;
        }
        for choice in choices {
            let selected = Plain(if choice.value == self.value { " selected" } else { "" });
            write!(out, "<option value=\"{}\"{selected}>", Shown(choice.value.as_bytes()))?;
            write!(out, "{}</option>", Shown(choice.label.as_bytes()))?;
        }
        out.write_str("</select>")?;
        self.below(out)?;
        out.write_str("</p>\n")
    }

    fn radio(&self, choices: &[Choice], out: &mut Window<'_>) -> fmt::Result {
        self.group(out)?;
        for choice in choices {
            out.write_str("<div><label class=\"row\"><input type=\"radio\"")?;
            self.named(out)?;
            write!(out, " value=\"{}\"", Shown(choice.value.as_bytes()))?;
            if choice.value == self.value {
                out.write_str(" checked")?;
            }
            if self.field.required {
                out.write_str(" required")?;
            }
            writeln!(out, "><span>{}</span></label></div>", Shown(choice.label.as_bytes()))?;
        }
        self.below(out)?;
        out.write_str("</fieldset>\n")
    }

    fn checkbox(&self, out: &mut Window<'_>) -> fmt::Result {
        write!(out, "<div><label class=\"row\"><input type=\"checkbox\"")?;
        self.named(out)?;
        if !self.value.is_empty() {
            out.write_str(" checked")?;
        }
        if self.field.required {
            out.write_str(" required")?;
        }
        self.described(out)?;
        write!(out, "><span>{}</span></label>", Shown(self.field.label.as_bytes()))?;
        self.below(out)?;
        out.write_str("</div>\n")
    }

    fn buttons(&self, choices: &[Choice], out: &mut Window<'_>) -> fmt::Result {
        self.group(out)?;
        for choice in choices {
            out.write_str("<button type=\"submit\" class=\"quiet\"")?;
            self.named(out)?;
            let (value, label) = (Shown(choice.value.as_bytes()), Shown(choice.label.as_bytes()));
            writeln!(out, " value=\"{value}\">{label}</button>")?;
        }
        self.below(out)?;
        out.write_str("</fieldset>\n")
    }

    fn named(&self, out: &mut Window<'_>) -> fmt::Result {
        write!(out, " name=\"{}\"", Shown(self.field.name.as_bytes()))
    }

    fn label(&self, out: &mut Window<'_>) -> fmt::Result {
        let (name, label) = (Shown(self.field.name.as_bytes()), Shown(self.field.label.as_bytes()));
        write!(out, "<p><label class=\"name\" for=\"field-{name}\">{label}</label> ")
    }

    /// Several inputs under one name, which screen readers read before each.
    fn group(&self, out: &mut Window<'_>) -> fmt::Result {
        out.write_str("<fieldset")?;
        self.described(out)?;
        writeln!(out, ">\n<legend class=\"name\">{}</legend>", Shown(self.field.label.as_bytes()))
    }

    fn hint(&self) -> &'static str {
        match self.field.kind {
            Kind::Password if self.kept => "Leave it empty to keep the one from before.",
            _ => self.field.hint,
        }
    }

    /// Ties what stands below to the input, for screen readers.
    fn described(&self, out: &mut Window<'_>) -> fmt::Result {
        let name = Shown(self.field.name.as_bytes());
        match (self.wrong.is_some(), self.hint().is_empty()) {
            (true, true) => write!(out, " aria-invalid=\"true\" aria-describedby=\"wrong-{name}\""),
            (true, false) => {
                write!(out, " aria-invalid=\"true\" aria-describedby=\"wrong-{name} hint-{name}\"")
            }
            (false, false) => write!(out, " aria-describedby=\"hint-{name}\""),
            (false, true) => Ok(()),
        }
    }

    /// What is wrong, and the hint.
    fn below(&self, out: &mut Window<'_>) -> fmt::Result {
        let name = Shown(self.field.name.as_bytes());
        if let Some(wrong) = self.wrong {
            write!(out, " <strong class=\"wrong\" id=\"wrong-{name}\">")?;
            write!(Escaped::new(out), "{wrong}")?;
            out.write_str("</strong>")?;
        }
        if !self.hint().is_empty() {
            write!(out, " <small id=\"hint-{name}\">{}</small>", Shown(self.hint().as_bytes()))?;
        }
        Ok(())
    }
}

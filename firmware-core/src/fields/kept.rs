//! What the application's fields keep when a form leaves them out or empty. A secret stays only for who has entered
//! it, and only while nothing has changed that may name where it goes.
//!
//! Whose values these are is decided by the portal.

use zeroize::Zeroize;

use super::field::{Field, FieldError, FieldKind, Room, unchecked};
use super::sent::{Sent, SentValue};
use crate::credentials::Values;
use crate::problem::Problem;

/// The values from before.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'a> {
    pub(crate) values: &'a Values,
    /// Whether they were entered by who sends the form: otherwise no secret is kept.
    pub(crate) own: bool,
}

impl<'a> Kept<'a> {
    /// The value that a field keeps.
    pub(crate) fn value(self, field: &Field) -> Option<&'a str> {
        self.values.get(field.name).filter(|_| self.own || !field.is_secret())
    }

    /// The value that a form gives one of these fields. A secret that was left empty does not follow a change of
    /// another field of its group.
    pub(crate) fn read<'r>(
        self,
        field: &Field,
        fields: &[Field],
        sent: Sent<'_>,
        room: &'r mut Room,
    ) -> Result<&'r str, FieldError>
    where
        'a: 'r,
    {
        let kept = self.value(field);
        let value = field.read(sent, kept, room)?;
        let stays =
            field.is_secret() && kept.is_some() && sent.find(field.name).is_none_or(SentValue::is_empty);
        let group = || fields.iter().filter(|other| other.group == field.group);
        if stays && !value.is_empty() && group().any(|other| self.changes(other, sent)) {
            return Err(FieldError::Missing);
        }
        Ok(value)
    }

    /// Whether a form changes what a field says. Secrets and buttons name no place.
    fn changes(self, field: &Field, sent: Sent<'_>) -> bool {
        let names_place = !field.is_secret() && !matches!(field.kind, FieldKind::Buttons(_));
        let kept = self.values.get(field.name);
        let mut room = unchecked();
        names_place && field.entered(sent, kept, &mut room) != Ok(kept.unwrap_or(field.default))
    }
}

/// The values that a form gives these fields; those of earlier ones stay where the form has none.
pub(crate) fn read_values(fields: &[Field], sent: Sent<'_>, kept: Kept<'_>) -> Result<Values, Problem> {
    let mut values = Values::new();
    let mut room = unchecked();
    let mut read = |field: &Field| {
        let value = kept.read(field, fields, sent, &mut room).map_err(|_| Problem::Field)?;
        values.set(field.name, value).map_err(|_| Problem::FieldsTooLong)
    };
    let outcome = fields.iter().try_for_each(&mut read);
    // A password may have been decoded there.
    room.zeroize();
    outcome.map(|()| values)
}

#[cfg(test)]
mod tests {
    use super::super::field::Choice;
    use super::*;

    const ACTIONS: &[Choice] = &[Choice { value: "test", label: "Test" }];
    const FIELDS: [Field; 6] = [
        Field::new("broker", "Broker", FieldKind::Text),
        Field::new("secret", "Password", FieldKind::Password),
        Field::new("key", "Key", FieldKind::Password),
        Field::new("tls", "TLS", FieldKind::Checkbox),
        Field::new("action", "Action", FieldKind::Buttons(ACTIONS)),
        Field::new("room", "Room", FieldKind::Text).group(1),
    ];

    fn read(own: bool, form: &str) -> Result<Values, Problem> {
        let mut values = Values::new();
        for (name, value) in
            [("broker", "mqtt.example"), ("secret", "hush"), ("key", "old"), ("room", "Hall")]
        {
            values.set(name, value).unwrap();
        }
        read_values(&FIELDS, Sent::Form(form.as_bytes()), Kept { values: &values, own })
    }

    #[test]
    fn a_secret_stays_while_only_buttons_other_secrets_and_other_groups_change() {
        for form in ["", "&action=test", "&key=new", "&room=Attic", "&key=new&action=test&room=Attic"] {
            let values = read(true, &std::format!("broker=mqtt.example&secret={form}")).unwrap();
            assert_eq!(values.get("secret"), Some("hush"), "{form}");
        }
        for form in ["broker=evil.example&secret=", "broker=&secret=", "broker=mqtt.example&secret=&tls=on"] {
            assert_eq!(read(true, form), Err(Problem::Field), "{form}");
        }
        let others = read(false, "broker=mqtt.example&secret=").unwrap();
        assert_eq!(others.get("secret").unwrap_or_default(), "", "nothing is kept for another client");
    }
}

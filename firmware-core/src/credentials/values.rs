//! What the owner entered into the application's own fields, kept in flash together with the networks.
//!
//! A value may be a secret (a password for a message broker, say): `Debug` shows only the names,
//! and the memory is wiped when it is dropped. What a value means is the application's business.

use core::fmt;

use heapless::Vec;
use zeroize::Zeroize;

use crate::limits::VALUES_BYTES;

/// Values by name, in the order in which they were first set: for each a byte with the length of
/// the name, the name, a byte with the length of the value, and the value.
///
/// ```
/// use vestibule_core::credentials::Values;
///
/// let mut values = Values::new();
/// assert!(values.is_empty());
/// values.set("broker", "mqtt.local")?;
/// values.set("password", "swordfish")?;
/// assert!(values.iter().eq([("broker", "mqtt.local"), ("password", "swordfish")]));
/// assert!(values.set("broker", &"x".repeat(Values::LONGEST + 1)).is_err());
/// assert_eq!(format!("{values:?}"), r#"{"broker", "password"}"#, "no value is shown");
/// # Ok::<(), vestibule_core::credentials::ValuesFull>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values {
    bytes: Vec<u8, VALUES_BYTES>,
}

impl Values {
    /// Most bytes in a name, and in a value.
    pub const LONGEST: usize = u8::MAX as usize;

    /// No values.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// The value of that name.
    ///
    /// ```
    /// use vestibule_core::credentials::Values;
    ///
    /// let mut values = Values::new();
    /// values.set("broker", "mqtt.local")?;
    /// values.set("broker", "10.0.0.2")?;
    /// assert_eq!(values.get("broker"), Some("10.0.0.2"));
    /// assert_eq!(values.get("topic"), None);
    /// # Ok::<(), vestibule_core::credentials::ValuesFull>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Sets a value, in place of any of that name.
    ///
    /// # Errors
    /// [`ValuesFull`] when name or value is longer than [`Values::LONGEST`], or all of them together
    /// are longer than [`VALUES_BYTES`]. What was there before stays.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ValuesFull> {
        let mut next = Self::new();
        for (other, kept) in self.iter().filter(|(other, _)| *other != name) {
            next.put(other)?;
            next.put(kept)?;
        }
        next.put(name)?;
        next.put(value)?;
        *self = next;
        Ok(())
    }

    fn put(&mut self, text: &str) -> Result<(), ValuesFull> {
        let length = u8::try_from(text.len()).map_err(|_| ValuesFull)?;
        self.bytes.push(length).map_err(|_| ValuesFull)?;
        self.bytes.extend_from_slice(text.as_bytes()).map_err(|_| ValuesFull)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.bytes.as_slice();
        core::iter::from_fn(move || {
            let (name, after) = text(rest)?;
            let (value, after) = text(after)?;
            rest = after;
            Some((name, value))
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes over those of another, in place, so that no copy of a secret is left on the way.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.clear();
        // It has as much room.
        let _ = self.bytes.extend_from_slice(&other.bytes);
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.bytes.as_mut_slice().zeroize();
        self.bytes.clear();
    }

    /// All of them, as they stand in flash.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the next piece of what [`Values::as_bytes`] gave.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Option<()> {
        self.bytes.extend_from_slice(bytes).ok()
    }

    /// Whether the pieces together are what [`Values::as_bytes`] gave, and nothing else.
    pub(super) fn is_whole(&self) -> bool {
        let length: usize = self.iter().map(|(name, value)| 2 + name.len() + value.len()).sum();
        length == self.bytes.len()
    }
}

/// The text at the beginning of `bytes`, after its length, and what follows it.
fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((core::str::from_utf8(text).ok()?, rest))
}

impl Drop for Values {
    fn drop(&mut self) {
        self.bytes.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// There is no room for another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValuesFull;

impl fmt::Display for ValuesFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "names and values of all fields have {VALUES_BYTES} bytes together, and 255 each")
    }
}

impl core::error::Error for ValuesFull {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::format;
    use std::string::String;

    use proptest::prelude::*;

    use super::*;

    fn from_bytes(bytes: &[u8]) -> Option<Values> {
        let mut values = Values::new();
        values.append(bytes)?;
        values.is_whole().then_some(values)
    }

    #[test]
    fn what_is_too_much_changes_nothing() {
        let mut values = Values::new();
        values.set("first", &"x".repeat(200)).unwrap();
        values.set("second", &"y".repeat(200)).unwrap();
        let before = values.clone();
        assert_eq!(values.set("third", &"z".repeat(200)), Err(ValuesFull));
        assert_eq!(values.set("third", &"z".repeat(256)), Err(ValuesFull));
        assert_eq!(values, before);
        values.set("first", "short").unwrap();
        values.set("third", &"z".repeat(200)).unwrap();
    }

    #[test]
    fn no_value_is_shown() {
        let mut values = Values::new();
        values.set("broker-password", "correct horse").unwrap();
        assert_eq!(format!("{values:?}"), "{\"broker-password\"}");
    }

    #[test]
    fn bytes_that_are_no_values_are_refused() {
        for bytes in [&b"\x01"[..], b"\x01a", b"\x01a\x02b", b"\x01\xff\x00", b"\x00\x00\x00"] {
            assert_eq!(from_bytes(bytes), None, "{bytes:?}");
        }
        assert_eq!(from_bytes(b""), Some(Values::new()));
    }

    proptest! {
        #[test]
        fn it_is_a_map(set in proptest::collection::vec(("[a-d]{1,2}", ".{0,40}"), 0..12)) {
            let (mut values, mut map) = (Values::new(), BTreeMap::<String, String>::new());
            for (name, value) in set {
                if values.set(&name, &value).is_ok() {
                    map.insert(name, value);
                }
            }
            let held: BTreeMap<_, _> = values.iter().map(|(n, v)| (n.into(), v.into())).collect();
            prop_assert_eq!(held, map);
            prop_assert_eq!(from_bytes(values.as_bytes()), Some(values));
        }
    }
}

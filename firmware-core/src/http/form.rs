//! What an HTML form sent: `application/x-www-form-urlencoded`, read as browsers write it (WHATWG
//! URL, section 5.1). Names and values are bytes, because an SSID is; nothing is taken for UTF-8.
//!
//! As that standard has it, nothing is malformed: a `%` without two hexadecimal digits stands for
//! itself, and a field without `=` has an empty value.
//!
//! ```
//! use vestibule_core::http::form;
//!
//! let body = b"ssid=Caf%C3%A9+Zoe&passphrase=a%26b";
//! let mut buffer = [0; 32];
//! let ssid = form::find(body, "ssid").unwrap().decode(&mut buffer).unwrap();
//! assert_eq!(ssid, "Café Zoe".as_bytes());
//! ```

use core::fmt;

use zeroize::Zeroize;

/// One field of a form.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The part before the first `=`.
    pub name: Encoded<'a>,
    /// The part after it; empty if there is none.
    pub value: Encoded<'a>,
}

/// The fields of a form, in the order in which they were sent. The same name may occur twice.
///
/// ```
/// use vestibule_core::http::form;
///
/// let mut fields = form::fields(b"scene=night&quiet");
/// assert!(fields.next().is_some_and(|field| field.name.is("scene") && field.value.is("night")));
/// assert!(fields.next().is_some_and(|field| field.name.is("quiet") && field.value.is_empty()));
/// assert!(fields.next().is_none());
/// ```
pub fn fields(body: &[u8]) -> impl Iterator<Item = Field<'_>> {
    body.split(|&byte| byte == b'&').filter(|field| !field.is_empty()).map(|field| {
        let mut parts = field.splitn(2, |&byte| byte == b'=');
        let mut part = || Encoded::in_form(parts.next().unwrap_or_default());
        Field { name: part(), value: part() }
    })
}

/// The value of the first field of this name.
///
/// ```
/// use vestibule_core::http::form;
///
/// assert!(form::find(b"a=1&a=2", "a").unwrap().is("1"));
/// assert!(form::find(b"a=1&a=2", "b").is_none());
/// ```
pub fn find<'a>(body: &'a [u8], name: &str) -> Option<Encoded<'a>> {
    fields(body).find(|field| field.name.is(name)).map(|field| field.value)
}

/// Overwrites every value of this name.
pub(super) fn wipe(body: &mut [u8], name: &str) {
    for field in body.split_mut(|&byte| byte == b'&') {
        let mut parts = field.splitn_mut(2, |&byte| byte == b'=');
        if parts.next().is_some_and(|sent| Encoded::in_form(sent).is(name))
            && let Some(value) = parts.next()
        {
            value.zeroize();
        }
    }
}

/// A name or a value as it was sent. May be a passphrase, so `Debug` shows its length alone.
///
/// ```
/// use vestibule_core::http::form;
///
/// let sent = form::find(b"topic=lamps%2Fattic&note=", "topic").unwrap();
/// assert!(sent.is("lamps/attic"));
/// assert!(sent.bytes().eq(*b"lamps/attic"));
/// assert_eq!(sent.decode(&mut [0; 4]), Err(form::TooLong));
/// assert_eq!(format!("{sent:?}"), "Encoded(13 bytes)");
/// ```
#[derive(Clone, Copy)]
pub struct Encoded<'a> {
    sent: &'a [u8],
    /// The meaning of `+`: a space in a form, itself in a path (RFC 3986 section 2.2).
    plus: u8,
}

impl<'a> Encoded<'a> {
    pub(crate) const fn in_form(sent: &'a [u8]) -> Self {
        Self { sent, plus: b' ' }
    }

    pub(crate) const fn in_path(sent: &'a [u8]) -> Self {
        Self { sent, plus: b'+' }
    }

    /// The bytes that were sent for it.
    #[cfg(feature = "sealed")]
    pub(crate) const fn sent(self) -> &'a [u8] {
        self.sent
    }

    /// The bytes that it stands for.
    pub fn bytes(self) -> impl Iterator<Item = u8> + 'a {
        let (mut rest, plus) = (self.sent, self.plus);
        core::iter::from_fn(move || {
            let (&first, plain) = rest.split_first()?;
            let (byte, after) = match (first, plain) {
                (b'+', _) => (plus, plain),
                (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                    (Some(high), Some(low)) => ((high << 4) | low, after),
                    _ => (first, plain),
                },
                _ => (first, plain),
            };
            rest = after;
            Some(byte)
        })
    }

    /// Writes the bytes that it stands for to the beginning of `buffer` and returns them. Writes
    /// nothing if they do not fit.
    pub fn decode(self, buffer: &mut [u8]) -> Result<&[u8], TooLong> {
        let length = self.bytes().count();
        let decoded = buffer.get_mut(..length).ok_or(TooLong)?;
        for (place, byte) in decoded.iter_mut().zip(self.bytes()) {
            *place = byte;
        }
        Ok(decoded)
    }

    /// Whether it stands for this text.
    pub fn is(self, text: &str) -> bool {
        self.bytes().eq(text.bytes())
    }

    /// Whether it stands for nothing.
    pub fn is_empty(self) -> bool {
        self.sent.is_empty()
    }
}

impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({} bytes)", self.sent.len())
    }
}

/// A name or value is longer than the room that was given for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the field is longer than its room")
    }
}

impl core::error::Error for TooLong {}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};
    use std::vec::Vec;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn all(body: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        fields(body).map(|field| (field.name.bytes().collect(), field.value.bytes().collect())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
        pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn reads_as_the_standard_says() {
        for (body, expected) in [
            ("", &[][..]),
            ("&&", &[]),
            ("a=b&c=d", &[("a", "b"), ("c", "d")]),
            ("a", &[("a", "")]),
            ("=b", &[("", "b")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a+b=%20+%2B", &[("a b", "  +")]),
            ("a=%3d%3D%26", &[("a", "==&")]),
            ("a=1&a=2", &[("a", "1"), ("a", "2")]),
            ("a=%", &[("a", "%")]),
            ("a=%4", &[("a", "%4")]),
            ("a=%zz%4x%%34", &[("a", "%zz%4x%4")]),
            ("%61=x", &[("a", "x")]),
        ] {
            assert_eq!(all(body.as_bytes()), pairs(expected), "{body}");
        }
    }

    #[test]
    fn finds_the_first_of_a_name() {
        let body = b"x=1&na+me=2&na%20me=3";
        assert!(find(body, "na me").unwrap().is("2"));
        assert!(find(body, "name").is_none());
        assert!(find(b"a=", "a").unwrap().is_empty());
    }

    #[test]
    fn too_long_for_its_room() {
        let value = find(b"a=%41%42%43", "a").unwrap();
        let mut room = [0; 3];
        assert_eq!(value.decode(&mut room[..2]), Err(TooLong));
        assert_eq!(room, [0; 3], "nothing is written");
        assert_eq!(value.decode(&mut room), Ok(&b"ABC"[..]));
    }

    #[test]
    fn debug_shows_no_secret() {
        let field = fields(b"passphrase=hunter22").next().unwrap();
        assert!(!std::format!("{field:?}").contains("hunter22"));
    }

    /// Writes as browsers do (WHATWG URL, section 5.2).
    fn encode(bytes: &[u8]) -> String {
        let byte = |&byte: &u8| match byte {
            b' ' => "+".to_string(),
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                char::from(byte).to_string()
            }
            _ => std::format!("%{byte:02X}"),
        };
        bytes.iter().map(byte).collect()
    }

    #[test]
    fn every_byte_survives() {
        for byte in 0..=u8::MAX {
            let body = std::format!("{0}={0}", encode(&[byte]));
            assert_eq!(all(body.as_bytes()), [(std::vec![byte], std::vec![byte])]);
        }
    }

    proptest! {
        #[test]
        fn forms_survive(sent in vec((vec(any::<u8>(), 1..8), vec(any::<u8>(), 0..40)), 0..8)) {
            let body: Vec<String> =
                sent.iter().map(|(name, value)| encode(name) + "=" + &encode(value)).collect();
            prop_assert_eq!(all(body.join("&").as_bytes()), sent);
        }

        #[test]
        fn anything_is_a_form(body in vec(any::<u8>(), 0..64)) {
            for field in fields(&body) {
                let mut room = [0; 64];
                let decoded = field.value.decode(&mut room).unwrap();
                prop_assert!(decoded.len() <= body.len());
            }
        }
    }
}

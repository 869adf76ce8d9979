//! A string of a document: its escapes, and the text that it stands for.

use core::fmt;

/// A string or a name as it was written, known to be well-formed. May be a passphrase, so `Debug`
/// shows its length alone.
///
/// ```
/// use vestibule_core::json::{DecodeError, Object};
///
/// let document = Object::parse(br#"{"ssid":"Caf\u00e9 \ud83d\ude00","ssid_hex":"436166e9"}"#)?;
/// let ssid = document.text("ssid").unwrap();
/// assert!(ssid.is("Café 😀") && !ssid.is_empty());
/// assert_eq!(ssid.decode(&mut [0; 32]), Ok("Café 😀"));
/// assert_eq!(ssid.decode(&mut [0; 4]), Err(DecodeError::TooLong));
/// assert_eq!(document.text("ssid_hex").unwrap().decode_hex(&mut [0; 32]), Ok(&b"Caf\xe9"[..]));
/// # Ok::<(), vestibule_core::json::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Text<'a>(pub(super) &'a str);

impl<'a> Text<'a> {
    /// The characters that were sent for it.
    #[cfg(feature = "sealed")]
    pub(crate) const fn sent(self) -> &'a str {
        self.0
    }

    /// The characters that it stands for.
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let after = rest.get(first.len_utf8()..)?;
            if first != '\\' {
                rest = after;
                return Some(first);
            }
            let Escape::Character(character, length) = read_escape(rest) else {
                return None; // cannot be: the scanner has passed over it
            };
            rest = rest.get(length..)?;
            Some(character)
        })
    }

    /// Writes the text that it stands for to the beginning of `buffer` and returns it. Writes
    /// nothing if it does not fit.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`].
    pub fn decode(self, buffer: &mut [u8]) -> Result<&str, DecodeError> {
        let length = self.chars().map(char::len_utf8).sum();
        let decoded = buffer.get_mut(..length).ok_or(DecodeError::TooLong)?;
        let mut free = &mut decoded[..];
        for character in self.chars() {
            let (place, rest) =
                free.split_at_mut_checked(character.len_utf8()).ok_or(DecodeError::TooLong)?;
            character.encode_utf8(place);
            free = rest;
        }
        core::str::from_utf8(decoded).map_err(|_| DecodeError::TooLong)
    }

    /// Writes the bytes whose hexadecimal digits it is to the beginning of `buffer` and returns
    /// them: what [`super::ObjectWriter::bytes`] wrote for a name that is not UTF-8.
    ///
    /// # Errors
    /// [`DecodeError`], and then nothing is written.
    pub fn decode_hex(self, buffer: &mut [u8]) -> Result<&[u8], DecodeError> {
        if self.chars().any(|digit| !digit.is_ascii_hexdigit()) {
            return Err(DecodeError::NotHex);
        }
        let digits = self.chars().count();
        if !digits.is_multiple_of(2) {
            return Err(DecodeError::NotHex);
        }
        let decoded = buffer.get_mut(..digits / 2).ok_or(DecodeError::TooLong)?;
        let mut digits = self.chars().filter_map(|digit| digit.to_digit(16));
        for place in decoded.iter_mut() {
            let (Some(high), Some(low)) = (digits.next(), digits.next()) else { break };
            *place = (high << 4 | low) as u8;
        }
        Ok(decoded)
    }

    /// Whether it stands for this text.
    pub fn is(self, text: &str) -> bool {
        self.chars().eq(text.chars())
    }

    /// Whether it stands for nothing.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// Why a string could not be handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is longer than the room for it.
    TooLong,
    /// It is not pairs of hexadecimal digits.
    NotHex,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the string is longer than its room",
            Self::NotHex => "the string is not pairs of hexadecimal digits",
        })
    }
}

impl core::error::Error for DecodeError {}

/// A sequence that begins with a backslash.
pub(super) enum Escape {
    /// A character, and how many bytes its escape has.
    Character(char, usize),
    Incomplete,
    Unknown,
    LoneSurrogate,
}

/// Reads the escape with which `text` begins (RFC 8259 section 7).
pub(super) fn read_escape(text: &str) -> Escape {
    let short = |character| Escape::Character(character, 2);
    match text.as_bytes() {
        [_, b'"', ..] => short('"'),
        [_, b'\\', ..] => short('\\'),
        [_, b'/', ..] => short('/'),
        [_, b'b', ..] => short('\u{8}'),
        [_, b'f', ..] => short('\u{c}'),
        [_, b'n', ..] => short('\n'),
        [_, b'r', ..] => short('\r'),
        [_, b't', ..] => short('\t'),
        [_, b'u', digits @ ..] => read_unicode(digits),
        [_, _, ..] => Escape::Unknown,
        _ => Escape::Incomplete,
    }
}

/// Reads what follows `\u`: four digits, and a second such escape if they are half of a pair.
fn read_unicode(text: &[u8]) -> Escape {
    let Some(first) = read_four(text) else {
        return if text.len() < 4 { Escape::Incomplete } else { Escape::Unknown };
    };
    if let Some(character) = char::from_u32(first) {
        return Escape::Character(character, 6);
    }
    let second = text.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(read_four);
    match (first, second) {
        (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
            let number = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            char::from_u32(number).map_or(Escape::LoneSurrogate, |character| Escape::Character(character, 12))
        }
        _ => Escape::LoneSurrogate,
    }
}

fn read_four(text: &[u8]) -> Option<u32> {
    text.first_chunk::<4>()?
        .iter()
        .try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

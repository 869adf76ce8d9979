//! Where a value begins and ends, and whether it is one: the grammar of RFC 8259 and nothing else.

use core::fmt;

use super::text::{Escape, read_escape};
use crate::limits::JSON_DEPTH;

/// Why a text is not a document that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A byte sequence that is no UTF-8 (RFC 8259 section 8.1).
    NotUtf8,
    /// Valid or not, it is no object.
    NotAnObject,
    /// It ends too early.
    UnexpectedEnd,
    /// Something else was due here.
    Syntax,
    /// A number that is not written as RFC 8259 section 6 says: `01`, `+1`, `1.`, `NaN`.
    BadNumber,
    /// A control character that stands in a string as it is (section 7 wants it escaped).
    ControlCharacter,
    /// A backslash that begins none of the nine escapes.
    BadEscape,
    /// Half of a surrogate pair: it stands for no character.
    LoneSurrogate,
    /// Arrays or objects in one another, more than [`JSON_DEPTH`] deep.
    TooDeep,
    /// More members than [`JSON_MEMBERS`](crate::limits::JSON_MEMBERS).
    TooManyMembers,
    /// Two members of one name. Which of them counts differs from reader to reader (section 4),
    /// so neither does.
    DuplicateName,
    /// Something follows the document.
    TrailingBytes,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "the document is not UTF-8",
            Self::NotAnObject => "the document is not a JSON object",
            Self::UnexpectedEnd => "the document ends too early",
            Self::Syntax => "the document is not JSON",
            Self::BadNumber => "a number is not written as JSON wants it",
            Self::ControlCharacter => "a control character in a string is not escaped",
            Self::BadEscape => "a string has an escape that JSON does not know",
            Self::LoneSurrogate => "a string has half of a surrogate pair",
            Self::TooDeep => "values are nested too deeply",
            Self::TooManyMembers => "the object has too many members",
            Self::DuplicateName => "the object has two members of one name",
            Self::TrailingBytes => "something follows the document",
        })
    }
}

impl core::error::Error for Error {}

/// The kind of a value that was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    Null,
    True,
    False,
    Number,
    Text,
    Nested,
}

/// The text not yet read.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'a>(pub(super) &'a str);

impl<'a> Scanner<'a> {
    /// The next byte that is not space, which stays.
    pub(super) fn peek(&mut self) -> Result<u8, Error> {
        self.skip_space();
        self.0.as_bytes().first().copied().ok_or(Error::UnexpectedEnd)
    }

    /// RFC 8259 section 2.
    pub(super) fn skip_space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Passes over space and then this byte, which must be there.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.peek()? != byte {
            return Err(Error::Syntax);
        }
        self.advance(1);
        Ok(())
    }

    /// Passes over this byte if it comes next, after space.
    pub(super) fn accept(&mut self, byte: u8) -> Result<bool, Error> {
        let found = self.peek()? == byte;
        if found {
            self.advance(1);
        }
        Ok(found)
    }

    /// Passes over one value, with at most `depth` arrays or objects in one another. Returns it as it
    /// is written, a string without its quotes.
    pub(super) fn value(&mut self, depth: usize) -> Result<(ValueKind, &'a str), Error> {
        let first = self.peek()?;
        let before = self.0;
        let kind = match first {
            b'"' => return Ok((ValueKind::Text, self.string()?)),
            b'-' | b'0'..=b'9' => self.number()?,
            b'n' => self.literal("null", ValueKind::Null)?,
            b't' => self.literal("true", ValueKind::True)?,
            b'f' => self.literal("false", ValueKind::False)?,
            b'[' => self.array(depth)?,
            b'{' => self.object(depth)?,
            b'+' | b'.' | b'I' | b'N' => return Err(Error::BadNumber),
            _ => return Err(Error::Syntax),
        };
        let length = before.len() - self.0.len();
        Ok((kind, before.get(..length).unwrap_or_default()))
    }

    /// Passes over a string and returns what stands between its quotes.
    pub(super) fn string(&mut self) -> Result<&'a str, Error> {
        self.expect(b'"')?;
        let content = self.0;
        loop {
            let (at, found) = self
                .0
                .bytes()
                .enumerate()
                .find(|(_, byte)| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                .ok_or(Error::UnexpectedEnd)?;
            self.advance(at);
            match found {
                b'"' => break,
                b'\\' => match read_escape(self.0) {
                    Escape::Character(_, length) => self.advance(length),
                    Escape::Incomplete => return Err(Error::UnexpectedEnd),
                    Escape::Unknown => return Err(Error::BadEscape),
                    Escape::LoneSurrogate => return Err(Error::LoneSurrogate),
                },
                _ => return Err(Error::ControlCharacter),
            }
        }
        let length = content.len() - self.0.len();
        self.advance(1);
        Ok(content.get(..length).unwrap_or_default())
    }

    /// RFC 8259 section 6.
    fn number(&mut self) -> Result<ValueKind, Error> {
        self.skip_one(b"-");
        let integer = self.0;
        let digits = self.skip_digits();
        if digits == 0 || (digits > 1 && integer.starts_with('0')) {
            return Err(Error::BadNumber);
        }
        if self.skip_one(b".") && self.skip_digits() == 0 {
            return Err(Error::BadNumber);
        }
        if self.skip_one(b"eE") {
            self.skip_one(b"+-");
            if self.skip_digits() == 0 {
                return Err(Error::BadNumber);
            }
        }
        Ok(ValueKind::Number)
    }

    fn literal(&mut self, literal: &str, kind: ValueKind) -> Result<ValueKind, Error> {
        match self.0.strip_prefix(literal) {
            Some(rest) => self.0 = rest,
            None if literal.starts_with(self.0) => return Err(Error::UnexpectedEnd),
            None => return Err(Error::Syntax),
        }
        Ok(kind)
    }

    fn array(&mut self, depth: usize) -> Result<ValueKind, Error> {
        let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
        self.expect(b'[')?;
        if !self.accept(b']')? {
            loop {
                self.value(depth)?;
                if !self.accept(b',')? {
                    break;
                }
            }
            self.expect(b']')?;
        }
        Ok(ValueKind::Nested)
    }

    fn object(&mut self, depth: usize) -> Result<ValueKind, Error> {
        let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
        self.expect(b'{')?;
        if !self.accept(b'}')? {
            loop {
                self.member(depth)?;
                if !self.accept(b',')? {
                    break;
                }
            }
            self.expect(b'}')?;
        }
        Ok(ValueKind::Nested)
    }

    /// Passes over a name, a colon and a value.
    pub(super) fn member(&mut self, depth: usize) -> Result<(&'a str, ValueKind, &'a str), Error> {
        let name = self.string()?;
        self.expect(b':')?;
        let (kind, value) = self.value(depth)?;
        Ok((name, kind, value))
    }

    fn skip_one(&mut self, any_of: &[u8]) -> bool {
        let found = self.0.bytes().next().is_some_and(|byte| any_of.contains(&byte));
        self.advance(found.into());
        found
    }

    fn skip_digits(&mut self) -> usize {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        self.advance(count);
        count
    }

    /// Passes over bytes that are known to be there and to end with a character.
    fn advance(&mut self, length: usize) {
        self.0 = self.0.get(length..).unwrap_or_default();
    }
}

/// The depth that a member's value may have: the document's own braces are one level.
pub(super) const DEPTH_OF_MEMBERS: usize = JSON_DEPTH - 1;

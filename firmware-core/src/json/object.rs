//! A checked document and its members.

use core::fmt;

use super::scan::{DEPTH_OF_MEMBERS, Error, Scanner, ValueKind};
use super::text::Text;
use crate::limits::JSON_MEMBERS;

/// A document: one object, checked to its last byte. `Debug` shows its length alone.
///
/// ```
/// use vestibule_core::json::{Object, Value};
///
/// let document = Object::parse(br#"{"on":true,"level":70,"name":"Attic","tags":["a"]}"#)?;
/// assert!(document.text("name").is_some_and(|name| name.is("Attic")));
/// assert!(matches!(document.get("on"), Some(Value::Bool(true))));
/// assert!(matches!(document.get("tags"), Some(Value::Nested)));
/// let Some(Value::Number(level)) = document.get("level") else { panic!() };
/// assert_eq!((level.as_u64(), level.as_i64(), level.as_str()), (Some(70), Some(70), "70"));
/// let names: Vec<String> = document.members().map(|member| member.name.chars().collect()).collect();
/// assert_eq!(names, ["on", "level", "name", "tags"]);
/// # Ok::<(), vestibule_core::json::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Object<'a>(&'a str);

impl<'a> Object<'a> {
    /// Checks a whole document. Nothing of it can be seen unless all of it is well-formed.
    ///
    /// Two members of one name are refused, `"a"` and `"\u0061"` being the same name; inside nested
    /// values, which are not looked at, they are not.
    ///
    /// # Errors
    /// [`Error`], of which none holds anything of the document.
    ///
    /// ```
    /// use vestibule_core::json::{Error, Object};
    ///
    /// assert!(Object::parse(b" {} ").is_ok());
    /// assert_eq!(Object::parse(b"{\"a\":1,\"a\":2}").unwrap_err(), Error::DuplicateName);
    /// assert_eq!(Object::parse(b"{} {}").unwrap_err(), Error::TrailingBytes);
    /// ```
    pub fn parse(document: &'a [u8]) -> Result<Self, Error> {
        let document = core::str::from_utf8(document).map_err(|_| Error::NotUtf8)?;
        let mut scanner = Scanner(document);
        if !scanner.accept(b'{')? {
            return Err(Error::NotAnObject);
        }
        let members = scanner.0;
        if !scanner.accept(b'}')? {
            let mut count = 0;
            loop {
                if count == JSON_MEMBERS {
                    return Err(Error::TooManyMembers);
                }
                let (name, ..) = scanner.member(DEPTH_OF_MEMBERS)?;
                let earlier = Self(members).members().take(count);
                if earlier.into_iter().any(|member| member.name.chars().eq(Text(name).chars())) {
                    return Err(Error::DuplicateName);
                }
                count += 1;
                if !scanner.accept(b',')? {
                    break;
                }
            }
            scanner.expect(b'}')?;
        }
        scanner.skip_space();
        if scanner.0.is_empty() { Ok(Self(members)) } else { Err(Error::TrailingBytes) }
    }

    /// The members in the order in which they were sent.
    pub fn members(self) -> impl Iterator<Item = Member<'a>> {
        let mut scanner = Scanner(self.0);
        core::iter::from_fn(move || {
            let (name, kind, value) = scanner.member(DEPTH_OF_MEMBERS).ok()?;
            if !scanner.accept(b',').ok()? {
                scanner.0 = "";
            }
            Some(Member { name: Text(name), value: Value::new(kind, value) })
        })
    }

    /// The value of the member of this name.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.members().find(|member| member.name.is(name)).map(|member| member.value)
    }

    /// The string of this name; `None` also if it is there and no string.
    pub fn text(self, name: &str) -> Option<Text<'a>> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} bytes)", self.0.len())
    }
}

/// One member of a document.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// Its value.
    pub value: Value<'a>,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number<'a>),
    /// A string.
    Text(Text<'a>),
    /// An array or an object: well-formed, and not looked into.
    Nested,
}

impl<'a> Value<'a> {
    fn new(kind: ValueKind, written: &'a str) -> Self {
        match kind {
            ValueKind::Null => Self::Null,
            ValueKind::True => Self::Bool(true),
            ValueKind::False => Self::Bool(false),
            ValueKind::Number => Self::Number(Number(written)),
            ValueKind::Text => Self::Text(Text(written)),
            ValueKind::Nested => Self::Nested,
        }
    }
}

/// A number as it was written, of any size and precision. `Debug` shows its length alone, since a
/// PIN may be sent as one.
#[derive(Clone, Copy)]
pub struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    /// As it was written.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Its value if it is written as a whole number and fits. `1.0` and `1e3` are not.
    pub fn as_i64(self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// Its value if it is written as a whole number, is not negative, and fits.
    pub fn as_u64(self) -> Option<u64> {
        self.0.parse().ok()
    }
}

impl fmt::Debug for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({} bytes)", self.0.len())
    }
}

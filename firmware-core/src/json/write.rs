//! The writer: objects and arrays that are always closed and never lack a comma, strings that are
//! always escaped. It writes to any [`core::fmt::Write`], [`crate::ByteWindow`] above all.

use core::fmt::{self, Write};

use crate::text::{Hex, Number};

/// Writes one object, whose members `fill` gives.
///
/// # Errors
/// Those of `out` alone.
///
/// ```
/// use vestibule_core::json;
///
/// let mut reply = String::new();
/// json::write_object(&mut reply, |object| {
///     object.text("name", "Attic \"lamp\"")?;
///     object.bool("on", true)?;
///     object.null("scene")?;
///     object.array("levels", |levels| {
///         levels.number(0)?;
///         levels.number(70)
///     })?;
///     object.object("link", |link| link.number("signal", -60))
/// }).unwrap();
/// assert_eq!(
///     reply,
///     r#"{"name":"Attic \"lamp\"","on":true,"scene":null,"levels":[0,70],"link":{"signal":-60}}"#
/// );
/// ```
pub fn write_object<W: Write>(
    out: &mut W,
    fill: impl FnOnce(&mut ObjectWriter<'_, W>) -> fmt::Result,
) -> fmt::Result {
    out.write_str("{")?;
    fill(&mut ObjectWriter { out, first: true })?;
    out.write_str("}")
}

/// Writes one array, whose elements `fill` gives.
///
/// # Errors
/// Those of `out` alone.
///
/// ```
/// use vestibule_core::json;
///
/// let mut reply = String::new();
/// json::write_array(&mut reply, |array| {
///     array.text("a\"b")?;
///     array.object(|object| object.null("c"))
/// }).unwrap();
/// assert_eq!(reply, r#"["a\"b",{"c":null}]"#);
/// ```
pub fn write_array<W: Write>(
    out: &mut W,
    fill: impl FnOnce(&mut ArrayWriter<'_, W>) -> fmt::Result,
) -> fmt::Result {
    out.write_str("[")?;
    fill(&mut ArrayWriter { out, first: true })?;
    out.write_str("]")
}

/// Takes the members of an object. Names must differ; nobody checks that here.
///
/// [`write_object`] has an example of each of its methods.
pub struct ObjectWriter<'w, W> {
    out: &'w mut W,
    first: bool,
}

impl<W: Write> ObjectWriter<'_, W> {
    /// A string, escaped.
    pub fn text(&mut self, name: &str, value: impl fmt::Display) -> fmt::Result {
        write_text(self.name(name)?, value)
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, value: impl Into<i64>) -> fmt::Result {
        write_number(self.name(name)?, value.into())
    }

    /// `true` or `false`.
    pub fn bool(&mut self, name: &str, value: bool) -> fmt::Result {
        self.name(name)?.write_str(if value { "true" } else { "false" })
    }

    /// `null`.
    pub fn null(&mut self, name: &str) -> fmt::Result {
        self.name(name)?.write_str("null")
    }

    /// Bytes that are mostly, but need not be, UTF-8, as an SSID is: as a string under `name`. If
    /// they are not UTF-8, U+FFFD stands where they are not, which is good enough to be shown, and
    /// all of them follow under `hex_name`, two digits a byte, which is what a client must send
    /// back ([`super::Text::decode_hex`]).
    ///
    /// ```
    /// use vestibule_core::json;
    ///
    /// let mut reply = String::new();
    /// json::write_object(&mut reply, |object| object.bytes("ssid", "ssid_hex", b"Caf\xe9")).unwrap();
    /// assert_eq!(reply, r#"{"ssid":"Caf�","ssid_hex":"436166e9"}"#);
    /// ```
    pub fn bytes(&mut self, name: &str, hex_name: &str, value: &[u8]) -> fmt::Result {
        self.text(name, Lossy(value))?;
        if core::str::from_utf8(value).is_err() {
            self.text(hex_name, Hex(value))?;
        }
        Ok(())
    }

    /// An object.
    pub fn object(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut ObjectWriter<'_, W>) -> fmt::Result,
    ) -> fmt::Result {
        write_object(self.name(name)?, fill)
    }

    /// An array.
    pub fn array(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut ArrayWriter<'_, W>) -> fmt::Result,
    ) -> fmt::Result {
        write_array(self.name(name)?, fill)
    }

    fn name(&mut self, name: &str) -> Result<&mut W, fmt::Error> {
        if !core::mem::take(&mut self.first) {
            self.out.write_str(",")?;
        }
        write_text(self.out, name)?;
        self.out.write_str(":")?;
        Ok(self.out)
    }
}

/// Takes the elements of an array.
///
/// [`write_array`] has an example.
pub struct ArrayWriter<'w, W> {
    out: &'w mut W,
    first: bool,
}

impl<W: Write> ArrayWriter<'_, W> {
    /// A string, escaped.
    pub fn text(&mut self, value: impl fmt::Display) -> fmt::Result {
        write_text(self.next()?, value)
    }

    /// A whole number.
    pub fn number(&mut self, value: impl Into<i64>) -> fmt::Result {
        write_number(self.next()?, value.into())
    }

    /// An object.
    pub fn object(&mut self, fill: impl FnOnce(&mut ObjectWriter<'_, W>) -> fmt::Result) -> fmt::Result {
        write_object(self.next()?, fill)
    }

    fn next(&mut self) -> Result<&mut W, fmt::Error> {
        if !core::mem::take(&mut self.first) {
            self.out.write_str(",")?;
        }
        Ok(self.out)
    }
}

/// 64 bits are divided by a routine of their own, which is linked only for an application that has
/// such numbers: of a number of a smaller type the compiler sees that it fits.
#[inline]
fn write_number(out: &mut impl Write, number: i64) -> fmt::Result {
    match i32::try_from(number) {
        Ok(small) => write!(out, "{}", Number(small)),
        Err(_) => write!(out, "{number}"),
    }
}

fn write_text(out: &mut impl Write, value: impl fmt::Display) -> fmt::Result {
    out.write_str("\"")?;
    write!(Escaped(out), "{value}")?;
    out.write_str("\"")
}

/// Escapes what passes through it (RFC 8259 section 7).
struct Escaped<'a, W>(&'a mut W);

impl<W: Write> Write for Escaped<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut written = 0;
        for (place, byte) in text.bytes().enumerate() {
            let instead = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                ..=0x1f => "",
                _ => continue,
            };
            self.0.write_str(text.get(written..place).unwrap_or_default())?;
            self.0.write_str(instead)?;
            if instead.is_empty() {
                write!(self.0, "\\u00{}", Hex(&[byte]))?;
            }
            written = place + 1;
        }
        self.0.write_str(text.get(written..).unwrap_or_default())
    }
}

/// Bytes as text, with U+FFFD where they are none.
struct Lossy<'a>(&'a [u8]);

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

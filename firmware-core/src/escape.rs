//! Escapes text from outside for HTML.
//!
//! A network's name may be any bytes, chosen by a stranger. Nothing from outside may reach a page without
//! passing through this file.

use core::fmt;

use crate::byte_window::ByteWindow;
use crate::text::digit;

/// Bytes as they are shown: as text, or as an attribute's value between double quotes.
///
/// Bytes that are not UTF-8, and characters that control the text around them, are shown as U+FFFD.
///
/// ```
/// use vestibule_core::pages::Shown;
///
/// assert_eq!(Shown(b"<script>Caf\xe9</script>").to_string(), "&lt;script&gt;Caf\u{fffd}&lt;/script&gt;");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each_run(self.0, &mut |run| f.write_str(run))
    }
}

/// Writes bytes as they are shown.
pub(crate) fn put_shown(bytes: &[u8], out: &mut ByteWindow<'_>) {
    // A window takes everything.
    let _ = each_run(bytes, &mut |run| {
        out.put(run.as_bytes());
        Ok(())
    });
}

/// Passes the shown text to `write`, in runs as long as possible.
fn each_run(bytes: &[u8], write: &mut dyn FnMut(&str) -> fmt::Result) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some((at, special, instead)) = next_special(rest) {
            let after = at + special.len_utf8();
            write(rest.get(..at).unwrap_or_default())?;
            write(instead)?;
            rest = rest.get(after..).unwrap_or_default();
        }
        write(rest)?;
        if !chunk.invalid().is_empty() {
            write(REPLACEMENT)?;
        }
    }
    Ok(())
}

const REPLACEMENT: &str = "\u{fffd}";

/// The first character that is not shown as itself: its position, the character, and what is shown instead.
fn next_special(text: &str) -> Option<(usize, char, &'static str)> {
    text.char_indices().find_map(|(at, character)| {
        let instead = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#39;",
            unseen if acts(unseen) => REPLACEMENT,
            _ => return None,
        };
        Some((at, character, instead))
    })
}

/// Writes text into a page so that it is only shown: it cannot become markup.
///
/// ```
/// use core::fmt::Write;
/// use vestibule_core::ByteWindow;
/// use vestibule_core::pages::Escaped;
///
/// let mut buffer = [0; 32];
/// let mut window = ByteWindow::new(0, &mut buffer);
/// write!(Escaped::new(&mut window), "lamps/<{}>", 7)?;
/// assert_eq!(window.written(), b"lamps/&lt;7&gt;");
/// # Ok::<(), core::fmt::Error>(())
/// ```
pub struct Escaped<'w, 'b> {
    page: &'w mut ByteWindow<'b>,
}

impl<'w, 'b> Escaped<'w, 'b> {
    /// Writes into this page.
    pub fn new(page: &'w mut ByteWindow<'b>) -> Self {
        Self { page }
    }
}

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        put_shown(text.as_bytes(), self.page);
        Ok(())
    }
}

/// Whether a character acts on the text around it: control characters, line and paragraph
/// separators, and the bidirectional embeddings, overrides and isolates (Unicode annex 9 section
/// 2), of which U+2069 and U+2029 would end the isolation that `<bdi>` gives.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether bytes are text of which [`Shown`] loses nothing, so that a form field may carry it.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(acts))
}

/// Writes bytes as lower-case hexadecimal digits: how a form carries a name of any bytes.
pub(crate) fn put_hex(bytes: &[u8], out: &mut ByteWindow<'_>) {
    for byte in bytes {
        out.put(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn shown(bytes: &[u8]) -> std::string::String {
        Shown(bytes).to_string()
    }

    #[test]
    fn what_has_a_meaning_in_html_loses_it() {
        assert_eq!(shown(b"<b a=\"x\" b='y'>&amp;"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
    }

    #[test]
    fn text_of_any_script_stays() {
        assert_eq!(shown("Über 我家 שלום 🏠".as_bytes()), "Über 我家 שלום 🏠");
        assert!(is_text("Über 我家 שלום 🏠".as_bytes()));
    }

    #[test]
    fn what_is_no_text_or_acts_on_text_is_replaced() {
        for bytes in [&b"\xff"[..], b"\xe2\x82", b"\0", b"\n", b"\x7f", "\u{85}".as_bytes()] {
            assert_eq!(shown(bytes), "\u{fffd}", "{bytes:?}");
            assert!(!is_text(bytes), "{bytes:?}");
        }
        for acting in ['\u{202e}', '\u{2066}', '\u{2069}', '\u{2029}'] {
            assert_eq!(shown(acting.to_string().as_bytes()), "\u{fffd}", "{acting:?}");
        }
        assert_eq!(shown(b"a\xffb\xfe\xfdc"), "a\u{fffd}b\u{fffd}\u{fffd}c");
    }

    #[test]
    fn hex_has_two_digits_a_byte() {
        let mut buffer = [0; 9];
        let mut window = ByteWindow::new(0, &mut buffer);
        put_hex(b"\0\x0fA\xff", &mut window);
        assert_eq!(window.written(), b"000f41ff");
    }
}

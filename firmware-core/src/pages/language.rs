//! The languages that are compiled in, which of them a client asks for, and what each text is in it.
//!
//! The tables are made by `build.rs` from `languages/*.txt`. A text is a string of pieces, which
//! [`super::writer`] writes.

use crate::http::{Request, weighted};

/// A language of the pages. English is always there; each other one is a feature of this crate.
///
/// ```
/// use vestibule_core::pages::Language;
///
/// assert_eq!(Language::ENGLISH.tag(), "en");
/// assert!(Language::all().any(|language| language == Language::ENGLISH));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Language(u8);

/// A text of the pages, in any language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text(u8);

/// A language's texts.
pub(super) struct Table {
    tag: &'static str,
    right_to_left: bool,
    /// Where in `texts` each begins.
    starts: &'static [u16; TEXTS],
    texts: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

impl Language {
    /// English.
    pub const ENGLISH: Self = Self(0);

    /// Those that are compiled in.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..LANGUAGES.len()).map(|place| Self(place as u8))
    }

    /// The language that the client prefers among those that are compiled in (RFC 9110 section 12.5.4).
    /// Countries are ignored: `pt-BR` and `pt-PT` both get Portuguese. English if none matches.
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let mut best = (0, Self::ENGLISH);
        if LANGUAGES.len() > 1 {
            for (range, weight) in request.list("accept-language").map(weighted) {
                let primary = range.split(|byte| *byte == b'-').next().unwrap_or_default();
                let known = Self::all().find(|known| known.tag().as_bytes().eq_ignore_ascii_case(primary));
                if let Some(known) = known.filter(|_| weight > best.0) {
                    best = (weight, known);
                }
            }
        }
        best.1
    }

    /// Its tag (RFC 5646).
    pub fn tag(self) -> &'static str {
        self.table().tag
    }

    pub(super) fn direction(self) -> &'static str {
        if self.table().right_to_left { "rtl" } else { "ltr" }
    }

    /// A text's pieces.
    pub(super) fn pieces(self, text: Text) -> &'static [u8] {
        let table = self.table();
        let start = table.starts.get(usize::from(text.0)).copied().unwrap_or(u16::MAX);
        table.texts.get(usize::from(start)..).unwrap_or_default()
    }

    /// The same, by the text's code in markup.
    pub(super) fn pieces_of(self, code: u8) -> &'static [u8] {
        self.pieces(Text(code.wrapping_sub(FIRST_TEXT)))
    }

    fn table(self) -> &'static Table {
        static NONE: Table = Table { tag: "en", right_to_left: false, starts: &[0; TEXTS], texts: &[] };
        LANGUAGES.get(usize::from(self.0)).unwrap_or(&NONE)
    }
}

/// As its tag.
impl core::fmt::Debug for Language {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.tag())
    }
}

impl Text {
    /// The remedy for the problem that this text describes, where there is one: the text after it.
    pub(super) const fn remedy(self) -> Self {
        Self(self.0 + 1)
    }

    /// The text in English, if it has no names in it, for programs.
    pub(super) fn in_english(self) -> &'static str {
        let pieces = Language::ENGLISH.pieces(self);
        let text = pieces.split_first().and_then(|(length, rest)| rest.get(..usize::from(*length)));
        text.and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

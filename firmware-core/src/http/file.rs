//! A constant file: what it is, how it may be kept, and its compressed twin if it has one.
//!
//! Which of the two a client gets is decided in `negotiation`.

use core::fmt;

use super::cache::Cache;
use crate::text::{Hex, Plain};

/// A file that the application carries in its program.
///
/// ```
/// use vestibule_core::http::{Cache, File};
///
/// static STYLE: File = File::new("text/css", b"body{margin:0}").cached(Cache::Fresh { seconds: 3600 });
/// assert_eq!(STYLE.bytes.len(), 14);
/// ```
#[derive(Debug)]
pub struct File {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The content; empty if there is nothing but the compressed twin, which every client is sent then.
    pub bytes: &'static [u8],
    /// The content compressed by gzip, for clients that take it.
    pub gzip: Option<&'static [u8]>,
    /// Names this version of the content: another content has another tag.
    pub version: u64,
    /// How it may be kept.
    pub cache: Cache,
}

impl File {
    /// A file that clients keep and ask about again ([`Cache::Revalidate`]). Its version is a
    /// checksum of its bytes. In a `static`, the compiler computes it, which it gives up on for
    /// files over some 200 KB: write the structure out for those.
    pub const fn new(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { content_type, bytes, gzip: None, version: fnv1a(bytes), cache: Cache::Revalidate }
    }

    /// The same with a compressed twin.
    #[must_use]
    pub const fn gzipped(self, gzip: &'static [u8]) -> Self {
        Self { gzip: Some(gzip), ..self }
    }

    /// A file of which there is nothing but what gzip made of it: for what only browsers ask for that take gzip,
    /// since the plain content would take several times the flash.
    pub const fn only_gzip(content_type: &'static str, gzip: &'static [u8]) -> Self {
        let file = Self::new(content_type, b"").gzipped(gzip);
        Self { version: fnv1a(gzip), ..file }
    }

    /// The same with other rules for keeping it.
    #[must_use]
    pub const fn cached(self, cache: Cache) -> Self {
        Self { cache, ..self }
    }

    pub(super) fn tag(&self, gzip: bool) -> Tag {
        Tag { version: self.version, gzip }
    }
}

/// Two files with the same bytes are the same one.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.bytes == other.bytes && self.content_type == other.content_type
    }
}

impl Eq for File {}

/// The 64-bit Fowler-Noll-Vo hash, variant 1a.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let (mut hash, mut rest) = (0xcbf2_9ce4_8422_2325_u64, bytes);
    while let Some((&byte, after)) = rest.split_first() {
        hash = (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = after;
    }
    hash
}

/// A strong entity tag (RFC 9110 section 8.8.3): the compressed twin is other bytes, so it has
/// another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    version: u64,
    gzip: bool,
}

impl Tag {
    /// Whether this is the tag, or if that is no matter (`strong`) a weak form of it, as a client sends it back.
    pub(super) fn is(self, sent: &[u8], strong: bool) -> bool {
        let opaque = sent.strip_prefix(b"W/").filter(|_| !strong).unwrap_or(sent);
        let digits = opaque.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        let Some(digits) = digits else { return false };
        let (digits, gzip) = match digits.strip_suffix(b"-gz") {
            Some(digits) => (digits, true),
            None => (digits, false),
        };
        let version = core::str::from_utf8(digits).ok().filter(|digits| digits.len() == 16);
        let version = version.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        gzip == self.gzip && version == Some(self.version)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.to_be_bytes();
        write!(f, "\"{}{}\"", Hex(&version), Plain(if self.gzip { "-gz" } else { "" }))
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_tag_is_known_again_and_no_other_is() {
        let file = File::new("text/plain", b"foobar");
        for gzip in [false, true] {
            let tag = file.tag(gzip);
            let sent = tag.to_string();
            let weak = std::format!("W/{sent}");
            assert!(tag.is(sent.as_bytes(), true) && tag.is(weak.as_bytes(), false), "{sent}");
            assert!(!tag.is(weak.as_bytes(), true) && !file.tag(!gzip).is(sent.as_bytes(), false), "{sent}");
        }
        for other in ["", "\"", "\"\"", "85944171f73967e8", "\"85944171f73967e9\"", "\"+5944171f73967e8\""] {
            assert!(!file.tag(false).is(other.as_bytes(), false), "{other}");
        }
    }
}

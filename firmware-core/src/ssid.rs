//! The name of a Wi-Fi network: bytes that need not be text.

use core::fmt;

use crate::mac_address::MacAddress;

/// A network's name: 0 to 32 bytes of anything (IEEE 802.11-2020 section 9.4.2.2). It need not
/// be text, and a neighbour may have put anything into it.
///
/// ```
/// use vestibule_core::Ssid;
///
/// let odd = Ssid::new(b"Caf\xe9").unwrap();
/// assert_eq!(odd.to_string(), r"Caf\xe9", "it need not be UTF-8");
/// assert!(Ssid::EMPTY.is_empty() && Ssid::new(&[b'x'; Ssid::MAX]).is_ok());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssid {
    len: u8,
    bytes: [u8; Self::MAX],
}

impl Ssid {
    /// Most bytes in a name.
    pub const MAX: usize = 32;

    /// The name of no bytes.
    pub const EMPTY: Self = Self { len: 0, bytes: [0; Self::MAX] };

    /// Takes a name of at most 32 bytes.
    ///
    /// # Errors
    /// [`SsidTooLong`] when there are more.
    ///
    /// ```
    /// use vestibule_core::Ssid;
    ///
    /// assert_eq!(Ssid::new(b"Home").unwrap().as_bytes(), b"Home");
    /// assert!(Ssid::new(&[b'x'; 33]).is_err());
    /// ```
    pub const fn new(name: &[u8]) -> Result<Self, SsidTooLong> {
        if name.len() > Self::MAX {
            return Err(SsidTooLong { len: name.len() });
        }
        let mut bytes = [0; Self::MAX];
        let mut i = 0;
        while i < name.len() {
            bytes[i] = name[i];
            i += 1;
        }
        Ok(Self { len: name.len() as u8, bytes })
    }

    /// A name for one device of many: `prefix`, cut where it is too long, a hyphen and the last three
    /// bytes of its hardware address.
    ///
    /// ```
    /// use vestibule_core::{MacAddress, Ssid};
    ///
    /// let mac = MacAddress([0x24, 0x0a, 0xc4, 0x12, 0xab, 0x0f]);
    /// assert_eq!(Ssid::of_device(b"Lamp", mac).as_bytes(), b"Lamp-12AB0F");
    /// ```
    pub fn of_device(prefix: &[u8], mac: MacAddress) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let mut name = Self::EMPTY;
        let end = mac.0[3..].iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let end = end.map(|digit| DIGITS[usize::from(digit)]);
        let whole = prefix.iter().copied().take(Self::MAX - 7).chain([b'-']).chain(end);
        for (place, byte) in name.bytes.iter_mut().zip(whole) {
            *place = byte;
            name.len += 1;
        }
        name
    }

    /// The bytes of the name.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether somebody may have typed one and meant the other: they differ at most in blanks at their ends, in
    /// ASCII capitals and in the kind of apostrophe, which keyboards set by themselves.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        fold(self.as_bytes()).eq(fold(other.as_bytes()))
    }

    /// Whether the name has no bytes, as a hidden network's beacons have.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// What can stand for an apostrophe: three of Unicode's, the accents that look like one.
const APOSTROPHES: [&str; 5] = ["\u{2019}", "\u{2018}", "\u{2bc}", "\u{b4}", "`"];

/// A name without what is easily mistyped.
fn fold(name: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut rest = without_blanks(name);
    let mut before = 0;
    core::iter::from_fn(move || {
        if let Some(after) = APOSTROPHES.iter().find_map(|kind| rest.strip_prefix(kind.as_bytes())) {
            rest = after;
            return Some(b'\'');
        }
        let (first, after) = rest.split_first()?;
        rest = after;
        // The letters of Latin-1, as UTF-8 has them: U+00C0 to U+00DE, and the small ones 32 behind them. Between them
        // stands a sign, which is no letter.
        let is_capital = before == 0xc3 && matches!(first, 0x80..=0x96 | 0x98..=0x9e);
        before = *first;
        Some(if is_capital { first + 0x20 } else { first.to_ascii_lowercase() })
    })
}

/// A name without blanks at its ends, those that do not break a line among them.
fn without_blanks(name: &[u8]) -> &[u8] {
    const NO_BREAK: &[u8] = "\u{a0}".as_bytes();
    let mut rest = name.trim_ascii();
    while let Some(inner) = rest.strip_prefix(NO_BREAK).or(rest.strip_suffix(NO_BREAK)) {
        rest = inner.trim_ascii();
    }
    rest
}

impl fmt::Debug for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// As ASCII, with everything else escaped (`\xff`), for logs. Pages escape for HTML instead.
impl fmt::Display for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

/// A network's name has at most 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SsidTooLong {
    /// How many bytes there were.
    pub len: usize,
}

impl fmt::Display for SsidTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a network name has at most 32 bytes, this one has {}", self.len)
    }
}

impl core::error::Error for SsidTooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_easily_mistyped_for_each_other_are_alike_and_no_others() {
        let name = |text: &str| Ssid::new(text.as_bytes()).unwrap();
        for typed in
            [" Maria's ", "maria\u{2019}S", "MARIA\u{2018}s", "Maria\u{2bc}s", "Maria\u{b4}s", "Maria`s"]
        {
            assert!(name(typed).is_alike(&name("Maria's")), "{typed}");
        }
        for other in ["Marias", "Maria' s", "Maria\"s", "Maria's2", "M\u{e1}ria's", ""] {
            assert!(!name(other).is_alike(&name("Maria's")), "{other}");
        }
        for (typed, heard) in
            [("\u{d6}BB", "\u{f6}bb"), ("\u{a0}Caf\u{e9} ", "CAF\u{c9}\u{a0}"), ("\u{de}", "\u{fe}")]
        {
            assert!(name(typed).is_alike(&name(heard)), "{typed}");
        }
        // A sign of multiplication is no capital of division's.
        assert!(!name("\u{d7}").is_alike(&name("\u{f7}")) && !name("\u{e4}").is_alike(&name("a")));
        // Bytes that are cut off within a character are compared as they are.
        let cut = Ssid::new(b"a\xe2\x80").unwrap();
        assert!(cut.is_alike(&cut) && !cut.is_alike(&name("a\u{2019}")));
    }
}

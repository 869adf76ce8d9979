//! Addresses as text without the formatting of `core::net`, which takes several times the
//! instructions: every check of every phone is answered with three.

use core::fmt;
use core::net::Ipv4Addr;

use heapless::Vec;

/// An address, written in one piece.
pub(crate) struct Dotted(pub(crate) Ipv4Addr);

impl fmt::Display for Dotted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Dotted {
    pub(crate) fn write(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str(core::str::from_utf8(&self.text()).unwrap_or_default())
    }

    /// Whether this text is the address. There is one way to write it.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        self.text() == text
    }

    fn text(&self) -> Vec<u8, 15> {
        let mut text = Vec::new();
        // There is room for four times three digits and three dots.
        let mut put = |byte| {
            let _ = text.push(byte);
        };
        for (index, octet) in self.0.octets().into_iter().enumerate() {
            if index > 0 {
                put(b'.');
            }
            if octet >= 100 {
                put(b'0' + octet / 100);
            }
            if octet >= 10 {
                put(b'0' + octet / 10 % 10);
            }
            put(b'0' + octet % 10);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn addresses_are_as_the_library_writes_them() {
        for octet in 0..=255 {
            let address = Ipv4Addr::new(octet, 0, 255, 255 - octet);
            let text = address.to_string();
            assert_eq!(Dotted(address).to_string(), text);
            assert!(Dotted(address).is(text.as_bytes()) && !Dotted(address).is(&text.as_bytes()[1..]));
        }
    }
}

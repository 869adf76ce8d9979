//! Numbers and addresses as decimal text without the formatting of `core::fmt`, which takes several
//! times the instructions and the flash: every check of every phone is answered with some.

use core::fmt;
use core::net::Ipv4Addr;

/// Writes a number.
pub(crate) fn write_number(out: &mut impl fmt::Write, number: usize) -> fmt::Result {
    if number >= 10 {
        write_number(out, number / 10)?;
    }
    out.write_char(char::from(b'0' + (number % 10) as u8))
}

/// An address, written in one piece.
pub(crate) struct Dotted(pub(crate) Ipv4Addr);

impl fmt::Display for Dotted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut text, mut length) = ([0; 15], 0);
        let mut put = |byte| {
            if let Some(place) = text.get_mut(length) {
                *place = byte;
                length += 1;
            }
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
        f.write_str(text.get(..length).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use super::*;

    #[test]
    fn numbers_are_as_the_library_writes_them() {
        for number in [0, 7, 10, 204, 255, 65535, 131_072, usize::MAX] {
            let mut text = String::new();
            write_number(&mut text, number).unwrap();
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn addresses_are_as_the_library_writes_them() {
        for octet in 0..=255 {
            let address = Ipv4Addr::new(octet, 0, 255, 255 - octet);
            assert_eq!(Dotted(address).to_string(), address.to_string());
        }
    }
}

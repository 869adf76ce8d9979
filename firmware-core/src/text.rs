//! Texts, numbers, bytes and addresses, written without padding and alignment. The formatting of `core::fmt` and
//! `core::net` can pad and align, which nothing here needs, and costs three kilobytes of flash and several times
//! the instructions. Everything that the core itself formats goes through these types.

use core::fmt;
use core::net::Ipv4Addr;

use heapless::Vec;

use crate::byte_window::ByteWindow;

/// A text.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A whole number.
pub(crate) struct Number(pub(crate) i32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut digits = [0; 10];
        let mut window = ByteWindow::new(0, &mut digits);
        window.put_number(self.0.unsigned_abs() as usize);
        f.write_str(core::str::from_utf8(window.written()).unwrap_or_default())
    }
}

/// Bytes as lower-case hexadecimal digits: how a form carries a name of any bytes.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| {
            let digits = [digit(byte >> 4), digit(byte & 0xf)];
            f.write_str(core::str::from_utf8(&digits).unwrap_or_default())
        })
    }
}

/// The digit of a value below 16.
pub(crate) const fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// An address.
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

    #[test]
    fn numbers_are_as_the_library_writes_them() {
        for number in [0, 9, 10, -1, 65535, i32::MAX, i32::MIN] {
            assert_eq!(Number(number).to_string(), number.to_string());
        }
    }

    #[test]
    fn bytes_are_two_digits_each() {
        assert_eq!(Hex(b"\x00\x09\xa0\xff").to_string(), "0009a0ff");
    }
}

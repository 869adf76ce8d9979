//! Addresses as text without the formatting of `core::net`, which takes several times the
//! instructions: every check of every phone is answered with three.

use core::fmt;
use core::net::Ipv4Addr;

/// An address, written in one piece.
pub(crate) struct Dotted(pub(crate) Ipv4Addr);

impl fmt::Display for Dotted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Dotted {
    pub(crate) fn write(&self, out: &mut dyn fmt::Write) -> fmt::Result {
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
        out.write_str(text.get(..length).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default())
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
            assert_eq!(Dotted(address).to_string(), address.to_string());
        }
    }
}

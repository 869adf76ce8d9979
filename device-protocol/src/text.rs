//! Fields of a line: how each type is written and read.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;
use core::time::Duration;

use vestibule_core::{
    AccessPointSecurity, Country, MacAddress, OwnPassphrase, Passphrase, Ssid, StationAddress,
};

use crate::names::Named;

/// The fields of a line, from left to right.
pub(crate) struct Fields<'a>(core::str::Split<'a, char>);

impl<'a> Fields<'a> {
    pub(crate) fn of(line: &'a str) -> Self {
        Self(line.split(' '))
    }

    pub(crate) fn word(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    pub(crate) fn name<T: Named>(&mut self) -> Option<T> {
        T::named(self.word()?)
    }

    /// A number or an address, as Rust writes it.
    pub(crate) fn value<T: core::str::FromStr>(&mut self) -> Option<T> {
        self.word()?.parse().ok()
    }

    /// A port that a socket can have.
    pub(crate) fn port(&mut self) -> Option<u16> {
        self.value().filter(|port| *port != 0)
    }

    pub(crate) fn millis(&mut self) -> Option<Duration> {
        self.value().map(Duration::from_millis)
    }

    pub(crate) fn address(&mut self) -> Option<Ipv4Addr> {
        self.value()
    }

    /// A router's address; 0.0.0.0 for none.
    pub(crate) fn router(&mut self) -> Option<Option<Ipv4Addr>> {
        Some(Some(self.address()?).filter(|router| !router.is_unspecified()))
    }

    /// An address on the home network, as [`AddressFields`] writes it.
    pub(crate) fn link(&mut self) -> Option<StationAddress> {
        Some(StationAddress { address: self.address()?, prefix: self.value()?, gateway: self.router()? })
    }

    pub(crate) fn ssid(&mut self) -> Option<Ssid> {
        let mut bytes = [0; Ssid::MAX];
        let length = unhex(self.word()?, &mut bytes)?;
        Ssid::new(bytes.get(..length)?).ok()
    }

    pub(crate) fn passphrase(&mut self) -> Option<Passphrase> {
        let mut bytes = [0; Passphrase::MAX];
        let length = unhex(self.word()?, &mut bytes)?;
        Passphrase::new(bytes.get(..length)?).ok()
    }

    /// A passphrase of the device's own.
    pub(crate) fn own_passphrase(&mut self) -> Option<OwnPassphrase> {
        OwnPassphrase::new(self.passphrase()?.expose(), &Ssid::EMPTY).ok()
    }

    /// So many bytes, as [`Hex`] writes them.
    pub(crate) fn bytes<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let mut bytes = [0; LENGTH];
        (unhex(self.word()?, &mut bytes)? == LENGTH).then_some(bytes)
    }

    /// The security of an access point, as [`SecurityFields`] writes it.
    pub(crate) fn security(&mut self) -> Option<AccessPointSecurity> {
        let word = self.word()?;
        let passphrase = self.passphrase()?;
        let own = || OwnPassphrase::new(passphrase.expose(), &Ssid::EMPTY).ok();
        Some(match word {
            "Open" if passphrase.is_open() => AccessPointSecurity::Open,
            "Wpa2" => AccessPointSecurity::Wpa2(own()?),
            "Wpa2Wpa3" => AccessPointSecurity::Wpa2Wpa3(own()?),
            "Wpa3" => AccessPointSecurity::Wpa3(own()?),
            _ => return None,
        })
    }

    pub(crate) fn mac(&mut self) -> Option<MacAddress> {
        self.bytes().map(MacAddress)
    }

    /// A country, as [`CountryField`] writes it.
    pub(crate) fn country(&mut self) -> Option<Option<Country>> {
        match self.word()? {
            "-" => Some(None),
            letters => Country::new(letters.as_bytes().try_into().ok()?).map(Some),
        }
    }

    /// Fails if there is another field.
    pub(crate) fn end(&mut self) -> Option<()> {
        self.word().is_none().then_some(())
    }
}

/// Writes bytes as hexadecimal digits, `-` for none.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_char('-');
        }
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads what [`Hex`] has written; returns how many bytes there were.
fn unhex(word: &str, bytes: &mut [u8]) -> Option<usize> {
    if word == "-" {
        return Some(0);
    }
    let (pairs, odd) = word.as_bytes().as_chunks::<2>();
    if !odd.is_empty() || pairs.is_empty() {
        return None;
    }
    let room = bytes.get_mut(..pairs.len())?;
    for (byte, pair) in room.iter_mut().zip(pairs) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Some(pairs.len())
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// A device's address on the home network: `ADDRESS PREFIX GATEWAY`, the last 0.0.0.0 for none.
pub(crate) struct AddressFields<'a>(pub(crate) &'a StationAddress);

impl fmt::Display for AddressFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StationAddress { address, prefix, gateway } = self.0;
        write!(f, "{address} {prefix} {}", gateway.unwrap_or(Ipv4Addr::UNSPECIFIED))
    }
}

/// A country by its two letters, `-` for none.
pub(crate) struct CountryField(pub(crate) Option<Country>);

impl fmt::Display for CountryField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(country) => write!(f, "{country}"),
            None => f.write_char('-'),
        }
    }
}

/// The security of an access point: a word and the passphrase, which may be none.
pub(crate) struct SecurityFields<'a>(pub(crate) &'a AccessPointSecurity);

impl fmt::Display for SecurityFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.0 {
            AccessPointSecurity::Open => "Open",
            AccessPointSecurity::Wpa2(_) => "Wpa2",
            AccessPointSecurity::Wpa2Wpa3(_) => "Wpa2Wpa3",
            AccessPointSecurity::Wpa3(_) => "Wpa3",
        };
        write!(f, "{word} {}", Hex(self.0.passphrase().expose()))
    }
}

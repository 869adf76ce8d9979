//! Names: the device's own, and comparison with those on the wire, which may be compressed.

use core::fmt;

use crate::dns::Writer;
use crate::ssid::Ssid;

/// The first label of the device's name, as its owner types it before `.local`.
///
/// ```
/// use vestibule_core::mdns::HostName;
///
/// let name = HostName::new("lamp").unwrap();
/// assert_eq!(format!("http://{}.local/", name.as_str()), "http://lamp.local/");
/// assert!(HostName::new(&"x".repeat(HostName::MAX + 1)).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HostName {
    bytes: [u8; Self::MAX],
    length: u8,
}

impl HostName {
    /// Most bytes: a label of the DNS (RFC 1035 section 2.3.4).
    pub const MAX: usize = 63;

    /// Takes 1 to 63 letters, digits and hyphens, of which the first and the last are no hyphen
    /// (RFC 952, RFC 1123 section 2.1).
    ///
    /// # Errors
    /// [`BadHostName`].
    ///
    /// ```
    /// use vestibule_core::mdns::HostName;
    ///
    /// assert_eq!(HostName::new("lamp-4f2a").unwrap().as_str(), "lamp-4f2a");
    /// assert!(HostName::new("lamp.local").is_err());
    /// ```
    pub fn new(name: &str) -> Result<Self, BadHostName> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || name.starts_with('-') || name.ends_with('-') || !name.bytes().all(is_good) {
            return Err(BadHostName);
        }
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..name.len()).ok_or(BadHostName)?.copy_from_slice(name.as_bytes());
        Ok(Self { bytes, length: name.len() as u8 })
    }

    /// The name that a device of this name has on the network: its letters and digits, a hyphen for
    /// anything else, and `device` if nothing is left.
    ///
    /// ```
    /// use vestibule_core::{Ssid, mdns::HostName};
    ///
    /// let called = |name: &str| HostName::of(&Ssid::new(name.as_bytes()).unwrap()).as_str().to_owned();
    /// assert_eq!(called("Anna's lamp 4F2A"), "Anna-s-lamp-4F2A");
    /// assert_eq!(called("???"), "device");
    /// ```
    pub fn of(name: &Ssid) -> Self {
        let mut host = Self { bytes: [0; Self::MAX], length: 0 };
        for byte in name.as_bytes() {
            let is_good = byte.is_ascii_alphanumeric();
            let before = host.as_str().as_bytes().last();
            // No hyphen at the beginning, and one for several.
            let byte = if is_good { *byte } else { b'-' };
            if let (true, Some(place)) = (
                is_good || before.is_some_and(|before| *before != b'-'),
                host.bytes.get_mut(usize::from(host.length)),
            ) {
                *place = byte;
                host.length += 1;
            }
        }
        if host.as_str().ends_with('-') {
            host.length -= 1;
        }
        if host.length == 0 {
            host.bytes[..6].copy_from_slice(b"device");
            host.length = 6;
        }
        host
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length.into())
            .and_then(|name| core::str::from_utf8(name).ok())
            .unwrap_or_default()
    }

    /// `<name>-<number>`, the name cut where that would be too long.
    pub(super) fn numbered(&self, number: u16) -> Self {
        let mut digits = [0; 6];
        let mut suffix = Writer { buffer: &mut digits, length: 0 };
        let _ = fmt::Write::write_fmt(&mut suffix, format_args!("-{number}"));
        let length = suffix.length;
        let kept = self.as_str().get(..Self::MAX - length).unwrap_or(self.as_str()).trim_end_matches('-');
        let mut bytes = self.bytes;
        if let (Some(place), Some(digits)) =
            (bytes.get_mut(kept.len()..kept.len() + length), digits.get(..length))
        {
            place.copy_from_slice(digits);
        }
        Self { bytes, length: (kept.len() + length) as u8 }
    }
}

/// Bytes that do not fit are left out, which never happens here.
impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes()).ok_or(fmt::Error)
    }
}

impl fmt::Debug for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// A host name has 1 to 63 letters, digits and hyphens, and no hyphen at either end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadHostName;

impl fmt::Display for BadHostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host name has 1 to 63 letters, digits and hyphens, and no hyphen at either end")
    }
}

impl core::error::Error for BadHostName {}

/// A name that the device has records of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// `<name>.local`.
    Host,
    /// `<name>._http._tcp.local`.
    Instance,
    /// `_http._tcp.local`.
    ServiceType,
    /// `_services._dns-sd._udp.local`, which lists the types of services (RFC 6763 section 9).
    Enumeration,
}

impl Owner {
    pub(super) const ALL: [Self; 4] = [Self::Host, Self::Instance, Self::ServiceType, Self::Enumeration];

    /// Its labels; `None` stands for the device's own.
    fn labels(self) -> &'static [Option<&'static str>] {
        match self {
            Self::Host => &[None, Some("local")],
            Self::Instance => &[None, Some("_http"), Some("_tcp"), Some("local")],
            Self::ServiceType => &[Some("_http"), Some("_tcp"), Some("local")],
            Self::Enumeration => &[Some("_services"), Some("_dns-sd"), Some("_udp"), Some("local")],
        }
    }

    /// Writes it as it stands on the wire, uncompressed.
    pub(super) fn write(self, host: &HostName, out: &mut Writer<'_>) -> Option<()> {
        for label in self.labels() {
            let label = label.unwrap_or(host.as_str());
            out.put(&[label.len() as u8])?;
            out.put(label.as_bytes())?;
        }
        out.put(&[0])
    }

    /// Whether it is the name that begins at `at`, in any case of letters (RFC 6762 section 16).
    pub(super) fn is(self, host: &HostName, message: &[u8], at: usize) -> bool {
        let ours = self.labels().iter().map(|label| label.unwrap_or(host.as_str()).as_bytes());
        let mut theirs = Labels { message, at, limit: at };
        ours.into_iter().all(|label| theirs.next().is_some_and(|other| label.eq_ignore_ascii_case(other)))
            && theirs.next() == Some(&[])
    }
}

/// Most bytes of a name of the device's on the wire: that of its service, with its own label.
const NAME_BYTES: usize = 1 + HostName::MAX + "._http._tcp.local.".len();

/// Which letters of one of the device's names somebody wrote as capitals, by their places on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capitals([u8; NAME_BYTES.div_ceil(8)]);

impl Capitals {
    pub(super) fn of(name: impl Iterator<Item = u8>) -> Self {
        let mut capitals = Self([0; NAME_BYTES.div_ceil(8)]);
        for (place, byte) in name.enumerate() {
            if let Some(bits) = capitals.0.get_mut(place / 8) {
                *bits |= u8::from(byte.is_ascii_uppercase()) << (place % 8);
            }
        }
        capitals
    }

    /// Writes the letters of that name so again. The lengths between them are below those of letters.
    pub(super) fn restore(&self, name: &mut [u8]) {
        for (place, byte) in name.iter_mut().enumerate() {
            let is_capital = self.0.get(place / 8).is_some_and(|bits| bits >> (place % 8) & 1 != 0);
            *byte = if is_capital { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
        }
    }
}

/// The labels of a name on the wire, the root's empty one last. Ends without it if the name is
/// malformed.
#[derive(Clone)]
pub(super) struct Labels<'a> {
    pub(super) message: &'a [u8],
    pub(super) at: usize,
    /// A pointer must lead before this, which is where the part that held the last one began: so
    /// following them ends.
    pub(super) limit: usize,
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.message.get(self.at..)?;
            match *rest {
                [0, ..] => {
                    self.at = self.message.len();
                    return Some(&[]);
                }
                [length @ 1..=63, ref labels @ ..] => {
                    self.at += 1 + usize::from(length);
                    return labels.get(..length.into());
                }
                [high @ 0xc0..=0xff, low, ..] => {
                    let target = usize::from(high & 0x3f) << 8 | usize::from(low);
                    if target >= self.limit {
                        return None;
                    }
                    self.at = target;
                    self.limit = target;
                }
                _ => return None,
            }
        }
    }
}

/// The bytes of a name on the wire as they would be without compression.
pub(super) fn expanded(message: &[u8], at: usize) -> impl Iterator<Item = u8> + Clone + '_ {
    let labels = Labels { message, at, limit: at };
    labels.flat_map(|label| core::iter::once(label.len() as u8).chain(label.iter().copied()))
}

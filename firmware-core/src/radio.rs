//! What the core asks of a radio and what it hears back, in the field's own terms.
//!
//! This module holds no logic of the portal: it is the vocabulary that a chip's driver and the
//! simulator share with the core.

pub(crate) mod commands;

use core::fmt;
use core::net::Ipv4Addr;

use zeroize::Zeroize;

use crate::AccessPointSecurity;

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

    /// Whether the name has no bytes, as a hidden network's beacons have.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
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

/// What a network is joined with. Never shown: `Debug` hides it, and it is wiped when dropped.
///
/// ```
/// use vestibule_core::Passphrase;
///
/// let passphrase = Passphrase::new(b"correct horse").unwrap();
/// assert_eq!(format!("{passphrase:?}"), "Passphrase(hidden)");
/// assert_eq!(passphrase.expose(), b"correct horse");
/// assert!(Passphrase::open().is_open() && Passphrase::open().expose().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase {
    len: u8,
    bytes: [u8; Self::MAX],
}

impl Passphrase {
    /// Most bytes: 64 hexadecimal digits, which are the key itself.
    pub const MAX: usize = 64;

    /// Fewest bytes of a passphrase.
    pub const MIN: usize = 8;

    /// No passphrase: an open network.
    pub const fn open() -> Self {
        Self { len: 0, bytes: [0; Self::MAX] }
    }

    /// Takes 8 to 63 bytes, or 64 hexadecimal digits, or nothing for an open network
    /// (IEEE 802.11-2020 annex J.4).
    ///
    /// # Errors
    /// [`BadPassphrase`] says which rule was broken, and nothing of what was given.
    ///
    /// ```
    /// use vestibule_core::{BadPassphrase, Passphrase};
    ///
    /// assert!(Passphrase::new(b"correct horse").is_ok());
    /// assert!(Passphrase::new(b"").unwrap().is_open());
    /// assert_eq!(Passphrase::new(b"seven77"), Err(BadPassphrase::TooShort));
    /// assert_eq!(Passphrase::new(&[b'z'; 64]), Err(BadPassphrase::NotHex));
    /// ```
    pub fn new(secret: &[u8]) -> Result<Self, BadPassphrase> {
        match secret.len() {
            0 => {}
            1..Self::MIN => return Err(BadPassphrase::TooShort),
            Self::MAX if secret.iter().all(u8::is_ascii_hexdigit) => {}
            Self::MAX => return Err(BadPassphrase::NotHex),
            len if len > Self::MAX => return Err(BadPassphrase::TooLong),
            _ => {}
        }
        let mut passphrase = Self::open();
        passphrase.bytes[..secret.len()].copy_from_slice(secret);
        passphrase.len = secret.len() as u8;
        Ok(passphrase)
    }

    /// The secret itself, for the radio and for flash. Never log it.
    pub fn expose(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether there is none, as for an open network.
    pub const fn is_open(&self) -> bool {
        self.len == 0
    }
}

impl Drop for Passphrase {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_open() { "Passphrase(none)" } else { "Passphrase(hidden)" })
    }
}

/// Why bytes are no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPassphrase {
    /// Fewer than 8 bytes.
    TooShort,
    /// More than 64 bytes.
    TooLong,
    /// 64 bytes, which must be hexadecimal digits.
    NotHex,
}

impl fmt::Display for BadPassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "a Wi-Fi passphrase has at least 8 characters",
            Self::TooLong => "a Wi-Fi passphrase has at most 63 characters",
            Self::NotHex => "64 characters are a key, and may only be 0-9 and a-f",
        })
    }
}

impl core::error::Error for BadPassphrase {}

/// A network and what it is joined with.
///
/// ```
/// use vestibule_core::{Credentials, Passphrase, Ssid};
///
/// let cafe = Credentials { ssid: Ssid::new(b"Cafe").unwrap(), passphrase: Passphrase::open() };
/// assert_eq!(format!("{cafe:?}"), r#"Credentials { ssid: "Cafe", passphrase: Passphrase(none) }"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The network's name, at least one byte.
    pub ssid: Ssid,
    /// Its passphrase; [`Passphrase::open`] for an open network.
    pub passphrase: Passphrase,
}

/// How a network is protected, as far as it matters to someone who joins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Security {
    /// None: no passphrase is asked for.
    Open,
    /// WPA or WPA2 with a passphrase.
    Wpa2,
    /// WPA2 and WPA3 beside each other.
    Wpa2Wpa3,
    /// WPA3 only.
    Wpa3,
    /// A user name or a certificate is asked for; such networks cannot be set up here.
    Enterprise,
}

/// A hardware address.
///
/// ```
/// use vestibule_core::MacAddress;
///
/// assert_eq!(MacAddress([0x24, 0x0a, 0xc4, 0, 1, 2]).to_string(), "24:0a:c4:00:01:02");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One network as one scan heard it.
///
/// ```
/// use vestibule_core::{MacAddress, RadioEvent, ScanRecord, Security, Ssid};
///
/// // What a driver makes of its own record and hands to `Portal::handle_radio`.
/// let heard = ScanRecord {
///     ssid: Ssid::new(b"Home").unwrap(),
///     bssid: MacAddress([2, 0, 0, 0, 0, 1]),
///     channel: 6,
///     signal: -50,
///     security: Security::Wpa2Wpa3,
/// };
/// assert!(matches!(RadioEvent::NetworkFound(heard), RadioEvent::NetworkFound(ScanRecord { channel: 6, .. })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRecord {
    /// Its name; empty for a hidden network.
    pub ssid: Ssid,
    /// The access point's hardware address.
    pub bssid: MacAddress,
    /// Its channel, 1 to 14.
    pub channel: u8,
    /// How strong it is here, in dBm: -30 is beside it, -90 is hardly there.
    pub signal: i8,
    /// How it is protected.
    pub security: Security,
}

/// The access point that the device raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// Its name.
    pub ssid: Ssid,
    /// How it is protected, and by which passphrase.
    pub security: AccessPointSecurity,
    /// The channel to start on, 1 to 14.
    pub channel: u8,
    /// The device's address on it.
    pub address: Ipv4Addr,
}

/// Why a network could not be joined, as far as the radio could tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinFailure {
    /// The handshake failed as it does when the passphrase is wrong.
    WrongPassphrase,
    /// No network of that name was heard.
    NotFound,
    /// The access point turned the device away.
    Refused,
    /// The network was joined, but it handed out no address.
    NoAddress,
    /// The network was joined and handed out an address, but it has no router that leads to other
    /// networks. No driver says so: the portal concludes it from [`HomeLink::gateway`], as far as
    /// [`Config::without_gateway`](crate::Config::without_gateway) has it refuse such a network.
    NoGateway,
    /// Nothing conclusive within the time allowed.
    Unsure,
}

/// What the device got from the home network.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::HomeLink;
///
/// let gateway = Some(Ipv4Addr::new(192, 168, 4, 254));
/// let link = HomeLink { address: Ipv4Addr::new(192, 168, 4, 77), prefix: 24, gateway };
/// assert!(link.overlaps(Ipv4Addr::new(192, 168, 4, 1), 24), "the access point must use other addresses");
/// assert!(!link.overlaps(Ipv4Addr::new(172, 29, 4, 1), 24));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HomeLink {
    /// The device's own address there.
    pub address: Ipv4Addr,
    /// How many bits of it are the network's own.
    pub prefix: u8,
    /// The router to other networks: the one that DHCP named (RFC 2132 section 3.5) or the application
    /// chose, if it answers ARP. None if none was named, or if it does not answer.
    pub gateway: Option<Ipv4Addr>,
}

impl HomeLink {
    /// Whether a subnet with a host of this address and a mask of this length shares addresses with
    /// the home network's.
    pub fn overlaps(&self, address: Ipv4Addr, prefix: u8) -> bool {
        let bits = u32::from(self.prefix.min(prefix).min(32));
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        (self.address.to_bits() ^ address.to_bits()) & mask == 0
    }
}

/// What a radio reports, through [`crate::Portal::handle_radio`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RadioEvent {
    /// The access point is up and phones can join it.
    AccessPointUp,
    /// The access point is down.
    AccessPointDown,
    /// The scan heard a network. Several may share a name.
    NetworkFound(ScanRecord),
    /// The scan is over; what it heard replaces what the one before heard.
    ScanFinished,
    /// The home network is joined and has handed out an address, and its router was looked for. A
    /// network without one is reported, too: what becomes of it is the portal's to decide.
    Joined(HomeLink),
    /// The home network could not be joined.
    JoinFailed(JoinFailure),
    /// The home network was joined and is gone.
    Lost,
}

/// What the portal asks of its radio, from [`Portal::poll_radio`](crate::Portal::poll_radio). What comes of
/// it is reported later, through [`Portal::handle_radio`](crate::Portal::handle_radio). One radio serves
/// the access point and the station.
///
/// This enum is exhaustive on purpose: a board must carry out every command, so a new one is to stop its
/// compilation rather than be ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RadioCommand {
    /// Raise the access point, or raise it anew with these settings. Reported as
    /// [`RadioEvent::AccessPointUp`].
    RaiseAccessPoint(AccessPoint),
    /// Take the access point down. Reported as [`RadioEvent::AccessPointDown`].
    DropAccessPoint,
    /// Listen for networks. Reported as [`RadioEvent::NetworkFound`] for each and
    /// [`RadioEvent::ScanFinished`] at the end.
    Scan,
    /// Join a network as a station. Reported as [`RadioEvent::Joined`] or [`RadioEvent::JoinFailed`]; a
    /// join in progress is given up without a report, and a network that was joined is left.
    Join(Credentials),
    /// Leave the home network or give up joining it. Not reported.
    Leave,
}

/// A radio, as the portal sees it: what a board implements, and the simulated air. A command starts
/// something and returns at once.
///
/// [`Portal::drive_radio`](crate::Portal::drive_radio) carries the portal's commands to it. One that only
/// counts:
///
/// ```
/// use vestibule_core::{Credentials, Passphrase, Radio, RadioCommand, Ssid};
///
/// #[derive(Default)]
/// struct Wifi {
///     channel: Option<u8>,
///     joins: u32,
/// }
///
/// impl Radio for Wifi {
///     fn command(&mut self, command: RadioCommand) {
///         match command {
///             RadioCommand::RaiseAccessPoint(access_point) => self.channel = Some(access_point.channel),
///             RadioCommand::DropAccessPoint => self.channel = None,
///             RadioCommand::Join(_) => self.joins += 1,
///             RadioCommand::Scan | RadioCommand::Leave => {}
///         }
///     }
/// }
///
/// let mut wifi = Wifi::default();
/// let cafe = Credentials { ssid: Ssid::new(b"Cafe").unwrap(), passphrase: Passphrase::open() };
/// wifi.command(RadioCommand::Join(cafe));
/// assert_eq!((wifi.channel, wifi.joins), (None, 1));
/// ```
pub trait Radio {
    /// Begins to do this. What comes of it is reported later.
    fn command(&mut self, command: RadioCommand);
}

/// Random bytes. On a chip, its hardware source; in the simulator, a seeded stream.
///
/// ```
/// use vestibule_core::Entropy;
///
/// /// A test's: the same each time. On a chip, its hardware source.
/// struct Fixed;
///
/// impl Entropy for Fixed {
///     fn fill(&mut self, bytes: &mut [u8]) {
///         bytes.fill(4);
///     }
/// }
///
/// let mut token = [0; 2];
/// Fixed.fill(&mut token);
/// assert_eq!(token, [4, 4]);
/// ```
pub trait Entropy {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

//! Why a connection closes: codes (RFC 6455 section 7.4) and what a client may do wrong.

use core::fmt;

/// A code that may stand in a close frame: 1000 to 1003, 1007 to 1014, and 3000 to 4999. The others
/// are unassigned or, like 1005 and 1006, never sent (section 7.4.1; 1012 to 1014 are from IANA's
/// registry).
///
/// ```
/// use vestibule_core::websocket::CloseCode;
///
/// assert_eq!(CloseCode::new(1000), Some(CloseCode::NORMAL));
/// assert_eq!(CloseCode::new(1006), None);
/// assert_eq!(CloseCode::new(4711).unwrap().number(), 4711);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// The purpose is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The device goes away, or the browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// The other end broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A message of a kind that is not taken.
    pub const UNSUPPORTED: Self = Self(1003);
    /// A message that is not what its kind says: text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// A message that breaks a rule of the application.
    pub const POLICY: Self = Self(1008);
    /// A message that is too long.
    pub const TOO_BIG: Self = Self(1009);
    /// Something went wrong on the device.
    pub const INTERNAL_ERROR: Self = Self(1011);

    /// The code of this number, if it may be sent.
    pub const fn new(number: u16) -> Option<Self> {
        match number {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(number)),
            _ => None,
        }
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// How a client broke RFC 6455 or a limit.
///
/// ```
/// use vestibule_core::websocket::{CloseCode, Violation};
///
/// assert_eq!(Violation::TooBig.code(), CloseCode::TOO_BIG);
/// assert_eq!(Violation::NoMask.code(), CloseCode::PROTOCOL_ERROR);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A frame without a mask (section 5.1).
    NoMask,
    /// A reserved bit is set, and no extension was agreed (section 5.2).
    ReservedBit,
    /// A reserved opcode (section 5.2).
    ReservedOpcode,
    /// A length that is not written as short as it can be, or has its top bit set (section 5.2).
    LengthEncoding,
    /// A control frame of more than 125 bytes (section 5.5).
    LongControl,
    /// A control frame in pieces (section 5.5).
    FragmentedControl,
    /// A continuation of nothing (section 5.4).
    OrphanContinuation,
    /// A new message before the end of the last (section 5.4).
    Interrupted,
    /// A text, or the reason of a close, that is not UTF-8 (section 8.1).
    NotUtf8,
    /// A close frame of one byte, or with a code that may not be sent (section 7.4).
    BadClose,
    /// A message longer than [`WEBSOCKET_MESSAGE_BYTES`](crate::limits::WEBSOCKET_MESSAGE_BYTES).
    TooBig,
}

impl Violation {
    /// The code that the client is told.
    pub const fn code(self) -> CloseCode {
        match self {
            Self::NotUtf8 => CloseCode::INVALID_DATA,
            Self::TooBig => CloseCode::TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// Why, as the client is told.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::NoMask => "a frame is not masked",
            Self::ReservedBit => "a reserved bit is set",
            Self::ReservedOpcode => "an opcode is reserved",
            Self::LengthEncoding => "a length is not in its shortest form",
            Self::LongControl => "a control frame is longer than 125 bytes",
            Self::FragmentedControl => "a control frame is in pieces",
            Self::OrphanContinuation => "a continuation of no message",
            Self::Interrupted => "a new message before the end of the last",
            Self::NotUtf8 => "a text is not UTF-8",
            Self::BadClose => "a close frame is malformed",
            Self::TooBig => "a message is too long",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for Violation {}

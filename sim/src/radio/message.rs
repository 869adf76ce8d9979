//! The messages by which a station joins a network and by which a router tells it things, in words for the
//! trace. Their contents are not simulated, only which side sends which message, when, and whether it is
//! received.

use std::fmt;

use super::reason::reason_words;

/// The sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The device.
    Device,
    /// The network's access point.
    Router,
}

/// A message between the device's station and a network's access point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Authentication that checks nothing (IEEE 802.11-2020 section 12.3.3.2).
    OpenAuthentication,
    /// SAE's first message of each side (section 12.4.5.3).
    SaeCommit,
    /// SAE's second, in which each side proves that it knows the passphrase (section 12.4.5.5).
    SaeConfirm,
    /// The router refuses an authentication, as SAE's confirm by another passphrase, with this status code (table
    /// 9-50).
    AuthenticationRefused {
        /// The code.
        status: u16,
    },
    /// The router refuses the association, with this status code.
    AssociationRefused {
        /// The code.
        status: u16,
    },
    /// Association.
    Association,
    /// A message of the four-way handshake, 1 to 4 (section 12.7.6).
    Key(u8),
    /// The sender ends it, with this reason code.
    Deauthentication(u16),
    /// The router's beacons announce that it moves to this channel (section 11.8.8).
    ChannelSwitch(u8),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenAuthentication => f.write_str("authentication, open system"),
            Self::SaeCommit => f.write_str("authentication, SAE commit"),
            Self::SaeConfirm => f.write_str("authentication, SAE confirm"),
            Self::AuthenticationRefused { status } => write!(f, "authentication refused, status {status}"),
            Self::AssociationRefused { status } => write!(f, "association refused, status {status}"),
            Self::Association => f.write_str("association"),
            Self::Key(number) => write!(f, "4-way handshake, message {number}"),
            Self::Deauthentication(reason) => {
                write!(f, "deauthentication, reason {reason} ({})", reason_words(*reason))
            }
            Self::ChannelSwitch(to) => write!(f, "channel switch announcement, to channel {to}"),
        }
    }
}

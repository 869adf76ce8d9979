//! The messages of the device.

use core::fmt::{self, Write};

use vestibule_core::{AccessPoint, Credentials, Event};

use crate::event;
use crate::text::{Fields, Hex, SecurityFields};

/// A message of the device. `Debug` hides passphrases; [`FromDevice::write`] does not.
///
/// This enum is exhaustive on purpose: a host must carry out every command, because the device waits for its
/// answer without a limit. A host that lacks one does not compile.
#[derive(Clone, Debug, PartialEq)]
pub enum FromDevice {
    /// `ready VERSION`: the device has booted and waits for [`FromHost::Start`](crate::FromHost::Start).
    Ready {
        /// [`VERSION`](crate::VERSION) of the device.
        version: u32,
    },
    /// `serving MICROSECONDS`: the sockets listen and the access point is up. Sent each time that the
    /// access point goes up.
    Serving {
        /// Microseconds since power-on, on the device's clock.
        micros: u64,
    },
    /// `raise-access-point NAME CHANNEL ADDRESS SECURITY PASSPHRASE`.
    RaiseAccessPoint(AccessPoint),
    /// `drop-access-point`.
    DropAccessPoint,
    /// `scan`.
    Scan,
    /// `join ATTEMPT NAME PASSPHRASE`.
    Join {
        /// The number of this attempt, by which an answer to an earlier one is recognised.
        attempt: u32,
        /// The network to join, and its passphrase.
        credentials: Credentials,
    },
    /// `leave`: leave the home network, or give up joining it.
    Leave,
    /// `event NAME ...`: an event of the portal.
    Event(Event),
    /// `power-cut`: the flash operation that [`FromHost::PowerCutAt`](crate::FromHost::PowerCutAt) named
    /// has begun and is not done. The device does nothing more: take its power.
    PowerCut,
    /// `stack-depth BYTES BYTES`: the most of its stack that the firmware has used.
    StackDepth {
        /// Until its tasks ran, in bytes.
        start: u32,
        /// Since then, in bytes.
        running: u32,
    },
}

impl FromDevice {
    /// Writes the message, without its line feed.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Ready { version } => write!(out, "ready {version}"),
            Self::Serving { micros } => write!(out, "serving {micros}"),
            Self::RaiseAccessPoint(access_point) => {
                let AccessPoint { ssid, security, channel, address } = access_point;
                let (name, security) = (Hex(ssid.as_bytes()), SecurityFields(security));
                write!(out, "raise-access-point {name} {channel} {address} {security}")
            }
            Self::DropAccessPoint => out.write_str("drop-access-point"),
            Self::Scan => out.write_str("scan"),
            Self::Join { attempt, credentials } => {
                let (name, secret) = (Hex(credentials.ssid.as_bytes()), Hex(credentials.passphrase.expose()));
                write!(out, "join {attempt} {name} {secret}")
            }
            Self::Leave => out.write_str("leave"),
            Self::Event(event) => {
                out.write_str("event ")?;
                event::write(event, out)
            }
            Self::PowerCut => out.write_str("power-cut"),
            Self::StackDepth { start, running } => write!(out, "stack-depth {start} {running}"),
        }
    }

    /// Reads a line, without its line feed; `None` for one that this version does not know.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut fields = Fields::of(line);
        let message = match fields.word()? {
            "ready" => Self::Ready { version: fields.value()? },
            "serving" => Self::Serving { micros: fields.value()? },
            "raise-access-point" => {
                let (ssid, channel) = (fields.ssid()?, fields.value()?);
                let (address, security) = (fields.address()?, fields.security()?);
                Self::RaiseAccessPoint(AccessPoint { ssid, security, channel, address })
            }
            "drop-access-point" => Self::DropAccessPoint,
            "scan" => Self::Scan,
            "join" => {
                let (attempt, ssid) = (fields.value()?, fields.ssid()?);
                Self::Join { attempt, credentials: Credentials { ssid, passphrase: fields.passphrase()? } }
            }
            "leave" => Self::Leave,
            "event" => Self::Event(event::read(&mut fields)?),
            "power-cut" => Self::PowerCut,
            "stack-depth" => Self::StackDepth { start: fields.value()?, running: fields.value()? },
            _ => return None,
        };
        fields.end()?;
        Some(message)
    }
}

//! What the guest says.

use core::fmt::{self, Write};

use vestibule_core::{AccessPoint, Credentials, Event};

use crate::event;
use crate::text::{Fields, Hex, Protection};

/// A message of the guest. `Debug` hides passphrases; [`FromGuest::write`] does not.
#[derive(Clone, Debug, PartialEq)]
pub enum FromGuest {
    /// `ready VERSION`: it has booted and waits for [`FromHost::Start`](crate::FromHost::Start).
    Ready {
        /// [`VERSION`](crate::VERSION) of the guest.
        version: u32,
    },
    /// `serving MICROSECONDS`: the sockets listen and the access point is up, so long after
    /// power-on. Said each time that the access point goes up.
    Serving {
        /// Microseconds on the guest's clock, which begins with the machine.
        micros: u64,
    },
    /// `raise NAME CHANNEL ADDRESS PASSPHRASE`.
    Raise(AccessPoint),
    /// `drop`: take the access point down.
    Drop,
    /// `scan`.
    Scan,
    /// `join ATTEMPT NAME PASSPHRASE`.
    Join {
        /// Which attempt this is, so that an answer to an earlier one is known.
        attempt: u32,
        /// What to join, and with what.
        credentials: Credentials,
    },
    /// `leave`: leave the home network, or give up joining it.
    Leave,
    /// `event WHAT ...`: an event of the portal.
    Event(Event),
    /// `cut`: the flash operation that [`FromHost::CutAt`](crate::FromHost::CutAt) named has
    /// begun and is not done, and nothing more will happen in the guest: kill it.
    Cut,
    /// `stack BYTES BYTES`: the deepest that its stack has been.
    Stack {
        /// Until its tasks ran, in bytes.
        start: u32,
        /// Since then, in bytes.
        running: u32,
    },
}

impl FromGuest {
    /// Writes the message, without its line feed.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Ready { version } => write!(out, "ready {version}"),
            Self::Serving { micros } => write!(out, "serving {micros}"),
            Self::Raise(access_point) => {
                let AccessPoint { ssid, security, channel, address } = access_point;
                let (name, secret) = (Hex(ssid.as_bytes()), Protection(security));
                write!(out, "raise {name} {channel} {address} {secret}")
            }
            Self::Drop => out.write_str("drop"),
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
            Self::Cut => out.write_str("cut"),
            Self::Stack { start, running } => write!(out, "stack {start} {running}"),
        }
    }

    /// Reads a line, without its line feed; `None` for one that this version does not know.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut fields = Fields::of(line);
        let message = match fields.word()? {
            "ready" => Self::Ready { version: fields.value()? },
            "serving" => Self::Serving { micros: fields.value()? },
            "raise" => {
                let (ssid, channel) = (fields.ssid()?, fields.value()?);
                let (address, security) = (fields.address()?, fields.security()?);
                Self::Raise(AccessPoint { ssid, security, channel, address })
            }
            "drop" => Self::Drop,
            "scan" => Self::Scan,
            "join" => {
                let (attempt, ssid) = (fields.value()?, fields.ssid()?);
                Self::Join { attempt, credentials: Credentials { ssid, passphrase: fields.passphrase()? } }
            }
            "leave" => Self::Leave,
            "event" => Self::Event(event::read(&mut fields)?),
            "cut" => Self::Cut,
            "stack" => Self::Stack { start: fields.value()?, running: fields.value()? },
            _ => return None,
        };
        fields.end()?;
        Some(message)
    }
}

//! The messages of the device.

use core::fmt::{self, Write};

use vestibule_core::{AccessPoint, Credentials, Event, Ssid};

use crate::text::{Fields, Hex, SecurityFields};
use crate::{VERSION, event};

/// How a device is reached, which it says as it becomes ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `portal`: it has this project's portal, waits for its configuration, reports events, and exchanges frames.
    Portal,
    /// `frames`: it has a TCP/IP stack of its own, and exchanges frames on both of its networks.
    Frames,
    /// `sockets`: it has the sockets of the machine that it runs on, and says with `listen` where they are.
    Sockets,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Frames => "frames",
            Self::Sockets => "sockets",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Portal, Self::Frames, Self::Sockets].into_iter().find(|mode| mode.word() == word)
    }
}

/// What a socket of a device carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `tcp`.
    Tcp,
    /// `udp`.
    Udp,
}

impl Transport {
    fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp].into_iter().find(|transport| transport.word() == word)
    }
}

/// A message of the device. `Debug` hides passphrases; [`FromDevice::write`] does not.
///
/// This enum is exhaustive on purpose: a host must carry out every command, because the device waits for its
/// answer without a limit. A host that lacks one does not compile.
#[derive(Clone, Debug, PartialEq)]
pub enum FromDevice {
    /// `ready VERSION MODE`: the device has booted and waits for [`FromHost::Start`](crate::FromHost::Start) or
    /// [`FromHost::Welcome`](crate::FromHost::Welcome).
    Ready {
        /// [`VERSION`](crate::VERSION) of the device.
        version: u32,
        /// How it is reached; without meaning where the version is another.
        mode: Mode,
    },
    /// `listen TRANSPORT PORT LOCAL-PORT`: what the device's networks send to this port is to go to that port of
    /// 127.0.0.1. For a device of [`Mode::Sockets`], and valid until it loses its power.
    Listen {
        /// What it carries.
        transport: Transport,
        /// The port as the device's networks see it.
        port: u16,
        /// The port at which its program listens.
        local_port: u16,
    },
    /// `restart`: the device restarts itself. Its program is ended and started anew, with its files.
    Restart,
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
    /// `scan-for NAME`: a scan that asks for this name and reports the networks that bear it.
    ScanFor(Ssid),
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
            Self::Ready { version, mode } => write!(out, "ready {version} {}", mode.word()),
            Self::Listen { transport, port, local_port } => {
                write!(out, "listen {} {port} {local_port}", transport.word())
            }
            Self::Restart => out.write_str("restart"),
            Self::Serving { micros } => write!(out, "serving {micros}"),
            Self::RaiseAccessPoint(access_point) => {
                let AccessPoint { ssid, security, channel, address } = access_point;
                let (name, security) = (Hex(ssid.as_bytes()), SecurityFields(security));
                write!(out, "raise-access-point {name} {channel} {address} {security}")
            }
            Self::DropAccessPoint => out.write_str("drop-access-point"),
            Self::Scan => out.write_str("scan"),
            Self::ScanFor(ssid) => write!(out, "scan-for {}", Hex(ssid.as_bytes())),
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
            "ready" => {
                let version = fields.value()?;
                if version != VERSION {
                    // What follows is that version's business.
                    return Some(Self::Ready { version, mode: Mode::Portal });
                }
                Self::Ready { version, mode: Mode::read(fields.word()?)? }
            }
            "listen" => {
                let transport = Transport::read(fields.word()?)?;
                Self::Listen { transport, port: fields.port()?, local_port: fields.port()? }
            }
            "restart" => Self::Restart,
            "serving" => Self::Serving { micros: fields.value()? },
            "raise-access-point" => {
                let (ssid, channel) = (fields.ssid()?, fields.value()?);
                let (address, security) = (fields.address()?, fields.security()?);
                Self::RaiseAccessPoint(AccessPoint { ssid, security, channel, address })
            }
            "drop-access-point" => Self::DropAccessPoint,
            "scan" => Self::Scan,
            "scan-for" => Self::ScanFor(fields.ssid()?),
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

//! The answer by which a connection becomes a WebSocket.
//!
//! Whether a request may become one is decided in [`crate::websocket`].

use core::fmt;

/// Bytes of a `Sec-WebSocket-Accept`: the 20 of a SHA-1 in base64.
const ACCEPT_BYTES: usize = 28;

/// `101 Switching Protocols` to a client that speaks WebSocket from here on. `Display` writes it as it
/// goes over the wire; what follows it, both ways, is frames.
///
/// [`crate::websocket::accept`] makes one for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrade {
    accept: [u8; ACCEPT_BYTES],
}

impl Upgrade {
    /// With this `Sec-WebSocket-Accept` (RFC 6455 section 4.2.2).
    pub(crate) const fn websocket(accept: [u8; ACCEPT_BYTES]) -> Self {
        Self { accept }
    }

    /// What `Display` shows, without a formatter.
    pub(super) fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: ",
        )?;
        out.write_str(core::str::from_utf8(&self.accept).unwrap_or_default())?;
        out.write_str("\r\n\r\n")
    }
}

impl fmt::Display for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

//! The device's end of a WebSocket (RFC 6455): the upgrade, and one [`Socket`] a connection.
//!
//! Bytes go in, messages come out; bytes for the client come out, into the caller's buffer. What a
//! message means is decided elsewhere. A socket owns one buffer that fits one message and one that
//! fits what waits to be sent, so that a client that sends much or takes nothing costs no more than
//! any other. What it does depends on what the client sent and never on how the network cut it.
//!
//! It breaks a connection over everything that the RFC forbids a client, as soon as it can be seen:
//! a frame without a mask, a reserved bit or opcode, a control frame that is long or in pieces, a
//! length written longer than needed, a message that is not UTF-8, a close without a proper code.
//! There are no extensions, compression included, no subprotocols and no client's end.
//!
//! ```
//! use vestibule_core::Instant;
//! use vestibule_core::websocket::{Event, Message, Socket};
//!
//! let mut socket = Socket::new(Instant::from_micros(0));
//! // "Hello", masked: the second example of RFC 6455 section 5.7.
//! let frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
//! let taken = socket.handle_received(&frame, Instant::from_micros(1));
//! assert_eq!(taken, frame.len());
//! assert_eq!(socket.poll_event(), Some(Event::Message(Message::Text("Hello"))));
//!
//! socket.send(Message::Text("Hello"))?;
//! let mut out = [0; 64];
//! let length = socket.poll_send(&mut out);
//! assert_eq!(out[..length], *b"\x81\x05Hello"); // the first
//! # Ok::<(), vestibule_core::websocket::SendError>(())
//! ```
//!
//! | what | where |
//! |---|---|
//! | whether a request may become a WebSocket, and the answer | `handshake` |
//! | the head of a frame, and which heads are refused | `frame` |
//! | why a connection closes | `close` |
//! | frames that wait to be sent | `outbox` |
//! | all of it in order, deadlines, closing | `socket` |
//! | the sockets of an application | `pool` |

mod close;
mod frame;
mod handshake;
mod outbox;
mod pool;
mod socket;

pub use close::{CloseCode, Violation};
pub use handshake::{Refusal, accept, accept_key, upgrade};
pub use pool::{Pool, Sockets};
pub use socket::{Ending, Event, Message, SendError, Socket};

#[cfg(test)]
mod tests;

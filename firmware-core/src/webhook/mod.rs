//! The webhook: when it has joined, the device may post JSON to an address of its maker's or
//! owner's, signed, so that the receiver knows who sent it, that nobody changed it, and when.
//!
//! Three parts that know nothing of each other: the signature and its check ([`Key`]), the request
//! ([`Post`]) and when to try again ([`Delivery`]). None of them opens a connection or reads a clock:
//! the bytes are the caller's to send, and the time of day, which a device learns on the home
//! network, is the caller's to know.
//!
//! The request is plain HTTP. The signature proves origin and age; it hides nothing, so no
//! passphrase belongs into a webhook. Within the tolerance a recording can be sent again: a receiver
//! that minds remembers the signatures of that time and refuses one that it has seen.
//!
//! ```
//! use core::time::Duration;
//! use vestibule_core::webhook::{Key, Post, Signature};
//!
//! let key = Key::new(b"a secret of both, 16 bytes or more")?;
//! let body = br#"{"event":"joined","address":"10.0.0.7"}"#;
//! let post = Post::new("hooks.example:8080", "/device", body)?;
//!
//! let mut request = [0; 512];
//! let length = post.write(&key, 1_790_000_000, &mut request)?;
//! assert!(request[..length].starts_with(b"POST /device HTTP/1.1\r\nHost: hooks.example:8080\r\n"));
//!
//! // The receiver, ten seconds later:
//! let header = key.sign(1_790_000_000, body).to_string();
//! key.verify(header.as_bytes(), body, 1_790_000_010, Duration::from_secs(300))?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod delivery;
mod post;
mod signature;

pub use delivery::{Attempt, Delivery, Progress};
pub use post::{BadPost, Post, Reply, read_reply};
pub use signature::{BadKey, Key, Rejected, SIGNATURE_HEADER, Signature};

#[cfg(test)]
mod tests;

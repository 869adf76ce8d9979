//! The device's HTTP server: one [`Connection`] a TCP connection, HTTP/1.0 and 1.1 (RFC 9112).
//!
//! Bytes go in, bytes come out; what a request means is decided elsewhere. A connection owns one
//! buffer that fits one request and nothing else: answers are written anew for every piece that
//! goes out ([`crate::Window`]). It reads byte by byte, so what it does depends on what the client
//! sent and never on how the network cut it.
//!
//! There is no TLS, no compression (files may be stored compressed), no clock (hence no `Date`), and no intermediary in front.
//!
//! | what | where |
//! |---|---|
//! | where a head ends, and its limits | `scan` |
//! | what a head says, and which heads are refused | `head` |
//! | how long a body is, chunks | `body` |
//! | the request as routes see it | `request` |
//! | the answer as text | `response` |
//! | a constant file, compressed or not | `file` |
//! | which form of an answer the client prefers | `negotiation` |
//! | all of it in order, deadlines, closing | `connection` |
//! | what an HTML form sent | [`form`] |

mod body;
mod buffer;
mod connection;
mod file;
pub mod form;
mod head;
mod negotiation;
mod request;
mod response;
mod scan;

pub use connection::{Connection, Transfer};
pub use file::File;
pub(crate) use negotiation::weighted;
pub use negotiation::{Format, error_format};
pub use request::{Method, Methods, Request, Version};
pub use response::{Answered, Authority, Cache, Content, Location, Response, Status};

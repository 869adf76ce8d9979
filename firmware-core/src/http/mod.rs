//! The device's HTTP server: one [`Connection`] a TCP connection, HTTP/1.0 and 1.1 (RFC 9112).
//!
//! Bytes go in, bytes come out; what a request means is decided elsewhere. A connection owns one
//! buffer that fits one request and nothing else: answers are written again for every piece that
//! goes out ([`crate::ByteWindow`]). It reads byte by byte, so what it does depends on what the client
//! sent and never on how the network cut it.
//!
//! There is no TLS, no compression (files may be stored compressed), no clock (hence no `Date`), and no intermediary in front.
//!
//! | what | where |
//! |---|---|
//! | where a head ends, and its limits | `scan` |
//! | what a head says, and which heads are refused | `head` |
//! | header lines, one by one | `header` |
//! | how long a body is, chunks | `body` |
//! | the request as routes see it | `request` |
//! | the number of the client in a cookie | `cookie` |
//! | the answer as routes describe it | `response`, `status`, `location`, `cache` |
//! | the answer as text, piece by piece | `answer` |
//! | the answer that makes a connection a WebSocket | `upgrade` |
//! | a constant file, compressed or not | `file` |
//! | which form of an answer the client prefers | `negotiation` |
//! | all of it in order, timeouts, closing | `connection` |
//! | what an HTML form sent | [`form`] |

mod answer;
mod body;
mod buffer;
mod cache;
mod connection;
mod cookie;
mod file;
pub mod form;
mod head;
mod header;
mod location;
mod negotiation;
mod request;
mod response;
mod scan;
mod status;
mod upgrade;

pub use answer::Answered;
pub use cache::Cache;
pub use connection::{Connection, Transfer};
pub use file::File;
pub use location::{Authority, Location};
pub(crate) use negotiation::weighted;
pub use negotiation::{Format, error_format};
pub use request::{Method, Methods, Request, Version};
pub use response::{Content, Response};
pub use status::Status;
pub use upgrade::Upgrade;

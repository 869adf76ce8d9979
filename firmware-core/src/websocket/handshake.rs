//! The upgrade: RFC 6455 section 4.2.
//!
//! Whether the client may connect (its `Origin`, a token) is not checked here: check it before answering.

use core::fmt;

use base64ct::{Base64, Encoding};
use sha1::{Digest, Sha1};

use crate::http::{Content, Method, Methods, Request, Response, Status, Upgrade, Version};

/// Section 1.3: what the server adds to the client's key, which proves that it speaks WebSocket.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The answer to a request that asks for a WebSocket.
///
/// # Errors
/// [`Refusal`], whose [`status`](Refusal::status) is what the client is answered.
pub fn accept(request: &Request<'_>) -> Result<Upgrade, Refusal> {
    if request.method != Method::Get {
        return Err(Refusal::Method);
    }
    let has = |header, token: &[u8]| request.list(header).any(|member| member.eq_ignore_ascii_case(token));
    if request.version != Version::Http11 || !has("upgrade", b"websocket") || !has("connection", b"upgrade") {
        return Err(Refusal::NoUpgrade);
    }
    if request.header("Sec-WebSocket-Version") != Some(b"13") {
        return Err(Refusal::Version);
    }
    let mut keys = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case(b"Sec-WebSocket-Key"));
    match (keys.next(), keys.next()) {
        (Some((_, key)), None) => accept_key(key),
        // None, or more than the one that there may be (RFC 6455 section 11.3.1).
        _ => Err(Refusal::Key),
    }
}

/// The answer to a `Sec-WebSocket-Key`, which must be 16 bytes in base64.
///
/// # Errors
/// [`Refusal::Key`] if it is not.
///
/// ```
/// use vestibule_core::websocket::accept_key;
///
/// // The example of RFC 6455 section 1.3.
/// let upgrade = accept_key(b"dGhlIHNhbXBsZSBub25jZQ==")?;
/// assert!(upgrade.to_string().contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
/// # Ok::<(), vestibule_core::websocket::Refusal>(())
/// ```
pub fn accept_key(key: &[u8]) -> Result<Upgrade, Refusal> {
    let decoded = Base64::decode(key, &mut [0; 18]).map_err(|_| Refusal::Key)?.len();
    if decoded != 16 {
        return Err(Refusal::Key);
    }
    let digest: [u8; 20] = Sha1::new().chain_update(key).chain_update(GUID).finalize().into();
    let mut accept = [0; 28];
    Base64::encode(&digest, &mut accept).map_err(|_| Refusal::Key)?;
    Ok(Upgrade::websocket(accept))
}

/// The response that makes the connection a WebSocket if the request asks for that, or else says why not:
/// see [`Application::sockets`](crate::application::Application::sockets).
pub fn upgrade<B: Copy>(request: &Request<'_>) -> Response<B> {
    match accept(request) {
        Ok(upgrade) => {
            Response { content: Content::Upgrade(upgrade), ..Response::empty(Status::SwitchingProtocols) }
        }
        Err(Refusal::Key) => Response::empty(Status::BadRequest),
        Err(Refusal::Method) => {
            Response { allow: Methods::READ, ..Response::empty(Status::MethodNotAllowed) }
        }
        Err(Refusal::NoUpgrade | Refusal::Version) => Response {
            // All are due: RFC 6455 section 4.4, RFC 9110 sections 15.5.22 and 7.8.
            headers: "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            ..Response::empty(Status::UpgradeRequired)
        },
    }
}

/// Why a request does not become a WebSocket.
///
/// ```
/// use vestibule_core::Instant;
/// use vestibule_core::http::Connection;
/// use vestibule_core::websocket::{Refusal, accept};
///
/// let now = Instant::from_micros(0);
/// let mut connection = Connection::<()>::new();
/// connection.open(now);
/// let _ = connection.receive(b"GET /live HTTP/1.1\r\nHost: lamp\r\n\r\n", now);
/// let refusal = accept(&connection.request().unwrap()).unwrap_err();
/// assert_eq!((refusal, refusal.status()), (Refusal::NoUpgrade, 426));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not `GET`.
    Method,
    /// It is HTTP/1.0, or does not ask for an upgrade to `websocket`.
    NoUpgrade,
    /// It asks for another version of the protocol than 13.
    Version,
    /// Its key is missing, is there twice, or is not 16 bytes in base64.
    Key,
}

impl Refusal {
    /// The status code to answer. 426 must come with `Sec-WebSocket-Version: 13` (section 4.4) and
    /// `Upgrade: websocket` (RFC 9110 section 15.5.22), 405 with `Allow: GET`.
    pub const fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::NoUpgrade | Self::Version => 426,
            Self::Key => 400,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "a WebSocket is opened with GET",
            Self::NoUpgrade => "this address speaks WebSocket, and no upgrade to it was asked for",
            Self::Version => "version 13 of the WebSocket protocol is spoken here",
            Self::Key => "the WebSocket key is missing or malformed",
        })
    }
}

impl core::error::Error for Refusal {}

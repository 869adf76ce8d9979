//! What a phone sends and what comes back: the exchanges that its driver carries out for it.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::tls::HandshakeProblem;

/// What joining a network gave the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The phone's own address.
    pub address: Ipv4Addr,
    /// The router of the network.
    pub router: Ipv4Addr,
    /// Where the phone sends DNS questions, port 53 as a rule.
    pub resolver: SocketAddrV4,
}

/// Names one exchange of one phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u32);

/// Something that the phone wants sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exchange {
    /// One UDP datagram. The driver reports every datagram that comes back as
    /// [`Progress::Received`] until the phone abandons the exchange.
    Datagram {
        /// The receiver.
        to: SocketAddrV4,
        /// The bytes to send.
        payload: Vec<u8>,
    },
    /// A TCP connection on which `payload` is sent once it stands.
    Stream {
        /// The server.
        to: SocketAddrV4,
        /// The bytes to send.
        payload: Vec<u8>,
    },
    /// A TLS connection on which `payload` is sent once the handshake is over, which the driver carries out and
    /// reports as [`Progress::Connected`], or as [`Progress::HandshakeFailed`]. What comes after it is reported
    /// decrypted. **Simplification:** a server that accepts the connection and says nothing is not told from one
    /// that is not there.
    Tls {
        /// The server.
        to: SocketAddrV4,
        /// The name in the handshake.
        server_name: String,
        /// The bytes to send after it.
        payload: Vec<u8>,
        /// Whether the phone minds whose certificate it is shown.
        verifies: bool,
    },
}

/// How an exchange went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// The TCP connection stands, or after a handshake the TLS connection.
    Connected,
    /// There is no TLS connection. The exchange is over.
    HandshakeFailed(HandshakeProblem),
    /// Bytes came (one datagram, or any piece of a stream).
    Received(&'a [u8]),
    /// The peer closed the stream in an orderly way.
    Ended,
    /// The peer reset the connection.
    Reset,
    /// Nobody listens there.
    Refused,
    /// No route, or ICMP said unreachable.
    Unreachable,
}

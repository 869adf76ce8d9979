//! What a phone sends and what comes back: the exchanges that its driver carries out for it.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::client_hello::client_hello;

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
    /// A TLS connection. **Simplification:** of TLS no more is spoken than the first message, which is what
    /// [`first_bytes`](Self::first_bytes) are. The driver reports [`Progress::Connected`] once anything came back:
    /// that can never present a certificate for `server_name`, so the phone then concludes a failed
    /// handshake at once. A server that accepts the connection and says nothing is not told from one that is not
    /// there. A driver that plays the genuine internet reports the decrypted reply
    /// with `Received` and `Ended` instead, and no `Connected`.
    Tls {
        /// The server.
        to: SocketAddrV4,
        /// The name in the handshake.
        server_name: String,
    },
}

impl Exchange {
    /// What is sent first.
    pub fn first_bytes(&self) -> Vec<u8> {
        match self {
            Self::Datagram { payload, .. } | Self::Stream { payload, .. } => payload.clone(),
            Self::Tls { server_name, .. } => client_hello(server_name),
        }
    }
}

/// How an exchange went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// The TCP connection stands.
    Connected,
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

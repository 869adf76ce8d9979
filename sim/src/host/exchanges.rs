//! The exchanges of a phone's connectivity check on a stack's sockets: bytes go out, and what comes back is told
//! exchange by exchange, after TLS in the clear. What an exchange means is the phone's business.

use std::collections::BTreeMap;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};

use super::stack::Stack;
use crate::phone::{Exchange, HandshakeProblem, Progress};
use crate::tls::{Client, ClientEvent, Trust};

/// The first of the ephemeral ports (RFC 6335 section 6).
pub(crate) const FIRST_PORT: u16 = 49152;

/// The exchanges of one host, each with its own name.
pub(crate) struct Exchanges<Name> {
    pub(crate) next_port: u16,
    sockets: BTreeMap<Name, ExchangeSocket>,
    trust: Trust,
}

/// The socket of an exchange.
enum ExchangeSocket {
    Datagram(SocketHandle),
    Stream { socket: SocketHandle, stream: Stream },
}

/// What a connection is to send, and how far it is.
struct Stream {
    payload: Vec<u8>,
    established: bool,
    tls: Option<Box<Client>>,
}

/// The progress of an exchange, with bytes of its own, so that the socket can be used meanwhile.
pub(crate) enum OwnedProgress {
    Connected,
    HandshakeFailed(HandshakeProblem),
    Received(Vec<u8>),
    Ended,
    Refused,
    Reset,
}

impl OwnedProgress {
    /// As a phone is told of it.
    pub(crate) fn as_progress(&self) -> Progress<'_> {
        match self {
            Self::Connected => Progress::Connected,
            Self::HandshakeFailed(problem) => Progress::HandshakeFailed(*problem),
            Self::Received(bytes) => Progress::Received(bytes),
            Self::Ended => Progress::Ended,
            Self::Refused => Progress::Refused,
            Self::Reset => Progress::Reset,
        }
    }
}

impl<Name: Copy + Ord> Exchanges<Name> {
    /// None yet, of a host that trusts these authorities.
    pub(crate) fn new(trust: Trust) -> Self {
        Self { next_port: FIRST_PORT, sockets: BTreeMap::new(), trust }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    fn port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        port
    }

    /// Begins an exchange.
    pub(crate) fn open(&mut self, stack: &mut Stack, name: Name, exchange: Exchange) {
        let port = self.port();
        let socket = match &exchange {
            Exchange::Datagram { to, payload } => {
                let handle = stack.add_udp(port);
                let socket = stack.sockets().get_mut::<udp::Socket<'_>>(handle);
                // A datagram that is too long for the buffer is lost, as on a network.
                let _ = socket.send_slice(payload, (*to.ip(), to.port()));
                ExchangeSocket::Datagram(handle)
            }
            Exchange::Stream { to, payload } => {
                let socket = stack.connect((*to.ip(), to.port()), port);
                let stream = Stream { payload: payload.clone(), established: false, tls: None };
                ExchangeSocket::Stream { socket, stream }
            }
            Exchange::Tls { to, server_name, payload, verifies } => {
                let socket = stack.connect((*to.ip(), to.port()), port);
                let mut client = self.trust.client(server_name, payload.clone(), *verifies);
                let payload = client.take_bytes();
                let stream = Stream { payload, established: false, tls: Some(Box::new(client)) };
                ExchangeSocket::Stream { socket, stream }
            }
        };
        self.sockets.insert(name, socket);
    }

    /// Sends further bytes on a stream. Nothing happens if it is over.
    pub(crate) fn send(&mut self, name: Name, bytes: Vec<u8>) {
        if let Some(ExchangeSocket::Stream { stream, .. }) = self.sockets.get_mut(&name) {
            stream.payload.extend(bytes);
        }
    }

    /// Closes the sending half of a stream. Nothing happens if it is over.
    pub(crate) fn shut(&mut self, stack: &mut Stack, name: Name) {
        if let Some(ExchangeSocket::Stream { socket, .. }) = self.sockets.get(&name) {
            stack.sockets().get_mut::<tcp::Socket<'_>>(*socket).close();
        }
    }

    /// Gives an exchange up. A stream is reset.
    pub(crate) fn abandon(&mut self, stack: &mut Stack, name: Name) {
        if let Some(socket) = self.sockets.remove(&name) {
            end(stack, socket);
        }
    }

    /// Gives every exchange up. Streams are reset.
    pub(crate) fn abandon_all(&mut self, stack: &mut Stack) {
        for (_, socket) in std::mem::take(&mut self.sockets) {
            end(stack, socket);
        }
    }

    /// Forgets every exchange without a frame: the host is off its network.
    pub(crate) fn cut(&mut self, stack: &mut Stack) {
        for (_, socket) in std::mem::take(&mut self.sockets) {
            stack.sockets().remove(socket.handle());
        }
    }

    /// Passes bytes between the sockets and the exchanges, and returns what came, in the order of the names.
    pub(crate) fn serve(&mut self, stack: &mut Stack) -> Vec<(Name, OwnedProgress)> {
        let mut reports = Vec::new();
        let mut over = Vec::new();
        for (name, socket) in &mut self.sockets {
            if serve_one(stack, socket, &mut |progress| reports.push((*name, progress))) {
                over.push(*name);
            }
        }
        for name in over {
            self.abandon(stack, name);
        }
        reports
    }
}

impl ExchangeSocket {
    fn handle(&self) -> SocketHandle {
        match self {
            Self::Datagram(socket) | Self::Stream { socket, .. } => *socket,
        }
    }
}

/// Closes a socket. A stream is reset.
fn end(stack: &mut Stack, socket: ExchangeSocket) {
    if let ExchangeSocket::Stream { socket, stream } = &socket {
        let alert = stream.tls.as_ref().map(|_| &stream.payload).filter(|alert| !alert.is_empty());
        let tcp = stack.sockets().get_mut::<tcp::Socket<'_>>(*socket);
        // Why the client goes; on a socket that can send, or else the server has gone before.
        if alert.is_some_and(|alert| tcp.can_send() && tcp.send_slice(alert).is_ok()) {
            stack.flush();
        }
        stack.sockets().get_mut::<tcp::Socket<'_>>(*socket).abort();
        // Sends the reset, before the socket is removed.
        stack.flush();
    }
    stack.sockets().remove(socket.handle());
}

/// Continues an exchange. Returns whether it is over.
fn serve_one(stack: &mut Stack, socket: &mut ExchangeSocket, report: &mut impl FnMut(OwnedProgress)) -> bool {
    match socket {
        ExchangeSocket::Datagram(handle) => {
            if stack.udp(*handle).can_recv() {
                let socket = stack.sockets().get_mut::<udp::Socket<'_>>(*handle);
                while let Ok((bytes, _)) = socket.recv() {
                    report(OwnedProgress::Received(bytes.to_vec()));
                }
            }
            false
        }
        ExchangeSocket::Stream { socket, stream } => {
            let may_send = !stream.established || !stream.payload.is_empty();
            if stack.is_idle(*socket, may_send) {
                return false;
            }
            stream.serve(stack.sockets().get_mut::<tcp::Socket<'_>>(*socket), report)
        }
    }
}

impl Stream {
    /// Continues it. Returns whether it is over.
    fn serve(&mut self, socket: &mut tcp::Socket<'_>, report: &mut impl FnMut(OwnedProgress)) -> bool {
        if !self.established && socket.may_send() {
            self.established = true;
            if self.tls.is_none() {
                report(OwnedProgress::Connected);
            }
        }
        self.send(socket);
        while socket.can_recv() {
            let bytes = socket.recv(|bytes| (bytes.len(), bytes.to_vec())).unwrap_or_default();
            if self.received(bytes, report) {
                return true;
            }
        }
        self.send(socket);
        match (socket.state(), self.established) {
            (tcp::State::Closed, false) => report(OwnedProgress::Refused),
            (tcp::State::Closed, true) => report(OwnedProgress::Reset),
            (tcp::State::CloseWait, true) => report(OwnedProgress::Ended),
            _ => return false,
        }
        true
    }

    fn send(&mut self, socket: &mut tcp::Socket<'_>) {
        if self.established && !self.payload.is_empty() && socket.can_send() {
            // It can send, so this cannot fail.
            let sent = socket.send_slice(&self.payload).unwrap_or(0);
            self.payload.drain(..sent);
        }
    }

    /// Bytes came. Returns whether the exchange is over.
    fn received(&mut self, bytes: Vec<u8>, report: &mut impl FnMut(OwnedProgress)) -> bool {
        let Some(client) = &mut self.tls else {
            report(OwnedProgress::Received(bytes));
            return false;
        };
        let events = client.receive(&bytes);
        self.payload.extend(client.take_bytes());
        for event in events {
            let (progress, is_over) = match event {
                ClientEvent::Established => (OwnedProgress::Connected, false),
                ClientEvent::Received(bytes) => (OwnedProgress::Received(bytes), false),
                ClientEvent::Closed => (OwnedProgress::Ended, true),
                ClientEvent::Failed(problem) => (OwnedProgress::HandshakeFailed(problem), true),
                ClientEvent::Broken => (OwnedProgress::Reset, true),
            };
            report(progress);
            if is_over {
                return true;
            }
        }
        false
    }
}

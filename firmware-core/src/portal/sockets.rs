//! Connections that an application's route has made WebSockets: their bytes go past HTTP. The sockets
//! are the application's, so a device without any has neither their memory nor their code.

use embedded_storage::nor_flash::NorFlash;

use super::Portal;
use crate::application::Application;
use crate::http::{Content, Response, Status, Transfer};
use crate::websocket::Socket;
use crate::{ConnectionId, Entropy, Instant};

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// Opens the WebSocket that an answer promises, or refuses it where the application has no room for
    /// one more.
    pub(super) fn upgrade<P: Copy>(
        &mut self,
        response: &mut Response<P>,
        connection: ConnectionId,
        now: Instant,
    ) {
        let opened = |application: &mut A| {
            application.sockets().is_some_and(|sockets| sockets.open(connection, now).is_some())
        };
        if matches!(response.content, Content::Upgrade(_)) && !opened(&mut self.application) {
            *response = Response { close: true, ..Response::empty(Status::ServiceUnavailable) };
        }
    }

    fn is_socket(&self, connection: ConnectionId) -> bool {
        self.connections.get(connection).is_some_and(|open| open.is_upgraded())
    }

    fn with_socket<T>(&mut self, connection: ConnectionId, act: impl FnOnce(&mut Socket) -> T) -> Option<T> {
        if !self.is_socket(connection) {
            return None;
        }
        let socket = self.application.sockets()?.socket(connection)?;
        let done = act(socket);
        let deadline = socket.poll_timeout();
        if let Some(open) = self.connections.get_mut(connection) {
            open.set_deadline(deadline);
        }
        Some(done)
    }

    /// Takes bytes of a WebSocket; `None` if it is none.
    pub(super) fn socket_received(
        &mut self,
        connection: ConnectionId,
        bytes: &[u8],
        now: Instant,
    ) -> Option<usize> {
        let mut rest = bytes;
        loop {
            let taken = self.with_socket(connection, |socket| socket.handle_received(rest, now))?;
            rest = rest.get(taken..).unwrap_or_default();
            self.application.on_socket(connection, now);
            // It stops after each message; the application has taken that now.
            if taken == 0 || rest.is_empty() {
                return Some(bytes.len() - rest.len());
            }
        }
    }

    /// The client of a connection is gone, or sends no more.
    pub(super) fn socket_ended(&mut self, connection: ConnectionId, now: Instant) {
        if self.with_socket(connection, Socket::handle_received_end).is_some() {
            self.application.on_socket(connection, now);
        }
    }

    pub(super) fn socket_timeout(&mut self, connection: ConnectionId, now: Instant) {
        if self.with_socket(connection, |socket| socket.handle_timeout(now)).is_some() {
            self.application.on_socket(connection, now);
            // It may be over even though the driver has not sent everything.
            if let Some(open) = self.connections.get_mut(connection) {
                open.sent_all();
            }
        }
    }

    /// The next bytes of a WebSocket; `None` if the connection is none.
    pub(super) fn socket_send(&mut self, connection: ConnectionId, out: &mut [u8]) -> Option<Transfer> {
        let (length, finished) =
            self.with_socket(connection, |socket| (socket.poll_send(out), socket.is_finished()))?;
        Some(match (length, finished) {
            (0, true) => {
                self.forget_socket(connection);
                if let Some(open) = self.connections.get_mut(connection) {
                    open.closed();
                }
                Transfer::Close
            }
            (0, false) => Transfer::Idle,
            (length, _) => Transfer::Bytes(length),
        })
    }

    /// A connection is gone; its socket, if it had one, is free.
    pub(super) fn forget_socket(&mut self, connection: ConnectionId) {
        if let Some(sockets) = self.application.sockets() {
            sockets.close(connection);
        }
    }
}

/// Whether the WebSocket of this connection has something to send or is to be closed.
pub(super) fn has_output<A: Application>(application: &mut A, connection: ConnectionId) -> bool {
    let socket = application.sockets().and_then(|sockets| sockets.socket(connection));
    socket.is_some_and(|socket| socket.has_output())
}

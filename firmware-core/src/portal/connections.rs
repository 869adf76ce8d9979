//! The portal's connections as a driver sees them: opened, fed, emptied, closed.

use embedded_storage::nor_flash::NorFlash;

use super::web::RenderContext;
use super::{Interface, Portal, sockets};
use crate::application::Application;
use crate::http::Transfer;
use crate::{ConnectionId, Entropy, Instant};

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// A connection was accepted. `connection` is a number that the driver chose and that is not open;
    /// for one that is nothing happens.
    ///
    /// When this takes the last number, another makes room, so that the next client finds a place: browsers open
    /// sockets that they never use. The one that was kept after an answer and has been idle for longest is closed at
    /// once. Where there is none, and none is about to end, one may be silent, ask or wait for
    /// [`limits::CONTENDED_TIMEOUT`](crate::limits::CONTENDED_TIMEOUT) and no longer, or take its answer for
    /// [`limits::CONTENDED_ANSWER_TIMEOUT`](crate::limits::CONTENDED_ANSWER_TIMEOUT) and the time that its bytes take.
    /// Once so many have been closed for that as there are places, those that follow have
    /// [`limits::CROWDED_TIMEOUT`](crate::limits::CROWDED_TIMEOUT), until the crowd is over. Until then the next client
    /// waits, and none is closed that had no time to ask.
    pub fn handle_open(&mut self, connection: ConnectionId, interface: Interface, now: Instant) {
        self.connections.open(connection, interface, now);
    }

    /// Bytes arrived on a connection. Returns how many were taken; the rest is to be offered again
    /// after [`Portal::poll_send`] has handed out an answer. A connection that is not open takes
    /// everything.
    #[must_use]
    pub fn handle_received(&mut self, connection: ConnectionId, bytes: &[u8], now: Instant) -> usize {
        if let Some(taken) = self.socket_received(connection, bytes, now) {
            return taken;
        }
        let Some(open) = self.connections.get_mut(connection) else {
            return bytes.len();
        };
        let was_hurried = open.is_hurried();
        let taken = open.receive(bytes, now);
        let goes_on = was_hurried && !open.is_hurried();
        self.lead_to_the_page(connection);
        self.handle_request(connection, now);
        if goes_on {
            self.connections.hurry_another(connection, now);
        }
        taken
    }

    /// The other side will send no more on this connection.
    pub fn handle_received_end(&mut self, connection: ConnectionId, now: Instant) {
        self.socket_ended(connection, now);
        if let Some(open) = self.connections.get_mut(connection) {
            open.receive_end(now);
        }
    }

    /// The connection is gone; its number is free again.
    pub fn handle_closed(&mut self, connection: ConnectionId) {
        self.forget_socket(connection);
        if let Some(open) = self.connections.get_mut(connection) {
            open.closed();
        }
        self.show_fresh();
    }

    /// A connection that has bytes to send or is to be closed: [`Portal::poll_send`] returns which. None is
    /// named twice before it has sent everything, so that a driver whose socket is full can go on with
    /// the others; unless it is given up meanwhile, because its client takes nothing or because the access
    /// point goes ([`Portal::is_open`] is false then). The search begins behind the last one named, so that
    /// none is left out by others that always have something.
    #[must_use]
    pub fn poll_ready(&mut self) -> Option<ConnectionId> {
        let application = &mut self.application;
        self.connections.next_ready(|open, id| open.is_upgraded() && sockets::has_output(application, id))
    }

    /// The next bytes that a connection is to send, or that it is to close. Call this until it returns
    /// [`Transfer::Idle`], as long as the socket has room.
    #[must_use]
    pub fn poll_send(&mut self, connection: ConnectionId, out: &mut [u8], now: Instant) -> Transfer {
        let transfer = self.send(connection, out, now);
        if !matches!(transfer, Transfer::Bytes(_))
            && let Some(open) = self.connections.get_mut(connection)
        {
            open.sent_all();
        }
        transfer
    }

    fn send(&mut self, connection: ConnectionId, out: &mut [u8], now: Instant) -> Transfer {
        if let Some(transfer) = self.socket_send(connection, out) {
            return transfer;
        }
        let info = *self.connections.info(connection);
        let submitted = self.joining.submitted_values.as_ref().filter(|_| info.own);
        let context = RenderContext {
            config: &self.config,
            networks: &self.networks,
            application: &self.application,
            values: submitted.unwrap_or(self.storage.values()),
            own_values: info.own,
            csrf_token: self.guard.token(info.client),
            seal: self.sealing.page_seal(&self.config),
            language: info.language,
            host_name: self.home.host_name.as_ref().filter(|_| info.shows_host_name),
        };
        let Some(open) = self.connections.get_mut(connection) else {
            return Transfer::Idle;
        };
        let transfer = open.send(out, now, |view, request, window| context.render(view, request, window));
        if let Some(answered) = open.take_answered() {
            self.handle_answered(connection, answered, now);
        }
        transfer
    }

    /// Whether there is such a connection and it is not to be closed.
    pub fn is_open(&self, connection: ConnectionId) -> bool {
        self.connections.get(connection).is_some_and(|open| open.is_open() && !open.is_closing())
    }

    /// Whether a request was answered on the connection and nothing of another one has come: if the portal closes it then,
    /// a client that asks at the same moment is not answered. A driver with sockets to spare may wait a little for it.
    pub fn is_idle(&self, connection: ConnectionId) -> bool {
        self.connections
            .get(connection)
            .is_some_and(|open| open.is_open() && open.is_kept() && open.is_idle())
    }

    /// When the connection is given up unless more arrives or goes out before; `None` if it is not open.
    pub fn deadline(&self, connection: ConnectionId) -> Option<Instant> {
        self.connections.get(connection).filter(|open| open.is_open())?.deadline()
    }
}

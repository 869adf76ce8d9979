//! The sockets of an application, by the connection that each is on.

use super::Socket;
use crate::connection_id::ConnectionId;
use crate::time::Instant;

/// Room for an application's WebSockets: what a portal asks of it. [`Pool`] is one.
///
/// ```
/// use vestibule_core::websocket::{Pool, Sockets};
/// use vestibule_core::{ConnectionId, Instant};
///
/// let [one, other, ..] = ConnectionId::ALL;
/// let mut pool = Pool::<1>::new();
/// assert!(pool.open(one, Instant::from_micros(0)).is_some());
/// assert!(pool.open(other, Instant::from_micros(0)).is_none(), "no room");
/// pool.close(one);
/// assert!(pool.socket(one).is_none());
/// ```
pub trait Sockets {
    /// A connection becomes a WebSocket; `None` when there is no room for one more.
    fn open(&mut self, connection: ConnectionId, now: Instant) -> Option<&mut Socket>;

    /// The WebSocket on this connection.
    fn socket(&mut self, connection: ConnectionId) -> Option<&mut Socket>;

    /// The connection is gone.
    fn close(&mut self, connection: ConnectionId);
}

/// At most `N` WebSockets, some 2 KB each.
///
/// ```
/// use vestibule_core::websocket::{Message, Pool, Sockets};
/// use vestibule_core::{ConnectionId, Instant};
///
/// let mut pool = Pool::<2>::new();
/// assert!(pool.open(ConnectionId::ALL[7], Instant::from_micros(0)).is_some());
/// // The same to all, for a state that has changed. A client that takes nothing is left out.
/// for (_, socket) in pool.iter_mut() {
///     let _ = socket.send(Message::Text("on"));
/// }
/// ```
pub struct Pool<const N: usize> {
    places: [Option<(ConnectionId, Socket)>; N],
}

impl<const N: usize> Pool<N> {
    /// A pool with none in it.
    pub const fn new() -> Self {
        Self { places: [const { None }; N] }
    }

    /// All that there are, each with its connection.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ConnectionId, &mut Socket)> {
        self.places.iter_mut().flatten().map(|(connection, socket)| (*connection, socket))
    }
}

impl<const N: usize> Default for Pool<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Sockets for Pool<N> {
    fn open(&mut self, connection: ConnectionId, now: Instant) -> Option<&mut Socket> {
        self.close(connection);
        let place = self.places.iter_mut().find(|place| place.is_none())?;
        Some(&mut place.insert((connection, Socket::new(now))).1)
    }

    fn socket(&mut self, connection: ConnectionId) -> Option<&mut Socket> {
        self.iter_mut().find(|(own, _)| *own == connection).map(|(_, socket)| socket)
    }

    fn close(&mut self, connection: ConnectionId) {
        for place in &mut self.places {
            place.take_if(|(own, _)| *own == connection);
        }
    }
}

//! The sockets of an application, by the number of the connection that each is on.

use super::Socket;
use crate::Instant;

/// Room for an application's WebSockets: what a portal asks of it. [`Pool`] is one.
///
/// ```
/// use vestibule_core::Instant;
/// use vestibule_core::websocket::{Pool, Sockets};
///
/// let mut pool = Pool::<1>::new();
/// assert!(pool.open(3, Instant::from_micros(0)).is_some());
/// assert!(pool.open(4, Instant::from_micros(0)).is_none(), "no room");
/// pool.close(3);
/// assert!(pool.socket(3).is_none());
/// ```
pub trait Sockets {
    /// A connection becomes a WebSocket; `None` when there is no room for one more.
    fn open(&mut self, connection: usize, now: Instant) -> Option<&mut Socket>;

    /// The WebSocket on this connection.
    fn socket(&mut self, connection: usize) -> Option<&mut Socket>;

    /// The connection is gone.
    fn close(&mut self, connection: usize);
}

/// At most `N` WebSockets, some 2 KB each.
///
/// ```
/// use vestibule_core::Instant;
/// use vestibule_core::websocket::{Message, Pool, Sockets};
///
/// let mut pool = Pool::<2>::new();
/// assert!(pool.open(7, Instant::from_micros(0)).is_some());
/// // The same to all, for a state that has changed. Who takes nothing is left out.
/// for (_, socket) in pool.iter_mut() {
///     let _ = socket.send(Message::Text("on"));
/// }
/// ```
pub struct Pool<const N: usize> {
    places: [Option<(usize, Socket)>; N],
}

impl<const N: usize> Pool<N> {
    /// A pool with none in it.
    pub const fn new() -> Self {
        Self { places: [const { None }; N] }
    }

    /// All that there are, each with the number of its connection.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut Socket)> {
        self.places.iter_mut().flatten().map(|(connection, socket)| (*connection, socket))
    }
}

impl<const N: usize> Default for Pool<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Sockets for Pool<N> {
    fn open(&mut self, connection: usize, now: Instant) -> Option<&mut Socket> {
        self.close(connection);
        let place = self.places.iter_mut().find(|place| place.is_none())?;
        Some(&mut place.insert((connection, Socket::new(now))).1)
    }

    fn socket(&mut self, connection: usize) -> Option<&mut Socket> {
        self.iter_mut().find(|(own, _)| *own == connection).map(|(_, socket)| socket)
    }

    fn close(&mut self, connection: usize) {
        for place in &mut self.places {
            place.take_if(|(own, _)| *own == connection);
        }
    }
}

//! The number of one of the portal's connections, which its driver chooses.

use core::fmt;

use crate::limits::CONNECTIONS;

/// The number of a connection, below [`CONNECTIONS`]. The driver gives one to each connection that it
/// accepts, and may give it to another once [`Portal::handle_closed`](crate::Portal::handle_closed) was
/// called with it.
///
/// ```
/// use vestibule_core::ConnectionId;
/// use vestibule_core::limits::CONNECTIONS;
///
/// let first = ConnectionId::new(0).unwrap();
/// assert_eq!((first.index(), first.to_string()), (0, "0".to_string()));
/// assert_eq!(ConnectionId::new(CONNECTIONS), None);
/// assert!(ConnectionId::ALL.into_iter().map(ConnectionId::index).eq(0..CONNECTIONS));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u8);

const _: () = assert!(CONNECTIONS <= u8::MAX as usize);

impl ConnectionId {
    /// Every number, in order.
    pub const ALL: [Self; CONNECTIONS] = {
        let mut all = [Self(0); CONNECTIONS];
        let mut number = 0;
        while number < CONNECTIONS {
            all[number] = Self(number as u8);
            number += 1;
        }
        all
    };

    /// The highest number.
    pub(crate) const LAST: Self = Self(CONNECTIONS as u8 - 1);

    /// The connection of that number; `None` when there are not so many.
    pub const fn new(number: usize) -> Option<Self> {
        if number < CONNECTIONS { Some(Self(number as u8)) } else { None }
    }

    /// The number, as the place in a list of [`CONNECTIONS`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The one that follows; the first follows the last.
    pub(crate) const fn next(self) -> Self {
        Self((self.0 + 1) % CONNECTIONS as u8)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

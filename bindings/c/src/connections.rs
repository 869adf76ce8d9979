//! The connections of the device's HTTP server.

use vestibule_core::http::Transfer as CoreTransfer;
use vestibule_core::{ConnectionId, limits};

use crate::error::{Answer, Error, NO, YES, whether};
use crate::held::{Inside, Portal, enter};
use crate::names;

/// How many connections there are; they have the numbers from 0 up.
pub const VESTIBULE_CONNECTIONS: u8 = 8;

const _: () = assert!(VESTIBULE_CONNECTIONS as usize == limits::CONNECTIONS);

const _: () =
    assert!(limits::CONNECTIONS <= u8::BITS as usize, "each has a bit that says whether it is open");

/// What is to be done with a connection.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Transfer {
    /// Nothing now.
    Idle = 0,
    /// Send the bytes, and ask again.
    Bytes = 1,
    /// Send no more (shut down the write side), but go on with what arrives.
    Finish = 2,
    /// Close it, and tell vestibule_handle_closed.
    Close = 3,
}

fn connection(number: u8) -> Result<ConnectionId, Error> {
    ConnectionId::new(number.into()).ok_or(Error::Number)
}

impl Inside<'_> {
    /// The bits of the connections that were opened.
    fn open(&mut self) -> &mut u8 {
        // SAFETY: the head is there, and this call alone is in it.
        unsafe { &mut *(*self.place.held()).open.get() }
    }

    /// A connection that was opened.
    fn opened(&mut self, number: u8) -> Result<ConnectionId, Error> {
        let id = connection(number)?;
        if *self.open() >> number & 1 == 0 { Err(Error::Order) } else { Ok(id) }
    }
}

/// A connection was accepted on an interface, and has this number from now on. Returns 0 or an error: VESTIBULE_ERROR_ORDER
/// if it is open.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_open(
    portal: *mut Portal,
    connection: u8,
    interface: u8,
    now_us: u64,
) -> i32 {
    let handle = |mut inside: Inside<'_>| -> Answer {
        let id = self::connection(connection)?;
        let interface = names::interface(interface)?;
        if inside.opened(connection).is_ok() {
            return Err(Error::Order);
        }
        let now = inside.at(now_us)?;
        *inside.open() |= 1 << connection;
        inside.portal.handle_open(id, interface, now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

/// Bytes have arrived. How many were taken is put into `taken`; the rest is to be offered again once vestibule_poll_send
/// has handed out an answer. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_received(
    portal: *mut Portal,
    connection: u8,
    bytes: *const u8,
    length: usize,
    taken: *mut usize,
    now_us: u64,
) -> i32 {
    let handle = |mut inside: Inside<'_>| -> Answer {
        // SAFETY: C vouches for the bytes.
        let bytes = unsafe { inside.border.values(bytes, length)? };
        let place = inside.border.place(taken)?;
        let id = inside.opened(connection)?;
        let now = inside.at(now_us)?;
        let taken = inside.portal.handle_received(id, bytes, now);
        // SAFETY: C vouches for the place.
        unsafe { place.put(taken) };
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

/// The other side sends no more. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_received_end(
    portal: *mut Portal,
    connection: u8,
    now_us: u64,
) -> i32 {
    let handle = |mut inside: Inside<'_>| -> Answer {
        let id = inside.opened(connection)?;
        let now = inside.at(now_us)?;
        inside.portal.handle_received_end(id, now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

/// The connection is gone, by whoever it was closed; its number is free again. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_closed(portal: *mut Portal, connection: u8) -> i32 {
    let handle = |mut inside: Inside<'_>| -> Answer {
        let id = inside.opened(connection)?;
        *inside.open() &= !(1 << connection);
        inside.portal.handle_closed(id);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

/// A connection that has something to send or is to be closed, into `connection`. It is named once, and is the program's
/// then: it calls vestibule_poll_send until that says VESTIBULE_TRANSFER_IDLE or _CLOSE, as long as the socket has room.
///
/// Returns 1 if there is one, 0 if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_poll_ready(portal: *mut Portal, connection: *mut u8) -> i32 {
    let poll = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(connection)?;
        let Some(ready) = inside.portal.poll_ready() else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(ready.index() as u8) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, poll) }
}

/// The next bytes of a connection, into `room`, which has at least one; how many is put into `length`.
///
/// Returns a vestibule_transfer, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_poll_send(
    portal: *mut Portal,
    connection: u8,
    room: *mut u8,
    size: usize,
    length: *mut usize,
    now_us: u64,
) -> i32 {
    let poll = |mut inside: Inside<'_>| -> Answer {
        let place = inside.border.place(length)?;
        // SAFETY: C vouches for the room.
        let room = unsafe { inside.border.room(room, size)? };
        if room.is_empty() {
            return Err(Error::TooSmall);
        }
        let id = inside.opened(connection)?;
        let now = inside.at(now_us)?;
        let (transfer, sent) = match inside.portal.poll_send(id, room, now) {
            CoreTransfer::Bytes(sent) => (Transfer::Bytes, sent),
            CoreTransfer::Idle => (Transfer::Idle, 0),
            CoreTransfer::Finish => (Transfer::Finish, 0),
            CoreTransfer::Close => (Transfer::Close, 0),
        };
        // SAFETY: C vouches for the place.
        unsafe { place.put(sent) };
        Ok(transfer as i32)
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, poll) }
}

/// Whether the portal has such a connection and it is not to be closed: 1, 0, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_is_open(portal: *mut Portal, connection: u8) -> i32 {
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, |inside| whether(inside.portal.is_open(self::connection(connection)?))) }
}

/// Whether a request was answered on the connection and nothing of another has come: 1, 0, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_is_idle(portal: *mut Portal, connection: u8) -> i32 {
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, |inside| whether(inside.portal.is_idle(self::connection(connection)?))) }
}

/// When the connection is given up unless more arrives or goes out before, into `deadline_us`. Returns 1 if there is such a
/// moment, 0 if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_deadline(
    portal: *mut Portal,
    connection: u8,
    deadline_us: *mut u64,
) -> i32 {
    let find = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(deadline_us)?;
        let Some(deadline) = inside.portal.deadline(self::connection(connection)?) else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(deadline.as_micros()) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, find) }
}

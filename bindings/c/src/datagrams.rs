//! DNS and DHCP on the access point.

use core::net::{Ipv4Addr, SocketAddrV4};

use vestibule_core::{Arrival, limits};

use crate::border::apart;
use crate::error::{Answer, Error, NO, YES};
use crate::held::{Inside, Portal, enter};
use crate::names;

/// Room that suffices for every answer.
pub const VESTIBULE_REPLY_BYTES: usize = 548;

const _: () = assert!(VESTIBULE_REPLY_BYTES == limits::DHCP_REPLY_BYTES);

/// A datagram's way to the device.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Datagram {
    /// Its sender.
    pub from: [u8; 4],
    /// The sender's port.
    pub from_port: u16,
    /// Which of the device's ports it was sent to: 53 or 67, on whichever port the program listens.
    pub port: u16,
    /// Where it arrived, a vestibule_interface.
    pub interface: u8,
}

/// A datagram to send.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Reply {
    /// Where to.
    pub to: [u8; 4],
    /// To which port.
    pub to_port: u16,
    /// Whether it has to go to a hardware address (1), because its receiver does not answer ARP yet; else 0. A program that
    /// cannot choose that sends it to 255.255.255.255.
    pub has_hardware: u8,
    /// That hardware address.
    pub hardware: [u8; 6],
    /// How many bytes of the room.
    pub length: usize,
}

/// A datagram has arrived. Its answer, if there is one, is put into `room` (VESTIBULE_REPLY_BYTES suffice), and where it goes
/// into `reply`.
///
/// Returns 1 if there is an answer, 0 if not, or an error. `payload` and `room` must not overlap.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_datagram(
    portal: *mut Portal,
    datagram: *const Datagram,
    payload: *const u8,
    length: usize,
    room: *mut u8,
    size: usize,
    reply: *mut Reply,
    now_us: u64,
) -> i32 {
    let handle = |inside: Inside<'_>| -> Answer {
        // SAFETY: C vouches for the pointers.
        let (datagram, payload) =
            unsafe { (inside.border.value(datagram)?, inside.border.values(payload, length)?) };
        apart(payload, room, size)?;
        let place = inside.border.place(reply)?;
        // SAFETY: C vouches for the room, and nothing that is read lies in it.
        let room = unsafe { inside.border.room(room, size)? };
        if room.len() < VESTIBULE_REPLY_BYTES {
            return Err(Error::TooSmall);
        }
        let from = SocketAddrV4::new(Ipv4Addr::from(datagram.from), datagram.from_port);
        let arrival = Arrival { interface: names::interface(datagram.interface)?, from, port: datagram.port };
        let now = inside.at(now_us)?;
        let Some(answer) = inside.portal.handle_datagram(arrival, payload, room, now) else { return NO };
        let reply = Reply {
            to: answer.to.ip().octets(),
            to_port: answer.to.port(),
            has_hardware: answer.hardware.is_some().into(),
            hardware: answer.hardware.map_or([0; 6], |hardware| hardware.0),
            length: answer.length,
        };
        // SAFETY: C vouches for the place.
        unsafe { place.put(reply) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

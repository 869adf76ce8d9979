//! What the portal knows.

use core::fmt::{self, Write};

use vestibule_core::mdns::HostName;
use vestibule_core::{Instant, dhcp};

use crate::border::Border;
use crate::error::{Answer, Error, NO, YES, number, whether};
use crate::event::{NetworkName, StationAddress};
use crate::held::{Inside, Portal, enter};
use crate::names;
use crate::scope::find_value;

/// A network in sight.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Network {
    /// Its name.
    pub ssid: NetworkName,
    /// The hardware address of its access point that is heard best.
    pub bssid: [u8; 6],
    /// Its channel.
    pub channel: u8,
    /// How strong it is, in dBm.
    pub signal: i8,
    /// A vestibule_security.
    pub security: u8,
}

/// An address that a client of the access point has.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Lease {
    /// Until when, in microseconds.
    pub until_us: u64,
    /// The address.
    pub address: [u8; 4],
    /// The client's hardware address.
    pub hardware: [u8; 6],
    /// Whether it was taken (1) or offered (0).
    pub taken: u8,
}

/// The state of the device, a vestibule_state, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_state_get(portal: *mut Portal) -> i32 {
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, |inside| Ok(names::state_number(inside.portal.state()).into())) }
}

/// Whether a network is stored: 1, 0, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_has_credentials(portal: *mut Portal) -> i32 {
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, |inside| whether(inside.portal.has_credentials())) }
}

/// The name of a stored network, the one joined last at index 0, into `name`. Returns 1 if there is one, 0 if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_stored_network(
    portal: *mut Portal,
    index: usize,
    name: *mut NetworkName,
) -> i32 {
    let find = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(name)?;
        let Some(ssid) = inside.portal.stored_networks().nth(index) else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(NetworkName::of(&ssid)) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, find) }
}

/// The stored value of one of the application's fields, into `room`. Returns 1 and how many bytes it has (up to 255), 0 if
/// there is none, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_value(
    portal: *mut Portal,
    name: *const u8,
    name_length: usize,
    room: *mut u8,
    size: usize,
    length: *mut usize,
) -> i32 {
    let find = |inside: Inside<'_>| -> Answer {
        // SAFETY: C vouches for the pointers.
        unsafe {
            find_value(inside.portal.values(), &inside.border, (name, name_length), (room, size), length)
        }
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, find) }
}

/// The device's address on its access point, four bytes into `address`. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_access_point_address(portal: *mut Portal, address: *mut u8) -> i32 {
    let get = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(address.cast::<[u8; 4]>())?;
        // SAFETY: C vouches for the place.
        unsafe { place.put(inside.portal.access_point_address().octets()) };
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, get) }
}

/// The device's address on the home network, into `link`. Returns 1 if it has one, 0 if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_home(portal: *mut Portal, link: *mut StationAddress) -> i32 {
    let get = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(link)?;
        let Some(home) = inside.portal.home() else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(StationAddress::of(Some(home))) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, get) }
}

/// A network in sight, the strongest at index 0, into `network`. Returns 1 if there is one, 0 if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_network(portal: *mut Portal, index: usize, network: *mut Network) -> i32 {
    let find = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(network)?;
        let Some(record) = inside.portal.networks().records.get(index) else { return NO };
        let network = Network {
            ssid: NetworkName::of(&record.ssid),
            bssid: record.bssid.0,
            channel: record.channel,
            signal: record.signal,
            security: names::security_number(record.security),
        };
        // SAFETY: C vouches for the place.
        unsafe { place.put(network) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, find) }
}

/// Whether a scan is under way, so that there will be another list soon: 1, 0, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_is_scanning(portal: *mut Portal) -> i32 {
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, |inside| whether(inside.portal.networks().scanning)) }
}

/// An address that a client of the access point has at this moment, into `lease`. Returns 1 if there is one of this index, 0
/// if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_lease(
    portal: *mut Portal,
    index: usize,
    lease: *mut Lease,
    now_us: u64,
) -> i32 {
    let find = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(lease)?;
        let Some(found) = inside.portal.leases(Instant::from_micros(now_us)).nth(index) else { return NO };
        let lease = Lease {
            until_us: found.until.as_micros(),
            address: found.address.octets(),
            hardware: found.chaddr.0,
            taken: (found.hold == dhcp::Hold::Lent).into(),
        };
        // SAFETY: C vouches for the place.
        unsafe { place.put(lease) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, find) }
}

/// The device's host name on the home network from now on, without `.local`, as the program's own mDNS has it. Returns 0, or
/// an error: VESTIBULE_ERROR_TEXT for what is no host name.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_name(
    portal: *mut Portal,
    name: *const u8,
    name_length: usize,
) -> i32 {
    let handle = |inside: Inside<'_>| -> Answer {
        // SAFETY: C vouches for the name.
        let name = unsafe { inside.border.values(name, name_length)? };
        let name =
            core::str::from_utf8(name).ok().and_then(|name| HostName::new(name).ok()).ok_or(Error::Text)?;
        inside.portal.handle_name(name);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

/// A text of the caller's that is written as long as there is room.
struct Room<'a> {
    room: &'a mut [u8],
    used: usize,
}

impl Write for Room<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.used + text.len();
        let room = self.room.get_mut(self.used..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.used = end;
        Ok(())
    }
}

/// What a vestibule_problem says, in English, for a log: text and a NUL, into `room`; 128 bytes suffice. Returns 0, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_problem_text(problem: u8, room: *mut u8, size: usize) -> i32 {
    let write = || -> Answer {
        // SAFETY: C vouches for the room.
        let mut out = Room { room: unsafe { Border::anywhere().room(room, size)? }, used: 0 };
        write!(out, "{}\0", names::problem(problem)?).map_err(|_| Error::TooSmall)?;
        NO
    };
    number(write())
}

//! A portal from its beginning to its end.

use core::mem::MaybeUninit;

use vestibule_core::PortalSlot;

use crate::application::{Application, CApplication};
use crate::border::Border;
use crate::config::Config;
use crate::error::{Answer, Error, NO, YES, number};
use crate::fields::FieldTable;
use crate::held::{Head, Held, Inside, Portal, Tables, enter, leave};
use crate::layout::Layout;
use crate::names;
use crate::platform::{CFlash, CRandomBytes, Flash, RandomBytes};
use crate::routes::RouteTable;

/// The bytes that a portal really takes of the memory that it is given.
#[unsafe(no_mangle)]
pub extern "C" fn vestibule_portal_size() -> usize {
    size_of::<Held>()
}

/// Makes a portal in memory of the caller's and reads what the flash holds. It does nothing yet: vestibule_connect_or_setup
/// starts it. In C it is called as vestibule_portal_new, which adds `layout`.
///
/// `memory` is aligned to VESTIBULE_PORTAL_ALIGN, has `size` bytes (VESTIBULE_PORTAL_SIZE or more), and is all zero, as static
/// memory is; it is the portal's until vestibule_portal_end, and must not be moved or copied. `config`, `flash`, `random` and
/// `application` (which may be null) are copied; what they point to has to stay. Where the portal is goes into `portal`.
///
/// Returns 0, or an error: then there is no portal, and the memory is zero again.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_portal_new_as(
    memory: *mut u8,
    size: usize,
    layout: *const Layout,
    config: *const Config,
    flash: *const Flash,
    random: *const RandomBytes,
    application: *const Application,
    portal: *mut *mut Portal,
) -> i32 {
    let make = || -> Answer {
        // SAFETY: C vouches for the layout.
        unsafe { Border::anywhere().value(layout)? }.check()?;
        // SAFETY: C vouches for the memory.
        let place = unsafe { Head::claim(memory, size)? };
        let border = place.border();
        let result = border.place(portal)?;
        // SAFETY: C vouches for the pointers.
        let (config, flash, random) =
            unsafe { (border.value(config)?, border.value(flash)?, border.value(random)?) };
        let application = match application.is_null() {
            true => None,
            // SAFETY: C vouches for the pointer.
            false => Some(unsafe { border.value(application)? }),
        };
        let (flash, random) = (CFlash::new(flash)?, CRandomBytes::new(random)?);
        // SAFETY: C vouches for what these point to. The place was claimed.
        let made = unsafe { fill(place, &border, &config, flash, random, application) };
        if let Err(error) = made {
            place.wipe();
            return Err(error);
        }
        // SAFETY: C vouches for the place.
        unsafe { result.put(place.handle()) };
        NO
    };
    number(make())
}

/// Makes the tables and the portal where they stay.
///
/// # Safety
/// The place was claimed, and C vouches for what it gave.
unsafe fn fill(
    place: Head,
    border: &Border,
    config: &Config,
    flash: CFlash,
    random: CRandomBytes,
    application: Option<Application>,
) -> Result<(), Error> {
    let held = place.held();
    // SAFETY: the memory was claimed for this and is written here for the first time.
    let tables: &mut MaybeUninit<Tables> = unsafe { &mut (*held).tables };
    let tables = tables.write(Tables { fields: FieldTable::new(), routes: RouteTable::new(), code: None });
    if let Some(given) = &application {
        // SAFETY: C vouches for the tables and their texts; ours stay where they are.
        unsafe {
            tables.fields.read(border, border.values(given.fields, given.field_count)?)?;
            tables.routes.read(border, border.values(given.routes, given.route_count)?)?;
        }
    }
    // SAFETY: C vouches for the text.
    tables.code = unsafe { config.code(border)? };
    // SAFETY: C vouches for the texts.
    let mut core = unsafe { config.read(border)? };
    // SAFETY: the tables stay where they are until the portal has been dropped; they are not written to after this.
    core.label_code = unsafe { (*held).tables.assume_init_ref() }.code.as_ref();
    // SAFETY: C vouches for the texts; the tables are there.
    let application = unsafe { CApplication::new(held, application, border)? };
    // SAFETY: the memory was claimed for this and is written here for the first time.
    let slot = unsafe { &mut *(*held).slot.get() };
    let slot = slot.write(PortalSlot::new(core, flash, random, application));
    // From here on callbacks run, which find a portal that is busy.
    place.found();
    slot.portal();
    place.made();
    Ok(())
}

/// Ends a portal, which does nothing more then: it says nothing to the radio. Its memory is all zero again, secrets included,
/// and may be used for another.
///
/// Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_portal_end(portal: *mut Portal) -> i32 {
    // SAFETY: C vouches for the handle.
    number(unsafe { leave(portal) })
}

/// Joins with what is stored; opens the portal if nothing is, or if that fails, as far as vestibule_config's may_open allows.
/// Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_connect_or_setup(portal: *mut Portal, now_us: u64) -> i32 {
    let start = |inside: Inside<'_>| -> Answer {
        let now = inside.at(now_us)?;
        inside.portal.connect_or_setup(now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, start) }
}

/// Joins with what is stored, and opens no portal: if that fails the device is idle again. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_connect(portal: *mut Portal, now_us: u64) -> i32 {
    let start = |inside: Inside<'_>| -> Answer {
        let now = inside.at(now_us)?;
        inside.portal.connect(now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, start) }
}

/// Opens the portal, whatever is stored; the home network is left for it. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_setup(portal: *mut Portal, now_us: u64) -> i32 {
    let start = |inside: Inside<'_>| -> Answer {
        let now = inside.at(now_us)?;
        inside.portal.setup(now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, start) }
}

/// As vestibule_setup, for a device whose firmware has failed and restarted several times in a row; the page says so. Returns
/// 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_setup_after_restarts(portal: *mut Portal, now_us: u64) -> i32 {
    let start = |inside: Inside<'_>| -> Answer {
        let now = inside.at(now_us)?;
        inside.portal.setup_after_restarts(now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, start) }
}

/// Forgets everything that is stored, closes the portal and leaves the network, in any state; for the device's own button.
///
/// Returns 0 if the flash was wiped, 1 if it could not be (why, a vestibule_storage_fault, goes into `fault`), or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_factory_reset(portal: *mut Portal, fault: *mut u8, now_us: u64) -> i32 {
    let reset = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(fault)?;
        let now = inside.at(now_us)?;
        let Err(fault) = inside.portal.factory_reset(now) else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(names::fault_number(fault)) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, reset) }
}

/// The moment that vestibule_poll_timeout gave has come. Harmless when it has not. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_timeout(portal: *mut Portal, now_us: u64) -> i32 {
    let handle = |inside: Inside<'_>| -> Answer {
        let now = inside.at(now_us)?;
        inside.portal.handle_timeout(now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

/// When vestibule_handle_timeout is next due, into `at_us`. Returns 1 if there is such a moment, 0 if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_poll_timeout(portal: *mut Portal, at_us: *mut u64) -> i32 {
    let poll = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(at_us)?;
        let Some(at) = inside.portal.poll_timeout() else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(at.as_micros()) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, poll) }
}

//! What an owner may do, by a front end of the C program's own: a button, a serial line, Bluetooth.

use core::time::Duration;

use vestibule_core::{FieldValues, ResultDelivery, Submission as CoreSubmission, limits};

use crate::error::{Answer, Error, NO, YES};
use crate::event::NetworkName;
use crate::held::{Inside, Portal, enter};
use crate::names;

/// A network to try, as the owner entered it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Submission {
    /// The network.
    pub ssid: NetworkName,
    /// The passphrase; null or empty for an open network.
    pub passphrase: *const u8,
    /// How many bytes.
    pub passphrase_length: usize,
    /// The values of the application's fields, as the body of an HTML form (`broker=10.0.0.2&port=1883`); null or empty
    /// leaves them as they were.
    pub form: *const u8,
    /// How many bytes.
    pub form_length: usize,
}

/// How far the setup has come.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Status {
    /// A vestibule_state.
    pub state: u8,
    /// Whether the network that is joined is in flash (1) or not (0).
    pub remembered: u8,
    /// Whether that network has a sign-in page (1) or not (0).
    pub captive: u8,
    /// What the owner is told, a vestibule_notice.
    pub notice: u8,
    /// Its vestibule_join_failure, or VESTIBULE_UNKNOWN.
    pub failure: u8,
    /// Its vestibule_problem, or VESTIBULE_UNKNOWN.
    pub problem: u8,
    /// The device's address on the home network; zeros are none.
    pub address: [u8; 4],
    /// The network that is joined, that is being tried, or that was tried and failed.
    pub ssid: NetworkName,
}

/// Searches for networks again, unless a search is under way. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_rescan(portal: *mut Portal, now_us: u64) -> i32 {
    let rescan = |inside: Inside<'_>| -> Answer {
        let now = inside.at(now_us)?;
        inside.portal.rescan(now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, rescan) }
}

/// Tries a network; what comes of it is in vestibule_status_get and in the events.
///
/// Returns 0 if it is being tried, 1 if it cannot be (why, a vestibule_problem, goes into `problem`), or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_submit(
    portal: *mut Portal,
    submission: *const Submission,
    problem: *mut u8,
    now_us: u64,
) -> i32 {
    let submit = |inside: Inside<'_>| -> Answer {
        let border = &inside.border;
        // SAFETY: C vouches for the pointers.
        let (submission, passphrase, form) = unsafe {
            let submission = border.value(submission)?;
            let passphrase = border.values(submission.passphrase, submission.passphrase_length)?;
            (submission, passphrase, border.values(submission.form, submission.form_length)?)
        };
        let place = border.place(problem)?;
        let fields = if form.is_empty() { FieldValues::NONE } else { FieldValues::from_form(form) };
        let submission = CoreSubmission { ssid: submission.ssid.read()?, passphrase, fields };
        let now = inside.at(now_us)?;
        let Err(problem) = inside.portal.submit(&submission, now) else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(names::problem_number(problem)) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, submit) }
}

/// How far the setup has come, into `status`. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_status_get(portal: *mut Portal, status: *mut Status) -> i32 {
    let get = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(status)?;
        let status = inside.portal.status();
        let (notice, failure, problem) = names::notice_numbers(status.notice);
        let status = Status {
            state: names::state_number(status.state),
            remembered: status.remembered.into(),
            captive: status.captive.into(),
            notice,
            failure,
            problem,
            address: status.address.map_or([0; 4], |address| address.octets()),
            ssid: NetworkName::of(&status.ssid),
        };
        // SAFETY: C vouches for the place.
        unsafe { place.put(status) };
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, get) }
}

/// The owner has been handed the result, the network's name and the device's address there, by this vestibule_front_end: the
/// access point closes shortly. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_result_delivered(
    portal: *mut Portal,
    front_end: u8,
    interface: u8,
    now_us: u64,
) -> i32 {
    let deliver = |inside: Inside<'_>| -> Answer {
        let over = names::front_end(front_end)?;
        let interface = match interface {
            any if any == names::Interface::Any as u8 => None,
            one => Some(names::interface(one)?),
        };
        let now = inside.at(now_us)?;
        inside.portal.result_delivered(ResultDelivery { over, interface }, now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, deliver) }
}

/// The owner is still there, and this is called again within so many milliseconds, up to 120,000. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_keep_alive(portal: *mut Portal, timeout_ms: u32, now_us: u64) -> i32 {
    let keep = |inside: Inside<'_>| -> Answer {
        let timeout = Duration::from_millis(timeout_ms.into());
        if timeout > limits::LONGEST_ALIVE_TIMEOUT {
            return Err(Error::TooLong);
        }
        let now = inside.at(now_us)?;
        inside.portal.keep_alive(timeout, now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, keep) }
}

/// Forgets the stored networks and values, within a setup.
///
/// Returns 0 if they are forgotten, 1 if not (why, a vestibule_problem, goes into `problem`), or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_clear(portal: *mut Portal, problem: *mut u8, now_us: u64) -> i32 {
    let clear = |inside: Inside<'_>| -> Answer {
        let place = inside.border.place(problem)?;
        let now = inside.at(now_us)?;
        let Err(problem) = inside.portal.clear(now) else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(names::problem_number(problem)) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, clear) }
}

/// The home network has a sign-in page, as the program has found out. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_captive_home(portal: *mut Portal) -> i32 {
    let handle = |inside: Inside<'_>| -> Answer {
        inside.portal.handle_captive_home();
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

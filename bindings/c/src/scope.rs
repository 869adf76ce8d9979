//! What a callback of the C program's may reach while it runs, and not a moment longer. The callback is handed an opaque
//! pointer to the portal's head; what that stands for is written there before the callback, and taken away after it.

use core::fmt::Write as _;

use vestibule_core::application::Call;
use vestibule_core::credentials::Values as CoreValues;
use vestibule_core::pages::{Escaped, Shown};
use vestibule_core::{ByteWindow, dns};

use crate::border::Border;
use crate::error::{Answer, Error, NO, YES, number, whether};
use crate::held::{Head, Held, Portal};
use crate::text::copy;

/// What the callback that runs may reach.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// There is none.
    Nothing,
    /// A page that it writes.
    Page(*mut ByteWindow<'static>),
    /// A line of text that it writes.
    Note(*mut Escaped<'static, 'static>),
    /// The request that it answers.
    Call(*const Call<'static>),
    /// The values of the application's fields.
    Values(*const CoreValues),
    /// The name that somebody looks up.
    Name(*const dns::Name<'static>),
}

/// What a page is written to, within the callback that was handed it.
pub struct Writer {
    _private: [u8; 0],
}

/// A request, within the callback that was handed it.
pub struct Request {
    _private: [u8; 0],
}

/// The values of the application's fields, within the callback that was handed them.
pub struct Values {
    _private: [u8; 0],
}

/// A name that somebody looks up, within the callback that was handed it.
pub struct Name {
    _private: [u8; 0],
}

/// Lets a callback reach something for as long as it runs, by the handle that it is given.
pub(crate) fn within<H, T>(held: *mut Held, scope: Scope, callback: impl FnOnce(*mut H) -> T) -> T {
    // SAFETY: the head is there for as long as the portal is, which has called this; the scope is read by callbacks alone,
    // and none runs at this moment.
    let place = unsafe { (*held).scope.get() };
    // SAFETY: as above.
    unsafe { place.write(scope) };
    let result = callback(held.cast());
    // SAFETY: as above.
    unsafe { place.write(Scope::Nothing) };
    result
}

/// What a handle stands for now.
///
/// # Safety
/// C vouches that the address is null or of its own memory.
unsafe fn reach<H>(handle: *const H) -> Result<(Scope, Border), Error> {
    // SAFETY: C vouches for it.
    let place = unsafe { Head::find(handle.cast::<Portal>()) }.map_err(|error| match error {
        Error::NotAPortal => Error::Scope,
        error => error,
    })?;
    // SAFETY: the head is there; the scope is written only before and after a callback.
    Ok((unsafe { *(*place.held()).scope.get() }, place.border()))
}

/// Where in a request a value is looked for.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Part {
    /// At `{name}` of the route's pattern, or at its `*`.
    Path = 0,
    /// In the query.
    Query = 1,
    /// In the body, which is an HTML form.
    Form = 2,
    /// In the headers, where it is as it was sent.
    Header = 3,
}

/// Writes bytes of a page as they are.
///
/// For vestibule_application's write_page alone. Returns 0, or an error: VESTIBULE_ERROR_SCOPE outside of it.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_write(writer: *const Writer, bytes: *const u8, length: usize) -> i32 {
    let write = || -> Answer {
        // SAFETY: C vouches for the handle and the bytes.
        let (scope, bytes) = unsafe {
            let (scope, border) = reach(writer)?;
            (scope, border.values(bytes, length)?)
        };
        let Scope::Page(page) = scope else { return Err(Error::Scope) };
        // SAFETY: the page is there until the callback returns, which has the only way to it.
        unsafe { (*page).put(bytes) };
        NO
    };
    number(write())
}

/// Writes text that somebody else has made, so that nothing in it means anything in HTML: what is not UTF-8 is shown as
/// such, what acts on the text around it is left out.
///
/// For vestibule_application's write_page and write_result. Returns 0, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_write_text(writer: *const Writer, bytes: *const u8, length: usize) -> i32 {
    let write = || -> Answer {
        // SAFETY: C vouches for the handle and the bytes.
        let (scope, bytes) = unsafe {
            let (scope, border) = reach(writer)?;
            (scope, border.values(bytes, length)?)
        };
        match scope {
            // SAFETY: the page is there until the callback returns, which has the only way to it. It takes everything.
            Scope::Page(page) => unsafe { write!(*page, "{}", Shown(bytes)) }.map_err(|_| Error::Text)?,
            Scope::Note(note) => {
                let text = core::str::from_utf8(bytes).map_err(|_| Error::Text)?;
                // SAFETY: as above.
                unsafe { (*note).write_str(text) }.map_err(|_| Error::Text)?;
            }
            _ => return Err(Error::Scope),
        }
        NO
    };
    number(write())
}

/// A value of a request, decoded, into `room`.
///
/// `part` is a vestibule_part. Returns 1 and how many bytes it has, 0 if there is none, or an error:
/// VESTIBULE_ERROR_TOO_SMALL if it does not fit.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_request_value(
    request: *const Request,
    part: u8,
    name: *const u8,
    name_length: usize,
    room: *mut u8,
    size: usize,
    length: *mut usize,
) -> i32 {
    let find = || -> Answer {
        // SAFETY: C vouches for the handle, the name and the room.
        let (scope, border, name, room) = unsafe {
            let (scope, border) = reach(request)?;
            let (name, room) = (border.values(name, name_length)?, border.room(room, size)?);
            (scope, border, name, room)
        };
        let place = border.place(length)?;
        crate::border::apart(name, room.as_ptr(), room.len())?;
        let name = core::str::from_utf8(name).map_err(|_| Error::Text)?;
        let Scope::Call(call) = scope else { return Err(Error::Scope) };
        // SAFETY: the request is there until the callback returns.
        let call = unsafe { &*call };
        let used = if part == Part::Header as u8 {
            call.request.header(name).map(|value| copy(value, room))
        } else {
            let encoded = match part {
                part if part == Part::Path as u8 => call.parameter(name),
                part if part == Part::Query as u8 => call.query(name),
                part if part == Part::Form as u8 => call.field(name),
                _ => return Err(Error::Number),
            };
            encoded.map(|value| value.decode(room).map(<[u8]>::len).map_err(|_| Error::TooSmall))
        };
        let Some(used) = used else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(used?) };
        YES
    };
    number(find())
}

/// The value of one of the application's fields, into `room`.
///
/// Returns 1 and how many bytes it has (up to 255), 0 if there is none, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_values_get(
    values: *const Values,
    name: *const u8,
    name_length: usize,
    room: *mut u8,
    size: usize,
    length: *mut usize,
) -> i32 {
    let find = || -> Answer {
        // SAFETY: C vouches for the handle.
        let (scope, border) = unsafe { reach(values)? };
        let Scope::Values(values) = scope else { return Err(Error::Scope) };
        // SAFETY: the values are there until the callback returns; C vouches for the rest.
        unsafe { find_value(&*values, &border, (name, name_length), (room, size), length) }
    };
    number(find())
}

/// The value of a field.
///
/// # Safety
/// C vouches for the pointers.
pub(crate) unsafe fn find_value(
    values: &CoreValues,
    border: &Border,
    name: (*const u8, usize),
    room: (*mut u8, usize),
    length: *mut usize,
) -> Answer {
    // SAFETY: C vouches for the name and the room.
    let (name, room) = unsafe { (border.values(name.0, name.1)?, border.room(room.0, room.1)?) };
    let place = border.place(length)?;
    crate::border::apart(name, room.as_ptr(), room.len())?;
    let name = core::str::from_utf8(name).map_err(|_| Error::Text)?;
    let Some(value) = values.get(name) else { return NO };
    let used = copy(value.as_bytes(), room)?;
    // SAFETY: C vouches for the place.
    unsafe { place.put(used) };
    YES
}

/// Whether the name that somebody looks up is this one, written with dots, in any case of letters: 1, 0, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_name_is(name: *const Name, dotted: *const u8, length: usize) -> i32 {
    let compare = || -> Answer {
        // SAFETY: C vouches for the handle and the text.
        let (scope, dotted) = unsafe {
            let (scope, border) = reach(name)?;
            (scope, border.values(dotted, length)?)
        };
        let dotted = core::str::from_utf8(dotted).map_err(|_| Error::Text)?;
        let Scope::Name(name) = scope else { return Err(Error::Scope) };
        // SAFETY: the name is there until the callback returns.
        whether(unsafe { (*name).is(dotted) })
    };
    number(compare())
}

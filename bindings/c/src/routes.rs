//! The application's routes: read from C's table into the core's own, in the portal's memory.

use core::ffi::c_void;

use vestibule_core::application::{Call, Handler, Route as CoreRoute};
use vestibule_core::http::{Content, Response as CoreResponse, Status};

use crate::application::{CApplication, CPage};
use crate::border::Border;
use crate::error::Error;
use crate::names::{self, Interface};
use crate::scope::{Request, Scope, within};
use crate::text::Text;

/// Most routes of an application.
pub const VESTIBULE_MAX_ROUTES: usize = 16;

/// Most bytes of a content type or of a place to go to.
const MOST: usize = 128;

/// What a request is, besides the values that vestibule_request_value finds in it. The bytes are there until the callback
/// returns.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RequestInfo {
    /// The path, as it was sent.
    pub path: Text,
    /// What comes after the first `?`.
    pub query: Text,
    /// The content.
    pub body: Text,
    /// Its type; empty if none was said.
    pub content_type: Text,
    /// When it came, in microseconds.
    pub now: u64,
    /// A vestibule_method.
    pub method: u8,
    /// Where it came in, a vestibule_interface.
    pub interface: u8,
}

/// What an answer has in it.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Answered {
    /// Nothing but the status.
    Empty = 0,
    /// A page that write_page writes.
    Page = 1,
    /// The way to another page; `location` says which.
    SeeOther = 2,
}

/// The answer to a request. It is 404 and empty unless the callback says otherwise.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Response {
    /// For VESTIBULE_ANSWERED_PAGE: the content's type, visible ASCII; empty is HTML. It stays with the portal.
    pub content_type: Text,
    /// For VESTIBULE_ANSWERED_SEE_OTHER: a path of the device's. It stays with the portal.
    pub location: Text,
    /// Handed to write_page: which page, and what it shows. All that may change while it goes out has to be in here.
    pub page: u32,
    /// The same.
    pub argument: u32,
    /// 200, 202, 204, 400, 403, 404, 409, 413, 415, 429, 500, 501 or 503.
    pub status: u16,
    /// A vestibule_answered.
    pub kind: u8,
}

/// One of the application's pages. The pattern stays with the portal; the struct itself is copied.
///
/// A pattern is a path of which a segment may be `{name}`, any one segment that is not empty, and the last one `*`, whatever
/// follows.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Route {
    /// The pattern.
    pub pattern: Text,
    /// Answers a request: fills the response in and returns 0. Anything else is answered with 500.
    pub handle: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            request: *const Request,
            info: *const RequestInfo,
            response: *mut Response,
        ) -> i32,
    >,
    /// A vestibule_method. GET answers HEAD as well, and changes nothing.
    pub method: u8,
    /// Where it is served, a vestibule_interface.
    pub interface: u8,
}

/// The routes as the core has them, and what answers them.
pub(crate) struct RouteTable {
    routes: [CoreRoute<CApplication>; VESTIBULE_MAX_ROUTES],
    handlers: [Option<Route>; VESTIBULE_MAX_ROUTES],
    count: usize,
}

/// A function of the core's for each place in the table: the core calls functions, and knows no contexts.
const HANDLERS: [Handler<CApplication>; VESTIBULE_MAX_ROUTES] = [
    answer::<0>,
    answer::<1>,
    answer::<2>,
    answer::<3>,
    answer::<4>,
    answer::<5>,
    answer::<6>,
    answer::<7>,
    answer::<8>,
    answer::<9>,
    answer::<10>,
    answer::<11>,
    answer::<12>,
    answer::<13>,
    answer::<14>,
    answer::<15>,
];

impl RouteTable {
    pub(crate) fn new() -> Self {
        let routes = HANDLERS.map(|handler| CoreRoute::get("", handler));
        Self { routes, handlers: [None; VESTIBULE_MAX_ROUTES], count: 0 }
    }

    pub(crate) fn routes(&self) -> &[CoreRoute<CApplication>] {
        self.routes.get(..self.count).unwrap_or_default()
    }

    /// Takes over C's table.
    ///
    /// # Safety
    /// C vouches for the table and its texts.
    pub(crate) unsafe fn read(&mut self, border: &Border, routes: &[Route]) -> Result<(), Error> {
        for route in routes {
            // SAFETY: C vouches for the text.
            let pattern = unsafe { route.pattern.kept(border)? };
            if !pattern.starts_with('/') {
                return Err(Error::Text);
            }
            if route.handle.is_none() {
                return Err(Error::Callback);
            }
            let place = self.count;
            let handler = HANDLERS.get(place).ok_or(Error::Table)?;
            let mut read = CoreRoute::new(names::method(route.method)?, pattern, *handler);
            if route.interface != Interface::Any as u8 {
                read = read.on(names::interface(route.interface)?);
            }
            *self.routes.get_mut(place).ok_or(Error::Table)? = read;
            *self.handlers.get_mut(place).ok_or(Error::Table)? = Some(*route);
            self.count += 1;
        }
        Ok(())
    }
}

/// The answer of the route at this place.
fn answer<const PLACE: usize>(application: &mut CApplication, call: &Call<'_>) -> CoreResponse<CPage> {
    let handle = application.tables().and_then(|tables| tables.routes.handlers.get(PLACE).copied().flatten());
    let handled = handle.and_then(|route| route.handle).and_then(|handle| asked(application, call, handle));
    handled.unwrap_or(CoreResponse::empty(Status::InternalServerError))
}

type Handle = unsafe extern "C" fn(*mut c_void, *const Request, *const RequestInfo, *mut Response) -> i32;

fn asked(application: &CApplication, call: &Call<'_>, handle: Handle) -> Option<CoreResponse<CPage>> {
    let shown = |bytes: &[u8]| Text { bytes: bytes.as_ptr(), length: bytes.len() };
    let request = &call.request;
    let info = RequestInfo {
        path: shown(request.path),
        query: shown(request.query),
        body: shown(request.body),
        content_type: shown(request.content_type.unwrap_or_default()),
        now: call.now.as_micros(),
        method: names::method_number(request.method),
        interface: names::interface_number(Some(call.interface)),
    };
    let none = Text { bytes: core::ptr::null(), length: 0 };
    let mut response =
        Response { content_type: none, location: none, page: 0, argument: 0, status: 404, kind: 0 };
    let scope = Scope::Call((&raw const *call).cast());
    let result = within(application.held(), scope, |request| {
        // SAFETY: a function of the C program's with its own context; what it is handed is there until it returns.
        unsafe { handle(application.context(), request, &raw const info, &raw mut response) }
    });
    if result != 0 {
        return None;
    }
    // SAFETY: C vouches for the texts of its response, which stay with the portal.
    unsafe { read_response(&response) }
}

/// What C has answered; `None` for what cannot be sent.
///
/// # Safety
/// C vouches for the texts.
unsafe fn read_response(response: &Response) -> Option<CoreResponse<CPage>> {
    let border = Border::anywhere();
    let header = |text: Text| {
        // SAFETY: C vouches for the text.
        unsafe { text.kept_for_header(&border) }.ok().filter(|text| text.len() <= MOST)
    };
    if response.kind == Answered::SeeOther as u8 {
        let location = header(response.location)?;
        let is_path = location.starts_with('/') && !location.contains(' ');
        return is_path.then(|| CoreResponse::see_other(location));
    }
    let status = names::status(response.status)?;
    if response.kind == Answered::Empty as u8 {
        return Some(CoreResponse::empty(status));
    }
    if response.kind != Answered::Page as u8 || status == Status::NoContent {
        return None;
    }
    let page = CPage { page: response.page, argument: response.argument };
    let content_type = header(response.content_type)?;
    let mut answer = CoreResponse::page(status, page);
    if !content_type.is_empty() {
        answer.content_type = content_type;
    }
    debug_assert!(matches!(answer.content, Content::Page(_)), "a page is one");
    Some(answer)
}

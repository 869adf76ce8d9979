//! Which of the application's pages a request asks for: by method and pattern, in order.
//!
//! A pattern is a path of which a segment may be `{name}`, any one segment that is not empty, and
//! the last one `*`, whatever follows. Segments are compared after decoding, so `%6Ced` is `led`
//! and an encoded slash divides nothing.

use super::Application;
use crate::http::{File, Method, Methods, Request, Response, form};
use crate::interface::Interface;
use crate::time::Instant;

/// The function that answers a request.
pub type Handler<A> = fn(&mut A, &Call<'_>) -> Response<<A as Application>::Page>;

/// One of the application's pages.
///
/// ```
/// use core::fmt::{self, Write};
/// use vestibule_core::application::{Application, Call, Route};
/// use vestibule_core::http::{Response, Status, Transfer};
/// use vestibule_core::{Config, ConnectionId, Instant, Interface, Portal, RadioEvent, Ssid, ByteWindow};
/// use vestibule_core::mock::{MockEntropy, MockFlash};
///
/// struct Lamp;
///
/// /// What a page shows: the room in the path, and the level in the query.
/// #[derive(Clone, Copy)]
/// struct Shown(u8, u8);
///
/// impl Lamp {
///     fn dim(&mut self, call: &Call<'_>) -> Response<Shown> {
///         let first = |sent: Option<vestibule_core::http::form::Encoded<'_>>| sent?.bytes().next();
///         match (first(call.parameter("room")), first(call.query("level"))) {
///             (Some(room), Some(level)) => Response::page(Status::Ok, Shown(room, level)),
///             _ => Response::empty(Status::BadRequest),
///         }
///     }
/// }
///
/// impl Application for Lamp {
///     type Page = Shown;
///
///     fn routes(&self) -> &'static [Route<Self>] {
///         const { &[Route::get("/rooms/{room}/lamp", Self::dim).on(Interface::AccessPoint)] }
///     }
///
///     fn write_page(&self, page: &Shown, out: &mut ByteWindow<'_>) -> fmt::Result {
///         write!(out, "room {}, level {}", char::from(page.0), char::from(page.1))
///     }
/// }
///
/// # let now = Instant::from_micros(0);
/// # let config = Config::new(Ssid::new(b"Lamp").unwrap());
/// let mut portal = Portal::with_application(config, MockFlash::<2>::new(), MockEntropy::new(4), Lamp);
/// # portal.setup(now);
/// # portal.handle_radio(RadioEvent::ScanFinished, now);
/// # portal.handle_radio(RadioEvent::AccessPointUp, now);
/// let connection = ConnectionId::ALL[0];
/// portal.handle_open(connection, Interface::AccessPoint, now);
/// let request = b"GET /rooms/B/lamp?level=7 HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
/// assert_eq!(portal.handle_received(connection, request, now), request.len());
/// let mut answer = [0; 1024];
/// let Transfer::Bytes(length) = portal.poll_send(connection, &mut answer, now) else { panic!() };
/// assert!(answer[..length].ends_with(b"\r\n\r\nroom B, level 7"));
/// ```
pub struct Route<A: Application> {
    method: Method,
    pattern: &'static str,
    /// Where it is served; `None` is everywhere.
    interface: Option<Interface>,
    answer: Answering<A>,
}

enum Answering<A: Application> {
    Handler(Handler<A>),
    File(&'static File),
}

impl<A: Application> Route<A> {
    /// A route for a method. A handler of `GET` changes nothing: links are followed in advance, and
    /// it also answers `HEAD`, whose content the connection leaves out.
    pub const fn new(method: Method, pattern: &'static str, handler: Handler<A>) -> Self {
        Self { method, pattern, interface: None, answer: Answering::Handler(handler) }
    }

    /// A route for `GET` and `HEAD`.
    pub const fn get(pattern: &'static str, handler: Handler<A>) -> Self {
        Self::new(Method::Get, pattern, handler)
    }

    /// A route for `POST`.
    pub const fn post(pattern: &'static str, handler: Handler<A>) -> Self {
        Self::new(Method::Post, pattern, handler)
    }

    /// A constant file, for `GET` and `HEAD`: compressed for clients that take that, and 304 for those that
    /// have it.
    pub const fn file(pattern: &'static str, file: &'static File) -> Self {
        Self { method: Method::Get, pattern, interface: None, answer: Answering::File(file) }
    }

    /// The same, on this interface alone. Without it a route is served on both. The portal's own
    /// paths (`/`, `/setup`, …) come first on the access point.
    #[must_use]
    pub const fn on(mut self, interface: Interface) -> Self {
        self.interface = Some(interface);
        self
    }

    fn takes(&self, method: Method) -> bool {
        self.method == method || (self.method, method) == (Method::Get, Method::Head)
    }

    /// The answer of this route to a request that it was found for.
    pub(crate) fn answer(
        &self,
        application: &mut A,
        request: &Request<'_>,
        interface: Interface,
        now: Instant,
    ) -> Response<A::Page> {
        let response = match self.answer {
            Answering::Handler(handler) => {
                handler(application, &Call { request: *request, interface, now, pattern: self.pattern })
            }
            Answering::File(file) => Response::file(file),
        };
        response.negotiated(request)
    }
}

/// A request as a handler sees it.
///
/// [`Route`] has an example; the [module](super) has one of a form, with [`Call::field`].
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Path, query, headers and body, as sent.
    pub request: Request<'a>,
    /// Where it came in.
    pub interface: Interface,
    /// When.
    pub now: Instant,
    pattern: &'static str,
}

impl<'a> Call<'a> {
    /// The part of the path at `{name}` of the pattern, or at its `*`.
    pub fn parameter(&self, name: &str) -> Option<form::Encoded<'a>> {
        let mut found = None;
        let _ = walk(self.pattern, self.request.path, |other, value| {
            if other == name {
                found = Some(form::Encoded::in_path(value));
            }
        });
        found
    }

    /// The first value of this name in the query.
    pub fn query(&self, name: &str) -> Option<form::Encoded<'a>> {
        form::find(self.request.query, name)
    }

    /// The first value of this name in the body, if that is an HTML form.
    pub fn field(&self, name: &str) -> Option<form::Encoded<'a>> {
        const FORM: &[u8] = b"application/x-www-form-urlencoded";
        let kind = self.request.content_type.map(|kind| kind.get(..FORM.len()).unwrap_or(kind));
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case(FORM)) {
            return None;
        }
        form::find(self.request.body, name)
    }
}

/// The result of looking a request up among the routes.
pub(crate) enum Found<'r, A: Application> {
    /// This one.
    Route(&'r Route<A>),
    /// The path, by these other methods.
    NotAllowed(Methods),
    /// Nothing.
    Nothing,
}

/// The first route for a request on this interface.
pub(crate) fn find<'r, A: Application>(
    routes: &'r [Route<A>],
    request: &Request<'_>,
    interface: Interface,
) -> Found<'r, A> {
    let mut others = Methods::NONE;
    for route in routes.iter().filter(|route| route.interface.is_none_or(|only| only == interface)) {
        if !walk(route.pattern, request.path, |_, _| {}) {
            continue;
        }
        if route.takes(request.method) {
            return Found::Route(route);
        }
        others = others.and(route.method);
        if route.method == Method::Get {
            others = others.and(Method::Head);
        }
    }
    if others.is_empty() { Found::Nothing } else { Found::NotAllowed(others) }
}

/// Whether the pattern matches the path; `each` is told the parameters that it comes by.
fn walk<'a>(pattern: &'static str, path: &'a [u8], mut each: impl FnMut(&'static str, &'a [u8])) -> bool {
    let mut rest = Some(path);
    for wanted in pattern.split('/') {
        let Some(left) = rest else { return false };
        if wanted == "*" {
            each(wanted, left);
            return true;
        }
        let mut parts = left.splitn(2, |&byte| byte == b'/');
        let segment = parts.next().unwrap_or_default();
        rest = parts.next();
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return false,
            Some(name) => each(name, segment),
            None if form::Encoded::in_path(segment).is(wanted) => {}
            None => return false,
        }
    }
    rest.is_none()
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    /// The parameters by which the pattern matches.
    fn matched(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
        let mut found = Vec::new();
        let is_match = walk(pattern, path.as_bytes(), |name, value| {
            let decoded = form::Encoded::in_path(value).bytes().collect();
            found.push((name, String::from_utf8(decoded).unwrap()));
        });
        is_match.then_some(found)
    }

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("/", "/", Some(&[][..])),
            ("/", "/a", None),
            ("/led", "/led", Some(&[])),
            ("/led", "/%6Ced", Some(&[])),
            ("/led", "/led/", None),
            ("/led/", "/led", None),
            ("/led", "/LED", None),
            ("/led/{name}", "/led/red", Some(&[("name", "red")])),
            ("/led/{name}", "/led/a%2Fb+c%20d", Some(&[("name", "a/b+c d")])),
            ("/led/{name}", "/led/", None),
            ("/led/{name}", "/led/red/on", None),
            ("/{a}/x/{b}", "/1/x/2", Some(&[("a", "1"), ("b", "2")])),
            ("/files/*", "/files/a/b", Some(&[("*", "a/b")])),
            ("/files/*", "/files/", Some(&[("*", "")])),
            ("/files/*", "/files", None),
            ("/*", "/", Some(&[("*", "")])),
            ("/", "*", None),
            ("/", "", None),
        ] {
            let expected = expected.map(|pairs| pairs.iter().map(|(n, v)| (*n, String::from(*v))).collect());
            assert_eq!(matched(pattern, path), expected, "{pattern} {path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_is_survived(path in proptest::collection::vec(any::<u8>(), 0..40)) {
            for pattern in ["/", "/{a}/b", "/*", "/a/{b}/*"] {
                let _ = walk(pattern, &path, |_, _| {});
            }
            let all = walk("*", &path, |_, _| {});
            prop_assert!(all);
        }
    }
}

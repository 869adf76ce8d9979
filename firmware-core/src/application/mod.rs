//! What the application adds to its portal: hooks, a text on the result page, fields on the setup
//! page, and pages of its own.
//!
//! Each part works without the others: a trait of which every method has a default. What the portal
//! itself does, and when, is not decided here.
//!
//! A lamp that asks for a message broker, shows its topic on the result page, and is switched from a
//! page on the home network:
//!
//! ```
//! use core::fmt::{self, Write};
//! use vestibule_core::application::{Application, Call, Field, Joined, FieldKind, Route};
//! use vestibule_core::http::{Response, Status};
//! use vestibule_core::pages::{Escaped, document};
//! use vestibule_core::{Interface, ByteWindow};
//!
//! #[derive(Default)]
//! struct Lamp {
//!     is_on: bool,
//! }
//!
//! impl Lamp {
//!     fn switch(&mut self, call: &Call<'_>) -> Response<bool> {
//!         self.is_on = call.field("on").is_some_and(|value| value.is("1"));
//!         Response::see_other("/")
//!     }
//! }
//!
//! impl Application for Lamp {
//!     type Page = bool;
//!
//!     fn fields(&self) -> &[Field] {
//!         const { &[Field::new("broker", "MQTT broker", FieldKind::Text).required()] }
//!     }
//!
//!     fn routes(&self) -> &'static [Route<Self>] {
//!         const {
//!             &[
//!                 Route::get("/", |lamp: &mut Self, _| Response::page(Status::Ok, lamp.is_on))
//!                     .on(Interface::Home),
//!                 Route::post("/", Self::switch).on(Interface::Home),
//!             ]
//!         }
//!     }
//!
//!     fn write_page(&self, is_on: &bool, out: &mut ByteWindow<'_>) -> fmt::Result {
//!         document(out, "Lamp", |out| {
//!             let (state, other) = if *is_on { ("on", 0) } else { ("off", 1) };
//!             write!(out, "<p>It is {state}.</p><form method=\"post\">\
//!                 <button name=\"on\" value=\"{other}\">Switch</button></form>")
//!         })
//!     }
//!
//!     fn write_result(&self, joined: &Joined, out: &mut Escaped<'_, '_>) -> fmt::Result {
//!         write!(out, "lamps/{}", joined.address)
//!     }
//! }
//! ```
//!
//! It goes to [`Portal::with_application`](crate::Portal::with_application).

mod route;

use core::fmt;
use core::net::Ipv4Addr;

pub(crate) use crate::fields::{Kept, Sent, read_values};
pub use route::{Call, Handler, Route};
pub(crate) use route::{Found, find};

use crate::branding::Branding;
use crate::byte_window::ByteWindow;
use crate::connection_id::ConnectionId;
use crate::credentials::Values;
use crate::dns;
use crate::escape::Escaped;
use crate::event::Event;
pub use crate::fields::{Choice, Field, FieldError, FieldKind};
use crate::ssid::Ssid;
use crate::time::Instant;
use crate::websocket::Sockets;

/// The network that was joined, for the result page.
///
/// ```
/// use core::fmt::{self, Write};
/// use core::net::Ipv4Addr;
/// use vestibule_core::application::{Application, Joined};
/// use vestibule_core::pages::Escaped;
/// use vestibule_core::{Ssid, ByteWindow};
///
/// struct Printer;
/// impl Application for Printer {
///     type Page = ();
///
///     fn write_result(&self, joined: &Joined, out: &mut Escaped<'_, '_>) -> fmt::Result {
///         write!(out, "ipp://{}", joined.address)
///     }
/// }
///
/// let joined = Joined { ssid: Ssid::new(b"Home").unwrap(), address: Ipv4Addr::new(10, 0, 0, 7) };
/// let mut buffer = [0; 32];
/// let mut window = ByteWindow::new(0, &mut buffer);
/// Printer.write_result(&joined, &mut Escaped::new(&mut window)).unwrap();
/// assert_eq!(window.written(), b"ipp://10.0.0.7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Its name.
    pub ssid: Ssid,
    /// The device's address there.
    pub address: Ipv4Addr,
}

/// The device's own program, as far as the portal calls it. The portal owns it; no method may take long,
/// because all connections wait meanwhile.
///
/// One that only remembers; the [module](self) has one with fields and pages:
///
/// ```
/// use vestibule_core::application::Application;
/// use vestibule_core::credentials::Values;
/// use vestibule_core::{Event, Ssid};
///
/// #[derive(Default)]
/// struct Lamp {
///     is_joined: bool,
///     broker: String,
/// }
///
/// impl Application for Lamp {
///     type Page = ();
///
///     fn on_event(&mut self, event: &Event) {
///         self.is_joined |= matches!(event, Event::Joined { .. });
///     }
///
///     fn on_values(&mut self, values: &Values) {
///         self.broker = values.get("broker").unwrap_or_default().to_owned();
///     }
/// }
///
/// // The calls that the portal makes.
/// let mut lamp = Lamp::default();
/// let mut values = Values::new();
/// values.set("broker", "mqtt.local")?;
/// lamp.on_values(&values);
/// lamp.on_event(&Event::Stored { ssid: Ssid::EMPTY });
/// assert_eq!((lamp.broker.as_str(), lamp.is_joined), ("mqtt.local", false));
/// assert!(lamp.fields().is_empty() && lamp.routes().is_empty(), "what it leaves out is nothing");
/// # Ok::<(), vestibule_core::credentials::ValuesFull>(())
/// ```
pub trait Application: Sized + 'static {
    /// The description of one of its pages: small, and everything that may change while the page goes
    /// out, because the page is written again for each piece (see [`ByteWindow`]). `()` without pages.
    type Page: Copy;

    /// Something happened. Called at once, and before the event is handed to the driver.
    fn on_event(&mut self, event: &Event) {
        let _ = event;
    }

    /// The owner sent these values of [`Application::fields`], all valid, and the network is being
    /// tried with them. They are kept only if it is joined: see [`Application::on_values`].
    fn on_submitted(&mut self, values: &Values) {
        let _ = values;
    }

    /// These values of [`Application::fields`] are kept: read from flash when the device starts, or
    /// just sent with a network that was joined. There are none when everything was forgotten.
    fn on_values(&mut self, values: &Values) {
        let _ = values;
    }

    /// Its name, colour and logo on the portal's pages.
    fn branding(&self) -> Branding {
        Branding::PLAIN
    }

    /// What the setup page asks for besides the network.
    fn fields(&self) -> &[Field] {
        &[]
    }

    /// Its pages, in the order in which they are matched. `const { &[…] }` makes a list of this
    /// lifetime.
    fn routes(&self) -> &'static [Route<Self>] {
        &[]
    }

    /// The address that the access point's DNS says a name has; without one it is the device's own, as
    /// a captive portal needs for all but a few.
    fn resolve(&mut self, name: dns::Name<'_>) -> Option<Ipv4Addr> {
        let _ = name;
        None
    }

    /// Its WebSockets, if it has any: a [`Pool`](crate::websocket::Pool). A handler opens one with
    /// [`upgrade`](crate::websocket::upgrade), in one of the portal's connections.
    fn sockets(&mut self) -> Option<&mut dyn Sockets> {
        None
    }

    /// The WebSocket on this connection has events: poll them until there are none.
    fn on_socket(&mut self, connection: ConnectionId, now: Instant) {
        let _ = (connection, now);
    }

    /// Writes a page: the same bytes each time, for the same description.
    ///
    /// # Errors
    /// None of its own: a window takes everything.
    fn write_page(&self, page: &Self::Page, out: &mut ByteWindow<'_>) -> fmt::Result {
        let _ = (page, out);
        Ok(())
    }

    /// Writes what the owner is to note on the result page, in place of the device's address: an
    /// MQTT topic, say. Nothing written leaves the address. It must not change while the page goes
    /// out.
    ///
    /// # Errors
    /// None of its own: a window takes everything.
    fn write_result(&self, joined: &Joined, out: &mut Escaped<'_, '_>) -> fmt::Result {
        let _ = (joined, out);
        Ok(())
    }
}

/// No application.
impl Application for () {
    type Page = ();
}

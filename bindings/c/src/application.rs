//! The C program's own part of the portal: what it adds to the setup page, its pages, and what it wants to know.

use core::ffi::c_void;
use core::fmt;
use core::net::Ipv4Addr;

use vestibule_core::application::{
    Application as CoreApplication, Field as CoreField, Joined, Route as CoreRoute,
};
use vestibule_core::credentials::Values as CoreValues;
use vestibule_core::pages::{Branding, Colour, Escaped};
use vestibule_core::{ByteWindow, Event as CoreEvent, dns};

use crate::border::Border;
use crate::error::Error;
use crate::event::Event;
use crate::fields::Field;
use crate::held::{Held, Tables};
use crate::routes::Route;
use crate::scope::{Name, Scope, Values, Writer, within};
use crate::text::Text;

/// The C program's own part of the portal. Every part may be left out: null or zero.
///
/// The struct and its tables are copied, the texts stay with the portal. The callbacks are called from within other calls,
/// must not call the portal, and must be quick: everybody waits meanwhile.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Application {
    /// Handed to each callback.
    pub context: *mut c_void,
    /// What the setup page asks for besides the network: up to VESTIBULE_MAX_FIELDS.
    pub fields: *const Field,
    /// How many.
    pub field_count: usize,
    /// Its pages, in the order in which they are matched: up to VESTIBULE_MAX_ROUTES.
    pub routes: *const Route,
    /// How many.
    pub route_count: usize,
    /// Its name on the pages; empty is the access point's.
    pub name: Text,
    /// A picture of it, as HTML of the program's own that is put there as it is; empty is none.
    pub logo: Text,
    /// The colour of its pages: red, green, blue, if `has_colour` is 1.
    pub colour: [u8; 3],
    /// Whether it has a colour (1) or not (0).
    pub has_colour: u8,
    /// Something happened. Called at once, before vestibule_poll_event hands it out.
    pub on_event: Option<unsafe extern "C" fn(context: *mut c_void, event: *const Event)>,
    /// The owner sent these values, and the network is being tried with them.
    pub on_submitted: Option<unsafe extern "C" fn(context: *mut c_void, values: *const Values)>,
    /// These values are kept: they were read when the device started, or came with a network that was joined.
    pub on_values: Option<unsafe extern "C" fn(context: *mut c_void, values: *const Values)>,
    /// The address that the access point's DNS says a name has: fills in four bytes and returns 1, or returns 0, and it is
    /// the device's own.
    pub resolve:
        Option<unsafe extern "C" fn(context: *mut c_void, name: *const Name, address: *mut u8) -> i32>,
    /// Writes a page, the same bytes each time for the same `page` and `argument`: it is called again for each piece.
    pub write_page:
        Option<unsafe extern "C" fn(context: *mut c_void, page: u32, argument: u32, writer: *const Writer)>,
    /// Writes what the owner is to note in place of the device's address, by vestibule_write_text; nothing leaves the
    /// address. `address` has four bytes.
    pub write_result:
        Option<unsafe extern "C" fn(context: *mut c_void, address: *const u8, writer: *const Writer)>,
}

/// One of the application's pages.
#[derive(Clone, Copy)]
pub(crate) struct CPage {
    pub(crate) page: u32,
    pub(crate) argument: u32,
}

/// The callbacks, and where the portal is that calls them.
pub(crate) struct CApplication {
    held: *mut Held,
    /// What C gave; `None` without an application.
    given: Option<Application>,
    branding: Branding,
}

impl CApplication {
    /// # Safety
    /// C vouches for the texts; the portal will be at `held`, with its tables there before anything is asked of this.
    pub(crate) unsafe fn new(
        held: *mut Held,
        given: Option<Application>,
        border: &Border,
    ) -> Result<Self, Error> {
        let mut branding = Branding::PLAIN;
        if let Some(given) = &given {
            // SAFETY: C vouches for the texts.
            (branding.name, branding.logo) = unsafe { (given.name.kept(border)?, given.logo.kept(border)?) };
            branding.colour = match given.has_colour {
                0 => None,
                1 => Some(Colour(given.colour)),
                _ => return Err(Error::Number),
            };
        }
        Ok(Self { held, given, branding })
    }

    pub(crate) fn held(&self) -> *mut Held {
        self.held
    }

    pub(crate) fn context(&self) -> *mut c_void {
        self.given.as_ref().map_or(core::ptr::null_mut(), |given| given.context)
    }

    /// What the portal was given with its application.
    pub(crate) fn tables(&self) -> Option<&'static Tables> {
        self.given.as_ref()?;
        // SAFETY: the tables were written before the portal was made, are not written again, and are dropped after it;
        // `'static` stands for that.
        Some(unsafe { (*self.held).tables.assume_init_ref() })
    }

    fn values(
        &self,
        callback: Option<unsafe extern "C" fn(*mut c_void, *const Values)>,
        values: &CoreValues,
    ) {
        let Some(callback) = callback else { return };
        within(self.held, Scope::Values(values), |handle| {
            // SAFETY: a function of the C program's with its own context; the handle is good until it returns.
            unsafe { callback(self.context(), handle) }
        });
    }
}

impl CoreApplication for CApplication {
    type Page = CPage;

    fn on_event(&mut self, event: &CoreEvent) {
        let Some(on_event) = self.given.as_ref().and_then(|given| given.on_event) else { return };
        let event = Event::of(event);
        // SAFETY: a function of the C program's with its own context; the event is there until it returns.
        unsafe { on_event(self.context(), &raw const event) };
    }

    fn on_submitted(&mut self, values: &CoreValues) {
        self.values(self.given.as_ref().and_then(|given| given.on_submitted), values);
    }

    fn on_values(&mut self, values: &CoreValues) {
        self.values(self.given.as_ref().and_then(|given| given.on_values), values);
    }

    fn branding(&self) -> Branding {
        self.branding
    }

    fn fields(&self) -> &[CoreField] {
        self.tables().map_or(&[], |tables| tables.fields.fields())
    }

    fn routes(&self) -> &'static [CoreRoute<Self>] {
        self.tables().map_or(&[], |tables| tables.routes.routes())
    }

    fn resolve(&mut self, name: dns::Name<'_>) -> Option<Ipv4Addr> {
        let resolve = self.given.as_ref()?.resolve?;
        let mut address = [0; 4];
        let scope = Scope::Name((&raw const name).cast());
        let known = within(self.held, scope, |handle| {
            // SAFETY: a function of the C program's with its own context; the handle is good until it returns, and the
            // address is ours, of the four bytes that the header says.
            unsafe { resolve(self.context(), handle, address.as_mut_ptr()) }
        });
        (known == 1).then(|| Ipv4Addr::from(address))
    }

    fn write_page(&self, page: &CPage, out: &mut ByteWindow<'_>) -> fmt::Result {
        let Some(write) = self.given.as_ref().and_then(|given| given.write_page) else { return Ok(()) };
        let scope = Scope::Page((&raw mut *out).cast());
        within(self.held, scope, |handle| {
            // SAFETY: a function of the C program's with its own context; the handle is good until it returns.
            unsafe { write(self.context(), page.page, page.argument, handle) }
        });
        Ok(())
    }

    fn write_result(&self, joined: &Joined, out: &mut Escaped<'_, '_>) -> fmt::Result {
        let Some(write) = self.given.as_ref().and_then(|given| given.write_result) else { return Ok(()) };
        let address = joined.address.octets();
        let scope = Scope::Note((&raw mut *out).cast());
        within(self.held, scope, |handle| {
            // SAFETY: a function of the C program's with its own context; the handle and the address are good until it
            // returns.
            unsafe { write(self.context(), address.as_ptr(), handle) }
        });
        Ok(())
    }
}

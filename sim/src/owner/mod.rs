//! The owner: somebody who holds a phone, wants a device on the home network, and knows nothing
//! about the device but what its pages say.
//!
//! `page` parses a page as a browser shows it, `form` makes the request that a form sends, `reading` is how an
//! owner understands a page, `telling` what it says of the join in words, `behaviour` what the owner then does and
//! when, `io` what goes in and out between phone and owner, `habits` how fast and by which way, `hints` what an owner
//! is told of pages that cannot be understood, `deviation` what an owner does apart from the setup.
//! Nothing here shares code with the device, so that each checks the other.

mod behaviour;
mod browser;
mod deviation;
mod form;
mod habits;
mod hints;
mod io;
mod page;
mod page_memory;
mod reading;
mod seal;
mod telling;
#[cfg(test)]
mod tests;

pub use behaviour::Owner;
pub(crate) use browser::{HTTPS_FALLBACK, PAGE_TIMEOUT, REDIRECTS, is_tried_over_https};
pub use deviation::Deviation;
pub use form::{Choice, Control, ControlKind, Form, Method, Request, SealsFor};
pub use habits::{Habits, Leaving, Opens};
pub use hints::Hints;
pub use io::{GaveUp, HomeNetwork, Input, Output};
pub(crate) use page::hex_key;
pub use page::{Frame, Link, Page, Refresh, parse};
pub(crate) use page_memory::PageMemory;
pub use reading::SetupResult;
pub(crate) use reading::{
    calls_passphrase_wrong, form_fields, result, setup_form, tells_of_sign_in, way_to_form,
};
pub(crate) use seal::{opened, public_key};
pub(crate) use telling::{Word, word};
// What an owner does at the page of a real browser, which only the command opens.
#[cfg(feature = "cli")]
pub(crate) use {form::Touch, reading::network_link};

//! The owner: somebody who holds a phone, wants a device on the home network, and knows nothing
//! about the device but what its pages say.
//!
//! `page` parses a page as a browser shows it, `form` makes the request that a form sends, `reading` is how an
//! owner understands a page, `behaviour` what the owner then does and when, `io` what goes in and out between
//! phone and owner, `habits` how fast and by which way, `deviation` what an owner does apart from the setup.
//! Nothing here shares code with the device, so that each checks the other.

mod behaviour;
mod browser;
mod deviation;
mod form;
mod habits;
mod io;
mod page;
mod reading;
mod seal;
#[cfg(test)]
mod tests;

pub use behaviour::Owner;
pub(crate) use browser::{HTTPS_FALLBACK, PAGE_TIMEOUT, REDIRECTS, is_tried_over_https};
pub use deviation::Deviation;
pub use form::{Choice, Control, ControlKind, Form, Method, Request};
pub use habits::{Habits, Leaving, Opens};
pub use io::{GaveUp, HomeNetwork, Input, Output};
pub use page::{Link, Page, Refresh, parse};
pub use reading::SetupResult;
pub(crate) use reading::{calls_passphrase_wrong, form_fields, result, said, way_to_form};

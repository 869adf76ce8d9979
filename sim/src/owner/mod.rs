//! The owner: a person who holds a phone, wants a device on the home network, and knows nothing
//! about the device but what its pages say.
//!
//! `page` is what a browser makes of a page, `form` what it sends, `reading` what a person makes
//! of it, `person` what the person then does and when, `seam` what goes in and out of
//! it, `habits` how fast and by which way, `detour`
//! what is done beside the way. Nothing here shares code with the device,
//! so that each checks the other.

mod browser;
mod detour;
mod form;
mod habits;
mod page;
mod person;
mod reading;
mod seam;
#[cfg(test)]
mod tests;

pub(crate) use browser::{PAGE_TIMEOUT, REDIRECTS};
pub use detour::Detour;
pub use form::{Choice, Control, Form, Kind, Method, Request};
pub use habits::{Habits, Leaving, Opens};
pub use page::{Link, Page, Refresh, parse};
pub use person::Person;
pub use reading::Outcome;
pub use seam::{GaveUp, HomeNetwork, Input, Output};

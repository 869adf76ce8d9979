//! The owner: a person who holds a phone, wants a device on the home network, and knows nothing
//! about the device but what its pages say.
//!
//! `page` is what a browser makes of a page, `form` what it sends, `reading` what a person makes
//! of it, `person` what the person then does and when. Nothing here shares code with the device,
//! so that each checks the other.

mod form;
mod page;
mod person;
mod reading;
#[cfg(test)]
mod tests;

pub use form::{Choice, Control, Form, Kind, Method, Request};
pub use page::{Link, Page, Refresh, parse};
pub use person::{GaveUp, Habits, HomeNetwork, Input, Leaving, Output, Person};
pub use reading::Outcome;

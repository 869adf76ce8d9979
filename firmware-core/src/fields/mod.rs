//! Fields that the application declares for the setup page, and what a client sent for them.
//!
//! [`crate::pages`] shows the fields; their values go to the [`crate::application`].

mod field;
mod kept;
mod sent;

pub(crate) use field::unchecked;
pub use field::{Choice, Field, FieldError, FieldKind};
pub(crate) use kept::{Kept, read_values};
pub(crate) use sent::Sent;

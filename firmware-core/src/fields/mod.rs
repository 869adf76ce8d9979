//! Fields that the application declares for the setup page, and what a client sent for them.
//!
//! How fields look is said in [`crate::pages`]; what becomes of their values, in [`crate::application`].

mod field;
mod sent;

pub use field::{Choice, Field, FieldError, FieldKind};
pub(crate) use field::{read_values, unchecked};
pub(crate) use sent::Sent;

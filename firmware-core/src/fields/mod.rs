//! Fields that the application declares for the setup page, and what a client sent for them.
//!
//! [`crate::pages`] shows the fields; their values go to the [`crate::application`].

mod field;
mod kept;
mod sent;

pub use field::{Choice, Field, FieldError, FieldKind};
pub(crate) use field::{read_values, unchecked};
pub(crate) use kept::Kept;
pub(crate) use sent::Sent;

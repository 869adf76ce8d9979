//! A trace in other programs' formats, where that takes more than the trace itself knows: requests have to be
//! put together from its frames, as [`crate::capture`] does with those of other programs.

mod har;

pub use har::har;

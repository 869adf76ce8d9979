//! Values as text, whichever file they stand in: names and passphrases, times, addresses, bytes in
//! hexadecimal, positions in a file, and what is shown of a text that comes from outside.
//!
//! Below everything that reads or writes files; it knows none of their formats.

mod address;
mod harmless;
mod hex;
mod io_words;
mod listed;
mod mistake;
mod name;
mod position;
pub(crate) mod time;

pub use address::Api;
pub(crate) use harmless::{harmless, harmless_lines};
pub(crate) use hex::{from_hex, to_hex};
pub(crate) use io_words::io_words;
pub(crate) use listed::listed;
pub(crate) use mistake::{MOST as MOST_MISTAKES, Mistake, meant, read as read_toml};
pub use name::{Name, Secret};
pub use position::FilePosition;
pub(crate) use time::TimeText;

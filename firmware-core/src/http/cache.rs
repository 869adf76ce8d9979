//! How long clients may keep an answer.

use core::fmt;

use crate::text::Number;

/// How long clients may keep an answer (RFC 9111 section 5.2.2).
///
/// ```
/// use vestibule_core::http::{Cache, Response, Status};
///
/// let mut icon = Response::<()>::text(Status::Ok, "...");
/// assert_eq!(icon.cache, Cache::NoStore);
/// icon.cache = Cache::Fresh { seconds: 3600 };
/// assert_eq!(icon.cache.to_string(), "max-age=3600");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cache {
    /// Not at all.
    #[default]
    NoStore,
    /// They may, and must ask each time whether it is still the one.
    Revalidate,
    /// They need not ask for so long.
    Fresh {
        /// How long.
        seconds: u32,
    },
    /// They need never ask: the path changes when the content does. Said with a year.
    Immutable,
}

impl fmt::Display for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStore => f.write_str("no-store"),
            Self::Revalidate => f.write_str("no-cache"),
            Self::Fresh { seconds } => {
                // 68 years are as good as more.
                write!(f, "max-age={}", Number(i32::try_from(*seconds).unwrap_or(i32::MAX)))
            }
            Self::Immutable => f.write_str("max-age=31536000, immutable"),
        }
    }
}

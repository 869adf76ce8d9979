//! The moments that a driver passes in. The core never reads a clock.

use core::ops::{Add, Sub};
use core::time::Duration;

/// A moment in microseconds since an origin that the driver chose (power-on, say).
///
/// Only differences mean anything; the core never compares moments of two power-ons.
///
/// ```
/// use core::time::Duration;
/// use vestibule_core::Instant;
///
/// let boot = Instant::from_micros(0);
/// let later = boot + Duration::from_millis(20);
/// assert_eq!(later - boot, Duration::from_millis(20));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The moment `micros` microseconds after the driver's origin.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the driver's origin.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it is in the future (a clock that jumped back).
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates at the end of time, some 584,000 years after the origin.
    // 64-bit multiplication, wanted in thirty places.
    #[inline(never)]
    fn add(self, wait: Duration) -> Self {
        let micros = wait.as_secs().saturating_mul(1_000_000).saturating_add(wait.subsec_micros().into());
        Self(self.0.saturating_add(micros))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// The earlier of two deadlines, where `None` means "never".
pub(crate) fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a <= b { a } else { b }),
        (a, b) => a.or(b),
    }
}

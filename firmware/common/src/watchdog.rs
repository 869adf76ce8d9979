//! The chip's watchdog: it resets the chip unless the device says again and again that it runs.

use embassy_time::{Duration, Timer};

/// How often it is fed. All that the device does is done in one executor, whose tasks run until they wait: if one of them
/// does not come back, this one does not come to feed.
pub const FEED_INTERVAL: Duration = Duration::from_secs(2);

/// A chip's watchdog, which has been started. It waits several times [`FEED_INTERVAL`], and longer than anything holds the
/// processor: a sector's erasure, a radio that is started.
pub trait Watchdog {
    /// The device runs.
    fn feed(&mut self);
}

/// Feeds the watchdog, if there is one. Never returns.
pub(crate) async fn feed(watchdog: Option<&'static mut dyn Watchdog>) -> ! {
    let Some(watchdog) = watchdog else { core::future::pending().await };
    loop {
        watchdog.feed();
        Timer::after(FEED_INTERVAL).await;
    }
}

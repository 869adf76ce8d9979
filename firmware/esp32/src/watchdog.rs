//! The chip's watchdog of the real-time clock, which counts on while the processor hangs.

use esp_hal::rtc_cntl::{Rwdt, RwdtStage};
use esp_hal::time::Duration;
use static_cell::StaticCell;
use vestibule_firmware::watchdog::Watchdog;

/// The chip is reset after this long. Chosen: nothing that ends holds the processor so long, a start of the radio
/// included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The watchdog of the real-time clock.
pub(crate) struct ChipWatchdog(Rwdt);

impl ChipWatchdog {
    /// Starts it.
    pub(crate) fn start(mut watchdog: Rwdt) -> &'static mut Self {
        static WATCHDOG: StaticCell<ChipWatchdog> = StaticCell::new();
        watchdog.set_timeout(RwdtStage::Stage0, TIMEOUT);
        watchdog.enable();
        WATCHDOG.init(Self(watchdog))
    }

    /// Stops it, on a chip that will do nothing any more.
    pub(crate) fn stop(&mut self) {
        self.0.disable();
    }
}

impl Watchdog for ChipWatchdog {
    fn feed(&mut self) {
        self.0.feed();
    }
}

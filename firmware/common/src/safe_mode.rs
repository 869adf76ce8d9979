//! What a device does first: after panics in a row it waits, and after too many it does not try what is stored, which may
//! be why. Safe mode is no way around what the maker has chosen: who can make the firmware panic gains nothing by it.

use embassy_time::{Duration, Timer};
use embedded_storage::nor_flash::NorFlash;
use log::warn;
use vestibule_core::application::Application;
use vestibule_core::{Config, Entropy, MayOpen};

use crate::device::Device;
use crate::panics::SAFE_MODE_PANICS;

/// The configuration in safe mode: the defaults, because what was chosen may be the cause. What keeps strangers out stays
/// as it is, and so do the ports.
pub(crate) fn safe(config: &Config) -> Config {
    Config {
        access_point_security: config.access_point_security.clone(),
        clear_forms: config.clear_forms,
        label_code: config.label_code,
        may_open: config.may_open,
        opening_window: config.opening_window,
        when_lost: config.when_lost,
        without_gateway: config.without_gateway,
        http_port: config.http_port,
        home_port: config.home_port,
        ..Config::new(config.name)
    }
}

/// How the device begins.
pub(crate) struct Beginning {
    /// Panics in a row before this start.
    pub(crate) in_a_row: u32,
    /// One of them is why it starts; or else power came.
    pub(crate) has_panicked: bool,
    pub(crate) may_open: MayOpen,
    /// It waits for so long.
    pub(crate) delay: Duration,
}

impl Beginning {
    /// Whether the portal opens in place of a try of what is stored.
    fn opens(&self) -> bool {
        self.in_a_row >= SAFE_MODE_PANICS
            && match self.may_open {
                MayOpen::Always | MayOpen::OnceAfterPowerUp => true,
                // A device that knows no network opens its portal anyway.
                MayOpen::AfterPowerUp => !self.has_panicked,
                MayOpen::WhenAsked => false,
            }
    }

    /// Waits, and begins.
    pub(crate) async fn begin<F: NorFlash, E: Entropy, A: Application>(self, device: &Device<F, E, A>) {
        let Self { in_a_row, delay, .. } = self;
        if in_a_row > 0 {
            warn!("{in_a_row} panics in a row: it waits for {} s", delay.as_secs());
        }
        Timer::after(delay).await;
        if in_a_row >= SAFE_MODE_PANICS {
            warn!("safe mode: the defaults, but for what keeps strangers out");
            // Whenever the portal opens, and whoever opens it.
            device.handle_restarts();
        }
        if self.opens() {
            warn!("the portal opens, and what is stored is not tried first");
            device.setup();
        } else {
            device.connect_or_setup();
        }
    }
}

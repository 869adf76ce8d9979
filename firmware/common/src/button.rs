//! A button that has the device forget its network when it is held. Where the button is, a board says.

use embassy_time::{Duration, Timer};
use embedded_storage::nor_flash::NorFlash;
use log::warn;
use vestibule_core::Entropy;
use vestibule_core::application::Application;

use crate::device::Device;

/// How long the button has to be held. Chosen: too long for a press by accident.
const HOLD_TIME: Duration = Duration::from_secs(5);

/// The interval at which the button is read.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Each time that the button is held it forgets the network and opens the portal. Never returns.
pub async fn reset_by_button<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    is_pressed: impl Fn() -> bool,
) -> ! {
    loop {
        let mut held = Duration::from_ticks(0);
        while is_pressed() && held < HOLD_TIME {
            Timer::after(POLL_INTERVAL).await;
            held += POLL_INTERVAL;
        }
        if held >= HOLD_TIME {
            warn!("the button was held: the network is forgotten");
            // A failure is an event and in the log.
            let _ = device.factory_reset();
            device.connect_or_setup();
            while is_pressed() {
                Timer::after(POLL_INTERVAL).await;
            }
        }
        Timer::after(POLL_INTERVAL).await;
    }
}

//! A light that shows the device's state: dark on the home network, blinking slowly while the portal waits
//! for its owner, quickly while a network is being joined. How it is switched, a board says.

use embassy_time::{Duration, Timer};
use embedded_storage::nor_flash::NorFlash;
use vestibule_core::Entropy;
use vestibule_core::application::Application;

use crate::device::Device;

const SLOW_INTERVAL: Duration = Duration::from_millis(500);
const QUICK_INTERVAL: Duration = Duration::from_millis(100);

/// Calls `switch` with whether the light is to be on. Never returns.
pub async fn show_state<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    mut switch: impl FnMut(bool),
) -> ! {
    let mut is_on = false;
    loop {
        let state = device.state();
        is_on = !is_on && (state.is_joining() || state.has_access_point());
        switch(is_on);
        Timer::after(if state.is_joining() { QUICK_INTERVAL } else { SLOW_INTERVAL }).await;
    }
}

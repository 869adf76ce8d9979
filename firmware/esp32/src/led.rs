//! The status LED: off on the home network, blinking slowly while the portal waits for its owner,
//! quickly while a network is being joined.
//!
//! For a plain LED between the pin and 3.3 V, which is on while the pin is low; the example takes
//! GPIO 8. A coloured LED with a data line is not one. Look your board's pin up: none was tried.

use embassy_time::{Duration, Timer};
use esp_hal::gpio::{AnyPin, Level, Output, OutputConfig};

use vestibule_core::application::Application;

use crate::start::OnChip;

const SLOW: Duration = Duration::from_millis(500);
const QUICK: Duration = Duration::from_millis(100);

/// Shows where the device stands.
pub(crate) async fn show_state<A: Application>(pin: AnyPin<'static>, device: &OnChip<A>) -> ! {
    let mut led = Output::new(pin, Level::High, OutputConfig::default());
    loop {
        let state = device.state();
        if state.is_joining() || state.has_access_point() {
            led.toggle();
        } else {
            led.set_high();
        }
        Timer::after(if state.is_joining() { QUICK } else { SLOW }).await;
    }
}

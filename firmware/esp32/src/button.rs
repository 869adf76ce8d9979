//! The boot button: whoever holds it has the device forget its network.

use embassy_time::{Duration, Timer};
use esp_hal::gpio::{AnyPin, Input, InputConfig, Pull};
use log::warn;
use vestibule_core::application::Application;

use crate::start::OnChip;

/// For how long: too long for a press by accident.
const HELD: Duration = Duration::from_secs(5);

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Waits for the button to be held, forgets the network and opens the portal.
pub(crate) async fn reset_by_button<A: Application>(pin: AnyPin<'static>, device: &OnChip<A>) -> ! {
    // It connects the pin to ground.
    let button = Input::new(pin, InputConfig::default().with_pull(Pull::Up));
    loop {
        let mut held = Duration::from_ticks(0);
        while button.is_low() && held < HELD {
            Timer::after(LOOK).await;
            held += LOOK;
        }
        if held >= HELD {
            warn!("the button was held: the network is forgotten");
            // A failure is an event, and in the log.
            let _ = device.factory_reset();
            device.connect_or_setup();
            while button.is_low() {
                Timer::after(LOOK).await;
            }
        }
        Timer::after(LOOK).await;
    }
}

//! The button: pressed shortly it asks for the portal, held it has the device forget its networks. Where the button is, a
//! board says; what pressing it means is the same on all of them.

use embassy_time::{Duration, Instant, Timer};
use embedded_storage::nor_flash::NorFlash;
use log::{info, warn};
use vestibule_core::Entropy;
use vestibule_core::application::Application;

use crate::device::Device;

/// How long the button has to be held to forget. Chosen: too long for a press by accident.
const HOLD_TIME: Duration = Duration::from_secs(5);

/// A shorter press is none: a contact bounces, and a spark elsewhere in the house closes it, too. Chosen.
const SHORTEST_PRESS: Duration = Duration::from_millis(40);

/// The interval at which the button is read.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Opens the portal each time that the button is pressed, whatever [`MayOpen`](vestibule_core::MayOpen) says, and forgets
/// the networks each time that it is held for five seconds. Never returns.
///
/// A button that is down when the device starts counts only once it was released: it may be stuck, and a device that forgot
/// its network at every start could not be used.
pub async fn watch_button<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    is_pressed: impl Fn() -> bool,
) -> ! {
    loop {
        wait_until(|| !is_pressed()).await;
        wait_until(&is_pressed).await;
        let pressed = Instant::now();
        wait_until(|| !is_pressed() || pressed.elapsed() >= HOLD_TIME).await;
        if pressed.elapsed() >= HOLD_TIME {
            warn!("the button was held: the networks are forgotten");
            // A failure is an event and in the log.
            let _ = device.factory_reset();
            device.connect_or_setup();
        } else if pressed.elapsed() >= SHORTEST_PRESS {
            info!("the button was pressed: the portal opens");
            device.setup();
        }
    }
}

async fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        Timer::after(POLL_INTERVAL).await;
    }
}

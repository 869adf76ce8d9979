//! Improv on a board's serial line, beside the portal and beside the log. This module passes bytes and moments; the core
//! decides what is answered.

use embassy_time::{Duration, Timer};
use embedded_storage::nor_flash::NorFlash;
use vestibule_core::Entropy;
use vestibule_core::application::Application;
use vestibule_core::improv::{DeviceInformation, Improv, PACKET_BYTES};

use crate::device::Device;

/// How often the line is looked at. A chip holds 64 bytes or more of a line of USB meanwhile, and the computer waits.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);

/// Bytes taken from the line at once.
const RECEIVE_BUFFER: usize = 64;

/// Speaks Improv for ever. `receive` puts what has come over the line into the buffer, returns how much that is, and does not
/// wait; `send` sends a packet and the line ends around it, all before anything else is sent: the log's lines come
/// between two packets and never into one.
pub async fn speak_improv<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    information: DeviceInformation,
    mut receive: impl FnMut(&mut [u8]) -> usize,
    mut send: impl FnMut(&[u8]),
) -> ! {
    let mut improv = Improv::new(information);
    let mut received = [0; RECEIVE_BUFFER];
    let (mut taken, mut length) = (0, 0);
    let mut packet = [0; PACKET_BYTES];
    loop {
        if taken == length {
            (taken, length) = (0, receive(&mut received).min(RECEIVE_BUFFER));
        }
        let bytes = received.get(taken..length).unwrap_or_default();
        if !bytes.is_empty() {
            taken += device.with_portal(|portal, now| improv.handle_received(bytes, portal, now));
        }
        loop {
            let sent = device.poll_improv(&mut improv, &mut packet);
            if sent == 0 {
                break;
            }
            send(packet.get(..sent).unwrap_or_default());
        }
        if length == 0 {
            Timer::after(LOOK_INTERVAL).await;
        }
    }
}

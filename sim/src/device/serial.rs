//! What the device speaks on its serial line: Improv, beside the portal.

use vestibule_core::Instant;
use vestibule_core::improv::{DeviceInformation, Improv, PACKET_BYTES};

use super::SimulatedPortal;

const SIMULATED: DeviceInformation =
    DeviceInformation { firmware: "vestibule", version: env!("CARGO_PKG_VERSION"), hardware: "simulated" };

/// The device's end of the line.
pub(super) struct SerialLine {
    improv: Improv,
}

impl SerialLine {
    pub(super) fn new() -> Self {
        Self { improv: Improv::new(SIMULATED) }
    }

    pub(super) fn receive(&mut self, bytes: &[u8], portal: &mut SimulatedPortal, now: Instant) -> usize {
        self.improv.handle_received(bytes, portal, now)
    }

    pub(super) fn send(
        &mut self,
        out: &mut [u8; PACKET_BYTES],
        portal: &mut SimulatedPortal,
        now: Instant,
    ) -> usize {
        self.improv.poll_send(out, portal, now)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.improv.poll_timeout()
    }
}

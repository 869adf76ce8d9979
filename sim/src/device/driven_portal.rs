//! What the world asks of the device's portal, whichever way that is reached: the core itself, or the same core behind its C
//! interface.

use vestibule_core::http::Transfer;
use vestibule_core::mdns::HostName;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{
    Arrival, ConnectionId, Event, Instant, Interface, RadioCommand, RadioEvent, Reply, StationAddress,
};

use super::SimulatedPortal;

/// A portal that is driven. Each method is the one of [`vestibule_core::Portal`].
pub(crate) trait DrivenPortal {
    fn connect(&mut self, now: Instant);
    fn connect_or_setup(&mut self, now: Instant);
    fn setup(&mut self, now: Instant);
    /// A fault is reported as an event.
    fn factory_reset(&mut self, now: Instant);
    fn handle_radio(&mut self, event: RadioEvent, now: Instant);
    fn handle_open(&mut self, connection: ConnectionId, interface: Interface, now: Instant);
    #[must_use]
    fn handle_received(&mut self, connection: ConnectionId, bytes: &[u8], now: Instant) -> usize;
    fn handle_received_end(&mut self, connection: ConnectionId, now: Instant);
    fn handle_closed(&mut self, connection: ConnectionId);
    #[must_use]
    fn handle_datagram(
        &mut self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
        now: Instant,
    ) -> Option<Reply>;
    fn handle_timeout(&mut self, now: Instant);
    fn handle_name(&mut self, name: HostName);
    fn handle_captive_home(&mut self);
    #[must_use]
    fn poll_event(&mut self) -> Option<Event>;
    #[must_use]
    fn poll_radio(&mut self) -> Option<RadioCommand>;
    #[must_use]
    fn poll_ready(&mut self) -> Option<ConnectionId>;
    #[must_use]
    fn poll_send(&mut self, connection: ConnectionId, out: &mut [u8], now: Instant) -> Transfer;
    #[must_use]
    fn poll_timeout(&self) -> Option<Instant>;
    fn state(&self) -> ProvisioningState;
    fn home(&self) -> Option<StationAddress>;
    fn is_open(&self, connection: ConnectionId) -> bool;
    fn is_idle(&self, connection: ConnectionId) -> bool;
    fn deadline(&self, connection: ConnectionId) -> Option<Instant>;
}

impl DrivenPortal for SimulatedPortal {
    fn connect(&mut self, now: Instant) {
        self.connect(now);
    }

    fn connect_or_setup(&mut self, now: Instant) {
        self.connect_or_setup(now);
    }

    fn setup(&mut self, now: Instant) {
        self.setup(now);
    }

    fn factory_reset(&mut self, now: Instant) {
        // Told as an event, too.
        let _ = self.factory_reset(now);
    }

    fn handle_radio(&mut self, event: RadioEvent, now: Instant) {
        self.handle_radio(event, now);
    }

    fn handle_open(&mut self, connection: ConnectionId, interface: Interface, now: Instant) {
        self.handle_open(connection, interface, now);
    }

    fn handle_received(&mut self, connection: ConnectionId, bytes: &[u8], now: Instant) -> usize {
        self.handle_received(connection, bytes, now)
    }

    fn handle_received_end(&mut self, connection: ConnectionId, now: Instant) {
        self.handle_received_end(connection, now);
    }

    fn handle_closed(&mut self, connection: ConnectionId) {
        self.handle_closed(connection);
    }

    fn handle_datagram(
        &mut self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
        now: Instant,
    ) -> Option<Reply> {
        self.handle_datagram(arrival, payload, reply, now)
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn handle_name(&mut self, name: HostName) {
        self.handle_name(name);
    }

    fn handle_captive_home(&mut self) {
        self.handle_captive_home();
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.poll_event()
    }

    fn poll_radio(&mut self) -> Option<RadioCommand> {
        self.poll_radio()
    }

    fn poll_ready(&mut self) -> Option<ConnectionId> {
        self.poll_ready()
    }

    fn poll_send(&mut self, connection: ConnectionId, out: &mut [u8], now: Instant) -> Transfer {
        self.poll_send(connection, out, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn state(&self) -> ProvisioningState {
        self.state()
    }

    fn home(&self) -> Option<StationAddress> {
        self.home()
    }

    fn is_open(&self, connection: ConnectionId) -> bool {
        self.is_open(connection)
    }

    fn is_idle(&self, connection: ConnectionId) -> bool {
        self.is_idle(connection)
    }

    fn deadline(&self, connection: ConnectionId) -> Option<Instant> {
        self.deadline(connection)
    }
}

//! The device's sockets in a world: what a driver hands over from them, and what it is to send.

use vestibule_core::http::Transfer;
use vestibule_core::{Arrival, Instant, Interface, Reply};

use super::World;
use crate::invariant::Seen;

impl World {
    /// Whether anyone can reach the device on this interface.
    pub fn is_reachable(&mut self, interface: Interface) -> bool {
        match interface {
            Interface::AccessPoint => self.air.access_point_is_up(),
            Interface::Home => self.device.portal().is_some_and(|portal| portal.home().is_some()),
        }
    }

    /// A datagram reached the device.
    pub fn device_datagram(
        &mut self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
        now: Instant,
    ) -> Option<Reply> {
        if !self.is_reachable(arrival.interface) {
            return None;
        }
        let answer = self.device.portal()?.handle_datagram(arrival, payload, reply, now)?;
        self.see(|| Seen::Answered(arrival.port, reply[..answer.length].to_vec()));
        Some(answer)
    }

    /// A connection to the device was accepted.
    pub fn device_open(&mut self, connection: usize, interface: Interface, now: Instant) {
        let clock = self.device.clock(now);
        if let Some(portal) = self.device.portal() {
            portal.handle_open(connection, interface, clock);
        }
        self.see(|| Seen::Opened(connection));
        self.settle(now);
    }

    /// Bytes reached the device on a connection; returns how many it took.
    #[must_use]
    pub fn device_received(&mut self, connection: usize, bytes: &[u8], now: Instant) -> usize {
        let clock = self.device.clock(now);
        let taken = match self.device.portal() {
            Some(portal) => portal.handle_received(connection, bytes, clock),
            None => bytes.len(),
        };
        self.settle(now);
        taken
    }

    /// The client of a connection will send no more.
    pub fn device_received_end(&mut self, connection: usize, now: Instant) {
        let clock = self.device.clock(now);
        if let Some(portal) = self.device.portal() {
            portal.handle_received_end(connection, clock);
        }
        self.settle(now);
    }

    /// Whether there is a connection of that number that is not to be closed.
    pub fn device_is_open(&mut self, connection: usize) -> bool {
        self.device.portal().is_some_and(|portal| portal.is_open(connection))
    }

    /// What the device sends on a connection.
    #[must_use]
    pub fn device_send(&mut self, connection: usize, out: &mut [u8], now: Instant) -> Transfer {
        let clock = self.device.clock(now);
        let Some(portal) = self.device.portal() else {
            return Transfer::Close;
        };
        let transfer = portal.poll_send(connection, out, clock);
        if let Transfer::Bytes(length) = transfer {
            self.see(|| Seen::Sent(connection, out[..length].to_vec()));
        }
        self.settle(now);
        transfer
    }

    /// A connection to the device is gone.
    pub fn device_closed(&mut self, connection: usize) {
        if let Some(portal) = self.device.portal() {
            portal.handle_closed(connection);
        }
        self.see(|| Seen::Closed(connection));
    }
}

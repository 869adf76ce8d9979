//! The device's connections and its UDP ports: what a driver hands over from them, and what the device sends.

use std::collections::BTreeSet;

use memchr::memmem;
use vestibule_core::http::Transfer;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Arrival, ConnectionId, Instant, Interface, Radio as _, RadioCommand, Reply};

use super::DeviceNode;
use crate::device::DrivenPortal;
use crate::invariant::Observation;
use crate::radio::Air;
use crate::world::mutant::MutantDevice;

/// Which connections a driver has open, and which of them it has to ask.
#[derive(Default)]
pub(super) struct Connections {
    open: BTreeSet<ConnectionId>,
    /// Those that have something to send, or are to be closed.
    ready: BTreeSet<ConnectionId>,
}

impl Connections {
    /// The device has lost its power: every connection is to be closed.
    pub(super) fn all_end(&mut self) {
        self.ready.extend(&self.open);
    }
}

/// The connections that the portal has open.
pub(super) fn open(portal: &dyn DrivenPortal) -> impl Iterator<Item = ConnectionId> {
    ConnectionId::ALL.into_iter().filter(|connection| portal.is_open(*connection))
}

impl DeviceNode {
    /// Whether anyone can reach the device on this interface.
    pub(in crate::world) fn is_reachable(&mut self, interface: Interface, air: &Air) -> bool {
        match interface {
            Interface::AccessPoint => air.access_point_is_up(),
            Interface::Home => self.device.driven().is_some_and(|portal| portal.home().is_some()),
        }
    }

    pub(in crate::world) fn datagram(
        &mut self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
        air: &Air,
        now: Instant,
    ) -> Option<Reply> {
        if !self.is_reachable(arrival.interface, air) {
            return None;
        }
        let since = now - Instant::from_micros(0);
        if self.mutant.as_mut().is_some_and(|mutant| !mutant.answers(arrival.port, payload, since)) {
            return None;
        }
        let clock = self.device.clock(now);
        let answer = self.device.driven()?.handle_datagram(arrival, payload, reply, clock)?;
        #[cfg(feature = "known-bugs")]
        let answer = self.leak.answers(answer, reply, self.joins.last_commanded());
        self.observe(|| Observation::Answered(arrival.port, reply[..answer.length].to_vec()));
        Some(answer)
    }

    pub(in crate::world) fn opened(
        &mut self,
        connection: ConnectionId,
        interface: Interface,
        air: &mut Air,
        now: Instant,
    ) {
        self.connections.open.insert(connection);
        let clock = self.device.clock(now);
        if let Some(portal) = self.device.driven() {
            match &mut self.mutant {
                Some(mutant) => mutant.opened(connection, interface, portal, clock),
                None => portal.handle_open(connection, interface, clock),
            }
        }
        if self.mutant.as_ref().is_some_and(MutantDevice::scans_for_a_client) {
            air.device_radio(now).command(RadioCommand::Scan);
        }
        self.observe(|| Observation::Opened(connection.index()));
    }

    /// A piece of a request reaches the device, which may have it forget its networks.
    pub(in crate::world) fn hears(&mut self, bytes: &[u8]) {
        if asks_to_forget(bytes) && self.device.state().is_some_and(may_forget) {
            // The power may fail before it has said that it has.
            self.observe(|| Observation::Cleared);
        }
    }

    /// Returns how many bytes the device took. One without power takes all.
    pub(in crate::world) fn received(
        &mut self,
        connection: ConnectionId,
        bytes: &[u8],
        now: Instant,
    ) -> usize {
        let clock = self.device.clock(now);
        self.hears(bytes);
        match self.device.driven() {
            Some(portal) => match &mut self.mutant {
                Some(mutant) => mutant.received(connection, bytes, portal, clock),
                None => portal.handle_received(connection, bytes, clock),
            },
            None => bytes.len(),
        }
    }

    pub(in crate::world) fn received_end(&mut self, connection: ConnectionId, now: Instant) {
        let clock = self.device.clock(now);
        let Some(portal) = self.device.driven() else { return };
        match &mut self.mutant {
            Some(mutant) => {
                mutant.ended(connection, portal, clock);
                // A mutant may have kept the connection from the portal, which then does not close it.
                self.connections.ready.insert(connection);
            }
            None => portal.handle_received_end(connection, clock),
        }
    }

    /// A connection on which the device has something to send, or that is to be closed.
    pub(in crate::world) fn poll_ready(&mut self) -> Option<ConnectionId> {
        self.connections.ready.pop_first()
    }

    /// Takes over which connections the portal names, so that the portal is drained after each call.
    pub(in crate::world) fn collect_ready(&mut self) {
        if let Some(portal) = self.device.driven() {
            self.connections.ready.extend(std::iter::from_fn(|| portal.poll_ready()));
        }
    }

    /// Whether there is a connection of that number that is not to be closed.
    pub(in crate::world) fn is_open(&mut self, connection: ConnectionId) -> bool {
        self.device.driven().is_some_and(|portal| portal.is_open(connection))
    }

    /// Whether a connection has had its answer, and nothing of another request has come.
    pub(in crate::world) fn is_idle(&mut self, connection: ConnectionId) -> bool {
        self.device.driven().is_some_and(|portal| portal.is_idle(connection))
    }

    pub(in crate::world) fn send(
        &mut self,
        connection: ConnectionId,
        out: &mut [u8],
        now: Instant,
    ) -> Transfer {
        let clock = self.device.clock(now);
        let Some(portal) = self.device.driven() else { return Transfer::Close };
        let transfer = match &mut self.mutant {
            Some(mutant) => mutant.send(connection, out, |out| portal.poll_send(connection, out, clock)),
            None => portal.poll_send(connection, out, clock),
        };
        if let Transfer::Bytes(length) = transfer {
            #[cfg(feature = "known-bugs")]
            self.leak.sends(
                connection,
                &mut out[..length],
                self.joins.last_commanded(),
                self.stored.values(),
            );
            self.observe(|| Observation::Sent(connection.index(), out[..length].to_vec()));
            #[cfg(feature = "known-bugs")]
            self.leak.puts_on_air(connection, &mut out[..length], self.joins.last_commanded());
        } else {
            self.connections.ready.remove(&connection);
        }
        transfer
    }

    pub(in crate::world) fn closed(&mut self, connection: ConnectionId) {
        if let Some(portal) = self.device.driven() {
            portal.handle_closed(connection);
        }
        if let Some(mutant) = &mut self.mutant {
            mutant.closed(connection);
            self.connections.ready.extend(mutant.waiting());
        }
        self.connections.open.remove(&connection);
        self.connections.ready.remove(&connection);
        self.observe(|| Observation::Closed(connection.index()));
    }
}

/// Whether a program asks the device to forget its networks, as [`crate::client`] does.
fn asks_to_forget(bytes: &[u8]) -> bool {
    bytes.starts_with(b"POST /api/clear ") && memmem::find(bytes, b"application/json").is_some()
}

/// Whether whoever uses the portal may have the device forget its networks: in a setup that has not led to a network.
fn may_forget(state: ProvisioningState) -> bool {
    matches!(
        state,
        ProvisioningState::PortalOpen | ProvisioningState::RetryingStored | ProvisioningState::Failed
    )
}

//! The device's sockets in a world: what a driver hands over from them, and what it is to send.

use std::net::SocketAddrV4;

use vestibule_core::http::Transfer;
use vestibule_core::mdns::Transmit;
use vestibule_core::{Arrival, ConnectionId, Instant, Interface, Radio as _, RadioCommand, Reply};

use super::World;
use super::mutant::MutantDevice;
use crate::invariant::Observation;
use crate::trace::What;
use crate::webhook::BEGINNING;

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
        let since = now - Instant::from_micros(0);
        if self.mutant.as_mut().is_some_and(|mutant| !mutant.hears(arrival.port, payload, since)) {
            return None;
        }
        let answer = self.device.portal()?.handle_datagram(arrival, payload, reply, now)?;
        self.observe(|| Observation::Answered(arrival.port, reply[..answer.length].to_vec()));
        Some(answer)
    }

    /// An mDNS datagram reached the device from the home network.
    pub fn device_mdns(&mut self, datagram: &[u8], from: SocketAddrV4, now: Instant) {
        self.device.handle_mdns(datagram, from, now);
        self.settle(now);
    }

    /// The next mDNS datagram that the device sends on the home network.
    #[must_use]
    pub fn poll_device_mdns(&mut self, out: &mut [u8], now: Instant) -> Option<Transmit> {
        let sent = self.device.poll_mdns(out, now);
        // A name may have become its own by it.
        self.settle(now);
        sent
    }

    /// The webhook that the device posts now.
    #[must_use]
    pub fn poll_device_webhook(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.device.poll_webhook(now)
    }

    /// What has arrived of the answer to it; returns whether the attempt is over.
    pub fn device_webhook_answered(&mut self, received: &[u8], ended: bool, now: Instant) -> bool {
        self.device.handle_webhook(received, ended, now)
    }

    /// A webhook reached its receiver: the answer, once all of it is there.
    pub fn webhook_received(&mut self, request: &[u8], now: Instant) -> Option<&'static str> {
        let answer = self.receiver.answer(request, BEGINNING + now.as_micros() / 1_000_000)?;
        let status = answer.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        self.note_world(now, What::Webhook { status });
        self.settle(now);
        Some(answer)
    }

    /// A connection to the device was accepted.
    pub fn device_open(&mut self, connection: ConnectionId, interface: Interface, now: Instant) {
        self.open.insert(connection);
        let clock = self.device.clock(now);
        if let Some(portal) = self.device.portal() {
            match &mut self.mutant {
                Some(mutant) => mutant.opened(connection, interface, portal, clock),
                None => portal.handle_open(connection, interface, clock),
            }
        }
        if self.mutant.as_ref().is_some_and(MutantDevice::scans_for_a_client) {
            self.air.device_radio(now).command(RadioCommand::Scan);
        }
        self.observe(|| Observation::Opened(connection.index()));
        self.settle(now);
    }

    /// Bytes reached the device on a connection; returns how many it took.
    #[must_use]
    pub fn device_received(&mut self, connection: ConnectionId, bytes: &[u8], now: Instant) -> usize {
        let clock = self.device.clock(now);
        let taken = match self.device.portal() {
            Some(portal) => match &mut self.mutant {
                Some(mutant) => mutant.received(connection, bytes, portal, clock),
                None => portal.handle_received(connection, bytes, clock),
            },
            None => bytes.len(),
        };
        self.settle(now);
        taken
    }

    /// The client of a connection will send no more.
    pub fn device_received_end(&mut self, connection: ConnectionId, now: Instant) {
        let clock = self.device.clock(now);
        if let Some(portal) = self.device.portal() {
            match &mut self.mutant {
                Some(mutant) => {
                    mutant.ended(connection, portal, clock);
                    // One that the portal was never told of may have to be closed.
                    self.ready.insert(connection);
                }
                None => portal.handle_received_end(connection, clock),
            }
        }
        self.settle(now);
    }

    /// A connection on which the device has something to send, or that is to be closed: see
    /// [`Portal::poll_ready`](vestibule_core::Portal::poll_ready), whose rules hold here, too.
    #[must_use]
    pub fn poll_ready(&mut self) -> Option<ConnectionId> {
        self.ready.pop_first()
    }

    /// Takes over what the portal names, so that it is drained after each call.
    pub(super) fn collect_ready(&mut self) {
        if let Some(portal) = self.device.portal() {
            self.ready.extend(std::iter::from_fn(|| portal.poll_ready()));
        }
    }

    /// Whether there is a connection of that number that is not to be closed.
    pub fn device_is_open(&mut self, connection: ConnectionId) -> bool {
        self.device.portal().is_some_and(|portal| portal.is_open(connection))
    }

    /// What the device sends on a connection.
    #[must_use]
    pub fn device_send(&mut self, connection: ConnectionId, out: &mut [u8], now: Instant) -> Transfer {
        let clock = self.device.clock(now);
        let Some(portal) = self.device.portal() else {
            return Transfer::Close;
        };
        let transfer = match &mut self.mutant {
            Some(mutant) => mutant.send(connection, out, |out| portal.poll_send(connection, out, clock)),
            None => portal.poll_send(connection, out, clock),
        };
        if let Transfer::Bytes(length) = transfer {
            self.observe(|| Observation::Sent(connection.index(), out[..length].to_vec()));
        } else {
            self.ready.remove(&connection);
        }
        self.settle(now);
        transfer
    }

    /// A connection to the device is gone.
    pub fn device_closed(&mut self, connection: ConnectionId) {
        if let Some(portal) = self.device.portal() {
            portal.handle_closed(connection);
        }
        if let Some(mutant) = &mut self.mutant {
            mutant.closed(connection);
            self.ready.extend(mutant.waiting());
        }
        self.open.remove(&connection);
        self.ready.remove(&connection);
        self.observe(|| Observation::Closed(connection.index()));
    }
}

//! The device's sockets, as a driver sees them: what it hands over from them, and what it is to send. The device
//! itself is [`DeviceNode`](super::device_node::DeviceNode); here the world settles after each call.

use std::net::SocketAddrV4;

use vestibule_core::http::Transfer;
#[cfg(unix)]
use vestibule_core::improv::PACKET_BYTES;
use vestibule_core::mdns::Transmit;
use vestibule_core::{Arrival, ConnectionId, Instant, Interface, Reply};

use super::World;
use crate::radio::Gateway;
use crate::trace::What;
use crate::webhook::BEGINNING;

/// What a home network's own portal answers to whatever it is asked.
const SIGN_IN_FIRST: &str = "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Length: 0\r\n\
                             Connection: close\r\n\r\n";

impl World {
    /// Whether anyone can reach the device on this interface.
    pub(crate) fn is_reachable(&mut self, interface: Interface) -> bool {
        self.device_node.is_reachable(interface, &self.air)
    }

    /// A datagram reached the device.
    pub(crate) fn device_datagram(
        &mut self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
        now: Instant,
    ) -> Option<Reply> {
        self.device_node.datagram(arrival, payload, reply, &self.air, now)
    }

    /// An mDNS datagram reached the device from the home network.
    pub(crate) fn device_mdns(&mut self, datagram: &[u8], from: SocketAddrV4, now: Instant) {
        self.device_node.device.handle_mdns(datagram, from, now);
        self.settle(now);
    }

    /// The next mDNS datagram that the device sends on the home network.
    #[must_use]
    pub(crate) fn poll_device_mdns(&mut self, out: &mut [u8], now: Instant) -> Option<Transmit> {
        let sent = self.device_node.device.poll_mdns(out, now);
        // With this datagram the device may have claimed its name.
        self.settle(now);
        sent
    }

    /// The webhook that the device posts now.
    #[must_use]
    pub(crate) fn poll_device_webhook(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.device_node.device.poll_webhook(now)
    }

    /// A part of the answer to the webhook arrived, or its end; returns whether the attempt is over.
    pub(crate) fn device_webhook_answered(&mut self, received: &[u8], ended: bool, now: Instant) -> bool {
        self.device_node.device.handle_webhook(received, ended, now)
    }

    /// A webhook reached its receiver: the answer, once all of it is there.
    pub(crate) fn webhook_received(&mut self, request: &[u8], now: Instant) -> Option<&'static str> {
        // A sign-in page answers in the receiver's place.
        let is_captive =
            self.air.joined_network().is_some_and(|network| network.subnet.gateway == Gateway::Captive);
        let answer = match is_captive {
            true => SIGN_IN_FIRST,
            false => self.webhook_receiver.answer(request, BEGINNING + now.as_micros() / 1_000_000)?,
        };
        let status = answer.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        self.log.world(now, What::Webhook { status });
        self.settle(now);
        Some(answer)
    }

    /// Bytes reached the device over its serial line; returns how many it took.
    #[cfg(unix)]
    #[must_use]
    pub(crate) fn device_serial(&mut self, bytes: &[u8], now: Instant) -> usize {
        let taken = self.device_node.device.handle_serial(bytes, now);
        self.settle(now);
        taken
    }

    /// The next packet that the device sends over its serial line; `0` bytes if there is none.
    #[cfg(unix)]
    #[must_use]
    pub(crate) fn poll_device_serial(&mut self, out: &mut [u8; PACKET_BYTES], now: Instant) -> usize {
        let length = self.device_node.device.poll_serial(out, now);
        // With what was waited for it may have begun to join.
        self.settle(now);
        length
    }

    /// A connection to the device was accepted.
    pub(crate) fn device_open(&mut self, connection: ConnectionId, interface: Interface, now: Instant) {
        self.device_node.opened(connection, interface, &mut self.air, now);
        self.settle(now);
    }

    /// Bytes reached the device on a connection; returns how many it took.
    #[must_use]
    pub(crate) fn device_received(&mut self, connection: ConnectionId, bytes: &[u8], now: Instant) -> usize {
        let taken = self.device_node.received(connection, bytes, now);
        self.settle(now);
        taken
    }

    /// The client of a connection will send no more.
    pub(crate) fn device_received_end(&mut self, connection: ConnectionId, now: Instant) {
        self.device_node.received_end(connection, now);
        self.settle(now);
    }

    /// A connection on which the device has something to send, or that is to be closed: see
    /// [`Portal::poll_ready`](vestibule_core::Portal::poll_ready), whose rules hold here, too.
    #[must_use]
    pub(crate) fn poll_ready(&mut self) -> Option<ConnectionId> {
        self.device_node.poll_ready()
    }

    /// Whether there is a connection of that number that is not to be closed.
    pub(crate) fn device_is_open(&mut self, connection: ConnectionId) -> bool {
        self.device_node.is_open(connection)
    }

    /// Whether a connection has had its answer, and nothing of another request has come.
    pub(crate) fn device_is_idle(&mut self, connection: ConnectionId) -> bool {
        self.device_node.is_idle(connection)
    }

    /// What the device sends on a connection.
    #[must_use]
    pub(crate) fn device_send(&mut self, connection: ConnectionId, out: &mut [u8], now: Instant) -> Transfer {
        let transfer = self.device_node.send(connection, out, now);
        self.settle(now);
        transfer
    }

    /// A connection to the device is gone.
    pub(crate) fn device_closed(&mut self, connection: ConnectionId) {
        self.device_node.closed(connection);
    }
}

//! A server that serves one client at a time and waits for the whole request of that client without a
//! deadline. The other clients get no answer meanwhile.

use std::collections::VecDeque;

use vestibule_core::http::Transfer;
use vestibule_core::{ConnectionId, Instant, Interface};

use super::requests::is_whole;
use crate::device::DrivenPortal;

/// The clients, the one that is served first.
#[derive(Debug, Default)]
pub(super) struct Queue(VecDeque<Client>);

#[derive(Debug)]
struct Client {
    number: ConnectionId,
    interface: Interface,
    heard: Vec<u8>,
    ended: bool,
    /// Whether the portal was told of it, which happens once its request is whole.
    known: bool,
    /// Whether the portal has begun to answer.
    answered: bool,
}

impl Queue {
    pub(super) fn opened(&mut self, number: ConnectionId, interface: Interface) {
        let heard = Vec::new();
        self.0.push_back(Client { number, interface, heard, ended: false, known: false, answered: false });
    }

    /// Returns how many bytes were taken.
    pub(super) fn received(
        &mut self,
        number: ConnectionId,
        bytes: &[u8],
        portal: &mut dyn DrivenPortal,
        clock: Instant,
    ) -> usize {
        let Some(client) = self.0.front_mut().filter(|client| client.number == number) else { return 0 };
        if client.known {
            return portal.handle_received(number, bytes, clock);
        }
        client.heard.extend_from_slice(bytes);
        if is_whole(&client.heard) {
            client.known = true;
            portal.handle_open(number, client.interface, clock);
            // One request is never too long for a connection that is new.
            let _ = portal.handle_received(number, &client.heard, clock);
        }
        bytes.len()
    }

    pub(super) fn ended(&mut self, number: ConnectionId, portal: &mut dyn DrivenPortal, clock: Instant) {
        let Some(client) = self.0.iter_mut().find(|client| client.number == number) else { return };
        client.ended = true;
        if client.known {
            portal.handle_received_end(number, clock);
        }
    }

    /// What is sent to a client; `poll` is what the portal sends.
    pub(super) fn send(&mut self, number: ConnectionId, poll: impl FnOnce() -> Transfer) -> Transfer {
        let Some(client) = self.0.iter_mut().find(|client| client.number == number) else {
            return Transfer::Close;
        };
        if !client.known {
            return if client.ended { Transfer::Close } else { Transfer::Idle };
        }
        match poll() {
            // Its answer is complete, so the next client is served.
            Transfer::Idle if client.answered => Transfer::Close,
            transfer => {
                client.answered |= matches!(transfer, Transfer::Bytes(_));
                transfer
            }
        }
    }

    /// The clients that have not been served yet.
    pub(super) fn waiting(&self) -> impl Iterator<Item = ConnectionId> {
        self.0.iter().map(|client| client.number)
    }

    pub(super) fn closed(&mut self, number: ConnectionId) {
        self.0.retain(|client| client.number != number);
    }
}

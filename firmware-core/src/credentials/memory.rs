//! What a device remembers: the networks that it has joined, and what the owner entered into the
//! application's fields. How it is kept in flash is [`super::Store`]'s business.

use heapless::Vec;

use super::Values;
use crate::limits::STORED_NETWORKS;
use crate::network_credentials::Credentials;
use crate::ssid::Ssid;

/// Networks, the one joined last first, and values.
///
/// ```
/// use vestibule_core::credentials::Memory;
/// use vestibule_core::{Credentials, Passphrase, Ssid};
///
/// let mut memory = Memory::new();
/// let ssid = Ssid::new(b"Home")?;
/// memory.remember(Credentials { ssid, passphrase: Passphrase::open() });
/// assert_eq!(memory.networks().len(), 1);
/// # Ok::<(), vestibule_core::SsidTooLong>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    networks: Vec<Credentials, STORED_NETWORKS>,
    /// What the application's fields hold.
    pub values: Values,
}

impl Memory {
    /// Nothing.
    pub const fn new() -> Self {
        Self { networks: Vec::new(), values: Values::new() }
    }

    /// The networks, the one joined last first.
    pub fn networks(&self) -> &[Credentials] {
        &self.networks
    }

    /// Forgets everything, in place.
    pub(crate) fn clear(&mut self) {
        self.networks.clear();
        self.values.clear();
    }

    /// Puts a network first, in place of an earlier entry of that name. If there is no room, the network that
    /// was joined longest ago is forgotten. A network without a name is not remembered, because it cannot be
    /// joined.
    pub fn remember(&mut self, credentials: Credentials) {
        if credentials.ssid.is_empty() {
            return;
        }
        let known = self.networks.iter().position(|known| known.ssid == credentials.ssid);
        let place = match known.or(self.networks.is_full().then_some(STORED_NETWORKS - 1)) {
            Some(replaced) => {
                self.networks[replaced] = credentials;
                replaced
            }
            None => {
                // There is room.
                let _ = self.networks.push(credentials);
                self.networks.len() - 1
            }
        };
        // To the front, past the others, which keep their order.
        for place in (0..place).rev() {
            self.networks.swap(place, place + 1);
        }
    }

    /// Forgets a network.
    pub fn forget(&mut self, ssid: &Ssid) {
        let Some(place) = self.networks.iter().position(|known| known.ssid == *ssid) else { return };
        // To the end, where it is wiped in its place: one that is moved out leaves its bytes behind.
        for next in place + 1..self.networks.len() {
            self.networks.swap(next - 1, next);
        }
        self.networks.truncate(self.networks.len() - 1);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && self.values.is_empty()
    }

    /// Puts a network last, as flash hands them out; `None` if there is no room for it.
    pub(super) fn append(&mut self, credentials: Credentials) -> Option<()> {
        self.networks.push(credentials).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passphrase::Passphrase;

    fn network(number: u8, secret: &[u8]) -> Credentials {
        Credentials {
            ssid: Ssid::new(&[b'a' + number]).unwrap(),
            passphrase: Passphrase::new(secret).unwrap(),
        }
    }

    #[test]
    fn the_last_one_joined_stands_first_and_the_oldest_makes_room() {
        let mut memory = Memory::new();
        for number in 0..6 {
            memory.remember(network(number, b"first secret"));
        }
        memory.remember(network(3, b"second secret"));
        let names: std::vec::Vec<_> =
            memory.networks().iter().map(|known| known.ssid.as_bytes()[0]).collect();
        assert_eq!(names, *b"dfec");
        assert_eq!(memory.networks()[0], network(3, b"second secret"), "the new passphrase counts");
        memory.forget(&network(5, b"").ssid);
        assert_eq!(memory.networks().len(), 3);
    }

    #[test]
    fn a_network_without_a_name_is_not_remembered() {
        let mut memory = Memory::new();
        memory.remember(Credentials { ssid: Ssid::EMPTY, passphrase: Passphrase::open() });
        assert!(memory.is_empty());
    }
}

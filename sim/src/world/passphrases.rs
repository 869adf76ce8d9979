//! The passphrases of a world: those that somebody types, and those that networks change to.

use vestibule_core::{Passphrase, Ssid};

use crate::radio::{key_of, made_up_passphrase};
use crate::scenario::Try;

/// A passphrase that is no network's.
pub(super) const WRONG: &[u8] = b"not the right one";

/// The passphrase that somebody types who means to try `which` of the network of this name.
pub(super) fn typed(which: &Try, right: &Passphrase, ssid: &Ssid) -> Vec<u8> {
    match which {
        Try::Right => right.expose().to_vec(),
        Try::Wrong => WRONG.to_vec(),
        Try::TooShort => b"short77".to_vec(),
        Try::Key => key_of(right, ssid).expose().to_vec(),
        Try::Text(text) => text.0.expose().to_vec(),
    }
}

/// The same as what a phone joins the device's access point with. One that is too short for that is a wrong
/// one; the label has no key.
pub(super) fn passphrase_typed(which: &Try, right: &Passphrase) -> Passphrase {
    Passphrase::new(&typed(which, right, &Ssid::EMPTY)).unwrap_or(Passphrase::open())
}

/// Makes up the passphrases that networks change to.
pub(super) struct NewPassphrases {
    seed: u64,
    /// How many passphrases the seed has made up so far.
    made_up: usize,
}

impl NewPassphrases {
    /// Of a world whose networks may have been given as many passphrases as there are networks.
    pub(super) fn new(seed: u64, networks: usize) -> Self {
        Self { seed, made_up: networks }
    }

    /// Another passphrase than any before.
    pub(super) fn next(&mut self) -> Passphrase {
        self.made_up += 1;
        made_up_passphrase(self.seed, self.made_up - 1)
    }
}

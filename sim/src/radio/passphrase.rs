//! The passphrase of a network that is given none.

use rand_chacha::rand_core::Rng;
use vestibule_core::Passphrase;

use crate::random_streams::{RandomStream, stream};

/// A passphrase that the seed makes up for a network: letters and digits, sixteen of them.
pub(crate) fn made_up_passphrase(seed: u64, network: usize) -> Passphrase {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut secret = [0; 16];
    stream(seed, RandomStream::Passphrase, network as u64).fill_bytes(&mut secret);
    for byte in &mut secret {
        *byte = LETTERS[usize::from(*byte) % LETTERS.len()];
    }
    Passphrase::new(&secret).unwrap_or(Passphrase::open())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_the_same_one_in_each_run_of_a_seed() {
        assert_eq!(made_up_passphrase(7, 0), made_up_passphrase(7, 0));
        assert_ne!(made_up_passphrase(7, 0), made_up_passphrase(7, 1));
    }
}

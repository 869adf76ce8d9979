//! What a handshake takes from its surroundings, as a simulated world has it: one moment, random bytes that are
//! always the same, and a key exchange with a secret that is none. Nothing that is to stay secret is ever sent over
//! such a connection, and none of them leaves this process but to a device under test.
//!
//! `ring` draws the secret of a key exchange from the operating system and lets nobody else supply it, so this one is
//! by `x25519-dalek`. Signatures are Ed25519, which draws nothing.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret, SupportedKxGroup,
};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{Error, NamedGroup, PeerMisbehaved};
use x25519_dalek::{PublicKey, StaticSecret};

/// The moment of every simulated handshake: 2026-01-01. Chosen.
const NOW: Duration = Duration::from_secs(1_767_225_600);

/// The byte that all of them are.
const RANDOM: u8 = 0x56;

/// Which ciphers, keys and random bytes a simulated host has.
pub(super) fn provider() -> Arc<CryptoProvider> {
    let provider = rustls::crypto::ring::default_provider();
    Arc::new(CryptoProvider { secure_random: &FixedRandom, kx_groups: vec![&FixedX25519], ..provider })
}

/// A clock that stands still.
#[derive(Debug)]
pub(super) struct FixedTime;

impl TimeProvider for FixedTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(NOW))
    }
}

#[derive(Debug)]
struct FixedRandom;

impl SecureRandom for FixedRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        bytes.fill(RANDOM);
        Ok(())
    }
}

/// X25519 (RFC 7748) with the same secret each time.
#[derive(Debug)]
struct FixedX25519;

impl SupportedKxGroup for FixedX25519 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = StaticSecret::from([RANDOM; 32]);
        Ok(Box::new(FixedKeyExchange { public: PublicKey::from(&secret), secret }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

struct FixedKeyExchange {
    secret: StaticSecret,
    public: PublicKey,
}

impl ActiveKeyExchange for FixedKeyExchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer = <[u8; 32]>::try_from(peer).map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(peer));
        Ok(SharedSecret::from(&shared.as_bytes()[..]))
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

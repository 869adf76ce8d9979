//! What a handshake takes from its surroundings, as a simulated world has it: one moment, random bytes that are
//! always the same, and a key exchange whose keys everybody knows. Nothing secret is ever sent over such a connection,
//! and none of them leaves this process.
//!
//! `ring` draws the keys of an exchange from the operating system and lets nobody else supply them. Signatures are
//! Ed25519, which draws nothing.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret, SupportedKxGroup,
};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{Error, NamedGroup, PeerMisbehaved};

/// The moment of every simulated handshake: 2026-01-01. Chosen.
const NOW: Duration = Duration::from_secs(1_767_225_600);

/// The byte that all random ones are.
const RANDOM: u8 = 0x56;

/// What two ends agree on who have the keys of RFC 7748 section 6.1: Alice's is the client's, Bob's the server's.
const SHARED: [u8; 32] = [
    0x4a, 0x5d, 0x9d, 0x5b, 0xa4, 0xce, 0x2d, 0xe1, 0x72, 0x8e, 0x3b, 0xf4, 0x80, 0x35, 0x0f, 0x25, 0xe0,
    0x7e, 0x21, 0xc9, 0x47, 0xd1, 0x9e, 0x33, 0x76, 0xf0, 0x9b, 0x3c, 0x1e, 0x16, 0x17, 0x42,
];
const ALICE: [u8; 32] = [
    0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a, 0x0d,
    0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a,
];
const BOB: [u8; 32] = [
    0xde, 0x9e, 0xdb, 0x7d, 0x7b, 0x7d, 0xc1, 0xb4, 0xd3, 0x5b, 0x61, 0xc2, 0xec, 0xe4, 0x35, 0x37, 0x3f,
    0x83, 0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d, 0xad, 0xfc, 0x7e, 0x14, 0x6f, 0x88, 0x2b, 0x4f,
];
static CLIENT: KnownX25519 = KnownX25519 { own: ALICE, peer: BOB };
static SERVER: KnownX25519 = KnownX25519 { own: BOB, peer: ALICE };

/// Which ciphers, keys and random bytes a simulated client has.
pub(super) fn client_provider() -> Arc<CryptoProvider> {
    provider(&CLIENT)
}

/// The same of a simulated server.
pub(super) fn server_provider() -> Arc<CryptoProvider> {
    provider(&SERVER)
}

fn provider(keys: &'static KnownX25519) -> Arc<CryptoProvider> {
    let provider = rustls::crypto::ring::default_provider();
    Arc::new(CryptoProvider { secure_random: &FixedRandom, kx_groups: vec![keys], ..provider })
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

/// X25519 with the other simulated end, and with nobody else.
#[derive(Clone, Copy, Debug)]
struct KnownX25519 {
    own: [u8; 32],
    peer: [u8; 32],
}

impl SupportedKxGroup for KnownX25519 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Ok(Box::new(*self))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

impl ActiveKeyExchange for KnownX25519 {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        if peer == self.peer {
            return Ok(SharedSecret::from(&SHARED[..]));
        }
        Err(PeerMisbehaved::InvalidKeyShare.into())
    }

    fn pub_key(&self) -> &[u8] {
        &self.own
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

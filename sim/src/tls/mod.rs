//! TLS as phones and the hosts around them speak it: handshakes by `rustls`, bytes in and bytes out. Whatever a
//! socket, a simulated stack or a world in memory carries is fed in, and what is to be sent is taken out.
//!
//! Nothing here knows what a system makes of a handshake that fails, opens a socket, or asks a clock in a simulated
//! world: there the time stands still and random bytes are always the same ([`simulation`]), so that the same seed
//! gives the same bytes.

mod authority;
mod client;
mod server;
mod simulation;
#[cfg(test)]
mod tests;
mod trust;

pub(crate) use authority::{ServerCertificate, self_signed_server};
pub use client::HandshakeProblem;
pub(crate) use client::{Client, ClientEvent};
pub(crate) use server::Server;
pub use trust::{Trust, TrustError};

/// Passes the bytes between the two until both are silent, and returns what came of it for the client.
pub(crate) fn exchange(client: &mut Client, server: &mut Server) -> Vec<ClientEvent> {
    let mut events = Vec::new();
    loop {
        let sent = client.take_bytes();
        server.receive(&sent);
        let answered = server.take_bytes();
        if sent.is_empty() && answered.is_empty() {
            return events;
        }
        events.extend(client.receive(&answered));
    }
}

/// Random bytes of this machine's, for what is really sent to somebody: never in a simulated world.
///
/// # Panics
/// This machine has none.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).expect("a machine has random bytes");
    bytes
}

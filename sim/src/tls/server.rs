//! A server's end of a TLS connection: a handshake with one certificate, and one reply to whatever is asked.

use std::io::Read;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};

/// The end of a request's head.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The server of one connection.
pub(crate) struct Server {
    connection: ServerConnection,
    request: Vec<u8>,
    reply: Vec<u8>,
    is_over: bool,
}

impl Server {
    /// It answers with `reply`, and then closes; without a reply it closes once the handshake is over.
    ///
    /// `None` where `rustls` refuses the configuration, which a certificate of this module never is.
    pub(super) fn new(config: Arc<ServerConfig>, reply: Vec<u8>) -> Option<Self> {
        let connection = ServerConnection::new(config).ok()?;
        Some(Self { connection, request: Vec::new(), reply, is_over: false })
    }

    /// Takes bytes of the client's.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_over {
            let is_read = self.connection.read_tls(&mut bytes).is_ok();
            if !is_read || self.connection.process_new_packets().is_err() {
                self.is_over = true;
                return;
            }
            // Nothing more being there is no failure.
            let _ = self.connection.reader().read_to_end(&mut self.request);
            let is_asked = self.request.windows(END_OF_HEAD.len()).any(|end| end == END_OF_HEAD);
            if is_asked || (self.reply.is_empty() && !self.connection.is_handshaking()) {
                self.answer();
            }
        }
    }

    fn answer(&mut self) {
        // It buffers everything: replies are far below its limit.
        let _ = std::io::Write::write_all(&mut self.connection.writer(), &self.reply);
        self.connection.send_close_notify();
        self.is_over = true;
    }

    /// What is to be sent now.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.connection.wants_write() {
            // A vector takes everything.
            let _ = self.connection.write_tls(&mut bytes);
        }
        bytes
    }

    /// Whether nothing more is to be said.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }
}

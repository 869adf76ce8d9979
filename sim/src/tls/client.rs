//! A phone's end of a TLS connection: what it sends, and what came of the handshake and of the request after it.

use std::io::Read;

use rustls::{CertificateError, ClientConnection, Error};

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeProblem {
    /// Nobody whom the phone trusts has signed the certificate.
    #[error("a certificate that nobody signed whom it trusts")]
    UnknownIssuer,
    /// The certificate is for another name.
    #[error("a certificate for another name")]
    WrongName,
    /// The certificate is over, or not valid yet.
    #[error("a certificate that is out of its time")]
    OutOfTime,
    /// The certificate is of no use for another reason.
    #[error("a certificate that is of no use")]
    Certificate,
    /// The server ended the handshake with an alert.
    #[error("an alert in place of a handshake")]
    Alert,
    /// What came is no TLS.
    #[error("an answer that is not TLS")]
    NotTls,
    /// The two have nothing in common, or the server speaks TLS wrongly.
    #[error("a handshake that cannot be completed")]
    Incompatible,
}

/// What came of a connection for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientEvent {
    /// The handshake is over, and the request is on its way.
    Established,
    /// These bytes came, decrypted.
    Received(Vec<u8>),
    /// The server closed in an orderly way.
    Closed,
    /// There is no connection.
    Failed(HandshakeProblem),
    /// What came after the handshake cannot be decrypted, or is an alert.
    Broken,
}

/// The client of one connection.
pub(crate) struct Client {
    connection: ClientConnection,
    /// What is sent once the handshake is over.
    request: Vec<u8>,
    is_established: bool,
    is_over: bool,
}

impl Client {
    pub(super) fn new(connection: ClientConnection, request: Vec<u8>) -> Self {
        Self { connection, request, is_established: false, is_over: false }
    }

    /// What is to be sent now: the ClientHello at first, an alert after a failure.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.connection.wants_write() {
            // A vector takes everything.
            let _ = self.connection.write_tls(&mut bytes);
        }
        bytes
    }

    /// Takes bytes of the server's.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) -> Vec<ClientEvent> {
        let mut events = Vec::new();
        while !bytes.is_empty() && !self.is_over {
            let result = match self.connection.read_tls(&mut bytes) {
                Ok(_) => self.connection.process_new_packets().map(drop),
                // Its buffers are emptied below each time; more than fits into one record is none.
                Err(_) => Err(Error::General(String::new())),
            };
            self.advance(&mut events);
            if let Err(error) = result {
                self.is_over = true;
                events.push(match self.is_established {
                    true => ClientEvent::Broken,
                    false => ClientEvent::Failed(problem(&error)),
                });
            }
        }
        events
    }

    /// Tells what the last packets have changed.
    fn advance(&mut self, events: &mut Vec<ClientEvent>) {
        if !self.is_established && !self.connection.is_handshaking() {
            self.is_established = true;
            let request = std::mem::take(&mut self.request);
            write(&mut self.connection, &request);
            events.push(ClientEvent::Established);
        }
        let mut piece = [0; 4096];
        loop {
            match self.connection.reader().read(&mut piece) {
                Ok(0) => {
                    self.is_over = true;
                    return events.push(ClientEvent::Closed);
                }
                Ok(length) => events.push(ClientEvent::Received(piece[..length].to_vec())),
                // Nothing more is there yet.
                Err(_) => return,
            }
        }
    }
}

fn write(connection: &mut ClientConnection, bytes: &[u8]) {
    // It buffers everything: requests are far below its limit.
    let _ = std::io::Write::write_all(&mut connection.writer(), bytes);
}

fn problem(error: &Error) -> HandshakeProblem {
    use CertificateError as Wrong;
    match error {
        Error::InvalidCertificate(Wrong::UnknownIssuer) => HandshakeProblem::UnknownIssuer,
        Error::InvalidCertificate(Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }) => {
            HandshakeProblem::WrongName
        }
        Error::InvalidCertificate(
            Wrong::Expired
            | Wrong::ExpiredContext { .. }
            | Wrong::NotValidYet
            | Wrong::NotValidYetContext { .. },
        ) => HandshakeProblem::OutOfTime,
        Error::InvalidCertificate(_) | Error::NoCertificatesPresented => HandshakeProblem::Certificate,
        Error::AlertReceived(_) => HandshakeProblem::Alert,
        Error::InvalidMessage(_) => HandshakeProblem::NotTls,
        _ => HandshakeProblem::Incompatible,
    }
}

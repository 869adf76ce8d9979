//! An example of the contract by which a driver drives the core, on the smallest of protocols: what
//! comes in goes out again (RFC 862). [`Echo`] is sans-IO and bounded like a connection of the
//! portal; [`serve`] is a driver on one thread that waits for nobody.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vestibule_core::http::Transfer;

/// Bytes of one client that are on their way back.
const ROOM: usize = 64;

/// One connection of the echo server.
#[derive(Default)]
pub(crate) struct Echo {
    waiting: Vec<u8>,
    ended: bool,
}

impl Echo {
    /// Bytes arrived. Returns how many were taken; the rest is to be offered again after
    /// [`Echo::poll_send`]. So a client that does not read cannot make it grow.
    pub(crate) fn handle_received(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(ROOM - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        taken
    }

    /// The client will send no more.
    pub(crate) fn handle_received_end(&mut self) {
        self.ended = true;
    }

    /// What to send, or that it is to close.
    pub(crate) fn poll_send(&mut self, out: &mut [u8]) -> Transfer {
        let length = self.waiting.len().min(out.len());
        if length > 0 {
            out[..length].copy_from_slice(&self.waiting[..length]);
            self.waiting.drain(..length);
            return Transfer::Bytes(length);
        }
        if std::mem::take(&mut self.ended) { Transfer::Close } else { Transfer::Idle }
    }
}

/// A client of the server: its socket, its protocol, and what each has not yet taken of the other.
struct Client {
    stream: TcpStream,
    echo: Echo,
    received: Vec<u8>,
    unsent: Vec<u8>,
}

/// Serves both sockets until told to stop.
pub(crate) fn serve(tcp: &TcpListener, udp: &UdpSocket, stop: &AtomicBool) -> std::io::Result<()> {
    tcp.set_nonblocking(true)?;
    udp.set_nonblocking(true)?;
    let mut clients: Vec<Client> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let mut datagram = [0; 512];
        if let Ok((length, from)) = udp.recv_from(&mut datagram) {
            let _ = udp.send_to(&datagram[..length], from);
        }
        if let Ok((stream, _)) = tcp.accept() {
            stream.set_nonblocking(true)?;
            clients.push(Client { stream, echo: Echo::default(), received: vec![], unsent: vec![] });
        }
        clients.retain_mut(|client| client.step().unwrap_or(false));
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

impl Client {
    /// Moves what can be moved now; `false` when the connection is over.
    fn step(&mut self) -> std::io::Result<bool> {
        if self.received.is_empty() {
            let mut piece = [0; 512];
            match self.stream.read(&mut piece) {
                Ok(0) => self.echo.handle_received_end(),
                Ok(length) => self.received.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        let taken = self.echo.handle_received(&self.received);
        self.received.drain(..taken);
        if self.unsent.is_empty() {
            let mut out = [0; ROOM];
            match self.echo.poll_send(&mut out) {
                Transfer::Bytes(length) => self.unsent.extend_from_slice(&out[..length]),
                Transfer::Close if self.received.is_empty() => return Ok(false),
                _ => {}
            }
        }
        match self.stream.write(&self.unsent) {
            Ok(sent) => drop(self.unsent.drain(..sent)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

//! Frames as datagrams, one each: QEMU's `-netdev dgram`, or anything else that can send a datagram.

use std::io;
use std::net::SocketAddr;

use tokio::net::UdpSocket;

use super::{FRAME_BYTES, LinkError, LinkSpec};

/// A pair of sockets, of which this is one.
pub(super) struct Udp {
    socket: UdpSocket,
}

impl Udp {
    pub(super) async fn open(
        spec: &LinkSpec,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Result<Self, LinkError> {
        let failed = |error| LinkError::Io { link: spec.to_string(), error };
        let socket = UdpSocket::bind(local).await.map_err(failed)?;
        // Only the peer's datagrams arrive then.
        socket.connect(peer).await.map_err(failed)?;
        Ok(Self { socket })
    }

    pub(super) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        // An error that a frame before this one met is told now, and nothing was sent: a second call sends. Where
        // nobody is, for the moment or not yet, frames are lost, as on any link.
        for _ in 0..2 {
            match self.socket.send(frame).await {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                sent => return sent.map(|_| ()),
            }
        }
        Ok(())
    }

    pub(super) async fn receive(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let mut frame = vec![0; FRAME_BYTES];
            match self.socket.recv(&mut frame).await {
                Ok(length) => {
                    frame.truncate(length);
                    return Ok(frame);
                }
                // The answer to a frame that nobody took.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error),
            }
        }
    }
}

//! One of a device's two network devices, as a pair of UDP sockets: each datagram is a frame.
//!
//! Everything goes over 127.0.0.1, which is the same on every operating system.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket as StdUdpSocket};

use tokio::net::UdpSocket;

/// More bytes than any frame has.
const FRAME_BYTES: usize = 2048;

pub(super) struct NetworkDevice {
    socket: UdpSocket,
    /// This end.
    pub(super) host: SocketAddrV4,
    /// The device's end.
    pub(super) guest: SocketAddrV4,
}

impl NetworkDevice {
    pub(super) async fn new() -> std::io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = |address: SocketAddr| SocketAddrV4::new(Ipv4Addr::LOCALHOST, address.port());
        let host = port(socket.local_addr()?);
        // A port that is free now. If another program takes it before the device does, the device reports it.
        let guest = port(StdUdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?);
        Ok(Self { socket, host, guest })
    }

    /// The next frame from the device.
    pub(super) async fn receive(&self) -> Vec<u8> {
        let mut frame = vec![0; FRAME_BYTES];
        loop {
            // An error here is the ICMP answer to an earlier datagram that the device did not receive.
            if let Ok((length, from)) = self.socket.recv_from(&mut frame).await
                && from == self.guest.into()
            {
                frame.truncate(length);
                return frame;
            }
        }
    }

    /// Sends it a frame. If the socket's buffer is full the frame is lost, as on a network.
    pub(super) fn send(&self, frame: &[u8]) {
        let _ = self.socket.try_send_to(frame, self.guest.into());
    }
}

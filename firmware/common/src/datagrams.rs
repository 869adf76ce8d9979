//! DNS and DHCP on the access point: passes datagrams to the portal, and its answers back.

use core::net::{Ipv4Addr, SocketAddrV4};

use embassy_net::udp::{PacketMetadata, UdpMetadata, UdpSocket};
use embassy_net::{IpAddress, Stack};
use embedded_storage::nor_flash::NorFlash;
use log::warn;
use vestibule_core::application::Application;
use vestibule_core::limits::DHCP_REPLY_BYTES;
use vestibule_core::{Arrival, Entropy, Interface};

use crate::device::Device;
use crate::limits::{UDP_BUFFER, UDP_DATAGRAMS};

/// Serves the datagrams that arrive at `port`. Never returns.
pub(crate) async fn serve<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    stack: Stack<'_>,
    port: u16,
    [receive, send]: &mut [[u8; UDP_BUFFER]; 2],
) -> ! {
    let (mut receive_meta, mut send_meta) =
        ([PacketMetadata::EMPTY; UDP_DATAGRAMS], [PacketMetadata::EMPTY; UDP_DATAGRAMS]);
    let mut socket = UdpSocket::new(stack, &mut receive_meta, receive, &mut send_meta, send);
    if socket.bind(port).is_err() {
        // This cannot happen: the port is not 0 and no other socket binds it.
        core::future::pending::<()>().await;
    }
    let mut reply = [0; DHCP_REPLY_BYTES];
    loop {
        let answered =
            socket.recv_from_with(|payload, meta| handle(device, port, payload, meta, &mut reply)).await;
        if let Some((to, length)) = answered
            && let Err(error) = socket.send_to(&reply[..length], to).await
        {
            // It is lost, as can happen on any network; the client asks again.
            warn!("an answer to {to} could not be sent: {error:?}");
        }
    }
}

/// The answer to a datagram: where to, and how many bytes of `reply`.
fn handle<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    port: u16,
    payload: &[u8],
    meta: UdpMetadata,
    reply: &mut [u8],
) -> Option<(SocketAddrV4, usize)> {
    let IpAddress::Ipv4(address) = meta.endpoint.addr;
    let from = SocketAddrV4::new(address, meta.endpoint.port);
    let answer =
        device.handle_datagram(Arrival { interface: Interface::AccessPoint, from, port }, payload, reply)?;
    // This stack cannot choose a frame's destination. A client without an address gets its reply by
    // broadcast, as `Reply::hardware` allows.
    let to = match answer.hardware {
        Some(_) => SocketAddrV4::new(Ipv4Addr::BROADCAST, answer.to.port()),
        None => answer.to,
    };
    Some((to, answer.length))
}

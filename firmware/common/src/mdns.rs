//! The device's name on the home network: the core's mDNS responder on a socket of its own. This module
//! passes datagrams and moments; the core decides what is answered.

use core::net::SocketAddrV4;

use embassy_futures::select::{Either3, select3};
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{IpAddress, Stack};
use embassy_time::Timer;
use embedded_storage::nor_flash::NorFlash;
use log::{info, warn};
use vestibule_core::application::Application;
use vestibule_core::limits::MDNS_MESSAGE_BYTES;
use vestibule_core::mdns::{HostName, MDNS_GROUP, MDNS_PORT, Responder, Service};
use vestibule_core::{Entropy, StationAddress};

use crate::device::{Device, now};
use crate::limits::{UDP_BUFFER, UDP_DATAGRAMS};

/// The time to live of everything that is sent (RFC 6762 section 11).
const HOPS: u8 = 255;

/// Announces the device's name while it is on the home network, and answers for it. Never returns.
pub(crate) async fn announce_name<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    stack: Stack<'_>,
    http_port: u16,
    [receive, send]: &mut [[u8; UDP_BUFFER]; 2],
) -> ! {
    let (mut receive_meta, mut send_meta) =
        ([PacketMetadata::EMPTY; UDP_DATAGRAMS], [PacketMetadata::EMPTY; UDP_DATAGRAMS]);
    let mut socket = UdpSocket::new(stack, &mut receive_meta, receive, &mut send_meta, send);
    socket.set_hop_limit(Some(HOPS));
    let joined = stack.join_multicast_group(*MDNS_GROUP.ip()).is_ok();
    let service = Service::new(http_port, &["path=/"]);
    let (Ok(service), true, true) = (service, joined, socket.bind(MDNS_PORT).is_ok()) else {
        warn!("the device's name cannot be announced on the home network");
        core::future::pending().await
    };
    let mut responder = Responder::new(HostName::of(&device.name()), service);
    let mut link: Option<StationAddress> = None;
    let mut is_known = false;
    loop {
        if device.home() != link {
            link = device.home();
            is_known = false;
            match link {
                Some(StationAddress { address, prefix, .. }) => {
                    device.with_entropy(|entropy| responder.handle_link(address, prefix, entropy, now()));
                }
                None => responder.handle_link_lost(),
            }
        }
        let mut out = [0; MDNS_MESSAGE_BYTES];
        while let Some(sent) = responder.poll_send(&mut out, now()) {
            if let Err(error) = socket.send_to(&out[..sent.length], sent.to).await {
                // It is lost, as can happen on any network.
                warn!("a datagram of mDNS could not be sent: {error:?}");
            }
        }
        if responder.is_established() && !is_known {
            is_known = true;
            info!("the device is called {:?} on the home network", responder.name());
            device.set_host_name(*responder.name());
        }
        let due = async {
            match responder.poll_timeout() {
                Some(due) => Timer::at(embassy_time::Instant::from_micros(due.as_micros())).await,
                None => core::future::pending().await,
            }
        };
        let mut datagram = [0; UDP_BUFFER];
        match select3(socket.recv_from(&mut datagram), due, device.home_changed()).await {
            Either3::First(Ok((length, meta))) => {
                let IpAddress::Ipv4(from) = meta.endpoint.addr;
                let from = SocketAddrV4::new(from, meta.endpoint.port);
                let bytes = datagram.get(..length).unwrap_or_default();
                is_known &= device.with_entropy(|entropy| {
                    let before = *responder.name();
                    responder.handle_datagram(bytes, from, entropy, now());
                    before == *responder.name()
                });
            }
            // The datagram is longer than any that is read.
            Either3::First(Err(_)) | Either3::Second(()) | Either3::Third(()) => {}
        }
    }
}

//! The device's listening sockets: passes datagrams between them and the world's device, and
//! gives each connection a place; `connection` passes its bytes. Nothing is decided here.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use vestibule_core::limits::{DHCP_REPLY_BYTES, DNS_REPLY_BYTES};
use vestibule_core::{Arrival, DHCP_PORT, DNS_PORT, Interface};

use super::hosts::Sockets;
use super::{Shared, SocketEvent, connection, home_services, lock};
use crate::world::World;

/// Bytes read or written at once.
const BUFFER_BYTES: usize = 2048;

/// Serves the device's sockets until the tasks are ended.
pub(super) fn serve(shared: &Arc<Shared>, sockets: Sockets, tasks: &mut JoinSet<()>) {
    tasks.spawn(answer(Arc::clone(shared), sockets.dns, DNS_PORT));
    if let Some(dhcp) = sockets.dhcp {
        tasks.spawn(answer(Arc::clone(shared), dhcp, DHCP_PORT));
    }
    tasks.spawn(home_services::serve_mdns(Arc::clone(shared), sockets.mdns));
    tasks.spawn(home_services::post_webhooks(Arc::clone(shared)));
    tasks.spawn(home_services::receive_webhooks(Arc::clone(shared), sockets.receiver));
    tasks.spawn(accept(Arc::clone(shared), sockets.http, Interface::AccessPoint));
    tasks.spawn(accept(Arc::clone(shared), sockets.home, Interface::Home));
}

async fn answer(shared: Arc<Shared>, socket: UdpSocket, port: u16) {
    let mut request = [0; BUFFER_BYTES];
    let mut reply = [0; if DNS_REPLY_BYTES > DHCP_REPLY_BYTES { DNS_REPLY_BYTES } else { DHCP_REPLY_BYTES }];
    loop {
        // An error here belongs to an earlier datagram (ICMP came back for it).
        let Ok((length, SocketAddr::V4(from))) = socket.recv_from(&mut request).await else {
            continue;
        };
        shared.notify_observer(|| SocketEvent::Datagram(from, port, request[..length].to_vec()));
        let arrival = Arrival { interface: Interface::AccessPoint, from, port };
        // An answer changes nothing in the world, so it need not settle.
        let answer = {
            let mut world = lock(&shared.world);
            let answer = world.device_datagram(arrival, &request[..length], &mut reply, shared.now());
            let note = |world: &mut World, sent, bytes| {
                shared.note_socket_bytes(world, from.into(), format_args!("UDP port {port}"), sent, bytes, 0);
            };
            note(&mut world, false, &request[..length]);
            if let Some(answer) = &answer {
                note(&mut world, true, &reply[..answer.length]);
            }
            answer
        };
        if shared.details.load(Ordering::Relaxed) {
            // So that followers get the new records now.
            shared.with(|_, _| ());
        }
        if let Some(answer) = answer {
            // A client without an address can be reached through a socket by broadcast alone.
            let to = match answer.hardware {
                Some(_) => SocketAddrV4::new(Ipv4Addr::BROADCAST, answer.to.port()),
                None => answer.to,
            };
            if let Err(error) = socket.send_to(&reply[..answer.length], to).await {
                tracing::debug!(%error, %to, "an answer could not be sent");
            }
        }
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, interface: Interface) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, from)) = listener.accept().await else {
            // For example out of file descriptors: let some connections end first.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        if !lock(&shared.world).is_reachable(interface) {
            connection::refuse(&stream);
            continue;
        }
        // Whoever comes next waits in the queue of the listening socket.
        let slot = shared.slots.take().await;
        // In a box: a task is moved several times before it runs.
        connections.spawn(Box::pin(connection::serve(Arc::clone(&shared), stream, from, interface, slot)));
    }
}

//! The device's sockets: passes bytes between them and the world's device, and decides nothing.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use vestibule_core::http::Transfer;
use vestibule_core::limits::{DHCP_REPLY_BYTES, DNS_REPLY_BYTES};
use vestibule_core::{Arrival, ConnectionId, DHCP_PORT, DNS_PORT, Instant, Interface};

use super::hosts::Sockets;
use super::request_redaction::RequestRedaction;
use super::{Shared, SocketEvent, home_services, lock};
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
            let over = format!("UDP port {port}");
            shared.note_socket_bytes(&mut world, from.into(), &over, false, &request[..length], 0);
            if let Some(answer) = &answer {
                shared.note_socket_bytes(&mut world, from.into(), &over, true, &reply[..answer.length], 0);
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
            refuse(&stream);
            continue;
        }
        let number = free_number(&shared).await;
        if interface == Interface::AccessPoint {
            shared.notify_observer(|| SocketEvent::Opened(number.index(), from));
        }
        shared.with(|world, now| world.device_open(number, interface, now));
        connections.spawn(serve_connection(Arc::clone(&shared), stream, from, number));
    }
}

/// A connection to a device that is off the air ends with a reset: the nearest that a socket has to an
/// unreachable host.
fn refuse(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
}

async fn free_number(shared: &Arc<Shared>) -> ConnectionId {
    loop {
        let freed = shared.freed.notified();
        if let Some(number) = lock(&shared.numbers).pop() {
            return number;
        }
        freed.await;
    }
}

async fn serve_connection(
    shared: Arc<Shared>,
    mut stream: TcpStream,
    client: SocketAddr,
    number: ConnectionId,
) {
    // An answer is a segment or two; waiting to fill segments would only delay it.
    let _ = stream.set_nodelay(true);
    if !exchange_bytes(&shared, &mut stream, client, number).await {
        refuse(&stream);
    }
    shared.notify_observer(|| SocketEvent::Closed(number.index()));
    shared.with(|world, _| world.device_closed(number));
    lock(&shared.numbers).push(number);
    shared.freed.notify_one();
}

/// What is to be done with a connection once the device's bytes are sent.
enum NextAction {
    /// Wait for the client, or for something to happen to the device.
    Wait,
    /// Send more.
    SendMore,
    /// Shut this side, and wait.
    Finish,
    /// Close.
    Close,
}

/// Gives the device the bytes that the client sent, and takes its own into `out` as far as there is room.
/// Returns how many bytes were taken from `sent` and put into `out`.
fn exchange(
    world: &mut World,
    number: ConnectionId,
    sent: &[u8],
    out: &mut [u8],
    now: Instant,
) -> (usize, usize, NextAction) {
    let (mut taken, mut filled) = (0, 0);
    loop {
        let more = if taken < sent.len() { world.device_received(number, &sent[taken..], now) } else { 0 };
        taken += more;
        let before = filled;
        loop {
            if filled == out.len() {
                return (taken, filled, NextAction::SendMore);
            }
            match world.device_send(number, &mut out[filled..], now) {
                Transfer::Bytes(length) => filled += length,
                Transfer::Finish => return (taken, filled, NextAction::Finish),
                Transfer::Close => return (taken, filled, NextAction::Close),
                Transfer::Idle => break,
            }
        }
        // The portal takes the next request once its answer is sent.
        if more == 0 && filled == before {
            return (taken, filled, NextAction::Wait);
        }
    }
}

/// Passes bytes both ways until the device closes the connection or the client has gone. Returns whether it
/// ended in an orderly way.
async fn exchange_bytes(
    shared: &Arc<Shared>,
    stream: &mut TcpStream,
    client: SocketAddr,
    number: ConnectionId,
) -> bool {
    let mut redaction = shared.details.load(Ordering::Relaxed).then(RequestRedaction::new);
    let over = format!("TCP connection {number}");
    let ready = &shared.ready[number.index()];
    let (mut buffer, mut out) = ([0; BUFFER_BYTES], [0; BUFFER_BYTES]);
    let (mut start, mut end) = (0, 0);
    let mut client_sends = true;
    loop {
        let (taken, filled, next) = shared.with(|world, now| {
            let done = exchange(world, number, &buffer[start..end], &mut out, now);
            shared.note_socket_bytes(world, client, &over, true, &out[..done.1], 0);
            done
        });
        start += taken;
        if filled > 0 {
            shared.notify_observer(|| SocketEvent::Sent(number.index(), out[..filled].to_vec()));
        }
        if !write(shared, stream, number, &out[..filled]).await {
            return false;
        }
        match next {
            NextAction::SendMore => continue,
            NextAction::Close => return true,
            NextAction::Finish if stream.shutdown().await.is_err() => return false,
            NextAction::Finish | NextAction::Wait => {}
        }
        tokio::select! {
            read = stream.read(&mut buffer), if start == end && client_sends => match read {
                Ok(0) => {
                    client_sends = false;
                    shared.with(|world, now| world.device_received_end(number, now));
                }
                Ok(length) => {
                    shared.notify_observer(|| SocketEvent::Received(number.index(), buffer[..length].to_vec()));
                    if let Some(redaction) = &mut redaction {
                        let (shown, redacted) = redaction.redact(&buffer[..length]);
                        let mut world = lock(&shared.world);
                        shared.note_socket_bytes(&mut world, client, &over, false, &shown, redacted);
                    }
                    (start, end) = (0, length);
                }
                Err(_) => return false,
            },
            () = ready.notified() => {}
        }
    }
}

/// Writes all of `bytes`, unless the device closes the connection meanwhile.
async fn write(shared: &Arc<Shared>, stream: &mut TcpStream, number: ConnectionId, mut bytes: &[u8]) -> bool {
    // Usually there is room at once.
    if let Ok(length) = stream.try_write(bytes) {
        bytes = &bytes[length..];
    }
    if bytes.is_empty() {
        return true;
    }
    let ready = &shared.ready[number.index()];
    while !bytes.is_empty() {
        tokio::select! {
            written = stream.write(bytes) => match written {
                Ok(length) if length > 0 => bytes = &bytes[length..],
                _ => return false,
            },
            () = ready.notified() => {
                if !lock(&shared.world).device_is_open(number) {
                    return false;
                }
            }
        }
    }
    true
}

//! HTTP connections: passes bytes between TCP sockets and the portal, and decides nothing.
//!
//! There are more sockets than connections of the portal. A socket that has accepted a client waits for a
//! free connection.

use embassy_futures::select::{select, select3};
use embassy_net::Stack;
use embassy_net::tcp::{State, TcpSocket};
use embassy_time::Duration;
use embedded_storage::nor_flash::NorFlash;
use vestibule_core::application::Application;
use vestibule_core::http::Transfer;
use vestibule_core::{ConnectionId, Entropy, Interface};

use crate::device::Device;
use crate::limits::TCP_BUFFER;

/// The interval of TCP keep-alives to a silent client: as in the simulator.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// How long a client may be silent: as in the simulator.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a handshake may take: as in the simulator. It is short because a client that has left holds one
/// of few sockets, and longer than 3 s because that is when a client repeats a segment that a scan has lost.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(4);

/// A socket and where it listens.
#[derive(Clone, Copy)]
pub(crate) struct Listener<'a> {
    pub(crate) stack: Stack<'a>,
    pub(crate) interface: Interface,
    pub(crate) port: u16,
    /// The socket's number, below [`SOCKETS`](crate::limits::SOCKETS).
    pub(crate) socket: usize,
}

/// Serves one client after the other. Never returns.
pub(crate) async fn serve<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    listener: Listener<'_>,
    [receive, send]: &mut [[u8; TCP_BUFFER]; 2],
) -> ! {
    loop {
        let mut socket = TcpSocket::new(listener.stack, receive, send);
        // Segments go out as they are written, because an answer is written in one or two pieces.
        socket.set_nagle_enabled(false);
        socket.set_keep_alive(Some(KEEP_ALIVE_INTERVAL));
        socket.set_timeout(Some(HANDSHAKE_TIMEOUT));
        if socket.accept(listener.port).await.is_err() {
            // This cannot happen: the port is not 0 and the socket is new.
            core::future::pending::<()>().await;
        }
        // The client has left within the handshake.
        if is_over(&socket) {
            continue;
        }
        socket.set_timeout(Some(SILENCE_TIMEOUT));
        let connection = device.open(listener.interface, listener.socket).await;
        exchange(device, connection, listener.socket, &mut socket).await;
        device.closed(connection);
        // The socket does not wait for the end of TIME-WAIT: sockets are few and clients many.
        socket.abort();
    }
}

/// Passes bytes both ways until the connection is over.
async fn exchange<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    connection: ConnectionId,
    socket_number: usize,
    socket: &mut TcpSocket<'_>,
) {
    let mut has_ended = false;
    loop {
        let mut taken = 0;
        if socket.can_recv() {
            // It can receive, so this neither waits nor fails.
            let _ = socket
                .read_with(|bytes| {
                    taken = device.received(connection, bytes);
                    (taken, ())
                })
                .await;
        }
        if !socket.may_recv() && !has_ended {
            has_ended = true;
            device.received_end(connection);
        }
        let has_sent = match send(device, connection, has_ended, socket).await {
            SendResult::Closed => return flush(socket).await,
            SendResult::Sent => true,
            SendResult::Idle => false,
        };
        if is_over(socket) {
            return;
        }
        if taken == 0 && !has_sent {
            wait(device, socket_number, socket).await;
        }
    }
}

/// Returns once something may have changed. It does not wait for bytes that wait already, while the portal
/// takes none of them, nor for an end that was seen already.
async fn wait<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    socket_number: usize,
    socket: &TcpSocket<'_>,
) {
    let room = async {
        if socket.can_send() { core::future::pending().await } else { socket.wait_write_ready().await }
    };
    if socket.can_recv() || !socket.may_recv() {
        select(device.wait_for_portal(socket_number), room).await;
    } else {
        select3(device.wait_for_portal(socket_number), room, wait_for_bytes(socket)).await;
    }
}

/// Returns once bytes or the end of them have arrived.
async fn wait_for_bytes(socket: &TcpSocket<'_>) {
    core::future::poll_fn(|context| {
        let mut ready = core::pin::pin!(socket.wait_read_ready());
        // This registers the waker, which is also woken when the other side ends.
        let readable = ready.as_mut().poll(context).is_ready();
        if readable || !socket.may_recv() { core::task::Poll::Ready(()) } else { core::task::Poll::Pending }
    })
    .await;
}

/// The result of sending what the portal had to send.
enum SendResult {
    Sent,
    Idle,
    /// The portal is done with the connection.
    Closed,
}

/// Sends what the portal has, as far as the socket has room.
async fn send<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    connection: ConnectionId,
    has_ended: bool,
    socket: &mut TcpSocket<'_>,
) -> SendResult {
    let mut result = SendResult::Idle;
    loop {
        if socket.may_send() && !socket.can_send() {
            return result;
        }
        let transfer = if socket.can_send() {
            let written = socket.write_with(|room| {
                let transfer = device.send(connection, room);
                (if let Transfer::Bytes(length) = transfer { length } else { 0 }, transfer)
            });
            // It can send, so this neither waits nor fails.
            written.await.unwrap_or(Transfer::Idle)
        } else {
            // This side is shut, but the portal may still close the connection.
            match device.send(connection, &mut [0]) {
                Transfer::Bytes(_) => return result,
                other => other,
            }
        };
        match transfer {
            Transfer::Bytes(_) => {}
            Transfer::Finish => socket.close(),
            Transfer::Close => {
                // A client that never ends is not waited for.
                if socket.send_queue() == 0 && !has_ended {
                    socket.abort()
                } else {
                    socket.close()
                }
                return SendResult::Closed;
            }
            Transfer::Idle => return result,
        }
        result = SendResult::Sent;
    }
}

/// Waits until everything that was sent has been acknowledged, or the timeout is over.
async fn flush(socket: &mut TcpSocket<'_>) {
    // With an error it is over as well.
    let _ = socket.flush().await;
}

/// Whether a connection that was established is over.
fn is_over(socket: &TcpSocket<'_>) -> bool {
    matches!(socket.state(), State::Closed | State::TimeWait | State::Listen)
}

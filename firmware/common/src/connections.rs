//! HTTP connections: bytes between TCP sockets and the portal, and nothing decided here.
//!
//! A socket is a place where a client can arrive; a number is a connection of the portal. Every
//! connection on the access point can have one; those on the home network take one while it is
//! needed.

use embassy_futures::select::{select, select3};
use embassy_net::Stack;
use embassy_net::tcp::{State, TcpSocket};
use embassy_time::Duration;
use embedded_storage::nor_flash::NorFlash;
use vestibule_core::application::Application;
use vestibule_core::http::Transfer;
use vestibule_core::limits::CONNECTIONS;
use vestibule_core::{ConnectionId, Entropy, Interface};

use crate::device::Device;

/// Sockets that listen on the home network.
pub const HOME_SOCKETS: usize = 2;

/// Sockets in all. Each has its own [`TCP_BUFFER`] in each direction.
pub const SOCKETS: usize = CONNECTIONS + HOME_SOCKETS;

/// Bytes that a socket holds in each direction: a segment of 1460 bytes, as Wi-Fi carries it, fits.
pub const TCP_BUFFER: usize = 1536;

/// After how long a silent client is asked whether it is there, and given up: as in the simulator.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
const GIVE_UP: Duration = Duration::from_secs(15);

/// After how long a client that has left within the handshake is given up, as in the simulator: a
/// socket that it holds is one of few, and who repeats what a scan has swallowed comes 3 s late.
const HANDSHAKE: Duration = Duration::from_secs(4);

/// Where a socket listens.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) stack: Stack<'a>,
    pub(crate) interface: Interface,
    pub(crate) port: u16,
    /// The socket's number, below [`SOCKETS`].
    pub(crate) socket: usize,
}

/// Serves one client after the other. Never returns.
pub(crate) async fn serve<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    place: Place<'_>,
    [receive, send]: &mut [[u8; TCP_BUFFER]; 2],
) -> ! {
    loop {
        let mut socket = TcpSocket::new(place.stack, receive, send);
        // Segments go out as they are written: an answer is a piece or two.
        socket.set_nagle_enabled(false);
        socket.set_keep_alive(Some(KEEP_ALIVE));
        socket.set_timeout(Some(HANDSHAKE));
        if socket.accept(place.port).await.is_err() {
            // Cannot be: the port is not 0 and the socket is new.
            core::future::pending::<()>().await;
        }
        // It has left within the handshake.
        if is_over(&socket) {
            continue;
        }
        socket.set_timeout(Some(GIVE_UP));
        let number = device.open(place.interface, place.socket).await;
        carry(device, number, place.socket, &mut socket).await;
        device.closed(number);
        // In place of one that would wait out TIME-WAIT: there are few, and clients many.
        socket.abort();
    }
}

/// Carries bytes both ways until the connection is over.
async fn carry<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    number: ConnectionId,
    place: usize,
    socket: &mut TcpSocket<'_>,
) {
    let mut ended = false;
    loop {
        let mut taken = 0;
        if socket.can_recv() {
            // It can receive, so this neither waits nor fails.
            let _ = socket
                .read_with(|bytes| {
                    taken = device.received(number, bytes);
                    (taken, ())
                })
                .await;
        }
        if !socket.may_recv() && !ended {
            ended = true;
            device.received_end(number);
        }
        let sent = match send(device, number, ended, socket).await {
            Sent::Closed => return part(socket).await,
            Sent::Something => true,
            Sent::Nothing => false,
        };
        if is_over(socket) {
            return;
        }
        if taken == 0 && !sent {
            wait(device, place, socket).await;
        }
    }
}

/// Returns once something may have changed. What cannot change by itself is not waited for: the
/// rest of a request while the portal takes none of it, an end that was seen already.
async fn wait<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    place: usize,
    socket: &TcpSocket<'_>,
) {
    let room = async {
        if socket.can_send() { core::future::pending().await } else { socket.wait_write_ready().await }
    };
    if socket.can_recv() || !socket.may_recv() {
        select(device.woken(place), room).await;
    } else {
        select3(device.woken(place), room, arrival(socket)).await;
    }
}

/// Returns once bytes or the end of them have arrived.
async fn arrival(socket: &TcpSocket<'_>) {
    core::future::poll_fn(|context| {
        let mut ready = core::pin::pin!(socket.wait_read_ready());
        // Registers for a wake-up, which also comes when the other side ends.
        let readable = ready.as_mut().poll(context).is_ready();
        if readable || !socket.may_recv() { core::task::Poll::Ready(()) } else { core::task::Poll::Pending }
    })
    .await;
}

/// What came of asking the portal what to send.
enum Sent {
    Something,
    Nothing,
    /// The portal is done with the connection.
    Closed,
}

/// Sends what the portal has, as far as there is room.
async fn send<F: NorFlash, E: Entropy, A: Application>(
    device: &Device<F, E, A>,
    number: ConnectionId,
    ended: bool,
    socket: &mut TcpSocket<'_>,
) -> Sent {
    let mut sent = Sent::Nothing;
    loop {
        if socket.may_send() && !socket.can_send() {
            return sent;
        }
        let transfer = if socket.can_send() {
            let written = socket.write_with(|room| {
                let transfer = device.send(number, room);
                (if let Transfer::Bytes(length) = transfer { length } else { 0 }, transfer)
            });
            // It can send, so this neither waits nor fails.
            written.await.unwrap_or(Transfer::Idle)
        } else {
            // This side is shut; the portal may still say that it is done.
            match device.send(number, &mut [0]) {
                Transfer::Bytes(_) => return sent,
                other => other,
            }
        };
        match transfer {
            Transfer::Bytes(_) => {}
            Transfer::Finish => socket.close(),
            Transfer::Close => {
                // A client that never ends is not waited for.
                if socket.send_queue() == 0 && !ended {
                    socket.abort()
                } else {
                    socket.close()
                }
                return Sent::Closed;
            }
            Transfer::Idle => return sent,
        }
        sent = Sent::Something;
    }
}

/// Waits until what was sent has arrived, or the client is given up.
async fn part(socket: &mut TcpSocket<'_>) {
    // An error is an end as well.
    let _ = socket.flush().await;
}

/// Whether nothing more will come of a connection that once stood.
fn is_over(socket: &TcpSocket<'_>) -> bool {
    matches!(socket.state(), State::Closed | State::TimeWait | State::Listen)
}

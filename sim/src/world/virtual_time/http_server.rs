//! The device's HTTP on one of its interfaces: sockets that listen or have a client, and the portal's bytes
//! to and from them. The portal parses and answers; nothing here looks at the bytes.

use std::collections::BTreeSet;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use smoltcp::time::Duration;
use vestibule_core::http::Transfer;
use vestibule_core::{ConnectionId, Instant, Interface};

use crate::host::stack::{CONNECTION_TIMEOUT, Stack};
use crate::world::World;

/// The timeout of a connection's handshake: sockets are few, and one that waits for a client that has left
/// serves nobody else. It is long enough for two retransmissions of each side, 1 s and 3 s after the first
/// segment (RFC 6298 sections 2 and 5): one of them may be lost while the radio scans all channels, and the
/// other must not find the connection reset. Chosen.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(4);

/// Which of the portal's connection numbers are taken, on whichever interface, and which of them have
/// something to send.
#[derive(Default)]
pub(in crate::world) struct ConnectionNumbers {
    taken: BTreeSet<ConnectionId>,
    ready: BTreeSet<ConnectionId>,
}

impl ConnectionNumbers {
    fn take(&mut self) -> Option<ConnectionId> {
        ConnectionId::ALL.into_iter().find(|number| self.taken.insert(*number))
    }

    fn release(&mut self, number: ConnectionId) {
        self.taken.remove(&number);
        self.ready.remove(&number);
    }

    /// Whether the portal has something for this connection that was not sent yet.
    fn is_ready(&mut self, number: ConnectionId, world: &mut World) -> bool {
        self.ready.extend(std::iter::from_fn(|| world.poll_ready()));
        self.ready.contains(&number)
    }

    /// Everything was sent.
    fn sent_all(&mut self, number: ConnectionId) {
        self.ready.remove(&number);
    }
}

/// The device's HTTP on one interface.
pub(super) struct HttpServer {
    interface: Interface,
    port: u16,
    listeners: Vec<Listener>,
}

/// A socket that listens, or has a client.
#[derive(Clone, Copy)]
struct Listener {
    socket: SocketHandle,
    /// The portal's number of the connection; `None` while there is none.
    number: Option<ConnectionId>,
    /// The portal was told that the client sends nothing any more.
    client_ended: bool,
    /// The portal has closed it.
    closing: bool,
}

impl HttpServer {
    /// Listens with so many sockets.
    pub(super) fn new(stack: &mut Stack, interface: Interface, port: u16, sockets: usize) -> Self {
        stack.drop_resets(port);
        let listeners = (0..sockets).map(|_| listen(stack, port)).collect();
        Self { interface, port, listeners }
    }

    /// Passes bytes between the sockets and the portal. Returns whether anything moved.
    pub(super) fn serve(
        &mut self,
        stack: &mut Stack,
        numbers: &mut ConnectionNumbers,
        world: &mut World,
        now: Instant,
    ) -> bool {
        let mut moved = false;
        for listener in &mut self.listeners {
            moved |= stack.serve_tcp(listener.socket, |socket| {
                listener.serve(self.interface, socket, numbers, world, now)
            });
            if listener.is_over(stack.tcp(listener.socket)) {
                if let Some(number) = listener.number {
                    world.device_closed(number);
                    numbers.release(number);
                }
                // Replaces the socket instead of leaving it in TIME-WAIT, because sockets are few.
                stack.sockets().remove(listener.socket);
                *listener = listen(stack, self.port);
                moved = true;
            }
        }
        moved
    }

    /// The network is gone: every connection ends without a reset.
    pub(super) fn cut(&mut self, stack: &mut Stack, numbers: &mut ConnectionNumbers, world: &mut World) {
        for listener in &mut self.listeners {
            if let Some(number) = listener.number {
                world.device_closed(number);
                numbers.release(number);
            }
            // Includes a connection in its handshake.
            if stack.tcp(listener.socket).state() != tcp::State::Listen {
                stack.sockets().remove(listener.socket);
                *listener = listen(stack, self.port);
            }
        }
    }
}

fn listen(stack: &mut Stack, port: u16) -> Listener {
    let handle = stack.add_tcp();
    let socket = stack.sockets().get_mut::<tcp::Socket<'_>>(handle);
    socket.set_timeout(Some(HANDSHAKE_TIMEOUT));
    // A port that is not 0, on a socket that is new.
    let _ = socket.listen(port);
    Listener { socket: handle, number: None, client_ended: false, closing: false }
}

impl Listener {
    /// Passes bytes between a socket and the portal. Returns whether anything moved.
    fn serve(
        &mut self,
        interface: Interface,
        socket: &mut tcp::Socket<'_>,
        numbers: &mut ConnectionNumbers,
        world: &mut World,
        now: Instant,
    ) -> bool {
        let mut moved = false;
        // While all numbers are taken a client waits for one.
        if self.number.is_none()
            && socket.may_send()
            && let Some(number) = numbers.take()
        {
            socket.set_timeout(Some(CONNECTION_TIMEOUT));
            self.number = Some(number);
            world.device_open(number, interface, now);
            moved = true;
        }
        if let Some(number) = self.number.filter(|_| !self.closing) {
            moved |= exchange(number, socket, self, numbers, world, now);
        }
        moved
    }

    /// Whether its client has gone: one that was served, or one that left within the handshake or before it
    /// had a number.
    fn is_over(&self, socket: &tcp::Socket<'_>) -> bool {
        match socket.state() {
            tcp::State::Closed | tcp::State::TimeWait => true,
            tcp::State::Listen => self.number.is_some(),
            _ => false,
        }
    }
}

fn exchange(
    number: ConnectionId,
    socket: &mut tcp::Socket<'_>,
    listener: &mut Listener,
    numbers: &mut ConnectionNumbers,
    world: &mut World,
    now: Instant,
) -> bool {
    let mut moved = false;
    loop {
        let mut taken = 0;
        if socket.can_recv() {
            // It can receive, so this cannot fail.
            let _ = socket.recv(|bytes| {
                taken = world.device_received(number, bytes, now);
                (taken, ())
            });
        }
        if !socket.may_recv() && socket.recv_queue() == 0 && !listener.client_ended {
            listener.client_ended = true;
            world.device_received_end(number, now);
            moved = true;
        }
        let sent = numbers.is_ready(number, world) && send(number, socket, listener, numbers, world, now);
        moved |= sent || taken > 0;
        if taken == 0 && !sent {
            return moved;
        }
    }
}

/// Sends what the portal has, as far as there is room. Returns whether anything was.
fn send(
    number: ConnectionId,
    socket: &mut tcp::Socket<'_>,
    listener: &mut Listener,
    numbers: &mut ConnectionNumbers,
    world: &mut World,
    now: Instant,
) -> bool {
    let mut moved = false;
    while !listener.closing {
        if socket.may_send() && !socket.can_send() {
            return moved;
        }
        let mut transfer = Transfer::Idle;
        let sent = socket.send(|room| {
            transfer = world.device_send(number, room, now);
            (if let Transfer::Bytes(length) = transfer { length } else { 0 }, ())
        });
        if sent.is_err() {
            // This side is shut; the portal may still say that it is done.
            transfer = world.device_send(number, &mut [0], now);
        }
        match transfer {
            Transfer::Bytes(_) if sent.is_err() => return moved,
            Transfer::Bytes(_) => {}
            Transfer::Finish => socket.close(),
            Transfer::Close => {
                listener.closing = true;
                // What was sent must arrive first; a client that never closes is not waited for.
                if socket.send_queue() == 0 && !listener.client_ended {
                    socket.abort()
                } else {
                    socket.close()
                }
            }
            Transfer::Idle => {
                numbers.sent_all(number);
                return moved;
            }
        }
        moved = true;
    }
    moved
}

//! The device's HTTP on one of its interfaces: sockets that wait for clients or serve them, and the
//! portal's bytes to and from them.

use std::collections::BTreeSet;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use smoltcp::time::Duration;
use vestibule_core::http::Transfer;
use vestibule_core::{ConnectionId, Instant, Interface};

use super::stack::{GIVE_UP, Stack};
use crate::world::World;

/// After how long a client that has left within the handshake is given up: a place that it holds is
/// one of few, and who wants one meanwhile is refused. Long enough for two repetitions of each side's,
/// 1 s and 3 s after the first (RFC 6298 sections 2 and 5): a scan of all channels, deaf to both networks,
/// swallows one of them, and who repeats after it is not to find the connection reset. Chosen.
const HANDSHAKE: Duration = Duration::from_secs(4);

/// Which of the portal's connection numbers are taken, on whichever interface, and which of them have
/// something to send.
#[derive(Default)]
pub(in crate::world) struct Numbers {
    taken: BTreeSet<ConnectionId>,
    ready: BTreeSet<ConnectionId>,
}

impl Numbers {
    fn take(&mut self) -> Option<ConnectionId> {
        ConnectionId::ALL.into_iter().find(|number| self.taken.insert(*number))
    }

    fn give_back(&mut self, number: ConnectionId) {
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

/// A socket that waits for a client, or serves one.
#[derive(Clone, Copy)]
struct Listener {
    socket: SocketHandle,
    /// The portal's number of the connection; `None` while there is none.
    number: Option<ConnectionId>,
    /// The portal knows that the client will send no more.
    ended: bool,
    /// The portal wants no more of it.
    closing: bool,
}

impl HttpServer {
    /// Listens with as many sockets.
    pub(super) fn new(stack: &mut Stack, interface: Interface, port: u16, sockets: usize) -> Self {
        stack.turn_nobody_away(port);
        let listeners = (0..sockets).map(|_| listen(stack, port)).collect();
        Self { interface, port, listeners }
    }

    /// Carries bytes between the sockets and the portal. Returns whether anything moved.
    pub(super) fn serve(
        &mut self,
        stack: &mut Stack,
        numbers: &mut Numbers,
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
                    numbers.give_back(number);
                }
                // In place of one that would wait out TIME-WAIT: there are few, and clients many.
                stack.sockets().remove(listener.socket);
                *listener = listen(stack, self.port);
                moved = true;
            }
        }
        moved
    }

    /// The network is gone: every connection is, without a word.
    pub(super) fn cut(&mut self, stack: &mut Stack, numbers: &mut Numbers, world: &mut World) {
        for listener in &mut self.listeners {
            if let Some(number) = listener.number {
                world.device_closed(number);
                numbers.give_back(number);
            }
            // One whose handshake is under way, too.
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
    socket.set_timeout(Some(HANDSHAKE));
    // A port that is not 0, on a socket that is new.
    let _ = socket.listen(port);
    Listener { socket: handle, number: None, ended: false, closing: false }
}

impl Listener {
    /// Carries bytes between a socket and the portal. Returns whether anything moved.
    fn serve(
        &mut self,
        interface: Interface,
        socket: &mut tcp::Socket<'_>,
        numbers: &mut Numbers,
        world: &mut World,
        now: Instant,
    ) -> bool {
        let mut moved = false;
        // With all numbers taken a client waits for one.
        if self.number.is_none()
            && socket.may_send()
            && let Some(number) = numbers.take()
        {
            socket.set_timeout(Some(GIVE_UP));
            self.number = Some(number);
            world.device_open(number, interface, now);
            moved = true;
        }
        if let Some(number) = self.number.filter(|_| !self.closing) {
            moved |= exchange(number, socket, self, numbers, world, now);
        }
        moved
    }

    /// Whether nothing more will come of its client: one that was served, or one that left within the
    /// handshake or before it had a number.
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
    numbers: &mut Numbers,
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
        if !socket.may_recv() && socket.recv_queue() == 0 && !listener.ended {
            listener.ended = true;
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
    numbers: &mut Numbers,
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
                // What was sent still arrives; a client that never ends is not waited for.
                if socket.send_queue() == 0 && !listener.ended { socket.abort() } else { socket.close() }
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

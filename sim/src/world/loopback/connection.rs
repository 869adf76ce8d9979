//! A client's connection: passes bytes between its socket and the world's device, and decides nothing but how long
//! the socket stays when the device has given up the connection's place.
//!
//! A device has few places, and while somebody wants the last of them, it ends a connection on which nothing is under
//! way. Its client may have sent the next request just then, and would learn of a reset; so its socket stays open for
//! as long as such a request may take to come, and when it comes, it waits for a place like everybody else.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vestibule_core::http::Transfer;
use vestibule_core::limits::CONTENDED_TIMEOUT;
use vestibule_core::{ConnectionId, Instant, Interface};

use super::request_redaction::RequestRedaction;
use super::slots::Slot;
use super::{Shared, SocketEvent, lock};
use crate::world::World;

/// Serves a client until its connection ends.
pub(super) async fn serve(
    shared: Arc<Shared>,
    mut stream: TcpStream,
    client: SocketAddr,
    interface: Interface,
    mut slot: Slot,
) {
    // An answer is a segment or two; waiting to fill segments would only delay it.
    let _ = stream.set_nodelay(true);
    let mut asked = Vec::new();
    loop {
        let number = slot.number;
        let connection = Connection::new(&shared, &mut stream, client, interface, &mut slot, &asked);
        let ending = connection.exchange_bytes().await;
        shared.notify_observer(|| SocketEvent::Closed(number.index()));
        shared.with(|world, _| world.device_closed(number));
        shared.slots.give_back(slot);
        match ending {
            Ending::InOrder => return,
            Ending::Broken => return refuse(&stream),
            Ending::GivenUp(next) => asked = next,
        }
        if asked.is_empty() && !asks_again(&stream).await {
            return;
        }
        slot = shared.slots.take().await;
        if !lock(&shared.world).is_reachable(interface) {
            return refuse(&stream);
        }
    }
}

/// A connection to a device that is off the air ends with a reset: the nearest that a socket has to an
/// unreachable host.
pub(super) fn refuse(stream: &TcpStream) {
    let _ = socket2::SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
}

/// Whether the client of a connection that has lost its place asks again, soon enough to have done so before it could
/// know.
async fn asks_again(stream: &TcpStream) -> bool {
    matches!(tokio::time::timeout(CONTENDED_TIMEOUT, stream.peek(&mut [0])).await, Ok(Ok(length)) if length > 0)
}

/// How a connection to the device has ended.
enum Ending {
    /// Each side has sent all that it wanted to.
    InOrder,
    /// In the middle of something.
    Broken,
    /// The device has given up its place between two requests; these bytes have come since.
    GivenUp(Vec<u8>),
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
    /// It has no place any more, and nobody has closed it.
    Leave,
}

struct Connection<'a> {
    shared: &'a Arc<Shared>,
    stream: &'a mut TcpStream,
    client: SocketAddr,
    interface: Interface,
    slot: &'a mut Slot,
    redaction: Option<RequestRedaction>,
    /// The device has been told of it.
    is_open: bool,
    /// A request was answered, and nothing of the next one has come.
    is_idle: bool,
    /// What of `slot.received` the device has not taken.
    waiting: std::ops::Range<usize>,
    /// The client will send no more; and the device has not been told.
    client_ended: bool,
    end_is_new: bool,
}

impl<'a> Connection<'a> {
    fn new(
        shared: &'a Arc<Shared>,
        stream: &'a mut TcpStream,
        client: SocketAddr,
        interface: Interface,
        slot: &'a mut Slot,
        asked: &[u8],
    ) -> Self {
        let mut connection = Self {
            shared,
            stream,
            client,
            interface,
            slot,
            redaction: shared.details.load(Ordering::Relaxed).then(RequestRedaction::new),
            is_open: false,
            is_idle: false,
            waiting: 0..0,
            client_ended: false,
            end_is_new: false,
        };
        if interface == Interface::AccessPoint {
            shared.notify_observer(|| SocketEvent::Opened(connection.slot.number.index(), client));
        }
        match asked.len() {
            // A client usually asks with the last step of the handshake, so its request is there.
            0 => connection.take_what_is_there(),
            // Bytes that were read into a buffer of this size.
            length => {
                connection.slot.received[..length].copy_from_slice(asked);
                connection.has_received(length);
            }
        }
        connection
    }

    /// Passes bytes both ways until the device closes the connection or the client has gone.
    async fn exchange_bytes(mut self) -> Ending {
        let number = self.slot.number;
        loop {
            let (filled, next) = self.exchange();
            if filled > 0 {
                let sent = || SocketEvent::Sent(number.index(), self.slot.out[..filled].to_vec());
                self.shared.notify_observer(sent);
            }
            if !self.write(filled).await {
                return Ending::Broken;
            }
            match next {
                NextAction::SendMore => continue,
                NextAction::Close => return Ending::InOrder,
                NextAction::Leave => {
                    return Ending::GivenUp(self.slot.received[self.waiting].to_vec());
                }
                NextAction::Finish if self.stream.shutdown().await.is_err() => return Ending::Broken,
                NextAction::Finish | NextAction::Wait => {}
            }
            if !self.wait().await {
                return Ending::Broken;
            }
        }
    }

    /// Tells the device what is new, and takes its bytes. Returns how many those are, and what is next.
    fn exchange(&mut self) -> (usize, NextAction) {
        let (shared, number) = (self.shared, self.slot.number);
        shared.with(|world, now| {
            if !self.is_open {
                world.device_open(number, self.interface, now);
                self.is_open = true;
            } else if self.is_idle && !world.device_is_open(number) {
                // Power or access point may have gone instead.
                let leaves = !self.client_ended && world.is_reachable(self.interface);
                return (0, if leaves { NextAction::Leave } else { NextAction::Close });
            }
            if std::mem::take(&mut self.end_is_new) {
                world.device_received_end(number, now);
            }
            let sent = &self.slot.received[self.waiting.clone()];
            let (taken, filled, next) = exchange(world, number, sent, &mut *self.slot.out, now);
            self.waiting.start += taken;
            self.is_idle = matches!(next, NextAction::Wait) && world.device_is_idle(number);
            let over = format_args!("TCP connection {number}");
            shared.note_socket_bytes(world, self.client, over, true, &self.slot.out[..filled], 0);
            (filled, next)
        })
    }

    /// Waits until the client has sent something or the device has something to do. Returns whether the connection
    /// still works.
    async fn wait(&mut self) -> bool {
        let reads = self.waiting.is_empty() && !self.client_ended;
        tokio::select! {
            read = self.stream.read(&mut *self.slot.received), if reads => match read {
                Ok(0) => (self.client_ended, self.end_is_new) = (true, true),
                Ok(length) => self.has_received(length),
                Err(_) => return false,
            },
            () = self.shared.ready[self.slot.number.index()].notified() => {}
        }
        true
    }

    /// Reads what is in the socket, without waiting. What else there is to know of it, [`Self::wait`] will.
    fn take_what_is_there(&mut self) {
        if let Ok(length) = (&*SockRef::from(&*self.stream)).read(&mut *self.slot.received)
            && length > 0
        {
            self.has_received(length);
        }
    }

    fn has_received(&mut self, length: usize) {
        let (shared, received) = (self.shared, &self.slot.received[..length]);
        shared.notify_observer(|| SocketEvent::Received(self.slot.number.index(), received.to_vec()));
        if let Some(redaction) = &mut self.redaction {
            let (shown, redacted) = redaction.redact(received);
            let over = format_args!("TCP connection {}", self.slot.number);
            shared.note_socket_bytes(&mut lock(&shared.world), self.client, over, false, &shown, redacted);
        }
        self.waiting = 0..length;
    }

    /// Writes so many bytes of the device's, unless it closes the connection meanwhile.
    async fn write(&mut self, filled: usize) -> bool {
        let mut bytes = &self.slot.out[..filled];
        if bytes.is_empty() {
            return true;
        }
        // Usually there is room at once, of which the runtime need not have heard.
        if let Ok(length) = (&*SockRef::from(&*self.stream)).write(bytes) {
            bytes = &bytes[length..];
        }
        let number = self.slot.number;
        let ready = &self.shared.ready[number.index()];
        while !bytes.is_empty() {
            tokio::select! {
                written = self.stream.write(bytes) => match written {
                    Ok(length) if length > 0 => bytes = &bytes[length..],
                    _ => return false,
                },
                () = ready.notified() => {
                    if !lock(&self.shared.world).device_is_open(number) {
                        return false;
                    }
                }
            }
        }
        true
    }
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

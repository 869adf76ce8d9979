//! The device's stack on its access point: the portal's bytes to and from sockets, and nothing
//! decided here.

use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::IpAddress;
use vestibule_core::http::Transfer;
use vestibule_core::limits::{CONNECTIONS, DHCP_REPLY_BYTES, DNS_REPLY_BYTES};
use vestibule_core::{Arrival, DHCP_PORT, DNS_PORT, Instant, Interface, MacAddress};

use super::frame;
use super::stack::Stack;
use crate::world::World;

/// The device on its access point.
pub(super) struct DeviceHost {
    pub(super) stack: Stack,
    address: Ipv4Addr,
    http_port: u16,
    dns: SocketHandle,
    connections: [Listener; CONNECTIONS],
}

/// One of the device's connections: a socket that waits for a client, or serves one.
#[derive(Clone, Copy)]
struct Listener {
    socket: SocketHandle,
    open: bool,
    /// The portal knows that the client will send no more.
    ended: bool,
    /// The portal wants no more of it.
    closing: bool,
}

impl DeviceHost {
    pub(super) fn new(mac: MacAddress, address: Ipv4Addr, http_port: u16, seed: u64, now: Instant) -> Self {
        let mut stack = Stack::new(mac, seed, now);
        stack.set_address(Some(address));
        let dns = stack.add_udp(DNS_PORT);
        let connections = std::array::from_fn(|_| listen(&mut stack, http_port));
        Self { stack, address, http_port, dns, connections }
    }

    /// A frame arrived. DHCP is answered past the stack, for whoever asks has no address yet.
    pub(super) fn receive(&mut self, frame: Vec<u8>, world: &mut World, now: Instant) {
        let Some((from, message)) = frame::payload_to(&frame, DHCP_PORT) else {
            return self.stack.receive(frame);
        };
        let arrival = Arrival { interface: Interface::AccessPoint, from, port: DHCP_PORT };
        let mut reply = [0; DHCP_REPLY_BYTES];
        if let Some(answer) = world.device_datagram(arrival, &message, &mut reply, now) {
            let from = (self.stack.mac(), SocketAddrV4::new(self.address, DHCP_PORT));
            // Whom the server names no hardware address for is everybody.
            let to = (answer.hardware.unwrap_or(frame::BROADCAST), answer.to);
            self.stack.send_frame(frame::datagram(from, to, &reply[..answer.length]));
        }
    }

    /// Carries bytes between the sockets and the portal. Returns whether anything moved.
    pub(super) fn serve(&mut self, world: &mut World, now: Instant) -> bool {
        let mut moved = self.answer_questions(world, now);
        for number in 0..CONNECTIONS {
            moved |= self.serve_connection(number, world, now);
        }
        moved
    }

    fn answer_questions(&mut self, world: &mut World, now: Instant) -> bool {
        let socket = self.stack.sockets.get_mut::<udp::Socket<'_>>(self.dns);
        let mut moved = false;
        let mut reply = [0; DNS_REPLY_BYTES];
        while let Ok((question, meta)) = socket.recv() {
            moved = true;
            let IpAddress::Ipv4(from) = meta.endpoint.addr;
            let from = SocketAddrV4::new(from, meta.endpoint.port);
            let arrival = Arrival { interface: Interface::AccessPoint, from, port: DNS_PORT };
            let question = question.to_vec();
            if let Some(answer) = world.device_datagram(arrival, &question, &mut reply, now) {
                // A full queue loses it, as a network may.
                let _ = socket.send_slice(&reply[..answer.length], meta.endpoint);
            }
        }
        moved
    }

    fn serve_connection(&mut self, number: usize, world: &mut World, now: Instant) -> bool {
        let listener = &mut self.connections[number];
        let socket = self.stack.sockets.get_mut::<tcp::Socket<'_>>(listener.socket);
        let mut moved = false;
        if !listener.open && socket.may_send() {
            listener.open = true;
            world.device_open(number, Interface::AccessPoint, now);
            moved = true;
        }
        if listener.open && !listener.closing {
            moved |= exchange(number, socket, listener, world, now);
        }
        if listener.open
            && !matches!(socket.state(), tcp::State::Established | tcp::State::CloseWait)
            && is_over(socket)
        {
            world.device_closed(number);
            // In place of one that would wait out TIME-WAIT: there are few, and clients many.
            self.stack.sockets.remove(listener.socket);
            self.connections[number] = listen(&mut self.stack, self.http_port);
            moved = true;
        }
        moved
    }

    /// The device lost its power or its access point: every connection is gone without a word.
    pub(super) fn cut(&mut self, world: &mut World) {
        for number in 0..CONNECTIONS {
            let listener = self.connections[number];
            if listener.open {
                world.device_closed(number);
                self.stack.sockets.remove(listener.socket);
                self.connections[number] = listen(&mut self.stack, self.http_port);
            }
        }
    }
}

fn listen(stack: &mut Stack, port: u16) -> Listener {
    let socket = stack.add_tcp();
    // A port that is not 0, on a socket that is new.
    let _ = stack.sockets.get_mut::<tcp::Socket<'_>>(socket).listen(port);
    Listener { socket, open: false, ended: false, closing: false }
}

/// Whether nothing more will come of a connection that once stood.
fn is_over(socket: &tcp::Socket<'_>) -> bool {
    matches!(socket.state(), tcp::State::Closed | tcp::State::TimeWait | tcp::State::Listen)
}

fn exchange(
    number: usize,
    socket: &mut tcp::Socket<'_>,
    listener: &mut Listener,
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
        let sent = send(number, socket, listener, world, now);
        moved |= sent || taken > 0;
        if taken == 0 && !sent {
            return moved;
        }
    }
}

/// Sends what the portal has, as far as there is room. Returns whether anything was.
fn send(
    number: usize,
    socket: &mut tcp::Socket<'_>,
    listener: &mut Listener,
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
            Transfer::Idle => return moved,
        }
        moved = true;
    }
    moved
}

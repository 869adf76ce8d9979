//! A host's TCP/IP stack (`smoltcp`) on a wire that is only two queues of Ethernet frames.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::ops::Range;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{dhcpv4, tcp, udp};
use smoltcp::time::{Duration, Instant as StackInstant};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr, Ipv4Cidr};
use vestibule_core::{Instant, MacAddress};

use super::frame;
use super::redaction::Redaction;

/// Most bytes of an IP packet, as on Wi-Fi behind an access point.
const MTU: usize = 1500;

/// Bytes that a TCP connection holds in each direction.
const TCP_BUFFER: usize = 2048;

/// Bytes and datagrams that a UDP socket holds in each direction.
const UDP_BUFFER: usize = 2048;
const UDP_DATAGRAMS: usize = 8;

/// After how long a silent peer is asked whether it is there, and given up. Chosen; phones and chips
/// differ.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
pub(super) const GIVE_UP: Duration = Duration::from_secs(15);

/// Network bits of an access point's subnet.
pub(super) const PREFIX: u8 = 24;

/// A stack, its sockets and its wire.
pub(in crate::world) struct Stack {
    mac: MacAddress,
    interface: Interface,
    wire: Wire,
    polled: Instant,
    /// When it is to be polled again, as it stood after the last poll; `None` once anything else may have
    /// changed it since. Until then a poll would do nothing, and most polls are such.
    rests: Option<Option<Instant>>,
    redaction: Redaction,
    sockets: SocketSet<'static>,
    /// The port on which nobody is turned away.
    reset_filter_port: Option<u16>,
}

impl Stack {
    /// A stack without an address. `seed` decides its initial sequence numbers.
    pub(super) fn new(mac: MacAddress, seed: u64, now: Instant) -> Self {
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(mac.0)));
        config.random_seed = seed;
        let mut wire = Wire::default();
        let interface = Interface::new(config, &mut wire, stack_time(now));
        let redaction = Redaction::default();
        let sockets = SocketSet::new(Vec::new());
        Self { mac, interface, wire, polled: now, rests: None, redaction, sockets, reset_filter_port: None }
    }

    /// Its hardware address.
    pub(super) fn mac(&self) -> MacAddress {
        self.mac
    }

    /// Gives it an address and its subnet's network bits, in place of any before; with `None` it has
    /// none.
    pub(super) fn set_address(&mut self, address: Option<(Ipv4Addr, u8)>) {
        self.rests = None;
        self.interface.update_ip_addrs(|addresses| {
            addresses.clear();
            if let Some((address, prefix)) = address {
                // There is room: it was just emptied.
                let _ = addresses.push(IpCidr::Ipv4(Ipv4Cidr::new(address, prefix)));
            }
        });
    }

    /// Hears what is sent to a group.
    pub(super) fn hear_group(&mut self, group: Ipv4Addr) {
        self.rests = None;
        // There is room for this one.
        let _ = self.interface.join_multicast_group(group);
    }

    /// Where it sends what is for nobody in its subnet.
    pub(super) fn set_router(&mut self, router: Option<Ipv4Addr>) {
        self.rests = None;
        let routes = self.interface.routes_mut();
        routes.remove_default_ipv4_route();
        if let Some(router) = router {
            // There is room: it was just removed.
            let _ = routes.add_default_ipv4_route(router);
        }
    }

    /// A frame arrived.
    pub(super) fn receive(&mut self, frame: Vec<u8>) {
        self.rests = None;
        self.wire.arrived.push_back(frame);
    }

    /// Takes in what arrived and gets ready what is to be sent.
    pub(in crate::world) fn poll(&mut self, now: Instant) {
        self.polled = now;
        if self.rests.is_some_and(|until| until.is_none_or(|until| now < until)) {
            return;
        }
        self.interface.poll(stack_time(now), &mut self.wire, &mut self.sockets);
        self.rests = Some(self.due(now));
    }

    /// Gets ready what is to be sent, before a socket goes that has something left to say.
    pub(super) fn flush(&mut self) {
        self.poll(self.polled);
    }

    /// Whoever wants to connect to this port while all its sockets are taken hears nothing, in place of a
    /// reset, and tries again: as the firmware has it (`firmware/common/src/reset_filter.rs`), for `smoltcp` does
    /// not.
    pub(super) fn turn_nobody_away(&mut self, port: u16) {
        self.reset_filter_port = Some(port);
    }

    /// The next frame to be sent.
    pub(in crate::world) fn next_frame(&mut self) -> Option<Vec<u8>> {
        loop {
            let frame = self.wire.leaving.pop_front()?;
            if !self.reset_filter_port.is_some_and(|port| frame::turns_away(&frame, port)) {
                return Some(frame);
            }
        }
    }

    /// Sends a frame that was made elsewhere.
    pub(super) fn send_frame(&mut self, frame: Vec<u8>) {
        self.wire.leaving.push_back(frame);
    }

    /// A sent frame as it may be recorded, and how many of its bytes are redacted because they hold what
    /// the owner typed. Must be called with every frame, in order.
    pub(in crate::world) fn redacted(&mut self, frame: &[u8]) -> (Vec<u8>, usize) {
        let mut copy = frame.to_vec();
        let replaced = self.redaction.mask(&mut copy);
        (copy, replaced)
    }

    /// When it is next to be polled, if nothing arrives before.
    pub(super) fn poll_at(&mut self, now: Instant) -> Option<Instant> {
        match self.rests {
            Some(until) => until,
            None => self.due(now),
        }
    }

    fn due(&mut self, now: Instant) -> Option<Instant> {
        let at = self.interface.poll_at(stack_time(now), &self.sockets)?;
        Some(Instant::from_micros(u64::try_from(at.total_micros()).unwrap_or(0)))
    }

    /// Its sockets, to do something with one: it may have something to send then.
    pub(super) fn sockets(&mut self) -> &mut SocketSet<'static> {
        self.rests = None;
        &mut self.sockets
    }

    /// A TCP socket as it stands.
    pub(super) fn tcp(&self, socket: SocketHandle) -> &tcp::Socket<'static> {
        self.sockets.get(socket)
    }

    /// Whether nothing has come of a TCP connection for its client, who has `more` to say or not: it is on
    /// its way, or stands and holds nothing to read.
    pub(super) fn is_quiet(&self, socket: SocketHandle, more: bool) -> bool {
        let socket = self.tcp(socket);
        match socket.state() {
            tcp::State::SynSent => true,
            tcp::State::Established => !more && !socket.can_recv(),
            _ => false,
        }
    }

    /// Lets a server serve a TCP socket, and returns whether it says that anything moved.
    pub(super) fn serve_tcp(
        &mut self,
        socket: SocketHandle,
        serve: impl FnOnce(&mut tcp::Socket<'static>) -> bool,
    ) -> bool {
        let moved = serve(self.sockets.get_mut(socket));
        if moved {
            self.rests = None;
        }
        moved
    }

    /// What has come of a DHCP client. To say it changes nothing for the client.
    pub(super) fn poll_dhcp(&mut self, socket: SocketHandle) -> Option<dhcpv4::Event<'_>> {
        self.sockets.get_mut::<dhcpv4::Socket<'_>>(socket).poll()
    }

    /// A UDP socket as it stands.
    pub(super) fn udp(&self, socket: SocketHandle) -> &udp::Socket<'static> {
        self.sockets.get(socket)
    }

    /// A further UDP socket.
    pub(super) fn add_udp(&mut self, port: u16) -> SocketHandle {
        let buffer =
            || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; UDP_DATAGRAMS], vec![0; UDP_BUFFER]);
        let mut socket = udp::Socket::new(buffer(), buffer());
        // A port that is not 0, on a socket that is new.
        let _ = socket.bind(port);
        self.sockets().add(socket)
    }

    /// A further TCP socket.
    pub(super) fn add_tcp(&mut self) -> SocketHandle {
        let buffer = || tcp::SocketBuffer::new(vec![0; TCP_BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        // Segments go out as they are written: an answer is a piece or two.
        socket.set_nagle_enabled(false);
        // A peer that has gone without a word is noticed.
        socket.set_keep_alive(Some(KEEP_ALIVE));
        socket.set_timeout(Some(GIVE_UP));
        self.sockets().add(socket)
    }

    /// These bytes of the connection that was just opened from `port` hold what the owner typed, and are
    /// redacted in every record.
    pub(super) fn redact(&mut self, port: u16, secret: Vec<Range<usize>>) {
        self.redaction.expect(port, secret);
    }

    /// A TCP connection on its way to `to`.
    pub(super) fn connect(&mut self, to: (Ipv4Addr, u16), port: u16) -> SocketHandle {
        self.redaction.expect(port, Vec::new());
        let handle = self.add_tcp();
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(handle);
        // Fails only for an address or a port of 0: then the socket stays closed, as if refused.
        let _ = socket.connect(self.interface.context(), to, port);
        handle
    }
}

fn stack_time(now: Instant) -> StackInstant {
    StackInstant::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
}

/// Two queues of frames.
#[derive(Default)]
struct Wire {
    arrived: VecDeque<Vec<u8>>,
    leaving: VecDeque<Vec<u8>>,
}

impl Device for Wire {
    type RxToken<'a> = Arrived;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: StackInstant) -> Option<(Arrived, Leaving<'_>)> {
        let frame = self.arrived.pop_front()?;
        Some((Arrived(frame), Leaving(&mut self.leaving)))
    }

    fn transmit(&mut self, _: StackInstant) -> Option<Leaving<'_>> {
        Some(Leaving(&mut self.leaving))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        // The Ethernet header is part of what smoltcp counts.
        capabilities.max_transmission_unit = MTU + 14;
        capabilities.checksum = ChecksumCapabilities::default();
        capabilities
    }
}

struct Arrived(Vec<u8>);

impl RxToken for Arrived {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Leaving<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let written = write(&mut frame);
        self.0.push_back(frame);
        written
    }
}

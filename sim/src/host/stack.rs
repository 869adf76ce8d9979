//! A host's TCP/IP stack (`smoltcp`) on a network device that is only two queues of Ethernet frames. Drivers
//! move frames between the queues of several stacks.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::ops::Range;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{dhcpv4, tcp, udp};
use smoltcp::time::{Duration, Instant as StackInstant};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr, Ipv4Cidr};
use vestibule_core::{Instant, MacAddress};

use super::dhcp_client::is_of_a_host;
use super::frame;
use super::redaction::Redaction;

/// Most bytes of an IP packet, as on Wi-Fi behind an access point.
const MTU: usize = 1500;

/// Bytes that a TCP connection holds in each direction.
const TCP_BUFFER: usize = 2048;

/// Bytes and datagrams that a UDP socket holds in each direction.
const UDP_BUFFER: usize = 2048;
const UDP_DATAGRAMS: usize = 8;

/// The time after which a silent peer gets a keep-alive, and after which the connection is aborted. Chosen;
/// phones and chips differ.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);
pub(crate) const CONNECTION_TIMEOUT: Duration = Duration::from_secs(15);

/// Network bits of an access point's subnet.
pub(crate) const PREFIX: u8 = 24;

/// A stack, its sockets and its frames.
pub(crate) struct Stack {
    mac: MacAddress,
    interface: Interface,
    queues: FrameQueues,
    polled: Instant,
    /// The time of the next poll as of the last one: an earlier poll would do nothing, as most would. The
    /// outer `None` means that something may have changed since, so that the next poll must not be skipped.
    next_poll: Option<Option<Instant>>,
    redaction: Redaction,
    sockets: SocketSet<'static>,
    /// The port whose resets for connection requests are dropped.
    reset_filter_ports: Vec<u16>,
}

impl Stack {
    /// A stack without an address. `seed` decides its initial sequence numbers.
    pub(crate) fn new(mac: MacAddress, seed: u64, now: Instant) -> Self {
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(mac.0)));
        config.random_seed = seed;
        let mut queues = FrameQueues::default();
        let interface = Interface::new(config, &mut queues, stack_time(now));
        let redaction = Redaction::default();
        let sockets = SocketSet::new(Vec::new());
        Self {
            mac,
            interface,
            queues,
            polled: now,
            next_poll: None,
            redaction,
            sockets,
            reset_filter_ports: Vec::new(),
        }
    }

    /// Its hardware address.
    pub(crate) fn mac(&self) -> MacAddress {
        self.mac
    }

    /// Gives it another hardware address, while it is on no network.
    pub(crate) fn set_mac(&mut self, mac: MacAddress) {
        self.mac = mac;
        self.interface.set_hardware_addr(HardwareAddress::Ethernet(EthernetAddress(mac.0)));
    }

    /// Gives it an address and its subnet's network bits, in place of any before; with `None` it has
    /// none.
    pub(crate) fn set_address(&mut self, address: Option<(Ipv4Addr, u8)>) {
        self.next_poll = None;
        self.interface.update_ip_addrs(|addresses| {
            addresses.clear();
            // `smoltcp` panics at an address that no host can have.
            if let Some((address, prefix)) = address.filter(|(address, _)| is_of_a_host(*address)) {
                // There is room: it was just emptied.
                let _ = addresses.push(IpCidr::Ipv4(Ipv4Cidr::new(address, prefix)));
            }
        });
    }

    /// Whether it has no address.
    pub(crate) fn has_no_address(&self) -> bool {
        self.interface.ip_addrs().is_empty()
    }

    /// Receives what is sent to a multicast group.
    pub(crate) fn join_group(&mut self, group: Ipv4Addr) {
        self.next_poll = None;
        // There is room for this one.
        let _ = self.interface.join_multicast_group(group);
    }

    /// Sets the default route.
    pub(crate) fn set_router(&mut self, router: Option<Ipv4Addr>) {
        self.next_poll = None;
        let routes = self.interface.routes_mut();
        routes.remove_default_ipv4_route();
        // The same holds for a router.
        if let Some(router) = router.filter(|router| is_of_a_host(*router)) {
            // There is room: it was just removed.
            let _ = routes.add_default_ipv4_route(router);
        }
    }

    /// A frame arrived.
    pub(crate) fn receive(&mut self, frame: Vec<u8>) {
        self.next_poll = None;
        self.queues.received.push_back(frame);
    }

    /// Processes received frames and prepares those to be sent.
    pub(crate) fn poll(&mut self, now: Instant) {
        self.polled = now;
        if self.next_poll.is_some_and(|until| until.is_none_or(|until| now < until)) {
            return;
        }
        self.interface.poll(stack_time(now), &mut self.queues, &mut self.sockets);
        self.next_poll = Some(self.due(now));
    }

    /// Prepares the frames to be sent, before a socket is removed that has something left to send.
    pub(crate) fn flush(&mut self) {
        self.poll(self.polled);
    }

    /// Drops the resets that `smoltcp` sends to clients of this port while all its sockets are taken, as the
    /// firmware does (`firmware/common/src/reset_filter.rs`). A client without an answer retransmits its
    /// request until a socket is free.
    pub(crate) fn drop_resets(&mut self, port: u16) {
        self.reset_filter_ports.push(port);
    }

    /// The next frame to be sent.
    pub(crate) fn next_frame(&mut self) -> Option<Vec<u8>> {
        loop {
            let frame = self.queues.sent.pop_front()?;
            if !self.reset_filter_ports.iter().any(|port| frame::is_refusal(&frame, *port)) {
                return Some(frame);
            }
        }
    }

    /// Sends a frame that was made elsewhere.
    pub(crate) fn send_frame(&mut self, frame: Vec<u8>) {
        self.queues.sent.push_back(frame);
    }

    /// A sent frame as it may be recorded, and how many of its bytes are redacted because they hold what
    /// the owner typed. Must be called with every frame, in order.
    pub(crate) fn redacted(&mut self, frame: &[u8]) -> (Vec<u8>, usize) {
        let mut copy = frame.to_vec();
        let replaced = self.redaction.mask(&mut copy);
        (copy, replaced)
    }

    /// The time of the next poll, if nothing arrives before.
    pub(crate) fn poll_at(&mut self, now: Instant) -> Option<Instant> {
        match self.next_poll {
            Some(until) => until,
            None => self.due(now),
        }
    }

    /// Whether nothing happens on it until a frame arrives or its owner does something with it.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.next_poll == Some(None) && self.queues.received.is_empty() && self.queues.sent.is_empty()
    }

    fn due(&mut self, now: Instant) -> Option<Instant> {
        let at = self.interface.poll_at(stack_time(now), &self.sockets)?;
        Some(Instant::from_micros(u64::try_from(at.total_micros()).unwrap_or(0)))
    }

    /// Its sockets, for a change: the next poll is not skipped, for a socket may have something to send.
    pub(crate) fn sockets(&mut self) -> &mut SocketSet<'static> {
        self.next_poll = None;
        &mut self.sockets
    }

    /// A TCP socket, for reading its state.
    pub(crate) fn tcp(&self, socket: SocketHandle) -> &tcp::Socket<'static> {
        self.sockets.get(socket)
    }

    /// Whether a TCP connection has nothing to do for its client, which has `more` to send or not: it is in
    /// its handshake, or established with nothing to read or send.
    pub(crate) fn is_idle(&self, socket: SocketHandle, more: bool) -> bool {
        let socket = self.tcp(socket);
        match socket.state() {
            tcp::State::SynSent => true,
            tcp::State::Established => !more && !socket.can_recv(),
            _ => false,
        }
    }

    /// Lets a server serve a TCP socket. Returns whether the server says that anything moved.
    pub(crate) fn serve_tcp(
        &mut self,
        socket: SocketHandle,
        serve: impl FnOnce(&mut tcp::Socket<'static>) -> bool,
    ) -> bool {
        let moved = serve(self.sockets.get_mut(socket));
        if moved {
            self.next_poll = None;
        }
        moved
    }

    /// The next event of a DHCP client. Reading it changes nothing that a poll would have to look at.
    pub(crate) fn poll_dhcp(&mut self, socket: SocketHandle) -> Option<dhcpv4::Event<'_>> {
        self.sockets.get_mut::<dhcpv4::Socket<'_>>(socket).poll()
    }

    /// A UDP socket, for reading its state.
    pub(crate) fn udp(&self, socket: SocketHandle) -> &udp::Socket<'static> {
        self.sockets.get(socket)
    }

    /// A further UDP socket.
    pub(crate) fn add_udp(&mut self, port: u16) -> SocketHandle {
        let buffer =
            || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; UDP_DATAGRAMS], vec![0; UDP_BUFFER]);
        let mut socket = udp::Socket::new(buffer(), buffer());
        // A port that is not 0, on a socket that is new.
        let _ = socket.bind(port);
        self.sockets().add(socket)
    }

    /// A further TCP socket.
    pub(crate) fn add_tcp(&mut self) -> SocketHandle {
        let buffer = || tcp::SocketBuffer::new(vec![0; TCP_BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        // Segments are sent as they are written, for an answer is a segment or two.
        socket.set_nagle_enabled(false);
        // Notices a peer that has gone without a reset.
        socket.set_keep_alive(Some(KEEP_ALIVE_INTERVAL));
        socket.set_timeout(Some(CONNECTION_TIMEOUT));
        self.sockets().add(socket)
    }

    /// These bytes of the connection that was just opened from `port` hold what the owner typed, and are
    /// redacted in every record.
    pub(crate) fn redact(&mut self, port: u16, secret: Vec<Range<usize>>) {
        self.redaction.expect(port, secret);
    }

    /// Opens a TCP connection to `to`.
    pub(crate) fn connect(&mut self, to: (Ipv4Addr, u16), port: u16) -> SocketHandle {
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
struct FrameQueues {
    received: VecDeque<Vec<u8>>,
    sent: VecDeque<Vec<u8>>,
}

impl Device for FrameQueues {
    type RxToken<'a> = RxFrame;
    type TxToken<'a> = TxFrame<'a>;

    fn receive(&mut self, _: StackInstant) -> Option<(RxFrame, TxFrame<'_>)> {
        let frame = self.received.pop_front()?;
        Some((RxFrame(frame), TxFrame(&mut self.sent)))
    }

    fn transmit(&mut self, _: StackInstant) -> Option<TxFrame<'_>> {
        Some(TxFrame(&mut self.sent))
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

struct RxFrame(Vec<u8>);

impl RxToken for RxFrame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct TxFrame<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for TxFrame<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let written = write(&mut frame);
        self.0.push_back(frame);
        written
    }
}

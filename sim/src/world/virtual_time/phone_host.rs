//! A phone's stack on the device's access point: its DHCP client, the exchanges of its connectivity check and
//! the page loads of its sheet, over real frames.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use vestibule_core::{DNS_PORT, Instant, MacAddress};

use super::browser::Browser;
use super::dhcp_client::DhcpClient;
use super::frame;
use super::stack::Stack;
use crate::client::ClientCommand;
use crate::phone::{Exchange, ExchangeId, Link, Progress};
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, number, stream};
use crate::world::{Load, World};

const DHCP_SERVER_PORT: u16 = 67;
const DHCP_CLIENT_PORT: u16 = 68;

/// The first of the ephemeral ports (RFC 6335 section 6).
pub(super) const FIRST_PORT: u16 = 49152;

/// A phone with its stack.
pub(in crate::world) struct PhoneHost {
    id: PhoneId,
    pub(in crate::world) stack: Stack,
    dhcp: DhcpClient,
    link: Option<Link>,
    next_port: u16,
    exchanges: BTreeMap<ExchangeId, ExchangeSocket>,
    browser: Option<Browser>,
}

/// The socket of an exchange.
enum ExchangeSocket {
    Datagram(SocketHandle),
    Stream { socket: SocketHandle, payload: Vec<u8>, established: bool, secure: bool },
}

impl PhoneHost {
    /// A phone that is not on the network; `seed` is the run's.
    pub(in crate::world) fn new(id: PhoneId, mac: MacAddress, seed: u64, now: Instant) -> Self {
        Self {
            id,
            stack: Stack::new(mac, number(seed, RandomStream::PhoneStack, id as u64), now),
            dhcp: DhcpClient::new(mac, stream(seed, RandomStream::PhoneDhcp, id as u64)),
            link: None,
            next_port: FIRST_PORT,
            exchanges: BTreeMap::new(),
            browser: None,
        }
    }

    /// The phone is on the access point, and requests an address.
    pub(in crate::world) fn joined(&mut self, now: Instant) {
        self.dhcp.start(now);
    }

    /// The phone is off the access point: closes every socket.
    pub(in crate::world) fn cut(&mut self) {
        self.dhcp.stop();
        self.link = None;
        self.stack.set_address(None);
        for (_, socket) in std::mem::take(&mut self.exchanges) {
            self.stack.sockets().remove(socket.handle());
        }
        if let Some(browser) = self.browser.take() {
            browser.abandon(&mut self.stack);
        }
    }

    /// A frame arrived.
    pub(in crate::world) fn receive(&mut self, bytes: Vec<u8>, world: &mut World, now: Instant) {
        let Some(message) = dhcp_message(&bytes) else {
            return self.stack.receive(bytes);
        };
        if let Some(lease) = self.dhcp.receive(&message, now) {
            self.stack.set_address(Some((lease.address, lease.prefix)));
            let resolver = SocketAddrV4::new(lease.resolver, DNS_PORT);
            let link = Link { address: lease.address, router: lease.router, resolver };
            // A lease that was renewed changes nothing.
            if self.link.replace(link) != Some(link) {
                world.phone_configured(self.id, link, lease.captive_portal_api.as_deref(), now);
            }
        }
    }

    fn port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        port
    }

    /// Begins an exchange of the phone's check.
    pub(in crate::world) fn open(
        &mut self,
        id: ExchangeId,
        exchange: Exchange,
        world: &mut World,
        now: Instant,
    ) {
        if self.link.is_none() {
            return world.phone_progress(self.id, id, Progress::Unreachable, now);
        }
        let port = self.port();
        let socket = match exchange {
            Exchange::Datagram { to, payload } => {
                let handle = self.stack.add_udp(port);
                let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(handle);
                // A datagram that is too long for the buffer is lost, as on a network.
                let _ = socket.send_slice(&payload, (*to.ip(), to.port()));
                ExchangeSocket::Datagram(handle)
            }
            Exchange::Stream { to, payload } => {
                let socket = self.stack.connect((*to.ip(), to.port()), port);
                ExchangeSocket::Stream { socket, payload, established: false, secure: false }
            }
            Exchange::Tls { to, .. } => {
                let socket = self.stack.connect((*to.ip(), to.port()), port);
                ExchangeSocket::Stream { socket, payload: Vec::new(), established: false, secure: true }
            }
        };
        self.exchanges.insert(id, socket);
    }

    /// Does what a client wants done on its connection.
    pub(in crate::world) fn client_command(
        &mut self,
        id: ExchangeId,
        command: ClientCommand,
        world: &mut World,
        now: Instant,
    ) {
        match (command, self.exchanges.get_mut(&id)) {
            (ClientCommand::Connect(to), _) => {
                self.open(id, Exchange::Stream { to, payload: Vec::new() }, world, now);
            }
            (ClientCommand::Say(bytes), Some(ExchangeSocket::Stream { payload, .. })) => {
                payload.extend(bytes)
            }
            (ClientCommand::Shut, Some(ExchangeSocket::Stream { socket, .. })) => {
                self.stack.sockets().get_mut::<tcp::Socket<'_>>(*socket).close();
            }
            (ClientCommand::Reset, _) => self.abandon(id),
            // It was over already.
            (ClientCommand::Say(_) | ClientCommand::Shut, _) => {}
        }
    }

    /// Gives an exchange up.
    pub(in crate::world) fn abandon(&mut self, id: ExchangeId) {
        if let Some(socket) = self.exchanges.remove(&id) {
            self.end(socket);
        }
    }

    /// Closes a socket. A stream is reset.
    fn end(&mut self, socket: ExchangeSocket) {
        if let ExchangeSocket::Stream { socket, .. } = socket {
            self.stack.sockets().get_mut::<tcp::Socket<'_>>(socket).abort();
            // Sends the reset, before the socket is removed.
            self.stack.flush();
        }
        self.stack.sockets().remove(socket.handle());
    }

    /// Begins to load a page, and abandons an older load.
    pub(in crate::world) fn load(&mut self, load: Load, now: Instant) {
        if let Some(browser) = self.browser.take() {
            browser.abandon(&mut self.stack);
        }
        self.browser = Some(Browser::new(load, self.link, now));
    }

    /// Passes bytes between the sockets and the phone. Returns whether anything moved.
    pub(in crate::world) fn serve(&mut self, world: &mut World, now: Instant) -> bool {
        let mut moved = false;
        self.dhcp.handle_timeout(now);
        if let Some(message) = self.dhcp.poll() {
            let frame = dhcp_request_frame(self.stack.mac(), &message);
            self.stack.send_frame(frame);
            moved = true;
        }
        for id in self.exchanges.keys().copied().collect::<Vec<_>>() {
            moved |= self.serve_exchange(id, world, now);
        }
        if let Some(browser) = &mut self.browser
            && let Some((load, loaded)) = browser.serve(&mut self.stack, &mut self.next_port, now)
        {
            if let Some(browser) = self.browser.take() {
                browser.abandon(&mut self.stack);
            }
            world.page_loaded(self.id, load, loaded, now);
            moved = true;
        }
        moved
    }

    fn serve_exchange(&mut self, id: ExchangeId, world: &mut World, now: Instant) -> bool {
        let Some(socket) = self.exchanges.get_mut(&id) else { return false };
        let is_idle = match socket {
            ExchangeSocket::Datagram(handle) => !self.stack.udp(*handle).can_recv(),
            ExchangeSocket::Stream { socket, payload, established, secure } => {
                self.stack.is_idle(*socket, !*established || (!*secure && !payload.is_empty()))
            }
        };
        if is_idle {
            return false;
        }
        let mut reports = Vec::new();
        let over = match socket {
            ExchangeSocket::Datagram(handle) => {
                let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(*handle);
                while let Ok((bytes, _)) = socket.recv() {
                    reports.push(SocketProgress::Received(bytes.to_vec()));
                }
                false
            }
            ExchangeSocket::Stream { socket, payload, established, secure } => {
                let socket = self.stack.sockets().get_mut::<tcp::Socket<'_>>(*socket);
                serve_stream(socket, payload, established, *secure, &mut reports)
            }
        };
        if over && let Some(socket) = self.exchanges.remove(&id) {
            self.end(socket);
        }
        let moved = !reports.is_empty();
        for progress in reports {
            let progress = match &progress {
                SocketProgress::Connected => Progress::Connected,
                SocketProgress::Received(bytes) => Progress::Received(bytes),
                SocketProgress::Ended => Progress::Ended,
                SocketProgress::Refused => Progress::Refused,
                SocketProgress::Reset => Progress::Reset,
            };
            world.phone_progress(self.id, id, progress, now);
        }
        moved
    }

    /// The time at which it must be served, if nothing arrives before.
    pub(in crate::world) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let browser = self.browser.as_ref().map(Browser::poll_timeout);
        [self.stack.poll_at(now), self.dhcp.poll_timeout(), browser].into_iter().flatten().min()
    }
}

/// The DHCP message in a frame to a client, if it is one.
pub(super) fn dhcp_message(bytes: &[u8]) -> Option<Vec<u8>> {
    frame::payload_to(bytes, DHCP_CLIENT_PORT).map(|(_, message)| message)
}

/// The frame with a DHCP message of a client without an address.
pub(super) fn dhcp_request_frame(mac: MacAddress, message: &[u8]) -> Vec<u8> {
    let from = (mac, SocketAddrV4::new(frame::UNSPECIFIED, DHCP_CLIENT_PORT));
    let to = (frame::BROADCAST, SocketAddrV4::new(Ipv4Addr::BROADCAST, DHCP_SERVER_PORT));
    frame::datagram(from, to, message)
}

impl ExchangeSocket {
    fn handle(&self) -> SocketHandle {
        match self {
            Self::Datagram(socket) | Self::Stream { socket, .. } => *socket,
        }
    }
}

/// The progress of an exchange, with bytes of its own, so that the socket can be used meanwhile.
enum SocketProgress {
    Connected,
    Received(Vec<u8>),
    Ended,
    Refused,
    Reset,
}

/// Continues a stream. Returns whether it is over.
fn serve_stream(
    socket: &mut tcp::Socket<'_>,
    payload: &mut Vec<u8>,
    established: &mut bool,
    secure: bool,
    reports: &mut Vec<SocketProgress>,
) -> bool {
    if !*established && socket.may_send() {
        *established = true;
        reports.push(SocketProgress::Connected);
    }
    if *established && !secure && !payload.is_empty() && socket.can_send() {
        // It can send, so this cannot fail.
        let sent = socket.send_slice(payload).unwrap_or(0);
        payload.drain(..sent);
    }
    while socket.can_recv() {
        let bytes = socket.recv(|bytes| (bytes.len(), bytes.to_vec())).unwrap_or_default();
        reports.push(SocketProgress::Received(bytes));
    }
    match (socket.state(), *established) {
        (tcp::State::Closed, false) => reports.push(SocketProgress::Refused),
        (tcp::State::Closed, true) => reports.push(SocketProgress::Reset),
        (tcp::State::CloseWait, true) => reports.push(SocketProgress::Ended),
        _ => return false,
    }
    true
}

//! A profile's portal as a host on a link: its stack, its DHCP server, its DNS, its HTTP and its TLS. Sans-IO: a driver
//! moves its frames.

use std::time::Duration;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use vestibule_core::{DNS_PORT, Instant};

use super::answer::Treatment;
use super::dhcp_server::{DhcpServer, STAND_IN_MAC};
use super::{AddressAnswer, DeviceSetup, HttpsAnswer, Profile};
use crate::host::Stack;
use crate::host::frame::{BROADCAST, dhcp_reply_frame, dhcp_request, is_multicast, receiver};
use crate::tls::{Server, self_signed_server};

/// The port of TLS.
const HTTPS_PORT: u16 = 443;

/// What its certificate is for.
const CERTIFICATE_NAME: &str = "portal.example";

/// Connections that it has at once: as many as lwIP gives a server on a small chip by default. Chosen.
const CONNECTIONS: usize = 8;

/// Longest request that is read; what is longer is answered by its beginning.
const REQUEST_BYTES: usize = 8192;

/// Network bits of its subnet.
const PREFIX: u8 = 24;

/// A portal on a link.
pub(super) struct PortalHost {
    profile: Profile,
    setup: DeviceSetup,
    began: Instant,
    stack: Stack,
    dhcp: DhcpServer,
    dns: SocketHandle,
    connections: Vec<Connection>,
    /// How many clients came.
    turns: u64,
}

/// A socket that listens or has a client.
struct Connection {
    socket: SocketHandle,
    port: u16,
    stage: Stage,
    /// The number of its client, in the order in which they came.
    turn: Option<u64>,
}

/// How far a connection is.
enum Stage {
    /// The request is read. A connection that was kept is closed if nothing comes until then.
    Reading { request: Vec<u8>, until: Option<Instant> },
    /// The reply is made.
    Waiting { until: Instant, then: Treatment },
    /// The reply is sent, and then over and over what is to follow it, if anything; or the next request is read.
    Writing { bytes: Vec<u8>, again: Vec<u8>, keep: bool },
    /// A handshake, of which these bytes are still to be sent.
    Secure { server: Box<Server>, bytes: Vec<u8> },
    /// Nothing is said.
    Silent,
    /// It has closed, and waits for the client to do so.
    Closing,
}

impl PortalHost {
    pub(super) fn new(mut profile: Profile, setup: DeviceSetup, now: Instant) -> Self {
        if profile.intercepts {
            profile.dns.address.answer = AddressAnswer::Portal;
        }
        let mut stack = Stack::new(STAND_IN_MAC, 1, now);
        stack.set_address(Some((profile.address(), PREFIX)));
        let dns = stack.add_udp(DNS_PORT);
        let tls_listens = profile.https.answer == HttpsAnswer::Accepted;
        if profile.https.answer == HttpsAnswer::Silence {
            stack.drop_resets(HTTPS_PORT);
        }
        let ports = std::iter::repeat_n(profile.port(), CONNECTIONS)
            .chain(std::iter::repeat_n(HTTPS_PORT, if tls_listens { CONNECTIONS } else { 0 }));
        let connections = ports.map(|port| Connection::listen(&mut stack, port)).collect();
        Self {
            dhcp: DhcpServer::new(profile.address(), profile.dhcp.as_ref()),
            profile,
            setup,
            began: now,
            stack,
            dns,
            connections,
            turns: 0,
        }
    }

    /// A frame came.
    pub(super) fn receive(&mut self, frame: &[u8], now: Instant) {
        if self.profile.is_away(&self.setup, now.since(self.began)) {
            return;
        }
        let to = receiver(frame);
        if to != Some(self.stack.mac()) && to != Some(BROADCAST) && !is_multicast(to) {
            return;
        }
        let Some(message) = dhcp_request(frame) else { return self.stack.receive(frame.to_vec()) };
        if let Some(reply) = self.dhcp.answer(&message) {
            let frame = dhcp_reply_frame(self.stack.mac(), self.profile.address(), &reply);
            self.stack.send_frame(frame);
        }
    }

    /// Does what `now` asks for, and returns the frames that it sends.
    pub(super) fn advance(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        loop {
            self.stack.poll(now);
            let moved = self.answer_questions() | self.serve(now);
            self.stack.poll(now);
            while let Some(frame) = self.stack.next_frame() {
                frames.push(frame);
            }
            if !moved {
                return frames;
            }
        }
    }

    /// When it is to be carried on although no frame came.
    pub(super) fn timeout(&mut self, now: Instant) -> Option<Instant> {
        let waits = self.connections.iter().filter_map(|connection| match &connection.stage {
            Stage::Waiting { until, .. } => Some(*until),
            Stage::Reading { until, .. } => *until,
            _ => None,
        });
        self.stack.poll_at(now).into_iter().chain(waits).min()
    }

    fn answer_questions(&mut self) -> bool {
        let mut moved = false;
        while self.stack.udp(self.dns).can_recv() {
            moved = true;
            let socket = self.stack.sockets().get_mut::<udp::Socket<'_>>(self.dns);
            let Ok((question, meta)) = socket.recv().map(|(bytes, meta)| (bytes.to_vec(), meta)) else {
                break;
            };
            if let Some(answer) = self.profile.answer_question(&question, self.profile.address()) {
                // A full queue loses it, as a network may.
                let _ = socket.send_slice(&answer, meta.endpoint);
            }
        }
        moved
    }

    fn serve(&mut self, now: Instant) -> bool {
        let mut moved = false;
        let portal = self.profile.place();
        let (profile, setup, since) = (&self.profile, &mut self.setup, now.since(self.began));
        let most =
            profile.limits.as_ref().and_then(|limits| limits.connections).map_or(CONNECTIONS, usize::from);
        for connection in &mut self.connections {
            let tcp = self.stack.sockets().get_mut::<tcp::Socket<'_>>(connection.socket);
            if connection.turn.is_none() && tcp.state() != tcp::State::Listen {
                connection.turn = Some(self.turns);
                self.turns += 1;
            }
        }
        // One that is closed on this side is over for the portal, however long its client takes to close.
        let is_open = |connection: &&Connection| !matches!(connection.stage, Stage::Closing);
        let open = self.connections.iter().filter(is_open);
        let mut served: Vec<u64> = open.filter_map(|connection| connection.turn).collect();
        served.sort_unstable();
        served.truncate(most.max(1));
        for connection in &mut self.connections {
            // The others are accepted and wait, as in the queue of a socket that listens.
            let is_closing = matches!(connection.stage, Stage::Closing);
            if connection.turn.is_some_and(|turn| !served.contains(&turn)) && !is_closing {
                continue;
            }
            let Connection { socket, port, stage, .. } = connection;
            let tcp = self.stack.sockets().get_mut::<tcp::Socket<'_>>(*socket);
            let is_http = *port == profile.port();
            moved |= stage.serve(tcp, now, profile.idle(), |request| {
                (!is_http || profile.is_whole(request) || request.len() >= REQUEST_BYTES).then(|| {
                    match is_http {
                        true => profile.answer_request(request, &portal, setup, since),
                        false => Treatment::Silence,
                    }
                })
            });
            if matches!(tcp.state(), tcp::State::Closed | tcp::State::TimeWait) {
                // A reset has to leave before its socket goes.
                self.stack.flush();
                self.stack.sockets().remove(*socket);
                *connection = Connection::listen(&mut self.stack, *port);
                moved = true;
            }
        }
        moved
    }
}

impl Connection {
    fn listen(stack: &mut Stack, port: u16) -> Self {
        let socket = stack.add_tcp();
        // A port that is not 0, on a socket that is new.
        let _ = stack.sockets().get_mut::<tcp::Socket<'_>>(socket).listen(port);
        let server = Some(CERTIFICATE_NAME).filter(|_| port == HTTPS_PORT).and_then(self_signed_server);
        let stage = match server {
            Some(server) => Stage::Secure { server: Box::new(server), bytes: Vec::new() },
            None => Stage::Reading { request: Vec::new(), until: None },
        };
        Self { socket, port, stage, turn: None }
    }
}

impl Stage {
    /// Passes bytes. Returns whether anything moved.
    fn serve(
        &mut self,
        socket: &mut tcp::Socket<'_>,
        now: Instant,
        idle: Option<Duration>,
        answer: impl FnOnce(&[u8]) -> Option<Treatment>,
    ) -> bool {
        match self {
            Self::Reading { request, until } => {
                let before = request.len();
                while socket.can_recv() {
                    let _ = socket.recv(|bytes| (bytes.len(), request.extend_from_slice(bytes)));
                }
                if request.len() > before
                    && let Some(treatment) = answer(request)
                {
                    *self = Self::begin(treatment, socket, now);
                    return true;
                }
                let is_idle = request.is_empty() && until.is_some_and(|until| now >= until);
                if socket.state() == tcp::State::CloseWait || is_idle {
                    socket.close();
                    *self = Self::Closing;
                    return true;
                }
                request.len() > before
            }
            Self::Waiting { until, .. } if now < *until => false,
            Self::Waiting { then, .. } => {
                let then = std::mem::replace(then, Treatment::Close);
                *self = Self::begin(then, socket, now);
                true
            }
            Self::Writing { bytes, again, keep } => {
                let mut moved = false;
                if socket.can_send() && !bytes.is_empty() {
                    let sent = socket.send_slice(bytes).unwrap_or(0);
                    bytes.drain(..sent);
                    moved = sent > 0;
                }
                if bytes.is_empty() && *keep {
                    *self = Self::Reading { request: Vec::new(), until: idle.map(|idle| now + idle) };
                    return true;
                }
                if bytes.is_empty() && again.is_empty() {
                    socket.close();
                    *self = Self::Closing;
                    return true;
                }
                if bytes.is_empty() {
                    bytes.extend_from_slice(again);
                }
                moved
            }
            Self::Secure { server, bytes } => {
                let (moved, is_over) = serve_secure(server, bytes, socket);
                if is_over {
                    socket.close();
                    *self = Self::Closing;
                }
                moved || is_over
            }
            Self::Silent | Self::Closing => drain(socket),
        }
    }

    fn begin(treatment: Treatment, socket: &mut tcp::Socket<'_>, now: Instant) -> Self {
        match treatment {
            Treatment::Reply(bytes) => Self::Writing { bytes, again: Vec::new(), keep: false },
            Treatment::Keep(bytes) => Self::Writing { bytes, again: Vec::new(), keep: true },
            Treatment::Endless(bytes, again) => Self::Writing { bytes, again, keep: false },
            Treatment::Later(after, then) => Self::Waiting { until: now + after, then: *then },
            Treatment::Silence => Self::Silent,
            Treatment::Close => {
                socket.close();
                Self::Closing
            }
            Treatment::Reset => {
                socket.abort();
                Self::Closing
            }
        }
    }
}

/// Reads and forgets what comes, and closes after the other side has. Returns whether anything moved.
fn drain(socket: &mut tcp::Socket<'_>) -> bool {
    let mut moved = false;
    while socket.can_recv() {
        moved |= socket.recv(|bytes| (bytes.len(), ())).is_ok();
    }
    if socket.state() == tcp::State::CloseWait {
        socket.close();
        moved = true;
    }
    moved
}

/// Passes the bytes of a handshake. Returns whether anything moved, and whether it is over.
fn serve_secure(server: &mut Server, bytes: &mut Vec<u8>, socket: &mut tcp::Socket<'_>) -> (bool, bool) {
    let mut moved = false;
    while socket.can_recv() {
        moved |= socket.recv(|bytes| (bytes.len(), server.receive(bytes))).is_ok();
    }
    bytes.extend(server.take_bytes());
    if socket.can_send() && !bytes.is_empty() {
        let sent = socket.send_slice(bytes).unwrap_or(0);
        bytes.drain(..sent);
        moved |= sent > 0;
    }
    (moved, bytes.is_empty() && (server.is_over() || socket.state() == tcp::State::CloseWait))
}

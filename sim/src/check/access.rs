//! How what a phone sends reaches a portal: over sockets of this machine, led to the portal's own two, or over a link,
//! from the phone's own host there. Whoever asks a portal something asks by this, and so over both.

use std::collections::BTreeMap;
use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::{Position, Url};
use vestibule_core::Instant;

use super::page_fetch::{LoadedPage, PageFetch};
use super::portal_address::PortalAddress;
use super::settings::{Route, Settings};
use crate::linked_host::LinkedHost;
use crate::owner::{PAGE_TIMEOUT, Request};
use crate::phone::{Ending, Exchange, Link, Progress, Reader, Reply};
use crate::socket_exchange::run_with_rest;
use crate::tls::Trust;

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// How long a reply's head may take.
const REPLY_TIMEOUT: Duration = Duration::from_secs(3);

/// Bytes of a datagram that are read.
const DATAGRAM_BYTES: usize = 4096;

/// A way to a portal.
#[derive(Clone)]
pub(crate) enum PortalAccess {
    /// Over sockets of this machine.
    Sockets(Settings),
    /// Over a link.
    Link(LinkAccess),
}

/// A host on a link that has an address.
#[derive(Clone)]
pub(crate) struct LinkAccess {
    pub(super) host: LinkedHost,
    pub(super) link: Link,
    /// The captive portal API that its lease names.
    pub(super) announced: Option<String>,
    /// Whose certificates the phone trusts.
    pub(super) trust: Trust,
}

/// A TCP connection of either kind.
pub(crate) trait PortalStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> PortalStream for T {}

impl PortalAccess {
    /// What the phone is told of its network.
    pub(super) fn link(&self) -> Link {
        match self {
            Self::Sockets(settings) => settings.link(),
            Self::Link(access) => access.link,
        }
    }

    pub(super) fn place(&self) -> PortalAddress {
        match self {
            Self::Sockets(settings) => settings.place(),
            Self::Link(access) => PortalAddress::at(access.link.router),
        }
    }

    /// The captive portal API that the network announces.
    pub(super) fn announced(&self) -> Option<&str> {
        match self {
            Self::Sockets(_) => None,
            Self::Link(access) => access.announced.as_deref(),
        }
    }

    /// Where the portal's page is asked for, on the wire.
    pub(super) fn http(&self) -> SocketAddr {
        match self {
            Self::Sockets(settings) => settings.target.http,
            Self::Link(access) => SocketAddrV4::new(access.link.router, HTTP_PORT).into(),
        }
    }

    pub(super) fn route(&self, exchange: &Exchange) -> Route {
        match self {
            Self::Sockets(settings) => settings.route(exchange),
            Self::Link(_) => Route::Link,
        }
    }

    /// Carries out an exchange until it ends or is dropped; on a stream `rest` follows in a segment of its own.
    pub(super) async fn run(&self, exchange: &Exchange, rest: Option<&[u8]>, report: impl Fn(Progress<'_>)) {
        match (self, self.route(exchange)) {
            (Self::Sockets(settings), Route::To(real)) => {
                let source = settings.target.source(real);
                run_with_rest(source, real, (exchange, rest), settings.trust, report).await;
            }
            (Self::Link(access), _) => access.host.run(exchange, rest, access.trust, report).await,
            (Self::Sockets(_), Route::Closed) => report(Progress::Refused),
            (Self::Sockets(_), _) => report(Progress::Unreachable),
        }
    }

    /// Sends a request and reads the head of the reply, if one comes within a time that a person waits.
    pub(super) async fn reply_head(&self, request: &str) -> Option<Reply> {
        let head = async {
            let mut stream = self.connect().await?;
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut reader = Reader::new();
            let mut piece = [0; DATAGRAM_BYTES];
            while reader.head().is_none() {
                let length = stream.read(&mut piece).await.ok().filter(|length| *length > 0)?;
                reader.push(&piece[..length]).ok()?;
            }
            Some(reader.into_reply())
        };
        timeout(REPLY_TIMEOUT, head).await.ok()?
    }

    /// Asks for a page as any client would, and returns what comes within this time, whole or not.
    pub(super) async fn get(&self, url: &str, limit: Duration) -> Option<Reply> {
        let url = Url::parse(url).ok()?;
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        let mut reader = Reader::new();
        let read = async {
            let mut stream = self.connect().await?;
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut piece = [0; DATAGRAM_BYTES];
            while reader.head().is_none_or(|reply| reply.ending != Ending::Complete) {
                match stream.read(&mut piece).await {
                    Ok(length) if length > 0 => reader.push(&piece[..length]).ok()?,
                    _ => return reader.end().ok(),
                }
            }
            Some(())
        };
        let _ = timeout(limit, read).await;
        reader.head().is_some().then(|| reader.into_reply())
    }

    /// Opens a connection to the portal's page.
    pub(super) async fn connect(&self) -> Option<Box<dyn PortalStream>> {
        let to = self.http();
        let settings = match (self, to) {
            (Self::Link(access), SocketAddr::V4(to)) => {
                let stream = access.host.connect(to).await.ok()?;
                return Some(Box::new(stream));
            }
            (Self::Link(_), SocketAddr::V6(_)) => return None,
            (Self::Sockets(settings), _) => settings,
        };
        let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.ok()?;
        socket.bind(settings.target.source(to)).ok()?;
        let stream = socket.connect(to).await.ok()?;
        // Two writes are to arrive as two segments.
        let _ = stream.set_nodelay(true);
        Some(Box::new(stream))
    }

    /// Asks the portal's DNS and waits for what comes back.
    pub(super) async fn ask(&self, question: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Sockets(settings) => {
                let to = settings.target.dns;
                let socket = UdpSocket::bind(settings.target.source(to)).await.ok()?;
                socket.connect(to).await.ok()?;
                socket.send(question).await.ok()?;
                let mut answer = vec![0; DATAGRAM_BYTES];
                let length = socket.recv(&mut answer).await.ok()?;
                answer.truncate(length);
                Some(answer)
            }
            Self::Link(access) => Some(access.host.ask((access.link.resolver, question)).receive().await.0),
        }
    }

    /// Loads what an owner asks for, redirects followed.
    ///
    /// # Errors
    /// Why no page came, in words, without what was typed.
    pub(crate) async fn load(&self, request: Request, agent: &str) -> Result<LoadedPage, String> {
        let began = tokio::time::Instant::now();
        let now = || Instant::from_micros(0) + began.elapsed();
        let mut fetch = PageFetch::of_owner(self.link(), request, agent, now());
        let mut exchanges = JoinSet::new();
        let mut under_way = BTreeMap::new();
        let (tell, mut told) = unbounded_channel();
        loop {
            while let Some((id, exchange)) = fetch.poll_open() {
                if let (Route::Foreign, Exchange::Stream { to, .. } | Exchange::Tls { to, .. }) =
                    (self.route(&exchange), &exchange)
                {
                    let portal = self.link().router;
                    return Err(format!("{} is not the portal ({portal}): nothing was sent there", to.ip()));
                }
                let (access, tell) = (self.clone(), tell.clone());
                let rest = fetch.body().map(<[u8]>::to_vec);
                let carried = async move {
                    // Whoever no longer listens has seen enough.
                    let report = |progress: Progress<'_>| drop(tell.send((id, OwnProgress::from(progress))));
                    access.run(&exchange, rest.as_deref(), report).await;
                };
                under_way.insert(id, exchanges.spawn(carried));
            }
            while let Some(id) = fetch.poll_abandon() {
                if let Some(exchange) = under_way.remove(&id) {
                    exchange.abort();
                }
            }
            if let Some(outcome) = fetch.take_outcome() {
                return outcome;
            }
            let wait = fetch.timeout().map_or(PAGE_TIMEOUT, |at| at.since(now()));
            match timeout(wait, told.recv()).await {
                Ok(Some((id, progress))) => fetch.progress(id, progress.as_progress(), now()),
                _ => fetch.due(now()),
            }
        }
    }
}

impl LinkAccess {
    /// The phone's own host.
    #[cfg(feature = "cli")]
    pub(crate) fn host(&self) -> &LinkedHost {
        &self.host
    }

    /// Asks a group on the link, and waits for what anybody says to it.
    pub(super) async fn ask_group(&self, group: SocketAddrV4, question: &[u8]) -> Vec<u8> {
        self.host.ask_group(group, question).receive().await.0
    }
}

/// The progress of an exchange, with bytes of its own.
enum OwnProgress {
    Received(Vec<u8>),
    Other(Progress<'static>),
}

impl From<Progress<'_>> for OwnProgress {
    fn from(progress: Progress<'_>) -> Self {
        match progress {
            Progress::Received(bytes) => Self::Received(bytes.to_vec()),
            Progress::Connected => Self::Other(Progress::Connected),
            Progress::HandshakeFailed(problem) => Self::Other(Progress::HandshakeFailed(problem)),
            Progress::Ended => Self::Other(Progress::Ended),
            Progress::Reset => Self::Other(Progress::Reset),
            Progress::Refused => Self::Other(Progress::Refused),
            Progress::Unreachable => Self::Other(Progress::Unreachable),
        }
    }
}

impl OwnProgress {
    fn as_progress(&self) -> Progress<'_> {
        match self {
            Self::Received(bytes) => Progress::Received(bytes),
            Self::Other(progress) => *progress,
        }
    }
}

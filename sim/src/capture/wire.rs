//! One exchange over a real socket: the bytes that were recorded go out, what comes back is read
//! to its end or until timeout does.

use std::future::Future;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::{Request, Target};
use crate::dns::{ask_address, read_address};
use crate::phone::judge::Failure;
use crate::phone::{Ending, Reader, Reply};

/// The port that is meant where a URL names none.
const HTTP_PORT: u16 = 80;

/// Bytes read at once.
const PIECE: usize = 2048;

/// The identifier of the questions that are no part of a recording.
const OWN_QUESTION: u16 = 0x5652;

/// What came back on a connection.
pub(super) struct Fetched {
    reader: Reader,
    failure: Option<Failure>,
    /// How long after the request its first byte came.
    pub(super) took: Option<Duration>,
}

impl Fetched {
    /// The reply, or why there is none. `head_suffices`: this client does not mind what happens
    /// after the head.
    pub(super) fn outcome(mut self, head_suffices: bool) -> Result<Reply, Failure> {
        match self.failure {
            Some(_) if head_suffices && self.reader.head().is_some() => self.reader.cut(),
            Some(failure) => return Err(failure),
            None => {}
        }
        Ok(self.reader.into_reply())
    }
}

/// Sends a request and reads the reply to its end: its announced length, or the connection's.
pub(super) async fn fetch(target: &Target, request: &Request, timeout: Duration) -> Fetched {
    let (mut reader, mut took) = (Reader::new(), None);
    let conversation = converse(target, request, &mut reader, &mut took);
    let failure = tokio::time::timeout(timeout, conversation).await.unwrap_or(Err(Failure::Timeout)).err();
    Fetched { reader, failure, took }
}

async fn converse(
    target: &Target,
    request: &Request,
    reader: &mut Reader,
    took: &mut Option<Duration>,
) -> Result<(), Failure> {
    let mut stream = connect(target).await.map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => Failure::Refused,
        ErrorKind::ConnectionReset => Failure::Lost,
        _ => Failure::Unreachable,
    })?;
    let sent = Instant::now();
    stream.write_all(request.as_bytes()).await.map_err(|_| Failure::Lost)?;
    let mut piece = [0; PIECE];
    loop {
        let length = stream.read(&mut piece).await.map_err(|_| Failure::Lost)?;
        took.get_or_insert_with(|| sent.elapsed());
        if length == 0 {
            return reader.end().map_err(|_| Failure::Lost);
        }
        reader.push(&piece[..length]).map_err(|_| Failure::NotHttp)?;
        if reader.head().is_some_and(|reply| reply.ending == Ending::Complete) {
            return Ok(());
        }
    }
}

async fn connect(target: &Target) -> std::io::Result<TcpStream> {
    let socket = if target.http.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if target.http.is_ipv4() {
        // An address of its own is a nicety: where there is none, the request goes out all the same.
        let _ = socket.bind(target.source(target.http));
    }
    socket.connect(target.http).await
}

/// Sends a datagram and shows `take` every one that comes back, until it has what it wants.
/// `None` when nothing did before timeout ended.
pub(super) async fn ask<T>(
    target: &Target,
    payload: &[u8],
    timeout: Duration,
    mut take: impl FnMut(&[u8]) -> Option<T>,
) -> Option<T> {
    let until = Instant::now() + timeout;
    let socket = bind(target).await?;
    socket.connect(target.dns).await.ok()?;
    socket.send(payload).await.ok()?;
    let mut answer = [0; PIECE];
    loop {
        let length = timeout_at(until, socket.recv(&mut answer)).await.ok()?.ok()?;
        if let Some(taken) = take(&answer[..length]) {
            return Some(taken);
        }
    }
}

async fn bind(target: &Target) -> Option<UdpSocket> {
    let anywhere: SocketAddr = match target.dns {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    if target.dns.is_ipv4()
        && let Ok(socket) = UdpSocket::bind(target.source(target.dns)).await
    {
        return Some(socket);
    }
    UdpSocket::bind(anywhere).await.ok()
}

/// The address that the target's DNS gives a name.
fn look_up(target: &Target, name: &str, timeout: Duration) -> impl Future<Output = Option<Ipv4Addr>> {
    let question = ask_address(OWN_QUESTION, name);
    async move { ask(target, &question?, timeout, |answer| Some(read_address(answer))).await? }
}

impl Target {
    /// Whether a URL leads to this target's HTTP. A name is asked for at the target's own DNS;
    /// nobody else is ever asked or contacted.
    pub(super) async fn holds(&self, url: &Url, timeout: Duration) -> bool {
        let port = url.port_or_known_default().unwrap_or(HTTP_PORT);
        if url.scheme() != "http" || (port != HTTP_PORT && port != self.http.port()) {
            return false;
        }
        match url.host() {
            Some(Host::Ipv4(address)) => address == self.address || IpAddr::V4(address) == self.http.ip(),
            Some(Host::Domain(name)) => look_up(self, name, timeout).await == Some(self.address),
            Some(Host::Ipv6(_)) | None => false,
        }
    }
}

//! The network of the phone whose page an engine shows. Over sockets its names are asked of the portal, its connections go
//! to the portal, and everything else is nobody's; over a link they go into the phone's own stack. An engine has no other
//! way out.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::check::{PortalAccess, Settings};
use crate::dns::{ask_address, read_address};
use crate::linked_host::LinkedHost;

/// The identifier of these questions, from which a reader of a capture knows them.
const QUESTION: u16 = 0x5658;

/// How long an answer is waited for before the question is asked again, and how often it is asked. Chosen.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
const QUESTIONS: usize = 4;

/// How long a connection may take. Chosen.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// The ports of HTTP and of HTTPS.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// Most bytes of an answer.
const ANSWER_BYTES: usize = 4096;

/// Why a connection of an engine did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotConnected {
    /// The portal gives the name no address.
    NoAddress,
    /// It leads to another host, where nothing is on this network.
    Foreign(Ipv4Addr),
    /// The portal refuses the connection, or does not take it.
    Refused,
    /// It takes none and says nothing.
    Silent,
}

impl NotConnected {
    /// In words.
    pub(super) fn says(&self) -> String {
        match self {
            Self::NoAddress => "its name has no address".into(),
            Self::Foreign(address) => format!("it is at {address}, which is not the portal"),
            Self::Refused => "the connection was refused".into(),
            Self::Silent => "nobody took the connection".into(),
        }
    }
}

/// Where the connections of a phone's browser go.
#[derive(Clone)]
pub(super) enum PhoneNetwork {
    /// To the portal behind these sockets.
    Sockets(Settings),
    /// Into the stack of a phone on a link.
    Link(LinkedHost),
}

/// A connection of either kind.
pub(super) trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

impl PhoneNetwork {
    /// That of a phone which comes to its portal by this way.
    pub(super) fn of(access: &PortalAccess) -> Self {
        match access {
            PortalAccess::Sockets(settings) => Self::Sockets(*settings),
            PortalAccess::Link(link) => Self::Link(link.host().clone()),
        }
    }

    /// The address that the portal's DNS gives a name.
    pub(super) async fn resolve(&self, name: &str) -> Result<Ipv4Addr, NotConnected> {
        if let Ok(address) = name.parse() {
            return Ok(address);
        }
        match self {
            Self::Sockets(settings) => resolve(settings, name).await,
            Self::Link(host) => host.resolve(name).await,
        }
        .ok_or(NotConnected::NoAddress)
    }

    /// Connects to an address.
    pub(super) async fn connect(&self, to: SocketAddrV4) -> Result<Box<dyn Connection>, NotConnected> {
        match self {
            Self::Sockets(settings) => match timeout(CONNECT_TIMEOUT, connect(settings, to)).await {
                Ok(connected) => Ok(Box::new(connected?)),
                Err(_) => Err(NotConnected::Silent),
            },
            Self::Link(host) => match timeout(CONNECT_TIMEOUT, host.connect(to)).await {
                Ok(Ok(stream)) => Ok(Box::new(stream)),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    Err(NotConnected::Refused)
                }
                _ => Err(NotConnected::Silent),
            },
        }
    }
}

/// Asks the portal's DNS for the address of a name.
async fn resolve(settings: &Settings, name: &str) -> Option<Ipv4Addr> {
    let question = ask_address(QUESTION, name)?;
    for _ in 0..QUESTIONS {
        if let Ok(answer) = timeout(ANSWER_TIMEOUT, ask(settings, &question)).await {
            return answer.ok().flatten();
        }
    }
    None
}

async fn ask(settings: &Settings, question: &[u8]) -> io::Result<Option<Ipv4Addr>> {
    let dns = settings.target.dns;
    let socket = UdpSocket::bind(settings.target.source(dns)).await?;
    socket.connect(dns).await?;
    socket.send(question).await?;
    let mut answer = [0; ANSWER_BYTES];
    loop {
        let length = socket.recv(&mut answer).await?;
        if answer[..length].starts_with(&QUESTION.to_be_bytes()) {
            return Ok(read_address(&answer[..length]));
        }
    }
}

/// Connects to the portal, if it is meant.
async fn connect(settings: &Settings, to: SocketAddrV4) -> Result<TcpStream, NotConnected> {
    let target = &settings.target;
    let is_portal = *to.ip() == target.address || IpAddr::V4(*to.ip()) == target.http.ip();
    let real = match to.port() {
        _ if !is_portal && !settings.intercepts => return Err(NotConnected::Foreign(*to.ip())),
        // Port 80 is wherever the portal was said to be; any other is on the same host.
        HTTP_PORT => target.http,
        HTTPS_PORT => match settings.https_port {
            Some(port) => SocketAddr::new(target.http.ip(), port),
            None => return Err(NotConnected::Refused),
        },
        port => SocketAddr::new(target.http.ip(), port),
    };
    let connected = async {
        let socket = if real.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind(target.source(real))?;
        let stream = socket.connect(real).await?;
        stream.set_nodelay(true)?;
        Ok::<_, io::Error>(stream)
    };
    connected.await.map_err(|_| NotConnected::Refused)
}

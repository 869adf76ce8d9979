//! Whether anybody is at a portal's address at all: one question and one connection, before phones are sent there. Nothing
//! is judged; a portal that answers either is there.

use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpSocket, UdpSocket};
use tokio::time::timeout;

use super::Settings;
use crate::capture::Target;
use crate::dns::ask_address;

/// The name that is asked for: a check's, as every portal must answer it.
const NAME: &str = "captive.apple.com";

/// The identifier of the question.
const QUESTION: u16 = 0x5659;

/// How long a question waits for its answer before a connection is tried, and how long when that was in vain. Chosen.
const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(2);

/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 512;

/// Nobody is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nobody {
    target: Target,
    http: Silence,
    dns: Silence,
}

/// How a socket says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    Refused,
    Nothing,
    NoWay,
}

impl Silence {
    fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => Self::Refused,
            ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable => {
                Self::NoWay
            }
            _ => Self::Nothing,
        }
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refuses",
            Self::Nothing => "says nothing",
            Self::NoWay => "cannot be reached from this machine",
        })
    }
}

impl fmt::Display for Nobody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, http, dns } = self;
        write!(
            f,
            "nobody answers there: TCP {} (its page) {http}, and UDP {} (DNS) {dns}. Is the portal up, and has this machine \
             joined its access point? --wait 30s waits for it; a portal on other ports is HOST:PORT --dns HOST:PORT",
            target.http, target.dns
        )
    }
}

impl std::error::Error for Nobody {}

/// Whether anything answers there.
///
/// # Errors
/// Neither its page's port nor its DNS does.
pub async fn is_there(settings: Settings) -> Result<(), Nobody> {
    let target = settings.target;
    if ask(&target, SHORT).await.is_ok() {
        return Ok(());
    }
    let Err(http) = connect(&target).await else { return Ok(()) };
    match ask(&target, LONG).await {
        Ok(()) => Ok(()),
        Err(dns) => Err(Nobody { target, http, dns }),
    }
}

async fn ask(target: &Target, patience: Duration) -> Result<(), Silence> {
    let asked = async {
        let socket = UdpSocket::bind(target.source(target.dns)).await?;
        socket.connect(target.dns).await?;
        socket.send(&ask_address(QUESTION, NAME).unwrap_or_default()).await?;
        socket.recv(&mut [0; ANSWER_BYTES]).await
    };
    match timeout(patience, asked).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Silence::of(error.kind())),
        Err(_) => Err(Silence::Nothing),
    }
}

async fn connect(target: &Target) -> Result<(), Silence> {
    let to: SocketAddr = target.http;
    let connected = async {
        let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind(target.source(to))?;
        socket.connect(to).await
    };
    match timeout(LONG, connected).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Silence::of(error.kind())),
        Err(_) => Err(Silence::Nothing),
    }
}

//! A stand-in: a profile's portal on sockets of this machine, for phones' models, for real clients
//! and for whoever wants to see one without the device.
//!
//! It listens on one address for DNS and HTTP. Port 443 is a matter of its own: it is opened only
//! when it is asked for, and then does what the profile says. A portal that catches every address
//! is played by one that gives its own address to every name, for a socket can catch nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

use super::answer::Treatment;
use super::{AddressAnswer, DeviceSetup, HttpsAnswer, Profile, StandInHome};
use crate::tls::self_signed_server;

/// Longest request that is read; what is longer is answered by its beginning.
const REQUEST_BYTES: usize = 8192;

/// What its certificate is for.
const CERTIFICATE_NAME: &str = "portal.example";

/// Where a stand-in listens; port 0 is a free one.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The address of all its sockets.
    pub address: Ipv4Addr,
    /// UDP, for DNS.
    pub dns: u16,
    /// TCP, for HTTP.
    pub http: u16,
    /// TCP, for TLS; `None` opens none, which is a refusal.
    pub https: Option<u16>,
}

impl Default for Ports {
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST, dns: 0, http: 0, https: None }
    }
}

/// A stand-in that answers until it is dropped.
pub struct StandIn {
    /// Where it answers questions.
    pub dns: SocketAddr,
    /// Where it answers requests.
    pub http: SocketAddr,
    _tasks: JoinSet<()>,
}

/// What its tasks share.
struct Shared {
    profile: Profile,
    address: Ipv4Addr,
    /// Where it is, as its replies write it.
    portal: String,
    setup: Mutex<DeviceSetup>,
    began: Instant,
    /// As many as it serves at once.
    turns: Semaphore,
}

impl Shared {
    /// Does something with the device's setup, at this time since it came up.
    fn with<T>(&self, act: impl FnOnce(&Profile, &mut DeviceSetup, Duration) -> T) -> T {
        // Poisoned only when a task has panicked; what it guards is whole all the same.
        let mut setup = self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        act(&self.profile, &mut setup, self.began.elapsed())
    }

    fn is_away(&self) -> bool {
        self.with(|profile, setup, now| profile.is_away(setup, now))
    }
}

impl StandIn {
    /// Opens the sockets.
    ///
    /// # Errors
    /// What the operating system says, if it has none of them to give.
    pub async fn start(profile: Profile, ports: Ports) -> std::io::Result<Self> {
        Self::start_near(profile, ports, None).await
    }

    /// The same, of a device that can join this network and no other.
    ///
    /// # Errors
    /// As [`StandIn::start`].
    pub async fn start_near(
        mut profile: Profile,
        ports: Ports,
        home: Option<StandInHome>,
    ) -> std::io::Result<Self> {
        let Ports { address, .. } = ports;
        let udp = UdpSocket::bind((address, ports.dns)).await?;
        let tcp = TcpListener::bind((address, ports.http)).await?;
        let (dns, http) = (udp.local_addr()?, tcp.local_addr()?);
        if profile.intercepts {
            profile.dns.address.answer = AddressAnswer::Portal;
        }
        let portal = match http.port() {
            80 => address.to_string(),
            port => format!("{address}:{port}"),
        };
        let https = match (ports.https, profile.https.answer) {
            (None, _) | (_, HttpsAnswer::Refused) => None,
            (Some(port), _) => Some(TcpListener::bind((address, port)).await?),
        };
        let has_certificate = profile.https.answer == HttpsAnswer::Accepted;
        let connections = profile.limits.as_ref().and_then(|limits| limits.connections);
        let turns = Semaphore::new(connections.map_or(Semaphore::MAX_PERMITS, usize::from));
        let (setup, began) = (Mutex::new(DeviceSetup::new(home)), Instant::now());
        let shared = Arc::new(Shared { profile, address, portal, setup, began, turns });
        let mut tasks = JoinSet::new();
        tasks.spawn(answer_questions(udp, Arc::clone(&shared)));
        tasks.spawn(accept(tcp, shared));
        if let Some(https) = https {
            tasks.spawn(hold(https, has_certificate));
        }
        Ok(Self { dns, http, _tasks: tasks })
    }

    /// The address it gives to names.
    pub fn address(&self) -> Ipv4Addr {
        match self.http.ip() {
            IpAddr::V4(address) => address,
            IpAddr::V6(_) => Ipv4Addr::LOCALHOST,
        }
    }
}

async fn answer_questions(socket: UdpSocket, shared: Arc<Shared>) {
    let mut question = [0; 1500];
    loop {
        // An error here belongs to an earlier datagram (ICMP came back for it).
        let Ok((length, from)) = socket.recv_from(&mut question).await else { continue };
        if shared.is_away() {
            continue;
        }
        if let Some(answer) = shared.profile.answer_question(&question[..length], shared.address) {
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve(stream, Arc::clone(&shared)))),
            // Out of descriptors, say: let some connections end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    // Never closed, so there always comes a turn.
    let Ok(turn) = shared.turns.acquire().await else { return };
    let mut request = Vec::new();
    let mut idle = None;
    loop {
        while !shared.profile.is_whole(&request) && request.len() < REQUEST_BYTES {
            if read_some(&mut stream, &mut request, idle).await == 0 {
                return;
            }
        }
        let mut treatment =
            shared.with(|profile, setup, now| profile.answer_request(&request, &shared.portal, setup, now));
        if let Treatment::Later(after, then) = treatment {
            tokio::time::sleep(after).await;
            treatment = *then;
        }
        match treatment {
            Treatment::Keep(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
                request.clear();
                idle = shared.profile.idle();
            }
            other => return treat(stream, other, turn).await,
        }
    }
}

/// How many bytes came: none of a client that has gone, or of one that says nothing for so long.
async fn read_some(stream: &mut TcpStream, request: &mut Vec<u8>, idle: Option<Duration>) -> usize {
    let read = stream.read_buf(request);
    let came = match idle {
        Some(idle) => tokio::time::timeout(idle, read).await.unwrap_or(Ok(0)),
        None => read.await,
    };
    came.unwrap_or(0)
}

/// The last that a connection is met with. A client that has gone is no error.
async fn treat(mut stream: TcpStream, treatment: Treatment, turn: SemaphorePermit<'_>) {
    match treatment {
        Treatment::Reply(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            // It is over for the portal: the next one has its turn, however long this client takes to close.
            drop(turn);
            // Closing with bytes unread would be a reset, and take the reply with it.
            until_gone(&mut stream).await;
        }
        Treatment::Silence => until_gone(&mut stream).await,
        // What is kept or comes later was so before.
        Treatment::Close | Treatment::Keep(_) | Treatment::Later(..) => {}
        Treatment::Reset => {
            let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
        Treatment::Endless(head, more) => {
            let mut going = stream.write_all(&head).await;
            while going.is_ok() {
                going = stream.write_all(&more).await;
            }
        }
    }
}

/// Accepts, and says nothing unless it has a certificate: then it makes a handshake with one that nobody signed but
/// itself, and closes. A connection that is never even accepted cannot be had from a socket.
async fn hold(listener: TcpListener, has_certificate: bool) {
    let mut held = JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        held.spawn(async move {
            if has_certificate {
                handshake(&mut stream).await;
            }
            until_gone(&mut stream).await;
        });
        while held.try_join_next().is_some() {}
    }
}

/// A client that goes in the middle is no error.
async fn handshake(stream: &mut TcpStream) {
    let Some(mut server) = self_signed_server(CERTIFICATE_NAME) else { return };
    let mut piece = [0; 2048];
    while !server.is_over() {
        let Ok(length @ 1..) = stream.read(&mut piece).await else { return };
        server.receive(&piece[..length]);
        if stream.write_all(&server.take_bytes()).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

async fn until_gone(stream: &mut TcpStream) {
    let mut nothing = [0; 512];
    while stream.read(&mut nothing).await.is_ok_and(|length| length > 0) {}
}

//! The one way out of an engine: a SOCKS5 proxy (RFC 1928) on this machine's loopback that leads into a phone's network.
//! Names come to it as they are, so the engine asks nobody else for them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::phone_network::{Connection, NotConnected, PhoneNetwork};
use super::request_lines::{RequestLines, Rewriter};
use super::traffic::{ReplyHeads, Traffic};

/// Bytes that are moved at once.
const PIECE: usize = 16 * 1024;

/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;

/// Of RFC 1928.
const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const DOMAIN: u8 = 3;
const SUCCEEDED: u8 = 0;
const HOST_UNREACHABLE: u8 = 4;
const REFUSED: u8 = 5;
const COMMAND_UNKNOWN: u8 = 7;
const ADDRESS_UNKNOWN: u8 = 8;

/// A proxy that runs until it is dropped.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    traffic: Arc<Mutex<Traffic>>,
    accepts: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

impl Proxy {
    /// Starts one.
    ///
    /// # Errors
    /// This machine has no socket left.
    pub(super) async fn start(network: PhoneNetwork, lines: RequestLines) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        let shared = Arc::clone(&traffic);
        let accepts = tokio::spawn(async move {
            // Dropped with this task, and with it every connection.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let connection = EngineConnection {
                    network: network.clone(),
                    lines: lines.clone(),
                    traffic: Arc::clone(&shared),
                };
                connections.spawn(connection.serve(stream));
            }
        });
        Ok(Self { address, traffic, accepts })
    }

    /// What has gone through it.
    pub(super) fn traffic<T>(&self, read: impl FnOnce(&Traffic) -> T) -> T {
        read(&self.traffic.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One connection of the engine.
struct EngineConnection {
    network: PhoneNetwork,
    lines: RequestLines,
    traffic: Arc<Mutex<Traffic>>,
}

/// Where the engine wants to.
struct Destination {
    host: String,
    port: u16,
}

impl EngineConnection {
    fn with<T>(&self, act: impl FnOnce(&mut Traffic) -> T) -> T {
        act(&mut self.traffic.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn serve(self, mut engine: TcpStream) {
        self.with(|traffic| traffic.connections += 1);
        // An engine that breaks off has lost interest.
        let Ok(Some(to)) = greet(&mut engine).await else { return };
        let connected = match self.network.resolve(&to.host).await {
            Ok(address) => self.network.connect(SocketAddrV4::new(address, to.port)).await,
            Err(why) => Err(why),
        };
        match connected {
            Ok(portal) => {
                if answer(&mut engine, SUCCEEDED).await.is_ok() {
                    self.with(|traffic| traffic.open += 1);
                    let _ = self.relay(engine, portal, to.port == HTTPS_PORT).await;
                    self.with(|traffic| traffic.open -= 1);
                }
            }
            Err(why) => {
                let code = if why == NotConnected::Refused { REFUSED } else { HOST_UNREACHABLE };
                self.with(|traffic| traffic.refused.push((to.host, to.port, why)));
                let _ = answer(&mut engine, code).await;
            }
        }
    }

    /// Moves bytes both ways until either side ends or there were too many.
    async fn relay(
        &self,
        mut engine: TcpStream,
        portal: Box<dyn Connection>,
        secure: bool,
    ) -> io::Result<()> {
        let _ = engine.set_nodelay(true);
        let (mut from_engine, mut to_engine) = engine.split();
        let (mut from_portal, mut to_portal) = tokio::io::split(portal);
        let mut rewriter = Rewriter::new(self.lines.clone());
        let heads = Mutex::new(ReplyHeads::default());
        let asks = async {
            let mut piece = vec![0; PIECE];
            loop {
                let length = from_engine.read(&mut piece).await?;
                if length == 0 {
                    return to_portal.shutdown().await;
                }
                let (bytes, requests) = rewriter.push(&piece[..length]);
                for request in requests {
                    let of = self.with(|traffic| traffic.begin(&request, secure));
                    heads.lock().unwrap_or_else(PoisonError::into_inner).expect(of);
                }
                to_portal.write_all(&bytes).await?;
            }
        };
        let answers = async {
            let mut piece = vec![0; PIECE];
            loop {
                let length = from_portal.read(&mut piece).await?;
                if length == 0 {
                    return to_engine.shutdown().await;
                }
                let is_too_much = self.with(|traffic| {
                    let mut heads = heads.lock().unwrap_or_else(PoisonError::into_inner);
                    heads.push(&piece[..length], traffic);
                    traffic.is_too_much()
                });
                if is_too_much {
                    return Ok(());
                }
                to_engine.write_all(&piece[..length]).await?;
            }
        };
        // A portal that has ended has said everything; an engine that has ended its half may still read.
        tokio::pin!(asks, answers);
        tokio::select! {
            done = &mut answers => done,
            done = &mut asks => match done {
                Ok(()) => answers.await,
                Err(error) => Err(error),
            },
        }
    }
}

/// Takes the engine's greeting and request. `None` if it wants what there is not.
async fn greet(engine: &mut TcpStream) -> io::Result<Option<Destination>> {
    let mut greeting = [0; 2];
    engine.read_exact(&mut greeting).await?;
    let mut methods = vec![0; usize::from(greeting[1])];
    engine.read_exact(&mut methods).await?;
    if greeting[0] != VERSION {
        return Ok(None);
    }
    engine.write_all(&[VERSION, NO_AUTHENTICATION]).await?;
    let mut request = [0; 4];
    engine.read_exact(&mut request).await?;
    let host = match request[3] {
        IPV4 => {
            let mut address = [0; 4];
            engine.read_exact(&mut address).await?;
            Ipv4Addr::from(address).to_string()
        }
        DOMAIN => {
            let mut name = vec![0; usize::from(engine.read_u8().await?)];
            engine.read_exact(&mut name).await?;
            String::from_utf8_lossy(&name).into_owned()
        }
        _ => {
            answer(engine, ADDRESS_UNKNOWN).await?;
            return Ok(None);
        }
    };
    let port = engine.read_u16().await?;
    if request[1] != CONNECT {
        answer(engine, COMMAND_UNKNOWN).await?;
        return Ok(None);
    }
    Ok(Some(Destination { host, port }))
}

async fn answer(engine: &mut TcpStream, code: u8) -> io::Result<()> {
    engine.write_all(&[VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0]).await
}

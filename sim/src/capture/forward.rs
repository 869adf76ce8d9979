//! Stands before another portal while it is recorded: every name is this host, and what is asked of
//! it over HTTP is handed on byte for byte. Nobody but the given portal is ever contacted.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use vestibule_core::DNS_PORT;
use vestibule_core::limits::DNS_REPLY_BYTES;

use crate::world::loopback::{LoopbackError, Ports, SocketEvent, SocketObserver, bind_device_sockets};

/// Bytes handed on at once.
const PIECE: usize = 4096;

/// Hands requests on to another portal, until it is dropped.
pub struct Forwarder {
    /// Where it answers questions for names.
    pub dns: SocketAddr,
    /// Where it takes requests.
    pub http: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Forwarder {
    /// Starts on `address`.
    ///
    /// # Errors
    /// A socket cannot be had.
    pub async fn start(
        address: Ipv4Addr,
        ports: &Ports,
        upstream: SocketAddr,
        observer: SocketObserver,
    ) -> Result<Self, LoopbackError> {
        let (dns, http) = bind_device_sockets(address, ports).await?;
        let at =
            |address: io::Result<SocketAddr>, port| address.unwrap_or((Ipv4Addr::LOCALHOST, port).into());
        let (dns_at, http_at) = (at(dns.local_addr(), ports.dns), at(http.local_addr(), ports.http));
        let mut tasks = JoinSet::new();
        tasks.spawn(answer(dns, address, observer.clone()));
        tasks.spawn(accept(http, upstream, observer));
        Ok(Self { dns: dns_at, http: http_at, _tasks: tasks })
    }
}

async fn answer(socket: UdpSocket, address: Ipv4Addr, observer: SocketObserver) {
    let (mut question, mut reply) = ([0; PIECE], [0; DNS_REPLY_BYTES]);
    loop {
        let Ok((length, SocketAddr::V4(from))) = socket.recv_from(&mut question).await else { continue };
        // That nobody records any more is no error, here and below.
        let _ = observer.send(SocketEvent::Datagram(from, DNS_PORT, question[..length].to_vec()));
        if let Some(length) = vestibule_core::dns::answer(&question[..length], address, &mut reply) {
            let _ = socket.send_to(&reply[..length], from).await;
        }
    }
}

async fn accept(listener: TcpListener, upstream: SocketAddr, observer: SocketObserver) {
    let (mut connections, numbers) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
    loop {
        let Ok((stream, from)) = listener.accept().await else {
            // Out of descriptors, say: let some connections end first.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let (number, observer) = (numbers.fetch_add(1, Ordering::Relaxed), observer.clone());
        connections.spawn(async move {
            let _ = observer.send(SocketEvent::Opened(number, from));
            // A portal that refuses or breaks off is what the client sees, too.
            if let Ok(portal) = TcpStream::connect(upstream).await {
                hand_on(stream, portal, number, &observer).await;
            }
            let _ = observer.send(SocketEvent::Closed(number));
        });
    }
}

async fn hand_on(client: TcpStream, portal: TcpStream, number: usize, observer: &SocketObserver) {
    let (client_in, client_out) = client.into_split();
    let (portal_in, portal_out) = portal.into_split();
    let asked = copy_one_way(client_in, portal_out, |bytes| SocketEvent::Received(number, bytes), observer);
    let answered = copy_one_way(portal_in, client_out, |bytes| SocketEvent::Sent(number, bytes), observer);
    tokio::join!(asked, answered);
}

/// Copies bytes one way until there are no more.
async fn copy_one_way(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    event: impl Fn(Vec<u8>) -> SocketEvent,
    observer: &SocketObserver,
) {
    let mut piece = [0; PIECE];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let _ = observer.send(event(piece[..length].to_vec()));
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

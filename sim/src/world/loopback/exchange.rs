//! A phone's exchange over a real socket.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

use super::{Shared, lock};
use crate::phone::{Exchange, ExchangeId, Progress};
use crate::radio::PhoneId;
use crate::world::destination;

/// Bytes read at once.
const PIECE: usize = 2048;

/// Carries an exchange out and reports its progress, until it ends or is aborted.
pub(super) async fn carry_out(shared: Arc<Shared>, phone: PhoneId, id: ExchangeId, exchange: Exchange) {
    let tell = |progress: Progress<'_>| {
        shared.with(|world, now| world.phone_progress(phone, id, progress, now));
    };
    let to = destination(&exchange);
    let reachable = shared.hosts.really(to).filter(|(_, interface)| {
        let mut world = lock(&shared.world);
        world.air().phone_is_on(phone) && world.is_reachable(*interface)
    });
    let source = shared.hosts.phone(phone);
    match (reachable, exchange) {
        (Some((real, _)), Exchange::Datagram { payload, .. }) => datagram(source, real, &payload, tell).await,
        (Some((real, _)), Exchange::Stream { payload, .. }) => stream(source, real, &payload, tell).await,
        (Some((real, _)), Exchange::Tls { .. }) => match connect(source, real).await {
            Ok(_) => tell(Progress::Connected),
            Err(progress) => tell(progress),
        },
        // The device is there and has nothing on that port; anything else is not there at all.
        (None, _) if shared.hosts.is_device(*to.ip()) => tell(Progress::Refused),
        (None, _) => tell(Progress::Unreachable),
    }
    lock(&shared.exchanges).remove(&(phone, id));
}

async fn datagram(source: Ipv4Addr, real: SocketAddr, payload: &[u8], tell: impl Fn(Progress<'_>)) {
    let Ok(socket) = UdpSocket::bind((source, 0)).await else {
        return tell(Progress::Unreachable);
    };
    if socket.connect(real).await.is_err() || socket.send(payload).await.is_err() {
        return tell(Progress::Unreachable);
    }
    let mut answer = [0; PIECE];
    loop {
        match socket.recv(&mut answer).await {
            Ok(length) => tell(Progress::Received(&answer[..length])),
            Err(_) => return tell(Progress::Refused),
        }
    }
}

async fn connect(source: Ipv4Addr, real: SocketAddr) -> Result<TcpStream, Progress<'static>> {
    let socket = TcpSocket::new_v4().map_err(|_| Progress::Unreachable)?;
    socket.bind((source, 0).into()).map_err(|_| Progress::Unreachable)?;
    socket.connect(real).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::ConnectionRefused => Progress::Refused,
        std::io::ErrorKind::ConnectionReset => Progress::Reset,
        _ => Progress::Unreachable,
    })
}

async fn stream(source: Ipv4Addr, real: SocketAddr, payload: &[u8], tell: impl Fn(Progress<'_>)) {
    let mut stream = match connect(source, real).await {
        Ok(stream) => stream,
        Err(progress) => return tell(progress),
    };
    tell(Progress::Connected);
    if stream.write_all(payload).await.is_err() {
        return tell(Progress::Reset);
    }
    let mut reply = [0; PIECE];
    loop {
        match stream.read(&mut reply).await {
            Ok(0) => return tell(Progress::Ended),
            Ok(length) => tell(Progress::Received(&reply[..length])),
            Err(_) => return tell(Progress::Reset),
        }
    }
}

//! One exchange of a phone over a real socket of this machine: its bytes go out, what comes back is
//! reported until the exchange ends or whoever waits for it gives it up.
//!
//! Where an exchange really goes is decided by the caller; nothing here looks a name up.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::client::Does;
use crate::phone::{Exchange, Progress};

/// Bytes read at once.
const PIECE: usize = 2048;

/// Carries `exchange` out, from `source` to `real`, whatever address the phone meant.
pub(crate) async fn carry_out(
    source: SocketAddr,
    real: SocketAddr,
    exchange: &Exchange,
    tell: impl Fn(Progress<'_>),
) {
    match exchange {
        Exchange::Datagram { payload, .. } => datagram(source, real, payload, tell).await,
        Exchange::Stream { payload, .. } => stream(source, real, payload, tell).await,
        Exchange::Tls { .. } => match connect(source, real).await {
            Ok(_) => tell(Progress::Connected),
            Err(progress) => tell(progress),
        },
    }
}

async fn datagram(source: SocketAddr, real: SocketAddr, payload: &[u8], tell: impl Fn(Progress<'_>)) {
    let Ok(socket) = UdpSocket::bind(source).await else {
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

async fn connect(source: SocketAddr, real: SocketAddr) -> Result<TcpStream, Progress<'static>> {
    let socket = if real.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(|_| Progress::Unreachable)?;
    socket.bind(source).map_err(|_| Progress::Unreachable)?;
    socket.connect(real).await.map_err(|error| match error.kind() {
        ErrorKind::ConnectionRefused => Progress::Refused,
        ErrorKind::ConnectionReset => Progress::Reset,
        _ => Progress::Unreachable,
    })
}

async fn stream(source: SocketAddr, real: SocketAddr, payload: &[u8], tell: impl Fn(Progress<'_>)) {
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

/// Connects and does what is `said`, piece by piece, until the connection ends.
pub(crate) async fn converse(
    source: SocketAddr,
    real: SocketAddr,
    mut said: UnboundedReceiver<Does>,
    tell: impl Fn(Progress<'_>),
) {
    let mut stream = match connect(source, real).await {
        Ok(stream) => stream,
        Err(progress) => return tell(progress),
    };
    // What is said in two pieces arrives in two.
    let _ = stream.set_nodelay(true);
    tell(Progress::Connected);
    let mut reply = [0; PIECE];
    loop {
        tokio::select! {
            read = stream.read(&mut reply) => match read {
                Ok(0) => return tell(Progress::Ended),
                Ok(length) => tell(Progress::Received(&reply[..length])),
                Err(_) => return tell(Progress::Reset),
            },
            said = said.recv() => {
                let done = match said {
                    Some(Does::Say(bytes)) => stream.write_all(&bytes).await,
                    Some(Does::Shut) => stream.shutdown().await,
                    Some(Does::Connect(_)) => Ok(()),
                    Some(Does::Reset) | None => {
                        let _ = socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO));
                        return;
                    }
                };
                if done.is_err() {
                    return tell(Progress::Reset);
                }
            }
        }
    }
}

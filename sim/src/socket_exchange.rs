//! Runs one exchange of a phone over a real socket of this machine: sends its bytes and reports what comes
//! back, until the exchange ends or the caller drops it.
//!
//! The caller decides to which address an exchange really goes; nothing here resolves names. What is said on a
//! connection is the same on any other kind of connection ([`talk`], [`handshake`]).

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::client::ClientCommand;
use crate::phone::{Exchange, Progress};

/// Bytes read at once.
const PIECE: usize = 2048;

/// The pause between a form's head and its body, which WebKit sends apart (nodemcu/nodemcu-firmware#2847).
const REST_PAUSE: Duration = Duration::from_millis(100);

/// Runs `exchange` from `source` to `real`, whatever address the phone meant.
pub(crate) async fn run(
    source: SocketAddr,
    real: SocketAddr,
    exchange: &Exchange,
    report: impl Fn(Progress<'_>),
) {
    run_with_rest(source, real, (exchange, None), report).await;
}

/// The same; on a stream `rest` follows the payload after a pause, in a segment of its own.
pub(crate) async fn run_with_rest(
    source: SocketAddr,
    real: SocketAddr,
    (exchange, rest): (&Exchange, Option<&[u8]>),
    report: impl Fn(Progress<'_>),
) {
    if let Exchange::Datagram { payload, .. } = exchange {
        return datagram(source, real, payload, report).await;
    }
    let stream = match connect(source, real).await {
        Ok(stream) => stream,
        Err(progress) => return report(progress),
    };
    // Two writes are two segments.
    let _ = stream.set_nodelay(true);
    match exchange {
        Exchange::Tls { .. } => handshake(stream, &exchange.first_bytes(), report).await,
        _ => talk(stream, &exchange.first_bytes(), rest, report).await,
    }
}

async fn datagram(source: SocketAddr, real: SocketAddr, payload: &[u8], report: impl Fn(Progress<'_>)) {
    let Ok(socket) = UdpSocket::bind(source).await else {
        return report(Progress::Unreachable);
    };
    if socket.connect(real).await.is_err() || socket.send(payload).await.is_err() {
        return report(Progress::Unreachable);
    }
    let mut answer = [0; PIECE];
    loop {
        match socket.recv(&mut answer).await {
            Ok(length) => report(Progress::Received(&answer[..length])),
            Err(_) => return report(Progress::Refused),
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

/// Says something on a connection that stands, `rest` after a pause, and reports what comes back.
pub(crate) async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    payload: &[u8],
    rest: Option<&[u8]>,
    report: impl Fn(Progress<'_>),
) {
    report(Progress::Connected);
    if stream.write_all(payload).await.is_err() {
        return report(Progress::Reset);
    }
    if let Some(rest) = rest {
        tokio::time::sleep(REST_PAUSE).await;
        if stream.write_all(rest).await.is_err() {
            return report(Progress::Reset);
        }
    }
    let mut reply = [0; PIECE];
    loop {
        match stream.read(&mut reply).await {
            Ok(0) => return report(Progress::Ended),
            Ok(length) => report(Progress::Received(&reply[..length])),
            Err(_) => return report(Progress::Reset),
        }
    }
}

/// Says the first word of a handshake and waits for anything that comes back.
pub(crate) async fn handshake(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    hello: &[u8],
    report: impl Fn(Progress<'_>),
) {
    if stream.write_all(hello).await.is_err() {
        return report(Progress::Reset);
    }
    report(match stream.read(&mut [0; PIECE]).await {
        Ok(0) => Progress::Ended,
        Ok(_) => Progress::Connected,
        Err(_) => Progress::Reset,
    });
}

/// Connects and runs a client's `commands` one after another, until the connection ends.
pub(crate) async fn run_client(
    source: SocketAddr,
    real: SocketAddr,
    mut commands: UnboundedReceiver<ClientCommand>,
    report: impl Fn(Progress<'_>),
) {
    let mut stream = match connect(source, real).await {
        Ok(stream) => stream,
        Err(progress) => return report(progress),
    };
    // Two writes of the client are to arrive as two segments.
    let _ = stream.set_nodelay(true);
    report(Progress::Connected);
    let mut reply = [0; PIECE];
    loop {
        tokio::select! {
            read = stream.read(&mut reply) => match read {
                Ok(0) => return report(Progress::Ended),
                Ok(length) => report(Progress::Received(&reply[..length])),
                Err(_) => return report(Progress::Reset),
            },
            command = commands.recv() => {
                let done = match command {
                    Some(ClientCommand::Say(bytes)) => stream.write_all(&bytes).await,
                    Some(ClientCommand::Shut) => stream.shutdown().await,
                    Some(ClientCommand::Connect(_)) => Ok(()),
                    Some(ClientCommand::Reset) | None => {
                        let _ = socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO));
                        return;
                    }
                };
                if done.is_err() {
                    return report(Progress::Reset);
                }
            }
        }
    }
}

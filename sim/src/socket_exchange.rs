//! Runs one exchange of a phone over a real socket of this machine: sends its bytes and reports what comes
//! back, after TLS in the clear, until the exchange ends or the caller drops it.
//!
//! The caller decides to which address an exchange really goes; nothing here resolves names. What is said on a
//! connection is the same on any other kind of connection ([`say`]).

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::client::ClientCommand;
use crate::phone::{Exchange, Progress};
use crate::tls::{Client, ClientEvent, Trust};

/// Bytes read at once.
const PIECE: usize = 2048;

/// The pause between a form's head and its body, which WebKit sends apart (nodemcu/nodemcu-firmware#2847).
const REST_PAUSE: Duration = Duration::from_millis(100);

/// Runs `exchange` from `source` to `real`, whatever address the phone meant. `trust`: whom the phone trusts.
pub(crate) async fn run(
    source: SocketAddr,
    real: SocketAddr,
    exchange: &Exchange,
    trust: Trust,
    report: impl Fn(Progress<'_>),
) {
    run_with_rest(source, real, (exchange, None), trust, report).await;
}

/// The same; on a stream `rest` follows the payload after a pause, in a segment of its own.
pub(crate) async fn run_with_rest(
    source: SocketAddr,
    real: SocketAddr,
    (exchange, rest): (&Exchange, Option<&[u8]>),
    trust: Trust,
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
    say(stream, (exchange, rest), trust, report).await;
}

/// Says on a connection that stands what an exchange says on it.
pub(crate) async fn say(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    (exchange, rest): (&Exchange, Option<&[u8]>),
    trust: Trust,
    report: impl Fn(Progress<'_>),
) {
    match exchange {
        // What follows the head is no segment of its own here.
        Exchange::Tls { server_name, payload, verifies, .. } => {
            let request = [payload, rest.unwrap_or_default()].concat();
            handshake(stream, trust.client(server_name, request, *verifies), report).await;
        }
        Exchange::Stream { payload, .. } | Exchange::Datagram { payload, .. } => {
            talk(stream, payload, rest, report).await;
        }
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
async fn talk(
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

/// Makes a handshake, sends what is to follow it, and reports what comes back.
async fn handshake(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    mut client: Client,
    report: impl Fn(Progress<'_>),
) {
    let mut piece = [0; PIECE];
    loop {
        if stream.write_all(&client.take_bytes()).await.is_err() {
            return report(Progress::Reset);
        }
        let events = match stream.read(&mut piece).await {
            Ok(0) => return report(Progress::Ended),
            Ok(length) => client.receive(&piece[..length]),
            Err(_) => return report(Progress::Reset),
        };
        for event in events {
            match event {
                ClientEvent::Established => report(Progress::Connected),
                ClientEvent::Received(bytes) => report(Progress::Received(&bytes)),
                ClientEvent::Closed => return report(Progress::Ended),
                ClientEvent::Broken => return report(Progress::Reset),
                ClientEvent::Failed(problem) => {
                    // The alert says why the client goes; a server that has gone does not mind.
                    let _ = stream.write_all(&client.take_bytes()).await;
                    return report(Progress::HandshakeFailed(problem));
                }
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::net::{Ipv4Addr, SocketAddrV4};
    use std::time::Duration;

    use tokio::net::TcpListener;

    use super::*;
    use crate::tls::ServerCertificate;

    /// What a server does with a connection.
    #[derive(Clone, Copy)]
    enum Serves {
        Certificate(ServerCertificate),
        PlainHttp,
        Silence,
        ResetsAtHello,
        ClosesAtHello,
    }

    async fn serve(mut stream: TcpStream, serves: Serves) {
        let mut piece = [0; PIECE];
        let length = stream.read(&mut piece).await.unwrap();
        assert_eq!(piece[..2], [22, 3], "a handshake");
        match serves {
            Serves::Certificate(certificate) => {
                let reply = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
                let mut server = certificate.server("portal.example", reply).unwrap();
                server.receive(&piece[..length]);
                while stream.write_all(&server.take_bytes()).await.is_ok() && !server.is_over() {
                    let Ok(length @ 1..) = stream.read(&mut piece).await else { return };
                    server.receive(&piece[..length]);
                }
                stream.write_all(&server.take_bytes()).await.unwrap();
                while stream.read(&mut piece).await.is_ok_and(|length| length > 0) {}
            }
            Serves::PlainHttp => stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap(),
            Serves::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
            Serves::ResetsAtHello => {
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            }
            Serves::ClosesAtHello => {}
        }
    }

    /// What a phone is told that asks such a server over TLS.
    async fn told(serves: Serves) -> Vec<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let real = listener.local_addr().unwrap();
        tokio::spawn(async move { serve(listener.accept().await.unwrap().0, serves).await });
        let exchange = Exchange::Tls {
            to: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 443),
            server_name: "portal.example".into(),
            payload: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            verifies: true,
        };
        let told = RefCell::new(Vec::new());
        let report = |progress: Progress<'_>| {
            told.borrow_mut().push(match progress {
                Progress::Received(bytes) => {
                    String::from_utf8_lossy(bytes).lines().next().unwrap().to_owned()
                }
                progress => format!("{progress:?}"),
            });
        };
        let source = (Ipv4Addr::LOCALHOST, 0).into();
        let trust = Trust::simulated();
        let ran = run(source, real, &exchange, trust, report);
        // Only silence takes as long.
        let _ = tokio::time::timeout(Duration::from_millis(500), ran).await;
        told.into_inner()
    }

    #[tokio::test]
    async fn a_phone_is_told_what_a_genuine_handshake_came_to() {
        use ServerCertificate::{Expired, SelfSigned, Trusted, WrongName};
        let reply = ["Connected", "HTTP/1.1 204 No Content", "Ended"];
        assert_eq!(told(Serves::Certificate(Trusted)).await, reply);
        for (serves, progress) in [
            (Serves::Certificate(SelfSigned), &["HandshakeFailed(UnknownIssuer)"][..]),
            (Serves::Certificate(WrongName), &["HandshakeFailed(WrongName)"]),
            (Serves::Certificate(Expired), &["HandshakeFailed(OutOfTime)"]),
            (Serves::PlainHttp, &["HandshakeFailed(NotTls)"]),
            (Serves::Silence, &[]),
            (Serves::ResetsAtHello, &["Reset"]),
            (Serves::ClosesAtHello, &["Ended"]),
        ] {
            assert_eq!(told(serves).await, progress);
        }
    }
}

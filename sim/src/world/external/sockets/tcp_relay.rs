//! A TCP connection of the device's networks, carried to a port of 127.0.0.1.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use smoltcp::wire::IpAddress;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

use crate::host::Stack;
use crate::invariant::Observation;
use crate::world::World;

/// Sockets that listen at a port at once. Each that is taken is replaced, so a client never finds all taken, as with the
/// queue of a system's own stack. Chosen.
const BACKLOG: usize = 4;

/// Pieces that the program may be ahead of a slow client.
const PIECES: usize = 4;

/// Bytes of a piece.
const PIECE_BYTES: usize = 4096;

/// What comes from the program.
enum Piece {
    Bytes(Vec<u8>),
    /// It has closed the connection.
    End,
    /// It did not take the connection, or has broken it off.
    Broken,
}

/// A connection that was taken.
struct Pipe {
    number: usize,
    /// To the program; `None` once the client has sent all.
    to_program: Option<UnboundedSender<Vec<u8>>>,
    from_program: Receiver<Piece>,
    /// What the client has not taken yet.
    pending: Vec<u8>,
}

enum Stage {
    Listening,
    Open(Pipe),
    Ended,
}

pub(super) struct TcpRelay {
    socket: SocketHandle,
    port: u16,
    local_port: u16,
    stage: Stage,
}

impl TcpRelay {
    /// The sockets that wait for the first clients.
    pub(super) fn backlog(stack: &mut Stack, port: u16, local_port: u16) -> Vec<Self> {
        (0..BACKLOG).map(|_| Self::listen(stack, port, local_port)).collect()
    }

    fn listen(stack: &mut Stack, port: u16, local_port: u16) -> Self {
        let socket = stack.add_tcp();
        // A port that is not 0, on a socket that is new.
        let _ = stack.sockets().get_mut::<tcp::Socket<'_>>(socket).listen(port);
        Self { socket, port, local_port, stage: Stage::Listening }
    }

    pub(super) fn listens_at(&self, port: u16) -> bool {
        self.port == port && matches!(self.stage, Stage::Listening)
    }

    /// The program listens for that port at another one now.
    pub(super) fn moves_to(&mut self, port: u16, local_port: u16) {
        if self.listens_at(port) {
            self.local_port = local_port;
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    /// Carries bytes. `further` takes the socket that listens in this one's place. Returns whether anything moved.
    pub(super) fn serve(
        &mut self,
        stack: &mut Stack,
        connections: &mut usize,
        bell: &Arc<Notify>,
        world: &mut World,
        further: &mut Vec<Self>,
    ) -> bool {
        let socket = stack.tcp(self.socket);
        let moved = match &mut self.stage {
            Stage::Ended => return false,
            Stage::Listening if socket.may_send() => {
                let from = socket.remote_endpoint().map(|end| end.addr);
                let pipe = Pipe::open(*connections, from, self.local_port, bell);
                *connections += 1;
                world.observe(|| Observation::Opened(pipe.number));
                self.stage = Stage::Open(pipe);
                further.push(Self::listen(stack, self.port, self.local_port));
                return true;
            }
            Stage::Listening if socket.is_open() => return false,
            Stage::Listening => true,
            Stage::Open(pipe) => stack.serve_tcp(self.socket, |socket| pipe.serve(socket, world)),
        };
        if matches!(stack.tcp(self.socket).state(), tcp::State::Closed | tcp::State::TimeWait) {
            // A reset has to leave before its socket goes.
            stack.flush();
            stack.sockets().remove(self.socket);
            match &self.stage {
                Stage::Open(pipe) => world.observe(|| Observation::Closed(pipe.number)),
                // A client that went before it was taken.
                _ => further.push(Self::listen(stack, self.port, self.local_port)),
            }
            self.stage = Stage::Ended;
            return true;
        }
        moved
    }
}

impl Pipe {
    fn open(number: usize, from: Option<IpAddress>, local_port: u16, bell: &Arc<Notify>) -> Self {
        let (to_program, from_client) = unbounded_channel();
        let (out, from_program) = channel(PIECES);
        tokio::spawn(carry(own_address(from), local_port, from_client, out, Arc::clone(bell)));
        Self { number, to_program: Some(to_program), from_program, pending: Vec::new() }
    }

    fn serve(&mut self, socket: &mut tcp::Socket<'_>, world: &mut World) -> bool {
        let mut moved = false;
        while let Ok(bytes) = socket.recv(|bytes| (bytes.len(), bytes.to_vec())) {
            if bytes.is_empty() {
                break;
            }
            moved = true;
            if let Some(to_program) = &self.to_program {
                // A program that has closed does not want it.
                let _ = to_program.send(bytes);
            }
        }
        if !socket.may_recv() && !socket.can_recv() {
            moved |= self.to_program.take().is_some();
        }
        loop {
            if !self.pending.is_empty() {
                let sent = socket.send_slice(&self.pending).unwrap_or(0);
                self.pending.drain(..sent);
                moved |= sent > 0;
                if !self.pending.is_empty() {
                    return moved;
                }
            }
            match self.from_program.try_recv() {
                Ok(Piece::Bytes(bytes)) => {
                    world.observe(|| Observation::Sent(self.number, bytes.clone()));
                    self.pending = bytes;
                }
                Ok(Piece::Broken) => {
                    socket.abort();
                    return true;
                }
                Ok(Piece::End) => {
                    socket.close();
                    return true;
                }
                Err(_) => return moved,
            }
        }
    }
}

/// The address of loopback that stands for a client: 127 and the rest of its own, so that a program can tell phones
/// apart.
pub(super) fn own_address(client: Option<IpAddress>) -> Ipv4Addr {
    match client {
        Some(IpAddress::Ipv4(client)) => {
            let [_, b, c, d] = client.octets();
            Ipv4Addr::new(127, b, c, d)
        }
        _ => Ipv4Addr::LOCALHOST,
    }
}

/// Connects to the program. Where loopback has one address alone, every client comes from that one.
async fn connect(from: Ipv4Addr, local_port: u16) -> std::io::Result<TcpStream> {
    let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, local_port);
    let socket = TcpSocket::new_v4()?;
    match socket.bind(SocketAddrV4::new(from, 0).into()) {
        Ok(()) => socket.connect(to.into()).await,
        Err(_) => TcpStream::connect(to).await,
    }
}

async fn carry(
    from: Ipv4Addr,
    local_port: u16,
    mut from_client: UnboundedReceiver<Vec<u8>>,
    out: Sender<Piece>,
    bell: Arc<Notify>,
) {
    let Ok(stream) = connect(from, local_port).await else {
        let _ = out.send(Piece::Broken).await;
        bell.notify_one();
        return;
    };
    let _ = stream.set_nodelay(true);
    let (mut reader, mut writer) = stream.into_split();
    tokio::spawn(async move {
        while let Some(bytes) = from_client.recv().await {
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
        }
        // Dropping the writer tells the program that the client has sent all.
    });
    loop {
        let mut bytes = vec![0; PIECE_BYTES];
        let piece = match reader.read(&mut bytes).await {
            Ok(0) => Piece::End,
            Ok(length) => {
                bytes.truncate(length);
                Piece::Bytes(bytes)
            }
            Err(_) => Piece::Broken,
        };
        let is_last = !matches!(piece, Piece::Bytes(_));
        // Whoever asked may be gone.
        let is_wanted = out.send(piece).await.is_ok();
        bell.notify_one();
        if is_last || !is_wanted {
            return;
        }
    }
}

//! A phone's host on a link to a real device, in real time, for what is written as if it had sockets: a TCP connection
//! is something to read from and write to, a name is asked with a datagram. The machine's own stack has no part in it;
//! nothing leaves the link.
//!
//! This is the seam for whoever has bytes to bring to a device as a phone would, a browser behind a proxy say:
//!
//! ```text
//! let host = LinkedHost::join(dhcp_host);
//! host.during(&mut link, async {
//!     host.lease(patience).await?;                        // DHCP, as the phone does it
//!     let address = host.resolve("captive.apple.com").await?;
//!     let mut stream = host.connect((address, 80).into()).await?;   // AsyncRead + AsyncWrite
//!     …
//! }).await
//! ```
//!
//! It carries bytes and knows nothing of what they mean.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout, timeout_at};
use vestibule_core::{DNS_PORT, Instant};

use crate::dns::{ask_address, read_address};
use crate::frame_link::{FrameLink, LinkError};
use crate::host::stack::CONNECTION_TIMEOUT;
use crate::host::{DhcpHost, FIRST_PORT};
use crate::phone::{Exchange, Progress};
use crate::socket_exchange::say;
use crate::tls::Trust;

/// How long a host that has nothing to do waits for a frame.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long an answer to a question for a name may take, and how often it is asked: datagrams are lost.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
const QUESTIONS: usize = 2;

/// The identifier of its questions for names, from which a reader of a capture knows them.
const QUESTION: u16 = 0x5659;

/// A host on a link. Its clones are the same host.
#[derive(Clone)]
pub(crate) struct LinkedHost {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Somebody did something to a socket: frames may have to be sent.
    stirred: Notify,
    /// An address was lent.
    leased: Notify,
    began: tokio::time::Instant,
}

struct State {
    host: DhcpHost,
    next_port: u16,
    /// Connections that were closed in an orderly way, and have not yet said so.
    closing: Vec<SocketHandle>,
}

impl State {
    fn port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        port
    }

    fn tcp(&mut self, socket: SocketHandle) -> &mut tcp::Socket<'static> {
        self.host.stack.sockets().get_mut(socket)
    }

    fn udp(&mut self, socket: SocketHandle) -> &mut udp::Socket<'static> {
        self.host.stack.sockets().get_mut(socket)
    }

    /// Removes those connections that are over.
    fn sweep(&mut self) {
        let closing = std::mem::take(&mut self.closing);
        for socket in closing {
            if matches!(self.host.stack.tcp(socket).state(), tcp::State::Closed | tcp::State::TimeWait) {
                self.host.stack.sockets().remove(socket);
            } else {
                self.closing.push(socket);
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Poisoned only when a task has panicked; what it guards is whole all the same.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to a socket, after which frames may have to be sent.
    fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let done = act(&mut self.state());
        self.stirred.notify_one();
        done
    }

    fn now(&self) -> Instant {
        Instant::from_micros(0) + self.began.elapsed()
    }

    /// The frames to be sent now, and how long to wait where nothing happens.
    fn advance(&self) -> (Vec<Vec<u8>>, Duration) {
        let now = self.now();
        let mut state = self.state();
        let mut frames = Vec::new();
        state.host.advance(now, &mut frames);
        state.sweep();
        let wait = state.host.timeout(now).map_or(IDLE_TIMEOUT, |at| at.since(now));
        (frames, wait)
    }

    fn receive(&self, frame: &[u8]) {
        let now = self.now();
        if self.state().host.receive(frame, now) {
            self.leased.notify_waiters();
        }
    }
}

impl LinkedHost {
    /// A host that joins now: whatever its own clock says, it goes on from here in real time.
    pub(crate) fn join(host: impl FnOnce(Instant) -> DhcpHost) -> Self {
        let state = State { host: host(Instant::from_micros(0)), next_port: FIRST_PORT, closing: Vec::new() };
        let shared = Shared {
            state: Mutex::new(state),
            stirred: Notify::new(),
            leased: Notify::new(),
            began: tokio::time::Instant::now(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Moves this host's frames for as long as `work` takes, which uses its sockets. Only one such call at a time.
    ///
    /// # Errors
    ///
    /// The link is gone; the work is given up.
    pub(crate) async fn during<T>(
        &self,
        link: &mut FrameLink,
        work: impl Future<Output = T>,
    ) -> Result<T, LinkError> {
        let mut work = pin!(work);
        loop {
            let (frames, wait) = self.shared.advance();
            for frame in frames {
                link.send(&frame).await?;
            }
            tokio::select! {
                done = &mut work => {
                    // The other end need not keep what was just reset.
                    for frame in self.shared.advance().0 {
                        link.send(&frame).await?;
                    }
                    return Ok(done);
                }
                frame = link.receive() => self.shared.receive(&frame?),
                () = self.shared.stirred.notified() => {}
                () = sleep(wait) => {}
            }
        }
    }

    /// Looks at the host.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&DhcpHost) -> T) -> T {
        look(&self.shared.state().host)
    }

    /// Waits until it has an address. Returns whether it has one within this time.
    pub(crate) async fn lease(&self, patience: Duration) -> bool {
        let until = tokio::time::Instant::now() + patience;
        loop {
            let leased = self.shared.leased.notified();
            if self.with(|host| host.lease().is_some()) {
                return true;
            }
            if timeout_at(until, leased).await.is_err() {
                return false;
            }
        }
    }

    /// Asks the DNS server of its lease for the address of a name.
    #[allow(
        dead_code,
        reason = "for whoever brings a browser's bytes; a check asks with its phone's own question"
    )]
    pub(crate) async fn resolve(&self, name: &str) -> Option<Ipv4Addr> {
        let resolver = self.with(|host| host.lease().map(|(lease, _)| lease.resolver))?;
        let question = ask_address(QUESTION, name)?;
        for _ in 0..QUESTIONS {
            let socket = self.ask((SocketAddrV4::new(resolver, DNS_PORT), &question));
            if let Ok((answer, _)) = timeout(ANSWER_TIMEOUT, socket.receive()).await {
                return read_address(&answer);
            }
        }
        None
    }

    /// Sends a datagram from a port of its own, on which what comes back can be received.
    pub(crate) fn ask(&self, (to, payload): (SocketAddrV4, &[u8])) -> LinkedSocket {
        let socket = self.shared.change(|state| {
            let port = state.port();
            let socket = state.host.stack.add_udp(port);
            // A datagram that is too long for the buffer is lost, as on a network.
            let _ = state.udp(socket).send_slice(payload, (*to.ip(), to.port()));
            socket
        });
        LinkedSocket { shared: Arc::clone(&self.shared), socket }
    }

    /// Sends a datagram to a multicast group, from the group's own port, on which what is said to the group arrives.
    pub(crate) fn ask_group(&self, group: SocketAddrV4, payload: &[u8]) -> LinkedSocket {
        /// What is for the link alone comes with this (RFC 6762 section 11).
        const TIME_TO_LIVE: u8 = 255;
        let socket = self.shared.change(|state| {
            state.host.stack.join_group(*group.ip());
            let socket = state.host.stack.add_udp(group.port());
            state.udp(socket).set_hop_limit(Some(TIME_TO_LIVE));
            // A datagram that is too long for the buffer is lost, as on a network.
            let _ = state.udp(socket).send_slice(payload, (*group.ip(), group.port()));
            socket
        });
        LinkedSocket { shared: Arc::clone(&self.shared), socket }
    }

    /// Opens a TCP connection.
    ///
    /// # Errors
    ///
    /// It was refused, or nobody answered.
    pub(crate) async fn connect(&self, to: SocketAddrV4) -> io::Result<LinkedStream> {
        let began = tokio::time::Instant::now();
        let socket = self.shared.change(|state| {
            let port = state.port();
            state.host.stack.connect((*to.ip(), to.port()), port)
        });
        let stream = LinkedStream { shared: Arc::clone(&self.shared), socket };
        let stands = std::future::poll_fn(|context| stream.poll_connected(context)).await;
        match stands {
            true => Ok(stream),
            // The stack gives up as if it had been refused.
            false if began.elapsed() >= Duration::from_micros(CONNECTION_TIMEOUT.total_micros()) => {
                Err(io::ErrorKind::HostUnreachable.into())
            }
            false => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    /// Carries out a phone's exchange, and `rest` after a pause if there is something: see
    /// [`run`](crate::socket_exchange::run).
    pub(crate) async fn run(
        &self,
        exchange: &Exchange,
        rest: Option<&[u8]>,
        trust: Trust,
        report: impl Fn(Progress<'_>),
    ) {
        let (Exchange::Stream { to, .. } | Exchange::Tls { to, .. } | Exchange::Datagram { to, .. }) =
            exchange;
        if let Exchange::Datagram { payload, .. } = exchange {
            let socket = self.ask((*to, payload));
            loop {
                report(Progress::Received(&socket.receive().await.0));
            }
        }
        let stream = match self.connect(*to).await {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return report(Progress::Refused);
            }
            Err(_) => return report(Progress::Unreachable),
        };
        say(stream, (exchange, rest), trust, report).await;
    }
}

/// A socket for datagrams, which is closed when it is dropped.
pub(crate) struct LinkedSocket {
    shared: Arc<Shared>,
    socket: SocketHandle,
}

impl LinkedSocket {
    /// Waits for a datagram, whoever sends it.
    pub(crate) async fn receive(&self) -> (Vec<u8>, Ipv4Addr) {
        std::future::poll_fn(|context| {
            let mut state = self.shared.state();
            let socket = state.udp(self.socket);
            match socket.recv().map(|(bytes, from)| (bytes.to_vec(), from.endpoint.addr)) {
                Ok((bytes, smoltcp::wire::IpAddress::Ipv4(from))) => Poll::Ready((bytes, from)),
                Err(_) => {
                    socket.register_recv_waker(context.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Drop for LinkedSocket {
    fn drop(&mut self) {
        self.shared.change(|state| {
            // What was just asked leaves before the socket goes.
            state.host.stack.flush();
            state.host.stack.sockets().remove(self.socket);
        });
    }
}

/// A TCP connection. Dropped before it was shut down and read to its end, it is reset.
pub(crate) struct LinkedStream {
    shared: Arc<Shared>,
    socket: SocketHandle,
}

impl LinkedStream {
    /// Whether the connection stands; pending while that is open.
    fn poll_connected(&self, context: &Context<'_>) -> Poll<bool> {
        let mut state = self.shared.state();
        let socket = state.tcp(self.socket);
        match socket.state() {
            tcp::State::Closed => Poll::Ready(false),
            tcp::State::SynSent | tcp::State::SynReceived => {
                socket.register_send_waker(context.waker());
                Poll::Pending
            }
            _ => Poll::Ready(true),
        }
    }
}

impl AsyncRead for LinkedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.shared.state();
        let socket = state.tcp(self.socket);
        if socket.can_recv() {
            let read = socket.recv(|bytes| {
                let length = bytes.len().min(into.remaining());
                into.put_slice(&bytes[..length]);
                (length, ())
            });
            drop(state);
            // The window has grown.
            self.shared.stirred.notify_one();
            return Poll::Ready(read.map_err(io::Error::other));
        }
        match socket.recv(|_| (0, ())) {
            Err(tcp::RecvError::Finished) => Poll::Ready(Ok(())),
            Err(tcp::RecvError::InvalidState) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Ok(()) => {
                socket.register_recv_waker(context.waker());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for LinkedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.shared.state();
        let socket = state.tcp(self.socket);
        if !socket.may_send() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if !socket.can_send() {
            socket.register_send_waker(context.waker());
            return Poll::Pending;
        }
        let sent = socket.send_slice(bytes).map_err(io::Error::other);
        drop(state);
        self.shared.stirred.notify_one();
        Poll::Ready(sent)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.change(|state| state.tcp(self.socket).close());
        Poll::Ready(Ok(()))
    }
}

impl Drop for LinkedStream {
    fn drop(&mut self) {
        self.shared.change(|state| {
            let is_closing = matches!(
                state.tcp(self.socket).state(),
                tcp::State::FinWait1
                    | tcp::State::FinWait2
                    | tcp::State::Closing
                    | tcp::State::LastAck
                    | tcp::State::TimeWait
            );
            if is_closing {
                return state.closing.push(self.socket);
            }
            state.tcp(self.socket).abort();
            // Sends the reset, before the socket is removed.
            state.host.stack.flush();
            state.host.stack.sockets().remove(self.socket);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, UdpSocket};
    use std::path::Path;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::frame_link::LinkSpec;
    use crate::host::Stack;
    use crate::host::dhcp_client::DhcpClient;
    use crate::profile::{answer_on_link, load};
    use crate::random_streams::{RandomStream, stream};
    use vestibule_core::MacAddress;

    fn free_address() -> SocketAddr {
        UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    fn host() -> LinkedHost {
        let mac = MacAddress([2, 0, 0, 0, 0, 7]);
        let dhcp = DhcpClient::new(mac, stream(1, RandomStream::PhoneDhcp, 0));
        LinkedHost::join(|now| DhcpHost::join(Stack::new(mac, 1, now), dhcp, now))
    }

    /// What a proxy does for a browser: names, connections, and a port where nobody listens.
    #[tokio::test]
    async fn what_is_written_for_sockets_goes_over_a_link() {
        let known = "source = \"made up\"\ngrade = \"C\"\n";
        let profile = format!(
            "name = \"x\"\nwhat = \"x\"\naddress = \"192.168.4.1\"\n{known}[dns.address]\nanswer = \"portal\"\n{known}\
             [dns.other]\nanswer = \"nothing\"\n{known}[https]\nanswer = \"refused\"\n{known}[[http]]\n\
             reply = {{ status = 302, headers = {{ Location = \"http://{{portal}}/\" }} }}\n{known}"
        );
        let profile = load::parse(&profile, Path::new("made-up.toml")).unwrap();
        let (here, there) = (free_address(), free_address());
        let portal = FrameLink::open(&LinkSpec::Udp { local: there, peer: here }).await.unwrap();
        let portal = tokio::spawn(answer_on_link(profile, portal));
        let mut link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
        let host = host();
        let came = host.during(&mut link, async {
            assert!(host.lease(Duration::from_secs(10)).await);
            let address = host.resolve("captive.apple.com").await.unwrap();
            let mut stream = host.connect(SocketAddrV4::new(address, 80)).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: captive.apple.com\r\n\r\n").await.unwrap();
            let mut reply = Vec::new();
            stream.read_to_end(&mut reply).await.unwrap();
            stream.shutdown().await.unwrap();
            let refused = host.connect(SocketAddrV4::new(address, 8080)).await.err().unwrap();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            String::from_utf8(reply).unwrap()
        });
        let reply = came.await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 302"), "{reply}");
        portal.abort();
    }

    /// Somebody who waits on a link that goes does not wait on.
    #[tokio::test]
    async fn a_link_without_anybody_lends_nothing_and_ends_in_time() {
        let (here, there) = (free_address(), free_address());
        let mut link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
        let host = host();
        assert!(!host.during(&mut link, host.lease(Duration::from_millis(200))).await.unwrap());
        assert_eq!(host.with(|host| host.requests().sent), 1);
    }
}

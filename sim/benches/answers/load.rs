//! The load: the same bytes and the same pace for every server. An answer that is not the one
//! expected ends the run, so that nobody is fast by being wrong.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// Questions under way at once.
const WINDOW: usize = 16;

/// The check of Android 10 to 15, as recorded: it closes.
pub(crate) const CLOSING: &[u8] = b"GET /generate_204 HTTP/1.1\r\nConnection: close\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36\r\n\
    Host: connectivitycheck.gstatic.com\r\nAccept-Encoding: gzip\r\n\r\n";

/// The check of Android 6, as recorded: it keeps its connection.
pub(crate) const KEEPING: &[u8] = b"GET /generate_204 HTTP/1.1\r\n\
    User-Agent: Dalvik/2.1.0 (Linux; U; Android 6.0.1; Nexus 7 Build/MOB30X)\r\n\
    Host: connectivitycheck.gstatic.com\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip\r\n\r\n";

/// `connectivitycheck.gstatic.com`, type A.
const QUESTION: &[u8] = b"\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\
    \x11connectivitycheck\x07gstatic\x03com\x00\x00\x01\x00\x01";

/// Questions answered in a second.
pub(crate) fn questions(at: SocketAddr, time: Duration) -> f64 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(at).expect("loopback");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
    let mut question = QUESTION.to_vec();
    let mut answer = [0; 512];
    let (began, mut answered) = (Instant::now(), 0_u32);
    while began.elapsed() < time {
        for id in 0..WINDOW {
            question[1] = id as u8;
            socket.send(&question).expect("loopback takes it");
        }
        for _ in 0..WINDOW {
            // A full socket buffer loses questions; they are asked again with the next ones.
            let Ok(length) = socket.recv(&mut answer) else { break };
            // A response without an error, with one answer, of the question's name.
            assert!(
                length > QUESTION.len() && answer[2] & 0x80 != 0 && answer[3] & 0x0f == 0 && answer[7] == 1
            );
            answered += 1;
        }
    }
    f64::from(answered) / began.elapsed().as_secs_f64()
}

/// Checks answered in a second, one after another on `CLIENTS` connections at a time.
pub(crate) fn checks(at: SocketAddr, time: Duration, request: &'static [u8]) -> f64 {
    const CLIENTS: usize = 4;
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::new(at, request)).collect();
    let (began, mut answered) = (Instant::now(), 0_u32);
    while began.elapsed() < time {
        // All ask, then all listen: the server never waits for the load.
        clients.iter_mut().for_each(Client::ask);
        for client in &mut clients {
            client.listen();
            answered += 1;
        }
    }
    f64::from(answered) / began.elapsed().as_secs_f64()
}

struct Client {
    at: SocketAddr,
    request: &'static [u8],
    keeps: bool,
    stream: Option<TcpStream>,
}

impl Client {
    fn new(at: SocketAddr, request: &'static [u8]) -> Self {
        Self { at, request, keeps: request == KEEPING, stream: None }
    }

    fn ask(&mut self) {
        let stream = self.stream.get_or_insert_with(|| {
            let stream = connect(self.at);
            stream.set_nodelay(true).expect("a socket option");
            stream
        });
        stream.write_all(self.request).expect("loopback takes it");
    }

    fn listen(&mut self) {
        let mut stream = self.stream.take().expect("it has asked");
        let mut answer = Vec::with_capacity(1024);
        let mut piece = [0; 1024];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => answer.extend_from_slice(&piece[..length]),
                // Some servers end with a reset once they have been read to the end.
                Err(error) if error.kind() == ErrorKind::ConnectionReset && is_whole(&answer) => break,
                Err(error) => panic!("{error}"),
            }
            if self.keeps && is_whole(&answer) {
                self.stream = Some(stream);
                break;
            }
        }
        assert!(answer.starts_with(b"HTTP/1.1 302 ") && is_whole(&answer), "{}", answer.escape_ascii());
    }
}

/// Connects. So many connections a second run into ones that have not quite ended; those are tried
/// again.
fn connect(at: SocketAddr) -> TcpStream {
    let stream = (0..100).find_map(|_| TcpStream::connect(at).ok());
    stream.expect("the server listens")
}

/// Whether the head and as much of a body as it announces are there.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}

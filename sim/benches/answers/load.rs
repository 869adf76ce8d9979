//! The load: the same bytes from as many clients for every server, each of which asks again as soon as it was answered.
//! An answer that is not the one expected is a failure, so that nobody is fast by being wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Who is not answered within this time counts as failed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The check of Android 10 to 15, as recorded: it closes.
const CLOSING: &[u8] = b"GET /generate_204 HTTP/1.1\r\nConnection: close\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36\r\n\
    Host: connectivitycheck.gstatic.com\r\nAccept-Encoding: gzip\r\n\r\n";

/// The check of Android 6, as recorded: it keeps its connection.
const KEEPING: &[u8] = b"GET /generate_204 HTTP/1.1\r\n\
    User-Agent: Dalvik/2.1.0 (Linux; U; Android 6.0.1; Nexus 7 Build/MOB30X)\r\n\
    Host: connectivitycheck.gstatic.com\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip\r\n\r\n";

/// `connectivitycheck.gstatic.com`, type A.
const QUESTION: &[u8] = b"\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\
    \x11connectivitycheck\x07gstatic\x03com\x00\x00\x01\x00\x01";

/// What clients ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Names,
    ChecksClosing,
    ChecksKept,
}

/// What came of a round.
#[derive(Default)]
pub(crate) struct Answers {
    /// How long each answer took, in microseconds.
    pub(crate) took: Vec<u32>,
    pub(crate) failed: usize,
}

/// Lets so many clients, a thread each, ask for so long.
pub(crate) fn ask(work: Work, at: SocketAddr, clients: usize, time: Duration) -> Answers {
    let start = Barrier::new(clients);
    let mut all = Answers::default();
    thread::scope(|scope| {
        let client = || {
            let (mut client, mut answers) = (Client::new(work, at), Answers::default());
            start.wait();
            let began = Instant::now();
            while began.elapsed() < time {
                let asked = Instant::now();
                match client.ask() {
                    Some(()) => {
                        answers.took.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                    }
                    None => answers.failed += 1,
                }
            }
            answers
        };
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        for answers in clients.into_iter().map(|client| client.join().expect("a client ends")) {
            all.took.extend(answers.took);
            all.failed += answers.failed;
        }
    });
    all.took.sort_unstable();
    all
}

struct Client {
    work: Work,
    at: SocketAddr,
    names: Option<UdpSocket>,
    kept: Option<TcpStream>,
}

impl Client {
    fn new(work: Work, at: SocketAddr) -> Self {
        let names = (work == Work::Names).then(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            socket.connect(at).expect("loopback");
            socket.set_read_timeout(Some(ANSWER_TIMEOUT)).expect("a timeout");
            socket
        });
        Self { work, at, names, kept: None }
    }

    /// Asks once; `None` is a failure.
    fn ask(&mut self) -> Option<()> {
        match &self.names {
            Some(socket) => ask_for_name(socket),
            None => self.check(),
        }
    }

    fn check(&mut self) -> Option<()> {
        let keeps = self.work == Work::ChecksKept;
        let mut stream = match self.kept.take() {
            Some(kept) => kept,
            None => {
                let stream = TcpStream::connect(self.at).ok()?;
                stream.set_read_timeout(Some(ANSWER_TIMEOUT)).ok()?;
                stream.set_nodelay(true).ok()?;
                stream
            }
        };
        stream.write_all(if keeps { KEEPING } else { CLOSING }).ok()?;
        let (mut answer, mut piece) = (Vec::with_capacity(1024), [0; 2048]);
        while !(is_whole(&answer) && (keeps || is_told_to_close(&answer))) {
            match stream.read(&mut piece).ok()? {
                0 => break,
                length => answer.extend_from_slice(&piece[..length]),
            }
        }
        if !keeps {
            // The server has said all: its side ends, and not with a reset.
            while stream.read(&mut piece).ok()? > 0 {}
        }
        let is_right = answer.starts_with(b"HTTP/1.1 302 ") && is_whole(&answer);
        if keeps && is_right && !is_told_to_close(&answer) {
            self.kept = Some(stream);
        }
        is_right.then_some(())
    }
}

fn ask_for_name(socket: &UdpSocket) -> Option<()> {
    let mut answer = [0; 512];
    socket.send(QUESTION).ok()?;
    let length = socket.recv(&mut answer).ok()?;
    // A response without an error, with one answer, of the question's name.
    let is_right =
        length > QUESTION.len() && answer[2] & 0x80 != 0 && answer[3] & 0x0f == 0 && answer[7] == 1;
    is_right.then_some(())
}

fn is_told_to_close(answer: &[u8]) -> bool {
    head_and_body(answer).is_some_and(|(head, _)| head.to_ascii_lowercase().contains("connection: close"))
}

/// Whether the head and as much of a body as it announces are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some((head, body)) = head_and_body(answer) else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    length.is_none_or(|length: usize| body >= length)
}

fn head_and_body(answer: &[u8]) -> Option<(&str, usize)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((str::from_utf8(&answer[..end]).ok()?, answer.len() - end - 4))
}

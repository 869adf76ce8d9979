//! A portal of a few lines that answers as a test wants it, right or wrong. It shares no code with
//! the device.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use vestibule::capture::Target;

/// How names are answered.
#[derive(Clone, Copy)]
pub(super) enum Names {
    /// A with the portal's address, other types with nothing.
    Right,
    /// Every type with an A record.
    AForEveryType,
    /// A with somebody else's address.
    Elsewhere,
    /// With another identifier.
    OtherIdentifier,
    /// REFUSED.
    Refused,
    /// Not at all.
    Silent,
}

/// What is answered to a path; `None` is silence.
pub(super) type Pages = fn(&str) -> Option<String>;

pub(super) struct StandIn {
    pub(super) target: Target,
    /// Every byte that came, a connection or datagram an entry.
    pub(super) heard: Arc<Mutex<Vec<Vec<u8>>>>,
    _tasks: JoinSet<()>,
}

impl StandIn {
    pub(super) async fn start(names: Names, pages: Pages) -> Self {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let target = Target {
            dns: udp.local_addr().unwrap(),
            http: tcp.local_addr().unwrap(),
            address: Ipv4Addr::LOCALHOST,
        };
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(answer_questions(udp, names, Arc::clone(&heard)));
        tasks.spawn(answer_requests(tcp, pages, Arc::clone(&heard)));
        Self { target, heard, _tasks: tasks }
    }
}

async fn answer_questions(socket: UdpSocket, names: Names, heard: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut question = [0; 512];
    loop {
        let (length, from) = socket.recv_from(&mut question).await.unwrap();
        let question = &question[..length];
        heard.lock().unwrap().push(question.to_vec());
        if let Some(answer) = answer(question, names) {
            socket.send_to(&answer, from).await.unwrap();
        }
    }
}

fn answer(question: &[u8], names: Names) -> Option<Vec<u8>> {
    let is_a = question[question.len() - 4..] == [0, 1, 0, 1];
    let address = match names {
        Names::Silent => return None,
        Names::Elsewhere => [8, 8, 8, 8],
        _ => Ipv4Addr::LOCALHOST.octets(),
    };
    let with_record = !matches!(names, Names::Refused) && (is_a || matches!(names, Names::AForEveryType));
    let mut answer = question.to_vec();
    answer[2] = 0x81;
    answer[3] = if matches!(names, Names::Refused) { 0x85 } else { 0x80 };
    if matches!(names, Names::OtherIdentifier) {
        answer[0] ^= 0xff;
    }
    if with_record {
        answer[7] = 1;
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(address);
    }
    Some(answer)
}

async fn answer_requests(listener: TcpListener, pages: Pages, heard: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut connections = JoinSet::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let heard = Arc::clone(&heard);
        connections.spawn(async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            heard.lock().unwrap().push(request.clone());
            let text = String::from_utf8(request).unwrap();
            match pages(text.split(' ').nth(1).unwrap()) {
                Some(reply) => drop(stream.write_all(reply.as_bytes()).await),
                // Held open until the client has had enough.
                None => drop(stream.read(&mut [0; 1]).await),
            }
        });
    }
}

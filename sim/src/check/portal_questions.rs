//! What real clients ask of a portal and the phones' checks do not: questions with EDNS and of other types, requests in
//! two pieces and with long heads, a connection that says nothing beside another. Over real sockets. What is told here
//! is a warning: no phone's verdict hangs on it.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};

use super::Settings;

/// How long an answer may take. Longer than a portal needs, shorter than a person waits.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The pause between two pieces of a request.
const PIECE_PAUSE: Duration = Duration::from_millis(200);

/// The name that is asked for: a check's, as every portal must answer it.
const NAME: &str = "captive.apple.com.";

/// Bytes of a UDP payload that the question with EDNS takes (RFC 6891 section 6.2.5).
const UDP_PAYLOAD: u16 = 1232;

/// Bytes of a cookie: what another device at the same address may have left in a browser (cookies know no port, and
/// every ESP's access point is 192.168.4.1).
const COOKIE_BYTES: usize = 1500;

/// The port on which phones ask.
const HTTP_PORT: u16 = 80;

/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 4096;

/// Asks a portal what phones' checks do not, and returns what is odd, a sentence each.
pub async fn portal_questions(settings: &Settings) -> Vec<String> {
    let mut odd = Vec::from_iter(other_port(settings.target.http));
    // Nobody answers at all: the phones say so, and better.
    if matches!(ask_name(settings, RecordType::A, false).await, DnsAnswer::Addresses(1..)) {
        odd.extend(questions(settings).await);
    }
    if answers(settings, &[request("").as_bytes()]).await {
        odd.extend(requests(settings).await);
    }
    odd
}

/// Phones ask on port 80. On this machine's own loopback another port is a matter of tests.
fn other_port(http: SocketAddr) -> Option<String> {
    (http.port() != HTTP_PORT && !http.ip().is_loopback()).then(|| {
        format!(
            "the portal was asked on port {}, and a phone asks on port {HTTP_PORT}: it finds nothing if nobody listens \
             there. Listen on port {HTTP_PORT} of {} too, or forward it",
            http.port(),
            http.ip()
        )
    })
}

/// What a question came to.
#[derive(Debug, PartialEq, Eq)]
enum DnsAnswer {
    /// So many addresses.
    Addresses(usize),
    /// An error.
    Refused(ResponseCode),
    /// Something that is no answer to it.
    Garbled,
    /// Nothing.
    Silence,
}

async fn questions(settings: &Settings) -> Vec<String> {
    let mut odd = Vec::new();
    let why = match ask_name(settings, RecordType::A, true).await {
        DnsAnswer::Addresses(1..) => None,
        DnsAnswer::Addresses(0) => Some("without an address".to_owned()),
        DnsAnswer::Refused(code) => Some(format!("with {code}")),
        DnsAnswer::Garbled => Some("with what is no answer".to_owned()),
        DnsAnswer::Silence => Some("not at all".to_owned()),
    };
    if let Some(why) = why {
        odd.push(format!(
            "a DNS question with EDNS (an OPT record, RFC 6891) is answered {why}; without it, it is answered rightly. \
             Computers' resolvers ask so: answer it like any other, and leave the OPT out or add your own"
        ));
    }
    for kind in [RecordType::AAAA, RecordType::HTTPS] {
        let what = match ask_name(settings, kind, false).await {
            DnsAnswer::Addresses(0) => continue,
            DnsAnswer::Addresses(_) | DnsAnswer::Garbled => "with a record of another type",
            DnsAnswer::Refused(ResponseCode::NXDomain) => {
                "with NXDOMAIN, which says that the name has no IPv4 address either (RFC 8020)"
            }
            DnsAnswer::Refused(_) => "with an error, and is asked again",
            DnsAnswer::Silence => "not at all, and a client waits for that",
        };
        odd.push(format!("a DNS question for {kind} is answered {what}. Answer NOERROR without a record"));
    }
    odd
}

/// Asks twice if nobody answers: datagrams are lost.
async fn ask_name(settings: &Settings, kind: RecordType, edns: bool) -> DnsAnswer {
    match ask_name_once(settings, kind, edns).await {
        DnsAnswer::Silence => ask_name_once(settings, kind, edns).await,
        answer => answer,
    }
}

async fn ask_name_once(settings: &Settings, kind: RecordType, edns: bool) -> DnsAnswer {
    let Some(question) = question(kind, edns) else { return DnsAnswer::Garbled };
    let to = settings.target.dns;
    let answered = timeout(ANSWER_TIMEOUT, async {
        let socket = UdpSocket::bind(settings.target.source(to)).await.ok()?;
        socket.connect(to).await.ok()?;
        socket.send(&question).await.ok()?;
        let mut answer = [0; ANSWER_BYTES];
        let length = socket.recv(&mut answer).await.ok()?;
        Some(answer[..length].to_vec())
    });
    let Ok(Some(bytes)) = answered.await else { return DnsAnswer::Silence };
    let Ok(message) = Message::from_vec(&bytes) else { return DnsAnswer::Garbled };
    if message.metadata.message_type != MessageType::Response || message.metadata.id != ID {
        return DnsAnswer::Garbled;
    }
    match message.metadata.response_code {
        ResponseCode::NoError => {}
        code => return DnsAnswer::Refused(code),
    }
    let right = message.answers.iter().filter(|record| record.record_type() == kind).count();
    match (message.answers.len(), kind) {
        (0, _) => DnsAnswer::Addresses(0),
        (_, RecordType::A) if right > 0 => DnsAnswer::Addresses(right),
        _ => DnsAnswer::Garbled,
    }
}

/// The number of every question.
const ID: u16 = 0x5651;

fn question(kind: RecordType, edns: bool) -> Option<Vec<u8>> {
    let mut message = Message::new(ID, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(NAME).ok()?, kind));
    if edns {
        let mut options = Edns::new();
        options.set_max_payload(UDP_PAYLOAD).set_version(0);
        message.set_edns(options);
    }
    message.to_vec().ok()
}

/// A request for the page, with these further lines.
fn request(lines: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: captive.apple.com\r\nAccept: */*\r\n{lines}Connection: close\r\n\r\n")
}

async fn requests(settings: &Settings) -> Vec<String> {
    let mut odd = Vec::new();
    let whole = request("");
    let (first, second) = whole.split_at(whole.len() / 2);
    if !answers(settings, &[first.as_bytes(), second.as_bytes()]).await {
        odd.push(
            "a request that comes in two pieces is not answered: read on until the empty line, however many segments \
             it takes"
                .into(),
        );
    }
    let cookie = request(&format!("Cookie: session={}\r\n", "x".repeat(COOKIE_BYTES)));
    if !answers(settings, &[cookie.as_bytes()]).await {
        odd.push(format!(
            "a request with a cookie of {COOKIE_BYTES} bytes is not answered with a page or a redirect: browsers send \
             the cookies of every device that ever had this address. Skip lines that you do not need"
        ));
    }
    let silent = connect(settings).await;
    if silent.is_some() && !answers(settings, &[request("").as_bytes()]).await {
        let seconds = ANSWER_TIMEOUT.as_secs();
        odd.push(format!(
            "beside a connection that says nothing no other is answered within {seconds} s: browsers open some in \
             advance. Serve several at once, or give up one that is silent"
        ));
    }
    drop(silent);
    odd
}

/// Whether a request that is sent in these pieces is answered with a page or a redirect.
async fn answers(settings: &Settings, pieces: &[&[u8]]) -> bool {
    let answered = timeout(ANSWER_TIMEOUT, async {
        let mut stream = connect(settings).await?;
        for (number, piece) in pieces.iter().enumerate() {
            if number > 0 {
                sleep(PIECE_PAUSE).await;
            }
            stream.write_all(piece).await.ok()?;
        }
        let mut head = Vec::new();
        // `HTTP/1.1 200`: what follows does not matter here.
        while head.len() < 12 {
            if stream.read_buf(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        Some(matches!(head[9], b'2' | b'3'))
    });
    answered.await.ok().flatten() == Some(true)
}

async fn connect(settings: &Settings) -> Option<TcpStream> {
    let to = settings.target.http;
    let from: SocketAddr = settings.target.source(to);
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.ok()?;
    socket.bind(from).ok()?;
    let stream = socket.connect(to).await.ok()?;
    // Two writes are to arrive as two segments.
    let _ = stream.set_nodelay(true);
    Some(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_on_another_port_is_told_where_phones_ask() {
        let told = |address: &str| other_port(address.parse().unwrap()).unwrap_or_default();
        assert!(told("192.168.4.1:3000").contains("asked on port 3000, and a phone asks on port 80"));
        assert_eq!((told("192.168.4.1:80"), told("127.0.0.1:8080")), (String::new(), String::new()));
    }
}

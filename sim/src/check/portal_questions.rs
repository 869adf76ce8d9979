//! What real clients ask of a portal and the phones' checks do not: questions with EDNS and of other types, requests in
//! two pieces and with long heads, a connection that says nothing beside another. Over real sockets or a link. What is
//! told here is a warning: no phone's verdict hangs on it.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::access::PortalAccess;
use super::local_name::local_name;
use super::over_link::{phone_on, way_from};
use super::portal_watch::watched_by;
use super::settings::Settings;
use super::stored_replies::stored_reply;
use crate::frame_link::{FrameLink, LinkError};
use crate::tls::Trust;

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

/// The place of the host that asks over a link, after those of phones.
const PLACE: usize = 0xf0;

/// Asks a portal what phones' checks do not, and returns what is odd, a sentence each.
pub async fn portal_questions(settings: Settings) -> Vec<String> {
    ask(&PortalAccess::Sockets(settings)).await
}

/// The same over a link, from a host that asks for an address of its own. It watches first whether the
/// portal is there all the time. `trust`: whose certificates it trusts.
///
/// # Errors
///
/// The link is gone.
pub async fn portal_questions_over_link(
    link: &mut FrameLink,
    trust: Trust,
) -> Result<Vec<String>, LinkError> {
    let host = phone_on(link, PLACE, None);
    let asked = async {
        match way_from(&host, trust).await {
            Some(portal) => {
                let ((), watch) = watched_by(portal.clone(), async {}).await;
                let mut odd = watch.odd();
                odd.extend(ask(&portal).await);
                odd
            }
            // The phones say so, and better.
            None => Vec::new(),
        }
    };
    host.during(link, asked).await
}

async fn ask(portal: &PortalAccess) -> Vec<String> {
    let mut odd = Vec::from_iter(other_port(portal.http()));
    // Nobody answers at all: the phones say so, and better.
    if matches!(ask_name(portal, RecordType::A, false).await, DnsAnswer::Addresses(1..)) {
        odd.extend(questions(portal).await);
    }
    if answers(portal, &[request("").as_bytes()]).await {
        odd.extend(requests(portal).await);
        odd.extend(local_name(portal, &request("")).await);
        odd.extend(stored_reply(portal).await);
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

async fn questions(portal: &PortalAccess) -> Vec<String> {
    let mut odd = Vec::new();
    let why = match ask_name(portal, RecordType::A, true).await {
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
        let what = match ask_name(portal, kind, false).await {
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
async fn ask_name(portal: &PortalAccess, kind: RecordType, edns: bool) -> DnsAnswer {
    match ask_name_once(portal, kind, edns).await {
        DnsAnswer::Silence => ask_name_once(portal, kind, edns).await,
        answer => answer,
    }
}

async fn ask_name_once(portal: &PortalAccess, kind: RecordType, edns: bool) -> DnsAnswer {
    let Some(question) = question(kind, edns) else { return DnsAnswer::Garbled };
    let answered = timeout(ANSWER_TIMEOUT, portal.ask(&question));
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

async fn requests(portal: &PortalAccess) -> Vec<String> {
    let mut odd = Vec::new();
    let whole = request("");
    let (first, second) = whole.split_at(whole.len() / 2);
    if !answers(portal, &[first.as_bytes(), second.as_bytes()]).await {
        odd.push(
            "a request that comes in two pieces is not answered: read on until the empty line, however many segments \
             it takes"
                .into(),
        );
    }
    let cookie = request(&format!("Cookie: session={}\r\n", "x".repeat(COOKIE_BYTES)));
    if !answers(portal, &[cookie.as_bytes()]).await {
        odd.push(format!(
            "a request with a cookie of {COOKIE_BYTES} bytes is not answered with a page or a redirect: browsers send \
             the cookies of every device that ever had this address. Skip lines that you do not need"
        ));
    }
    let silent = portal.connect().await;
    if silent.is_some() && !answers(portal, &[request("").as_bytes()]).await {
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
async fn answers(portal: &PortalAccess, pieces: &[&[u8]]) -> bool {
    let answered = timeout(ANSWER_TIMEOUT, async {
        let mut stream = portal.connect().await?;
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

//! The bytes that clients send, and which answers to them are right.

use std::net::SocketAddrV4;

use crate::phone::Reply;

/// A network name that no network has. It is the last field of the form, and a page that keeps what was typed
/// repeats it, so that the answer shows whether the whole form has been read.
const TYPED: &str = "In two pieces";

/// What systems and browsers ask for by themselves: a host of their own, or the device's where there is
/// none, and a path (docs/clients.md#what-browsers-and-systems-ask-for-besides).
const BY_THEMSELVES: [(Option<&str>, &str); 10] = [
    (Some("connectivitycheck.gstatic.com"), "/generate_204"),
    (Some("captive.apple.com"), "/hotspot-detect.html"),
    (Some("www.msftconnecttest.com"), "/connecttest.txt"),
    (Some("www.msftncsi.com"), "/ncsi.txt"),
    (Some("www.msftconnecttest.com"), "/redirect"),
    (Some("detectportal.firefox.com"), "/canonical.html"),
    (Some("wpad"), "/wpad.dat"),
    (None, "/wpad.dat"),
    (None, "/favicon.ico"),
    (None, "/apple-touch-icon.png"),
];

/// A request and the answer that it should get.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// What is sent at once.
    pub(super) first: Vec<u8>,
    /// The rest, which is sent a little later.
    pub(super) rest: Vec<u8>,
    /// Whether the answer has to show that all of it was read.
    repeats: bool,
}

impl Question {
    /// Whether that is an answer to this.
    pub(super) fn is_answered_by(&self, reply: &Reply) -> bool {
        // Without the token of a page a form is refused, and its network name is kept.
        let repeated = || reply.status == 403 && String::from_utf8_lossy(&reply.body).contains(TYPED);
        if self.repeats { repeated() } else { (200..=404).contains(&reply.status) }
    }
}

/// How a browser names the host.
fn host(server: SocketAddrV4) -> String {
    match server.port() {
        80 => server.ip().to_string(),
        _ => server.to_string(),
    }
}

/// A form without a token.
pub(super) fn post(server: SocketAddrV4) -> Vec<u8> {
    let form = format!("passphrase=&ssid={}", TYPED.replace(' ', "+"));
    format!(
        "POST /setup HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        host(server),
        form.len()
    )
    .into_bytes()
}

/// The head of a request that takes minutes, sent byte by byte.
pub(super) fn long_head(server: SocketAddrV4) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {}\r\nCookie: {}", host(server), "x".repeat(600)).into_bytes()
}

/// A form whole, and then cut after each of its bytes but the last.
pub(super) fn split_posts(server: SocketAddrV4) -> Vec<Question> {
    let whole = post(server);
    let cut = |at: usize| {
        let (first, rest) = whole.split_at(at);
        Question { first: first.to_vec(), rest: rest.to_vec(), repeats: true }
    };
    std::iter::once(whole.len()).chain(1..whole.len()).map(cut).collect()
}

/// Everything that systems ask for by themselves, once.
pub(super) fn by_themselves(server: SocketAddrV4) -> Vec<Question> {
    let ask = |(name, path): (Option<&str>, &str)| {
        let host = name.map_or_else(|| host(server), str::to_owned);
        let first = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n").into_bytes();
        Question { first, rest: Vec::new(), repeats: false }
    };
    BY_THEMSELVES.into_iter().map(ask).collect()
}

//! The bytes that clients send, and which answers to them are right.

use std::net::SocketAddrV4;

use crate::phone::Reply;

/// A network name that no network has. It is the last field of the form, and a page that keeps what was typed
/// repeats it, so that the answer shows whether the whole form has been read.
const TYPED: &str = "In two pieces";

/// An open network to which a page of another site would send the device.
const LURE: &str = "Free Wi-Fi";

/// The site of that page.
const SITE: &str = "http://news.example";

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
    right: Right,
}

/// Which answer is right.
#[derive(Clone, Copy, Debug)]
enum Right {
    /// Any that serves, or says that nothing is there.
    Any,
    /// One that shows that all of the form was read.
    Repeats,
    /// A refusal.
    Refusal,
    /// That it is done, or a refusal.
    DoneOrRefusal,
}

impl Question {
    /// Whether that is an answer to this.
    pub(super) fn is_answered_by(&self, reply: &Reply) -> bool {
        // Without the token of a page a form is refused, and its network name is kept.
        let repeated = || reply.status == 403 && String::from_utf8_lossy(&reply.body).contains(TYPED);
        match self.right {
            Right::Any => (200..=404).contains(&reply.status),
            Right::Repeats => repeated(),
            Right::Refusal => (400..=499).contains(&reply.status),
            Right::DoneOrRefusal => reply.status == 204 || (400..=499).contains(&reply.status),
        }
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
        Question { first: first.to_vec(), rest: rest.to_vec(), right: Right::Repeats }
    };
    std::iter::once(whole.len()).chain(1..whole.len()).map(cut).collect()
}

/// Everything that systems ask for by themselves, once.
pub(super) fn by_themselves(server: SocketAddrV4) -> Vec<Question> {
    let ask = |(name, path): (Option<&str>, &str)| {
        let host = name.map_or_else(|| host(server), str::to_owned);
        let first = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n").into_bytes();
        Question { first, rest: Vec::new(), right: Right::Any }
    };
    BY_THEMSELVES.into_iter().map(ask).collect()
}

/// What a program sends that has the device forget its networks: taken in a setup that has led to none, and refused
/// otherwise.
pub(super) fn clear(server: SocketAddrV4) -> Vec<Question> {
    let first = format!(
        "POST /api/clear HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
        host(server)
    );
    vec![Question { first: first.into_bytes(), rest: Vec::new(), right: Right::DoneOrRefusal }]
}

/// What a page of another site makes a browser send to the device: forms and what scripts may send without asking
/// (simple requests of the Fetch standard). Each is to be refused.
pub(super) fn cross_site(server: SocketAddrV4) -> Vec<Question> {
    let lure: String = LURE.bytes().map(|byte| format!("{byte:02x}")).collect();
    let form = format!("network={lure}&passphrase=");
    let host = host(server);
    let ask = |method: &str, path: &str, origin: &str, kind: &str, body: &str| {
        let first = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Question { first: first.into_bytes(), rest: Vec::new(), right: Right::Refusal }
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    let json = format!("{{\"ssid\":\"{LURE}\",\"passphrase\":\"\"}}");
    vec![
        ask("POST", "/setup", SITE, FORM, &form),
        // A sandboxed frame and a local file have no origin.
        ask("POST", "/setup", "null", FORM, &form),
        ask("POST", "/setup", SITE, "text/plain", &form),
        ask("POST", "/rescan", SITE, FORM, ""),
        ask("POST", "/api/access-point", SITE, "text/plain", &json),
        ask("POST", "/api/clear", SITE, FORM, ""),
        // An image's address.
        ask("GET", &format!("/setup?{form}"), SITE, FORM, ""),
        ask("GET", "/api/clear", SITE, FORM, ""),
    ]
}

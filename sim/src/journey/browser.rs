//! The browser of a journey, over sockets: sends an owner's request to a portal, follows redirects, unpacks and returns
//! the page. Only the portal's own sockets are contacted; no script is run.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::time::timeout;
use url::{Host, Position, Url};

use crate::capture::Target;
use crate::check::page_text;
use crate::dns::{ask_address, read_address};
use crate::owner::{Method, PAGE_TIMEOUT, REDIRECTS, Request};
use crate::phone::{Ending, Reader, Reply};

/// How long an answer to a DNS question may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// Most bytes of a page.
const PAGE_BYTES: u64 = 1 << 20;

/// The pause between a form's head and its body.
const BODY_PAUSE: Duration = Duration::from_millis(100);

/// Bytes that are read at once.
const PIECE: usize = 4096;

/// A page that came.
pub(super) struct LoadedPage {
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) html: String,
}

/// Loads what `request` asks for, redirects followed.
///
/// # Errors
/// Why no page came, in words.
pub(super) async fn load(target: &Target, request: Request, agent: &str) -> Result<LoadedPage, String> {
    let shown = without_query(&request.url);
    match timeout(PAGE_TIMEOUT, follow(target, request, agent)).await {
        Ok(loaded) => loaded,
        Err(_) => Err(format!("{shown} did not come within {} s", PAGE_TIMEOUT.as_secs())),
    }
}

async fn follow(target: &Target, mut request: Request, agent: &str) -> Result<LoadedPage, String> {
    for _ in 0..=REDIRECTS {
        let server = server(target, &request.url).await?;
        let reply = ask(target, server, &request, agent).await?;
        let is_redirect = matches!(reply.status, 301..=303 | 307 | 308);
        let next = reply.header("location").filter(|_| is_redirect).and_then(|to| request.url.join(to).ok());
        let Some(next) = next else {
            let html = page_text(&reply).map_err(|why| format!("{} {why}", without_query(&request.url)))?;
            return Ok(LoadedPage { url: request.url, status: reply.status, html });
        };
        // After 302 and 303 a browser reads on with GET (Fetch standard, HTTP-redirect fetch).
        request = match reply.status {
            307 | 308 => Request { url: next, ..request },
            _ => Request::get(next),
        };
    }
    Err(format!("{} redirects more than {REDIRECTS} times", without_query(&request.url)))
}

/// An address without its query, which may hold what was typed.
pub(super) fn without_query(url: &Url) -> String {
    url[..Position::AfterPath].to_owned()
}

/// The socket behind an address.
async fn server(target: &Target, url: &Url) -> Result<SocketAddr, String> {
    let shown = without_query(url);
    if url.scheme() != "http" {
        return Err(format!("{shown} cannot be loaded: no device has a certificate that a browser accepts"));
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => address,
        Some(Host::Domain(name)) => {
            resolve(target, name).await.ok_or_else(|| format!("the name in {shown} has no address"))?
        }
        _ => return Err(format!("{shown} is on no IPv4 network")),
    };
    if address != target.address && IpAddr::V4(address) != target.http.ip() {
        return Err(format!("{shown} is not on the portal ({}): nothing was sent there", target.address));
    }
    let port = url.port_or_known_default().unwrap_or(HTTP_PORT);
    // Port 80 is wherever the portal was said to be; any other is on the same host.
    Ok(if port == HTTP_PORT { target.http } else { SocketAddr::new(target.http.ip(), port) })
}

async fn resolve(target: &Target, name: &str) -> Option<Ipv4Addr> {
    let question = ask_address(0x5657, name)?;
    timeout(ANSWER_TIMEOUT, async {
        let socket = UdpSocket::bind(target.source(target.dns)).await.ok()?;
        socket.connect(target.dns).await.ok()?;
        socket.send(&question).await.ok()?;
        let mut answer = [0; PIECE];
        let length = socket.recv(&mut answer).await.ok()?;
        read_address(&answer[..length])
    })
    .await
    .ok()
    .flatten()
}

async fn ask(target: &Target, server: SocketAddr, request: &Request, agent: &str) -> Result<Reply, String> {
    let shown = without_query(&request.url);
    let failed = |what: &str| format!("{shown}: {what}");
    let socket = if server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(|_| failed("this machine has no socket left"))?;
    socket.bind(target.source(server)).map_err(|_| failed("this machine has no socket left"))?;
    let mut stream = socket.connect(server).await.map_err(|_| failed("nobody accepts the connection"))?;
    // Two writes are two segments.
    let _ = stream.set_nodelay(true);
    stream.write_all(&head(request, agent)).await.map_err(|_| failed("the connection was reset"))?;
    if let Some(body) = &request.body {
        // WebKit sends a form's head and body apart (nodemcu/nodemcu-firmware#2847).
        tokio::time::sleep(BODY_PAUSE).await;
        stream.write_all(body).await.map_err(|_| failed("the connection was reset"))?;
    }
    let mut reader = Reader::new();
    let mut piece = [0; PIECE];
    loop {
        let length = stream.read(&mut piece).await.map_err(|_| failed("the connection was reset"))?;
        let read = if length == 0 { reader.end() } else { reader.push(&piece[..length]) };
        read.map_err(|problem| failed(&problem.to_string()))?;
        let is_over = reader
            .head()
            .is_some_and(|reply| reply.ending == Ending::Complete || reply.body_bytes > PAGE_BYTES);
        if is_over || length == 0 {
            return Ok(reader.into_reply());
        }
    }
}

/// The head of a request, as a browser on a phone sends it.
fn head(request: &Request, agent: &str) -> Vec<u8> {
    let url = &request.url;
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let mut head = format!(
        "{method} {} HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\nUser-Agent: {agent}\r\n\
         Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
         Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n",
        &url[Position::BeforePath..Position::AfterQuery]
    );
    if let Some(body) = &request.body {
        let kind = request.content_type.unwrap_or("application/x-www-form-urlencoded");
        head +=
            &format!("Origin: http://{host}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    }
    [head.as_bytes(), b"\r\n"].concat()
}

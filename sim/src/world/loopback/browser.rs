//! The browser inside a phone's sheet: `hyper` over sockets of this machine, its names resolved by the device,
//! its redirects followed only inside the simulated network.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::{Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, UdpSocket};
use url::{Position, Url};

use super::{Shared, lock};
use crate::dns::{ask_address, read_address};
use crate::owner::{Method, PAGE_TIMEOUT, REDIRECTS, Request, is_tried_over_https};
use crate::radio::PhoneId;
use crate::world::{Load, Loaded, NO_PROVIDER};

/// The most bytes of a page.
const PAGE_BYTES: usize = 1 << 20;

/// Loads a page and reports it.
pub(super) async fn load(shared: Arc<Shared>, phone: PhoneId, load: Load) {
    let id = load.id;
    let loaded = if lock(&shared.world).air().phone_is_on(phone) {
        load_with_timeout(&shared, phone, load).await
    } else {
        Loaded::Failed { url: load.request.url, why: "the phone is off the network".into() }
    };
    shared.with(|world, now| world.page_loaded(phone, id, loaded, now));
}

/// Loads a page on the home network and reports it.
pub(super) async fn load_at_home(shared: Arc<Shared>, phone: PhoneId, load: Load) {
    let id = load.id;
    let loaded = load_with_timeout(&shared, phone, load).await;
    shared.with(|world, now| world.visited(phone, id, loaded, now));
}

async fn load_with_timeout(shared: &Arc<Shared>, phone: PhoneId, load: Load) -> Loaded {
    let url = load.request.url.clone();
    match tokio::time::timeout(PAGE_TIMEOUT, follow_redirects(shared, phone, load)).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(why)) => Loaded::Failed { url, why },
        Err(_) => Loaded::Failed { url, why: format!("nothing came within {} s", PAGE_TIMEOUT.as_secs()) },
    }
}

async fn follow_redirects(shared: &Arc<Shared>, phone: PhoneId, load: Load) -> Result<Loaded, String> {
    let Load { mut request, user_agent, finds_names, mut tries_https, https, .. } = load;
    let source = shared.hosts.phone(phone);
    let mut connection = None;
    for _ in 0..=REDIRECTS {
        let is_tried = request.method == Method::Get && is_tried_over_https(&request.url);
        if let Some(wait) = tries_https.take_if(|_| is_tried) {
            tokio::time::sleep(wait).await;
        }
        if request.url.scheme() == "https" {
            tokio::time::sleep(https.after).await;
            return Err(https.why.into());
        }
        let server = resolve(shared, source, &request.url, finds_names).await?;
        let mut open = match connection.take() {
            Some(open) => reuse_or_open(open, source, server).await?,
            None => Connection::open(source, server).await?,
        };
        let response = open.send(&request, &user_agent).await?;
        let (status, next) = (response.status().as_u16(), redirected(&response, &request.url));
        let body = read_body(response.into_body()).await?;
        let Some(next) = next else {
            let html = String::from_utf8_lossy(&body).into_owned();
            return Ok(Loaded::Page { url: request.url, status, html });
        };
        // After 302 and 303 a browser reads on with GET (Fetch standard, HTTP-redirect fetch).
        request = match status {
            307 | 308 => Request { url: next, ..request },
            _ => Request::get(next),
        };
        connection = Some(open);
    }
    Err(format!("more than {REDIRECTS} redirects"))
}

/// A connection to a server, which is reused for the next redirect as browsers do.
struct Connection {
    server: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

/// The same connection if it leads to that server and is still open, otherwise a new one.
async fn reuse_or_open(
    mut open: Connection,
    source: Ipv4Addr,
    server: SocketAddr,
) -> Result<Connection, String> {
    match open.server == server && open.sender.ready().await.is_ok() {
        true => Ok(open),
        false => Connection::open(source, server).await,
    }
}

impl Connection {
    async fn open(source: Ipv4Addr, server: SocketAddr) -> Result<Self, String> {
        let socket = TcpSocket::new_v4().map_err(|error| error.to_string())?;
        socket.bind((source, 0).into()).map_err(|error| error.to_string())?;
        let stream = socket.connect(server).await.map_err(|error| error.to_string())?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| root_cause(&error))?;
        // It ends with the sender, and its errors are those of the request.
        tokio::spawn(connection);
        Ok(Self { server, sender })
    }

    async fn send(&mut self, request: &Request, user_agent: &str) -> Result<Response<Incoming>, String> {
        let url = &request.url;
        let method = match request.method {
            Method::Get => hyper::Method::GET,
            Method::Post => hyper::Method::POST,
        };
        let mut sent = hyper::Request::builder()
            .method(method)
            .uri(&url[Position::BeforePath..Position::AfterQuery])
            .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
            .header(header::ACCEPT, "text/html,*/*;q=0.8")
            .header(header::USER_AGENT, user_agent);
        if let Some(content_type) = request.content_type {
            sent = sent.header(header::CONTENT_TYPE, content_type);
        }
        let body = Full::from(request.body.clone().unwrap_or_default());
        let sent = sent.body(body).map_err(|error| error.to_string())?;
        self.sender.send_request(sent).await.map_err(|error| root_cause(&error))
    }
}

fn redirected(response: &Response<Incoming>, from: &Url) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

async fn read_body(body: Incoming) -> Result<Bytes, String> {
    let body = Limited::new(body, PAGE_BYTES).collect().await.map_err(|error| {
        match error.downcast_ref::<LengthLimitError>() {
            Some(_) => "the page is too large".to_owned(),
            None => root_cause(error.as_ref()),
        }
    })?;
    Ok(body.to_bytes())
}

/// The real address of the server of `url`. It is never outside the simulated network.
async fn resolve(
    shared: &Arc<Shared>,
    source: Ipv4Addr,
    url: &Url,
    finds_names: bool,
) -> Result<SocketAddr, String> {
    if url.scheme() != "http" {
        return Err(format!("{url} is no address of a page"));
    }
    let port = url.port_or_known_default().unwrap_or(80);
    let host = url.host_str().unwrap_or_default();
    match host.parse::<Ipv4Addr>() {
        Ok(address) => {
            let real = shared.hosts.real_address(SocketAddrV4::new(address, port));
            real.map(|(real, _)| real).ok_or_else(|| format!("{host} leads outside the simulated network"))
        }
        Err(_) if !finds_names && !host.ends_with(".local") => Err(NO_PROVIDER.into()),
        Err(_) => {
            // The host is resolved by mDNS (RFC 6762), here by unicast to the device.
            let server = if host.ends_with(".local") { shared.hosts.mdns } else { shared.hosts.dns };
            let address = query(server, source, host).await?;
            let real = shared.hosts.real_address(SocketAddrV4::new(address, port));
            real.map(|(real, _)| real).ok_or_else(|| "the name leads outside the simulated network".into())
        }
    }
}

/// The message of the root cause of an error.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut first = error;
    while let Some(source) = first.source() {
        first = source;
    }
    first.to_string()
}

async fn query(server: SocketAddr, source: Ipv4Addr, name: &str) -> Result<Ipv4Addr, String> {
    let socket = UdpSocket::bind((source, 0)).await.map_err(|error| error.to_string())?;
    socket.connect(server).await.map_err(|error| error.to_string())?;
    let query_message = ask_address(0x5653, name).ok_or("no name that DNS can carry")?;
    let mut answer = [0; 512];
    for _ in 0..3 {
        socket.send(&query_message).await.map_err(|error| error.to_string())?;
        if let Ok(Ok(length)) = tokio::time::timeout(Duration::from_secs(1), socket.recv(&mut answer)).await {
            return read_address(&answer[..length]).ok_or("the device's DNS gave no address".to_owned());
        }
    }
    Err("the device's DNS did not answer".into())
}

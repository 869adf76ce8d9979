//! The browser inside a phone's sheet: `reqwest` over `hyper`, its names resolved by the device,
//! its redirects followed only inside the simulated network.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::net::UdpSocket;
use url::Url;

use super::{Shared, lock};
use crate::dns::{ask_address, read_address};
use crate::owner::{Method, PAGE_TIMEOUT, REDIRECTS, Request};
use crate::radio::PhoneId;
use crate::world::{Load, Loaded};

/// Most bytes of a page that is looked at.
const PAGE_BYTES: usize = 1 << 20;

/// Loads a page and reports it.
pub(super) async fn load(shared: Arc<Shared>, phone: PhoneId, load: Load) {
    let id = load.id;
    let loaded = if lock(&shared.world).air().phone_is_on(phone) {
        in_time(&shared, phone, load).await
    } else {
        Loaded::Failed { url: load.request.url, why: "the phone is off the network".into() }
    };
    shared.with(|world, now| world.page_loaded(phone, id, loaded, now));
}

/// Loads a page on the home network and reports it.
pub(super) async fn visit(shared: Arc<Shared>, phone: PhoneId, load: Load) {
    let id = load.id;
    let loaded = in_time(&shared, phone, load).await;
    shared.with(|world, now| world.visited(phone, id, loaded, now));
}

async fn in_time(shared: &Arc<Shared>, phone: PhoneId, load: Load) -> Loaded {
    let url = load.request.url.clone();
    match tokio::time::timeout(PAGE_TIMEOUT, follow(shared, phone, load)).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(why)) => Loaded::Failed { url, why },
        Err(_) => Loaded::Failed { url, why: format!("nothing came within {} s", PAGE_TIMEOUT.as_secs()) },
    }
}

async fn follow(shared: &Arc<Shared>, phone: PhoneId, load: Load) -> Result<Loaded, String> {
    let client = client(shared, phone, &load.user_agent).map_err(|error| in_words(&error))?;
    let mut request = load.request;
    for _ in 0..=REDIRECTS {
        let response = send(shared, &client, &request).await?;
        let Some(next) = redirected(&response, &request.url) else {
            return page(response, request.url).await;
        };
        // After 302 and 303 a browser reads on with GET (Fetch standard, HTTP-redirect fetch).
        request = match response.status().as_u16() {
            307 | 308 => Request { url: next, ..request },
            _ => Request::get(next),
        };
    }
    Err(format!("more than {REDIRECTS} redirects"))
}

fn client(shared: &Arc<Shared>, phone: PhoneId, user_agent: &str) -> reqwest::Result<Client> {
    let source = shared.hosts.phone(phone);
    let resolver = Arc::new(AskTheDevice { shared: Arc::clone(shared), source });
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .local_address(std::net::IpAddr::V4(source))
        .dns_resolver(resolver)
        .user_agent(user_agent)
        .build()
}

async fn send(shared: &Arc<Shared>, client: &Client, request: &Request) -> Result<Response, String> {
    let (real, host) = inside(shared, &request.url)?;
    let mut sent = match request.method {
        Method::Get => client.get(real),
        Method::Post => client.post(real),
    };
    sent = sent.header(header::ACCEPT, "text/html,*/*;q=0.8");
    if let Some(host) = host {
        sent = sent.header(header::HOST, host);
    }
    if let Some(content_type) = request.content_type {
        sent = sent.header(header::CONTENT_TYPE, content_type);
    }
    if let Some(body) = &request.body {
        sent = sent.body(body.clone());
    }
    sent.send().await.map_err(|error| in_words(&error))
}

fn redirected(response: &Response, from: &Url) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

async fn page(mut response: Response, url: Url) -> Result<Loaded, String> {
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| in_words(&error))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > PAGE_BYTES {
            return Err("the page is too large".into());
        }
    }
    let html = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Loaded::Page { url, status, html })
}

/// The address to load `url` from, and the Host to name where that differs. Addresses in figures
/// never reach the resolver, so it is decided here that they lead nowhere but to the device.
fn inside(shared: &Arc<Shared>, url: &Url) -> Result<(Url, Option<String>), String> {
    if url.scheme() != "http" {
        return Err(format!("{url} cannot be loaded: the device has no certificate that a browser accepts"));
    }
    let Some(address) = url.host_str().and_then(|host| host.parse::<Ipv4Addr>().ok()) else {
        return Ok((url.clone(), None));
    };
    let port = url.port_or_known_default().unwrap_or(80);
    let Some((real, _)) = shared.hosts.really(SocketAddrV4::new(address, port)) else {
        return Err(format!("{} leads outside the simulated network", url.host_str().unwrap_or_default()));
    };
    let mut at = url.clone();
    let host = at[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
    at.set_ip_host(real.ip()).map_err(|()| "no host".to_owned())?;
    at.set_port(Some(real.port())).map_err(|()| "no port".to_owned())?;
    Ok((at, Some(host)))
}

/// An error and its causes. `reqwest` puts the URL into its own; that is taken out, for a form
/// sent by GET would stand in it.
fn in_words(error: &reqwest::Error) -> String {
    let mut words = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        words = error.to_string();
        cause = error.source();
    }
    if words.is_empty() { "the page could not be loaded".into() } else { words }
}

/// Asks the device for every name, over its DNS.
struct AskTheDevice {
    shared: Arc<Shared>,
    source: Ipv4Addr,
}

impl Resolve for AskTheDevice {
    fn resolve(&self, name: Name) -> Resolving {
        let (shared, source) = (Arc::clone(&self.shared), self.source);
        Box::pin(async move {
            // Everybody on the home network is asked for these (RFC 6762); one answers here.
            let server = if name.as_str().ends_with(".local") { shared.hosts.mdns } else { shared.hosts.dns };
            let address = ask(server, source, name.as_str()).await?;
            let real = shared.hosts.really(SocketAddrV4::new(address, 80));
            let (real, _) = real.ok_or("the name leads outside the simulated network")?;
            let addresses: Addrs = Box::new(std::iter::once(SocketAddr::new(real.ip(), real.port())));
            Ok(addresses)
        })
    }
}

async fn ask(server: SocketAddr, source: Ipv4Addr, name: &str) -> Result<Ipv4Addr, String> {
    let socket = UdpSocket::bind((source, 0)).await.map_err(|error| error.to_string())?;
    socket.connect(server).await.map_err(|error| error.to_string())?;
    let question = ask_address(0x5653, name).ok_or("no name that DNS can carry")?;
    let mut answer = [0; 512];
    for _ in 0..3 {
        socket.send(&question).await.map_err(|error| error.to_string())?;
        if let Ok(Ok(length)) = tokio::time::timeout(Duration::from_secs(1), socket.recv(&mut answer)).await {
            return read_address(&answer[..length]).ok_or("the device's DNS gave no address".to_owned());
        }
    }
    Err("the device's DNS did not answer".into())
}

//! What meets a phone that opens a TLS connection on the device's access point: a server as the scenario says, with
//! which it makes a genuine handshake in memory, the same on every driver. Only a connection that is refused is a real
//! one.
//!
//! Nothing here knows what a phone concludes.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};
use vestibule_core::Instant;

use super::PhoneNode;
use crate::owner::{HTTPS_FALLBACK, PAGE_TIMEOUT};
use crate::phone::{Exchange, ExchangeId, Progress};
use crate::scenario::{CaptivePortalApiSpec, DeviceSpec, HttpsAnswer};
use crate::tls::{self, Client, ClientEvent, ServerCertificate, Trust};
use crate::trace::Trace;
use crate::world::{Layout, SecurePage};

/// Time until a host on the access point has answered, and one on the internet. Chosen; no source.
const NEAR: Duration = Duration::from_millis(5);
const FAR: Duration = Duration::from_millis(200);

const HTTPS_PORT: u16 = 443;

/// The device's address where a scenario gives none.
const USUAL_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// The hosts that answer over TLS.
#[derive(Clone, Debug, Default)]
pub(in crate::world) struct SecureHosts {
    https: HttpsAnswer,
    /// The captive portal API, and the name of its host.
    api: Option<(String, Arc<CaptivePortalApiSpec>)>,
}

impl SecureHosts {
    /// Of a device that a driver has at that place.
    pub(in crate::world) fn of(device: &DeviceSpec, layout: &Layout) -> Self {
        let url = device.captive_portal.and_then(|api| Url::parse(api.0.as_str()).ok());
        let host = url.and_then(|url| url.host_str().map(str::to_owned));
        let api = device.captive_portal_api.as_ref().map(|api| {
            let mut api = api.get_ref().clone();
            let page = api.user_portal_url.as_deref().and_then(|page| Url::parse(page).ok());
            if let Some(there) = page.and_then(|page| own_page(page, device, layout)) {
                api.user_portal_url = Some(there.into());
            }
            Arc::new(api)
        });
        Self { https: device.https, api: host.zip(api) }
    }

    /// How a browser's load of a page over HTTPS ends. No sheet lets its owner pass a certificate that it does not trust.
    pub(super) fn end_a_page(&self) -> SecurePage {
        let (after, why) = match self.https {
            HttpsAnswer::Refused => (Duration::ZERO, "the connection for a page over HTTPS was refused"),
            HttpsAnswer::Silent => (PAGE_TIMEOUT, "nothing answers for a page over HTTPS"),
            HttpsAnswer::Reset => (NEAR, "the connection for a page over HTTPS was reset"),
            HttpsAnswer::SelfSigned | HttpsAnswer::WrongName | HttpsAnswer::Expired => {
                (NEAR, "the browser does not trust the certificate of a page over HTTPS")
            }
            HttpsAnswer::PlainHttp => (NEAR, "what answers for a page over HTTPS speaks no TLS"),
            HttpsAnswer::Internet => (FAR, "a page over HTTPS is the internet's and not the device's"),
        };
        SecurePage { after, why }
    }

    /// How long a browser tries HTTPS before it falls back to HTTP.
    pub(super) fn costs_a_browser(&self) -> Duration {
        match self.https {
            HttpsAnswer::Silent => HTTPS_FALLBACK,
            HttpsAnswer::Internet => FAR,
            _ => Duration::ZERO,
        }
    }
}

/// A page of the device's where the driver has it: on loopback at another port, and at another address unless the
/// scenario gives one.
fn own_page(mut page: Url, device: &DeviceSpec, layout: &Layout) -> Option<Url> {
    let given = device.address.as_ref().map(|address| *address.get_ref());
    if page.host() != Some(Host::Ipv4(given.unwrap_or(USUAL_ADDRESS))) || page.port().is_some() {
        return None;
    }
    page.set_ip_host(given.unwrap_or(layout.device).into()).ok()?;
    page.set_port(Some(layout.http_port)).ok()?;
    Some(page)
}

/// What the internet answers to a check.
const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// What a server of HTTP answers to a ClientHello.
const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What is at the other end of a connection.
enum Peer {
    /// A server with such a certificate, and what it replies.
    Server(ServerCertificate, Vec<u8>),
    PlainHttp,
    Resets,
}

impl Peer {
    /// What becomes of a client's connection.
    fn meet(self, mut client: Client, name: &str) -> Vec<ClientEvent> {
        match self {
            Self::Server(certificate, reply) => match certificate.server(name, reply) {
                Some(mut server) => tls::exchange(&mut client, &mut server),
                // For such a name there is no certificate and so no server.
                None => vec![ClientEvent::Broken],
            },
            Self::PlainHttp => client.receive(BAD_REQUEST),
            Self::Resets => vec![ClientEvent::Broken],
        }
    }
}

/// A connection that a phone has begun. What becomes of it is found out once it is due: few are waited for.
struct Begun {
    due: Instant,
    id: ExchangeId,
    server_name: String,
    client: Client,
    peer: Peer,
}

/// A phone's handshakes that are under way.
pub(super) struct Handshakes {
    hosts: SecureHosts,
    trust: Trust,
    under_way: Vec<Begun>,
}

impl Handshakes {
    pub(super) fn new(hosts: SecureHosts) -> Self {
        Self { hosts, trust: Trust::simulated(), under_way: Vec::new() }
    }

    /// An exchange begins. Returns whether it is answered here, and not by the driver.
    pub(super) fn opened(&mut self, id: ExchangeId, exchange: &Exchange, now: Instant) -> bool {
        let Exchange::Tls { to, server_name, payload, verifies } = exchange else { return false };
        let api = self.hosts.api.as_ref().filter(|(host, _)| host == server_name);
        // A gateway's own server answers its own page, which is none to a check: it closes.
        let gateway = |certificate| (NEAR, Peer::Server(certificate, Vec::new()));
        let (after, peer) = match (api, self.hosts.https) {
            (Some((_, api)), _) => (NEAR, Peer::Server(api.certificate.of_server(), api.reply())),
            (None, HttpsAnswer::Refused) => return false,
            (None, _) if to.port() != HTTPS_PORT => return false,
            (None, HttpsAnswer::Silent) => return true,
            (None, HttpsAnswer::Reset) => (NEAR, Peer::Resets),
            (None, HttpsAnswer::SelfSigned) => gateway(ServerCertificate::SelfSigned),
            (None, HttpsAnswer::WrongName) => gateway(ServerCertificate::WrongName),
            (None, HttpsAnswer::Expired) => gateway(ServerCertificate::Expired),
            (None, HttpsAnswer::PlainHttp) => (NEAR, Peer::PlainHttp),
            (None, HttpsAnswer::Internet) => {
                (FAR, Peer::Server(ServerCertificate::Trusted, NO_CONTENT.to_vec()))
            }
        };
        let client = self.trust.client(server_name, payload.clone(), *verifies);
        let server_name = server_name.clone();
        self.under_way.push(Begun { due: now + after, id, server_name, client, peer });
        true
    }

    pub(super) fn abandoned(&mut self, id: ExchangeId) {
        self.under_way.retain(|begun| begun.id != id);
    }

    /// The phone is off the network.
    pub(super) fn left(&mut self) {
        self.under_way.clear();
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.under_way.iter().map(|begun| begun.due).min()
    }

    /// The next handshake that is over.
    fn poll(&mut self, now: Instant) -> Option<(ExchangeId, Vec<ClientEvent>)> {
        let index = self.under_way.iter().position(|begun| begun.due <= now)?;
        let Begun { id, server_name, client, peer, .. } = self.under_way.remove(index);
        Some((id, peer.meet(client, &server_name)))
    }
}

impl PhoneNode {
    /// Reports the handshakes that are over to the check. Returns whether there was one.
    pub(super) fn settle_handshakes(&mut self, now: Instant, trace: &mut Trace) -> bool {
        let mut moved = false;
        while let Some((id, events)) = self.handshakes.poll(now) {
            moved = true;
            for event in events {
                let progress = match &event {
                    ClientEvent::Established => Progress::Connected,
                    ClientEvent::Received(bytes) => Progress::Received(bytes),
                    ClientEvent::Closed => Progress::Ended,
                    ClientEvent::Failed(problem) => Progress::HandshakeFailed(*problem),
                    ClientEvent::Broken => Progress::Reset,
                };
                self.progress(id, progress, now, trace);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    #[test]
    fn a_page_over_https_ends_as_what_answers_there_has_it() {
        let ends = |https| SecureHosts { https, api: None }.end_a_page();
        assert_eq!(ends(HttpsAnswer::Refused).after, Duration::ZERO);
        assert_eq!(ends(HttpsAnswer::Silent).after, PAGE_TIMEOUT);
        for untrusted in [HttpsAnswer::SelfSigned, HttpsAnswer::WrongName, HttpsAnswer::Expired] {
            assert!(ends(untrusted).why.contains("does not trust"));
        }
        assert!(ends(HttpsAnswer::PlainHttp).why.contains("no TLS"));
    }

    #[test]
    fn an_api_sends_owners_where_the_driver_or_the_scenario_has_the_device() {
        let layout =
            Layout { device: [127, 0, 0, 9].into(), http_port: 8080, home_port: 80, homes: Vec::new() };
        let page = |address: &str, page: &str| {
            let text = format!("name = \"x\"\n[device]\n{address}");
            let device = load::parse(&text, "x.toml".as_ref()).unwrap().device;
            own_page(page.parse().unwrap(), &device, &layout).map(String::from)
        };
        assert_eq!(page("", "http://192.168.4.1/").as_deref(), Some("http://127.0.0.9:8080/"));
        let given = "address = \"4.3.2.1\"";
        assert_eq!(page(given, "http://4.3.2.1/a").as_deref(), Some("http://4.3.2.1:8080/a"));
        assert_eq!(page(given, "http://192.168.4.1/"), None, "somebody else's page");
    }
}

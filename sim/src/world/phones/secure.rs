//! What meets a phone that opens a TLS connection on the device's access point. TLS is not spoken: a scenario says
//! what a handshake leads to, and that is the same on every driver. Only a connection that is refused is a real one.
//!
//! Nothing here knows what a phone concludes.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};
use vestibule_core::Instant;

use super::PhoneNode;
use crate::owner::HTTPS_FALLBACK;
use crate::phone::{Exchange, ExchangeId, Progress};
use crate::scenario::{CaptivePortalApiSpec, Certificate, DeviceSpec, HttpsAnswer};
use crate::trace::Trace;
use crate::world::Layout;

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

    /// How long a browser tries HTTPS before it falls back to HTTP.
    pub(super) fn costs_a_browser(&self) -> Duration {
        match self.https {
            HttpsAnswer::Silent => HTTPS_FALLBACK,
            HttpsAnswer::Internet => FAR,
            _ => Duration::ZERO,
        }
    }
}

/// A page of the device's where the driver has it: on loopback at another port, and maybe another address.
fn own_page(mut page: Url, device: &DeviceSpec, layout: &Layout) -> Option<Url> {
    let address = device.address.as_ref().map_or(USUAL_ADDRESS, |address| *address.get_ref());
    if page.host() != Some(Host::Ipv4(address)) || page.port().is_some() {
        return None;
    }
    page.set_ip_host(layout.device.into()).ok()?;
    page.set_port(Some(layout.http_port)).ok()?;
    Some(page)
}

/// What a handshake leads to.
#[derive(Debug)]
enum Outcome {
    /// The connection stands, and no certificate fits.
    Untrusted,
    Reset,
    Reply(Vec<u8>),
}

/// A phone's handshakes that are under way.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    hosts: SecureHosts,
    under_way: Vec<(Instant, ExchangeId, Outcome)>,
}

impl Handshakes {
    pub(super) fn new(hosts: SecureHosts) -> Self {
        Self { hosts, under_way: Vec::new() }
    }

    /// An exchange begins. Returns whether it is answered here, and not by the driver.
    pub(super) fn opened(&mut self, id: ExchangeId, exchange: &Exchange, now: Instant) -> bool {
        let Exchange::Tls { to, server_name } = exchange else { return false };
        let api = self.hosts.api.as_ref().filter(|(host, _)| host == server_name);
        let (after, outcome) = match (api, self.hosts.https) {
            (Some((_, api)), _) if api.certificate == Certificate::Untrusted => (NEAR, Outcome::Untrusted),
            (Some((_, api)), _) => (NEAR, Outcome::Reply(api.reply())),
            (None, HttpsAnswer::Refused) => return false,
            (None, _) if to.port() != HTTPS_PORT => return false,
            (None, HttpsAnswer::Silent) => return true,
            (None, HttpsAnswer::Reset) => (NEAR, Outcome::Reset),
            (None, HttpsAnswer::Untrusted) => (NEAR, Outcome::Untrusted),
            (None, HttpsAnswer::Internet) => {
                (FAR, Outcome::Reply(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()))
            }
        };
        self.under_way.push((now + after, id, outcome));
        true
    }

    pub(super) fn abandoned(&mut self, id: ExchangeId) {
        self.under_way.retain(|(_, under_way, _)| *under_way != id);
    }

    /// The phone is off the network.
    pub(super) fn left(&mut self) {
        self.under_way.clear();
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.under_way.iter().map(|(at, ..)| *at).min()
    }

    /// The next handshake that is over.
    fn poll(&mut self, now: Instant) -> Option<(ExchangeId, Outcome)> {
        let index = self.under_way.iter().position(|(at, ..)| *at <= now)?;
        let (_, id, outcome) = self.under_way.remove(index);
        Some((id, outcome))
    }
}

impl PhoneNode {
    /// Reports the handshakes that are over to the check. Returns whether there was one.
    pub(super) fn settle_handshakes(&mut self, now: Instant, trace: &mut Trace) -> bool {
        let mut moved = false;
        while let Some((id, outcome)) = self.handshakes.poll(now) {
            moved = true;
            match outcome {
                Outcome::Untrusted => self.progress(id, Progress::Connected, now, trace),
                Outcome::Reset => self.progress(id, Progress::Reset, now, trace),
                Outcome::Reply(bytes) => {
                    self.progress(id, Progress::Received(&bytes), now, trace);
                    self.progress(id, Progress::Ended, now, trace);
                }
            }
        }
        moved
    }
}

//! Where a portal is: the address that phones know it by, and where it is really asked. Advice names both where they
//! differ.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use vestibule_core::DNS_PORT;

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// Where a portal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PortalAddress {
    /// What phones know it by.
    pub(super) address: Ipv4Addr,
    http: SocketAddr,
    dns: SocketAddr,
}

impl PortalAddress {
    pub(super) fn new(address: Ipv4Addr, http: SocketAddr, dns: SocketAddr) -> Self {
        Self { address, http, dns }
    }

    /// One that is asked where phones ask it.
    pub(super) fn at(address: Ipv4Addr) -> Self {
        let at = |port| SocketAddr::new(IpAddr::V4(address), port);
        Self { address, http: at(HTTP_PORT), dns: at(DNS_PORT) }
    }

    /// Where it serves HTTP to phones, and where it was asked if that is another place.
    pub(super) fn http(&self) -> String {
        self.told("TCP", HTTP_PORT, self.http)
    }

    /// The same of another port that a URL names.
    pub(super) fn http_at(&self, port: u16) -> String {
        if self.is_http(port) { self.http() } else { format!("TCP port {port} of {}", self.address) }
    }

    /// Whether that port is the one where it serves HTTP, as phones know it or as it was asked.
    pub(super) fn is_http(&self, port: u16) -> bool {
        port == HTTP_PORT || port == self.http.port()
    }

    /// The same of DNS.
    pub(super) fn dns(&self) -> String {
        self.told("UDP", DNS_PORT, self.dns)
    }

    fn told(&self, protocol: &str, port: u16, asked: SocketAddr) -> String {
        let own = SocketAddr::new(IpAddr::V4(self.address), port);
        let here = if asked == own { String::new() } else { format!(" ({asked} here)") };
        format!("{protocol} port {port} of {}{here}", self.address)
    }
}

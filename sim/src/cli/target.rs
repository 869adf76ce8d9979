//! Portals as they are named on the command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Usage;
use crate::capture::Target;

/// The ports that are meant where none is named.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;
const DNS_PORT: u16 = 53;

/// The portal that is named as an address or as the URL of its page. Without `dns` the same host answers that.
pub(super) async fn portal(
    named: &str,
    dns: Option<&str>,
    address: Option<Ipv4Addr>,
) -> Result<Target, Usage> {
    let host = named.strip_prefix("http://").unwrap_or(named);
    let host = host.strip_suffix('/').unwrap_or(host);
    let http = socket(host, Some(HTTP_PORT), "the portal").await?;
    let dns = match dns {
        Some(dns) => socket(dns, Some(DNS_PORT), "--dns").await?,
        None => (http.ip(), DNS_PORT).into(),
    };
    target(http, dns, address, "the portal")
}

/// The portal's port for TLS: the one that is given, or 443 where its page is on port 80.
pub(super) fn https_port(given: Option<u16>, target: &Target) -> Option<u16> {
    given.or((target.http.port() == HTTP_PORT).then_some(HTTPS_PORT))
}

/// The socket that `text` names: HOST:PORT, or HOST where there is a port for it. `option` is what
/// the error is about.
pub(super) async fn socket(text: &str, port: Option<u16>, option: &str) -> Result<SocketAddr, Usage> {
    let form = if port.is_some() { "HOST or HOST:PORT" } else { "HOST:PORT" };
    let expected = |why: &str| Usage(format!("{option} {text}: expected {form}, like 192.168.4.1:80{why}"));
    if let Some((_, number)) = text.rsplit_once(':').filter(|(host, number)| {
        !host.contains(':') && number.len() > 2 && number.bytes().all(|byte| byte.is_ascii_digit())
    }) && number.parse::<u16>().is_err()
    {
        return Err(Usage(format!("{option} {text}: the port is at most {}", u16::MAX)));
    }
    let full = match port {
        Some(port) if !has_port(text) => format!("{text}:{port}"),
        _ => text.to_owned(),
    };
    let found = tokio::net::lookup_host(full).await;
    let unknown = |_| {
        let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
        let is_address =
            host.split('.').count() == 4 && host.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        let why = if is_address {
            " (a number of an IPv4 address is at most 255)"
        } else {
            " (no host of that name is found)"
        };
        expected(why)
    };
    let mut addresses: Vec<SocketAddr> = found.map_err(unknown)?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    addresses.first().copied().ok_or_else(|| expected(""))
}

fn has_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']'))
    })
}

/// The portal at these sockets. `address` is the one that it gives itself, where it is not that of
/// its HTTP; `option` is what named that.
pub(super) fn target(
    http: SocketAddr,
    dns: SocketAddr,
    address: Option<Ipv4Addr>,
    option: &str,
) -> Result<Target, Usage> {
    let address = match (address, http.ip()) {
        (Some(address), _) | (None, IpAddr::V4(address)) => address,
        (None, IpAddr::V6(_)) => {
            return Err(Usage(format!(
                "{option} has an IPv6 address: say with --address which IPv4 address it gives"
            )));
        }
    };
    Ok(Target { dns, http, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_from_an_address() {
        for (text, has) in [
            ("192.168.4.1", false),
            ("192.168.4.1:8080", true),
            ("portal.local", false),
            ("portal.local:80", true),
            ("[::1]", false),
            ("[::1]:80", true),
            ("portal.local:http", false),
        ] {
            assert_eq!(has_port(text), has, "{text}");
        }
    }
}

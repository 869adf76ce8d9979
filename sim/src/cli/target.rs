//! Portals as they are named on the command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Usage;
use crate::capture::Target;

/// The socket that `text` names: HOST:PORT, or HOST where there is a port for it. `option` is what
/// the error is about.
pub(super) async fn socket(text: &str, port: Option<u16>, option: &str) -> Result<SocketAddr, Usage> {
    let form = if port.is_some() { "HOST or HOST:PORT" } else { "HOST:PORT" };
    let expected = |why: &str| Usage(format!("{option} {text}: expected {form}, like 192.168.4.1:80{why}"));
    let full = match port {
        Some(port) if !has_port(text) => format!("{text}:{port}"),
        _ => text.to_owned(),
    };
    let mut addresses: Vec<SocketAddr> =
        tokio::net::lookup_host(full).await.map_err(|error| expected(&format!(" ({error})")))?.collect();
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

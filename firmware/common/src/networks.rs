//! The two networks that a device is on, and how their stacks are configured.

use core::net::Ipv4Addr;

use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{ConfigV4, DhcpConfig, Ipv4Cidr, Stack, StaticConfigV4};
use vestibule_core::mdns::HostName;
use vestibule_core::{Config, Ssid, StaticAddress, StationAddress};

/// Network bits of the access point's subnet, as its DHCP server says.
const PREFIX: u8 = 24;

/// The networks that a device is on. This crate does not run their stacks, except in [`Stacks::run`](crate::Stacks::run).
#[derive(Clone, Copy)]
pub struct Networks<'a> {
    /// The access point's, with [`ACCESS_POINT_STACK_SOCKETS`](crate::limits::ACCESS_POINT_STACK_SOCKETS) sockets.
    pub access_point: Stack<'a>,
    /// The home network's, with [`HOME_STACK_SOCKETS`](crate::limits::HOME_STACK_SOCKETS) sockets.
    pub home: Stack<'a>,
    /// Where the portal's own page is served on the home network: [`vestibule_core::Config::home_port`],
    /// or `None` if an application serves a page of its own and announces its name itself.
    pub home_page: Option<u16>,
    /// The port of the access point's pages: [`vestibule_core::Config::http_port`].
    pub http_port: u16,
}

/// The access point's stack: the device is router and resolver, at a fixed address.
pub fn access_point_config(config: &Config) -> embassy_net::Config {
    embassy_net::Config::ipv4_static(access_point_ipv4(config.address))
}

/// The home network's stack before it is joined: without an address.
pub fn home_config() -> embassy_net::Config {
    embassy_net::Config::default()
}

/// The configuration of the access point's stack.
pub(crate) fn access_point_ipv4(address: Ipv4Addr) -> StaticConfigV4 {
    StaticConfigV4 { address: Ipv4Cidr::new(address, PREFIX), gateway: None, dns_servers: Default::default() }
}

/// The home network's stack at the address that the device's maker has chosen.
pub(crate) fn static_ipv4(chosen: StaticAddress) -> StaticConfigV4 {
    let address = Ipv4Cidr::new(chosen.address, chosen.prefix);
    StaticConfigV4 { address, gateway: chosen.router, dns_servers: chosen.router.into_iter().collect() }
}

/// The home network's stack at the address that the radio has got.
pub(crate) fn radio_ipv4(link: StationAddress) -> StaticConfigV4 {
    let address = Ipv4Cidr::new(link.address, link.prefix);
    StaticConfigV4 { address, gateway: link.gateway, dns_servers: Default::default() }
}

/// The home network's stack with DHCP. Routers list the device under the name that it takes for mDNS as well, so that no
/// two units have one name.
pub(crate) fn dhcp_ipv4(device_name: &Ssid) -> ConfigV4 {
    let mut dhcp = DhcpConfig::default();
    dhcp.hostname = HostName::of(device_name).as_str().try_into().ok();
    ConfigV4::Dhcp(dhcp)
}

/// The port of the discard service (RFC 863).
const DISCARD_PORT: u16 = 9;

/// Returns once a host has answered ARP. The stack does not report that, but it holds a datagram back until
/// then: this function sends one byte to the discard port and waits until it has gone.
pub(crate) async fn wait_for_arp_reply(stack: Stack<'_>, host: Ipv4Addr) {
    let (mut receive_meta, mut send_meta) = ([PacketMetadata::EMPTY], [PacketMetadata::EMPTY]);
    let (mut receive, mut send) = ([0; 1], [0; 1]);
    let mut socket = UdpSocket::new(stack, &mut receive_meta, &mut receive, &mut send_meta, &mut send);
    match socket.bind(0) {
        Ok(()) if socket.send_to(&[0], (host, DISCARD_PORT)).await.is_ok() => socket.flush().await,
        // An address that ARP cannot ask for: 0.0.0.0.
        _ => core::future::pending().await,
    }
}

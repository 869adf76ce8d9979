//! How the two networks are configured.

use core::net::Ipv4Addr;

use embassy_net::{ConfigV4, DhcpConfig, Ipv4Cidr, StaticConfigV4};
use vestibule_core::{Config, StaticAddress};

/// Network bits of the access point's subnet, as its DHCP server says.
const PREFIX: u8 = 24;

/// The access point's network: the device is its router and resolver, always at the same address.
pub fn access_point_config(config: &Config) -> embassy_net::Config {
    embassy_net::Config::ipv4_static(fixed(config.address))
}

/// The home network before it is joined: no address yet.
pub fn home_config() -> embassy_net::Config {
    embassy_net::Config::default()
}

/// An address that somebody else knows of.
pub(crate) fn fixed(address: Ipv4Addr) -> StaticConfigV4 {
    StaticConfigV4 { address: Ipv4Cidr::new(address, PREFIX), gateway: None, dns_servers: Default::default() }
}

/// An address that the application chose.
pub(crate) fn chosen(own: StaticAddress) -> StaticConfigV4 {
    let address = Ipv4Cidr::new(own.address, own.prefix);
    StaticConfigV4 { address, gateway: own.router, dns_servers: own.router.into_iter().collect() }
}

/// Asks the home network for an address, as a device of this name: routers list it.
pub(crate) fn asked_for(host_name: &str) -> ConfigV4 {
    let mut dhcp = DhcpConfig::default();
    dhcp.hostname = host_name.try_into().ok();
    ConfigV4::Dhcp(dhcp)
}

//! The addresses and ports of the simulated hosts on this machine.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::net::{TcpListener, UdpSocket};
use vestibule_core::mdns::{MDNS_GROUP, MDNS_PORT};
use vestibule_core::{DHCP_PORT, DNS_PORT, Interface};

use super::{Layout, LoopbackError};
use crate::phone::Link;
use crate::scenario::Scenario;

/// The phones that a world on loopback addresses may have: as many as have addresses in its block.
pub const MAX_PHONES: usize = 200;

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// The purpose of a socket, and the option of the command line that chooses its port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose {
    pub(crate) what: &'static str,
    pub(crate) option: &'static str,
}

const DNS: Purpose = Purpose { what: "DNS", option: "--dns-port" };
const MDNS: Purpose = Purpose { what: "mDNS", option: "--home" };
const DHCP: Purpose = Purpose { what: "DHCP", option: "--dhcp" };
const AT_ACCESS_POINT: Purpose = Purpose { what: "the access point's HTTP", option: "--http-port" };
const RECEIVER: Purpose = Purpose { what: "the webhook's receiver", option: "--http-port" };
const AT_HOME: Purpose = Purpose { what: "the home network's HTTP", option: "--http-port" };

/// The ports on which the device listens; 0 is a free one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// UDP, for DNS on the access point.
    pub dns: u16,
    /// TCP, for HTTP on the access point.
    pub http: u16,
    /// Whether all hosts share 127.0.0.1, although this machine has more loopback addresses. They always do on
    /// a machine that has only this one.
    pub one_address: bool,
    /// The device's address, one of this machine's: for real phones on a real network. Without it, the device
    /// has an address that only this machine can reach.
    pub address: Option<Ipv4Addr>,
    /// Whether there is DHCP on port 67, and on which network interface. Linux only.
    pub dhcp: Option<String>,
    /// The device's address on the home network, one of this machine's: then the device announces its name
    /// there. Without it, only this machine can reach its page there.
    pub home: Option<Ipv4Addr>,
}

/// The device's sockets.
pub(super) struct Sockets {
    pub(super) dns: UdpSocket,
    pub(super) http: TcpListener,
    pub(super) home: TcpListener,
    pub(super) dhcp: Option<UdpSocket>,
    pub(super) mdns: UdpSocket,
    pub(super) receiver: TcpListener,
}

/// The addresses of a world on this machine.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    /// The real address of the device's DNS.
    pub(super) dns: SocketAddr,
    /// The real address of its access point's HTTP.
    pub(super) http: SocketAddr,
    /// The real address of its home network's HTTP.
    pub(super) home: SocketAddr,
    /// The real address of its mDNS: in the multicast group if it has an address on a home network, otherwise
    /// on a port of its own, for unicast only.
    pub(super) mdns: SocketAddr,
    /// Whether it is in the multicast group.
    pub(super) is_in_group: bool,
    /// The real address of the webhook's receiver.
    pub(super) receiver: SocketAddr,
    /// The device's address by the scenario, if it is not the real one.
    nominal: Option<Ipv4Addr>,
    /// The third byte of this world's addresses; `None` where hosts share 127.0.0.1.
    block: Option<u8>,
}

impl Hosts {
    /// Opens the device's sockets.
    pub(super) async fn open(ports: Ports, scenario: &Scenario) -> Result<(Self, Sockets), LoopbackError> {
        // Each world has a block of addresses, so that a capture tells several worlds apart.
        static BLOCK: AtomicU8 = AtomicU8::new(1);
        let own_addresses = !ports.one_address
            && ports.address.is_none()
            && scenario.phones.len() <= MAX_PHONES
            && UdpSocket::bind((Ipv4Addr::new(127, 67, 0, 1), 0)).await.is_ok();
        let block = own_addresses.then(|| BLOCK.fetch_add(1, Ordering::Relaxed));
        let device = block.map_or(Ipv4Addr::LOCALHOST, |block| Ipv4Addr::new(127, 67, block, 1));
        let device = ports.address.unwrap_or(device);
        let home = block.map_or(Ipv4Addr::LOCALHOST, |block| Ipv4Addr::new(127, 68, block, 2));
        let home = ports.home.unwrap_or(home);

        let (dns, http) = bind_device_sockets(device, &ports).await?;
        let http_port = port(http.local_addr());
        // The same port on the home network if it is free there, so that both addresses look alike.
        let home = match bind_tcp(home, http_port, AT_HOME).await {
            Ok(listener) => listener,
            Err(_) => bind_tcp(home, 0, AT_HOME).await?,
        };
        let mdns = match ports.home {
            Some(address) => bind_mdns(address)?,
            None => bind_udp(listener_ip(&home), 0).await?,
        };
        let receiver = bind_tcp(Ipv4Addr::LOCALHOST, 0, RECEIVER).await?;
        let hosts = Self {
            dns: SocketAddr::new(IpAddr::V4(device), port(dns.local_addr())),
            http: SocketAddr::new(IpAddr::V4(device), http_port),
            home: SocketAddr::new(IpAddr::V4(listener_ip(&home)), port(home.local_addr())),
            mdns: SocketAddr::new(IpAddr::V4(listener_ip(&home)), port(mdns.local_addr())),
            is_in_group: ports.home.is_some(),
            receiver: SocketAddr::from((Ipv4Addr::LOCALHOST, port(receiver.local_addr()))),
            nominal: scenario.device.address.as_ref().map(|address| *address.get_ref()),
            block,
        };
        let dhcp = ports.dhcp.as_deref().map(bind_dhcp).transpose()?;
        Ok((hosts, Sockets { dns, http, home, dhcp, mdns, receiver }))
    }

    /// The world's layout on these addresses.
    pub(super) fn layout(&self, scenario: &Scenario) -> Layout {
        Layout {
            device: self.device(),
            http_port: self.http.port(),
            home_port: self.home.port(),
            homes: vec![ipv4_of(self.home); scenario.networks.len()],
        }
    }

    /// The device's address, as phones know it.
    fn device(&self) -> Ipv4Addr {
        self.nominal.unwrap_or(ipv4_of(self.http))
    }

    /// What joining gives a phone: there is no DHCP on loopback.
    pub(super) fn link(&self, phone: usize) -> Link {
        let router = self.device();
        Link { address: self.phone(phone), router, resolver: SocketAddrV4::new(router, DNS_PORT) }
    }

    /// A phone's address.
    pub(super) fn phone(&self, phone: usize) -> Ipv4Addr {
        match (self.block, u8::try_from(phone + 10)) {
            (Some(block), Ok(host)) => Ipv4Addr::new(127, 67, block, host),
            _ => Ipv4Addr::LOCALHOST,
        }
    }

    /// The real address of `to`, as a phone means it, and the device's interface there; `None` for an address
    /// outside the simulated networks or a port without a service.
    pub(super) fn real_address(&self, to: SocketAddrV4) -> Option<(SocketAddr, Interface)> {
        let (address, port) = (IpAddr::V4(*to.ip()), to.port());
        let at = |there: IpAddr, real: SocketAddr, known: u16| {
            address == there && (port == known || port == real.port())
        };
        let device = IpAddr::V4(self.device());
        if at(device, self.http, HTTP_PORT) {
            Some((self.http, Interface::AccessPoint))
        } else if at(device, self.dns, DNS_PORT) {
            Some((self.dns, Interface::AccessPoint))
        } else if at(self.home.ip(), self.home, HTTP_PORT) {
            Some((self.home, Interface::Home))
        } else {
            None
        }
    }

    /// Whether the address is the device's.
    pub(super) fn is_device(&self, address: Ipv4Addr) -> bool {
        address == self.device() || address == ipv4_of(self.home)
    }
}

fn listener_ip(listener: &TcpListener) -> Ipv4Addr {
    listener.local_addr().map_or(Ipv4Addr::LOCALHOST, ipv4_of)
}

fn port(address: std::io::Result<SocketAddr>) -> u16 {
    // A bound socket has an address, so this does not fail.
    address.map_or(0, |address| address.port())
}

fn ipv4_of(address: SocketAddr) -> Ipv4Addr {
    match address.ip() {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::LOCALHOST,
    }
}

/// The sockets of a portal: DNS and HTTP.
pub(crate) async fn bind_device_sockets(
    address: Ipv4Addr,
    ports: &Ports,
) -> Result<(UdpSocket, TcpListener), LoopbackError> {
    Ok((bind_udp(address, ports.dns).await?, bind_tcp(address, ports.http, AT_ACCESS_POINT).await?))
}

async fn bind_udp(address: Ipv4Addr, port: u16) -> Result<UdpSocket, LoopbackError> {
    let address = SocketAddr::from((address, port));
    UdpSocket::bind(address).await.map_err(|source| bind_error(DNS, address, source))
}

/// Binds the socket for DHCP. Its messages are broadcast, so the socket is bound to an interface.
fn bind_dhcp(interface: &str) -> Result<UdpSocket, LoopbackError> {
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, DHCP_PORT));
    let socket = || {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
        socket.set_broadcast(true)?;
        socket.set_reuse_address(true)?;
        #[cfg(target_os = "linux")]
        socket.bind_device(Some(interface.as_bytes()))?;
        #[cfg(not(target_os = "linux"))]
        return Err(std::io::Error::other(format!("{interface}: DHCP is served on Linux only")));
        #[cfg(target_os = "linux")]
        {
            socket.bind(&address.into())?;
            socket.set_nonblocking(true)?;
            UdpSocket::from_std(socket.into())
        }
    };
    socket().map_err(|source| bind_error(DHCP, address, source))
}

/// Joins the multicast group of mDNS on the interface that has this address. Other programs of this machine
/// may be in it, too; without multicast loopback they and this device do not receive each other.
fn bind_mdns(address: Ipv4Addr) -> Result<UdpSocket, LoopbackError> {
    let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, MDNS_PORT));
    let socket = || {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
        socket.set_reuse_address(true)?;
        #[cfg(unix)]
        socket.set_reuse_port(true)?;
        socket.bind(&at.into())?;
        socket.join_multicast_v4(MDNS_GROUP.ip(), &address)?;
        socket.set_multicast_if_v4(&address)?;
        socket.set_multicast_loop_v4(false)?;
        // RFC 6762 section 11, of what goes to one host as well.
        socket.set_multicast_ttl_v4(255)?;
        socket.set_ttl_v4(255)?;
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket.into())
    };
    socket().map_err(|source| bind_error(MDNS, SocketAddr::from((address, MDNS_PORT)), source))
}

/// Listens for connections.
pub(crate) async fn bind_tcp(
    address: Ipv4Addr,
    port: u16,
    purpose: Purpose,
) -> Result<TcpListener, LoopbackError> {
    let address = SocketAddr::from((address, port));
    TcpListener::bind(address).await.map_err(|source| bind_error(purpose, address, source))
}

fn bind_error(purpose: Purpose, address: SocketAddr, source: std::io::Error) -> LoopbackError {
    let Purpose { what, option } = purpose;
    match source.kind() {
        ErrorKind::AddrInUse => LoopbackError::Taken { what, address, option },
        ErrorKind::AddrNotAvailable => LoopbackError::NotOurs { what, address },
        ErrorKind::PermissionDenied => LoopbackError::NotAllowed { what, address, option },
        _ => LoopbackError::Other { what, address, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6762 section 11.
    #[tokio::test]
    async fn what_leaves_over_mdns_has_255_hops_to_go() {
        let socket = bind_mdns(Ipv4Addr::LOCALHOST).expect("several programs may have this port");
        assert_eq!(socket.ttl().unwrap(), 255);
    }
}

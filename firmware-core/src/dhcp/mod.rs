//! The DHCP server of the access point: it gives every phone an address, and itself as router
//! and resolver (RFC 2131, RFC 2132).
//!
//! One message in, at most one out. Fields and options have the names of the two RFCs. It is the only server
//! of its network, so it may confirm more than RFC 2131 lets a server confirm: see [`Server::answer`]. It must
//! never be served on the home network, which has a server of its own. An address is not tried with a ping
//! before it is lent (RFC 2131 section 2.2): a client that finds somebody else on it says so.

mod captive_portal;
mod leases;
mod message;
#[cfg(test)]
mod tests;

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

pub use captive_portal::{BadCaptivePortalUrl, CaptivePortalUrl, announces_captive_portal};
pub use leases::{Hold, Lease};

use crate::mac_address::MacAddress;
use crate::time::Instant;
use leases::{Pool, Table};
use message::{MessageType, Request, Writer, option};

/// The server's port.
pub const SERVER_PORT: u16 = 67;

/// The clients' port.
pub const CLIENT_PORT: u16 = 68;

/// Network bits of the access point's subnet: 256 addresses, many more than phones.
pub const PREFIX: u8 = 24;

/// The settings of the server.
///
/// ```
/// use core::{net::Ipv4Addr, time::Duration};
/// use vestibule_core::dhcp::{CaptivePortalUrl, Settings};
///
/// let mut settings = Settings::new(Ipv4Addr::new(192, 168, 4, 1), Duration::from_secs(600));
/// settings.last = Ipv4Addr::new(192, 168, 4, 9); // fewer addresses
/// settings.captive_portal = Some(CaptivePortalUrl::new("https://portal.example.com/api").unwrap());
/// assert_eq!(settings.first, Ipv4Addr::new(192, 168, 4, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The device's address: server, router and resolver in one.
    pub address: Ipv4Addr,
    /// How many bits of an address are the network's: 24 for 255.255.255.0.
    pub prefix: u8,
    /// The first address to lend. What lies outside the network is never lent, nor is `address`.
    pub first: Ipv4Addr,
    /// The last address to lend.
    pub last: Ipv4Addr,
    /// For how long an address is lent, in whole seconds, one at least.
    pub lease: Duration,
    /// Where the portal describes itself (RFC 8910), for clients that ask.
    pub captive_portal: Option<CaptivePortalUrl>,
}

impl Settings {
    /// The settings of a network of 256 addresses: all of them from 2 to 254 but the device's are
    /// lent.
    ///
    /// ```
    /// use core::{net::Ipv4Addr, time::Duration};
    /// use vestibule_core::dhcp::Settings;
    ///
    /// let settings = Settings::new(Ipv4Addr::new(192, 168, 4, 1), Duration::from_secs(600));
    /// assert_eq!(settings.last, Ipv4Addr::new(192, 168, 4, 254));
    /// ```
    pub const fn new(address: Ipv4Addr, lease: Duration) -> Self {
        let [a, b, c, _] = address.octets();
        let (first, last) = (Ipv4Addr::new(a, b, c, 2), Ipv4Addr::new(a, b, c, 254));
        Self { address, prefix: PREFIX, first, last, lease, captive_portal: None }
    }

    fn mask(&self) -> u32 {
        u32::MAX.checked_shl(32_u32.saturating_sub(self.prefix.into())).unwrap_or(0)
    }

    /// The first and the last address of a host in the network.
    fn hosts(&self) -> (u32, u32) {
        let network = self.address.to_bits() & self.mask();
        (network.saturating_add(1), (network | !self.mask()).saturating_sub(1))
    }

    /// Whether a client could have this address in this network.
    fn is_neighbour(&self, address: Ipv4Addr) -> bool {
        let (first, last) = self.hosts();
        (first..=last).contains(&address.to_bits()) && address != self.address
    }

    fn pool(&self) -> Pool {
        let (first, last) = self.hosts();
        Pool {
            first: first.max(self.first.to_bits()),
            last: last.min(self.last.to_bits()),
            server: self.address,
        }
    }

    /// The largest number of seconds means "for ever" (RFC 2131 section 3.3), which nothing is here.
    fn lease_seconds(&self) -> u32 {
        u32::try_from(self.lease.as_secs()).unwrap_or(u32::MAX).clamp(3, u32::MAX - 1)
    }

    fn lease_time(&self) -> Duration {
        Duration::from_secs(self.lease_seconds().into())
    }
}

/// Where an answer goes, RFC 2131 section 4.1. Exhaustive on purpose: a driver must send to every one.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::MacAddress;
/// use vestibule_core::dhcp::{CLIENT_PORT, Destination, SERVER_PORT};
///
/// let (address, chaddr) = (Ipv4Addr::new(192, 168, 4, 2), MacAddress([2, 0, 0, 0, 0, 1]));
/// let to = Destination::NewClient(address, chaddr);
/// assert_eq!((to.address().port(), to.chaddr()), (CLIENT_PORT, Some(chaddr)));
/// assert_eq!(Destination::Relay(address).address().port(), SERVER_PORT);
/// assert_eq!(Destination::Broadcast.address().ip(), &Ipv4Addr::BROADCAST);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To `giaddr`: the relay agent that passed the client's message on.
    Relay(Ipv4Addr),
    /// To `ciaddr`: a client that has this address and answers ARP for it.
    Client(Ipv4Addr),
    /// To `yiaddr`, the address that the client is being given. It does not answer ARP for it yet, so the frame
    /// must be sent to `chaddr`; a driver that cannot do that broadcasts.
    NewClient(Ipv4Addr, MacAddress),
    /// To everybody.
    Broadcast,
}

impl Destination {
    /// The address and port to send to.
    pub const fn address(self) -> SocketAddrV4 {
        match self {
            Self::Relay(address) => SocketAddrV4::new(address, SERVER_PORT),
            Self::Client(address) | Self::NewClient(address, _) => SocketAddrV4::new(address, CLIENT_PORT),
            Self::Broadcast => SocketAddrV4::new(Ipv4Addr::BROADCAST, CLIENT_PORT),
        }
    }

    /// The hardware address to send to, where ARP would not find it.
    pub const fn chaddr(self) -> Option<MacAddress> {
        match self {
            Self::NewClient(_, chaddr) => Some(chaddr),
            Self::Relay(_) | Self::Client(_) | Self::Broadcast => None,
        }
    }
}

/// An answer to send, its bytes in the buffer that the caller gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How many bytes of the buffer.
    pub length: usize,
    /// Where to.
    pub to: Destination,
}

/// The server: what it remembers of its clients.
///
/// ```
/// use core::{net::Ipv4Addr, time::Duration};
/// use vestibule_core::{Instant, dhcp, limits::DHCP_REPLY_BYTES};
///
/// let mut server = dhcp::Server::new();
/// let settings = dhcp::Settings::new(Ipv4Addr::new(192, 168, 4, 1), Duration::from_secs(600));
/// let mut discover = [0; 244];
/// discover[..4].copy_from_slice(&[1, 1, 6, 0]);
/// discover[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
/// discover[236..].copy_from_slice(&[99, 130, 83, 99, 53, 1, 1, 255]);
/// let mut reply = [0; DHCP_REPLY_BYTES];
/// let now = Instant::from_micros(0);
/// let offer = server.answer(&settings, &discover, now, &mut reply).unwrap();
/// assert!(matches!(offer.to, dhcp::Destination::NewClient(..)));
/// assert_eq!(server.leases(now).count(), 1);
/// ```
pub struct Server {
    table: Table,
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server that has lent nothing.
    pub const fn new() -> Self {
        Self { table: Table::new() }
    }

    /// The addresses that clients have, or that are kept for them, now.
    pub fn leases(&self, now: Instant) -> impl Iterator<Item = &Lease> {
        self.table.in_force(now)
    }

    /// Answers one datagram that arrived on port 67, or returns `None` to stay silent.
    /// [`DHCP_REPLY_BYTES`](crate::limits::DHCP_REPLY_BYTES) of `reply` always suffice; with more,
    /// more is used if the client takes it.
    ///
    /// | message | answer |
    /// |---|---|
    /// | DISCOVER | OFFER, or nothing when every address is in force or withheld |
    /// | REQUEST that names another server | nothing; our offer is withdrawn |
    /// | REQUEST for what the client has, was offered, or what is free | ACK |
    /// | any other REQUEST | NAK |
    /// | INFORM from an address of our network | ACK that lends nothing |
    /// | DECLINE, RELEASE | nothing; the address is withheld for a while, or free |
    /// | anything else, anything malformed, relayed from another network | nothing |
    ///
    /// RFC 2131 section 4.3.2 has a server stay silent when a client that it does not know
    /// confirms an address after a restart, because another server may know it. There is no other
    /// server here, and it is we who forget: a phone that rejoins a device after a power cut
    /// would ask in vain until it gives up. So it is given that address if it is free, and gets a
    /// DHCPNAK, after which it starts again, if it is not or was lent lately to a client that is forgotten.
    #[must_use]
    pub fn answer(
        &mut self,
        settings: &Settings,
        message: &[u8],
        now: Instant,
        reply: &mut [u8],
    ) -> Option<Answer> {
        let request = Request::read(message)?;
        if reply.len() < message::SHORTEST
            || request.giaddr.is_some_and(|giaddr| !settings.is_neighbour(giaddr))
        {
            return None;
        }
        self.table.tidy(&settings.pool(), settings.lease_time(), now);
        let is_for_us = request.server_id.is_none_or(|server| server == settings.address);
        match request.message_type {
            MessageType::Discover => self.discover(settings, &request, now, reply),
            MessageType::Request if is_for_us => self.request(settings, &request, now, reply),
            MessageType::Request => {
                self.table.withdraw_offer(request.client, now);
                None
            }
            MessageType::Decline if is_for_us => {
                self.table.quarantine(request.client, request.requested_ip?, now);
                None
            }
            MessageType::Release if is_for_us => {
                self.table.release(request.client, request.ciaddr?, now);
                None
            }
            MessageType::Inform => acknowledge_inform(settings, &request, reply),
            _ => None,
        }
    }

    fn discover(
        &mut self,
        settings: &Settings,
        request: &Request<'_>,
        now: Instant,
        reply: &mut [u8],
    ) -> Option<Answer> {
        let Request { client, chaddr, requested_ip, .. } = *request;
        let yiaddr = self.table.offer(&settings.pool(), client, chaddr, requested_ip, now)?;
        offer_or_acknowledge(settings, request, MessageType::Offer, yiaddr, reply)
    }

    /// All forms of a REQUEST (RFC 2131 section 4.3.2). A client that renews or rebinds sends its address as
    /// `ciaddr`, one that selects an offer or has rebooted sends it as option 50. Nothing else tells them apart
    /// here, because nearly the same rule holds for all.
    fn request(
        &mut self,
        settings: &Settings,
        request: &Request<'_>,
        now: Instant,
        reply: &mut [u8],
    ) -> Option<Answer> {
        let Request { client, chaddr, .. } = *request;
        let yiaddr = request.ciaddr.or(request.requested_ip)?;
        let until = now + settings.lease_time();
        let lease = Lease { client, chaddr, address: yiaddr, hold: Hold::Lent, until };
        if self.table.lend(&settings.pool(), lease, request.ciaddr.is_some(), now) {
            offer_or_acknowledge(settings, request, MessageType::Ack, yiaddr, reply)
        } else {
            refuse(settings, request, reply)
        }
    }
}

/// An OFFER or an ACK of an address.
fn offer_or_acknowledge(
    settings: &Settings,
    request: &Request<'_>,
    message_type: MessageType,
    yiaddr: Ipv4Addr,
    reply: &mut [u8],
) -> Option<Answer> {
    let mut out = request.answer(message_type, Some(yiaddr), reply)?;
    out.option(option::SERVER_IDENTIFIER, &settings.address.octets());
    out.option(option::IP_ADDRESS_LEASE_TIME, &settings.lease_seconds().to_be_bytes());
    configure(settings, request, true, &mut out);
    let to = match (request.giaddr, request.ciaddr) {
        (Some(giaddr), _) => Destination::Relay(giaddr),
        (None, Some(ciaddr)) if message_type == MessageType::Ack => Destination::Client(ciaddr),
        (None, _) if request.wants_broadcast() => Destination::Broadcast,
        (None, _) => Destination::NewClient(yiaddr, request.chaddr),
    };
    Some(Answer { length: out.finish()?, to })
}

/// A NAK: the client must begin again with a DISCOVER.
fn refuse(settings: &Settings, request: &Request<'_>, reply: &mut [u8]) -> Option<Answer> {
    let mut out = request.answer(MessageType::Nak, None, reply)?;
    out.option(option::SERVER_IDENTIFIER, &settings.address.octets());
    request.echo_client_identifier(&mut out);
    let to = request.giaddr.map_or(Destination::Broadcast, Destination::Relay);
    Some(Answer { length: out.finish()?, to })
}

/// An ACK for a client that has its address by other means and asks for the rest (RFC 2131 section 4.3.5).
fn acknowledge_inform(settings: &Settings, request: &Request<'_>, reply: &mut [u8]) -> Option<Answer> {
    let ciaddr = request.ciaddr.filter(|ciaddr| settings.is_neighbour(*ciaddr))?;
    let mut out = request.answer(MessageType::Ack, None, reply)?;
    out.option(option::SERVER_IDENTIFIER, &settings.address.octets());
    configure(settings, request, false, &mut out);
    Some(Answer { length: out.finish()?, to: Destination::Client(ciaddr) })
}

/// The options that describe the network: those that the client asks for, in its order (RFC 2132
/// section 9.8), or the usual ones if it does not say.
///
/// The subnet mask is sent unasked, and first (RFC 2132 section 3.3): a client without it would guess one from
/// the address. After them comes the client identifier (RFC 6842), and last the one option that may be too
/// long.
fn configure(settings: &Settings, request: &Request<'_>, with_lease: bool, out: &mut Writer<'_>) {
    out.option(option::SUBNET_MASK, &settings.mask().to_be_bytes());
    let mut known = [
        Some((option::ROUTER, settings.address.octets())),
        Some((option::DOMAIN_NAME_SERVER, settings.address.octets())),
        with_lease.then(|| (option::RENEWAL_TIME_VALUE, (settings.lease_seconds() / 2).to_be_bytes())),
        with_lease.then(|| (option::REBINDING_TIME_VALUE, rebinding_seconds(settings).to_be_bytes())),
    ];
    let mut wants_portal = false;
    if let Some(list) = request.parameter_request_list() {
        for code in list {
            wants_portal |= code == option::CAPTIVE_PORTAL;
            // Removed from what is known, so that an option that is listed twice is sent once.
            let found = known.iter_mut().find_map(|entry| entry.take_if(|(known, _)| *known == code));
            if let Some((code, data)) = found {
                out.option(code, &data);
            }
        }
    } else {
        for (code, data) in known.into_iter().flatten() {
            out.option(code, &data);
        }
    }
    request.echo_client_identifier(out);
    if let Some(url) = settings.captive_portal.filter(|_| wants_portal) {
        out.option(option::CAPTIVE_PORTAL, url.as_str().as_bytes());
    }
}

/// Seven eighths of the lease (RFC 2131 section 4.4.5).
fn rebinding_seconds(settings: &Settings) -> u32 {
    let seconds = settings.lease_seconds();
    seconds - seconds.div_ceil(8)
}

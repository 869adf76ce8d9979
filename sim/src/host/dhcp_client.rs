//! A phone's DHCP client (RFC 2131), sans-IO, with the codec of `dhcproto`: nothing is shared with
//! the device's server.
//!
//! Simplified: it takes the first offer, does not probe its address with ARP, and asks for a new
//! address when its lease has ended instead of renewing it halfway.

use std::net::Ipv4Addr;
use std::time::Duration;

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode, OptionCode};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use vestibule_core::{Instant, MacAddress};

use crate::phone::DhcpFingerprint;

/// Delays before retransmissions (RFC 2131 section 4.1), without their random part.
const RETRANSMISSION_DELAYS: [Duration; 5] = [
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
    Duration::from_secs(32),
    Duration::from_secs(64),
];

/// The duration of a lease whose server states none.
const DEFAULT_LEASE: Duration = Duration::from_secs(3600);

/// How long a lease of no time counts: the least that Android takes (`MINIMUM_LEASE` of its `DhcpPacket`). Without it
/// a client would ask over and over.
const SHORTEST_LEASE: Duration = Duration::from_secs(60);

/// Whether a host can have an address: one that is not of "this" network or of loopback, no group's and none that is
/// reserved (RFC 6890). A stack panics or stays mute with others.
pub(crate) fn is_of_a_host(address: Ipv4Addr) -> bool {
    !matches!(address.octets()[0], 0 | 127 | 224..)
}

/// The lease that the phone got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) address: Ipv4Addr,
    /// Network bits of its subnet.
    pub(crate) prefix: u8,
    /// Option 3; the server itself where there is none.
    pub(crate) router: Ipv4Addr,
    /// The first of option 6; the server itself where there is none.
    pub(crate) resolver: Ipv4Addr,
    pub(crate) server: Ipv4Addr,
    /// Whether options 3 and 6 were there.
    pub(crate) states_router: bool,
    pub(crate) states_resolver: bool,
    /// What options 3 and 6 name and no host can have.
    pub(crate) unusable: Vec<Ipv4Addr>,
    /// Option 51.
    pub(crate) lease_time: Option<Duration>,
    /// Option 108 (RFC 8925).
    pub(crate) ipv6_only_wait: Option<Duration>,
    /// Option 114 (RFC 8910 section 2.1).
    pub(crate) captive_portal_api: Option<String>,
}

/// What a client has asked for since it began, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    /// Messages that it sent.
    pub(crate) sent: u32,
    /// The address that it was offered last.
    pub(crate) offered: Option<Ipv4Addr>,
    /// The address that it was lent last and that no host can have, so that it took no notice.
    pub(crate) unusable: Option<Ipv4Addr>,
    /// How often it was refused what it had been offered (DHCPNAK).
    pub(crate) refusals: u32,
}

/// The state of a DHCP client (RFC 2131 section 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DhcpClientState {
    Init,
    Selecting,
    Requesting { address: Ipv4Addr, server: Ipv4Addr },
    Bound { until: Instant },
}

/// The client of one phone.
pub(crate) struct DhcpClient {
    mac: MacAddress,
    random: ChaCha8Rng,
    state: DhcpClientState,
    xid: u32,
    sent: usize,
    retransmit_at: Option<Instant>,
    outgoing: Option<Vec<u8>>,
    requests: Requests,
    fingerprint: Option<DhcpFingerprint>,
}

impl DhcpClient {
    pub(crate) fn new(mac: MacAddress, random: ChaCha8Rng) -> Self {
        Self {
            mac,
            random,
            state: DhcpClientState::Init,
            xid: 0,
            sent: 0,
            retransmit_at: None,
            outgoing: None,
            requests: Requests::default(),
            fingerprint: None,
        }
    }

    /// Its messages say of its system what that system says. Without, they hold what every client's hold.
    pub(crate) fn set_system(&mut self, fingerprint: Option<DhcpFingerprint>) {
        self.fingerprint = fingerprint;
    }

    /// What it has asked for, and what came of it.
    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// The phone has another hardware address from now on.
    pub(crate) fn set_mac(&mut self, mac: MacAddress) {
        self.mac = mac;
    }

    /// The phone is on a network and requests an address.
    pub(crate) fn start(&mut self, now: Instant) {
        self.xid = self.random.next_u32();
        self.transition(DhcpClientState::Selecting, now);
    }

    /// The phone is off the network.
    pub(crate) fn stop(&mut self) {
        self.state = DhcpClientState::Init;
        self.retransmit_at = None;
        self.outgoing = None;
    }

    /// Whether it was stopped, or has not begun.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state == DhcpClientState::Init && self.retransmit_at.is_none() && self.outgoing.is_none()
    }

    fn transition(&mut self, state: DhcpClientState, now: Instant) {
        self.state = state;
        self.sent = 0;
        self.send(now);
    }

    fn send(&mut self, now: Instant) {
        let (message_type, address, server) = match self.state {
            DhcpClientState::Init | DhcpClientState::Bound { .. } => return,
            DhcpClientState::Selecting => (MessageType::Discover, None, None),
            DhcpClientState::Requesting { address, server } => {
                (MessageType::Request, Some(address), Some(server))
            }
        };
        self.outgoing = self.message(message_type, address, server);
        self.requests.sent += 1;
        let wait = RETRANSMISSION_DELAYS
            .get(self.sent)
            .or(RETRANSMISSION_DELAYS.last())
            .copied()
            .unwrap_or(DEFAULT_LEASE);
        self.retransmit_at = Some(now + wait);
        self.sent += 1;
    }

    fn message(
        &self,
        message_type: MessageType,
        address: Option<Ipv4Addr>,
        server: Option<Ipv4Addr>,
    ) -> Option<Vec<u8>> {
        let mut message = Message::default();
        message.set_opcode(Opcode::BootRequest).set_xid(self.xid).set_chaddr(&self.mac.0);
        let options = message.opts_mut();
        options.insert(DhcpOption::MessageType(message_type));
        match &self.fingerprint {
            Some(fingerprint) => {
                for option in said_of_system(fingerprint, self.mac) {
                    options.insert(option);
                }
            }
            None => {
                options.insert(DhcpOption::ParameterRequestList(vec![
                    OptionCode::SubnetMask,
                    OptionCode::Router,
                    OptionCode::DomainNameServer,
                    OptionCode::CaptivePortal,
                ]));
            }
        }
        if let Some(address) = address {
            options.insert(DhcpOption::RequestedIpAddress(address));
        }
        if let Some(server) = server {
            options.insert(DhcpOption::ServerIdentifier(server));
        }
        let mut bytes = Vec::new();
        message.encode(&mut Encoder::new(&mut bytes)).ok()?;
        Some(bytes)
    }

    /// A message arrived at the client's port. Returns the lease when it is acknowledged.
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Instant) -> Option<Lease> {
        let message = Message::decode(&mut Decoder::new(bytes)).ok()?;
        if message.opcode() != Opcode::BootReply || message.xid() != self.xid {
            return None;
        }
        let options = message.opts();
        let server = match options.get(OptionCode::ServerIdentifier) {
            Some(DhcpOption::ServerIdentifier(server)) => *server,
            _ => return None,
        };
        let kind = options.msg_type()?;
        if matches!(kind, MessageType::Offer | MessageType::Ack) && !is_of_a_host(message.yiaddr()) {
            self.requests.unusable = Some(message.yiaddr());
            return None;
        }
        match (self.state, kind) {
            (DhcpClientState::Selecting, MessageType::Offer) => {
                self.requests.offered = Some(message.yiaddr());
                self.transition(DhcpClientState::Requesting { address: message.yiaddr(), server }, now);
                None
            }
            (DhcpClientState::Requesting { .. }, MessageType::Ack) => {
                let lease = lease(&message, server);
                let lease_time = match lease.lease_time {
                    Some(Duration::ZERO) => SHORTEST_LEASE,
                    Some(lease_time) => lease_time,
                    None => DEFAULT_LEASE,
                };
                self.state = DhcpClientState::Bound { until: now + lease_time };
                self.retransmit_at = None;
                Some(lease)
            }
            (DhcpClientState::Requesting { .. }, MessageType::Nak) => {
                self.requests.refusals += 1;
                self.start(now);
                None
            }
            _ => None,
        }
    }

    /// The time that [`DhcpClient::poll_timeout`] returned has come.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let DhcpClientState::Bound { until } = self.state {
            if until <= now {
                self.start(now);
            }
        } else if self.retransmit_at.is_some_and(|at| at <= now) {
            // After two requests without an answer the client discards the offer.
            match self.state {
                DhcpClientState::Requesting { .. } if self.sent >= 2 => self.start(now),
                _ => self.send(now),
            }
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            DhcpClientState::Bound { until } => Some(until),
            _ => self.retransmit_at,
        }
    }

    /// The message to broadcast next.
    pub(crate) fn poll(&mut self) -> Option<Vec<u8>> {
        self.outgoing.take()
    }
}

/// What a system's DHCPDISCOVER and DHCPREQUEST hold beside what they are about. In which order a client has its options
/// is not modelled; in which order it asks for them is.
fn said_of_system(fingerprint: &DhcpFingerprint, mac: MacAddress) -> Vec<DhcpOption> {
    /// The type of hardware address, before it in a client identifier (RFC 2132 section 9.14).
    const ETHERNET: u8 = 1;
    let asked = fingerprint.parameter_request_list.iter().copied().map(OptionCode::from).collect();
    let identifier = [&[ETHERNET], mac.0.as_slice()].concat();
    [
        Some(DhcpOption::ParameterRequestList(asked)),
        fingerprint.vendor_class.map(|class| DhcpOption::ClassIdentifier(class.as_bytes().to_vec())),
        fingerprint.host_name.map(|name| DhcpOption::Hostname(name.to_owned())),
        fingerprint.has_client_identifier.then_some(DhcpOption::ClientIdentifier(identifier)),
        fingerprint.max_message_size.map(DhcpOption::MaxMessageSize),
        fingerprint.lease_time.map(DhcpOption::AddressLeaseTime),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn lease(message: &Message, server: Ipv4Addr) -> Lease {
    let options = message.opts();
    let named = |code| match options.get(code) {
        Some(DhcpOption::Router(addresses) | DhcpOption::DomainNameServer(addresses)) => addresses.as_slice(),
        _ => &[],
    };
    let first = |code| named(code).iter().copied().find(|address| is_of_a_host(*address));
    let seconds = |code| match options.get(code) {
        Some(DhcpOption::AddressLeaseTime(seconds) | DhcpOption::Ipv6OnlyPreferred(seconds)) => {
            Some(Duration::from_secs(u64::from(*seconds)))
        }
        _ => None,
    };
    let prefix = match options.get(OptionCode::SubnetMask) {
        Some(DhcpOption::SubnetMask(mask)) => mask.to_bits().leading_ones(),
        _ => 24,
    };
    let captive_portal_api = match options.get(OptionCode::CaptivePortal) {
        Some(DhcpOption::CaptivePortal(url)) => Some(url.to_string()),
        _ => None,
    };
    let (router, resolver) = (first(OptionCode::Router), first(OptionCode::DomainNameServer));
    Lease {
        address: message.yiaddr(),
        prefix: u8::try_from(prefix).unwrap_or(24),
        router: router.unwrap_or(server),
        resolver: resolver.unwrap_or(server),
        server,
        states_router: router.is_some(),
        states_resolver: resolver.is_some(),
        unusable: [OptionCode::Router, OptionCode::DomainNameServer]
            .into_iter()
            .flat_map(named)
            .copied()
            .filter(|address| !is_of_a_host(*address))
            .collect(),
        lease_time: seconds(OptionCode::AddressLeaseTime),
        ipv6_only_wait: seconds(OptionCode::Ipv6OnlyPreferred),
        captive_portal_api,
    }
}

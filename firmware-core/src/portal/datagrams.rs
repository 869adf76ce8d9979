//! DNS and DHCP on the access point: which of them a datagram is for, and the way its answer goes. What is
//! answered is decided in [`crate::dns`] and [`crate::dhcp`].

use core::net::SocketAddrV4;

use embedded_storage::nor_flash::NorFlash;

use super::{Interface, Portal};
use crate::application::Application;
use crate::{Entropy, Instant, MacAddress, dhcp, dns};

/// A datagram's way to the device.
///
/// A phone that asks the access point's DNS for a name, and the [`Reply`] that it gets:
///
/// ```
/// use core::net::{Ipv4Addr, SocketAddrV4};
/// use vestibule_core::limits::DHCP_REPLY_BYTES;
/// use vestibule_core::{Arrival, Config, DNS_PORT, Instant, Interface, Portal, RadioEvent, Ssid};
/// use vestibule_core::mock::{MockEntropy, MockFlash};
///
/// let now = Instant::from_micros(0);
/// let mut portal = Portal::new(Config::new(Ssid::new(b"Lamp").unwrap()), MockFlash::<2>::new(), MockEntropy::new(4));
/// portal.setup(now);
/// portal.handle_radio(RadioEvent::ScanFinished, now);
/// portal.handle_radio(RadioEvent::AccessPointUp, now);
///
/// let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04home\x00\x00\x01\x00\x01";
/// let phone = SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 2), 40_000);
/// let arrival = Arrival { interface: Interface::AccessPoint, from: phone, port: DNS_PORT };
/// let mut bytes = [0; DHCP_REPLY_BYTES];
/// let reply = portal.handle_datagram(arrival, query, &mut bytes, now).unwrap();
/// assert_eq!((reply.to, reply.hardware), (phone, None));
/// assert!(bytes[..reply.length].ends_with(&[192, 168, 4, 1]), "every name is the device");
///
/// let arrival = Arrival { interface: Interface::Home, ..arrival };
/// assert!(portal.handle_datagram(arrival, query, &mut bytes, now).is_none(), "not on the home network");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// On which interface it arrived.
    pub interface: Interface,
    /// Its sender.
    pub from: SocketAddrV4,
    /// Which of the device's ports it was sent to, as the protocol numbers them ([`DNS_PORT`],
    /// [`DHCP_PORT`]), on whichever port the driver listens.
    pub port: u16,
}

/// A datagram to send, its payload in the buffer that the caller gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Where to.
    pub to: SocketAddrV4,
    /// The hardware address to send the frame to where ARP would not find it: a client that is only being given
    /// the address in `to` does not answer ARP for it yet. A driver that cannot choose a frame's
    /// destination sends to 255.255.255.255 instead, at the same port (RFC 2131 section 4.1).
    pub hardware: Option<MacAddress>,
    /// How many bytes of the buffer.
    pub length: usize,
}

/// The port of DNS.
pub const DNS_PORT: u16 = 53;

/// The port of DHCP servers.
pub const DHCP_PORT: u16 = dhcp::SERVER_PORT;

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// A datagram arrived. The answer, if there is one, is written into `reply`;
    /// [`DHCP_REPLY_BYTES`](crate::limits::DHCP_REPLY_BYTES) suffice for all.
    ///
    /// DHCP and DNS are served on the access point only, and only while it is up.
    #[must_use]
    pub fn handle_datagram(
        &mut self,
        arrival: Arrival,
        payload: &[u8],
        reply: &mut [u8],
        now: Instant,
    ) -> Option<Reply> {
        if arrival.interface != Interface::AccessPoint || !self.joining.state.has_access_point() {
            return None;
        }
        match arrival.port {
            DNS_PORT => {
                let resolve =
                    |name: dns::Name<'_>| self.application.resolve(name).unwrap_or(self.soft_ap.address);
                let length = dns::answer_by(payload, reply, resolve)?;
                Some(Reply { to: arrival.from, hardware: None, length })
            }
            DHCP_PORT => {
                let answer =
                    self.soft_ap.dhcp.answer(&self.config.dhcp(self.soft_ap.address), payload, now, reply)?;
                self.phone_arrives(now);
                let (to, hardware) = (answer.to.address(), answer.to.chaddr());
                Some(Reply { to, hardware, length: answer.length })
            }
            _ => None,
        }
    }
}

//! The device's name on the home network: the core's mDNS responder. It gets the address from the portal and
//! gives it the name; a driver exchanges its datagrams.

use std::net::{Ipv4Addr, SocketAddrV4};

use vestibule_core::mdns::{HostName, Responder, Service, Transmit};
use vestibule_core::{Config, Instant, StationAddress};

use super::{DrivenPortal, SeededEntropy};

/// On loopback every address is on the link, for `dig` asks from 127.0.0.1.
const LOOPBACK_PREFIX: u8 = 8;

/// The responder, and the link that it was last given.
pub(super) struct MdnsService {
    responder: Responder,
    link: Option<StationAddress>,
    entropy: SeededEntropy,
    /// The name that was last reported to the world.
    reported: Option<HostName>,
}

impl MdnsService {
    /// The service of a device with this configuration.
    pub(super) fn new(config: &Config, entropy: SeededEntropy) -> Option<Self> {
        let service = Service::new(config.home_port, &["path=/"]).ok()?;
        let responder = Responder::new(HostName::of(&config.name), service);
        Some(Self { responder, link: None, entropy, reported: None })
    }

    /// Follows the portal's link. Returns the name once it is established, and each other one later.
    pub(super) fn follow(&mut self, portal: &mut dyn DrivenPortal, now: Instant) -> Option<HostName> {
        let link = portal.home();
        if self.link != link {
            self.link = link;
            match link {
                Some(StationAddress { address, prefix, .. }) => {
                    let prefix = if address.is_loopback() { LOOPBACK_PREFIX } else { prefix };
                    self.responder.handle_link(address, prefix, &mut self.entropy, now);
                }
                None => self.responder.handle_link_lost(),
            }
        }
        let name = *self.responder.name();
        if !self.responder.is_established() || self.reported == Some(name) {
            return None;
        }
        self.reported = Some(name);
        portal.handle_name(name);
        Some(name)
    }

    pub(super) fn receive(&mut self, datagram: &[u8], from: SocketAddrV4, now: Instant) {
        self.responder.handle_datagram(datagram, from, &mut self.entropy, now);
    }

    pub(super) fn send(&mut self, out: &mut [u8], now: Instant) -> Option<Transmit> {
        self.responder.poll_send(out, now)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.responder.poll_timeout()
    }

    /// The device's address there.
    pub(super) fn address(&self) -> Option<Ipv4Addr> {
        self.link.map(|link| link.address)
    }
}

//! The device's name on the home network: the core's mDNS responder beside the portal, told where the
//! portal is and telling it what it is called. Its datagrams are the driver's to carry.

use std::net::{Ipv4Addr, SocketAddrV4};

use vestibule_core::mdns::{HostName, Responder, Service, Transmit};
use vestibule_core::{Config, Instant, StationAddress};

use super::{SeededEntropy, SimulatedPortal};

/// On loopback every host is a neighbour, whatever its address: who asks with `dig` comes from
/// 127.0.0.1.
const LOOPBACK_PREFIX: u8 = 8;

/// The responder, and where it was last told to be.
pub(super) struct Named {
    responder: Responder,
    link: Option<StationAddress>,
    entropy: SeededEntropy,
    /// The name that the world was last told.
    told: Option<HostName>,
}

impl Named {
    /// Of a device with this configuration.
    pub(super) fn new(config: &Config, entropy: SeededEntropy) -> Option<Self> {
        let service = Service::new(config.home_port, &["path=/"]).ok()?;
        let responder = Responder::new(HostName::of(&config.name), service);
        Some(Self { responder, link: None, entropy, told: None })
    }

    /// Goes where the portal is. Returns the name if it has become the device's own, or another.
    pub(super) fn follow(&mut self, portal: &mut SimulatedPortal, now: Instant) -> Option<HostName> {
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
        if !self.responder.is_established() || self.told == Some(name) {
            return None;
        }
        self.told = Some(name);
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

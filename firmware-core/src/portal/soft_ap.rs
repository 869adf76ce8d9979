//! The device's own access point (softAP): its address, its channel, and the addresses that it lends.

use core::net::Ipv4Addr;

use crate::limits::{DEFAULT_CHANNEL, SPARE_ADDRESSES};
use crate::{Instant, StationAddress, dhcp};

pub(super) struct SoftAp {
    /// The device's address on it.
    pub(super) address: Ipv4Addr,
    /// The channel that it was raised on.
    pub(super) channel: u8,
    pub(super) dhcp: dhcp::Server,
    /// When it is raised again, after it went down by itself.
    pub(super) raised_again_at: Option<Instant>,
    /// It was told to go down.
    pub(super) dropped: bool,
}

impl SoftAp {
    #[inline(always)]
    pub(super) const fn new(address: Ipv4Addr) -> Self {
        Self {
            address,
            channel: DEFAULT_CHANNEL,
            dhcp: dhcp::Server::new(),
            raised_again_at: None,
            dropped: false,
        }
    }

    /// Chooses the address at which it is raised again: the configured one, or one outside the home network's subnet.
    pub(super) fn choose_address(&mut self, configured: Ipv4Addr, last_link: Option<StationAddress>) {
        let taken = |address| last_link.is_some_and(|link| link.overlaps(address, dhcp::PREFIX));
        let mut choices = core::iter::once(configured).chain(SPARE_ADDRESSES);
        // On a laptop's loopback all hosts may share one address, and there is no other.
        let chosen =
            choices.find(|address| configured.is_loopback() || !taken(*address)).unwrap_or(configured);
        if core::mem::replace(&mut self.address, chosen) != chosen {
            self.dhcp = dhcp::Server::new();
        }
    }
}

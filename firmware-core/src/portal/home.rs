//! The home network: which one is joined, the device's address there, and its host name there.

use crate::mdns::HostName;
use crate::{Ssid, StationAddress};

/// The network that is joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joined {
    pub(super) ssid: Ssid,
    pub(super) link: StationAddress,
    /// What the device asks for there is answered by a sign-in page.
    pub(super) captive: bool,
}

pub(super) struct Home {
    pub(super) joined: Option<Joined>,
    /// The device's address on the network that was last joined: the access point must have another subnet.
    pub(super) last_link: Option<StationAddress>,
    /// The device's host name there, once its driver has chosen one.
    pub(super) host_name: Option<HostName>,
    /// One that replaces it as soon as no page is on its way that may show it.
    pub(super) next_name: Option<HostName>,
}

impl Home {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self { joined: None, last_link: None, host_name: None, next_name: None }
    }

    pub(super) fn join(&mut self, ssid: Ssid, link: StationAddress) {
        self.joined = Some(Joined { ssid, link, captive: false });
        self.last_link = Some(link);
    }

    /// No page is on its way.
    pub(super) fn show_fresh_name(&mut self) {
        self.host_name = self.next_name.take().or(self.host_name.take());
    }

    pub(super) fn leave(&mut self) {
        self.joined = None;
    }
}

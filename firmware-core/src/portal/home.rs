//! The home network: which one is joined, what it gave the device, and what the device is called there.

use crate::mdns::HostName;
use crate::{Ssid, StationAddress};

/// The network that is joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joined {
    pub(super) ssid: Ssid,
    pub(super) link: StationAddress,
}

pub(super) struct Home {
    pub(super) joined: Option<Joined>,
    /// What the network that was last joined gave: the access point's subnet must not be its.
    pub(super) last_link: Option<StationAddress>,
    /// What the device is called there, once its driver has said so.
    pub(super) host_name: Option<HostName>,
}

impl Home {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self { joined: None, last_link: None, host_name: None }
    }

    pub(super) fn join(&mut self, ssid: Ssid, link: StationAddress) {
        self.joined = Some(Joined { ssid, link });
        self.last_link = Some(link);
    }

    pub(super) fn leave(&mut self) {
        self.joined = None;
    }
}

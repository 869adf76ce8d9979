//! The trace's record of a frame: who sends it, on which network, to whom. Which of its bytes are redacted
//! is decided by the sender ([`super::redaction`]).

use std::sync::Arc;

use vestibule_core::MacAddress;

use super::home::{Home, HomeHost};
use super::phone_hosts::PhoneHosts;
use super::{DEVICE_MAC, Host, World};
use crate::host::frame;
use crate::trace::What;

/// The hosts of a world, by the names that they have in its trace.
pub(in crate::world) struct Hosts<'a> {
    pub(in crate::world) world: &'a World,
    pub(in crate::world) home: &'a Home,
    pub(in crate::world) phones: &'a PhoneHosts,
}

impl Hosts<'_> {
    /// The name of a frame's sender, and the record: `bytes` is the frame with so many of its bytes redacted.
    pub(in crate::world) fn frame(
        &self,
        from: Host,
        frame: &[u8],
        (bytes, redacted): (Vec<u8>, usize),
    ) -> (Arc<str>, What) {
        let to = frame::receiver(frame).and_then(|mac| self.host_with(mac, from)).map(|host| self.name(host));
        let to = to.map_or("everybody".into(), |name| name.to_string());
        (self.name(from), What::Frame { on: self.network_name(from), to, bytes, redacted })
    }

    /// The host with that hardware address on the network of `from`.
    fn host_with(&self, mac: MacAddress, from: Host) -> Option<Host> {
        let Host::AtHome { network, .. } = from else {
            let phone = self.phones.with_mac(mac).map(Host::Phone);
            return phone.or((mac == DEVICE_MAC).then_some(Host::Device));
        };
        let (host, _) = self.home.hosts(network).find(|(_, theirs)| *theirs == mac)?;
        Some(Host::AtHome { network, host })
    }

    /// A host's name in the trace.
    fn name(&self, host: Host) -> Arc<str> {
        match host {
            Host::Device | Host::AtHome { host: HomeHost::Station, .. } => "device".into(),
            Host::Phone(id) | Host::AtHome { host: HomeHost::Visitor(id), .. } => {
                self.world.phones().nth(id).map_or("nobody", |phone| phone.name()).into()
            }
            Host::AtHome { host: HomeHost::Router, network } => format!("router/{}", network + 1).into(),
        }
    }

    fn network_name(&self, host: Host) -> Option<String> {
        let Host::AtHome { network, .. } = host else { return None };
        let ssid = self.world.air().networks().get(network)?.ssid;
        Some(format!("{}/{ssid}", network + 1))
    }
}

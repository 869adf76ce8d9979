//! What the device's joins led to.

use std::net::Ipv4Addr;
use std::sync::Arc;

use smoltcp::wire::Ipv4Cidr;
use vestibule_core::{Credentials, JoinFailure};

#[derive(Default)]
pub(in crate::world) struct JoinHistory {
    /// What the device's radio was last told to join with.
    last_commanded: Option<Credentials>,
    /// Shared with each state of the run that was judged: after days there are thousands, and nearly all judged states
    /// have the same.
    failures: Arc<Vec<JoinFailure>>,
    /// The subnet of the network last joined.
    last_subnet: Option<Ipv4Cidr>,
    /// How often the access point was raised inside the subnet of the network last joined.
    clashes: usize,
}

impl JoinHistory {
    /// The radio is told to join with these.
    pub(super) fn commanded(&mut self, credentials: &Credentials) {
        self.last_commanded = Some(credentials.clone());
    }

    pub(in crate::world) fn last_commanded(&self) -> Option<&Credentials> {
        self.last_commanded.as_ref()
    }

    pub(super) fn failed(&mut self, why: JoinFailure) {
        Arc::make_mut(&mut self.failures).push(why);
    }

    pub(super) fn joined(&mut self, subnet: Option<Ipv4Cidr>) {
        self.last_subnet = subnet;
    }

    /// The access point is raised with this address. Where addresses are loopback's own, it never clashes.
    pub(super) fn access_point_raised(&mut self, address: Ipv4Addr) {
        let clashes = self.last_subnet.is_some_and(|subnet| subnet.contains_addr(&address));
        self.clashes += usize::from(clashes);
    }

    /// Why joins have failed, in order.
    pub(in crate::world) fn failures(&self) -> &Arc<Vec<JoinFailure>> {
        &self.failures
    }

    pub(in crate::world) fn clashes(&self) -> usize {
        self.clashes
    }
}

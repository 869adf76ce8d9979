//! What a phone was given by DHCP on a link, and what it means if that is nothing. It judges no portal page.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::Serialize;

use super::Seconds;
use crate::host::dhcp_client::{Lease, Requests};

/// What a phone was given by DHCP, as `check --link` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeaseSummary {
    /// The phone's address (`yiaddr`).
    pub address: Ipv4Addr,
    /// Network bits of its subnet (option 1).
    pub prefix: u8,
    /// The DHCP server (option 54).
    pub server: Ipv4Addr,
    /// The router (option 3), if one was named.
    pub router: Option<Ipv4Addr>,
    /// The first DNS server (option 6), if one was named.
    pub dns: Option<Ipv4Addr>,
    /// Seconds that the lease lasts (option 51), if said.
    pub lease_seconds: Option<u64>,
    /// The captive portal API (option 114, RFC 8910), if announced.
    pub captive_portal_api: Option<String>,
    /// Seconds for which a phone is asked to do without IPv4 (option 108, RFC 8925), if it is.
    pub ipv6_only_seconds: Option<u64>,
    /// How long it took from the first DHCPDISCOVER.
    pub took: Seconds,
}

impl LeaseSummary {
    pub(super) fn new(lease: &Lease, took: Duration) -> Self {
        Self {
            address: lease.address,
            prefix: lease.prefix,
            server: lease.server,
            router: lease.states_router.then_some(lease.router),
            dns: lease.states_resolver.then_some(lease.resolver),
            lease_seconds: lease.lease_time.map(|time| time.as_secs()),
            captive_portal_api: lease.captive_portal_api.clone(),
            ipv6_only_seconds: lease.ipv6_only_wait.map(|time| time.as_secs()),
            took: Seconds(took),
        }
    }

    /// Everything but the address and the time, in words.
    pub fn terms(&self) -> String {
        let or_none = |address: Option<Ipv4Addr>| address.map_or("none".to_owned(), |one| one.to_string());
        let mut text = format!(
            "subnet /{} from {}, router {}, DNS {}",
            self.prefix,
            self.server,
            or_none(self.router),
            or_none(self.dns)
        );
        match self.lease_seconds {
            Some(seconds) => text += &format!(", for {seconds} s"),
            None => text += ", no lease time",
        }
        if let Some(api) = &self.captive_portal_api {
            text += &format!(", captive portal API {api}");
        }
        text
    }

    /// What a phone cannot do without, and was not given.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        if self.dns.is_none() {
            findings.push(format!(
                "DHCP names no DNS server (option 6): a phone asks nobody, and opens no sheet. Name {}",
                self.server
            ));
        }
        if self.router.is_none() {
            findings.push(format!(
                "DHCP names no router (option 3): some phones then check nothing. Name {}",
                self.server
            ));
        }
        if self.lease_seconds.is_none() {
            findings
                .push("DHCP says no lease time (option 51), which RFC 2131 section 4.3.1 requires".into());
        }
        if self.ipv6_only_seconds.is_some() {
            findings.push(
                "DHCP says that the network does without IPv4 (option 108): phones that know it then have no \
                 address here. Leave it out"
                    .into(),
            );
        }
        findings
    }
}

/// Why a phone has no address, and what is to be changed.
pub(super) fn without_address(requests: &Requests, waited: Duration) -> (String, String) {
    let seconds = waited.as_secs();
    match *requests {
        Requests { refusals: 1.., .. } => (
            format!("the DHCP server refuses what it offered (DHCPNAK), for {seconds} s"),
            "Answer a DHCPREQUEST for the offered address with a DHCPACK.".into(),
        ),
        Requests { offered: Some(address), .. } => (
            format!("{address} was offered, and the DHCPREQUEST for it was not answered within {seconds} s"),
            "Answer a DHCPREQUEST for the offered address with a DHCPACK that repeats the transaction (xid).".into(),
        ),
        Requests { sent, .. } => (
            format!("nobody answered {sent} DHCPDISCOVER within {seconds} s"),
            "Answer DHCPDISCOVER on UDP port 67 with a DHCPOFFER, to the hardware address or as a broadcast, if the \
             pool has an address left."
                .into(),
        ),
    }
}

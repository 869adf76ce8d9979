//! What a phone was given by DHCP on a link, and what it means if that is nothing. It judges no portal page.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::Serialize;

use super::Seconds;
use crate::host::DhcpHost;
use crate::host::dhcp_client::{Lease, Requests};
use crate::host::dhcp_host::AddressHolder;

/// The lease time that has no end (RFC 2131 section 3.3).
const FOR_EVER: u64 = 0xffff_ffff;

/// The longest prefix of a subnet in which a phone and its router have an address each.
const LONGEST_PREFIX: u8 = 30;

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
    /// What options 3 and 6 name and no host can have.
    #[serde(skip)]
    unusable: Vec<Ipv4Addr>,
    /// What was offered before, if it was another address.
    #[serde(skip)]
    offered: Option<Ipv4Addr>,
    /// How long it took from the first DHCPDISCOVER.
    pub took: Seconds,
}

impl LeaseSummary {
    /// What a host was lent, if anything, beside the address that it was offered before.
    pub(super) fn of(host: &DhcpHost) -> Option<Self> {
        let (lease, took) = host.lease()?;
        let offered = host.requests().offered.filter(|offered| *offered != lease.address);
        Some(Self { offered, ..Self::new(lease, *took) })
    }

    fn new(lease: &Lease, took: Duration) -> Self {
        Self {
            address: lease.address,
            prefix: lease.prefix,
            server: lease.server,
            router: lease.states_router.then_some(lease.router),
            dns: lease.states_resolver.then_some(lease.resolver),
            lease_seconds: lease.lease_time.map(|time| time.as_secs()),
            captive_portal_api: lease.captive_portal_api.clone(),
            ipv6_only_seconds: lease.ipv6_only_wait.map(|time| time.as_secs()),
            unusable: lease.unusable.clone(),
            offered: None,
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
            Some(FOR_EVER) => text += ", for ever",
            Some(seconds) => text += &format!(", for {seconds} s"),
            None => text += ", no lease time",
        }
        if let Some(api) = &self.captive_portal_api {
            text += &format!(", captive portal API {api}");
        }
        text
    }

    /// What a phone cannot do without, and was not given.
    fn findings(&self) -> Vec<String> {
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
        findings.extend(self.contradictions());
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

impl LeaseSummary {
    /// What cannot be as it is said.
    fn contradictions(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for address in &self.unusable {
            findings.push(format!(
                "DHCP names {address} as router or DNS server (options 3 and 6), an address that no host can have. \
                 Name {}",
                self.server
            ));
        }
        if self.lease_seconds == Some(0) {
            findings.push(
                "DHCP lends for 0 s (option 51): a phone asks again at once or takes a time of its own"
                    .into(),
            );
        }
        if self.prefix == 0 || self.prefix > LONGEST_PREFIX {
            findings.push(format!(
                "DHCP says a subnet of /{} (option 1), in which a phone and its router cannot be. Say 255.255.255.0",
                self.prefix
            ));
        } else if let Some(router) = self.router.filter(|router| !self.has_in_subnet(*router)) {
            findings.push(format!(
                "DHCP names the router {router}, which is not in the subnet of {}/{}: systems refuse such a route. Name \
                 one that is",
                self.address, self.prefix
            ));
        }
        if let Some(offered) = self.offered {
            findings.push(format!(
                "DHCP offers {offered} and then confirms {}: some phones take none of them. Confirm what is asked for",
                self.address
            ));
        }
        findings
    }

    fn has_in_subnet(&self, address: Ipv4Addr) -> bool {
        let different = self.address.to_bits() ^ address.to_bits();
        different.leading_zeros() >= u32::from(self.prefix)
    }
}

/// What is odd about what a host was lent.
pub(super) fn findings_of(host: &DhcpHost) -> Vec<String> {
    let mut findings: Vec<String> = LeaseSummary::of(host).iter().flat_map(LeaseSummary::findings).collect();
    if let (Some(holder), Some((lease, _))) = (host.holder(), host.lease()) {
        findings.push(has_a_holder(holder, lease.address));
    }
    findings
}

fn has_a_holder(holder: AddressHolder, address: Ipv4Addr) -> String {
    let AddressHolder { mac, answers_for_all } = holder;
    let (whose, change) = if answers_for_all {
        (
            " and for addresses that nobody has",
            "Let each host answer for its own address alone (no proxy ARP)",
        )
    } else {
        (
            ", another host's by that",
            "Lend no address that a host has: the portal's own, or one that was set by hand",
        )
    };
    format!(
        "{mac} answers ARP for {address}, which the phone was lent{whose}: systems that ask before they use an address \
         (RFC 5227) decline it and ask for another. {change}"
    )
}

/// Why a phone has no address, and what is to be changed.
pub(super) fn without_address(requests: &Requests, waited: Duration) -> (String, String) {
    let seconds = waited.as_secs();
    match *requests {
        Requests { refusals: 1.., .. } => (
            format!("the DHCP server refuses what it offered (DHCPNAK), for {seconds} s"),
            "Answer a DHCPREQUEST for the offered address with a DHCPACK.".into(),
        ),
        Requests { unusable: Some(address), .. } => (
            format!("{address} is lent, an address that no host can have, for {seconds} s"),
            "Lend an address of the device's own subnet (`yiaddr`).".into(),
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

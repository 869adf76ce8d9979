//! The owner's visit to the device at its new address: once the owner was told it and the phone is off the
//! device's access point, the phone returns to its home network, and the owner opens the device's page there.

use std::net::Ipv4Addr;
use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::PhoneNode;
use crate::owner::{self, Page, Request};
use crate::radio::Air;
use crate::trace::{Trace, What};
use crate::world::{Effect, Loaded};

/// Time from leaving the device's access point to being on the home network. Chosen; phones take some
/// seconds.
const HOME_DELAY: Duration = Duration::from_secs(3);

/// Time from a page that did not load to the next try.
const RETRY_DELAY: Duration = Duration::from_secs(5);

/// How often an owner tries.
const TRIES: u32 = 6;

/// A phone's visit to the device from the home network.
#[derive(Debug, Default)]
pub(super) struct HomeVisit {
    /// Whether its owner makes one at all.
    is_planned: bool,
    /// The device's name on the network, where its owner goes by that.
    name: Option<String>,
    /// Where the device is, as far as the owner was told.
    address: Option<Ipv4Addr>,
    /// When it begins, or is tried again.
    at: Option<Instant>,
    tries: u32,
    /// The page that is loading.
    load: Option<u64>,
}

impl HomeVisit {
    /// The visit of an owner; `is_planned` says whether the owner makes one at all.
    pub(super) fn new(is_planned: bool, name: Option<String>) -> Self {
        Self { is_planned, name, ..Self::default() }
    }

    /// The owner was told where the device is.
    pub(super) fn told(&mut self, address: Ipv4Addr) {
        self.address = Some(address);
    }

    /// The phone is off the device's access point.
    pub(super) fn goes_home(&mut self, now: Instant) {
        if self.address.is_some() {
            self.begin(now);
        }
    }

    /// The owner was told no address, but takes the device for set up, and knows its name.
    pub(super) fn goes_by_name(&mut self, now: Instant) {
        if self.name.is_some() {
            self.begin(now);
        }
    }

    fn begin(&mut self, now: Instant) {
        if self.is_planned {
            self.at = Some(now + HOME_DELAY);
            self.tries = 0;
        }
    }

    /// The owner sets out to the device's access point instead.
    pub(super) fn give_up(&mut self) {
        *self = Self::new(self.is_planned, self.name.take());
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.at
    }
}

impl PhoneNode {
    /// Begins the visit if its time has come. Returns whether it did.
    pub(super) fn settle_visit(&mut self, now: Instant, air: &Air, trace: &mut Trace) -> Option<Effect> {
        self.visit.at.filter(|at| *at <= now)?;
        self.visit.at = None;
        self.visit.tries += 1;
        let home = self.owner.home()?;
        let networks = air.networks().iter().enumerate();
        let near = networks.filter(|(_, network)| network.on_air && network.ssid.as_bytes() == home.ssid);
        let Some((network, _)) = near.max_by_key(|(_, network)| network.signal) else {
            self.visit_failed(now);
            return None;
        };
        let url = match (&self.visit.name, self.visit.address) {
            (Some(name), _) => format!("http://{name}.local/"),
            (None, Some(address)) => format!("http://{address}/"),
            (None, None) => return None,
        };
        let url = Url::parse(&url).ok()?;
        trace.add(now, &self.name, What::Visits { url: url.to_string() });
        let load = self.browser.visit(Request::get(url));
        self.visit.load = Some(load.id);
        Some(Effect::LoadAtHome { phone: self.id, network, load })
    }

    pub(in crate::world) fn visited(&mut self, load: u64, loaded: Loaded, now: Instant, trace: &mut Trace) {
        if self.visit.load != Some(load) {
            return;
        }
        self.visit.load = None;
        match loaded {
            Loaded::Page { url, status, html } => {
                let page = owner::parse(&html, &url);
                self.learns_at_home(&page, now, trace);
                let message = page.alert.or(page.status).unwrap_or_default();
                trace.add(now, &self.name, What::Sees { status, title: page.title, message });
                trace.detail(now, &self.name, || What::Page { url: url.to_string(), html });
                if status == 200 {
                    self.run_state.visited = true;
                } else {
                    self.visit_failed(now);
                }
            }
            Loaded::Failed { why, .. } => {
                trace.add(now, &self.name, What::LoadFailed { why });
                self.visit_failed(now);
            }
        }
    }

    /// An owner who took the device for set up reads so.
    fn learns_at_home(&mut self, page: &Page, now: Instant, trace: &mut Trace) {
        let Some(home) = self.owner.home() else { return };
        if let Some(result) = owner::result(page, &home.ssid, None)
            && self.owner.finds_out()
        {
            self.visit.told(result.address);
            let (network, address) = (result.network, result.address.to_string());
            trace.add(now, &self.name, What::Reads { network, address });
        }
    }

    fn visit_failed(&mut self, now: Instant) {
        self.visit.at = (self.visit.tries < TRIES).then_some(now + RETRY_DELAY);
    }
}

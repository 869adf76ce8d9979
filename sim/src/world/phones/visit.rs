//! The owner's visit to the device at its new address: told of it and off the device's access point,
//! the phone returns to its home network, and the owner opens the device's page from there.

use std::net::Ipv4Addr;
use std::time::Duration;

use url::Url;
use vestibule_core::Instant;

use super::PhoneNode;
use crate::owner::{self, Request};
use crate::radio::{Air, PhoneId};
use crate::trace::{Trace, What};
use crate::world::{Effect, Load, Loaded, World};

/// From leaving the device's access point to being on the home network. Chosen; phones take some
/// seconds.
const GOES_HOME: Duration = Duration::from_secs(3);

/// From a page that did not load to the next try.
const AGAIN: Duration = Duration::from_secs(5);

/// How often an owner tries.
const TRIES: u32 = 6;

/// A phone's visit.
#[derive(Debug, Default)]
pub(super) struct Visit {
    /// Whether its owner wants to make one at all.
    wanted: bool,
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

impl Visit {
    /// Of an owner who wants to make one or does not.
    pub(super) fn new(wanted: bool, name: Option<String>) -> Self {
        Self { wanted, name, ..Self::default() }
    }

    /// The owner was told where the device is.
    pub(super) fn told(&mut self, address: Ipv4Addr) {
        self.address = Some(address);
    }

    /// The phone is off the device's access point.
    pub(super) fn goes_home(&mut self, now: Instant) {
        if self.wanted && self.address.is_some() {
            self.at = Some(now + GOES_HOME);
            self.tries = 0;
        }
    }

    /// The owner sets out to the device's access point instead.
    pub(super) fn give_up(&mut self) {
        *self = Self::new(self.wanted, self.name.take());
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
        let (address, home) = (self.visit.address?, self.home.as_ref()?);
        let networks = air.networks().iter().enumerate();
        let near = networks.filter(|(_, network)| network.on_air && network.ssid.as_bytes() == home.ssid);
        let Some((network, _)) = near.max_by_key(|(_, network)| network.signal) else {
            self.visit_failed(now);
            return None;
        };
        let url = match &self.visit.name {
            Some(name) => format!("http://{name}.local/"),
            None => format!("http://{address}/"),
        };
        let url = Url::parse(&url).ok()?;
        trace.add(now, &self.name, What::Visits { url: url.to_string() });
        self.loads += 1;
        self.visit.load = Some(self.loads);
        let load = Load { id: self.loads, request: Request::get(url), user_agent: self.sheet_agent.clone() };
        Some(Effect::Visit { phone: self.id, network, load })
    }

    fn visited(&mut self, load: u64, loaded: Loaded, now: Instant, trace: &mut Trace) {
        if self.visit.load != Some(load) {
            return;
        }
        self.visit.load = None;
        match loaded {
            Loaded::Page { url, status, html } => {
                let page = owner::parse(&html, &url);
                let says = page.alert.or(page.status).unwrap_or_default();
                trace.add(now, &self.name, What::Sees { status, title: page.title, says });
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

    fn visit_failed(&mut self, now: Instant) {
        self.visit.at = (self.visit.tries < TRIES).then_some(now + AGAIN);
    }
}

impl World {
    /// What an owner on the home network loaded is there.
    pub fn visited(&mut self, phone: PhoneId, load: u64, loaded: Loaded, now: Instant) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.visited(load, loaded, now, &mut self.trace);
        }
        self.settle(now);
    }
}

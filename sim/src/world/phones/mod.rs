//! A phone in a world: its operating system's check, its browsers, its Wi-Fi, and the owner who holds it.
//!
//! Each of them has a file and knows nothing of the others; [`PhoneNode`] joins them. What the check asks for
//! is carried out in `check_outputs`, what the owner does in `owner_outputs`, and both are logged.
//! [`Phones`] are all of a world.

mod browser;
mod check;
mod check_outputs;
mod collection;
mod exchange_summary;
mod home_visit;
mod in_between;
mod label;
mod owner;
mod owner_outputs;
mod secure;
mod wifi;

use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::sync::Arc;

use url::Url;
use vestibule_core::{Instant, Passphrase, Ssid};

use self::browser::{DefaultRoute, PhoneBrowser};
use self::check::PhoneCheck;
pub(super) use self::collection::Phones;
use self::home_visit::HomeVisit;
use self::in_between::InBetween;
pub(super) use self::label::Label;
use self::owner::PhoneOwner;
use self::secure::Handshakes;
pub(super) use self::secure::SecureHosts;
use self::wifi::PhoneWifi;
use super::Effect;
use crate::client::{Clients, Misbehaviour};
use crate::owner::{Deviation, Input as Shown};
use crate::phone::{DhcpFingerprint, ExchangeId, Link, Options, Progress, by_id};
use crate::radio::{Air, Network, PhoneId, Refusal};
use crate::random_streams::{RandomStream, stream};
use crate::scenario::judge::PhoneRunState;
use crate::scenario::{HardwareAddress, PhoneSpec};
use crate::trace::{Trace, What};

/// A phone and its owner.
pub(crate) struct PhoneNode {
    id: PhoneId,
    name: Arc<str>,
    wifi: PhoneWifi,
    check: PhoneCheck,
    browser: PhoneBrowser,
    owner: PhoneOwner,
    visit: HomeVisit,
    handshakes: Handshakes,
    /// The clients on it other than its check and its owner's pages.
    clients: Clients,
    /// Whether it has another hardware address each time it joins.
    rotates_address: bool,
    /// Who is between it and the device.
    in_between: Option<InBetween>,
    run_state: PhoneRunState,
    /// Whether its system shows its owner a portal in setup, as its tables have it.
    shows_portals: bool,
}

impl PhoneNode {
    pub(super) fn new(
        id: PhoneId,
        spec: &PhoneSpec,
        networks: &[Network],
        label: &Label,
        hosts: SecureHosts,
        seed: u64,
    ) -> Self {
        let model = by_id(spec.model.get_ref()).unwrap_or_else(|_| &crate::phone::models()[0]);
        let options = Options {
            leaves_without_internet: spec.leaves_without_internet,
            joins_by: *spec.joins_by.get_ref(),
            private_dns: spec.private_dns.get_ref().clone(),
            custom_tabs: *spec.custom_tabs.get_ref(),
            vpn: *spec.vpn.get_ref(),
            proxy: *spec.proxy.get_ref(),
            ..Options::default()
        };
        Self {
            id,
            name: format!("{}/{}", id + 1, model.id).into(),
            wifi: PhoneWifi::new(spec, label),
            check: PhoneCheck::new(model, seed, id, options),
            browser: PhoneBrowser::new(DefaultRoute::of(spec), !model.page_is_bound())
                .meets(hosts.end_a_page())
                .types_code(label.code_typed(spec))
                .runs_scripts(spec.scripts.then(|| stream(seed, RandomStream::PageKeys, id as u64)))
                .tries_https(model.browser_tries_https().then(|| hosts.costs_a_browser())),
            owner: PhoneOwner::new(spec, networks, label),
            visit: HomeVisit::new(spec.visits, spec.by_name.then(|| label.name.as_str().to_owned())),
            handshakes: Handshakes::new(hosts),
            clients: Clients::default(),
            rotates_address: spec.hardware_address == HardwareAddress::Rotates,
            in_between: spec
                .in_between
                .then(|| InBetween::new(stream(seed, RandomStream::InBetween, id as u64))),
            run_state: PhoneRunState::default(),
            shows_portals: model.at_a_setup_portal().1,
        }
    }

    /// Its name in the trace: its number and model.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its name, to be shared with a record.
    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Whether it has another hardware address each time it joins.
    pub(crate) fn rotates_address(&self) -> bool {
        self.rotates_address
    }

    /// How its system asks for an address.
    pub(crate) fn dhcp(&self) -> DhcpFingerprint {
        self.check.model().dhcp()
    }

    /// The passphrases that its owner types, one after another.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        self.owner.home().into_iter().flat_map(|home| home.passphrases.iter().map(String::as_str))
    }

    /// The state of the run for it and its owner.
    pub(crate) fn run_state(&self) -> &PhoneRunState {
        &self.run_state
    }

    /// Whether its system shows its owner a portal in setup at all. One that is never let onto the
    /// access point has none to show.
    pub(crate) fn shows_portals(&self) -> bool {
        self.shows_portals && self.wifi.may_be_let_on()
    }

    /// Whether it is on the device's access point.
    pub(crate) fn is_on(&self) -> bool {
        self.wifi.is_on()
    }

    /// Whether its owner wants to know the result of the setup, and may still learn it: the phone has not
    /// left for good.
    pub(crate) fn can_be_told(&self) -> bool {
        self.owner.wants_something() && !self.run_state.told && self.may_come()
    }

    /// Whether it is on the access point or may come: it has not left for good.
    pub(crate) fn may_come(&self) -> bool {
        self.wifi.may_come()
    }

    /// Whether its owner wants the device on a network.
    pub(super) fn wants_something(&self) -> bool {
        self.owner.wants_something()
    }

    /// Whether its owner looks for the device's access point, or has found it.
    pub(crate) fn is_about(&self) -> bool {
        self.wifi.is_on() || self.wifi.looks()
    }

    /// Whether its sign-in sheet is open.
    pub(crate) fn sheet_is_open(&self) -> bool {
        self.browser.sheet_is_open()
    }

    /// Whether its owner was not told the result and will not be unless the owner starts over: the owner
    /// has given up, or the phone is off an access point that is up.
    pub(super) fn is_stuck(&self) -> bool {
        !self.run_state.told && (self.owner.has_ended() || self.wifi.has_no_plan())
    }

    /// What it and its owner wait for, in words.
    pub(super) fn waits(&self) -> String {
        let sheet = if self.browser.sheet_is_open() { "sheet open" } else { "no sheet" };
        let (wifi, check, owner) =
            (self.wifi.waits(), self.check.waits(), self.owner.waits(self.run_state.told));
        format!("{}: {wifi}; {sheet}; {check}; {owner}", self.name)
    }

    // What a script, a fault or the dashboard asks of the phone and its owner.

    /// The owner is told of a network's new passphrase, and uses it the next time.
    pub(super) fn learn(&mut self, ssid: &Ssid, passphrase: &Passphrase) {
        self.owner.learn(ssid, passphrase);
        // An owner who has not seen the portal yet types it right at once.
        if !self.wifi.is_on() && !self.run_state.told {
            self.owner.begin_anew();
        }
    }

    /// The owner looks for the device's access point from now on.
    pub(super) fn wants_to_join(&mut self, now: Instant) {
        self.run_state.told = false;
        self.visit.give_up();
        self.owner.begin_anew();
        self.wifi.wants_to_join(now);
    }

    /// The owner starts over, once the phone has left the access point.
    pub(super) fn starts_over(&mut self, now: Instant) {
        self.wants_to_join(now + self.wifi.return_delay());
    }

    /// The owner does not look for the access point any more.
    pub(super) fn stays_away(&mut self) {
        self.wifi.stays_away();
    }

    /// The phone goes elsewhere, and its owner brings it back at that moment.
    pub(super) fn goes_elsewhere(&mut self, until: Instant) {
        if !self.run_state.told {
            self.wifi.goes_elsewhere(until);
        }
    }

    /// The owner does nothing until then.
    pub(super) fn stall(&mut self, until: Instant) {
        self.owner.stall(until);
    }

    /// The owner will make this deviation.
    pub(super) fn deviates(&mut self, deviation: Deviation) {
        self.owner.deviates(deviation);
    }

    /// Clients on the phone begin to misbehave.
    pub(super) fn misbehave(&mut self, misbehaviour: Misbehaviour, count: usize, now: Instant) {
        self.clients.begin(misbehaviour, count, now);
    }

    // What happens on the air.

    /// The device's access point can be joined.
    pub(super) fn access_point_is_up(&mut self, now: Instant) {
        if self.owner.finds_out() {
            self.starts_over(now);
        } else if !self.run_state.told {
            self.wifi.access_point_is_up(now);
        }
    }

    /// The phone was thrown off the access point, or off its way there; its owner looks for it again.
    pub(super) fn thrown_off(&mut self, now: Instant) {
        if !self.run_state.told {
            self.wifi.thrown_off(now);
        }
    }

    /// The access point did not let the phone on. Its owner types another passphrase or tries again, and
    /// gives up after the last passphrase.
    pub(super) fn not_let_in(&mut self, why: Refusal, now: Instant, trace: &mut Trace) {
        trace.add(now, &self.name, What::NotLetIn { why: why.to_string() });
        self.wifi.refused(why);
        if why == Refusal::OnAnother {
            // Its owner sees no page of the device's, and waits for one.
            return;
        }
        if self.wifi.may_be_let_on() {
            self.thrown_off(now);
        } else {
            self.stays_away();
        }
    }

    pub(super) fn associated(&mut self, now: Instant, trace: &mut Trace) {
        self.wifi.associated();
        self.owner.notify(Shown::AccessPointJoined, now);
        trace.add(now, &self.name, What::Associated);
    }

    /// The phone has an address and maybe a captive portal API, so its check begins. The device
    /// serves pages on `port`.
    pub(super) fn configured(
        &mut self,
        link: Link,
        captive_portal_api: Option<&str>,
        port: u16,
        now: Instant,
    ) {
        if self.wifi.is_on() {
            self.browser.set_device_url(Url::parse(&format!("http://{}:{port}/", link.router)).ok());
            self.check.joined(link, captive_portal_api, now);
            self.clients.reach(SocketAddrV4::new(link.router, port), now);
        }
    }

    /// The phone is off the access point, which has moved to another channel or has not.
    pub(super) fn dissociated(&mut self, air: &Air, moved: bool, now: Instant, trace: &mut Trace) {
        self.wifi.dissociated(moved);
        if air.access_point_is_up() {
            self.access_point_is_up(now);
        }
        self.clients.leave();
        trace.add(now, &self.name, What::Dissociated);
        self.visit.goes_home(now);
        self.handshakes.left();
        self.check.left(now);
        self.owner.notify(Shown::AccessPointLost, now);
        if let Some(url) = self.browser.interrupted() {
            self.owner.notify(Shown::PageFailed { url }, now);
        }
        if let Some(ssid) = self.wifi.roams(air) {
            trace.add(now, &self.name, What::Roams { to: ssid.to_string() });
        }
    }

    /// An exchange of the check or of a client went on.
    pub(super) fn progress(
        &mut self,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
        trace: &mut Trace,
    ) {
        if self.clients.progress(id, progress, now) {
            return;
        }
        if let Some(outcome) = self.check.progress(id, progress, now) {
            trace.add(now, &self.name, outcome);
        }
    }

    // Time, and what the parts do to each other.

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let owner = [self.wifi.join_time(), self.owner.poll_timeout()].into_iter().flatten().min();
        let owner = owner.map(|due| due.max(self.owner.stalled_until()));
        let (handshakes, clients) = (self.handshakes.poll_timeout(), self.clients.poll_timeout());
        let others = [self.check.poll_timeout(), self.visit.poll_timeout(), handshakes, clients];
        others.into_iter().chain([owner]).flatten().min()
    }

    /// Whether it is to join the access point and is on it: with that it begins whenever it is next looked at, at no
    /// time of its own.
    pub(super) fn joins_although_on(&self) -> bool {
        self.wifi.joins_although_on()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, air: &mut Air) {
        let is_stalled = self.owner.is_stalled(now);
        if !is_stalled {
            self.wifi.join_if_due(self.id, air, now);
        }
        self.check.handle_timeout(now);
        self.clients.handle_timeout(now);
        if !is_stalled {
            self.owner.handle_timeout(now);
        }
    }

    /// Carries what the check and the owner do to each other and to the driver. Returns whether
    /// anything moved.
    pub(super) fn settle(
        &mut self,
        now: Instant,
        air: &mut Air,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) -> bool {
        let mut moved = self.settle_handshakes(now, trace);
        while let Some(output) = self.check.poll() {
            self.carry_out_check(output, now, air, trace, effects);
            moved = true;
        }
        while let Some(output) = self.owner.poll() {
            self.carry_out_owner(output, now, air, trace, effects);
            moved = true;
        }
        if let Some(visit) = self.settle_visit(now, air, trace) {
            effects.push_back(visit);
            moved = true;
        }
        while let Some((id, command)) = self.clients.poll() {
            effects.push_back(Effect::ClientCommand { phone: self.id, id, command });
            moved = true;
        }
        self.run_state.served = self.clients.served();
        self.run_state.longest_answer = self.clients.longest_answer();
        moved
    }
}

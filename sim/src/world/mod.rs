//! A world: one device, the networks around it, phones and their owners, and a script. It is
//! sans-IO, so that every driver runs the same one: [`loopback`] carries its bytes over real
//! sockets in real time.
//!
//! A driver tells it what happened and asks [`World::poll_effect`] what to do, until there is
//! nothing; then it waits for bytes or for [`World::poll_timeout`].

pub mod loopback;
mod phones;
mod script;
pub mod virtual_time;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use url::Url;
use vestibule_core::detection::AfterJoining;
use vestibule_core::http::Transfer;
use vestibule_core::{
    Arrival, Config, Credentials, Event, Instant, Interface, JoinFailure, MacAddress, Passphrase, RadioEvent,
    Reply, Security, Ssid,
};

use crate::device::Device;
use crate::flash::Flash;
use crate::owner::Request;
use crate::phone::{Exchange, ExchangeId, Link, Progress};
use crate::radio::{Air, Network, PhoneId, Report};
use crate::scenario::judge::Standing;
use crate::scenario::{Act, DeviceSpec, NetworkSpec, PhoneSpec, Scenario, Try, made_up_passphrase};
use crate::trace::{Trace, What};
pub use phones::PhoneNode;
use script::Script;

/// Redirects that a browser follows: 20 in Chromium (net/url_request) and in WebKit.
pub(crate) const REDIRECTS: usize = 20;

/// How long a page may take. Chosen; browsers wait longer than owners.
pub(crate) const PAGE_PATIENCE: Duration = Duration::from_secs(10);

/// Sectors of the simulated credential partition.
pub const FLASH_SECTORS: usize = 2;

/// The addresses that a driver gives its hosts.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The device's address on its own access point.
    pub device: Ipv4Addr,
    /// The port on which its access point serves HTTP.
    pub http_port: u16,
    /// The port on which it serves HTTP on the home network.
    pub home_port: u16,
    /// The address that each network gives the device, in the scenario's order.
    pub homes: Vec<Ipv4Addr>,
}

/// A page that an owner's sheet is to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Which load of that phone's; a newer one replaces it.
    pub id: u64,
    /// What it asks for.
    pub request: Request,
    /// How the sheet's browser calls itself.
    pub user_agent: String,
}

/// What became of a [`Load`], redirects followed.
pub enum Loaded {
    /// A page.
    Page {
        /// Its address in the end.
        url: Url,
        /// Its status.
        status: u16,
        /// The page.
        html: String,
    },
    /// Nothing.
    Failed {
        /// What was asked for.
        url: Url,
        /// Why.
        why: String,
    },
}

/// What a driver is to do.
pub enum Effect {
    /// The phone is on the access point: give it an address and report that.
    Configure {
        /// The phone.
        phone: PhoneId,
    },
    /// Carry out a phone's exchange and report its progress.
    Open {
        /// The phone.
        phone: PhoneId,
        /// The number by which to report.
        id: ExchangeId,
        /// What to do.
        exchange: Exchange,
    },
    /// Give an exchange up; nothing more is to be reported of it.
    Abandon {
        /// The phone.
        phone: PhoneId,
        /// The exchange.
        id: ExchangeId,
    },
    /// Load a page for a phone's owner.
    Load {
        /// The phone.
        phone: PhoneId,
        /// What to load.
        load: Load,
    },
    /// The phone is off the access point: its sockets are cut, all of them.
    Cut {
        /// The phone.
        phone: PhoneId,
    },
}

/// The world of one scenario.
pub struct World {
    air: Air,
    device: Device,
    flash: Flash,
    phones: Vec<PhoneNode>,
    script: Script,
    failures: Vec<JoinFailure>,
    seed: u64,
    /// How often a network got another passphrase.
    new_passphrases: usize,
    trace: Trace,
    effects: VecDeque<Effect>,
    stirred: bool,
    device_name: Arc<str>,
    world_name: Arc<str>,
}

impl World {
    /// The world of `scenario`, before anything has happened. `flash` is the device's, if it is
    /// to remember something from another run.
    pub fn new(scenario: &Scenario, seed: u64, layout: &Layout, flash: Option<Flash>) -> Self {
        let networks: Vec<Network> = scenario
            .networks
            .iter()
            .enumerate()
            .map(|(number, spec)| network(spec, number, seed, layout.homes[number]))
            .collect();
        let flash = flash.unwrap_or_else(|| Flash::in_memory(FLASH_SECTORS));
        store_beforehand(&scenario.device, &networks, &flash);
        let phones = scenario
            .phones
            .iter()
            .enumerate()
            .map(|(id, spec)| PhoneNode::new(id, spec, &networks, seed))
            .collect();
        Self {
            air: Air::new(networks),
            device: Device::new(config(&scenario.device, layout), flash.clone(), seed),
            flash,
            phones,
            script: Script::new(scenario.steps.clone()),
            failures: Vec::new(),
            seed,
            new_passphrases: 0,
            trace: Trace::default(),
            effects: VecDeque::new(),
            stirred: false,
            device_name: "device".into(),
            world_name: "world".into(),
        }
    }

    /// The beginning: the device gets power.
    pub fn start(&mut self, now: Instant) {
        self.power_on(now);
        self.settle(now);
    }

    // Time.

    /// Something that was due may have come.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some(portal) = self.device.portal()
            && portal.poll_timeout().is_some_and(|due| due <= now)
        {
            portal.handle_timeout(now);
            self.stirred = true;
        }
        for phone in &mut self.phones {
            phone.handle_timeout(now, &mut self.air);
        }
        self.settle(now);
    }

    /// When something is next due.
    #[must_use]
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        let device = self.device.portal().and_then(|portal| portal.poll_timeout());
        let phones = self.phones.iter().filter_map(PhoneNode::poll_timeout).min();
        [device, phones, self.air.poll_timeout(), self.script.poll_timeout()].into_iter().flatten().min()
    }

    /// What the driver is to do next.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether something happened since this was last asked that may concern any of the device's
    /// connections, not only the one that a call was about: a deadline, the access point going.
    #[must_use]
    pub fn take_stirred(&mut self) -> bool {
        std::mem::take(&mut self.stirred)
    }

    // The device's sockets.

    /// Whether anyone can reach the device on this interface.
    pub fn is_reachable(&mut self, interface: Interface) -> bool {
        match interface {
            Interface::AccessPoint => self.air.access_point_is_up(),
            Interface::Home => self.device.portal().is_some_and(|portal| portal.home().is_some()),
        }
    }

    /// A datagram reached the device.
    pub fn device_datagram(&mut self, arrival: Arrival, payload: &[u8], reply: &mut [u8]) -> Option<Reply> {
        if !self.is_reachable(arrival.interface) {
            return None;
        }
        self.device.portal()?.handle_datagram(arrival, payload, reply)
    }

    /// A connection to the device was accepted.
    pub fn device_open(&mut self, connection: usize, interface: Interface, now: Instant) {
        if let Some(portal) = self.device.portal() {
            portal.handle_open(connection, interface, now);
        }
        self.settle(now);
    }

    /// Bytes reached the device on a connection; returns how many it took.
    #[must_use]
    pub fn device_received(&mut self, connection: usize, bytes: &[u8], now: Instant) -> usize {
        let taken = match self.device.portal() {
            Some(portal) => portal.handle_received(connection, bytes, now),
            None => bytes.len(),
        };
        self.settle(now);
        taken
    }

    /// The client of a connection will send no more.
    pub fn device_received_end(&mut self, connection: usize, now: Instant) {
        if let Some(portal) = self.device.portal() {
            portal.handle_received_end(connection, now);
        }
        self.settle(now);
    }

    /// Whether there is a connection of that number that is not to be closed.
    pub fn device_is_open(&mut self, connection: usize) -> bool {
        self.device.portal().is_some_and(|portal| portal.is_open(connection))
    }

    /// What the device sends on a connection.
    #[must_use]
    pub fn device_send(&mut self, connection: usize, out: &mut [u8], now: Instant) -> Transfer {
        let Some(portal) = self.device.portal() else {
            return Transfer::Close;
        };
        let transfer = portal.poll_send(connection, out, now);
        self.settle(now);
        transfer
    }

    /// A connection to the device is gone.
    pub fn device_closed(&mut self, connection: usize) {
        if let Some(portal) = self.device.portal() {
            portal.handle_closed(connection);
        }
    }

    // The phones' addresses, exchanges and pages.

    /// A phone has an address on the access point.
    pub fn phone_configured(&mut self, phone: PhoneId, link: Link, now: Instant) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.configured(link, now);
        }
        self.settle(now);
    }

    /// A phone's exchange went on.
    pub fn phone_progress(&mut self, phone: PhoneId, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.progress(id, progress, now, &mut self.trace);
        }
        self.settle(now);
    }

    /// A page that an owner's sheet loaded is there.
    pub fn page_loaded(&mut self, phone: PhoneId, load: u64, loaded: Loaded, now: Instant) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.loaded(load, loaded, now, &mut self.trace);
        }
        self.settle(now);
    }

    // What people do to it.

    /// Carries out a step of a script, or what a person at the dashboard asks for.
    pub fn act(&mut self, act: Act, now: Instant) {
        self.note_world(now, What::Step { does: act.to_string() });
        match act {
            Act::Restart => {
                self.power_off(now);
                self.power_on(now);
            }
            Act::PowerOff => self.power_off(now),
            Act::PowerOn => self.power_on(now),
            Act::Clear => self.clear(now),
            Act::NetworkOn(ssid) => self.air.set_on_air(ssid.as_bytes(), true),
            Act::NetworkOff(ssid) => self.air.set_on_air(ssid.as_bytes(), false),
            Act::NewPassphrase(ssid) => self.new_passphrase(&ssid),
            Act::PhoneJoins(phone) => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.wants_to_join(now);
                }
            }
            Act::PhoneLeaves(phone) => self.air.phone_leaves(phone),
        }
        self.settle(now);
    }

    /// A further phone comes along, and its owner looks for the device. Returns its number.
    pub fn add_phone(&mut self, spec: &PhoneSpec, now: Instant) -> PhoneId {
        let id = self.phones.len();
        let mut node = PhoneNode::new(id, spec, self.air.networks(), self.seed);
        self.note_world(now, What::Step { does: format!("a further phone comes along: {}", node.name()) });
        node.wants_to_join(now);
        self.phones.push(node);
        self.settle(now);
        id
    }

    fn power_on(&mut self, now: Instant) {
        if !self.device.has_power() {
            self.note_device(now, What::Power { on: true });
            self.device.power_on(now);
        }
    }

    fn power_off(&mut self, now: Instant) {
        if self.device.has_power() {
            self.device.power_off();
            self.air.device_off();
            self.note_device(now, What::Power { on: false });
            self.stirred = true;
        }
    }

    fn clear(&mut self, now: Instant) {
        if let Some(portal) = self.device.portal() {
            // A fault is reported as an event; the portal opens all the same.
            let _ = portal.clear(now);
            portal.setup(now);
        }
    }

    fn new_passphrase(&mut self, ssid: &Ssid) {
        // Another one than any that the seed has made up so far.
        let number = self.air.networks().len() + self.new_passphrases;
        self.new_passphrases += 1;
        let passphrase = made_up_passphrase(self.seed, number);
        self.air.set_passphrase(ssid.as_bytes(), &passphrase);
        for phone in &mut self.phones {
            phone.learn(ssid, &passphrase);
        }
    }

    // Getters.

    /// What has happened.
    pub fn trace(&mut self) -> &mut Trace {
        &mut self.trace
    }

    /// The air.
    pub fn air(&self) -> &Air {
        &self.air
    }

    /// The device.
    pub fn device(&mut self) -> &mut Device {
        &mut self.device
    }

    /// The phones' names and what has come of it for them.
    pub fn phones(&self) -> impl Iterator<Item = &PhoneNode> {
        self.phones.iter()
    }

    /// What it has come to, for a judge.
    pub fn standing(&mut self) -> Standing {
        Standing {
            state: self.device.portal().map(|portal| portal.state()),
            joined: self.air.joined_network().map(|network| network.ssid),
            stored: stored_network(&self.flash),
            failures: self.failures.clone(),
            script_done: self.script.is_done(),
            phones: self.phones.iter().map(|phone| phone.standing().clone()).collect(),
        }
    }

    // The world's own clockwork.

    /// Carries what came of one thing to whom it concerns, until nothing moves.
    fn settle(&mut self, now: Instant) {
        loop {
            let mut moved = self.settle_device(now);
            while let Some(report) = self.air.poll(now) {
                self.deliver(report, now);
                moved = true;
            }
            for phone in &mut self.phones {
                moved |= phone.settle(now, &mut self.air, &mut self.trace, &mut self.effects);
            }
            if let Some(act) = self.script.poll(now) {
                self.act(act, now);
                moved = true;
            }
            if !moved {
                return;
            }
        }
    }

    fn settle_device(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(event) = self.device.portal().and_then(|portal| portal.poll_event()) {
            self.note_event(event, now);
            moved = true;
        }
        while let Some(command) = self.device.portal().and_then(|portal| portal.radio_mut().take()) {
            self.air.command(command, now);
            moved = true;
        }
        moved
    }

    fn deliver(&mut self, report: Report, now: Instant) {
        match report {
            Report::Device(event) => {
                if let Some(portal) = self.device.portal() {
                    portal.handle_radio(event, now);
                }
                if event == RadioEvent::AccessPointUp {
                    for phone in &mut self.phones {
                        phone.access_point_is_up(now);
                    }
                }
            }
            Report::PhoneJoined(phone) => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.associated(now, &mut self.trace);
                    self.effects.push_back(Effect::Configure { phone });
                }
            }
            Report::PhoneLeft(phone) => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.dissociated(now, &mut self.trace);
                    self.effects.push_back(Effect::Cut { phone });
                }
            }
        }
    }

    fn note_event(&mut self, event: Event, now: Instant) {
        let what = match event {
            Event::State { from, on, to } => {
                self.stirred = true;
                self.script.state_reached(to, now);
                What::State { from: format!("{from:?}"), on: format!("{on:?}"), to: format!("{to:?}") }
            }
            Event::AccessPoint { up } => {
                self.stirred = true;
                What::AccessPoint { up }
            }
            Event::Answered { interface, status, answer, .. } => {
                What::Answered { status, answer: format!("{answer:?}"), interface: format!("{interface:?}") }
            }
            Event::Submitted { ssid } => What::Submitted { ssid: ssid.to_string() },
            Event::Rejected(problem) => What::Rejected { problem: format!("{problem:?}") },
            Event::JoinFailed { ssid, reason } => {
                self.failures.push(reason);
                What::JoinFailed { ssid: ssid.to_string(), reason: format!("{reason:?}") }
            }
            Event::Joined { ssid, link } => {
                What::Joined { ssid: ssid.to_string(), address: link.address.to_string() }
            }
            Event::Stored { ssid } => What::Stored { ssid: ssid.to_string() },
            Event::Forgotten => What::Forgotten,
            Event::ResultRead => What::ResultRead,
            Event::StorageFault(fault) => What::StorageFault { fault: format!("{fault:?}") },
        };
        self.note_device(now, what);
    }

    fn note_device(&mut self, now: Instant, what: What) {
        self.trace.add(now, &self.device_name, what);
    }

    fn note_world(&mut self, now: Instant, what: What) {
        self.trace.add(now, &self.world_name, what);
    }
}

fn config(spec: &DeviceSpec, layout: &Layout) -> Config {
    let mut config = Config::new(spec.name.get_ref().0);
    config.address = layout.device;
    config.http_port = layout.http_port;
    config.home_port = layout.home_port;
    let override_with = |choice: &mut std::time::Duration, given: Option<std::time::Duration>| {
        if let Some(given) = given {
            *choice = given;
        }
    };
    override_with(&mut config.knock_interval, spec.knock_interval);
    override_with(&mut config.join_patience, spec.join_patience);
    override_with(&mut config.result_patience, spec.result_patience);
    override_with(&mut config.result_linger, spec.result_linger);
    if let Some(attempts) = spec.stored_attempts {
        config.stored_attempts = attempts;
    }
    if spec.stay_captive {
        config.after_joining = AfterJoining::StayCaptive;
    }
    config
}

fn network(spec: &NetworkSpec, number: usize, seed: u64, address: Ipv4Addr) -> Network {
    let security = Security::from(spec.security);
    let passphrase = match (&spec.passphrase, security) {
        (_, Security::Open | Security::Enterprise) => Passphrase::open(),
        (Some(secret), _) => secret.0.clone(),
        (None, _) => made_up_passphrase(seed, number),
    };
    Network {
        ssid: spec.ssid.get_ref().0,
        // Locally administered, so that it is nobody's.
        bssid: MacAddress([0x02, 0x76, 0x65, 0x73, 0x00, number as u8]),
        security,
        passphrase,
        channel: *spec.channel.get_ref(),
        signal: spec.signal,
        on_air: spec.on_air,
        hidden: spec.hidden,
        hands_out_addresses: spec.hands_out_addresses,
        address,
    }
}

/// The passphrase that somebody types who means to try `which` of this network.
fn typed(which: &Try, right: &Passphrase) -> Vec<u8> {
    match which {
        Try::Right => right.expose().to_vec(),
        Try::Wrong => b"not the right one".to_vec(),
        Try::TooShort => b"short77".to_vec(),
    }
}

fn store_beforehand(spec: &DeviceSpec, networks: &[Network], flash: &Flash) {
    let Some(stored) = &spec.stored else {
        return;
    };
    let ssid = stored.get_ref().0;
    let right = networks.iter().find(|network| network.ssid == ssid).map(|network| &network.passphrase);
    let secret = typed(&spec.stored_passphrase, right.unwrap_or(&Passphrase::open()));
    if let Ok(passphrase) = Passphrase::new(&secret) {
        // A fresh flash in memory takes it.
        let _ =
            vestibule_core::credentials::Store::new(flash.clone()).save(&Credentials { ssid, passphrase });
    }
}

/// The network whose credentials a flash holds; `None` also when it cannot be read.
pub fn stored_network(flash: &Flash) -> Option<Ssid> {
    let stored = vestibule_core::credentials::Store::new(flash.clone()).load();
    stored.ok().flatten().map(|credentials| credentials.ssid)
}

/// Where a phone's exchange is to go, as the phone means it.
pub fn destination(exchange: &Exchange) -> SocketAddrV4 {
    match exchange {
        Exchange::Datagram { to, .. } | Exchange::Stream { to, .. } | Exchange::Tls { to, .. } => *to,
    }
}

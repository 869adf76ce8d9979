//! A world: one device, the networks around it, phones and their owners, and a script. It is
//! sans-IO, so that every driver runs the same one: [`loopback`] carries its bytes over real
//! sockets in real time, [`virtual_time`] carries frames in a time of its own, [`qemu`] carries them
//! to and from the device's machine code.
//!
//! A driver tells it what happened and asks `World::poll_effect` what to do, until there is
//! nothing; then it waits for bytes or for `World::poll_timeout`.

mod actions;
mod details;
mod effect;
pub mod loopback;
mod mishaps;
mod mutant;
mod phones;
pub mod qemu;
mod run_outcome;
mod script;
mod setting;
mod sockets;
#[cfg(test)]
mod tests;
pub mod virtual_time;
mod witness;

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddrV4;
use std::sync::Arc;

use smoltcp::wire::Ipv4Cidr;
use vestibule_core::{
    ConnectionId, Credentials, Event, Instant, JoinFailure, Radio as _, RadioCommand, RadioEvent, Ssid,
    StationAddress,
};

use crate::device::{Device, DeviceMessage};
use crate::flash::Flash;
use crate::invariant::Seen;
pub use crate::invariant::{Violation, ViolationKind};
use crate::phone::{Exchange, ExchangeId, Link, Progress};
use crate::radio::{Air, Association, PhoneId, Report, Sender, Separation};
use crate::scenario::Scenario;
use crate::scenario::judge::RunState;
use crate::trace::{Trace, What};
use crate::webhook::Receiver;
#[cfg(feature = "cli")]
pub(crate) use details::security_name;
pub(crate) use effect::{Effect, Layout, Load, Loaded};
use mishaps::Mishaps;
use mutant::{Done, MutantDevice};
use phones::Label;
pub(crate) use phones::PhoneNode;
pub use run_outcome::RunOutcome;
use script::Script;
pub(crate) use setting::WRONG;
use setting::{config, networks, passphrase_typed, store_beforehand, typed};
use witness::Witness;

/// Sectors of the simulated credential partition.
pub(crate) const FLASH_SECTORS: usize = 2;

/// The world of one scenario.
///
/// It is driven by one of the drivers, [`virtual_time::VirtualTime`] or [`loopback::Loopback`], which have
/// examples; what they carry for it is an [`Effect`].
pub(crate) struct World {
    air: Air,
    device: Device,
    flash: Flash,
    /// What the flash held at that version.
    stored: (Option<u64>, Option<Ssid>),
    phones: Vec<PhoneNode>,
    script: Script,
    mishaps: Mishaps,
    /// What the device's radio joins with, or has joined with.
    joining: Option<Credentials>,
    witness: Option<Witness>,
    failures: Vec<JoinFailure>,
    receiver: Receiver,
    /// The known bug that the device has on purpose.
    mutant: Option<MutantDevice>,
    /// How often the access point was raised inside the subnet of the network last joined.
    clashes: usize,
    last_subnet: Option<Ipv4Cidr>,
    seed: u64,
    /// How often a network got another passphrase.
    new_passphrases: usize,
    trace: Trace,
    drawn: details::Drawn,
    effects: VecDeque<Effect>,
    service_wake: bool,
    /// The device's connections that there are.
    open: BTreeSet<ConnectionId>,
    /// Those of them that have something to send, or are to be closed.
    ready: BTreeSet<ConnectionId>,
    device_name: Arc<str>,
    world_name: Arc<str>,
}

impl World {
    /// The world of `scenario`, before anything has happened. `flash` is the device's, if it is
    /// to remember something from another run.
    pub(crate) fn new(scenario: &Scenario, seed: u64, layout: &Layout, flash: Option<Flash>) -> Self {
        let networks = networks(scenario, seed, layout);
        let flash = flash.unwrap_or_else(|| Flash::in_memory(FLASH_SECTORS));
        store_beforehand(&scenario.device, &networks, &flash);
        let mutant = scenario.device.mutant;
        let mut config = config(&scenario.device, seed, layout);
        if let Some(mutant) = mutant {
            MutantDevice::configure(mutant, &mut config);
        }
        let mutant = mutant.map(|mutant| MutantDevice::new(mutant, &config));
        let label = Label::of(&config);
        let phones = scenario
            .phones
            .iter()
            .enumerate()
            .map(|(id, spec)| PhoneNode::new(id, spec, &networks, &label, seed))
            .collect();
        let mut device = Device::new(config, flash.clone(), seed);
        if scenario.device.webhook.is_some() {
            device.enable_webhook();
        }
        let mut air = Air::new(networks, seed);
        if scenario.device.home_address.is_some() {
            air.device_asks_for_no_address();
        }
        Self {
            air,
            device,
            flash,
            stored: (None, None),
            phones,
            mutant,
            clashes: 0,
            last_subnet: None,
            script: Script::new(scenario.steps.clone()),
            mishaps: Mishaps::new(scenario),
            joining: None,
            witness: None,
            failures: Vec::new(),
            receiver: Receiver::busy(scenario.device.webhook.as_ref().map_or(0, |webhook| webhook.busy)),
            seed,
            new_passphrases: 0,
            trace: Trace::default(),
            drawn: details::Drawn::default(),
            effects: VecDeque::new(),
            service_wake: false,
            open: BTreeSet::new(),
            ready: BTreeSet::new(),
            device_name: "device".into(),
            world_name: "world".into(),
        }
    }

    /// The beginning: the device gets power.
    pub(crate) fn start(&mut self, now: Instant) {
        self.power_on(now);
        self.settle(now);
    }

    // Time.

    /// Something that was due may have come.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let clock = self.device.clock(now);
        if self.device.poll_timeout().is_some_and(|due| due <= now)
            && let Some(portal) = self.device.portal()
        {
            portal.handle_timeout(clock);
            self.service_wake = true;
        }
        for phone in &mut self.phones {
            phone.handle_timeout(now, &mut self.air);
        }
        self.settle(now);
    }

    /// When something is next due.
    #[must_use]
    pub(crate) fn poll_timeout(&mut self) -> Option<Instant> {
        let phones = self.phones.iter().filter_map(PhoneNode::poll_timeout).min();
        let (script, mishaps) = (self.script.poll_timeout(), self.mishaps.poll_timeout());
        [self.device.poll_timeout(), phones, self.air.poll_timeout(), script, mishaps]
            .into_iter()
            .flatten()
            .min()
    }

    /// What the driver is to do next.
    #[must_use]
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether the device's mDNS and webhook may have something to send since the last call: after a deadline,
    /// a change of state, or the end of the access point.
    #[must_use]
    pub(crate) fn take_service_wake(&mut self) -> bool {
        std::mem::take(&mut self.service_wake)
    }

    // A device that runs outside this process.

    /// A device that runs outside this process has sent a message.
    pub(crate) fn device_message(&mut self, message: DeviceMessage, now: Instant) {
        self.device.handle_message(message);
        self.settle(now);
    }

    /// The device's flash: what it holds of networks, whoever writes it.
    pub(crate) fn flash(&self) -> &Flash {
        &self.flash
    }

    // The phones' addresses, exchanges and pages.

    /// A phone has an address on the access point, and was told there of this captive portal API
    /// (DHCP option 114).
    pub(crate) fn phone_configured(
        &mut self,
        phone: PhoneId,
        link: Link,
        captive_portal_api: Option<&str>,
        now: Instant,
    ) {
        let port = self.device.config().http_port;
        if let Some(node) = self.phones.get_mut(phone) {
            node.configured(link, captive_portal_api, port, now);
        }
        self.settle(now);
    }

    /// The network that the device's station is associated with has given it an address.
    pub(crate) fn device_configured(&mut self, association: Association, link: StationAddress, now: Instant) {
        self.air.address_given(association, link);
        self.settle(now);
    }

    /// The device's address on the home network is not its own any more.
    pub(crate) fn device_deconfigured(&mut self, now: Instant) {
        self.air.address_lost();
        self.settle(now);
    }

    /// A phone's exchange went on.
    pub(crate) fn phone_progress(
        &mut self,
        phone: PhoneId,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
    ) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.progress(id, progress, now, &mut self.trace);
        }
        self.settle(now);
    }

    /// A page that an owner's sheet loaded is there.
    pub(crate) fn page_loaded(&mut self, phone: PhoneId, load: u64, loaded: Loaded, now: Instant) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.loaded(load, loaded, now, &mut self.trace);
        }
        self.settle(now);
    }

    /// What an owner on the home network loaded is there.
    pub(crate) fn visited(&mut self, phone: PhoneId, load: u64, loaded: Loaded, now: Instant) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.visited(load, loaded, now, &mut self.trace);
        }
        self.settle(now);
    }

    // Getters.

    /// What has happened.
    pub(crate) fn trace(&mut self) -> &mut Trace {
        &mut self.trace
    }

    /// The air.
    pub(crate) fn air(&self) -> &Air {
        &self.air
    }

    /// The device.
    pub(crate) fn device(&mut self) -> &mut Device {
        &mut self.device
    }

    /// The phones.
    pub(crate) fn phones(&self) -> impl Iterator<Item = &PhoneNode> {
        self.phones.iter()
    }

    /// The network that the flash holds. Read anew only when the flash has changed.
    fn stored_network(&mut self) -> Option<Ssid> {
        let version = self.flash.version();
        if self.stored.0 != Some(version) {
            self.stored = (Some(version), stored_network(&self.flash));
        }
        self.stored.1
    }

    /// The state of the run, to be compared with what the scenario expects.
    pub(crate) fn run_state(&mut self) -> RunState {
        RunState {
            state: self.device.state(),
            joined: self.air.joined_network().map(|network| network.ssid),
            stored: self.stored_network(),
            failures: self.failures.clone(),
            clashes: self.clashes,
            notified: !self.receiver.bodies().is_empty(),
            script_done: self.script.is_done(),
            phones: self.phones.iter().map(|phone| phone.run_state().clone()).collect(),
        }
    }

    // The world's own clockwork.

    /// Carries what came of one thing to whom it concerns, until nothing moves.
    fn settle(&mut self, now: Instant) {
        loop {
            let mut moved = self.settle_mishaps(now) | self.settle_device(now);
            while let Some(report) = self.air.poll(now) {
                self.deliver(report, now);
                moved = true;
            }
            for phone in &mut self.phones {
                moved |= phone.settle(now, &mut self.air, &mut self.trace, &mut self.effects);
            }
            if let Some(action) = self.script.poll(now) {
                self.act(action, now);
                moved = true;
            }
            if !moved {
                self.collect_ready();
                self.note_details(now);
                return;
            }
        }
    }

    fn settle_device(&mut self, now: Instant) -> bool {
        let mut moved = false;
        if let Some(name) = self.device.follow_home_link(now) {
            self.note_device(now, What::Named { name: name.as_str().into() });
            moved = true;
        }
        while let Some(event) = self.device.poll_event() {
            self.note_event(event, now);
            moved = true;
        }
        while let Some(command) = self.device.poll_radio() {
            if let RadioCommand::Join(credentials) = &command {
                #[cfg(feature = "mutant-early-commit")]
                mutant::build_time::commit_early(&self.flash, credentials);
                self.joining = Some(credentials.clone());
            }
            moved = true;
            let done = match &mut self.mutant {
                Some(mutant) => mutant.command(command, &self.flash),
                None => Done::Command(command),
            };
            match done {
                Done::Command(command) => {
                    self.note_clash(&command);
                    self.air.device_radio(now).command(command);
                }
                Done::Report(event) => self.device.handle_radio(event, now),
                Done::Nothing => {}
            }
        }
        moved
    }

    /// Counts an access point among the addresses of the network that was last joined. Where addresses are
    /// loopback's own, it never is.
    fn note_clash(&mut self, command: &RadioCommand) {
        if let RadioCommand::RaiseAccessPoint(raised) = command {
            let there = self.last_subnet.is_some_and(|subnet| subnet.contains_addr(&raised.address));
            self.clashes += usize::from(there);
        }
    }

    fn deliver(&mut self, report: Report, now: Instant) {
        match report {
            Report::Device(event) => {
                if let (RadioEvent::Joined(_), Some(credentials)) = (&event, self.joining.clone()) {
                    self.see(|| Seen::Worked(credentials));
                    #[cfg(feature = "mutant-erase-first")]
                    mutant::build_time::erase_first(&mut self.device, &self.flash);
                }
                let event = match &mut self.mutant {
                    Some(mutant) => mutant.report(event, &self.flash),
                    None => event,
                };
                if let RadioEvent::Joined(_) = event {
                    self.last_subnet = self.air.joined_network().map(|network| network.subnet.cidr);
                }
                self.device.handle_radio(event, now);
                if event == RadioEvent::AccessPointUp {
                    for phone in &mut self.phones {
                        phone.access_point_is_up(now);
                    }
                }
            }
            Report::Said { network, sender, message, lost } => {
                let Some(network) = self.air.networks().get(network) else { return };
                let (ssid, bssid) = (network.ssid.to_string(), network.bssid.to_string());
                let (message, sent) = (message.to_string(), sender == Sender::Device);
                self.note_device(now, What::Message { sent, message, ssid, bssid, lost });
            }
            Report::JoinDied { ssid, stage, reason } => {
                let (ssid, stage) = (ssid.to_string(), format!("{stage:?}"));
                self.note_device(now, What::JoinDied { ssid, stage, reason });
            }
            Report::LinkLost { reason } => self.note_device(now, What::LinkLost { reason }),
            Report::ChannelMoved { to } => self.note_device(now, What::ChannelMoved { to }),
            Report::PhoneSaid { phone, by_phone, message, lost } => {
                let name = self.phones.get(phone).map(PhoneNode::shared_name);
                let bssid = virtual_time::DEVICE_MAC.to_string();
                let (ssid, message) = (self.device.config().name.to_string(), message.to_string());
                if let Some(name) = name {
                    self.trace.add(now, &name, What::Message { sent: by_phone, message, ssid, bssid, lost });
                }
            }
            Report::PhoneRefused { phone, why } => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.not_let_in(why, now, &mut self.trace);
                }
            }
            Report::PhoneJoined(phone) => {
                if let Some(node) = self.phones.get_mut(phone) {
                    node.associated(now, &mut self.trace);
                    self.effects.push_back(Effect::Configure { phone });
                }
            }
            Report::PhoneLeft { phone, how } => {
                if let Some(node) = self.phones.get_mut(phone) {
                    if let Some(reason) = how.reason() {
                        let name = node.name().into();
                        self.trace.add(now, &name, What::LinkLost { reason });
                    }
                    let moved = how == Separation::ChannelMoved;
                    node.dissociated(&self.air, moved, now, &mut self.trace);
                    self.effects.push_back(Effect::CloseSockets { phone });
                }
            }
        }
    }

    fn note_event(&mut self, event: Event, now: Instant) {
        let what = match event {
            Event::State { from, on, to } => {
                self.service_wake = true;
                self.script.state_reached(to, now);
                What::State { from: format!("{from:?}"), on: format!("{on:?}"), to: format!("{to:?}") }
            }
            Event::AccessPoint { up } => {
                self.service_wake = true;
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
            Event::ResultDelivered(_) => What::ResultDelivered,
            Event::StorageFault(fault) => What::StorageFault { fault: format!("{fault:?}") },
            unknown => {
                tracing::warn!("the trace has no word for an event of the device: {unknown:?}");
                return;
            }
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

/// The network whose credentials a flash holds; `None` also when it cannot be read.
pub(crate) fn stored_network(flash: &Flash) -> Option<Ssid> {
    stored_credentials(flash).map(|credentials| credentials.ssid)
}

/// The credentials that a flash holds. Read from a copy: reading may finish a wipe that was cut,
/// and that is for the device to do.
pub(crate) fn stored_credentials(flash: &Flash) -> Option<Credentials> {
    let memory = vestibule_core::credentials::Store::new(flash.copy()).load().ok()?;
    memory.networks().first().cloned()
}

/// Where a phone's exchange is to go, as the phone means it.
pub(crate) fn destination(exchange: &Exchange) -> SocketAddrV4 {
    match exchange {
        Exchange::Datagram { to, .. } | Exchange::Stream { to, .. } | Exchange::Tls { to, .. } => *to,
    }
}

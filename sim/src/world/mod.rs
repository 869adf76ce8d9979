//! A world: one device, the networks around it, phones and their owners, and a script. It is
//! sans-IO, so that every driver runs the same one: [`loopback`] carries its bytes over real
//! sockets in real time, [`virtual_time`] carries frames in a time of its own, [`external`] carries them
//! to and from a device outside this process: its machine code, or any program.
//!
//! A driver tells it what happened and asks `World::poll_effect` what to do, until there is
//! nothing; then it waits for bytes or for `World::poll_timeout`.

mod actions;
mod device_messages;
mod device_node;
mod effect;
pub mod external;
mod fault_injection;
pub mod loopback;
mod mutant;
mod passphrases;
mod phones;
mod reports;
mod run_log;
mod run_outcome;
mod script;
mod setup;
mod snapshots;
mod sockets;
#[cfg(test)]
mod tests;
pub mod virtual_time;

use std::net::SocketAddrV4;
use std::sync::Arc;

use memchr::memmem;
use vestibule_core::{Credentials, Instant, Ssid, StationAddress};

pub use crate::device::SimulatedKey;
use crate::device::{Device, DeviceMessage};
use crate::fault::Fault;
use crate::flash::Flash;
use crate::invariant::Observation;
pub use crate::invariant::{Violation, ViolationKind};
use crate::phone::{Exchange, ExchangeId, Link, Progress};
use crate::radio::{Air, Association, PhoneId};
use crate::scenario::Scenario;
use crate::scenario::judge::RunState;
use crate::trace::{Trace, seconds};
use crate::webhook::Receiver;
use device_node::{DeviceNode, Observations, stored_memory};
pub(crate) use effect::{Effect, Layout, Load, Loaded, NO_PROVIDER, SecurePage};
use fault_injection::FaultInjection;
use passphrases::NewPassphrases;
pub(crate) use phones::PhoneNode;
use phones::{Label, Phones, SecureHosts};
use run_log::RunLog;
pub use run_outcome::RunOutcome;
use script::Script;
use setup::{config, device_key, networks, store_beforehand};
#[cfg(feature = "cli")]
pub(crate) use snapshots::security_name;

/// Sectors of the simulated credential partition.
pub(crate) const FLASH_SECTORS: usize = 2;

/// What a device keeps from one run to another.
///
/// ```
/// use vestibule::flash::Flash;
/// use vestibule::world::Kept;
///
/// let kept = Kept::from(Flash::in_memory(2));
/// assert!(kept.key.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its flash.
    pub flash: Flash,
    /// The secret of its chip, if it has one with which it seals what it stores.
    pub key: Option<SimulatedKey>,
}

impl From<Flash> for Kept {
    fn from(flash: Flash) -> Self {
        Self { flash, key: None }
    }
}

/// The world of one scenario.
///
/// It is driven by one of the drivers, [`virtual_time::VirtualTime`] or [`loopback::Loopback`], which have
/// examples; what they carry for it is an [`Effect`].
pub(crate) struct World {
    air: Air,
    device_node: DeviceNode,
    phones: Phones,
    script: Script,
    fault_injection: FaultInjection,
    webhook_receiver: Receiver,
    passphrases: NewPassphrases,
    log: RunLog,
}

impl World {
    /// The world of `scenario`, before anything has happened. `kept` is what the device has from another run, if it is
    /// to remember something.
    pub(crate) fn new(scenario: &Scenario, seed: u64, layout: &Layout, kept: Option<Kept>) -> Self {
        let spec = &scenario.device;
        let networks = networks(scenario, seed, layout);
        let Kept { flash, key } = kept
            .unwrap_or_else(|| Kept { flash: Flash::in_memory(FLASH_SECTORS), key: device_key(spec, seed) });
        store_beforehand(spec, &networks, &flash, seed);
        let device_node = DeviceNode::new(spec, config(spec, seed, layout), flash, key, seed);
        let label = Label::of(device_node.device.config(), spec.mutant);
        let mut phones = Phones::new(SecureHosts::of(spec, layout), seed);
        for phone in &scenario.phones {
            phones.add(phone, &networks, &label);
        }
        let passphrases = NewPassphrases::new(seed, networks.len());
        let mut air = Air::new(networks, seed);
        air.set_capabilities(mutant::capabilities(spec));
        air.set_tells_stage(spec.radio.tells_stage);
        if spec.home_address.is_some() {
            air.device_asks_for_no_address();
        }
        for fault in &scenario.faults {
            if let Fault::LeaseChange { network, lease } = &fault.get_ref().fault {
                air.lend_for(network.0.as_bytes(), *lease);
            }
        }
        Self {
            air,
            device_node,
            phones,
            script: Script::new(scenario.steps.clone()),
            fault_injection: FaultInjection::new(scenario),
            webhook_receiver: Receiver::busy(spec.webhook.as_ref().map_or(0, |webhook| webhook.busy)),
            passphrases,
            log: RunLog::new(),
        }
    }

    /// Begins: the device gets power.
    pub(crate) fn start(&mut self, now: Instant) {
        self.device_node.power_on(&mut self.log, now);
        self.settle(now);
    }

    /// The captive portal API that the device names by DHCP.
    pub(crate) fn captive_portal(&mut self) -> Option<&'static str> {
        self.device_node.device.config().captive_portal.map(|api| api.as_str())
    }

    // Time.

    /// Does what is due at this time.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.device_node.handle_timeout(now);
        self.phones.handle_timeout(now, &mut self.air);
        self.settle(now);
    }

    /// When something is next due.
    #[must_use]
    pub(crate) fn poll_timeout(&mut self) -> Option<Instant> {
        let (device, phones) = (self.device_node.poll_timeout(), self.phones.poll_timeout());
        let (script, faults) = (self.script.poll_timeout(), self.fault_injection.poll_timeout());
        [device, phones, self.air.poll_timeout(), script, faults].into_iter().flatten().min()
    }

    /// What the driver is to do next.
    #[must_use]
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.phones.poll_effect()
    }

    /// Whether the device's mDNS and webhook may have something to send since the last call: after a deadline,
    /// a change of state, or the end of the access point.
    #[must_use]
    pub(crate) fn take_service_wake(&mut self) -> bool {
        self.device_node.take_service_wake()
    }

    // A device that runs outside this process.

    /// A device that runs outside this process has sent a message.
    pub(crate) fn device_message(&mut self, message: DeviceMessage, now: Instant) {
        self.device_node.device.handle_message(message);
        self.settle(now);
    }

    /// A frame reaches a device that runs outside this process.
    pub(crate) fn device_hears(&mut self, frame: &[u8]) {
        if let Some(request) = memmem::find(frame, b"POST ").and_then(|at| frame.get(at..)) {
            self.device_node.hears(request);
        }
    }

    /// The device has joined what its radio was last told to join with, and cannot say so any more.
    pub(crate) fn observe_last_commanded(&mut self) {
        if let Some(credentials) = self.device_node.joins().last_commanded().cloned() {
            self.observe(|| Observation::Joined(credentials));
        }
    }

    /// The device's flash with its credentials, whether the simulated device writes it or one outside.
    pub(crate) fn flash(&self) -> &Flash {
        self.device_node.flash()
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
        let port = self.device_node.device.config().http_port;
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

    /// The network that the device has joined has told it that there is a captive portal.
    pub(crate) fn device_hears_of_portal(&mut self, now: Instant) {
        self.device_node.device.handle_captive_home();
        self.settle(now);
    }

    /// The device's address on the home network is not its own any more.
    pub(crate) fn device_deconfigured(&mut self, now: Instant) {
        self.air.address_lost();
        self.settle(now);
    }

    /// A phone's exchange has progressed.
    pub(crate) fn phone_progress(
        &mut self,
        phone: PhoneId,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
    ) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.progress(id, progress, now, &mut self.log.trace);
        }
        self.settle(now);
    }

    /// A page load of an owner's sheet has ended.
    pub(crate) fn page_loaded(&mut self, phone: PhoneId, load: u64, loaded: Loaded, now: Instant) {
        self.phones.loaded(phone, load, loaded, now, &mut self.log.trace);
        self.settle(now);
    }

    /// A page load of an owner on the home network has ended.
    pub(crate) fn visited(&mut self, phone: PhoneId, load: u64, loaded: Loaded, now: Instant) {
        if let Some(node) = self.phones.get_mut(phone) {
            node.visited(load, loaded, now, &mut self.log.trace);
        }
        self.settle(now);
    }

    // Getters.

    /// What has happened.
    pub(crate) fn trace(&mut self) -> &mut Trace {
        &mut self.log.trace
    }

    /// The air.
    pub(crate) fn air(&self) -> &Air {
        &self.air
    }

    /// The device.
    pub(crate) fn device(&mut self) -> &mut Device {
        &mut self.device_node.device
    }

    /// What is wrong with the address that the device says that it has on the network that it has joined.
    pub(crate) fn stale_address(&mut self) -> Option<String> {
        let is_chosen = self.device_node.device.config().home_address.is_some();
        let subnet = &self.air.joined_network().filter(|network| network.subnet.gives_addresses())?.subnet;
        let (own, lent) = (self.device_node.home_address(), subnet.device);
        let is_stale = !is_chosen && own != Some(lent);
        is_stale.then(|| match own {
            Some(own) => format!("it says that it is at {own}, and its router has lent it {lent}"),
            None => format!("it says that it has no address, and its router lends it {lent}"),
        })
    }

    /// The phones.
    pub(crate) fn phones(&self) -> impl Iterator<Item = &PhoneNode> {
        self.phones.iter()
    }

    /// The state of the run, to be compared with what the scenario expects.
    pub(crate) fn run_state(&mut self) -> RunState {
        RunState {
            state: self.device_node.device.state(),
            joined: self.air.joined_network().map(|network| network.ssid),
            stored: self.device_node.stored().map(|credentials| credentials.ssid),
            failures: Arc::clone(self.device_node.joins().failures()),
            clashes: self.device_node.joins().clashes(),
            notified: !self.webhook_receiver.bodies().is_empty(),
            passphrase_on_air: None,
            script_done: self.script.is_done(),
            phones: self.phones.run_states(),
        }
    }

    // What a driver needs that checks invariants.

    /// Collects from now on what [`World::take_observations`] returns.
    pub(crate) fn record_observations(&mut self) {
        let typed = self.phones.iter().flat_map(PhoneNode::types);
        self.device_node.record_observations(self.air.networks(), typed);
    }

    /// Something happened to the device that invariants check.
    pub(crate) fn observe(&mut self, observation: impl FnOnce() -> Observation) {
        self.device_node.observe(observation);
    }

    /// What has happened since the last call, and how the device is now.
    pub(crate) fn take_observations(&mut self, now: Instant) -> Observations {
        self.device_node.take_observations(now)
    }

    /// What the flash held at the last call of [`World::take_observations`].
    pub(crate) fn held(&self) -> &[Credentials] {
        self.device_node.last_stored()
    }

    /// Every passphrase that there is or was.
    pub(crate) fn secrets(&self) -> &[Vec<u8>] {
        self.device_node.secrets()
    }

    /// The name of every network that there is or was.
    pub(crate) fn names(&self) -> &[Vec<u8>] {
        self.device_node.names()
    }

    /// What the device, the phones, their owners and the script wait for, in words.
    pub(crate) fn waits(&mut self) -> Vec<String> {
        let mut waits = vec![self.device_node.waits()];
        waits.extend(self.phones.waits());
        if let Some(due) = self.script.poll_timeout() {
            waits.push(format!("the script has a step due at {:.3} s", seconds(due)));
        } else if !self.script.is_done() {
            waits.push("the script waits for the device to reach a state".into());
        }
        waits
    }

    /// Lets device, air, phones and script act on each other until nothing moves.
    fn settle(&mut self, now: Instant) {
        loop {
            let mut moved = self.inject_due_faults(now) | self.settle_device(now);
            while let Some(report) = self.air.poll(now) {
                self.deliver(report, now);
                moved = true;
            }
            moved |= self.phones.settle(now, &mut self.air, &mut self.log.trace);
            if let Some(action) = self.script.poll(now) {
                self.act(action, now);
                moved = true;
            }
            if !moved {
                self.device_node.collect_ready();
                let (config, flash) = (self.device_node.device.config(), self.device_node.flash());
                self.log.record_snapshots(&self.air, config, flash, now);
                return;
            }
        }
    }

    fn settle_device(&mut self, now: Instant) -> bool {
        let mut moved = self.device_node.follow_home_link(&mut self.log, now);
        while let Some(event) = self.device_node.poll_event() {
            self.log_event(event, now);
            moved = true;
        }
        moved | self.device_node.drive_radio(&mut self.air, now)
    }
}

/// The network whose credentials a device has kept; `None` also when they cannot be read.
pub(crate) fn stored_network(kept: &Kept) -> Option<Ssid> {
    stored_memory(&kept.flash, kept.key.as_ref())?.networks().first().map(|credentials| credentials.ssid)
}

/// Where a phone's exchange is to go, as the phone means it.
pub(crate) fn destination(exchange: &Exchange) -> SocketAddrV4 {
    match exchange {
        Exchange::Datagram { to, .. } | Exchange::Stream { to, .. } | Exchange::Tls { to, .. } => *to,
    }
}

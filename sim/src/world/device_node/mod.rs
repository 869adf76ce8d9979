//! The device in a world: the simulated device with its flash and its connections, and what the world remembers
//! of it. It meets the air here, and a known bug ([`MutantDevice`]) is put in between.
//!
//! It knows no phone and no script. What its radio and its sockets do is passed in by [`World`](super::World).

mod connections;
mod join_history;
mod observations;
mod stored;

use std::net::Ipv4Addr;

use vestibule_core::{
    AccessPoint, Config, Credentials, Event, Instant, MayOpen, OwnPassphrase, Radio as _, RadioCommand,
    RadioEvent,
};

use self::connections::Connections;
use self::join_history::JoinHistory;
use self::observations::ObservationLog;
pub(crate) use self::observations::Observations;
use self::stored::StoredCredentials;
pub(super) use self::stored::stored_memory;
use super::mutant::{Done, MutantDevice};
use super::run_log::RunLog;
use crate::device::{Device, DeviceOrder, SimulatedKey};
use crate::flash::{Flash, SECTOR, Tear, TornSector};
use crate::invariant::Observation;
use crate::radio::{Air, Network};
use crate::scenario::{DeviceSpec, Mutant, Starts};
use crate::trace::{What, seconds};

pub(super) struct DeviceNode {
    pub(super) device: Device,
    flash: Flash,
    stored: StoredCredentials,
    /// Its chip has a key, so that its flash must hold nothing in clear.
    seals: bool,
    /// The version of the flash that was observed last.
    flash_seen: Option<u64>,
    /// The known bug that the device has on purpose.
    mutant: Option<MutantDevice>,
    joins: JoinHistory,
    connections: Connections,
    /// Whether somebody has asked for its portal since power came.
    is_asked: bool,
    /// The address on the home network that it has last said that it has.
    home_address: Option<Ipv4Addr>,
    /// Whether its mDNS and webhook may have something to send.
    service_wake: bool,
    observations: ObservationLog,
    /// How it tells a secret, if it does.
    #[cfg(feature = "known-bugs")]
    leak: super::mutant::leak::Leak,
}

impl DeviceNode {
    pub(super) fn new(
        spec: &DeviceSpec,
        mut config: Config,
        flash: Flash,
        key: Option<SimulatedKey>,
        seed: u64,
    ) -> Self {
        if let Some(mutant) = spec.mutant {
            MutantDevice::configure(mutant, &mut config);
        }
        let mutant = spec.mutant.map(|mutant| MutantDevice::new(mutant, &config));
        let mut device = Device::new(config, flash.clone(), seed);
        let seals = key.is_some();
        if let Some(key) = key.filter(|_| spec.mutant != Some(Mutant::StoresInClear)) {
            device.burn_key(key);
        }
        if spec.webhook.is_some() {
            device.enable_webhook();
        }
        if spec.starts == Starts::Connect {
            device.only_connect();
        }
        #[cfg(feature = "known-bugs")]
        let leak = super::mutant::leak::Leak::new(&flash);
        Self {
            device,
            flash,
            stored: StoredCredentials::default(),
            seals,
            flash_seen: None,
            mutant,
            joins: JoinHistory::default(),
            connections: Connections::default(),
            is_asked: false,
            home_address: None,
            service_wake: false,
            observations: ObservationLog::default(),
            #[cfg(feature = "known-bugs")]
            leak,
        }
    }

    pub(super) fn flash(&self) -> &Flash {
        &self.flash
    }

    /// The known bug that it has on purpose.
    pub(super) fn mutant(&self) -> Option<Mutant> {
        self.mutant.as_ref().map(MutantDevice::kind)
    }

    pub(super) fn joins(&self) -> &JoinHistory {
        &self.joins
    }

    /// The credentials that the flash holds.
    pub(super) fn stored(&mut self) -> Option<&Credentials> {
        self.stored.read(&self.flash, self.device.key());
        self.stored.networks().first()
    }

    // Power.

    pub(super) fn power_on(&mut self, log: &mut RunLog, now: Instant) {
        if !self.device.has_power() {
            log.device(now, What::Power { on: true });
            self.device.power_on(now);
        }
    }

    pub(super) fn power_off(&mut self, air: &mut Air, log: &mut RunLog, now: Instant) {
        if self.device.has_power() {
            self.device.power_off();
            air.device_off(now);
            log.device(now, What::Power { on: false });
            self.is_asked = false;
            self.home_address = None;
            self.service_wake = true;
            self.connections.all_end();
        }
    }

    /// Whether the power has failed within a flash operation, which the device does not know yet.
    pub(super) fn has_lost_power_in_flash(&self) -> bool {
        self.device.has_power() && !self.flash.is_powered()
    }

    // What people and faults do to it.

    pub(super) fn clear(&mut self, now: Instant) {
        self.is_asked = true;
        self.observe(|| Observation::Cleared);
        self.device.clear(now);
    }

    /// Its button is pressed.
    pub(super) fn setup(&mut self, now: Instant) {
        self.is_asked = true;
        self.device.setup(now);
    }

    /// Lets the power fail within a flash operation, after that many others.
    pub(super) fn schedule_flash_power_cut(&mut self, operations: u64, undone: u32) {
        self.flash.cut_power_after(operations, Tear { word: undone, sector: TornSector::Raised(!undone) });
        self.device.order_externally(DeviceOrder::CutFlash { operations, undone });
    }

    /// The flash operation that the power was to fail in did not come.
    pub(super) fn cancel_flash_power_cut(&mut self) {
        self.flash.spare_power();
        self.device.order_externally(DeviceOrder::SpareFlash);
    }

    /// A bit of the flash flips. If the flash does not hold everything twice, the credentials may be lost.
    pub(super) fn flip_flash_bit(&mut self, bit: u32) {
        let bytes = self.flash.bytes();
        let is_mirrored = bytes.chunks(SECTOR).all(|sector| *sector == bytes[..SECTOR]);
        self.flash.rot(bit);
        if !is_mirrored {
            self.observe(|| Observation::BitRot);
        }
    }

    // Time.

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.device.poll_timeout()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let clock = self.device.clock(now);
        if self.device.poll_timeout().is_some_and(|due| due <= now)
            && let Some(portal) = self.device.driven()
        {
            portal.handle_timeout(clock);
            self.service_wake = true;
        }
    }

    pub(super) fn take_service_wake(&mut self) -> bool {
        std::mem::take(&mut self.service_wake)
    }

    // Events and the radio.

    /// The next event of the device.
    pub(super) fn poll_event(&mut self) -> Option<Event> {
        let event = self.device.poll_event()?;
        match event {
            Event::State { .. } | Event::AccessPoint { .. } => self.service_wake = true,
            Event::JoinFailed { reason, .. } => self.joins.failed(reason),
            Event::Joined { link, .. } => self.home_address = Some(link.address),
            Event::AddressChanged { link } => self.home_address = link.map(|link| link.address),
            _ => {}
        }
        Some(event)
    }

    /// The address on the home network that it has last said that it has.
    pub(super) fn home_address(&self) -> Option<Ipv4Addr> {
        self.home_address
    }

    /// Takes over the device's name on the home network. Returns whether that is a new one.
    pub(super) fn follow_home_link(&mut self, log: &mut RunLog, now: Instant) -> bool {
        let name = self.device.follow_home_link(now);
        #[cfg(feature = "known-bugs")]
        self.leak.logs(self.joins.last_commanded(), |name| log.device(now, What::Named { name }));
        if let Some(name) = &name {
            log.device(now, What::Named { name: name.as_str().into() });
        }
        name.is_some()
    }

    /// Passes the device's radio commands to the air. Returns whether there were any.
    pub(super) fn drive_radio(&mut self, air: &mut Air, now: Instant) -> bool {
        let mut moved = false;
        while let Some(command) = self.device.poll_radio() {
            moved = true;
            if let RadioCommand::Join(credentials) = &command {
                #[cfg(feature = "known-bugs")]
                super::mutant::build_time::commit_early(&self.flash, credentials);
                self.joins.commanded(credentials);
            }
            let done = match &mut self.mutant {
                Some(mutant) => mutant.command(command, &self.flash),
                None => Done::Command(command),
            };
            match done {
                Done::Command(command) => {
                    if let RadioCommand::RaiseAccessPoint(access_point) = &command {
                        self.joins.access_point_raised(access_point.address);
                        self.observe_raised(access_point);
                    }
                    air.device_radio(now).command(command);
                }
                Done::Report(event) => self.device.handle_radio(event, now),
                Done::Nothing => {}
            }
        }
        moved
    }

    fn observe_raised(&mut self, access_point: &AccessPoint) {
        let config = self.device.config();
        let is_protected = access_point.security == config.access_point_security;
        let is_asked_for = self.is_asked || config.may_open != MayOpen::WhenAsked;
        self.observe(|| Observation::Raised { is_protected, is_asked_for });
    }

    /// The air reports to the device's radio. Returns what the device was told.
    pub(super) fn radio_reports(&mut self, event: RadioEvent, air: &Air, now: Instant) -> RadioEvent {
        if let (RadioEvent::Joined(_), Some(credentials)) = (&event, self.joins.last_commanded().cloned()) {
            self.observe(|| Observation::Joined(credentials));
            #[cfg(feature = "known-bugs")]
            super::mutant::build_time::erase_first(&mut self.device, &self.flash);
        }
        let event = match &mut self.mutant {
            Some(mutant) => mutant.report(event, &self.flash),
            None => event,
        };
        if let RadioEvent::Joined(_) = event {
            self.joins.joined(air.joined_network().map(|network| network.subnet.cidr));
        }
        self.device.handle_radio(event, now);
        event
    }

    // What invariants check.

    /// Something happened that invariants check.
    pub(super) fn observe(&mut self, observation: impl FnOnce() -> Observation) {
        self.observations.add(observation);
    }

    /// Collects from now on what [`DeviceNode::take_observations`] returns. `typed` is what owners type, right or wrong.
    pub(super) fn record_observations<'a>(
        &mut self,
        networks: &[Network],
        typed: impl Iterator<Item = &'a str>,
    ) {
        self.observations.enable();
        self.learn_secrets(networks);
        self.observations.learn_typed(typed);
    }

    /// Adds the passphrases of these networks and the code on the label, which may be the device's own, to the secrets.
    pub(super) fn learn_secrets(&mut self, networks: &[Network]) {
        let code = self.device.config().code_on_label().map(OwnPassphrase::expose);
        self.observations.learn_secrets(networks, code.unwrap_or_default());
    }

    /// What has happened since the last call, and how the device is now.
    pub(super) fn take_observations(&mut self, now: Instant) -> Observations {
        if self.stored.read(&self.flash, self.device.key()) {
            self.observations.learn_values(self.stored.values());
        }
        let version = Some(self.flash.version());
        if self.seals && self.flash_seen != version {
            self.flash_seen = version;
            let flash = &self.flash;
            self.observations.add(|| Observation::Flash(flash.bytes()));
        }
        self.observations.take(&mut self.device, now)
    }

    /// The networks that the flash held when it was last read.
    pub(super) fn last_stored(&self) -> &[Credentials] {
        self.stored.networks()
    }

    /// Every passphrase, and every password of an application's field, that there is or was.
    pub(super) fn secrets(&self) -> &[Vec<u8>] {
        self.observations.secrets()
    }

    /// The name of every network that there is or was.
    pub(super) fn names(&self) -> &[Vec<u8>] {
        self.observations.names()
    }

    /// What the device waits for, in words.
    pub(super) fn waits(&mut self) -> String {
        if self.device.is_external() {
            return match self.device.state() {
                Some(state) => format!("the device is {state:?}, as seen from outside"),
                None => "the device waits for power".into(),
            };
        }
        let due = self.device.poll_timeout().map(seconds);
        let Some(portal) = self.device.driven() else { return "the device waits for power".into() };
        let open = connections::open(portal).count();
        let due = due.map_or("waits for others".into(), |due| format!("has something due at {due:.3} s"));
        format!("the device is {:?}, {open} connections open, and {due}", portal.state())
    }
}

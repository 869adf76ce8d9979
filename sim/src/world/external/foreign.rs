//! A device of which nothing is known inside: what it is held to all the same, by what can be seen from outside.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Credentials, Event, Instant, JoinFailure, RadioEvent, Ssid};
use vestibule_device_protocol::Mode;

use super::memory::Memory;
use super::seen;
use super::sockets::SocketNetworks;
use crate::device::DeviceMessage;
use crate::invariant::recovery::violation;
use crate::invariant::{Safety, View, Violation, ViolationKind};
use crate::scenario::Scenario;
use crate::world::World;

/// How long after a join the power fails for each flash operation that it was to fail after.
const OPERATION: Duration = Duration::from_millis(10);

pub(super) struct Foreign {
    /// `None` until it has said that it is ready.
    pub(super) mode: Option<Mode>,
    /// Its networks, if it has only sockets.
    pub(super) sockets: Option<Box<SocketNetworks>>,
    pub(super) memory: Memory,
    /// What it joins with, or has joined with.
    last_join: Option<Credentials>,
    /// Whether a join is under way.
    joins: bool,
    safety: Safety,
    /// Records since the last check, as JSON.
    pub(super) lines: Vec<String>,
    /// How long after the next join its power fails, and when that is.
    cut_after_join: Option<Duration>,
    cut_at: Option<Instant>,
    /// What it did that it must not.
    found: Option<String>,
}

impl Foreign {
    pub(super) fn new() -> Self {
        Self {
            mode: None,
            sockets: None,
            memory: Memory::default(),
            last_join: None,
            joins: false,
            safety: Safety::of_foreign(),
            lines: Vec::new(),
            cut_after_join: None,
            cut_at: None,
            found: None,
        }
    }

    /// It has booted.
    pub(super) fn ready(&mut self, mode: Mode, seed: u64, bell: &Arc<Notify>, now: Instant) {
        self.mode = Some(mode);
        self.sockets = (mode == Mode::Sockets).then(|| Box::new(SocketNetworks::new(seed, Arc::clone(bell))));
        self.memory.power_on(now);
    }

    /// It has lost its power.
    pub(super) fn power_off(&mut self, now: Instant) {
        (self.mode, self.sockets, self.joins, self.cut_at) = (None, None, false, None);
        self.memory.power_off(now);
    }

    /// It joins a network.
    pub(super) fn join(&mut self, credentials: &Credentials) {
        self.joins = true;
        self.last_join = Some(credentials.clone());
        if let Err(found) = self.memory.joins(credentials) {
            self.found.get_or_insert(found);
        }
    }

    /// It leaves its network.
    pub(super) fn leave(&mut self) {
        self.joins = false;
    }

    /// The air has reported to its radio. Returns the event that it would report itself if it were this project's.
    pub(super) fn reported(&mut self, event: RadioEvent, now: Instant) -> Option<Event> {
        let ssid = self.last_join.as_ref().map_or(Ssid::EMPTY, |credentials| credentials.ssid);
        match event {
            RadioEvent::AccessPointUp => {
                self.memory.opened();
                Some(Event::AccessPoint { up: true })
            }
            RadioEvent::AccessPointDown => Some(Event::AccessPoint { up: false }),
            RadioEvent::Joined(link) => {
                self.joins = false;
                self.cut_at = self.cut_after_join.take().map(|after| now + after);
                if let Some(credentials) = &self.last_join {
                    self.memory.joined(credentials, now);
                }
                Some(Event::Joined { ssid, link })
            }
            RadioEvent::JoinFailed(reason) => {
                self.joins = false;
                self.memory.lost(now);
                Some(Event::JoinFailed { ssid, reason })
            }
            RadioEvent::JoinAborted { reason, stage } => {
                self.joins = false;
                self.memory.lost(now);
                Some(Event::JoinFailed { ssid, reason: JoinFailure::from_reason(reason, stage, None) })
            }
            RadioEvent::Disconnected => {
                self.joins = false;
                self.memory.lost(now);
                None
            }
            _ => None,
        }
    }

    /// Its power is to fail after so many flash operations from the next join on, or not after all.
    pub(super) fn cut_after(&mut self, operations: Option<u64>) {
        let operations = operations.map(|operations| u32::try_from(operations).unwrap_or(u32::MAX));
        self.cut_after_join = operations.map(|operations| OPERATION.saturating_mul(operations));
        self.cut_at = None;
    }

    /// Whether its power fails now.
    pub(super) fn is_cut(&mut self, now: Instant) -> bool {
        self.cut_at.take_if(|at| *at <= now).is_some()
    }

    pub(super) fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let sockets = self.sockets.as_mut().and_then(|sockets| sockets.poll_timeout(now));
        [sockets, self.cut_at, self.memory.poll_timeout(now)].into_iter().flatten().min()
    }

    /// Tells the world the state that can be seen. Returns whether that has changed.
    pub(super) fn follow_state(&self, world: &mut World, now: Instant) -> bool {
        let to = seen::state(world.air(), self.joins);
        match world.device().state() {
            Some(from) if from != to => {
                world.device_message(DeviceMessage::Event(seen::change(from, to)), now);
                true
            }
            _ => false,
        }
    }

    /// Judges what has happened since the last call.
    ///
    /// # Errors
    /// The invariant that is broken.
    pub(super) fn judge(&mut self, world: &mut World, now: Instant) -> Result<(), Violation> {
        let at = now - Instant::from_micros(0);
        let observations = world.take_observations(now).observations;
        let (lines, secrets) = (std::mem::take(&mut self.lines), world.secrets());
        let names = world.names();
        let view = View {
            at,
            observations: &observations,
            lines: &lines,
            held: &[],
            secrets,
            names,
            clock: None,
            due: None,
            connections: &[],
        };
        self.safety.check(&view)?;
        if world.run_state().phones.iter().any(|phone| phone.told) {
            self.memory.told();
        }
        if !is_reachable(world, self.memory.owed()) {
            self.memory.wait(now);
        }
        let found = self.found.take().map_or_else(|| self.memory.judge(now), Err);
        found.map_err(|found| Violation {
            invariant: "credentials-survive".into(),
            kind: ViolationKind::Safety,
            at,
            found,
            waits: Vec::new(),
        })
    }
}

/// The hexadecimal digits of a key of WPA2.
const KEY_DIGITS: usize = 64;

/// Whether a device that has these credentials would get onto their network now.
fn is_reachable(world: &World, with: Option<&Credentials>) -> bool {
    with.is_none_or(|with| {
        let is_right = |there: &crate::radio::Network| {
            let (right, known) = (&there.passphrase, &with.passphrase);
            // A key in place of the passphrase is another text for the same.
            there.ssid == with.ssid
                && (right == known || known.is_open() || known.expose().len() == KEY_DIGITS)
        };
        world.air().can_be_joined(&with.ssid) && world.air().networks().iter().any(is_right)
    })
}

/// What a scenario expects, as far as it can be seen from outside, and what is left out.
pub(super) fn seen_from_outside(scenario: &Scenario) -> (Scenario, Vec<String>) {
    let mut seen = scenario.clone();
    let mut left_out: Vec<String> =
        Safety::NEED_A_LOOK_INSIDE.iter().map(|name| (*name).to_owned()).collect();
    let expect = &mut seen.expect;
    if let Some(state) = expect.state.take_if(|state| !seen::can_be_seen(*state)) {
        left_out.push(format!("the expected state {:?}", ProvisioningState::from(state)));
    }
    if expect.failures.take().is_some() {
        left_out.push("the expected failures".into());
    }
    if expect.clashes.take().is_some() {
        left_out.push("the expected clashes".into());
    }
    if expect.notified.take().is_some() {
        left_out.push("the expected webhook".into());
    }
    // What it has stored is seen by its return after a restart.
    expect.stored = None;
    (seen, left_out)
}

/// Waits until a device has come to rest after the last fault.
#[derive(Default)]
pub(super) struct Settling {
    calm_since: Option<Instant>,
    has_started_over: bool,
}

/// How long after the last fault it must have come to rest, and when owners who were not told start over once more.
const SETTLE_TIME: Duration = Duration::from_secs(60);
const START_OVER: Duration = Duration::from_secs(25);

impl Settling {
    /// Whether it has: on a network, or with its portal open where no owner can set it up.
    ///
    /// # Errors
    /// Its time is over.
    pub(super) fn judge(
        &mut self,
        scenario: &Scenario,
        world: &mut World,
        now: Instant,
    ) -> Result<bool, Violation> {
        let faults_end = scenario.faults.iter().map(|fault| fault.get_ref().ends()).max().unwrap_or_default();
        if now < Instant::from_micros(0) + faults_end || world.script_is_due() {
            self.calm_since = None;
            return Ok(false);
        }
        let Some(since) = self.calm_since else {
            self.calm_since = Some(now);
            self.has_started_over = false;
            if world.air().joined_network().is_none() {
                world.owners_start_over(false, now);
            }
            return Ok(false);
        };
        let wanted: Vec<Ssid> =
            scenario.phones.iter().filter_map(|phone| Some(phone.wants.as_ref()?.get_ref().0)).collect();
        let can_be_set_up = wanted.iter().any(|ssid| world.air().can_be_joined(ssid));
        let is_open = world.air().access_point_is_up();
        if world.air().joined_network().is_some() || (is_open && !can_be_set_up) {
            return Ok(true);
        }
        if !self.has_started_over && now >= since + START_OVER {
            self.has_started_over = true;
            world.owners_start_over(true, now);
        }
        if now < since + SETTLE_TIME {
            return Ok(false);
        }
        let seconds = SETTLE_TIME.as_secs();
        let portal = if is_open { "its portal is open" } else { "no portal is open" };
        let found = format!("it is on no network {seconds} s after the last fault, and {portal}");
        Err(violation("device-settles", now - Instant::from_micros(0), found, world.waits()))
    }
}

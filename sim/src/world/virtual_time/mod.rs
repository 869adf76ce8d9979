//! The virtual-time driver: one thread, no clock, no async runtime. Hosts have real TCP/IP stacks
//! and exchange Ethernet frames over the simulated air; time jumps from one thing that happens to
//! the next. The same scenario and seed give the same bytes, on every machine.
//!
//! # What is simulated, and how faithfully
//!
//! The access point's network and the home networks are frame by frame: DHCP, ARP, UDP, TCP with its
//! repeats. A frame takes [`AIRTIME`] and a part that grows with its length; a frame is lost
//! only if a fault of the scenario says so ([`crate::fault`], injected by [`impairment`]), or while the device's
//! radio listens on another channel. Associating with a network is [`crate::radio`]'s, with its times.
//!
//! # What is checked
//!
//! Every safety invariant after every event ([`crate::invariant`]), in every run; recovery from the
//! last fault where the scenario expects that.

mod browser;
mod device_host;
mod dhcp_client;
pub(in crate::world) mod frame;
pub(in crate::world) mod frame_record;
pub(in crate::world) mod home;
pub(in crate::world) mod http_server;
mod impairment;
mod link;
pub(in crate::world) mod phone_host;
mod recovery;
mod redaction;
pub(in crate::world) mod stack;
pub mod stopwatch;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use vestibule_core::{Instant, MacAddress};

use super::{Effect, Layout, World};
use crate::event_queue::EventQueue;
use crate::invariant::recovery::{LONGEST, violation};
use crate::invariant::{Safety, View, Violation};
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, stream};
use crate::scenario::Scenario;
use crate::scenario::judge::{self, RunState, Unmet};
use crate::trace::{self, Layer};
use device_host::DeviceHost;
use home::{Guest, Home};
use http_server::Numbers;
use impairment::Impairment;
use phone_host::PhoneHost;
use recovery::Recovery;
use stopwatch::{Part, Stopwatch};

/// The time that the shortest frame takes from one host to the other: waiting for the air, and the
/// preamble. Some 1 ms is usual on a quiet 2.4 GHz channel; chosen, no source.
pub const AIRTIME: Duration = Duration::from_micros(800);

/// The time that each byte adds: 1 µs is 8 Mbit/s, what a phone gets through an ESP32's access
/// point (Espressif states 20 Mbit/s for UDP in the open air).
pub const BYTE_TIME: Duration = Duration::from_micros(1);

/// The device's address on its access point.
pub(in crate::world) const DEVICE: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// Events after which a run is stopped although its time is not over: it goes round in circles.
const MOST_EVENTS: u64 = 10_000_000;

/// How a run ended.
///
/// [`VirtualTime`] has an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualRunOutcome {
    /// What did not hold; nothing when the scenario has passed.
    pub unmet: Vec<Unmet>,
    /// The invariant that was broken, if one was: the run ends there.
    pub violation: Option<Violation>,
    /// The virtual time that it took.
    pub took: Duration,
    /// The hash of the trace and of every frame: two runs of one seed have the same.
    pub hash: String,
    /// Frames that were sent.
    pub frames: u64,
    /// Things that happened.
    pub events: u64,
    /// The state at the end.
    pub run_state: RunState,
}

/// What is to happen at a moment.
enum Due {
    /// A frame reaches a host.
    Arrival { to: Host, frame: Vec<u8> },
    /// A host or the world has something due of its own.
    Wake,
}

/// A host on one of the networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum Host {
    /// The device, on its access point.
    Device,
    /// A phone there.
    Phone(PhoneId),
    /// Somebody on a home network, which is named by its place in the scenario.
    AtHome { network: usize, guest: Guest },
}

/// A scenario's world in virtual time.
///
/// ```
/// use vestibule::scenario::load;
/// use vestibule::trace::What;
/// use vestibule::world::virtual_time::VirtualTime;
///
/// let text = r#"
///     name = "a first join"
///     [[network]]
///     ssid = "Home"
///     [[phone]]
///     model = "ios-17"
///     wants = "Home"
///     expect = { told = true }
///     [expect]
///     stored = "Home"
/// "#;
/// let scenario = load::parse(text, "first-join.toml".as_ref())?;
/// let mut joins = 0;
/// let outcome = VirtualTime::new(&scenario, 7).run(&scenario, |record| {
///     joins += usize::from(matches!(record.what, What::Joined { .. }));
/// });
/// assert_eq!((outcome.unmet, outcome.violation, joins), (vec![], None, 1));
///
/// // The same seed, the same bytes on the air.
/// let again = VirtualTime::new(&scenario, 7).run(&scenario, |_| {});
/// assert_eq!((again.hash, again.frames), (outcome.hash, outcome.frames));
/// # Ok::<(), vestibule::scenario::load::ScenarioError>(())
/// ```
pub struct VirtualTime {
    world: World,
    now: Instant,
    event_queue: EventQueue<Due>,
    /// When the next [`Due::Wake`] that counts is entered for: an earlier one takes the place of a later
    /// one, which stays in the event queue.
    wakes_at: Option<Instant>,
    device: DeviceHost,
    phones: BTreeMap<PhoneId, PhoneHost>,
    home: Home,
    numbers: Numbers,
    impairment: Impairment,
    home_impairment: Impairment,
    /// When the frames that were sent are off the air.
    air_is_free: Instant,
    seed: u64,
    hash: Sha256,
    frames: u64,
    events: u64,
    safety: Safety,
    recovery: Recovery,
    /// The state that was last compared with what the scenario expects.
    judged: Option<RunState>,
    /// Whether recovery is waited for at all.
    recovers: bool,
    /// What was written down since the invariants were last checked.
    lines: Vec<String>,
    /// Whether frames are written into the trace.
    records_frames: bool,
    stopwatch: Option<Stopwatch>,
}

impl VirtualTime {
    /// The world of a scenario before anything has happened.
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let now = Instant::from_micros(0);
        let layout = Layout { device: DEVICE, http_port: 80, home_port: 80, homes: Vec::new() };
        let mut world = World::new(scenario, seed, &layout, None);
        world.witness();
        let phones =
            (0..scenario.phones.len()).map(|id| (id, PhoneHost::new(id, phone_mac(id), seed, now))).collect();
        let faults = || scenario.faults.iter().map(|fault| fault.get_ref());
        let impairment = |of| Impairment::new(stream(seed, of, 0), faults());
        Self {
            world,
            now,
            event_queue: EventQueue::default(),
            wakes_at: None,
            device: DeviceHost::new(DEVICE_MAC, DEVICE, layout.http_port, seed, now),
            phones,
            home: Home::new(seed),
            numbers: Numbers::default(),
            impairment: impairment(RandomStream::Impairment),
            home_impairment: impairment(RandomStream::HomeImpairment),
            air_is_free: now,
            seed,
            hash: Sha256::new(),
            frames: 0,
            events: 0,
            safety: Safety::default(),
            recovery: Recovery::new(scenario),
            judged: None,
            recovers: scenario.expect.liveness,
            lines: Vec::new(),
            records_frames: false,
            stopwatch: None,
        }
    }

    /// Writes every frame that goes onto the air into the trace, without what the owner typed, and the
    /// details that a picture needs. The run itself and its hash stay the same.
    #[must_use]
    pub fn record_frames(mut self) -> Self {
        self.records_frames = true;
        self.world.trace().record_details();
        self
    }

    /// Runs until everything holds that the scenario expects, or cannot any more, or its time is
    /// over; or until an invariant is broken. `follow` is told everything that happens, as it
    /// happens.
    pub fn run(mut self, scenario: &Scenario, follow: impl FnMut(&trace::Record)) -> VirtualRunOutcome {
        self.go(scenario, follow)
    }

    /// The same, and measures what each part of it takes.
    pub fn run_timed(mut self, scenario: &Scenario, stopwatch: Stopwatch) -> (VirtualRunOutcome, Stopwatch) {
        self.stopwatch = Some(stopwatch);
        let outcome = self.go(scenario, |_| {});
        (outcome, self.stopwatch.unwrap_or_default())
    }

    fn lap(&mut self, part: Part) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.lap(part);
        }
    }

    fn go(&mut self, scenario: &Scenario, mut follow: impl FnMut(&trace::Record)) -> VirtualRunOutcome {
        self.world.start(self.now);
        self.settle();
        let mut unmet = Vec::new();
        let mut violation = None;
        loop {
            self.note(&mut follow);
            self.lap(Part::Writing);
            let safe = self.check_safety();
            self.lap(Part::Invariants);
            let over = safe.and_then(|()| {
                if scenario.expect.liveness { self.recover() } else { self.is_judged(scenario, &mut unmet) }
            });
            match over {
                Ok(false) => {}
                Ok(true) => break,
                Err(broken) => {
                    violation = Some(broken);
                    break;
                }
            }
        }
        self.note(&mut follow);
        let hash = self.hash.finalize_reset().iter().map(|byte| format!("{byte:02x}")).collect();
        let took = self.now - Instant::from_micros(0);
        let run_state = self.world.run_state();
        VirtualRunOutcome {
            unmet,
            violation,
            took,
            hash,
            frames: self.frames,
            events: self.events,
            run_state,
        }
    }

    /// Whether the run is over by what its scenario expects; if not, it goes on.
    fn is_judged(&mut self, scenario: &Scenario, unmet: &mut Vec<Unmet>) -> Result<bool, Violation> {
        let run_state = self.world.run_state();
        if self.judged.as_ref() != Some(&run_state) {
            *unmet = judge::unmet(scenario, &run_state);
            self.judged = Some(run_state);
        }
        let is_early = self.now < Instant::from_micros(0) + scenario.expect.not_before;
        let met = unmet.is_empty() && !judge::only_forbids(scenario) && !is_early;
        let end = Instant::from_micros(0) + scenario.expect.within;
        self.lap(Part::Judging);
        if met || unmet.iter().any(|unmet| !unmet.may_come) {
            return Ok(true);
        }
        if self.events >= MOST_EVENTS {
            return Err(self.has_no_end());
        }
        Ok(!self.advance(end))
    }

    /// Of a run that will not end by itself: who waits for what.
    fn has_no_end(&mut self) -> Violation {
        let found = format!("{} events, and no end", self.events);
        violation("run-ends", self.now - Instant::from_micros(0), found, self.world.waits())
    }

    /// Whether the world has recovered from its faults; if not, it goes on.
    fn recover(&mut self) -> Result<bool, Violation> {
        if self.recovery.judge(&mut self.world, self.now)? {
            return Ok(true);
        }
        self.lap(Part::Judging);
        // What the judgement made owners do.
        self.settle();
        if self.events >= MOST_EVENTS || !self.advance(Instant::from_micros(0) + LONGEST) {
            return Err(self.has_no_end());
        }
        Ok(false)
    }

    fn check_safety(&mut self) -> Result<(), Violation> {
        let testimony = self.world.testify(self.now);
        let has_power = self.world.device().has_power();
        let view = View {
            at: self.now - Instant::from_micros(0),
            seen: &testimony.seen,
            lines: &self.lines,
            held: self.world.held(),
            secrets: self.world.secrets(),
            clock: has_power.then_some(testimony.clock),
            due: testimony.due,
            connections: &testimony.connections,
        };
        let checked = self.safety.check(&view);
        self.lines.clear();
        checked
    }

    /// Goes on to the next moment at which something happens; `false` if that is after `end`.
    fn advance(&mut self, end: Instant) -> bool {
        self.plan_wake();
        let (at, due) = loop {
            match self.event_queue.pop_until(end) {
                None => {
                    self.now = end;
                    return false;
                }
                // Recovery is judged at these moments as well.
                Some((at, Due::Wake)) if self.wakes_at != Some(at) && !self.recovers => {}
                Some(next) => break next,
            }
        };
        self.now = at;
        self.events += 1;
        self.lap(Part::EventQueue);
        match due {
            Due::Wake => {
                self.wakes_at = None;
                self.world.handle_timeout(at);
            }
            Due::Arrival { to, frame } => self.arrive(to, frame),
        }
        self.lap(Part::Deadlines);
        self.settle();
        true
    }

    /// Enters the next moment at which anybody has something due, unless it is entered already.
    fn plan_wake(&mut self) {
        let now = self.now;
        let phones = self.phones.values_mut().filter_map(|phone| phone.poll_timeout(now));
        let home = self.home.poll_timeout(now);
        let device = self.device.stack.poll_at(now);
        let due = phones
            .chain(self.world.poll_timeout())
            .chain(device)
            .chain(home)
            .chain(self.recovers.then(|| self.recovery.poll_timeout(now)).flatten())
            .min();
        if let Some(due) = due.map(|due| due.max(now))
            && self.wakes_at.is_none_or(|planned| due < planned)
        {
            self.wakes_at = Some(due);
            self.event_queue.schedule(due, Due::Wake);
        }
    }

    /// Lets every host do what it can now, until nothing moves.
    fn settle(&mut self) {
        loop {
            let mut moved = self.perform_effects();
            self.lap(Part::Phones);
            self.device.follow(self.world.air().access_point_address());
            self.device.stack.poll(self.now);
            moved |= self.device.serve(&mut self.numbers, &mut self.world, self.now);
            self.lap(Part::Device);
            self.home.follow(&mut self.numbers, &mut self.world, self.now);
            moved |= self.home.serve(&mut self.numbers, &mut self.world, self.now);
            self.lap(Part::Home);
            for phone in self.phones.values_mut() {
                phone.stack.poll(self.now);
                moved |= phone.serve(&mut self.world, self.now);
            }
            self.lap(Part::Phones);
            if !moved {
                break;
            }
        }
        self.device.stack.poll(self.now);
        self.lap(Part::Device);
        self.send_frames();
        self.lap(Part::Frames);
    }

    fn perform_effects(&mut self) -> bool {
        let mut moved = false;
        while let Some(effect) = self.world.poll_effect() {
            moved = true;
            let (id, seed, now) = (effect.phone(), self.seed, self.now);
            let phone = self.phones.entry(id).or_insert_with(|| PhoneHost::new(id, phone_mac(id), seed, now));
            match effect {
                Effect::Configure { .. } => {
                    self.home.leave(id);
                    phone.joined(now);
                }
                Effect::Open { id, exchange, .. } => phone.open(id, exchange, &mut self.world, now),
                Effect::Abandon { id, .. } => phone.abandon(id),
                Effect::Load { load, .. } => phone.load(load, now),
                Effect::Visit { network, load, .. } => {
                    self.home.visit(id, network, load, self.world.air().networks(), now);
                }
                Effect::Talk { id, does, .. } => phone.talk(id, does, &mut self.world, now),
                Effect::Cut { .. } => phone.cut(),
            }
        }
        // Who reaches nobody holds no connections: the access point is down, or the power off.
        if !self.world.air().access_point_is_up() {
            self.device.cut(&mut self.numbers, &mut self.world);
        }
        moved
    }

    /// Hands what was written down to whoever follows.
    fn note(&mut self, follow: &mut impl FnMut(&trace::Record)) {
        while let Some(record) = self.world.trace().poll() {
            // Frames are in the hash already, as they were on the air, and are checked there.
            if record.layer != Layer::Frame {
                let line = trace::json(&record);
                if record.layer != Layer::Detail {
                    self.hash.update(line.as_bytes());
                    self.recovery.note(&record);
                }
                self.lines.push(line);
            }
            follow(&record);
        }
    }
}

/// The device's hardware address on its access point: locally administered, so nobody's.
pub(in crate::world) const DEVICE_MAC: MacAddress = MacAddress([0x02, 0x76, 0x65, 0x73, 0x01, 0x00]);

/// The hardware address of its station.
pub(in crate::world) const STATION_MAC: MacAddress = MacAddress([0x02, 0x76, 0x65, 0x73, 0x01, 0x01]);

pub(in crate::world) fn phone_mac(phone: PhoneId) -> MacAddress {
    MacAddress([0x02, 0x76, 0x65, 0x73, 0x02, phone as u8])
}

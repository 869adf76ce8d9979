//! The virtual-time driver: one thread, no clock, no async runtime. Hosts have real TCP/IP stacks and
//! exchange Ethernet frames over simulated links; time jumps from one event to the next. The same scenario
//! and seed give the same bytes, on every machine.
//!
//! # What is simulated, and how faithfully
//!
//! The access point's network and the home networks are frame by frame: DHCP, ARP, UDP, TCP with its
//! retransmissions. A frame takes [`AIRTIME`] and a part that grows with its length; a frame is lost
//! only if a fault of the scenario says so ([`Fault`](crate::scenario::Fault), injected by `impairment`), or while the device's
//! radio listens on another channel. Associating with a network is the module `radio`'s, with its times.
//!
//! # What is checked
//!
//! Every safety invariant after every event (the module `invariant`), in every run; recovery from the
//! last fault where the scenario expects that.

mod browser;
mod c_program;
mod device_host;
pub(in crate::world) mod effects;
mod firmware;
pub(in crate::world) mod frame_record;
pub(in crate::world) mod home;
pub(in crate::world) mod http_server;
pub(super) mod impairment;
mod link;
mod listener;
pub(in crate::world) mod phone_host;
pub(in crate::world) mod phone_hosts;
mod recovery;
pub mod stopwatch;

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};
use vestibule_core::{Instant, MacAddress};

use super::{Layout, World};
use crate::event_queue::EventQueue;
use crate::invariant::recovery::{LONGEST, violation};
use crate::invariant::{Safety, View, Violation, ViolationKind};
use crate::radio::PhoneId;
use crate::random_streams::{RandomStream, stream};
use crate::scenario::judge::{RunJudge, RunState, Unmet};
use crate::scenario::{Mutant, Scenario};
use crate::trace::{self, Layer};
pub use c_program::{CProgramError, c_program};
use device_host::DeviceHost;
use effects::perform_effects;
use firmware::Firmware;
pub use firmware::{FirmwareError, host_firmware};
use home::{Home, HomeHost};
use http_server::ConnectionNumbers;
use impairment::Impairment;
use listener::Listener;
use phone_hosts::PhoneHosts;
use recovery::Recovery;
use stopwatch::{Part, Stopwatch};

/// The time that the shortest frame takes from one host to the other: access to the channel, and the
/// preamble. Some 1 ms is usual on a quiet 2.4 GHz channel; chosen, no source.
pub const AIRTIME: Duration = Duration::from_micros(800);

/// The time that each byte adds: 1 µs is 8 Mbit/s, what a phone gets through an ESP32's access
/// point (Espressif states 20 Mbit/s for UDP in the open air).
pub const BYTE_TIME: Duration = Duration::from_micros(1);

/// The device's address on its access point.
pub(in crate::world) const DEVICE: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// Events after which a run is stopped although its time is not over, for it repeats itself without end.
const MAX_EVENTS: u64 = 10_000_000;

/// How a run ended.
///
/// [`VirtualTime`] has an example.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtualRunOutcome {
    /// The expectations that did not hold. Empty when the scenario has passed.
    pub unmet: Vec<Unmet>,
    /// The invariant that was broken, if one was: the run ends there.
    pub violation: Option<Violation>,
    /// The virtual time that it took.
    pub took: Duration,
    /// The hash of the trace and of every frame: two runs of one seed have the same.
    pub hash: String,
    /// Frames that were sent.
    pub frames: u64,
    /// Events that happened.
    pub events: u64,
    /// The state at the end.
    pub run_state: RunState,
}

/// An event in the queue.
enum Due {
    /// A frame reaches a host.
    Arrival { to: Host, frame: Vec<u8> },
    /// A deadline of a host or of the world.
    Wake,
}

/// A host on one of the networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum Host {
    /// The device, on its access point.
    Device,
    /// A phone there.
    Phone(PhoneId),
    /// A host on a home network, which is given by its place in the scenario.
    AtHome { network: usize, host: HomeHost },
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
    /// The time of the next [`Due::Wake`] that counts. An earlier one replaces a later one, which stays in the
    /// event queue and is ignored.
    next_wake: Option<Instant>,
    device: DeviceHost,
    /// The device, where it is the boards' layer in the place of the simulated one.
    firmware: Option<Box<Firmware>>,
    phones: PhoneHosts,
    home: Home,
    numbers: ConnectionNumbers,
    impairment: Impairment,
    home_impairment: Impairment,
    /// Who hears the frames on the access point, where the scenario asks what is found in them.
    listener: Option<Listener>,
    /// The time at which the air is free again.
    air_free_at: Instant,
    hash: Sha256,
    frames: u64,
    events: u64,
    safety: Safety,
    recovery: Recovery,
    /// Compares the run with what its scenario expects.
    judge: RunJudge,
    /// Whether the scenario expects the world to recover.
    expects_recovery: bool,
    /// The records since the invariants were last checked, as JSON.
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
        world.record_observations();
        let secrets = world.secrets().iter().map(Vec::as_slice);
        let listener = scenario.expect.passphrase_on_air.map(|_| Listener::new(secrets));
        let phones = PhoneHosts::new(scenario.phones.len(), seed, now);
        let faults = || scenario.faults.iter().map(|fault| fault.get_ref());
        let impairment = |of| Impairment::new(stream(seed, of, 0), faults());
        Self {
            world,
            now,
            event_queue: EventQueue::default(),
            next_wake: None,
            device: device_host(scenario, layout.http_port, seed, now),
            firmware: None,
            phones,
            home: Home::new(seed),
            numbers: ConnectionNumbers::default(),
            impairment: impairment(RandomStream::Impairment),
            home_impairment: impairment(RandomStream::HomeImpairment),
            listener,
            air_free_at: now,
            hash: Sha256::new(),
            frames: 0,
            events: 0,
            safety: Safety::default(),
            recovery: Recovery::new(scenario),
            judge: RunJudge::default(),
            expects_recovery: scenario.expect.liveness,
            lines: Vec::new(),
            records_frames: false,
            stopwatch: None,
        }
    }

    /// The same around the boards' layer on this computer, which that program is ([`host_firmware`]).
    ///
    /// # Errors
    /// [`FirmwareError`] when there is none.
    pub fn around_firmware(scenario: &Scenario, seed: u64, program: &Path) -> Result<Self, FirmwareError> {
        match program.is_file() {
            true => Ok(Self::with_firmware(scenario, seed, program)),
            false => Err(FirmwareError::NoFirmware(program.into())),
        }
    }

    /// The same. A program that cannot be started is the run's violation.
    pub(crate) fn with_firmware(scenario: &Scenario, seed: u64, program: &Path) -> Self {
        let mut world = Self::new(scenario, seed);
        world.world.device().run_externally();
        world.firmware = Some(Box::new(Firmware::new(program, seed)));
        world
    }

    /// As [`VirtualTime::new`], with the portal behind its C interface, in this program.
    ///
    /// # Errors
    /// [`CProgramError`] when there is none.
    pub fn around_c(scenario: &Scenario, seed: u64, program: &Path) -> Result<Self, CProgramError> {
        if !program.is_file() {
            return Err(CProgramError(program.into()));
        }
        let mut world = Self::new(scenario, seed);
        world.world.device().run_in_c(program);
        Ok(world)
    }

    /// Records every transmitted frame in the trace, with what the owner typed redacted, and the details that
    /// a picture needs. The run itself and its hash stay the same.
    #[must_use]
    pub fn record_frames(mut self) -> Self {
        self.records_frames = true;
        self.world.trace().record_details();
        self
    }

    /// Runs until every expectation of the scenario holds, or one cannot hold any more, or its time is over;
    /// or until an invariant is violated. `follow` gets each record as it is made.
    pub fn run(mut self, scenario: &Scenario, follow: impl FnMut(&trace::Record)) -> VirtualRunOutcome {
        self.run_to_end(scenario, follow)
    }

    /// The same, and measures how long each part takes.
    pub fn run_timed(mut self, scenario: &Scenario, stopwatch: Stopwatch) -> (VirtualRunOutcome, Stopwatch) {
        self.stopwatch = Some(stopwatch);
        let outcome = self.run_to_end(scenario, |_| {});
        (outcome, self.stopwatch.unwrap_or_default())
    }

    fn lap(&mut self, part: Part) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.lap(part);
        }
    }

    fn run_to_end(
        &mut self,
        scenario: &Scenario,
        mut follow: impl FnMut(&trace::Record),
    ) -> VirtualRunOutcome {
        self.world.start(self.now);
        self.settle();
        let mut violation = None;
        loop {
            self.hand_out_records(&mut follow);
            self.lap(Part::Writing);
            let safe = self.check_firmware().and_then(|()| self.check_safety());
            self.lap(Part::Invariants);
            let over = safe.and_then(|()| {
                if scenario.expect.liveness { self.is_recovered() } else { self.is_over(scenario) }
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
        self.hand_out_records(&mut follow);
        let hash = self.hash.finalize_reset().iter().map(|byte| format!("{byte:02x}")).collect();
        let took = self.now - Instant::from_micros(0);
        let run_state = self.run_state();
        VirtualRunOutcome {
            unmet: std::mem::take(&mut self.judge).into_unmet(),
            violation,
            took,
            hash,
            frames: self.frames,
            events: self.events,
            run_state,
        }
    }

    /// Whether the run is over by what its scenario expects. If not, goes on to the next event.
    fn is_over(&mut self, scenario: &Scenario) -> Result<bool, Violation> {
        let took = self.now - Instant::from_micros(0);
        let run_state = self.run_state();
        let is_decided = self.judge.is_decided(scenario, run_state, took);
        self.lap(Part::Judging);
        if is_decided {
            return Ok(true);
        }
        if self.events >= MAX_EVENTS {
            return Err(self.endless_run());
        }
        Ok(!self.advance(Instant::from_micros(0) + scenario.expect.within))
    }

    /// The state of the run, with what was heard of it.
    fn run_state(&mut self) -> RunState {
        let passphrase_on_air = self.listener.as_ref().map(Listener::has_found);
        RunState { passphrase_on_air, ..self.world.run_state() }
    }

    /// The violation of a run that does not end, with what each part of the world waits for.
    fn endless_run(&mut self) -> Violation {
        let found = format!("{} events, and no end", self.events);
        violation("run-ends", self.now - Instant::from_micros(0), found, self.world.waits())
    }

    /// Whether the world has recovered from its faults. If not, goes on to the next event.
    fn is_recovered(&mut self) -> Result<bool, Violation> {
        if self.recovery.judge(&mut self.world, self.now)? {
            return Ok(true);
        }
        self.lap(Part::Judging);
        // The judgement may have made owners start over.
        self.settle();
        if self.events >= MAX_EVENTS || !self.advance(Instant::from_micros(0) + LONGEST) {
            return Err(self.endless_run());
        }
        Ok(false)
    }

    /// The firmware must not end by itself, nor the C program that has the portal.
    fn check_firmware(&mut self) -> Result<(), Violation> {
        let firmware = self.firmware.as_ref().and_then(|firmware| firmware.failed());
        let Some(why) = firmware.or_else(|| self.world.device().failed()) else { return Ok(()) };
        let (at, found) = (self.now - Instant::from_micros(0), why.into());
        let (invariant, kind) = ("device-runs".into(), ViolationKind::Safety);
        Err(Violation { invariant, kind, at, found, waits: Vec::new() })
    }

    fn check_safety(&mut self) -> Result<(), Violation> {
        let observations = self.world.take_observations(self.now);
        let has_power = self.world.device().has_power();
        let view = View {
            at: self.now - Instant::from_micros(0),
            observations: &observations.observations,
            lines: &self.lines,
            held: self.world.held(),
            secrets: self.world.secrets(),
            names: self.world.names(),
            clock: has_power.then_some(observations.clock),
            due: observations.due,
            connections: &observations.connections,
        };
        let checked = self.safety.check(&view);
        self.lines.clear();
        checked
    }

    /// Goes on to the next event; `false` if that is after `end`.
    fn advance(&mut self, end: Instant) -> bool {
        self.schedule_wake();
        let (at, due) = loop {
            match self.event_queue.pop_until(end) {
                None => {
                    self.now = end;
                    return false;
                }
                // A replaced wake. Carried out, it would plan the next one once more, which no run would be rid of again.
                Some((at, Due::Wake)) if self.next_wake != Some(at) => {}
                Some(next) => break next,
            }
        };
        self.now = at;
        self.events += 1;
        self.lap(Part::EventQueue);
        match due {
            Due::Wake => {
                self.next_wake = None;
                self.world.handle_timeout(at);
            }
            Due::Arrival { to, frame } => self.arrive(to, frame),
        }
        self.lap(Part::Deadlines);
        self.settle();
        true
    }

    /// Schedules a wake for the next deadline of any host, unless there is one already.
    fn schedule_wake(&mut self) {
        let now = self.now;
        let phones = self.phones.iter_mut().filter_map(|(_, phone)| phone.poll_timeout(now));
        let home = self.home.poll_timeout(now);
        let device = match &self.firmware {
            Some(firmware) => firmware.poll_timeout(&mut self.world, now),
            None => self.device.stack.poll_at(now),
        };
        let due = phones
            .chain(self.world.poll_timeout())
            .chain(device)
            .chain(home)
            .chain(self.expects_recovery.then(|| self.recovery.poll_timeout(now)).flatten())
            .min();
        if let Some(due) = due.map(|due| due.max(now))
            && self.next_wake.is_none_or(|planned| due < planned)
        {
            self.next_wake = Some(due);
            self.event_queue.schedule(due, Due::Wake);
        }
    }

    /// Lets every host continue until nothing moves.
    fn settle(&mut self) {
        loop {
            let mut moved = perform_effects(&mut self.phones, &mut self.home, &mut self.world, self.now);
            self.lap(Part::Phones);
            moved |= self.serve_device();
            self.lap(Part::Device);
            moved |= self.home.serve(&mut self.numbers, &mut self.world, self.now);
            self.lap(Part::Home);
            for (_, phone) in self.phones.iter_mut() {
                phone.stack.poll(self.now);
                moved |= phone.serve(&mut self.world, self.now);
            }
            self.lap(Part::Phones);
            if !moved {
                break;
            }
        }
        if self.firmware.is_none() {
            self.device.stack.poll(self.now);
        }
        self.lap(Part::Device);
        self.send_frames();
        self.phones.put_away();
        self.lap(Part::Frames);
    }

    /// Lets the device continue. Returns whether anything moved.
    fn serve_device(&mut self) -> bool {
        if let Some(firmware) = &mut self.firmware {
            return firmware.serve(&mut self.home, &mut self.world, self.now);
        }
        // Without an access point no client is reachable: its connections end.
        if !self.world.air().access_point_is_up() {
            self.device.cut(&mut self.numbers, &mut self.world);
        }
        self.device.set_address(self.world.air().access_point_address());
        self.device.stack.poll(self.now);
        let moved = self.device.serve(&mut self.numbers, &mut self.world, self.now);
        self.home.follow_association(&mut self.numbers, &mut self.world, self.now);
        moved
    }

    /// Hands out the new records, adds them to the hash and notes them for the invariants.
    fn hand_out_records(&mut self, follow: &mut impl FnMut(&trace::Record)) {
        while let Some(record) = self.world.trace().poll() {
            // Frames were added to the hash unredacted when they were transmitted, and are checked there.
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

/// The device's hardware address on its access point: a locally administered one.
pub(in crate::world) const DEVICE_MAC: MacAddress = MacAddress([0x02, 0x76, 0x65, 0x73, 0x01, 0x00]);

/// The hardware address of its station.
pub(in crate::world) const STATION_MAC: MacAddress = MacAddress([0x02, 0x76, 0x65, 0x73, 0x01, 0x01]);

pub(in crate::world) fn phone_mac(phone: PhoneId) -> MacAddress {
    MacAddress([0x02, 0x76, 0x65, 0x73, 0x02, phone as u8])
}

/// The device's stack on its access point. With the known bug its port of HTTPS is silent.
fn device_host(scenario: &Scenario, http_port: u16, seed: u64, now: Instant) -> DeviceHost {
    let mut host = DeviceHost::new(DEVICE_MAC, DEVICE, http_port, seed, now);
    if scenario.device.mutant == Some(Mutant::SilentHttps) {
        host.stack.drop_resets(443);
    }
    host
}

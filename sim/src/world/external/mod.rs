//! The driver of a device that runs outside this process, in real time: the firmware's machine code on QEMU's `virt`
//! machine, or a program of this machine with any portal in it. Its radio asks the world's air over the control channel
//! ([`vestibule_device_protocol`]); phones and home routers have the stacks of [`super::virtual_time`] and exchange frames
//! with the device's two network devices, or with the stacks here that stand for them where a program has only sockets.
//!
//! A power cut ends the process; power on starts it again with its files. The device itself is not simulated. The
//! firmware under QEMU reports its state, and what it has stored is read from its flash image; of a program nothing is
//! known inside, and it is judged by what it does (`foreign`).

mod arrivals;
mod control;
mod error;
mod foreign;
mod guest;
mod image;
mod link;
mod machine;
mod memory;
mod messages;
mod network_device;
mod process;
mod program;
mod seen;
mod sockets;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::Notify;
use vestibule_core::{Instant, Interface, Ssid};
use vestibule_device_protocol::{FromHost, Mode, StationEvent};

use super::virtual_time::DEVICE;
use super::virtual_time::effects::perform_effects;
use super::virtual_time::home::Home;
use super::virtual_time::http_server::ConnectionNumbers;
use super::virtual_time::phone_hosts::PhoneHosts;
use super::{Layout, World};
use crate::device::DeviceOrder;
use crate::invariant::Violation;
use crate::radio::Association;
use crate::random_streams::{RandomStream, number};
use crate::scenario::judge::{RunJudge, Unmet};
use crate::scenario::{Action, Scenario};
use crate::trace::{self, Layer, Record};
use arrivals::Arrivals;
use control::Received;
use error::about;
pub use error::{
    DeviceFault, ExternalError, Unfit, can_be_foreign, can_be_on_firmware, can_be_on_qemu, can_be_simulated,
};
use foreign::{Foreign, Settling, seen_from_outside};
use guest::{Guest, GuestEvent};
use machine::Machine;
use program::Program;

/// Where `ci/firmware.sh` leaves the firmware, seen from the repository's top.
pub const FIRMWARE: &str = "target/firmware/riscv32imc-unknown-none-elf/release/device";

/// The longest sleep of the driver.
const MAX_SLEEP: Duration = Duration::from_millis(500);

/// The time that a device has from power-on to its first message. The firmware takes 0.2 s.
const BOOT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a device may take to be back after the restart that ends a run. `memory` finds it out before.
const RETURN_TIMEOUT: Duration = Duration::from_secs(60);

/// What runs.
enum Kind {
    /// The firmware under QEMU.
    Firmware(PathBuf),
    /// A program, by its command.
    Command(String),
}

/// How a run with a device outside this process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExternalOutcome {
    /// The expectations that did not hold. Empty when the scenario has passed.
    pub unmet: Vec<Unmet>,
    /// The invariant that was broken, if one was: the run ends there.
    pub violation: Option<Violation>,
    /// What was not judged, because it needs a look inside the device.
    pub left_out: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// A scenario's world around a device outside this process.
pub struct External {
    /// Boxed, as what else is large, because it is moved from future to future.
    world: Box<World>,
    kind: Kind,
    /// Holds the device's files and its log; removed at the end of the run.
    folder: TempDir,
    /// `None` without power.
    guest: Option<Box<Guest>>,
    /// What is known of a device that is not this project's firmware.
    foreign: Option<Box<Foreign>>,
    boots: u64,
    /// The time by which the device must have sent its first message.
    boot_deadline: Option<Instant>,
    /// The number of the device's last join.
    attempt: u32,
    /// The association that the device was last told of.
    station: Option<Association>,
    phones: PhoneHosts,
    home: Home,
    /// Frames that are under way.
    arrivals: Arrivals,
    /// Not used, because the device's HTTP server is outside.
    numbers: ConnectionNumbers,
    seed: u64,
    /// Where the socket is to be that is its serial line, if anywhere.
    serial_line: Option<PathBuf>,
    /// Whether frames are written into the trace.
    records_frames: bool,
    /// Rings when a program has sent something by its sockets.
    bell: Arc<Notify>,
    began: std::time::Instant,
}

impl External {
    /// The world of a scenario around that firmware under QEMU, before anything has happened.
    ///
    /// # Errors
    /// [`ExternalError`] when the scenario asks for what there is not, or the firmware or room for the
    /// flash image is missing.
    pub fn under_qemu(scenario: &Scenario, seed: u64, firmware: &Path) -> Result<Self, ExternalError> {
        can_be_on_qemu(scenario)?;
        if !firmware.is_file() {
            return Err(ExternalError::NoFirmware(firmware.into()));
        }
        let external = Self::new(scenario, seed, Kind::Firmware(firmware.into()))?;
        let image = machine::flash_image(external.folder.path());
        image::write(&image, external.world.flash()).map_err(about("flash image"))?;
        Ok(external)
    }

    /// The world of a scenario around a program, which the shell starts in the present folder: any device that speaks
    /// the device protocol.
    ///
    /// # Errors
    /// [`ExternalError`] when the scenario asks for what there is not, or there is no room for the device's files.
    pub fn around_program(scenario: &Scenario, seed: u64, command: &str) -> Result<Self, ExternalError> {
        can_be_foreign(scenario)?;
        let mut external = Self::new(scenario, seed, Kind::Command(command.into()))?;
        std::fs::create_dir(external.files()).map_err(about("folder"))?;
        external.world.record_observations();
        external.foreign = Some(Box::new(Foreign::new()));
        Ok(external)
    }

    fn new(scenario: &Scenario, seed: u64, kind: Kind) -> Result<Self, ExternalError> {
        let layout = Layout { device: DEVICE, http_port: 80, home_port: 80, homes: Vec::new() };
        let mut world = Box::new(World::new(scenario, seed, &layout, None));
        world.device().run_externally();
        let folder = TempDir::new().map_err(about("folder"))?;
        let now = Instant::from_micros(0);
        Ok(Self {
            world,
            kind,
            folder,
            guest: None,
            foreign: None,
            boots: 0,
            boot_deadline: None,
            attempt: 0,
            station: None,
            phones: PhoneHosts::new(scenario.phones.len(), seed, now),
            home: Home::new(seed),
            arrivals: Arrivals::new(scenario, seed),
            numbers: ConnectionNumbers::default(),
            seed,
            serial_line: None,
            records_frames: false,
            bell: Arc::default(),
            began: std::time::Instant::now(),
        })
    }

    /// The serial line of a device under QEMU is a socket of this system at that path from now on: whoever connects to it is
    /// at the other end.
    #[must_use]
    pub fn with_serial_line(mut self, at: &Path) -> Self {
        self.serial_line = Some(at.into());
        self
    }

    /// The folder in which a program may keep files.
    fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// Records every frame to or from the device and those of the home networks in the trace, with what the
    /// owner typed redacted.
    #[must_use]
    pub fn record_frames(mut self) -> Self {
        self.records_frames = true;
        self
    }

    /// Runs until every expectation of the scenario holds, or one cannot hold any more, or its time is over;
    /// or until an invariant is violated. A program that is on a network then is restarted once more, and has to come
    /// back. `follow` gets each record as it is made.
    ///
    /// # Errors
    /// [`ExternalError`] when the device fails.
    pub async fn run(
        self,
        scenario: &Scenario,
        follow: impl FnMut(&Record),
    ) -> Result<ExternalOutcome, ExternalError> {
        let is_foreign = self.foreign.is_some();
        let (held_to, left_out) =
            if is_foreign { seen_from_outside(scenario) } else { (scenario.clone(), Vec::new()) };
        let external = Box::new(self);
        let run = Run { external, scenario, held_to, judge: RunJudge::default(), ending: Ending::No };
        let outcome = Box::pin(run.run_to_end(follow)).await;
        outcome.map(|outcome| ExternalOutcome { left_out, ..outcome })
    }

    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Waits for an event of the device or for the next deadline, and handles it.
    async fn wait_for_event(&mut self) -> Result<(), ExternalError> {
        let now = self.now();
        let phones = self.phones.iter_mut().filter_map(|(_, phone)| phone.poll_timeout(now)).min();
        let foreign = self.foreign.as_mut().and_then(|foreign| foreign.poll_timeout(now));
        let arrivals = self.arrivals.poll_timeout();
        let due = [phones, foreign, arrivals, self.home.poll_timeout(now), self.world.poll_timeout()];
        let due = due.into_iter().flatten().min();
        let sleep = due.map_or(MAX_SLEEP, |due| due.max(now) - now).min(MAX_SLEEP);
        let event = match &mut self.guest {
            Some(guest) => tokio::select! {
                biased;
                event = tokio::time::timeout(sleep, guest.next_event()) => event.ok(),
                () = self.bell.notified() => None,
            },
            None => {
                tokio::time::sleep(sleep).await;
                None
            }
        };
        let now = self.now();
        match event {
            Some(GuestEvent::Line(Received::Message(message))) => self.handle_message(message, now).await?,
            Some(GuestEvent::Line(Received::Garbage(_))) if self.foreign.is_none() => {
                tracing::warn!("the device sent a line that is not a message");
            }
            Some(GuestEvent::Line(Received::Garbage(word))) => return Err(DeviceFault::Garbage(word).into()),
            Some(GuestEvent::Frame(interface, frame)) => self.device_sends(interface, frame, now),
            Some(GuestEvent::Line(Received::End)) => return Err(self.guest_ended().await),
            None => self.check_timeouts(now)?,
        }
        if self.foreign.as_mut().is_some_and(|foreign| foreign.is_cut(now)) {
            // The world powers off a device whose flash has lost its power.
            self.world.flash().cut_power();
        }
        self.world.handle_timeout(now);
        Ok(())
    }

    /// The error of a device that has ended by itself.
    async fn guest_ended(&mut self) -> ExternalError {
        match &mut self.guest {
            Some(guest) => guest.ended().await,
            None => ExternalError::Ended(String::new()),
        }
    }

    /// Fails if the device has not booted in time, or does not read.
    fn check_timeouts(&mut self, now: Instant) -> Result<(), ExternalError> {
        let firmware = match &self.kind {
            Kind::Firmware(firmware) => Some(firmware.as_path()),
            Kind::Command(_) => None,
        };
        let Some(guest) = &mut self.guest else { return Ok(()) };
        if self.boot_deadline.is_some_and(|until| until <= now) {
            return Err(guest.not_ready(firmware, BOOT_TIMEOUT.as_secs()));
        }
        if self.foreign.is_some() && guest.is_stuck() {
            return Err(DeviceFault::Stuck.into());
        }
        Ok(())
    }

    /// Reads the flash image, which the firmware may have changed.
    fn read_flash(&self) -> Result<(), ExternalError> {
        if self.foreign.is_some() {
            return Ok(());
        }
        image::read(&machine::flash_image(self.folder.path()), self.world.flash())
            .map_err(about("flash image"))
    }

    async fn send_message(&mut self, message: &FromHost) {
        if let Some(guest) = &mut self.guest {
            guest.send(message).await;
        }
    }

    /// A frame for the device.
    fn send_to_device(&mut self, interface: Interface, frame: &[u8]) {
        match self.foreign.as_mut().and_then(|foreign| foreign.sockets.as_mut()) {
            Some(sockets) => sockets.receive(interface, frame),
            None => {
                if let Some(guest) = &mut self.guest {
                    guest.send_frame(interface, frame);
                }
            }
        }
    }

    /// Lets every host continue until nothing moves.
    async fn settle(&mut self) -> Result<(), ExternalError> {
        loop {
            let now = self.now();
            let mut moved = perform_effects(&mut self.phones, &mut self.home, &mut self.world, now)
                | self.execute_orders().await?;
            self.follow_station(now).await;
            moved |= self.home.serve(&mut self.numbers, &mut self.world, now);
            moved |= self.serve_sockets(now);
            for (_, phone) in self.phones.iter_mut() {
                phone.stack.poll(now);
                moved |= phone.serve(&mut self.world, now);
                phone.stack.poll(now);
            }
            self.send_frames(now);
            moved |= self.deliver_frames(now);
            if let Some(foreign) = &self.foreign {
                moved |= foreign.follow_state(&mut self.world, now);
            }
            if !moved {
                return Ok(());
            }
        }
    }

    /// Carries what a program that has only sockets sends and receives by them. Returns whether anything moved.
    fn serve_sockets(&mut self, now: Instant) -> bool {
        let Some(sockets) = self.foreign.as_mut().and_then(|foreign| foreign.sockets.as_mut()) else {
            return false;
        };
        sockets.follow_access_point(self.world.air().access_point_address(), now);
        sockets.follow_station(self.world.air().association(), now);
        let mut moved = sockets.serve(&mut self.world, now);
        while let Some((interface, frame)) = self.next_frame_of_sockets() {
            self.device_sends(interface, frame, now);
            moved = true;
        }
        moved
    }

    fn next_frame_of_sockets(&mut self) -> Option<(Interface, Vec<u8>)> {
        self.foreign.as_mut()?.sockets.as_mut()?.next_frame()
    }

    /// Executes the world's orders for the device. Returns whether there were any.
    async fn execute_orders(&mut self) -> Result<bool, ExternalError> {
        let mut moved = false;
        while let Some(order) = self.world.device().poll_order() {
            moved = true;
            match order {
                DeviceOrder::PowerOn => {
                    self.boots += 1;
                    self.guest = Some(Box::new(Box::pin(self.power_on()).await?));
                    self.boot_deadline = Some(self.now() + BOOT_TIMEOUT);
                }
                DeviceOrder::PowerOff => {
                    self.guest = None;
                    self.boot_deadline = None;
                    let now = self.now();
                    if let Some(foreign) = &mut self.foreign {
                        foreign.power_off(now);
                    }
                    self.read_flash()?;
                }
                DeviceOrder::Report(event) => self.report(event).await,
                DeviceOrder::CutFlash { operations, undone } => match &mut self.foreign {
                    Some(foreign) => foreign.cut_after(Some(operations)),
                    None => {
                        let operation = u32::try_from(operations).unwrap_or(u32::MAX).saturating_add(1);
                        self.send_message(&FromHost::PowerCutAt { operation, undone }).await;
                    }
                },
                DeviceOrder::SpareFlash => match &mut self.foreign {
                    Some(foreign) => foreign.cut_after(None),
                    None => self.send_message(&FromHost::PowerCutAt { operation: 0, undone: 0 }).await,
                },
                DeviceOrder::Setup => self.send_message(&FromHost::Setup).await,
                // None of these is asked of it.
                DeviceOrder::RepeatEntropy(_) | DeviceOrder::DriverFault(_) | DeviceOrder::FlashTakes(_) => {}
                DeviceOrder::Clear => {
                    if let Some(foreign) = &mut self.foreign {
                        foreign.memory.cleared();
                    }
                    self.send_message(&FromHost::FactoryReset).await;
                    self.send_message(&FromHost::Setup).await;
                }
            }
        }
        Ok(moved)
    }

    async fn power_on(&mut self) -> Result<Guest, ExternalError> {
        Ok(match &self.kind {
            Kind::Firmware(firmware) => Guest::Machine(
                Machine::power_on(firmware, self.folder.path(), self.serial_line.as_deref()).await?,
            ),
            Kind::Command(command) => {
                let log = self.folder.path().join("log");
                let seed = number(self.seed, RandomStream::Machine, self.boots);
                Guest::Program(Program::power_on(command, &self.files(), log, seed).await?)
            }
        })
    }

    /// Tells the device and the home networks with which network the air has associated the station.
    async fn follow_station(&mut self, now: Instant) {
        let association = self.world.air().association();
        if self.station == association {
            return;
        }
        self.station = association;
        let network = association.map(|association| association.network);
        self.home.set_foreign_station(network, self.world.air().networks(), now);
        let has_sockets = self.foreign.as_ref().is_some_and(|foreign| foreign.mode == Some(Mode::Sockets));
        if association.is_some() && !has_sockets {
            let event = StationEvent::Associated;
            self.send_message(&FromHost::Station { attempt: self.attempt, event }).await;
        }
    }
}

/// How far a run is with its end.
enum Ending {
    /// The scenario goes on.
    No,
    /// The device was restarted once more, and has until then to come back.
    Returning(Instant),
}

/// A run of a scenario.
struct Run<'a> {
    external: Box<External>,
    scenario: &'a Scenario,
    /// The scenario without what cannot be judged.
    held_to: Scenario,
    judge: RunJudge,
    ending: Ending,
}

impl Run<'_> {
    async fn run_to_end(mut self, mut follow: impl FnMut(&Record)) -> Result<ExternalOutcome, ExternalError> {
        self.external.began = std::time::Instant::now();
        self.external.world.start(self.external.now());
        let mut settling = Settling::default();
        let violation = loop {
            let settled = self.external.settle().await;
            self.hand_out_records(&mut follow);
            settled.map_err(|error| self.without_secrets(error))?;
            match self.is_over(&mut settling) {
                Ok(false) => {}
                Ok(true) => break None,
                Err(violation) => break Some(violation),
            }
            let waited = self.external.wait_for_event().await;
            waited.map_err(|error| self.without_secrets(error))?;
        };
        let took = self.external.now() - Instant::from_micros(0);
        let unmet = self.unmet();
        Ok(ExternalOutcome { unmet, violation, left_out: Vec::new(), took })
    }

    /// What does not hold that was expected, with the network that the device has come back to in the end.
    fn unmet(self) -> Vec<Unmet> {
        let stored = self.scenario.expect.stored.as_ref().map(|stored| stored.get_ref().0);
        let found = self.external.world.air().joined_network().map(|network| network.ssid);
        let mut unmet = self.judge.into_unmet();
        if self.external.foreign.is_some() && unmet.is_empty() && stored.is_some() && stored != found {
            let name = |ssid: Option<Ssid>| ssid.map_or("none".into(), |ssid| format!("\"{ssid}\""));
            unmet.push(Unmet {
                expected: format!("the device on {} again after a restart", name(stored)),
                found: name(found),
                may_come: false,
            });
        }
        unmet
    }

    fn hand_out_records(&mut self, follow: &mut impl FnMut(&Record)) {
        while let Some(record) = self.external.world.trace().poll() {
            if let Some(foreign) = &mut self.external.foreign
                && record.layer != Layer::Frame
            {
                foreign.lines.push(trace::json(&record));
            }
            follow(&record);
        }
    }

    /// Whether the run is over.
    ///
    /// # Errors
    /// An invariant is broken.
    fn is_over(&mut self, settling: &mut Settling) -> Result<bool, Violation> {
        let now = self.external.now();
        let took = now - Instant::from_micros(0);
        let External { foreign, world, .. } = &mut *self.external;
        let Some(foreign) = foreign else {
            return Ok(self.judge.is_over(self.scenario, world.run_state(), took));
        };
        foreign.judge(world, now)?;
        if let Ending::Returning(until) = self.ending {
            return Ok((foreign.mode.is_some() && foreign.memory.is_settled()) || now >= until);
        }
        let is_met = if self.held_to.expect.liveness {
            settling.judge(self.scenario, world, now)?
        } else {
            let is_over = self.judge.is_over(&self.held_to, world.run_state(), took);
            if is_over && self.judge.is_unmet() {
                return Ok(true);
            }
            is_over
        };
        if !is_met || world.air().joined_network().is_none() || foreign.memory.owes_nothing() {
            return Ok(is_met);
        }
        if foreign.memory.may_be_tested(now) {
            world.act(Action::Restart, now);
            self.ending = Ending::Returning(now + RETURN_TIMEOUT);
        }
        Ok(false)
    }

    /// The error without the passphrases that a device may have printed.
    fn without_secrets(&self, error: ExternalError) -> ExternalError {
        let hide = |log: String| {
            let secrets =
                self.external.world.secrets().iter().filter_map(|secret| str::from_utf8(secret).ok());
            crate::text::harmless_lines(
                &secrets.fold(log, |log, secret| log.replace(secret, "(a passphrase)")),
            )
        };
        match error {
            ExternalError::Device(DeviceFault::Ended { how, log }) => {
                DeviceFault::Ended { how, log: hide(log) }.into()
            }
            ExternalError::Device(DeviceFault::NotConnected { seconds, log }) => {
                DeviceFault::NotConnected { seconds, log: hide(log) }.into()
            }
            ExternalError::Device(DeviceFault::NotReady { seconds, log }) => {
                DeviceFault::NotReady { seconds, log: hide(log) }.into()
            }
            error => error,
        }
    }
}

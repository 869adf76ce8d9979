//! The QEMU driver: the device is the firmware's machine code on QEMU's `virt` machine, in real
//! time. Its radio asks the world's air over the control channel ([`vestibule_device_protocol`]); phones and
//! home routers have the stacks of [`super::virtual_time`] and exchange frames with the machine's
//! two network devices.
//!
//! A power cut kills QEMU; power on starts it with the same flash image. The device itself is not simulated:
//! its state is what it reports, and what it has stored is read from the image.

mod error;
mod image;
mod link;
mod machine;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use vestibule_core::{Event, Instant, RadioCommand, RadioEvent};
use vestibule_device_protocol::{FromDevice, FromHost, Start, StationEvent, VERSION};

use super::virtual_time::effects::perform_effects;
use super::virtual_time::home::{Home, RECEIVER_PORT};
use super::virtual_time::http_server::ConnectionNumbers;
use super::virtual_time::phone_host::PhoneHost;
use super::virtual_time::{DEVICE, phone_mac};
use super::{Layout, RunOutcome, World};
use crate::device::{DeviceMessage, DeviceOrder};
use crate::radio::{Association, PhoneId};
use crate::random_streams::{RandomStream, number};
use crate::scenario::Scenario;
use crate::scenario::judge::RunJudge;
use crate::trace::Record;
use crate::webhook::BEGINNING;
use error::about;
pub use error::{QemuError, Unfit, can_be_on_qemu};
use machine::{Machine, MachineEvent};

/// Where `ci/firmware.sh` leaves the firmware, seen from the repository's top.
pub const FIRMWARE: &str = "target/firmware/riscv32imc-unknown-none-elf/release/device";

/// The longest sleep of the driver.
const MAX_SLEEP: Duration = Duration::from_millis(500);

/// The time that the firmware has from power-on to its first message. It takes 0.2 s.
const BOOT_TIMEOUT: Duration = Duration::from_secs(20);

/// A scenario's world around a machine.
pub struct Qemu {
    world: World,
    firmware: PathBuf,
    /// Holds the machine's flash image and its log; removed at the end of the run.
    folder: TempDir,
    /// `None` without power.
    machine: Option<Machine>,
    boots: u64,
    /// The time by which the firmware must have sent its first message.
    boot_deadline: Option<Instant>,
    /// The number of the device's last join.
    attempt: u32,
    /// The association that the device was last told of.
    station: Option<Association>,
    phones: BTreeMap<PhoneId, PhoneHost>,
    home: Home,
    /// Not used, because the device's HTTP server is in the machine.
    numbers: ConnectionNumbers,
    seed: u64,
    /// Whether frames are written into the trace.
    records_frames: bool,
    began: std::time::Instant,
}

impl Qemu {
    /// The world of a scenario around that firmware, before anything has happened.
    ///
    /// # Errors
    /// [`QemuError`] when the scenario asks for what there is not, or the firmware or room for the
    /// flash image is missing.
    pub fn new(scenario: &Scenario, seed: u64, firmware: &Path) -> Result<Self, QemuError> {
        can_be_on_qemu(scenario)?;
        if !firmware.is_file() {
            return Err(QemuError::NoFirmware(firmware.into()));
        }
        let layout = Layout { device: DEVICE, http_port: 80, home_port: 80, homes: Vec::new() };
        let mut world = World::new(scenario, seed, &layout, None);
        world.device().run_externally();
        let folder = TempDir::new().map_err(about("folder"))?;
        image::write(&machine::flash_image(folder.path()), world.flash()).map_err(about("flash image"))?;
        let now = Instant::from_micros(0);
        let phones =
            (0..scenario.phones.len()).map(|id| (id, PhoneHost::new(id, phone_mac(id), seed, now))).collect();
        Ok(Self {
            world,
            firmware: firmware.into(),
            folder,
            machine: None,
            boots: 0,
            boot_deadline: None,
            attempt: 0,
            station: None,
            phones,
            home: Home::new(seed),
            numbers: ConnectionNumbers::default(),
            seed,
            records_frames: false,
            began: std::time::Instant::now(),
        })
    }

    /// Records every frame to or from the machine and those of the home networks in the trace, with what the
    /// owner typed redacted.
    #[must_use]
    pub fn record_frames(mut self) -> Self {
        self.records_frames = true;
        self
    }

    /// Runs until every expectation of the scenario holds, or one cannot hold any more, or its time is over.
    /// `follow` gets each record as it is made.
    ///
    /// # Errors
    /// [`QemuError`] when the machine fails.
    pub async fn run(
        mut self,
        scenario: &Scenario,
        mut follow: impl FnMut(&Record),
    ) -> Result<RunOutcome, QemuError> {
        self.began = std::time::Instant::now();
        self.world.start(self.now());
        let mut judge = RunJudge::default();
        loop {
            self.settle().await?;
            while let Some(record) = self.world.trace().poll() {
                follow(&record);
            }
            let took = self.now() - Instant::from_micros(0);
            if judge.is_over(scenario, self.world.run_state(), took) {
                return Ok(RunOutcome { unmet: judge.into_unmet(), took });
            }
            self.wait_for_event().await?;
        }
    }

    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Waits for an event of the machine or for the next deadline, and handles it.
    async fn wait_for_event(&mut self) -> Result<(), QemuError> {
        let now = self.now();
        let phones = self.phones.values_mut().filter_map(|phone| phone.poll_timeout(now)).min();
        let due =
            [phones, self.home.poll_timeout(now), self.world.poll_timeout()].into_iter().flatten().min();
        let sleep = due.map_or(MAX_SLEEP, |due| due.max(now) - now).min(MAX_SLEEP);
        let event = match &mut self.machine {
            Some(machine) => tokio::time::timeout(sleep, machine.next_event()).await.ok(),
            None => {
                tokio::time::sleep(sleep).await;
                None
            }
        };
        let now = self.now();
        match event {
            Some(MachineEvent::Message(Some(message))) => self.handle_message(message, now).await?,
            Some(MachineEvent::Message(None)) => {
                tracing::warn!("the device sent a line that is not a message");
            }
            Some(MachineEvent::Frame(interface, frame)) => self.device_sends(interface, frame, now),
            Some(MachineEvent::End) => {
                return Err(QemuError::Ended(self.machine.as_ref().map(Machine::log).unwrap_or_default()));
            }
            None if self.boot_deadline.is_some_and(|until| until <= now) => {
                return Err(QemuError::Silent(self.firmware.clone()));
            }
            None => {}
        }
        self.world.handle_timeout(now);
        Ok(())
    }

    /// The device has sent a message.
    async fn handle_message(&mut self, message: FromDevice, now: Instant) -> Result<(), QemuError> {
        let command = match message {
            FromDevice::Ready { version } => {
                self.boot_deadline = None;
                return self.start_portal(version).await;
            }
            FromDevice::Event(event) => {
                self.handle_device_event(event, now);
                return self.read_flash();
            }
            FromDevice::RaiseAccessPoint(access_point) => RadioCommand::RaiseAccessPoint(access_point),
            FromDevice::DropAccessPoint => {
                // The air reports only what changes, and the device waits for an answer.
                if !self.world.air().access_point_is_up() {
                    self.send_message(&FromHost::AccessPointDown).await;
                }
                RadioCommand::DropAccessPoint
            }
            FromDevice::Scan => RadioCommand::Scan,
            FromDevice::Join { attempt, credentials } => {
                self.attempt = attempt;
                RadioCommand::Join(credentials)
            }
            FromDevice::Leave => RadioCommand::Leave,
            FromDevice::PowerCut => {
                // The world powers off a device whose flash has lost its power.
                self.world.flash().cut_power();
                return Ok(());
            }
            FromDevice::Serving { .. } | FromDevice::StackDepth { .. } => return Ok(()),
        };
        self.world.device_message(DeviceMessage::Command(command), now);
        Ok(())
    }

    /// The device has booted and waits for its configuration.
    async fn start_portal(&mut self, version: u32) -> Result<(), QemuError> {
        if version != VERSION {
            return Err(QemuError::OtherVersion(version));
        }
        let config = self.world.device().config().clone();
        if let Some(host) = config.redirect_host {
            let host = host.try_into().map_err(|_| QemuError::LongName)?;
            self.send_message(&FromHost::RedirectHost(host)).await;
        }
        if let Some(url) = config.captive_portal {
            // An option of DHCP has room for no longer one.
            if let Ok(url) = url.as_str().try_into() {
                self.send_message(&FromHost::CaptivePortal(url)).await;
            }
        }
        if self.world.device().has_webhook() {
            let seconds = BEGINNING + self.now().as_micros() / 1_000_000;
            self.send_message(&FromHost::Webhook { port: RECEIVER_PORT, seconds }).await;
        }
        let seed = number(self.seed, RandomStream::Machine, self.boots);
        self.send_message(&FromHost::Start(Start { seed, config })).await;
        Ok(())
    }

    fn handle_device_event(&mut self, event: Event, now: Instant) {
        self.world.device_message(DeviceMessage::Event(event), now);
        // The firmware has got the address from the router, so the air learns it from the firmware.
        if let (Event::Joined { link, .. }, Some(association)) = (event, self.world.air().association()) {
            self.world.device_configured(association, link, now);
        }
    }

    /// Reads the flash image, which the device may have changed.
    fn read_flash(&self) -> Result<(), QemuError> {
        image::read(&machine::flash_image(self.folder.path()), self.world.flash())
            .map_err(about("flash image"))
    }

    async fn send_message(&mut self, message: &FromHost) {
        if let Some(machine) = &mut self.machine {
            machine.send_message(message).await;
        }
    }

    /// Lets every host continue until nothing moves.
    async fn settle(&mut self) -> Result<(), QemuError> {
        loop {
            let now = self.now();
            let mut moved =
                perform_effects(&mut self.phones, &mut self.home, &mut self.world, self.seed, now)
                    | self.execute_orders().await?;
            self.follow_station(now).await;
            moved |= self.home.serve(&mut self.numbers, &mut self.world, now);
            for phone in self.phones.values_mut() {
                phone.stack.poll(now);
                moved |= phone.serve(&mut self.world, now);
                phone.stack.poll(now);
            }
            moved |= self.send_frames(now);
            if !moved {
                return Ok(());
            }
        }
    }

    /// Executes the world's orders for the device. Returns whether there were any.
    async fn execute_orders(&mut self) -> Result<bool, QemuError> {
        let mut moved = false;
        while let Some(order) = self.world.device().poll_order() {
            moved = true;
            match order {
                DeviceOrder::PowerOn => {
                    self.boots += 1;
                    self.machine = Some(Machine::power_on(&self.firmware, self.folder.path()).await?);
                    self.boot_deadline = Some(self.now() + BOOT_TIMEOUT);
                }
                DeviceOrder::PowerOff => {
                    self.machine = None;
                    self.boot_deadline = None;
                    self.read_flash()?;
                }
                DeviceOrder::Report(event) => {
                    if let Some(message) = to_message(event, self.attempt) {
                        self.send_message(&message).await;
                    }
                }
                DeviceOrder::CutFlash { operations, undone } => {
                    let operation = u32::try_from(operations).unwrap_or(u32::MAX).saturating_add(1);
                    self.send_message(&FromHost::PowerCutAt { operation, undone }).await;
                }
                DeviceOrder::SpareFlash => {
                    self.send_message(&FromHost::PowerCutAt { operation: 0, undone: 0 }).await;
                }
                DeviceOrder::Clear => {
                    self.send_message(&FromHost::FactoryReset).await;
                    self.send_message(&FromHost::Setup).await;
                }
            }
        }
        Ok(moved)
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
        if association.is_some() {
            let event = StationEvent::Associated;
            self.send_message(&FromHost::Station { attempt: self.attempt, event }).await;
        }
    }
}

/// The message that tells the device of a radio event.
fn to_message(event: RadioEvent, attempt: u32) -> Option<FromHost> {
    let of_station = |event| FromHost::Station { attempt, event };
    Some(match event {
        RadioEvent::AccessPointUp => FromHost::AccessPointUp,
        RadioEvent::AccessPointDown => FromHost::AccessPointDown,
        RadioEvent::NetworkFound(record) => FromHost::NetworkFound(record),
        RadioEvent::ScanFinished => FromHost::ScanFinished,
        // The device has reported this itself.
        RadioEvent::Joined(_) => return None,
        RadioEvent::JoinFailed(failure) => of_station(StationEvent::JoinFailed(failure)),
        RadioEvent::JoinAborted { reason, stage } => of_station(StationEvent::JoinAborted { reason, stage }),
        RadioEvent::Disconnected => of_station(StationEvent::Disconnected),
        unknown => {
            tracing::warn!("the device protocol has no message for {unknown:?}");
            return None;
        }
    })
}

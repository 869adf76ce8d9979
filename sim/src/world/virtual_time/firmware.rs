//! The boards' layer in the place of the simulated device, in virtual time: a program for each power-on, which does what
//! it has to do at a moment and then waits ([`vestibule_device_protocol::lockstep`]). Its radio is the world's air, its
//! flash the world's. Two runs of a seed are the same to the byte, because the program runs at no other time.

use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use embedded_storage::nor_flash::{NorFlash as _, ReadNorFlash as _};
use vestibule_core::{Event, Instant, Interface, RadioCommand};
use vestibule_device_protocol::lockstep::{HEADER_BYTES, Kind, NEVER};
use vestibule_device_protocol::{
    DriverFault, DriverFaultKind, FromDevice, FromHost, Mode, StationEvent, VERSION,
};

use super::home::{Home, RECEIVER_PORT};
use crate::device::{DeviceMessage, DeviceOrder};
use crate::flash::{Flash, FlashError, SECTOR};
use crate::invariant::Observation;
use crate::radio::Association;
use crate::random_streams::{RandomStream, number};
use crate::scenario::Action;
use crate::world::{FLASH_SECTORS, World, device_messages};

/// Why there is no device to run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FirmwareError {
    /// There is no such program.
    #[error(
        "there is no firmware for this machine at {}; build it with `cd firmware && cargo build --locked \
         --target-dir ../target/firmware --target {HOST} -p vestibule-firmware-host`, or name another file with \
         `--firmware`",
        .0.display()
    )]
    NoFirmware(PathBuf),
}

/// What Rust calls this machine.
const HOST: &str = if cfg!(target_os = "macos") {
    if cfg!(target_arch = "aarch64") { "aarch64-apple-darwin" } else { "x86_64-apple-darwin" }
} else if cfg!(windows) {
    "x86_64-pc-windows-msvc"
} else if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-gnu"
} else {
    "x86_64-unknown-linux-gnu"
};

/// Where that build leaves the program, seen from the repository's top.
#[must_use]
pub fn host_firmware() -> PathBuf {
    let name = format!("virtual-device{}", std::env::consts::EXE_SUFFIX);
    ["target/firmware", HOST, "debug", &name].iter().collect()
}

/// The device with its power on.
struct Running {
    process: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn write(&mut self, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.input.write_all(&kind.header(length))?;
        self.input.write_all(bytes)
    }

    fn read(&mut self) -> io::Result<(Kind, Vec<u8>)> {
        self.input.flush()?;
        let mut header = [0; HEADER_BYTES];
        self.output.read_exact(&mut header)?;
        let (kind, length) = Kind::read(header).ok_or(io::ErrorKind::InvalidData)?;
        let mut bytes = vec![0; length as usize];
        self.output.read_exact(&mut bytes)?;
        Ok((kind, bytes))
    }
}

/// Dropping it cuts the power.
impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The device.
pub(super) struct Firmware {
    program: PathBuf,
    seed: u64,
    boots: u64,
    running: Option<Running>,
    /// The device's clock when power came.
    booted: Instant,
    /// Its next deadline, in microseconds since then.
    deadline: Option<u64>,
    /// Until then its processor is held up.
    busy_until: u64,
    /// What it is sent once it waits: while it is at work it reads nothing but the flash's answers.
    later: Option<Vec<(Kind, Vec<u8>)>>,
    /// Whether it was sent something that it has not looked at.
    has_news: bool,
    /// The number of its last join.
    attempt: u32,
    /// The association that it was last told of.
    station: Option<Association>,
    /// The frames that it has sent and that are not on the air yet.
    frames: Vec<(Interface, Vec<u8>)>,
    /// The flash sector in which panics are counted.
    panics: Flash,
    /// Calls of the driver in which it panics. It forgets them with each panic.
    panics_in: Vec<DriverFault>,
    /// It has panicked, and power does not come when it starts next.
    has_panicked: bool,
    /// Why it cannot go on.
    failed: Option<String>,
}

impl Firmware {
    pub(super) fn new(program: &Path, seed: u64) -> Self {
        Self {
            program: program.into(),
            seed,
            boots: 0,
            running: None,
            booted: Instant::from_micros(0),
            deadline: None,
            busy_until: 0,
            later: None,
            has_news: false,
            attempt: 0,
            station: None,
            frames: Vec::new(),
            panics: Flash::in_memory(1),
            panics_in: Vec::new(),
            has_panicked: false,
            failed: None,
        }
    }

    /// Why it cannot go on: the program is none, or has ended by itself.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// The frames that it has sent since the last call.
    pub(super) fn take_frames(&mut self) -> Vec<(Interface, Vec<u8>)> {
        std::mem::take(&mut self.frames)
    }

    /// The network that its station is on, as it knows.
    pub(super) fn network(&self) -> Option<usize> {
        self.station.map(|station| station.network)
    }

    /// A frame has arrived.
    pub(super) fn receive(&mut self, interface: Interface, frame: &[u8]) {
        let kind = match interface {
            Interface::AccessPoint => Kind::AccessPointFrame,
            Interface::Home => Kind::HomeFrame,
        };
        self.send(kind, frame);
    }

    /// When it must be served, if nothing arrives before.
    pub(super) fn poll_timeout(&self, world: &mut World, now: Instant) -> Option<Instant> {
        let due = if self.has_news { 0 } else { self.deadline? };
        self.running.as_ref()?;
        let clock = self.clock(world, now);
        Some(now + Duration::from_micros(due.max(self.busy_until).saturating_sub(clock)))
    }

    /// Carries out the world's orders, tells the device what its station is on, and lets it do what it has to do. Returns
    /// whether anything moved.
    pub(super) fn serve(&mut self, home: &mut Home, world: &mut World, now: Instant) -> bool {
        let moved = self.carry_out_orders(world, now);
        self.follow_station(home, world, now);
        self.run(world, now) | moved
    }

    /// Its clock, in microseconds since power came.
    fn clock(&self, world: &mut World, now: Instant) -> u64 {
        world.device().clock(now).since(self.booted).as_micros().try_into().unwrap_or(u64::MAX)
    }

    fn send(&mut self, kind: Kind, bytes: &[u8]) {
        let Some(running) = &mut self.running else { return };
        self.has_news = true;
        if let Some(later) = &mut self.later {
            return later.push((kind, bytes.to_vec()));
        }
        // A program that has ended is found where its answer is read.
        let _ = running.write(kind, bytes);
    }

    fn send_message(&mut self, message: &FromHost) {
        let mut line = String::new();
        if message.write(&mut line).is_ok() {
            self.send(Kind::Line, line.as_bytes());
        }
    }

    fn send_fault(&mut self, fault: DriverFault) {
        let mut text = String::new();
        if fault.write(&mut text).is_ok() {
            self.send(Kind::DriverFault, text.as_bytes());
        }
    }

    fn carry_out_orders(&mut self, world: &mut World, now: Instant) -> bool {
        let mut moved = false;
        while let Some(order) = world.device().poll_order() {
            moved = true;
            match order {
                DeviceOrder::PowerOn => self.power_on(world, now),
                DeviceOrder::PowerOff => self.power_off(),
                DeviceOrder::Report(event) => {
                    if let Some(message) = device_messages::of_radio(event, self.attempt, false) {
                        self.send_message(&message);
                    }
                }
                DeviceOrder::Clear => {
                    self.send_message(&FromHost::FactoryReset);
                    self.send_message(&FromHost::Setup);
                }
                DeviceOrder::Setup => self.send_message(&FromHost::Setup),
                DeviceOrder::RepeatEntropy(repeats) => self.send(Kind::RepeatEntropy, &[repeats.into()]),
                DeviceOrder::DriverFault(fault) => {
                    if fault.times == 0 {
                        self.panics_in.retain(|planned| planned.call != fault.call);
                    } else if fault.kind == DriverFaultKind::Resets {
                        self.panics_in.push(fault);
                    }
                    self.send_fault(fault);
                }
                DeviceOrder::FlashTakes(takes) => {
                    let micros = u64::try_from(takes.as_micros()).unwrap_or(u64::MAX);
                    self.send(Kind::FlashTakes, &micros.to_le_bytes());
                }
                // The flash is the world's, and knows.
                DeviceOrder::CutFlash { .. } | DeviceOrder::SpareFlash => {}
            }
        }
        moved
    }

    fn power_off(&mut self) {
        self.running = None;
        self.has_news = false;
        if let Some(later) = &mut self.later {
            later.clear();
        }
        self.frames.clear();
        (self.deadline, self.busy_until) = (None, 0);
    }

    fn power_on(&mut self, world: &mut World, now: Instant) {
        self.power_off();
        self.boots += 1;
        self.booted = world.device().clock(now);
        self.station = None;
        let mut command = Command::new(&self.program);
        if std::mem::take(&mut self.has_panicked) {
            command.env("VESTIBULE_HAS_PANICKED", "1");
        }
        // Whoever interrupts this program by its terminal does not end the device in the middle of a run.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = match spawned {
            Ok(process) => process,
            Err(error) => return self.fail(format!("the device's program cannot be started: {error}")),
        };
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else { return };
        let (input, output) = (BufWriter::new(input), BufReader::new(output));
        let mut running = Running { process, input, output };
        match running.read().ok().and_then(|(_, line)| FromDevice::read(str::from_utf8(&line).ok()?)) {
            Some(FromDevice::Ready { version: VERSION, mode: Mode::Portal }) => {}
            Some(FromDevice::Ready { version, .. }) => {
                let own = VERSION;
                return self
                    .fail(format!("the firmware speaks version {version} of the protocol, not {own}"));
            }
            _ => return self.fail("the firmware does not say that it runs".into()),
        }
        self.running = Some(running);
        let seed = number(self.seed, RandomStream::Machine, self.boots);
        let seconds = now.as_micros() / 1_000_000;
        match device_messages::start(world, seed, RECEIVER_PORT, seconds) {
            Ok(messages) => {
                messages.iter().for_each(|message| self.send_message(message));
                self.panics_in.clone().into_iter().for_each(|fault| self.send_fault(fault));
            }
            Err(device_messages::LongName) => {
                self.fail("the name that redirects go to is longer than one of the DNS".into());
            }
        }
    }

    fn fail(&mut self, why: String) {
        self.power_off();
        self.failed.get_or_insert(why);
    }

    /// Tells the device and the home networks with which network the air has associated the station.
    fn follow_station(&mut self, home: &mut Home, world: &mut World, now: Instant) {
        let association = world.air().association();
        if self.station == association {
            return;
        }
        self.station = association;
        home.set_foreign_station(self.network(), world.air().networks(), now);
        if association.is_some() {
            let event = StationEvent::Associated;
            self.send_message(&FromHost::Station { attempt: self.attempt, event });
        }
    }

    /// Lets the device do what it has to do at this moment. Returns whether it has done anything that the world sees.
    fn run(&mut self, world: &mut World, now: Instant) -> bool {
        let clock = self.clock(world, now);
        let is_due = self.has_news || self.deadline.is_some_and(|due| due <= clock);
        if !is_due || clock < self.busy_until {
            return false;
        }
        self.send(Kind::Time, &clock.to_le_bytes());
        self.has_news = false;
        self.later = Some(Vec::new());
        let moved = self.work(world, now);
        for (kind, bytes) in self.later.take().unwrap_or_default() {
            self.send(kind, &bytes);
        }
        moved
    }

    /// Does what the device wants until it waits. Returns whether it has done anything that the world sees.
    fn work(&mut self, world: &mut World, now: Instant) -> bool {
        let mut moved = false;
        loop {
            let Some(running) = &mut self.running else { return moved };
            match running.read() {
                Ok((Kind::Idle, bytes)) => {
                    let (own, due) = bytes.split_at(bytes.len().min(8));
                    self.busy_until = word(own);
                    self.deadline = Some(word(due)).filter(|due| *due != NEVER);
                    return moved;
                }
                Ok((Kind::AccessPointFrame, frame)) => self.frames.push((Interface::AccessPoint, frame)),
                Ok((Kind::HomeFrame, frame)) => self.frames.push((Interface::Home, frame)),
                Ok((Kind::Line, line)) => {
                    moved = true;
                    if let Some(message) = str::from_utf8(&line).ok().and_then(FromDevice::read) {
                        self.handle_message(message, world, now);
                    }
                }
                Ok((kind, bytes)) => self.access_flash(kind, &bytes, world),
                Err(error) => {
                    self.fail(format!("the device's program has ended by itself ({error})"));
                    return true;
                }
            }
        }
    }

    /// The device has sent a message.
    fn handle_message(&mut self, message: FromDevice, world: &mut World, now: Instant) {
        let command = match message {
            FromDevice::Event(event) => return handle_event(event, world, now),
            FromDevice::RaiseAccessPoint(access_point) => RadioCommand::RaiseAccessPoint(access_point),
            FromDevice::DropAccessPoint => {
                // The air reports only what changes, and the device waits for an answer.
                if !world.air().access_point_is_up() {
                    self.send_message(&FromHost::AccessPointDown);
                }
                RadioCommand::DropAccessPoint
            }
            FromDevice::Scan => RadioCommand::Scan,
            FromDevice::ScanFor(ssid) => RadioCommand::ScanFor(ssid),
            FromDevice::Join { attempt, credentials } => {
                self.attempt = attempt;
                RadioCommand::Join(credentials)
            }
            FromDevice::Leave => RadioCommand::Leave,
            FromDevice::Restart => {
                if let Some(fault) = self.panics_in.first_mut() {
                    fault.times -= 1;
                    self.panics_in.retain(|fault| fault.times > 0);
                }
                // Nothing more of it counts, not even in this moment.
                self.power_off();
                self.has_panicked = true;
                return world.act(Action::Restart, now);
            }
            FromDevice::Ready { .. }
            | FromDevice::Listen { .. }
            | FromDevice::Serving { .. }
            | FromDevice::PowerCut
            | FromDevice::StackDepth { .. } => return,
        };
        world.device_message(DeviceMessage::Command(command), now);
    }

    /// The device reads or changes its flash. A power cut is not answered, and ends the device.
    fn access_flash(&mut self, kind: Kind, bytes: &[u8], world: &mut World) {
        let (offset, rest) = bytes.split_at(bytes.len().min(4));
        let offset = word(offset);
        let of_credentials = (FLASH_SECTORS * SECTOR) as u64;
        let (mut flash, base) = match offset < of_credentials {
            true => (world.flash().clone(), 0),
            false => (self.panics.clone(), of_credentials),
        };
        let at = u32::try_from(offset - base).unwrap_or(u32::MAX);
        let length = word(rest.get(..4).unwrap_or_default());
        let done = match kind {
            Kind::FlashRead => {
                let mut found = vec![0; usize::try_from(length).unwrap_or(0).min(FLASH_SECTORS * SECTOR)];
                flash.read(at, &mut found).map(|()| found)
            }
            Kind::FlashWrite => flash.write(at, rest).map(|()| Vec::new()),
            Kind::FlashErase => {
                let to = u32::try_from(length.saturating_sub(base)).unwrap_or(u32::MAX);
                flash.erase(at, to).map(|()| Vec::new())
            }
            _ => return self.fail("the device's program sent a record that only its host sends".into()),
        };
        let Some(running) = &mut self.running else { return };
        // A program that has ended is found where its answer is read.
        let _ = match done {
            Ok(found) => running.write(Kind::FlashDone, &found),
            Err(FlashError::PowerCut) => {
                // It stores only what has joined, and cannot say any more that it has.
                if world.air().association().is_some() {
                    world.observe_last_commanded();
                }
                return self.power_off();
            }
            Err(_) => running.write(Kind::FlashFailed, &[]),
        };
    }
}

fn handle_event(event: Event, world: &mut World, now: Instant) {
    world.device_message(DeviceMessage::Event(event), now);
    match event {
        // The device has got the address from the router, so the air learns it from the device.
        Event::Joined { link, .. } | Event::AddressChanged { link: Some(link) } => {
            if let Some(association) = world.air().association() {
                world.device_configured(association, link, now);
            }
        }
        Event::Forgotten => world.observe(|| Observation::Cleared),
        _ => {}
    }
}

/// A number of up to eight bytes.
fn word(bytes: &[u8]) -> u64 {
    let mut number = [0; 8];
    number.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(number)
}

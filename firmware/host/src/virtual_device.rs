//! A device in the simulator's virtual time: [`vestibule_firmware`] as it is flashed, its radio and flash the simulator's.
//! It is one power-on: the simulator starts the program anew at the next. What the device is the simulator says.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use embassy_time::Duration;
use log::{LevelFilter, Log, Metadata, Record, error, warn};
use vestibule_core::dhcp::CaptivePortalUrl;
use vestibule_core::{DeviceKey, Entropy, Event, NoDeviceKey, OwnPassphrase, WithDeviceKey};
use vestibule_device_protocol::lockstep::{Kind, NEVER};
use vestibule_device_protocol::{DriverFault, FromDevice, FromHost, Mode, Start, VERSION};
use vestibule_firmware::{Board, BoardDevice, Memory, Partition, Parts, Settings, start};
use vestibule_under_test::entropy::Seeded;
use vestibule_under_test::key::HostKey;
use vestibule_under_test::webhook::{self, Webhook};

use crate::clock::{self, Tasks};
use crate::network_device::{Nic, cable};
use crate::records;
use crate::world_flash::{SECTOR, WorldFlash};
use crate::world_radio::WorldRadio;

/// Set by the simulator where the firmware has panicked and power did not come.
const HAS_PANICKED: &str = "VESTIBULE_HAS_PANICKED";

/// Set by whoever wants the firmware's log on standard error.
const LOG: &str = "VESTIBULE_FIRMWARE_LOG";

/// The board.
struct Virtual;

impl Board for Virtual {
    type NetworkDevice = Nic;
    type Flash = WorldFlash;
    type Entropy = WithDeviceKey<Repeating, Key>;
    type Wifi = WorldRadio;
}

/// Random bytes of a seed, which may repeat.
struct Repeating {
    seed: u64,
    random: Seeded,
    repeats: Rc<Cell<bool>>,
}

impl Entropy for Repeating {
    fn fill(&mut self, bytes: &mut [u8]) {
        if self.repeats.get() {
            self.random = Seeded::new(self.seed);
        }
        self.random.fill(bytes);
    }
}

/// The chip's secret, if it has one.
struct Key(Option<HostKey>);

impl DeviceKey for Key {
    fn derive(&mut self, purpose: &[u8], key: &mut [u8; 32]) -> Result<(), NoDeviceKey> {
        self.0.as_mut().ok_or(NoDeviceKey)?.derive(purpose, key)
    }
}

/// What the simulator has said before the start.
#[derive(Default)]
struct Order {
    redirect_host: Option<&'static str>,
    captive_portal: Option<CaptivePortalUrl>,
    webhook: Option<Webhook>,
    key: Option<HostKey>,
    label_code: Option<&'static OwnPassphrase>,
}

/// The device, and what passes the simulator's records to it.
struct VirtualDevice {
    /// The simulator's ends of the cables of the access point and of the station.
    networks: [Nic; 2],
    /// The device's ends, until it starts.
    own: Option<[Nic; 2]>,
    flash: WorldFlash,
    repeats: Rc<Cell<bool>>,
    order: Order,
    radio: WorldRadio,
    device: Option<&'static BoardDevice<Virtual, ()>>,
    tasks: Tasks,
    /// What the simulator has sent since the device last ran.
    messages: Vec<FromHost>,
}

/// Runs the device until the simulator ends it.
///
/// # Errors
/// When the simulator sends what is no record.
pub fn run() -> io::Result<()> {
    if std::env::var_os(LOG).is_some() && log::set_logger(&ToStandardError).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
    let ([access_point, outside], is_plugged) =
        cable([[2, 0x76, 0x65, 0x73, 1, 0], [2, 0x76, 0x65, 0x73, 1, 2]]);
    let ([station, home], is_plugged_at_home) =
        cable([[2, 0x76, 0x65, 0x73, 1, 1], [2, 0x76, 0x65, 0x73, 1, 3]]);
    is_plugged.set(true);
    is_plugged_at_home.set(true);
    let mut device = VirtualDevice {
        networks: [outside, home],
        own: Some([access_point, station]),
        flash: WorldFlash::default(),
        repeats: Rc::default(),
        order: Order::default(),
        radio: WorldRadio::default(),
        device: None,
        tasks: Tasks::default(),
        messages: Vec::new(),
    };
    records::send(&FromDevice::Ready { version: VERSION, mode: Mode::Portal });
    loop {
        match records::read() {
            Ok((kind, bytes)) => device.handle(kind, bytes)?,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

impl VirtualDevice {
    fn handle(&mut self, kind: Kind, bytes: Vec<u8>) -> io::Result<()> {
        match kind {
            Kind::Time => return self.run_at(number(&bytes)),
            Kind::AccessPointFrame => self.networks[0].put_frame(bytes),
            Kind::HomeFrame => self.networks[1].put_frame(bytes),
            Kind::FlashTakes => {
                let takes = Duration::from_micros(number(&bytes));
                self.flash.takes.set(Some(takes).filter(|takes| takes.as_ticks() > 0));
            }
            Kind::RepeatEntropy => self.repeats.set(bytes == [1]),
            Kind::Line => match text(&bytes).and_then(FromHost::read) {
                Some(message) => self.messages.push(message),
                None => warn!("the host sent a line that is no message"),
            },
            Kind::DriverFault => {
                if let Some(fault) = text(&bytes).and_then(DriverFault::read) {
                    self.radio.plan(fault);
                }
            }
            Kind::Idle
            | Kind::FlashRead
            | Kind::FlashWrite
            | Kind::FlashErase
            | Kind::FlashDone
            | Kind::FlashFailed => return Err(io::ErrorKind::InvalidData.into()),
        }
        Ok(())
    }

    /// Does all that there is to do at this moment.
    fn run_at(&mut self, moment: u64) -> io::Result<()> {
        clock::advance(moment);
        // Only now, because they may lead to accesses of the flash, which the simulator answers while the device runs.
        for message in std::mem::take(&mut self.messages) {
            self.handle_message(message);
        }
        let due = self.tasks.run();
        for (network, kind) in self.networks.iter().zip([Kind::AccessPointFrame, Kind::HomeFrame]) {
            while let Some(frame) = network.take_frame() {
                records::write(kind, &[&frame])?;
            }
        }
        records::write(Kind::Idle, &[&clock::now().to_le_bytes(), &due.unwrap_or(NEVER).to_le_bytes()])
    }

    fn handle_message(&mut self, message: FromHost) {
        match (message, self.device) {
            (FromHost::RedirectHost(host), None) => {
                self.order.redirect_host = Some(String::leak(host.as_str().into()));
            }
            (FromHost::CaptivePortal(url), None) => {
                // The host has made it already.
                self.order.captive_portal = CaptivePortalUrl::new(String::leak(url.as_str().into())).ok();
            }
            (FromHost::LabelCode(code), None) => self.order.label_code = Some(Box::leak(Box::new(code))),
            (FromHost::DeviceKey(secret), None) => self.order.key = Some(HostKey(secret)),
            (FromHost::Webhook { port, seconds }, None) => {
                self.order.webhook = Some(Webhook { port, power_on: seconds });
            }
            (FromHost::Start(start), None) => self.start(start),
            (FromHost::Setup, Some(device)) => device.setup(),
            (FromHost::FactoryReset, Some(device)) => {
                // A failure is an event.
                let _ = device.factory_reset();
            }
            (FromHost::Panic, _) => panic!("the host asked for it"),
            (answer, Some(_)) => self.radio.handle(answer),
            (_, None) => warn!("the device has not been started yet"),
        }
    }

    fn start(&mut self, Start { seed, mut config }: Start) {
        let Some([access_point, station]) = self.own.take() else { return };
        let Order { redirect_host, captive_portal, webhook, key, label_code } =
            std::mem::take(&mut self.order);
        config.redirect_host = redirect_host;
        config.captive_portal = captive_portal;
        config.label_code = label_code;
        self.radio.can_do(config.radio);
        let entropy = Repeating { seed, random: Seeded::new(seed), repeats: Rc::clone(&self.repeats) };
        let at = |offset, length| Partition::At { flash: self.flash.clone(), offset, length };
        let parts = Parts {
            wifi: self.radio.clone(),
            access_point,
            station,
            entropy: WithDeviceKey { entropy, key: Key(key) },
            credentials: at(0, 2 * SECTOR),
            panics: at(2 * SECTOR, SECTOR),
            has_panicked: std::env::var_os(HAS_PANICKED).is_some(),
            watchdog: None,
        };
        let memory: &'static Memory<Virtual> = Box::leak(Box::new(Memory::new()));
        let settings = Settings { observe, ..Settings::new(config, ()) };
        let started = match start(memory, parts, settings) {
            Ok(started) => started,
            Err(unsupported) => return error!("{unsupported}"),
        };
        let (device, home) = (started.device(), started.home());
        let (portal, stacks) = started.split();
        self.tasks.spawn(portal.run());
        self.tasks.spawn(stacks.run());
        if let Some(webhook) = webhook {
            // Its own numbers, so that it does not disturb the portal's.
            let random = Seeded::new(seed.wrapping_add(1));
            self.tasks.spawn(webhook::post(webhook, home, random, || device.handle_captive_home()));
        }
        self.device = Some(device);
    }
}

/// Reports an event of the portal to the simulator.
fn observe(event: &Event) {
    records::send(&FromDevice::Event(*event));
    if let Event::Joined { link, .. } = event {
        webhook::notify_joined(*link);
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// The log, with the device's time.
struct ToStandardError;

impl Log for ToStandardError {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        eprintln!("{:10.3} {:5} {}", clock::now() as f64 / 1e6, record.level(), record.args());
    }

    fn flush(&self) {}
}

//! A device with all that it needs around it, and a test that looks at it from outside.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use embassy_time::Duration;
use vestibule_core::mock::MockEntropy;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{
    Config, Credentials, Event, FieldValues, Instant, Passphrase, Portal, RadioEvent, Ssid, StationAddress,
    Submission,
};
use vestibule_firmware::{
    Board, BoardDevice, Memory, OneRole, Partition, Parts, Role, RoleDevice, Settings, UnsupportedSetting,
    panics::Panics, start, watchdog::Watchdog,
};

use crate::clock::Tasks;
use crate::flash::SharedMemory;
use crate::home_network::{self, Addresses, ROUTER};
use crate::network_device::{Nic, cable};
use crate::radio::{Chip, ChipHandle, heard};
use crate::visitor::Visitor;

/// The name of the home network.
pub const HOME: &[u8] = b"Home";

/// Its passphrase.
pub const PASSPHRASE: &[u8] = b"correct horse";

/// Bytes of a sector.
const SECTOR: u32 = 4096;

/// A board in memory.
pub struct HostBoard;

impl Board for HostBoard {
    type NetworkDevice = RoleDevice<Nic>;
    type Flash = SharedMemory;
    type Entropy = MockEntropy;
    type Wifi = ChipHandle;
}

/// Why the device starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Power came.
    On,
    /// The firmware has panicked.
    AfterPanic,
}

/// A device that runs.
pub struct Bench {
    /// The device.
    pub device: &'static BoardDevice<HostBoard, ()>,
    /// Its radio.
    pub chip: ChipHandle,
    /// What its home network's router hands out.
    pub addresses: Rc<Cell<Addresses>>,
    /// The name under which the router lists it.
    pub host_name: Rc<RefCell<Option<String>>>,
    /// How often its watchdog was fed.
    pub fed: Rc<Cell<u32>>,
    /// Its flash, which outlives it.
    pub flash: SharedMemory,
    visitor: Visitor,
    tasks: Tasks,
}

thread_local! {
    static EVENTS: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
}

impl Bench {
    /// A device of this configuration, with this flash. Its home network is in range.
    ///
    /// # Errors
    /// When its radio cannot do what is configured.
    pub fn start(config: Config, flash: SharedMemory, power: Power) -> Result<Self, UnsupportedSetting> {
        Self::start_with(config, flash, power, |_| {})
    }

    /// As [`Bench::start`], on a chip that is prepared before.
    ///
    /// # Errors
    /// When its radio cannot do what is configured.
    pub fn start_with(
        config: Config,
        flash: SharedMemory,
        power: Power,
        prepare: impl FnOnce(&mut Chip),
    ) -> Result<Self, UnsupportedSetting> {
        let ([station, router], carrier) = cable([[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]]);
        let ([access_point, phone], is_near) = cable([[2, 0, 0, 0, 0, 3], [2, 0, 0, 0, 0, 4]]);
        let mut chip = Chip::new(carrier);
        chip.network = Some(home());
        prepare(&mut chip);
        let [access_point, station] = network_devices(&mut chip, access_point, station);
        let chip = ChipHandle(Rc::new(RefCell::new(chip)));
        let fed = Rc::<Cell<u32>>::default();
        let parts = Parts {
            wifi: chip.clone(),
            access_point,
            station,
            entropy: MockEntropy::new(1),
            credentials: Partition::At { flash: flash.clone(), offset: 0, length: 2 * SECTOR },
            panics: panics(&flash),
            has_panicked: power == Power::AfterPanic,
            watchdog: Some(Box::leak(Box::new(Feeds(Rc::clone(&fed))))),
        };
        let memory: &'static Memory<HostBoard> = Box::leak(Box::new(Memory::new()));
        let settings = Settings { observe, ..Settings::new(config, ()) };
        let started = start(memory, parts, settings)?;
        let device = started.device();
        let addresses = Rc::new(Cell::new(Addresses::First));
        let (portal, stacks) = started.split();
        let mut tasks = Tasks::default();
        tasks.spawn(portal.run());
        tasks.spawn(stacks.run());
        let host_name = Rc::default();
        home_network::spawn(router, &addresses, &host_name, &mut tasks);
        let visitor = Visitor::new(phone, is_near, &mut tasks);
        Ok(Self { device, chip, addresses, host_name, fed, flash, visitor, tasks })
    }

    /// What somebody on the access point reads at this path.
    ///
    /// # Panics
    /// When nothing comes.
    pub fn page(&mut self, path: &'static str) -> String {
        let page = self.visitor.get(path, &mut self.tasks);
        assert!(self.wait_until(Duration::from_secs(5), |_| page.borrow().is_some()), "no page at {path}");
        page.take().unwrap_or_default()
    }

    /// Lets so much time pass.
    pub fn wait(&mut self, time: Duration) {
        self.tasks.run_for(time);
    }

    /// Lets something else go on beside the device.
    pub fn spawn(&mut self, other: impl Future + 'static) {
        self.tasks.spawn(other);
    }

    /// Lets time pass until `is_so`, at most so much, and says whether it came to that.
    pub fn wait_until(&mut self, most: Duration, is_so: impl Fn(&Self) -> bool) -> bool {
        let step = Duration::from_millis(100);
        let mut passed = Duration::from_ticks(0);
        while !is_so(self) {
            if passed >= most {
                return false;
            }
            self.wait(step);
            passed += step;
        }
        true
    }

    /// The device's state.
    pub fn state(&self) -> ProvisioningState {
        self.device.state()
    }

    /// It is on its home network, and both it and its chip know that.
    pub fn is_home(&self) -> bool {
        self.state().is_joined() && self.device.home().is_some() && self.chip.with(|chip| chip.is_joined)
    }

    /// Its portal is open, and its access point is up.
    pub fn is_open(&self) -> bool {
        self.state().has_access_point() && self.chip.with(|chip| chip.access_point.is_some())
    }

    /// Takes the events of this thread's devices so far.
    pub fn events() -> Vec<Event> {
        EVENTS.take()
    }
}

/// The network devices of access point and station: of a chip that is one of them at a time they are one and the same.
fn network_devices(chip: &mut Chip, access_point: Nic, station: Nic) -> [RoleDevice<Nic>; 2] {
    let leak = |device| -> &'static OneRole<Nic> { Box::leak(Box::new(OneRole::new(device))) };
    let station = leak(station);
    if !chip.capabilities.concurrent {
        chip.one_role = Some(station);
        return station.split();
    }
    let access_point = leak(access_point);
    access_point.set_role(Role::AccessPoint);
    station.set_role(Role::Station);
    let ([access_point, _], [_, station]) = (access_point.split(), station.split());
    [access_point, station]
}

/// A watchdog that counts.
struct Feeds(Rc<Cell<u32>>);

impl Watchdog for Feeds {
    fn feed(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

fn observe(event: &Event) {
    EVENTS.with_borrow_mut(|events| events.push(*event));
}

/// The partition in which panics are counted.
fn panics(flash: &SharedMemory) -> Partition<SharedMemory> {
    Partition::At { flash: flash.clone(), offset: 2 * SECTOR, length: SECTOR }
}

/// The home network, and how to join it.
pub fn home() -> Credentials {
    Credentials {
        ssid: Ssid::new(HOME).expect("short enough"),
        passphrase: Passphrase::new(PASSPHRASE).expect("long enough"),
    }
}

/// Flash in which the home network is stored, and so many panics.
pub fn remembering(panicked: u32) -> SharedMemory {
    let flash = SharedMemory::default();
    let mut portal = Portal::new(
        Config::new(Ssid::new(b"Bench").expect("short enough")),
        Partition::At { flash: flash.clone(), offset: 0, length: 2 * SECTOR },
        MockEntropy::new(9),
    );
    let now = Instant::from_micros(0);
    portal.connect_or_setup(now);
    portal.handle_radio(RadioEvent::NetworkFound(heard(home().ssid)), now);
    portal.handle_radio(RadioEvent::ScanFinished, now);
    portal.handle_radio(RadioEvent::AccessPointUp, now);
    let submission = Submission { ssid: home().ssid, passphrase: PASSPHRASE, fields: FieldValues::NONE };
    portal.submit(&submission, now).expect("the portal is open");
    let now = portal.poll_timeout().expect("the join begins soon");
    portal.handle_timeout(now);
    let link = StationAddress { address: ROUTER, prefix: 24, gateway: Some(ROUTER) };
    portal.handle_radio(RadioEvent::Joined(link), now);
    assert!(portal.has_credentials());
    mark(&flash, panicked);
    flash
}

/// Flash in which nothing is stored but so many panics.
pub fn knowing_nothing(panicked: u32) -> SharedMemory {
    let flash = SharedMemory::default();
    mark(&flash, panicked);
    flash
}

fn mark(flash: &SharedMemory, panicked: u32) {
    let mut marks = Panics::new(panics(flash));
    for _ in 0..panicked {
        assert!(marks.add());
    }
}

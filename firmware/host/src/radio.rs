//! A radio whose driver may fail: a chip in memory. What its driver reports is one thing and what the chip does another;
//! each call may go wrong in every way that drivers are known for.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use embassy_time::{Duration, Instant, Timer};
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Credentials, JoinFailure, JoinStage, MacAddress, RadioCapabilities,
    ScanRecord, Security, Ssid,
};
pub use vestibule_device_protocol::{DriverCall as Call, DriverFaultKind as Fault};
use vestibule_firmware::{Association, DriverFailed, JoinError, OneRole, Role, WifiDriver};

use crate::network_device::Nic;

/// How long a call takes when nothing goes wrong.
const CALL_TIME: Duration = Duration::from_millis(20);

/// How long a scan takes.
const SCAN_TIME: Duration = Duration::from_millis(1500);

/// How long a join takes.
const JOIN_TIME: Duration = Duration::from_millis(800);

/// How often a driver that waits looks at its chip.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// How strongly the home network is heard.
pub const SIGNAL: i8 = -50;

/// How late a call is, on embassy's clock.
pub(crate) fn late(by: core::time::Duration) -> Duration {
    by.try_into().unwrap_or(Duration::MAX)
}

/// What happens to the next call of this sort.
type Plan = Box<dyn FnMut(Call) -> Option<Fault>>;

/// The chip.
pub struct Chip {
    /// The access point that is up.
    pub access_point: Option<AccessPoint>,
    /// The home network is joined.
    pub is_joined: bool,
    /// The home network, if it is in range, and its passphrase.
    pub network: Option<Credentials>,
    /// What the radio can do.
    pub capabilities: RadioCapabilities,
    /// Whether the driver can say whether the station has joined.
    pub knows_its_state: bool,
    /// Whether the chip's access point can have WPA3.
    pub has_wpa3: bool,
    /// Every call, and when.
    pub calls: Vec<(Instant, Call)>,
    plan: Plan,
    /// Frames pass between the station and the router.
    carrier: Rc<Cell<bool>>,
    /// The one network device of a chip that is access point or station, never both.
    pub(crate) one_role: Option<&'static OneRole<Nic>>,
}

impl Chip {
    pub(crate) fn new(carrier: Rc<Cell<bool>>) -> Self {
        Self {
            access_point: None,
            is_joined: false,
            network: None,
            capabilities: RadioCapabilities::DEFAULT,
            knows_its_state: true,
            has_wpa3: true,
            calls: Vec::new(),
            plan: Box::new(|_| None),
            carrier,
            one_role: None,
        }
    }

    /// What goes wrong from now on.
    pub fn plan(&mut self, plan: impl FnMut(Call) -> Option<Fault> + 'static) {
        self.plan = Box::new(plan);
    }

    /// How often there was such a call.
    pub fn count(&self, call: Call) -> usize {
        self.calls.iter().filter(|(_, made)| *made == call).count()
    }

    /// The router throws the station off, or it goes out of range.
    pub fn disconnect(&mut self) {
        self.set_joined(false);
    }

    /// The access point goes without a report.
    pub fn lose_access_point(&mut self) {
        self.set_access_point(None);
    }

    fn set_joined(&mut self, is_joined: bool) {
        self.is_joined = is_joined;
        self.carrier.set(is_joined);
        self.set_role();
    }

    fn set_access_point(&mut self, access_point: Option<AccessPoint>) {
        self.access_point = access_point;
        self.set_role();
    }

    fn set_role(&self) {
        let role = match (self.is_joined, &self.access_point) {
            (true, _) => Role::Station,
            (false, Some(_)) => Role::AccessPoint,
            (false, None) => Role::Nothing,
        };
        if let Some(device) = self.one_role.filter(|device| device.role() != role) {
            device.set_role(role);
        }
    }

    /// Both roles end.
    fn stop(&mut self) {
        self.access_point = None;
        self.set_joined(false);
    }

    fn join(&mut self, credentials: &Credentials) -> Result<(), JoinError> {
        let failure = match &self.network {
            None => JoinFailure::NotFound,
            Some(network) if network.ssid != credentials.ssid => JoinFailure::NotFound,
            Some(network) if network.passphrase != credentials.passphrase => {
                return Err(JoinError::Aborted { reason: 15, stage: JoinStage::Unknown });
            }
            Some(_) => {
                self.set_joined(true);
                return Ok(());
            }
        };
        Err(JoinError::Failed(failure))
    }
}

/// What a scan hears of a network of this name.
pub(crate) fn heard(ssid: Ssid) -> ScanRecord {
    let bssid = MacAddress([2, 0, 0, 0, 0, 9]);
    ScanRecord { ssid, bssid, channel: 6, signal: SIGNAL, security: Security::Wpa2 }
}

/// The chip, for its driver and for a test.
#[derive(Clone)]
pub struct ChipHandle(pub(crate) Rc<RefCell<Chip>>);

impl ChipHandle {
    /// Looks at the chip, or changes it.
    pub fn with<T>(&self, act: impl FnOnce(&mut Chip) -> T) -> T {
        act(&mut self.0.borrow_mut())
    }

    /// One call: what goes wrong is decided, `act` is what the chip does, unless nothing happens.
    async fn call<T>(
        &self,
        call: Call,
        takes: Duration,
        act: impl FnOnce(&mut Chip) -> T,
        early: T,
    ) -> Result<T, DriverFailed> {
        let fault = self.with(|chip| {
            chip.calls.push((Instant::now(), call));
            (chip.plan)(call)
        });
        match fault {
            Some(Fault::Early) => return Ok(early),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::Fails) => {
                Timer::after(takes).await;
                self.with(Chip::stop);
                return Err(DriverFailed);
            }
            Some(Fault::Late(by)) => Timer::after(takes + late(by)).await,
            Some(Fault::Resets) => panic!("a planned panic in {}", call.name()),
            // The chip does it, and the driver takes it for failed.
            Some(Fault::OutOfOrder) => {
                self.with(act);
                return Err(DriverFailed);
            }
            Some(Fault::EventLost | Fault::FalseSignal) | None => Timer::after(takes).await,
        }
        let done = self.with(act);
        if fault == Some(Fault::EventLost) {
            pending().await
        }
        Ok(done)
    }
}

impl WifiDriver for ChipHandle {
    fn capabilities(&self) -> RadioCapabilities {
        self.with(|chip| chip.capabilities)
    }

    fn can_protect(&self, security: &AccessPointSecurity) -> bool {
        let has_wpa3 = self.with(|chip| chip.has_wpa3);
        has_wpa3 || matches!(security, AccessPointSecurity::Open | AccessPointSecurity::Wpa2(_))
    }

    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> Result<(), DriverFailed> {
        let raise = |chip: &mut Chip| chip.set_access_point(Some(access_point.clone()));
        self.call(Call::Raise, CALL_TIME, raise, ()).await
    }

    async fn drop_access_point(&mut self) -> Result<(), DriverFailed> {
        self.call(Call::Drop, CALL_TIME, |chip| chip.set_access_point(None), ()).await
    }

    async fn scan(
        &mut self,
        ssid: Option<Ssid>,
        mut found: impl FnMut(ScanRecord),
    ) -> Result<(), DriverFailed> {
        let network = self.call(Call::Scan, SCAN_TIME, |chip| chip.network.clone(), None).await?;
        let is_meant = |network: &Credentials| ssid.is_none_or(|ssid| ssid == network.ssid);
        if let Some(network) = network.filter(is_meant) {
            found(heard(network.ssid));
        }
        Ok(())
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError> {
        let join = |chip: &mut Chip| chip.join(credentials);
        self.call(Call::Join, JOIN_TIME, join, Ok(())).await.map_err(|DriverFailed| JoinError::Driver)??;
        Ok(Association::WithoutAddress)
    }

    async fn leave(&mut self) -> Result<(), DriverFailed> {
        self.call(Call::Leave, CALL_TIME, Chip::disconnect, ()).await
    }

    async fn wait_for_disconnect(&mut self) {
        let fault = self.with(|chip| (chip.plan)(Call::Wait));
        match fault {
            Some(Fault::Early | Fault::OutOfOrder) => return,
            Some(Fault::Late(by)) => Timer::after(late(by)).await,
            Some(Fault::Resets) => panic!("a planned panic while it waits"),
            Some(Fault::Fails | Fault::Hangs | Fault::EventLost) => pending().await,
            Some(Fault::FalseSignal) | None => {}
        }
        while self.with(|chip| chip.is_joined) {
            Timer::after(LOOK_INTERVAL).await;
        }
    }

    fn is_joined(&mut self) -> Option<bool> {
        self.with(|chip| chip.knows_its_state.then_some(chip.is_joined))
    }

    fn access_point_is_up(&mut self) -> Option<bool> {
        self.with(|chip| chip.knows_its_state.then_some(chip.access_point.is_some()))
    }

    fn signal(&mut self) -> Option<i8> {
        Some(SIGNAL)
    }

    async fn restart(&mut self) -> Result<(), DriverFailed> {
        self.call(Call::Restart, CALL_TIME, Chip::stop, ()).await
    }
}

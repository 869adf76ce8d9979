//! Carries out the portal's commands with a driver that may fail, and passes its reports back.
//!
//! One thing goes on at a time, and each has a time limit: a driver that does not return by then has failed. What has
//! failed is not waited for. The access point is tried again beside everything else, later each time; a network that
//! cannot be joined is reported, and the portal decides. While a network is joined, the driver and the stack are asked
//! now and then whether it is so still, because reports are lost. A driver that goes on failing is restarted.
//! When the portal opens and what it joins is not decided here.

use core::cell::Cell;
use core::future::pending;

use embassy_futures::select::{Either, Either3, select, select3};
use embassy_net::{ConfigV4, Stack};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_storage::nor_flash::NorFlash;
use log::warn;
use vestibule_core::application::Application;
use vestibule_core::{AccessPoint, Credentials, Entropy, RadioCommand, RadioEvent, Ssid};

use crate::device::Device;
use crate::driver_health::DriverHealth;
use crate::networks::{Networks, access_point_ipv4};
use crate::station::{self, Station};
use crate::wifi::{DriverFailed, JoinError, WifiDriver};

/// How long raising the access point may take. Chosen, as the limits below: many times what a chip takes.
const RAISE_LIMIT: Duration = Duration::from_secs(5);

/// How long dropping it may take. A chip that restarts its radio for it joins the home network again meanwhile.
const DROP_LIMIT: Duration = Duration::from_secs(30);

/// How long a scan may take: 14 channels of 360 ms are 5 s.
const SCAN_LIMIT: Duration = Duration::from_secs(10);

/// How long leaving may take.
const LEAVE_LIMIT: Duration = Duration::from_secs(3);

/// How long a restart of the radio may take.
const RESTART_LIMIT: Duration = Duration::from_secs(10);

/// The wait before an access point that could not be raised is tried again. It doubles from try to try, up to
/// [`LONGEST_RETRY_INTERVAL`]. Chosen: short for an owner who waits for it.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// See [`RETRY_INTERVAL`]. Chosen.
const LONGEST_RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// How often it is looked whether the home network is joined still, and at which address, and whether the access point is up.
/// Chosen.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// The pause after a report that is not so.
const STALE_PAUSE: Duration = Duration::from_millis(250);

/// What is to be done with the access point and has not been done yet.
enum ToDo {
    Nothing,
    Raise(AccessPoint),
    Drop,
}

/// The access point.
struct SoftAp {
    to_do: ToDo,
    is_up: bool,
    /// Its network device had a link at the last look.
    was_linked: bool,
    /// When it is tried next.
    due: Instant,
    /// The wait before the try after that; zero after a success.
    interval: Duration,
}

impl SoftAp {
    fn failed(&mut self) {
        self.interval = (self.interval * 2).clamp(RETRY_INTERVAL, LONGEST_RETRY_INTERVAL);
        self.due = Instant::now() + self.interval;
    }

    fn succeeded(&mut self) {
        (self.to_do, self.due, self.interval) = (ToDo::Nothing, Instant::MIN, Duration::MIN);
    }
}

/// A radio in operation.
struct Operation<'a, F, E, A: Application, W> {
    device: &'a Device<F, E, A>,
    driver: &'a mut W,
    networks: Networks<'a>,
    health: DriverHealth,
    soft_ap: SoftAp,
    home: Option<Station>,
    /// When it is looked next whether the home network is joined still, and the access point up.
    look_at: Instant,
}

/// Gives the portal's commands to the driver. Never returns.
pub(crate) async fn drive<F: NorFlash, E: Entropy, A: Application, W: WifiDriver>(
    device: &Device<F, E, A>,
    driver: &mut W,
    networks: Networks<'_>,
) -> ! {
    let soft_ap = SoftAp {
        to_do: ToDo::Nothing,
        is_up: false,
        was_linked: true,
        due: Instant::MIN,
        interval: Duration::MIN,
    };
    let (health, look_at) = (DriverHealth::new(), Instant::MIN);
    let mut operation = Operation { device, driver, networks, health, soft_ap, home: None, look_at };
    loop {
        operation.step().await;
    }
}

impl<F: NorFlash, E: Entropy, A: Application, W: WifiDriver> Operation<'_, F, E, A, W> {
    /// Waits for what is next, and does it.
    async fn step(&mut self) {
        let (is_joined, due) = (self.home.is_some(), self.due());
        let gone =
            async { if is_joined { self.driver.wait_for_disconnect().await } else { pending().await } };
        let timer = async {
            match due {
                Some(due) => Timer::at(due).await,
                None => pending().await,
            }
        };
        match select3(self.device.command(), gone, timer).await {
            Either3::First(command) => self.carry_out(command).await,
            // An end that was reported twice, or late, is not this network's.
            Either3::Second(()) if self.driver.is_joined() == Some(true) => Timer::after(STALE_PAUSE).await,
            Either3::Second(()) => self.home_is_gone(),
            Either3::Third(()) => self.handle_timeout().await,
        }
    }

    /// When something is due that nobody commands.
    fn due(&self) -> Option<Instant> {
        let look = (self.home.is_some() || self.soft_ap.is_up).then_some(self.look_at);
        let soft_ap = (!matches!(self.soft_ap.to_do, ToDo::Nothing)).then_some(self.soft_ap.due);
        [self.health.restart_at(), look, soft_ap].into_iter().flatten().min()
    }

    async fn handle_timeout(&mut self) {
        let now = Instant::now();
        if self.health.restart_at().is_some_and(|at| at <= now) {
            self.restart().await;
        }
        if self.soft_ap.due <= now {
            self.change_access_point().await;
        }
        if self.look_at <= now {
            self.look_at = now + LOOK_INTERVAL;
            self.look_at_access_point();
            self.look_at_home().await;
        }
    }

    async fn carry_out(&mut self, command: RadioCommand) {
        match command {
            RadioCommand::Join(credentials) => self.join_last_commanded(credentials).await,
            RadioCommand::Leave => self.leave().await,
            RadioCommand::RaiseAccessPoint(access_point) => {
                self.soft_ap.to_do = ToDo::Raise(access_point);
                self.change_access_point_if_due().await;
            }
            RadioCommand::DropAccessPoint => {
                self.soft_ap.to_do = ToDo::Drop;
                // Whatever failed before was to raise it.
                self.soft_ap.due = Instant::MIN;
                self.change_access_point_if_due().await;
            }
            RadioCommand::Scan => self.scan(None).await,
            RadioCommand::ScanFor(ssid) => self.scan(Some(ssid)).await,
        }
    }

    /// Scans for every name, or for one.
    async fn scan(&mut self, ssid: Option<Ssid>) {
        let device = self.device;
        let scan = self.driver.scan(ssid, |record| device.handle_radio(RadioEvent::NetworkFound(record)));
        let outcome = with_timeout(SCAN_LIMIT, scan).await;
        self.note(outcome.is_ok_and(|outcome| outcome.is_ok()), "scan");
        self.report(RadioEvent::ScanFinished);
    }

    fn report(&self, event: RadioEvent) {
        self.device.handle_radio(event);
    }

    /// Notes whether the driver has done what it was asked for. One that failed may have ended the access point.
    fn note(&mut self, is_done: bool, what: &str) {
        if is_done {
            return self.health.succeeded();
        }
        warn!("the radio could not {what}");
        self.health.failed();
        self.access_point_is_down();
    }

    /// An access point that has gone without a report, or that never came.
    fn look_at_access_point(&mut self) {
        if self.soft_ap.is_up && !self.access_point_stands() {
            warn!("the access point is down, and the driver did not report it");
            self.access_point_is_down();
        }
    }

    /// Whether it stands, by the driver's word or else by the link of its network device. A link counts as gone when it is so
    /// at two looks in a row, because it goes for a moment where the radio changes its channel.
    fn access_point_stands(&mut self) -> bool {
        if let Some(is_up) = self.driver.access_point_is_up() {
            return is_up;
        }
        let is_linked = self.networks.access_point.is_link_up();
        core::mem::replace(&mut self.soft_ap.was_linked, is_linked) || is_linked
    }

    /// The portal raises it again, if it wants one.
    fn access_point_is_down(&mut self) {
        if core::mem::take(&mut self.soft_ap.is_up) {
            self.report(RadioEvent::AccessPointDown);
        }
    }

    async fn change_access_point_if_due(&mut self) {
        if self.soft_ap.due <= Instant::now() {
            self.change_access_point().await;
        }
    }

    async fn change_access_point(&mut self) {
        match core::mem::replace(&mut self.soft_ap.to_do, ToDo::Nothing) {
            ToDo::Nothing => {}
            ToDo::Raise(access_point) => self.raise(access_point).await,
            ToDo::Drop => self.drop_access_point().await,
        }
    }

    /// Raises the access point. Its stack gets another address where the home network has the subnet of the
    /// old one.
    async fn raise(&mut self, access_point: AccessPoint) {
        let stack = self.networks.access_point;
        let config = access_point_ipv4(access_point.address);
        if stack.config_v4().is_none_or(|current| current.address != config.address) {
            stack.set_config_v4(ConfigV4::Static(config));
        }
        let raised = with_timeout(RAISE_LIMIT, self.driver.raise_access_point(&access_point)).await;
        let is_up = raised == Ok(Ok(())) && self.driver.access_point_is_up() != Some(false);
        self.note(is_up, "raise the access point");
        if is_up {
            self.soft_ap.succeeded();
            (self.soft_ap.is_up, self.soft_ap.was_linked) = (true, true);
            self.look_at = Instant::now() + LOOK_INTERVAL;
            self.report(RadioEvent::AccessPointUp);
        } else {
            self.soft_ap.to_do = ToDo::Raise(access_point);
            self.soft_ap.failed();
        }
    }

    async fn drop_access_point(&mut self) {
        let dropped = with_timeout(DROP_LIMIT, self.driver.drop_access_point()).await;
        self.soft_ap.is_up = false;
        if dropped == Ok(Ok(())) && self.driver.access_point_is_up() != Some(true) {
            self.note(true, "");
            self.soft_ap.succeeded();
        } else {
            self.note(false, "drop the access point");
            if !self.driver.capabilities().concurrent {
                // A join would follow, and a radio with one role has none beside its access point.
                self.restart().await;
            }
            self.soft_ap.to_do = ToDo::Drop;
            self.soft_ap.failed();
        }
        // If it is up still, the portal is closed all the same, and it is tried again.
        self.report(RadioEvent::AccessPointDown);
    }

    /// Joins. A later command for the station replaces the join.
    async fn join_last_commanded(&mut self, mut credentials: Credentials) {
        let (name, chosen, home) = (self.device.name(), self.device.home_address(), self.networks.home);
        loop {
            self.forget_home();
            let is_silent = Cell::new(false);
            let join = station::join(self.driver, home, (&name, chosen), &credentials, &is_silent);
            match select(self.device.command_for_station(), join).await {
                Either::First(RadioCommand::Join(later)) => credentials = later,
                Either::First(_) => {
                    if is_silent.get() {
                        self.note(false, "join");
                    }
                    return self.leave().await;
                }
                Either::Second(Ok(home)) => {
                    self.note(true, "");
                    self.device.set_signal(self.driver.signal());
                    self.report(RadioEvent::Joined(home.address));
                    self.home = Some(home);
                    self.look_at = Instant::now() + LOOK_INTERVAL;
                    return;
                }
                Either::Second(Err(error)) => {
                    // The portal commands the driver to leave.
                    self.note(error != JoinError::Driver, "join");
                    return self.report(error.event());
                }
            }
        }
    }

    /// Leaves the network, or gives up joining it.
    async fn leave(&mut self) {
        self.forget_home();
        let left = with_timeout(LEAVE_LIMIT, self.driver.leave()).await;
        if left != Ok(Ok(())) && self.driver.is_joined() != Some(false) {
            self.note(false, "leave");
            if self.driver.is_joined() == Some(true) {
                // It must not stay on a network that it was told to leave.
                self.health.failed_for_good();
            }
        }
    }

    /// Whether the home network is joined still, and the address the device's.
    async fn look_at_home(&mut self) {
        let Some(home) = &mut self.home else { return };
        if self.driver.is_joined() == Some(false) {
            warn!("the driver did not report that the home network is gone");
            return self.home_is_gone();
        }
        self.device.set_signal(self.driver.signal());
        match home.look(self.networks.home).await {
            Some(RadioEvent::Disconnected) => {
                self.leave().await;
                self.report(RadioEvent::Disconnected);
            }
            Some(event) => self.report(event),
            None => {}
        }
    }

    fn home_is_gone(&mut self) {
        self.forget_home();
        self.report(RadioEvent::Disconnected);
    }

    fn forget_home(&mut self) {
        self.home = None;
        self.device.set_signal(None);
        let home: Stack<'_> = self.networks.home;
        home.set_config_v4(ConfigV4::None);
    }

    /// Starts the radio anew. The portal raises its access point again and joins again, as it wants.
    async fn restart(&mut self) {
        warn!("the radio is started anew");
        self.health.restarts(Instant::now());
        let outcome: Result<Result<(), DriverFailed>, _> =
            with_timeout(RESTART_LIMIT, self.driver.restart()).await;
        if outcome == Ok(Ok(())) {
            self.health.succeeded();
            self.soft_ap.due = Instant::MIN;
        } else {
            warn!("the radio could not be started anew");
        }
        self.access_point_is_down();
        if self.home.is_some() {
            self.home_is_gone();
        }
    }
}
